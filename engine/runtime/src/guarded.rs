//! A panic in the core, in a compiler or in an adapter is a failure of one input or one attempt, not of the node.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use statewright_core::step::Failure;
use statewright_core::value::Value;

use crate::adapter::AttemptFailure;

/// The core broke its promise not to panic.
pub const PANICKED: &str = "SW-1901";

/// Calls into the core. Nothing it was given is used again after a panic but what it cannot have changed (`&` arguments).
pub fn guarded<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let what = words(&*panic);
        tracing::error!(what, "a step panicked");
        Err(Failure {
            code: PANICKED,
            message: format!("the step broke down ({what}); nothing changed. This is a defect of the program"),
        })
    })
}

/// Performs an attempt. One whose adapter panics has failed for now: the other side may have acted, and is asked again under the same key.
pub async fn guarded_attempt(
    mut performing: Pin<Box<dyn Future<Output = Result<Value, AttemptFailure>> + Send + '_>>,
) -> Result<Value, AttemptFailure> {
    // After a panic it is not polled again.
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| performing.as_mut().poll(context))).unwrap_or_else(|panic| {
            let what = words(&*panic);
            tracing::error!(what, "an adapter panicked");
            Poll::Ready(Err(AttemptFailure::Temporary {
                message: "the adapter broke down. This is a defect of the adapter; the log says more".into(),
                retry_after: None,
            }))
        })
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
