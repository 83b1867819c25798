//! Failures of the connection, as outcomes of an attempt.
//!
//! A library's error may show the URL, and with it what stands in an input; so only the last cause of each is told on.

use std::error::Error;
use std::time::Duration;

use statewright_core::value::Value;
use statewright_engine::adapter::AttemptFailure;

use crate::lookup::HostOutOfReach;

/// An answer did not come, or not to its end. Once a request is on its way, nobody here knows whether it was performed.
const MAY_BE_DONE: &str = "it may be done all the same";

/// A request that got no answer.
pub(crate) fn no_answer(error: &reqwest::Error, authority: &str) -> AttemptFailure {
    if let Some(refusal) = causes(error).find_map(|cause| cause.downcast_ref::<HostOutOfReach>()) {
        return AttemptFailure::Refused {
            message: format!("not sent: {refusal}"),
            detail: Value::Null,
        };
    }
    let why = last_cause(error);
    temporary(match (error.is_connect(), error.is_timeout()) {
        (true, true) => format!("not sent: no connection to {authority} in time"),
        (true, false) => format!("not sent: no connection to {authority}: {why}"),
        (false, _) => format!("the connection to {authority} ended without an answer, {MAY_BE_DONE}: {why}"),
    })
}

/// An answer that broke off.
pub(crate) fn broken(error: &reqwest::Error) -> AttemptFailure {
    temporary(format!("the answer broke off, {MAY_BE_DONE}: {}", last_cause(error)))
}

/// An answer that took longer than the action allows.
pub(crate) fn too_slow(timeout: Duration) -> AttemptFailure {
    temporary(format!("no whole answer within {timeout:?}; {MAY_BE_DONE}"))
}

/// An answer that took longer than the attempt is given.
pub(crate) fn abandoned() -> AttemptFailure {
    temporary(format!("no whole answer before the end of the attempt; {MAY_BE_DONE}"))
}

/// An attempt that was over before it began.
pub(crate) fn begun_too_late() -> AttemptFailure {
    temporary("not sent: the attempt's time was already over".to_owned())
}

fn temporary(message: String) -> AttemptFailure {
    AttemptFailure::Temporary {
        message,
        retry_after: None,
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn last_cause(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map_or_else(|| "no cause is given".to_owned(), ToString::to_string)
}
