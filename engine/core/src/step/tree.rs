//! Questions about the tree of states (SCXML, appendix D: the helper procedures).

use crate::chart::{Chart, State, StateIndex, StateKind, StateSet, TransitionIndex};

impl Chart {
    /// The state at an index that came from this chart. An index of another chart answers with the root.
    pub fn state(&self, index: StateIndex) -> &State {
        self.states.get(usize::from(index.0)).unwrap_or(&self.states[0])
    }

    pub fn transition(&self, index: TransitionIndex) -> &crate::chart::Transition {
        &self.transitions[usize::from(index.0)]
    }

    /// The state written under this path.
    pub fn state_at(&self, path: &str) -> Option<&State> {
        self.states.iter().find(|state| &*state.path == path)
    }

    /// The proper ancestors, innermost first, the root last.
    pub(crate) fn ancestors(&self, state: StateIndex) -> impl Iterator<Item = StateIndex> + '_ {
        std::iter::successors(self.state(state).parent, |parent| self.state(*parent).parent)
    }

    pub(super) fn is_descendant(&self, state: StateIndex, ancestor: StateIndex) -> bool {
        self.ancestors(state).any(|each| each == ancestor)
    }

    /// Of a parallel state, the children that are regions; of a compound state, those that can be active.
    pub(super) fn child_states(&self, state: StateIndex) -> impl Iterator<Item = StateIndex> + '_ {
        self.state(state)
            .children
            .iter()
            .copied()
            .filter(|child| !matches!(self.state(*child).kind, StateKind::History { .. }))
    }

    /// The least common ancestor of all these that is compound (or parallel, or the root); None: only what is above the root.
    pub(super) fn least_common_ancestor(&self, first: StateIndex, others: &[StateIndex]) -> Option<StateIndex> {
        self.ancestors(first)
            .filter(|ancestor| {
                matches!(self.state(*ancestor).kind, StateKind::Compound { .. }) || self.state(*ancestor).parent.is_none()
            })
            .find(|ancestor| others.iter().all(|other| self.is_descendant(*other, *ancestor)))
    }

    /// Active states none of whose children are active, in document order.
    pub fn atomic_states(&self, active: &StateSet) -> impl Iterator<Item = StateIndex> + '_ {
        active
            .iter()
            .filter(|state| matches!(self.state(*state).kind, StateKind::Atomic | StateKind::Final))
    }

    /// Whether a state has reached its end (SCXML `isInFinalState`).
    pub(super) fn is_in_final_state(&self, state: StateIndex, active: &StateSet) -> bool {
        match self.state(state).kind {
            StateKind::Compound { .. } => self
                .child_states(state)
                .any(|child| active.contains(child) && self.state(child).kind == StateKind::Final),
            StateKind::Parallel => self.child_states(state).all(|child| self.is_in_final_state(child, active)),
            _ => false,
        }
    }
}
