//! Work that is done elsewhere while a state is active.

use std::sync::Arc;

use super::{Call, Each, TransitionIndex, ValueTemplate};
use crate::diagnostic::Span;
use crate::expression::Template;

#[derive(Clone, Debug)]
pub struct Invoke {
    /// Its events are `done.ID` and `error.ID`; the one of children also names a read.
    pub id: Arc<str>,
    pub work: Work,
    /// How long to wait; of an adapter its own limit if none.
    pub timeout: Option<Template>,
    /// A child exists.
    pub on_start: Option<TransitionIndex>,
    /// The adapter reports a step on the way.
    pub on_progress: Option<TransitionIndex>,
    pub on_done: Option<TransitionIndex>,
    pub on_error: Option<TransitionIndex>,
    /// What `undo` asks of an adapter after this was done.
    pub compensate: Option<Call>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Work {
    /// An adapter's.
    Call(Box<Call>),
    /// Other instances', which live no longer than the state.
    Children(Children),
}

#[derive(Clone, Debug)]
pub struct Children {
    pub workflow: Arc<str>,
    /// None: made of this instance's key, the invoke and the step in which it began.
    pub key: Option<Template>,
    /// One child for each item; None: one child.
    pub each: Option<Each>,
    pub input: Vec<(Arc<str>, ValueTemplate)>,
}

impl Invoke {
    /// None: its work is that of children.
    pub fn call(&self) -> Option<&Call> {
        match &self.work {
            Work::Call(call) => Some(call),
            Work::Children(_) => None,
        }
    }

    /// None: its work is an adapter's.
    pub fn children(&self) -> Option<&Children> {
        match &self.work {
            Work::Children(children) => Some(children),
            Work::Call(_) => None,
        }
    }
}
