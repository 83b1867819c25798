//! A panic in the core, in a compiler or in an adapter is a failure of one input or one attempt, not of the node.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use statewright_core::step::Failure;
use statewright_core::value::Value;

use crate::adapter::AttemptFailure;
use crate::mail::MailFailure;

/// The core broke its promise not to panic.
pub const PANICKED: &str = "SW-1901";

const BROKEN: &str = "the adapter broke down. This is a defect of the adapter; the log says more";

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
    performing: Pin<Box<dyn Future<Output = Result<Value, AttemptFailure>> + Send + '_>>,
) -> Result<Value, AttemptFailure> {
    let broken = || AttemptFailure::Temporary {
        message: BROKEN.into(),
        retry_after: None,
    };
    caught(performing).await.unwrap_or_else(|| Err(broken()))
}

/// Sends a letter. One whose transport panics has failed for now, and is sent again under the same id.
pub async fn guarded_sending(
    performing: Pin<Box<dyn Future<Output = Result<(), MailFailure>> + Send + '_>>,
) -> Result<(), MailFailure> {
    let broken = || MailFailure::Temporary(BROKEN.into());
    caught(performing).await.unwrap_or_else(|| Err(broken()))
}

/// None: it panicked.
async fn caught<T>(mut performing: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Option<T> {
    // After a panic it is not polled again.
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| performing.as_mut().poll(context)));
        polled.map(|poll| poll.map(Some)).unwrap_or_else(|panic| {
            let what = words(&*panic);
            tracing::error!(what, "an adapter panicked");
            Poll::Ready(None)
        })
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
