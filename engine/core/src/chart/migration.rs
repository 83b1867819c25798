//! How instances are to come from an older definition. Kept with the definition; nothing moves them yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StateIndex;
use crate::diagnostic::Span;
use crate::expression::Expression;

#[derive(Clone, Debug)]
pub struct Migration {
    /// The older definition: its hash, or what it was called.
    pub from: Arc<str>,
    /// Old state, by name or path, to the one that takes its place; the others keep their paths.
    pub states: Vec<(Arc<str>, StateIndex)>,
    /// Path of a field to its value, over `old`; the others keep theirs.
    pub data: Vec<(Vec<Arc<str>>, Expression)>,
    pub timers: Timers,
    /// Timers of the older definition that are not armed any more.
    pub dropped: Vec<Arc<str>>,
    pub span: Span,
}

/// What becomes of armed timers.
#[derive(Clone, Debug)]
pub enum Timers {
    All(TimerPolicy),
    /// By name; the others are kept.
    Each(BTreeMap<Arc<str>, TimerPolicy>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerPolicy {
    /// It is due when it was.
    Keep,
    /// It has as long to go as it had.
    Remaining,
    /// It begins anew.
    Restart,
}

impl TimerPolicy {
    /// By its word; `keep` for any other.
    pub fn of(word: &str) -> TimerPolicy {
        match word {
            "remaining" => TimerPolicy::Remaining,
            "restart" => TimerPolicy::Restart,
            _ => TimerPolicy::Keep,
        }
    }
}
