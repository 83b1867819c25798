//! Transitions, and who may cause them with what.

use std::sync::Arc;

use super::{Action, Lets, People, Signature, StateIndex, TransitionIndex};
use crate::diagnostic::Span;
use crate::expression::{Expression, Template};
use crate::field::Fields;

#[derive(Clone, Debug)]
pub struct Transition {
    pub index: TransitionIndex,
    /// Where it is written; its domain is found from here.
    pub source: StateIndex,
    pub trigger: Trigger,
    /// Who may send the event, with which form. None for what no event from outside triggers.
    pub admission: Option<Box<Admission>>,
    /// Shared by all branches.
    pub guards: Vec<Guard>,
    /// Values for this transition's guards, actions and sentences.
    pub lets: Lets,
    /// Run before the branch's own.
    pub actions: Vec<Action>,
    /// At least one; a transition without `choose` has exactly one without guards of its own.
    pub branches: Vec<Branch>,
    pub span: Span,
}

/// The first whose guards hold is taken.
#[derive(Clone, Debug)]
pub struct Branch {
    pub guards: Vec<Guard>,
    pub lets: Lets,
    /// Empty: stays where it is.
    pub targets: Vec<StateIndex>,
    /// Leaves and enters the source again although the target is inside.
    pub reenter: bool,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    Event(EventPattern),
    Always,
    /// The position in the source state's `after`.
    Timer(usize),
    /// `done.state.…` of the source itself.
    Done,
    /// A child of the source's invoke at this position exists.
    InvokeStart(usize),
    /// The adapter of the source's invoke at this position reports a step on the way.
    InvokeProgress(usize),
    /// `done.ID` or `error.ID` of the source's invoke at this position.
    InvokeDone(usize),
    InvokeError(usize),
    /// Of a compound state.
    Initial,
    /// Of a history state.
    HistoryDefault,
}

/// `NAME`, `prefix.*` or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventPattern {
    Exact(Arc<str>),
    Prefix(Arc<str>),
    Any,
}

#[derive(Clone, Debug)]
pub struct Guard {
    pub condition: Expression,
    /// What to say when it is false.
    pub otherwise: Option<Template>,
}

#[derive(Clone, Debug, Default)]
pub struct Admission {
    pub by: People,
    /// A button's label.
    pub title: Option<Template>,
    pub form: Form,
    pub reason: Option<Reason>,
    pub sign: Option<Box<Signature>>,
}

/// What is asked for. Fields named by a list are written into `data` before the actions.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub fields: Fields,
    pub writes: Vec<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Required,
    Optional,
    /// One of these.
    Choices(Vec<Arc<str>>),
}

impl EventPattern {
    pub fn matches(&self, event: &str) -> bool {
        match self {
            EventPattern::Exact(name) => **name == *event,
            EventPattern::Prefix(prefix) => event
                .strip_prefix(&**prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            EventPattern::Any => true,
        }
    }
}
