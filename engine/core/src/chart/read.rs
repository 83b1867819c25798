//! What is looked up elsewhere.

use std::sync::Arc;

use super::StateIndex;
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
}
