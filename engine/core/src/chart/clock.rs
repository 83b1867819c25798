//! How long an instance may be in some states.

use std::sync::Arc;

use super::{Rung, StateIndex};
use crate::diagnostic::Span;
use crate::expression::Template;

/// How long an instance may be in some states: `sla`.
#[derive(Clone, Debug)]
pub struct Clock {
    pub name: Arc<str>,
    /// It runs while one of these is active and not paused.
    pub during: Vec<StateIndex>,
    /// Gives how long it may take.
    pub target: Template,
    /// Begins anew at each visit; else all visits count together.
    pub each_visit: bool,
    pub ladder: Vec<Rung>,
    pub span: Span,
}
