//! What the engine says when it does not answer, as the client is told.

use axum::http::StatusCode;
use statewright_core::diagnostic::Code;
use statewright_engine::error::EngineError;
use statewright_engine::files::FileRefusal;

use super::problem::Problem;

/// Milliseconds in a second, which is what `Retry-After` counts in.
const SECOND_MS: u64 = 1_000;

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let detail = sentence(&error);
        match error {
            EngineError::Overloaded { retry_after_ms } => {
                Problem::of(Code::Overloaded, detail).retry_after_seconds(retry_after_ms.div_ceil(SECOND_MS))
            }
            EngineError::ShuttingDown => Problem::of(Code::ShuttingDown, detail),
            EngineError::Unavailable(why) => {
                // Where the database is, and why it does not answer, is for the operator.
                tracing::warn!(why, "the database does not answer");
                Problem::of(
                    Code::StoreAway,
                    "The database does not answer now; send the same request again",
                )
            }
            EngineError::Full(why) => {
                tracing::error!(
                    why,
                    "the database's disk is full; make room, and the server goes on by itself"
                );
                Problem::of(
                    Code::StoreFull,
                    "The database has no room left, and nothing was taken; send the same request again when the operator has made room",
                )
            }
            EngineError::NoSuchWorkflow { workflow } => Problem::nothing(format_args!("workflow {workflow}")),
            EngineError::NoSuchInstance { workflow, key, refusals } if refusals.is_empty() => {
                Problem::nothing(format_args!("{workflow}/{key}"))
            }
            EngineError::NoSuchInstance { refusals, .. } => Problem::refused(refusals),
            EngineError::NoSuchIncident => Problem::of(Code::NotFound, detail),
            EngineError::NotRepairable(_) => Problem::of(Code::InputInvalid, detail),
            EngineError::Hidden => Problem::of(Code::NotFound, detail),
            EngineError::NotCountable { .. } | EngineError::NotSearchable { .. } => {
                Problem::of(Code::ParameterUnreadable, detail)
            }
            EngineError::TooManyToCount { .. } => Problem::of(Code::CountTooLarge, detail),
            EngineError::ViewUnfit { parameter, why } => Problem::of(Code::ParameterUnreadable, format!("`{parameter}`: {why}")),
            EngineError::ViewTooLarge { .. } | EngineError::ViewTooWide { .. } => Problem::of(Code::ViewTooLarge, detail),
            EngineError::NotThen(_) => Problem::of(Code::NotThen, detail),
            EngineError::KeyReused => Problem::of(Code::IdempotencyKeyReused, detail),
            EngineError::StaleRevision { .. } => Problem::of(Code::RevisionStale, detail),
            EngineError::Conflict { .. } => Problem::of(Code::RaceLost, detail),
            EngineError::FileRefused(refusal) => Problem::of(code_of(&refusal), detail),
            EngineError::KeyRefused(refusals) => Problem::refused(refusals),
            EngineError::NotProved => Problem::of(Code::NotProved, detail),
            EngineError::IdentityRefused(refusals) => Problem::refused(refusals),
            EngineError::PersonRefused(refusals) => Problem::refused(refusals),
            EngineError::Failed { code, message } => Problem::numbered(StatusCode::UNPROCESSABLE_ENTITY, code, message),
            EngineError::DefinitionRefused(_) => Problem::of(Code::DefinitionRefused, detail),
            EngineError::Damaged(why) => {
                tracing::error!(why, "stored data is damaged");
                Problem::of(
                    Code::Damaged,
                    "Stored data is damaged, and nothing is done with it: `statewright verify` on the store says where",
                )
            }
            EngineError::DamagedInstance { workflow, key, why } => {
                tracing::error!(%workflow, %key, why, "an instance is damaged");
                Problem::of(
                    Code::Damaged,
                    format!(
                        "What is stored of {workflow}/{key} is damaged, and nothing is done with it: `statewright verify` on the store says more"
                    ),
                )
            }
            EngineError::Schema(why) => {
                tracing::error!(why, "the schema does not fit");
                Problem::of(
                    Code::Internal,
                    "The database's schema is not this program's; the server's log says more",
                )
            }
        }
    }
}

fn code_of(refusal: &FileRefusal) -> Code {
    match refusal {
        FileRefusal::Empty | FileRefusal::Unknown { .. } | FileRefusal::Mismatch { .. } => Code::FileNotTaken,
        FileRefusal::TooLarge { .. } => Code::FileTooLarge,
        FileRefusal::TooMany { .. } | FileRefusal::TooMuch { .. } => Code::FilesPending,
        FileRefusal::Infected => Code::FileInfected,
        FileRefusal::ScannerAway => Code::ScannerAway,
    }
}

/// The error's own words, as a sentence.
fn sentence(error: &EngineError) -> String {
    let words = error.to_string();
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => words,
    }
}
