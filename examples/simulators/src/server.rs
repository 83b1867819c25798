//! What every simulator has in common: its server, its idempotency keys, its faults.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::behaviour::{Behaviour, Conduct, Course, InvalidBehaviour};
use crate::connection::{Connection, SeverableListener};
use crate::ledger::{Answer, Handed, Ledger, LogEntry};

/// A request is one prescription or one address; a trace would be a few tens of kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// What the keys of this project need several times over; it goes into every log line.
const KEY_BYTES_MAX: usize = 255;

/// How long `stop` waits for requests under way before it drops them.
const STOP_SECONDS_MAX: u64 = 5;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What one simulator does with a request.
pub trait Service: Send + 'static {
    /// Where its effect is asked for, with POST.
    const ROUTE: &'static str;

    /// Does the effect, once for each key.
    ///
    /// # Errors
    /// What is wrong with the request; it is answered with 400.
    fn perform(&mut self, request: &Value) -> Result<Answer, String>;

    /// What else it answers.
    fn routes() -> Router<Shared<Self>>
    where
        Self: Sized,
    {
        Router::new()
    }
}

/// A simulator that is listening. Dropping it stops it as well, without waiting.
pub struct Running {
    /// Where it listens, without a slash at the end: `http://127.0.0.1:40123`.
    pub url: String,
    common: Arc<Common>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What the handlers of one simulator share.
pub struct Shared<S> {
    common: Arc<Common>,
    service: Arc<Mutex<S>>,
    stopping: watch::Receiver<bool>,
}

#[derive(Default)]
struct Common {
    conduct: Mutex<Conduct>,
    ledger: Mutex<Ledger>,
}

impl Running {
    /// Starts a service, made once it is known where it listens.
    ///
    /// # Errors
    /// The address cannot be bound, or the behaviour cannot be meant (`InvalidInput`).
    pub(crate) async fn start<S: Service>(
        address: impl ToSocketAddrs,
        behaviour: Behaviour,
        service: impl FnOnce(&str) -> S,
    ) -> io::Result<Running> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let common = Arc::new(Common::default());
        lock(&common.conduct)
            .set(behaviour)
            .map_err(|invalid| io::Error::new(io::ErrorKind::InvalidInput, invalid))?;
        let (stop, stopping) = watch::channel(false);
        let shared = Shared {
            common: common.clone(),
            service: Arc::new(Mutex::new(service(&url))),
            stopping: stopping.clone(),
        };
        let router = Router::new()
            .route(S::ROUTE, post(accept::<S>))
            .route("/_behaviour", get(behaviour_now::<S>).put(behave::<S>))
            .route("/_log", get(log::<S>))
            .merge(S::routes())
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(shared)
            .into_make_service_with_connect_info::<Connection>();
        let task = tokio::spawn(async move {
            let served = axum::serve(SeverableListener(listener), router).with_graceful_shutdown(stopped(stopping));
            // It ends when it is told to, and has no other end.
            let _ = served.await;
        });
        Ok(Running { url, common, stop, task })
    }

    /// What was asked for and what was done, by key, in the order in which the keys were first seen.
    pub fn log(&self) -> Vec<LogEntry> {
        lock(&self.common.ledger).entries().to_vec()
    }

    /// Behaves so from here on; attempts are counted anew.
    ///
    /// # Errors
    /// As [`Behaviour::validate`]; the behaviour in force then stays.
    pub fn behave(&self, behaviour: Behaviour) -> Result<(), InvalidBehaviour> {
        lock(&self.common.conduct).set(behaviour)
    }

    /// Stops listening and waits until requests under way are answered; what hangs is let go.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(Duration::from_secs(STOP_SECONDS_MAX), &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
    }
}

impl<S> Shared<S> {
    pub fn service(&self) -> MutexGuard<'_, S> {
        lock(&self.service)
    }
}

// By hand, since a derived `Clone` would ask it of `S` too.
impl<S> Clone for Shared<S> {
    fn clone(&self) -> Shared<S> {
        Shared {
            common: self.common.clone(),
            service: self.service.clone(),
            stopping: self.stopping.clone(),
        }
    }
}

/// An RFC 9457 answer.
pub fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Failure");
    let body = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    let content_type = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
}

async fn accept<S: Service>(
    State(shared): State<Shared<S>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(key) = idempotency_key(&headers) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "An Idempotency-Key of 1 to 255 visible characters is needed",
        );
    };
    let request: Value = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("The body is not JSON: {error}")),
    };
    if lock(&shared.common.ledger).attempt(key).is_err() {
        return problem(
            StatusCode::INSUFFICIENT_STORAGE,
            "Too many keys are remembered; start the simulator again",
        );
    }
    let (course, behaviour) = {
        let mut conduct = lock(&shared.common.conduct);
        (conduct.next(key), conduct.behaviour().clone())
    };
    match course {
        Course::Fail(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            return problem(status, "Failing on request; nothing was done");
        }
        Course::Hang => {
            stopped(shared.stopping).await;
            return problem(StatusCode::SERVICE_UNAVAILABLE, "Stopping; nothing was done");
        }
        Course::Drop | Course::Answer => {}
    }
    if behaviour.answer_twice {
        shared.hand(key, &request);
    }
    let handed = shared.hand(key, &request);
    if behaviour.slow_ms > 0 {
        // The delay is what was asked for; a simulator that stops does not wait for it.
        let _ = tokio::time::timeout(Duration::from_millis(behaviour.slow_ms), stopped(shared.stopping)).await;
    }
    if course == Course::Drop {
        connection.sever();
    }
    respond(handed)
}

impl<S: Service> Shared<S> {
    /// One lock round both, so that of two requests under one key only the first takes effect.
    fn hand(&self, key: &str, request: &Value) -> Handed {
        lock(&self.common.ledger).hand(key, request, || self.service().perform(request))
    }
}

fn respond(handed: Handed) -> Response {
    let (answer, repeated) = match handed {
        Handed::Applied(answer) => (answer, false),
        Handed::Repeated(answer) => (answer, true),
        Handed::Conflict => {
            return problem(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This Idempotency-Key belongs to another request",
            );
        }
        Handed::Refused(reason) => return problem(StatusCode::BAD_REQUEST, &reason),
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Json(answer.body)).into_response();
    if repeated {
        response
            .headers_mut()
            .insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

async fn behaviour_now<S: Service>(State(shared): State<Shared<S>>) -> Json<Behaviour> {
    Json(lock(&shared.common.conduct).behaviour().clone())
}

async fn behave<S: Service>(State(shared): State<Shared<S>>, body: Bytes) -> Response {
    let behaviour: Behaviour = match serde_json::from_slice(&body) {
        Ok(behaviour) => behaviour,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("This is no behaviour: {error}")),
    };
    match lock(&shared.common.conduct).set(behaviour) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(invalid) => problem(StatusCode::BAD_REQUEST, &invalid.to_string()),
    }
}

async fn log<S: Service>(State(shared): State<Shared<S>>) -> Json<Value> {
    Json(json!({"effects": lock(&shared.common.ledger).entries()}))
}

fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get(IDEMPOTENCY_KEY)?.to_str().ok()?;
    (1..=KEY_BYTES_MAX).contains(&key.len()).then_some(key)
}

/// Ends when the simulator is told to stop, or was dropped.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the simulator.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// What a handler that panicked left behind is whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
