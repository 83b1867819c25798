//! Actions: one verb each, with `if` and `each`.

use std::sync::Arc;

use super::{Channel, People, Reoffer};
use crate::diagnostic::Span;
use crate::expression::{Expression, References, Template};
use crate::time::Duration;
use crate::value::Value;

/// A free value: a literal, something computed, or a structure of these.
#[derive(Clone, Debug)]
pub enum ValueTemplate {
    Literal(Value),
    Computed(Template),
    List(Vec<ValueTemplate>),
    Object(Vec<(Arc<str>, ValueTemplate)>),
}

impl ValueTemplate {
    /// Everything that what is computed in it touches.
    pub fn references(&self) -> References {
        let merged = |parts: Vec<References>| {
            parts.into_iter().fold(References::default(), |mut all, part| {
                all.merge(part);
                all
            })
        };
        match self {
            ValueTemplate::Literal(_) => References::default(),
            ValueTemplate::Computed(template) => template.references(),
            ValueTemplate::List(items) => merged(items.iter().map(ValueTemplate::references).collect()),
            ValueTemplate::Object(fields) => merged(fields.iter().map(|(_, value)| value.references()).collect()),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Action {
    pub verb: Verb,
    /// Runs only if this holds.
    pub condition: Option<Expression>,
    /// Runs once for each item.
    pub each: Option<Each>,
    pub span: Span,
}

/// `each: list` binds `item` and `index`; `each: name in list` binds that name (and `index`).
#[derive(Clone, Debug)]
pub struct Each {
    pub name: Option<Arc<str>>,
    pub list: Expression,
}

#[derive(Clone, Debug)]
pub enum Verb {
    Assign(Vec<PathAssignment>),
    /// List field → item: adds, or merges into the item with that key; appends to a list without a key.
    Put(Vec<(Arc<str>, ValueTemplate)>),
    /// List field → key of the item to take out; in a list without a key, equal items.
    Drop(Vec<(Arc<str>, ValueTemplate)>),
    Raise {
        event: Arc<str>,
        with: Vec<(Arc<str>, ValueTemplate)>,
    },
    Send(Send),
    Start(StartInstance),
    Call(Call),
    /// Name → fields of an indexed line in the trail.
    Mark(Vec<(Arc<str>, ValueTemplate)>),
    /// Takes back this instance's latest mark of that name.
    Unmark(Arc<str>),
    Undo(Undo),
    Notify(Notify),
    Reoffer(Reoffer),
}

/// Something that people are told.
#[derive(Clone, Debug)]
pub struct Notify {
    pub to: People,
    pub text: Template,
    /// At least one.
    pub via: Vec<Channel>,
    /// It stands in the instance's conversation.
    pub thread: bool,
}

/// Which invokes are to be undone, of those that were done and not undone yet: the latest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    All,
    /// Those with these ids.
    Of(Vec<Arc<str>>),
}

#[derive(Clone, Debug)]
pub struct PathAssignment {
    /// Field, then fields within it.
    pub path: Vec<Arc<str>>,
    pub value: ValueTemplate,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Send {
    pub to: Addressee,
    pub event: Arc<str>,
    pub with: Vec<(Arc<str>, ValueTemplate)>,
    /// Gives a duration.
    pub delay: Option<Template>,
    /// Its answer comes as `sent.taken.ID`, `sent.ignored.ID` or `sent.refused.ID`; None: the event's name in lower case.
    pub id: Option<Arc<str>>,
    /// Starts the instance if it is absent.
    pub start: bool,
}

#[derive(Clone, Debug)]
pub enum Addressee {
    Parent,
    /// A view found by a read (it has `workflow` and `key`).
    View(Template),
    Instance {
        workflow: Arc<str>,
        key: Template,
    },
}

#[derive(Clone, Debug)]
pub struct StartInstance {
    pub workflow: Arc<str>,
    /// None: the workflow's own key template, or its number.
    pub key: Option<Template>,
    pub with: Vec<(Arc<str>, ValueTemplate)>,
}

/// What is asked of an adapter, by `call` or by `invoke`.
#[derive(Clone, Debug)]
pub struct Call {
    pub adapter: Arc<str>,
    pub action: Arc<str>,
    pub input: Vec<(Arc<str>, ValueTemplate)>,
    /// Tried again immediately before each attempt; false is an error with `why: interlock`.
    pub require: Option<Expression>,
    /// After when it must not even begin. Gives a duration.
    pub expires: Option<Template>,
    pub retry: Option<Retry>,
    /// For `call`: a failure comes as `error.call.ID`.
    pub id: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// At least 1.
    pub attempts: u32,
    pub first: Duration,
    pub most: Duration,
}
