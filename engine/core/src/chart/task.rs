//! A person's work while a state is active.

use std::sync::Arc;

use super::{Assignment, People, Rung};
use crate::diagnostic::Span;
use crate::expression::Template;

#[derive(Clone, Debug)]
pub struct Task {
    /// None: the state's.
    pub title: Option<Template>,
    pub people: People,
    /// Gives a moment, a date, or a duration from opening.
    pub due: Option<Template>,
    /// Not urgent before; like `due`.
    pub follow_up: Option<Template>,
    /// Gives a word or a number from 0 to 9; None: normal.
    pub priority: Option<Template>,
    /// Dotted names of what stands beside the form.
    pub show: Vec<Arc<str>>,
    pub help: Option<Template>,
    /// None: it is offered, and whoever wants it claims it.
    pub assignment: Option<Assignment>,
    pub ladder: Vec<Rung>,
    pub span: Span,
}

/// Comes first.
pub const PRIORITY_MAX: u8 = 9;

/// Where nothing is said.
pub const PRIORITY_NORMAL: u8 = 4;

/// The number of a priority as it is written: a word, or a number from 0 to 9.
pub fn priority_of_word(word: &str) -> Option<u8> {
    match word.trim() {
        "low" => Some(2),
        "normal" => Some(PRIORITY_NORMAL),
        "high" => Some(6),
        "urgent" => Some(8),
        digit => digit.parse().ok().filter(|number| *number <= PRIORITY_MAX),
    }
}
