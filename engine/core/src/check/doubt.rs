//! How far a chart can be trusted in which errors were found.

use crate::chart::StateIndex;

/// What errors elsewhere leave uncertain. The default trusts everything: no error was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Somewhere a state or a way may be missing: what nothing leads to is not known.
    pub ways: bool,
    /// State → whether its children, or their kinds, may not be all.
    pub parts: Vec<bool>,
    /// State → whether anything in it may be missing, down to the guard of a transition.
    pub anything: Vec<bool>,
}

impl Doubts {
    pub(super) fn parts_of(&self, state: StateIndex) -> bool {
        self.parts.get(usize::from(state.0)).copied().unwrap_or(false)
    }

    pub(super) fn anything_in(&self, state: StateIndex) -> bool {
        self.anything.get(usize::from(state.0)).copied().unwrap_or(false)
    }
}
