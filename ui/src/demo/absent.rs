//! What the demo has no other side for: machines, coating chambers and suppliers. Whoever needs one is told so.

use async_trait::async_trait;
use statewright_core::value::Value;
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};

/// Adapters that workflows name and of which the demo has nothing.
pub const ABSENT: [&str; 3] = ["machines", "coater", "suppliers"];

pub struct Absent(pub &'static str);

#[async_trait]
impl Adapter for Absent {
    fn has_action(&self, _: &str) -> bool {
        true
    }

    async fn perform(&self, attempt: Attempt) -> Result<Value, AttemptFailure> {
        Err(AttemptFailure::Refused {
            message: format!("This demo has no {} that could {}", self.0, attempt.action.replace('_', " ")),
            detail: Value::Null,
        })
    }
}
