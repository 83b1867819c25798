//! What is looked up elsewhere.

use std::sync::Arc;

use super::{StateIndex, ValueTemplate};
use crate::diagnostic::Span;
use crate::expression::Template;

/// A look-up of other instances, under a name that expressions use.
#[derive(Clone, Debug)]
pub struct Read {
    pub name: Arc<str>,
    pub workflow: Arc<str>,
    pub of: ReadOf,
    /// The paths of the view that this chart's expressions name; only these are recorded as facts. Empty: whether it exists.
    pub paths: Vec<Vec<Arc<str>>>,
    pub span: Span,
}

/// Which instances a read finds.
#[derive(Clone, Debug)]
pub enum ReadOf {
    /// The one with this key: its view, or null.
    Key(Template),
    /// Those that the invoke at this position of the state started; none while it does not run. With `each` a list, in the order
    /// of the items, else one view or null.
    Children { state: StateIndex, position: usize, each: bool },
    /// Those with these keys, in that order; who is missing is null.
    Keys(ValueTemplate),
    /// All for which something holds.
    Found(Box<Find>),
}

/// What is looked for, and what is made of it.
#[derive(Clone, Debug)]
pub struct Find {
    pub source: FindSource,
    /// Field → what its value must be, or one of a list; each must hold.
    pub conditions: Vec<(Arc<str>, ValueTemplate)>,
    /// The same of personal fields.
    pub blind: Vec<(Arc<str>, ValueTemplate)>,
    /// In any of these states, by name or path; empty: in whatever states.
    pub states: Vec<Arc<str>>,
    /// Gives the moment from which on marks count.
    pub since: Option<Template>,
    /// By which field; None: instances by key, marks by when they were made, tasks by when they were opened.
    pub order: Option<Arc<str>>,
    /// More than this is a fault, never a silent cut.
    pub limit: usize,
    /// Only the latest of each: of each instance, or of each value of a field.
    pub one_per: Option<Arc<str>>,
    pub take: Take,
    /// What is found is compared again in the commit.
    pub exact: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindSource {
    /// Of the read's workflow.
    Instances,
    /// Lines of this name that were written by `mark` and not taken back.
    Marks(Arc<str>),
    /// Of the read's workflow, or of all if that is empty.
    Tasks {
        /// Only those that somebody holds.
        held: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    List,
    Count,
    Sum(Arc<str>),
    Min(Arc<str>),
    Max(Arc<str>),
}
