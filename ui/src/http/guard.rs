//! What stands before every handler: limits, who asks and whether they may, the log, the headers of every answer.

use std::any::Any;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, Response};
use axum::middleware::Next;
use axum::response::IntoResponse;
use statewright_core::diagnostic::Code;
use statewright_core::step::ActorKind;

use super::authentication::{Caller, authenticate, on_behalf};
use super::limit::{HEADER_BYTES_MAX, HEADERS_MAX, TARGET_BYTES_MAX};
use super::problem::Problem;
use super::route::{Access, Route};
use super::service::{Service, Shared};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Headers that an answer wears, so that room is made for all of them at once.
const DRESS: usize = 8;

/// Microseconds from which on an answer was slow enough to be looked into.
const SLOW_US: i64 = 1_000_000;

/// What the log says of an answer; put there by [`admit`], which knows.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    operation: &'static str,
    pub caller: Option<Caller>,
}

impl Noted {
    /// Before it is known who asks.
    pub fn of(operation: &'static str) -> Self {
        Noted { operation, caller: None }
    }

    /// Empty if nothing was asked for that there is.
    pub fn operation(&self) -> &'static str {
        self.operation
    }
}

/// What was answered as it was asked for stands in the trail, and is logged for those who look closely; the rest for everyone.
pub fn log(method: &Method, path: &str, response: &Response<Body>, noted: &Noted, number: u64, took_us: i64) {
    let operation = noted.operation;
    let caller = noted.caller.as_ref();
    let user = caller.map_or("", |caller| &*caller.actor.id);
    let token = caller.and_then(|caller| caller.token.as_deref()).unwrap_or_default();
    let status = response.status().as_u16();
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                target: "statewright::access",
                request = number, %method, path, operation, user, token, status, took_us, "answered"
            )
        };
    }
    if response.status().is_success() && took_us < SLOW_US {
        answered!(debug);
    } else {
        answered!(info);
    }
}

pub fn wear(headers: &mut HeaderMap, service: &Service, number: u64) {
    headers.reserve(DRESS);
    headers.insert(REQUEST_ID, HeaderValue::from(number));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    // A page says for itself what it loads.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    // What one person may see is not for a cache that others share.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if service.behind_tls {
        let two_years = HeaderValue::from_static("max-age=63072000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
}

/// What is too large is refused before anything of it is looked at.
pub fn oversized(request: &Request) -> Option<Problem> {
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let too_large = if headers.len() > HEADERS_MAX {
        format!("There are more than {HEADERS_MAX} headers")
    } else if bytes > HEADER_BYTES_MAX {
        format!("The headers are longer than {HEADER_BYTES_MAX} bytes")
    } else if target > TARGET_BYTES_MAX {
        format!("The path and its query are longer than {TARGET_BYTES_MAX} bytes")
    } else {
        return None;
    };
    Some(Problem::of(Code::HeadersTooLarge, too_large))
}

/// Finds out who asks, and refuses who may not. What a route asks for stands in the table and nowhere else.
pub async fn admit(State((service, route)): State<(Shared, &'static Route)>, mut request: Request, next: Next) -> Response<Body> {
    let mut noted = Noted::of(route.operation);
    if route.access != Access::Open {
        let caller = match request.extensions().get::<Caller>() {
            Some(caller) => Ok(caller.clone()),
            None => authenticate(&service, request.headers()).await,
        };
        let caller = match caller {
            Ok(caller) => caller,
            Err(problem) => return note(problem.into_response(), noted),
        };
        let caller = match on_behalf(&service, caller, request.headers()).await {
            Ok(caller) => caller,
            Err(problem) => return note(problem.into_response(), noted),
        };
        noted.caller = Some(caller.clone());
        if let Some(missing) = missing(route.access, &caller) {
            return note(Problem::of(Code::RoleMissing, missing).into_response(), noted);
        }
        request.extensions_mut().insert(caller);
    }
    note(next.run(request).await, noted)
}

/// What a route asks for and the caller does not have.
fn missing(access: Access, caller: &Caller) -> Option<String> {
    let is_adapter = caller.actor.kind == ActorKind::Adapter;
    match access {
        Access::Open | Access::Sender => None,
        Access::Adapter if is_adapter => None,
        Access::Adapter => Some("This takes the token of an adapter".to_owned()),
        // it would be shown what nobody granted it: an adapter looks at nothing
        Access::Token | Access::Role(_) if is_adapter => {
            Some("This takes the token of a person, and this is an adapter's".to_owned())
        }
        Access::Token => None,
        Access::Role(role) => (!caller.has_role(role)).then(|| format!("This takes the role `{role}`")),
    }
}

pub fn note(mut response: Response<Body>, noted: Noted) -> Response<Body> {
    response.extensions_mut().insert(noted);
    response
}

/// A handler that panicked is a fault of ours, and no reason to say more than that.
pub fn panicked(cause: &(dyn Any + Send)) -> Response<Body> {
    let words = cause.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no words");
    tracing::error!(words, "a handler panicked");
    Problem::of(Code::Internal, "The server failed at this request; its log says more").into_response()
}
