//! What the engine answers when it does not answer the question, by what the caller can do about it.

use std::sync::Arc;

use statewright_core::step::{Failure, Refusal, Unreadable};

use crate::files::FileRefusal;
use crate::queries::Outside;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// More is waiting than may wait. Nothing was taken; send it again later.
    #[error("too much is waiting; try again in {retry_after_ms} ms")]
    Overloaded { retry_after_ms: u64 },
    /// This node takes nothing any more; another one, or this one after its restart, does.
    #[error("this node is shutting down")]
    ShuttingDown,
    /// The database does not answer. The input may or may not have been taken: send it again under the same key.
    #[error("the database is not available now: {0}")]
    Unavailable(String),
    /// The database's disk is full. Nothing was taken: send it again under the same key when there is room.
    #[error("the database has no room left: {0}")]
    Full(String),
    #[error("there is no workflow `{workflow}`")]
    NoSuchWorkflow { workflow: Arc<str> },
    /// `refusals`: why it was not made, if it should have been made on the way.
    #[error("there is no {workflow}/{key}")]
    NoSuchInstance {
        workflow: Arc<str>,
        key: Arc<str>,
        refusals: Vec<Refusal>,
    },
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The instance has moved on since it was looked at.
    #[error("the instance is at revision {current} now")]
    StaleRevision { current: u64 },
    /// Others were faster, again and again.
    #[error("{winner} was faster; the instance is at revision {current} now")]
    Conflict { winner: Arc<str>, current: u64 },
    /// The key of a new instance cannot be made of what was given: what is wrong with it, else what is wrong with the key.
    #[error("{}", .0.iter().map(|refusal| refusal.sentence.as_str()).collect::<Vec<_>>().join("; "))]
    KeyRefused(Vec<Refusal>),
    /// A file is not taken. Nothing of it is kept.
    #[error(transparent)]
    FileRefused(#[from] FileRefusal),
    /// Nobody can be put into the directory so.
    #[error("{}", sentences(.0))]
    PersonRefused(Vec<Refusal>),
    /// Whoever asks did not prove who they are: a name, a password or a code that is not right, or too many that were not. Which of them it was is
    /// not said.
    #[error("that was not right, or it was tried too often")]
    NotProved,
    /// A password, or what is asked of a second factor, that cannot be.
    #[error("{}", sentences(.0))]
    IdentityRefused(Vec<Refusal>),
    /// No counts are made by this field, or sums over it.
    #[error("{why}")]
    NotCountable { parameter: &'static str, why: String },
    /// Nothing is looked for by this.
    #[error("`{parameter}`: {why}")]
    NotSearchable { parameter: String, why: String },
    #[error("the workflow has more than {most} instances, and no more are counted")]
    TooManyToCount { most: usize },
    /// A view cannot be asked so.
    #[error("{why}")]
    ViewUnfit { parameter: &'static str, why: String },
    #[error("more than {most} would have to be looked at to put them in order or to count them")]
    ViewTooLarge { most: usize },
    #[error("the board would have more than {most} lanes")]
    ViewTooWide { most: usize },
    /// An instance cannot be shown as it stood at that moment.
    #[error("{0}")]
    NotThen(Outside),
    /// The step could not be taken at all.
    #[error("{message}")]
    Failed { code: &'static str, message: String },
    /// A definition that does not compile, names an unknown adapter, or is of a reserved name.
    #[error("the definition was refused: {0}")]
    DefinitionRefused(String),
    /// It was settled meanwhile, or never was.
    #[error("there is no such incident")]
    NoSuchIncident,
    #[error("{0}")]
    NotRepairable(String),
    /// Not visible to this actor, which is told no more than that there is nothing.
    #[error("there is nothing of that name, or it is not yours to see")]
    Hidden,
    /// Stored bytes do not mean what they should.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Those of one instance: nothing is done with it, and others are not touched.
    #[error("what is stored of {workflow}/{key} is damaged: {why}")]
    DamagedInstance { workflow: Arc<str>, key: Arc<str>, why: String },
    #[error("{0}")]
    Schema(String),
}

/// Something that no store can hold came as far as the store.
pub(crate) const NOT_STORABLE: &str = "SW-1906";

pub type EngineResult<T> = Result<T, EngineError>;

impl EngineError {
    /// Whether the same may go well later without anyone doing anything about it.
    pub fn passes(&self) -> bool {
        matches!(
            self,
            EngineError::Overloaded { .. }
                | EngineError::ShuttingDown
                | EngineError::Unavailable(_)
                | EngineError::Full(_)
                | EngineError::Conflict { .. }
        )
    }
}

impl EngineError {
    /// What may stand in a log: a failure's own words may quote what someone wrote, its code does not.
    pub(crate) fn logged(&self) -> String {
        match self {
            EngineError::Failed { code, .. } => (*code).to_owned(),
            EngineError::FileRefused(_) => "file refused".to_owned(),
            EngineError::KeyRefused(_) => "key refused".to_owned(),
            EngineError::PersonRefused(_) => "person refused".to_owned(),
            EngineError::IdentityRefused(_) => "identity refused".to_owned(),
            other => other.to_string(),
        }
    }
}

fn sentences(refusals: &[Refusal]) -> String {
    let said = refusals.iter().map(|refusal| match &refusal.field {
        Some(field) => format!("`{field}`: {}", refusal.sentence),
        None => refusal.sentence.clone(),
    });
    said.collect::<Vec<_>>().join("; ")
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        EngineError::Failed {
            code: failure.code,
            message: failure.message,
        }
    }
}

impl From<Outside> for EngineError {
    fn from(outside: Outside) -> Self {
        EngineError::NotThen(outside)
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(what) => EngineError::Unavailable(what),
            StoreError::Full(what) => EngineError::Full(what),
            StoreError::Schema(what) => EngineError::Schema(what),
            StoreError::Damaged(what) => EngineError::Damaged(what),
            StoreError::Refused(message) => EngineError::Failed {
                code: NOT_STORABLE,
                message,
            },
        }
    }
}

impl From<Unreadable> for EngineError {
    fn from(error: Unreadable) -> Self {
        EngineError::Damaged(error.0)
    }
}
