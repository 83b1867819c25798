//! What every handler has: the engine, and how many requests there may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use statewright_core::diagnostic::Code;
use statewright_engine::Engine;
use statewright_engine::clock::{Entropy, SystemEntropy};
use tokio::sync::Semaphore;

use super::bodies::Bodies;
use super::limit::{BODIES_BYTES_MAX, REQUESTS_MAX};
use super::problem::{Answered, Problem};
use super::traffic::Traffic;
use crate::pages::{Cast, Streams};

pub type Shared = Arc<Service>;

/// One server's part of the API.
pub struct Service {
    pub engine: Engine,
    /// Places for requests that are worked on.
    pub places: Semaphore,
    pub bodies: Bodies,
    /// What was asked and how it was answered.
    pub traffic: Traffic,
    /// Places for pages that are open.
    pub streams: Streams,
    /// Whether TLS ends before this server, so that browsers may be told to insist on it.
    pub behind_tls: bool,
    /// Of a demo: whom anybody may be.
    pub cast: Option<Cast>,
    stopping: AtomicBool,
    requests: AtomicU64,
}

impl Service {
    pub fn new(engine: Engine, behind_tls: bool) -> Shared {
        Arc::new(Service::of(engine, behind_tls, None))
    }

    /// A demo's: anybody may be any of these.
    pub fn demo(engine: Engine, cast: Cast) -> Shared {
        Arc::new(Service::of(engine, false, Some(cast)))
    }

    fn of(engine: Engine, behind_tls: bool, cast: Option<Cast>) -> Self {
        Service {
            engine,
            places: Semaphore::new(REQUESTS_MAX),
            bodies: Bodies::new(BODIES_BYTES_MAX),
            traffic: Traffic::default(),
            streams: Streams::default(),
            behind_tls,
            cast,
            stopping: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        }
    }

    /// Bytes that nobody can guess.
    pub fn draw(&self) -> [u8; 32] {
        SystemEntropy.draw()
    }

    /// From now on `/readyz` says no, so that a load balancer sends nobody new while what is under way is finished.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
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
        if self.is_stopping() {
            return Err(Problem::of(Code::ShuttingDown, "This server is shutting down"));
        }
        let looked = self.engine.store().live_hashes().await;
        looked
            .map(|_| ())
            .map_err(|error| Problem::from(statewright_engine::error::EngineError::from(error)))
    }
}
