//! A panic in the core is a failure of one input, not of the node.

use std::panic::{AssertUnwindSafe, catch_unwind};

use statewright_core::step::Failure;

/// The core broke its promise not to panic.
pub const PANICKED: &str = "SW-1901";

/// Calls into the core. Nothing it was given is used again after a panic but what it cannot have changed (`&` arguments).
pub fn guarded<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let what = what
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        tracing::error!(what, "a step panicked");
        Err(Failure {
            code: PANICKED,
            message: format!("the step broke down ({what}); nothing changed. This is a defect of the program"),
        })
    })
}
