//! Why a step stops before its end.

use super::Failure;

/// Nothing of an interrupted step remains.
#[derive(Debug)]
pub(super) enum Interrupt {
    /// What is missing stands in the machine.
    Needs,
    Failure(Failure),
}

/// An expression that has no value, with the sentence that says why.
#[derive(Debug)]
pub(super) enum NoValue {
    Needs,
    Fault(String),
}

impl From<Failure> for Interrupt {
    fn from(failure: Failure) -> Self {
        Interrupt::Failure(failure)
    }
}

pub(super) fn failure(code: &'static str, message: impl Into<String>) -> Interrupt {
    Interrupt::Failure(Failure {
        code,
        message: message.into(),
    })
}
