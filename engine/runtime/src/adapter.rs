//! What every transport looks like to the engine.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use statewright_core::value::Value;

use crate::engine::Reports;

/// One attempt at an effect.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// `instance:sequence:name`. Goes on the wire, so that the other side can recognise a repetition.
    pub key: Arc<str>,
    pub action: Arc<str>,
    pub input: Value,
    /// 1 for the first.
    pub number: u32,
    /// The attempt is abandoned at this moment.
    pub until: Timestamp,
}

/// Why an attempt did not succeed: what the outbox does next depends on this alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttemptFailure {
    /// Trying again may help: no connection, busy, an answer that says so.
    #[error("{message}")]
    Temporary {
        message: String,
        /// Not before this has passed, if the other side said so; a hint, which may only make the wait longer.
        retry_after: Option<Duration>,
    },
    /// Trying again cannot help: the other side understood and refuses.
    #[error("{message}")]
    Refused { message: String, detail: Value },
}

/// A transport. It is told of an effect at least once, and always under the same key.
#[async_trait]
pub trait Adapter: Send + Sync + 'static {
    /// Whether this adapter knows an action; asked when a workflow is deployed.
    fn has_action(&self, action: &str) -> bool;

    /// How long one attempt at an action may take; None: as the engine is configured.
    fn attempt_ms(&self, action: &str) -> Option<i64> {
        let _ = action;
        None
    }

    /// Told once, before anything is asked of it: here it may report what happens on the way, and answers that do not stand any more. An
    /// adapter whose other side reports over the engine's API, or that has nothing to report, needs no such way.
    fn connect(&self, reports: Reports) {
        drop(reports);
    }

    async fn perform(&self, attempt: Attempt) -> Result<Value, AttemptFailure>;
}
