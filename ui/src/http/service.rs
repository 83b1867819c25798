//! What every handler has: the engine, and the router that leads to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use statewright_core::diagnostic::Code;
use statewright_engine::Engine;
use tokio::sync::Semaphore;

use super::limit::REQUESTS_MAX;
use super::problem::{Answered, Problem};
use super::{guard, route};

pub type Shared = Arc<Service>;

/// One server's part of the API.
pub struct Service {
    pub engine: Engine,
    /// Places for requests that are worked on.
    pub places: Semaphore,
    /// Whether TLS ends before this server, so that browsers may be told to insist on it.
    pub behind_tls: bool,
    stopping: AtomicBool,
    requests: AtomicU64,
}

impl Service {
    pub fn new(engine: Engine, behind_tls: bool) -> Shared {
        Arc::new(Service {
            engine,
            places: Semaphore::new(REQUESTS_MAX),
            behind_tls,
            stopping: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        })
    }

    /// From now on `/readyz` says no, so that a load balancer sends nobody new while what is under way is finished.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Numbers a request, so that an answer and the log can be matched.
    pub fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether requests can be taken now.
    ///
    /// # Errors
    /// 503 while the database does not answer, and while the server stops.
    pub async fn ready(&self) -> Answered<()> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Problem::of(Code::ShuttingDown, "This server is shutting down"));
        }
        let looked = self.engine.store().live_hashes().await;
        looked
            .map(|_| ())
            .map_err(|error| Problem::from(statewright_engine::error::EngineError::from(error)))
    }
}

/// The whole API, with everything that stands before a handler.
pub fn router(service: Shared) -> Router {
    route::router()
        .route_layer(from_fn_with_state(service.clone(), guard::admit))
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(from_fn(guard::bound))
        .layer(from_fn_with_state(service.clone(), guard::limit))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(service.clone(), guard::dress))
        .with_state(service)
}

async fn unknown_path(uri: Uri) -> Problem {
    Problem::nothing(format_args!("`{}`", uri.path()))
}

async fn unknown_method(method: Method, request: Request) -> Problem {
    let matched = request.extensions().get::<axum::extract::MatchedPath>();
    let path = matched.map_or("", |matched| matched.as_str());
    Problem::of(Code::MethodUnknown, format!("{method} is not known here")).allow(&route::methods(path))
}
