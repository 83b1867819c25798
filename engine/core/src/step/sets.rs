//! What a microstep leaves and enters (SCXML: `computeExitSet`, `computeEntrySet` and the procedures they name).

use std::borrow::Cow;

use super::machine::Machine;
use super::select::Choice;
use crate::chart::{Branch, StateIndex, StateKind, StateSet, TransitionIndex};

/// Everything a microstep enters, and what to run on the way in.
#[derive(Debug, Default)]
pub(super) struct EntrySet {
    pub states: StateSet,
    /// Compound states entered by their initial transition.
    pub by_default: StateSet,
    /// Parent of a history state → the history's default transition, where there was nothing to restore.
    pub history_defaults: Vec<(StateIndex, TransitionIndex)>,
}

/// Where a transition happens: states below this one are left. `Everywhere` is above the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Domain {
    Nowhere,
    Within(StateIndex),
    Everywhere,
}

impl Machine<'_> {
    pub(super) fn branch(&self, choice: Choice) -> &Branch {
        &self.chart.transition(choice.transition).branches[choice.branch]
    }

    /// The active states that taking this leaves.
    pub(super) fn exit_set(&self, choice: Choice) -> StateSet {
        match self.domain(choice) {
            Domain::Nowhere => StateSet::default(),
            Domain::Everywhere => self.next.active,
            Domain::Within(domain) => self
                .next
                .active
                .iter()
                .filter(|state| self.chart.is_descendant(*state, domain))
                .collect(),
        }
    }

    pub(super) fn entry_set(&self, choices: &[Choice]) -> EntrySet {
        let mut entry = EntrySet::default();
        for choice in choices {
            for target in &self.branch(*choice).targets {
                self.add_descendants(*target, &mut entry);
            }
            let domain = self.domain(*choice);
            for target in self.effective_targets(&self.branch(*choice).targets).iter() {
                self.add_ancestors(*target, domain, &mut entry);
            }
        }
        entry
    }

    /// What is entered when an instance begins: the root and what follows from it.
    pub(super) fn initial_entry_set(&self) -> EntrySet {
        let mut entry = EntrySet::default();
        self.add_descendants(StateIndex::ROOT, &mut entry);
        entry
    }

    /// What is entered to be in these states, from outside of everything.
    pub(super) fn entry_set_of(&self, targets: &[StateIndex]) -> EntrySet {
        let mut entry = EntrySet::default();
        for target in targets {
            self.add_target(*target, targets, &mut entry);
        }
        for target in targets {
            self.add_ancestors(*target, Domain::Everywhere, &mut entry);
        }
        entry
    }

    /// A target with what it implies; of one that holds another target only the other's way in.
    fn add_target(&self, target: StateIndex, targets: &[StateIndex], entry: &mut EntrySet) {
        let holds_another = targets.iter().any(|other| self.chart.is_descendant(*other, target));
        match holds_another {
            true => entry.states.insert(target),
            false => self.add_descendants(target, entry),
        }
    }

    /// Targets with history states replaced by what they stand for.
    fn effective_targets<'t>(&self, targets: &'t [StateIndex]) -> Cow<'t, [StateIndex]> {
        let is_history = |target: &StateIndex| matches!(self.chart.state(*target).kind, StateKind::History { .. });
        if !targets.iter().any(is_history) {
            return Cow::Borrowed(targets);
        }
        let mut effective = Vec::new();
        for target in targets {
            match self.chart.state(*target).kind {
                StateKind::History { default, .. } => match self.next.history.get(target) {
                    Some(restored) => effective.extend(restored.iter().copied()),
                    None => {
                        let targets = &self.chart.transition(default).branches[0].targets;
                        effective.extend(self.effective_targets(targets).iter().copied());
                    }
                },
                _ => effective.push(*target),
            }
        }
        Cow::Owned(effective)
    }

    /// Without `reenter`, a transition whose targets are its source or inside it leaves only what is below its source.
    fn domain(&self, choice: Choice) -> Domain {
        let source = self.chart.transition(choice.transition).source;
        let branch = self.branch(choice);
        if branch.targets.is_empty() {
            return Domain::Nowhere;
        }
        let targets = self.effective_targets(&branch.targets);
        let inside = targets
            .iter()
            .all(|target| *target == source || self.chart.is_descendant(*target, source));
        if inside && !branch.reenter {
            return Domain::Within(source);
        }
        match self.chart.least_common_ancestor(source, &targets) {
            Some(ancestor) => Domain::Within(ancestor),
            None => Domain::Everywhere,
        }
    }

    fn add_descendants(&self, state: StateIndex, entry: &mut EntrySet) {
        match self.chart.state(state).kind {
            StateKind::History { default, .. } => self.add_restored(state, default, entry),
            StateKind::Compound { initial } => {
                entry.states.insert(state);
                entry.by_default.insert(state);
                self.add_targets(&self.chart.transition(initial).branches[0].targets, state, entry);
            }
            StateKind::Parallel => {
                entry.states.insert(state);
                self.add_missing_regions(state, entry);
            }
            StateKind::Atomic | StateKind::Final => entry.states.insert(state),
        }
    }

    fn add_restored(&self, history: StateIndex, default: TransitionIndex, entry: &mut EntrySet) {
        let Some(parent) = self.chart.state(history).parent else {
            return;
        };
        match self.next.history.get(&history) {
            Some(restored) => self.add_targets(restored, parent, entry),
            None => {
                entry.history_defaults.push((parent, default));
                self.add_targets(&self.chart.transition(default).branches[0].targets, parent, entry);
            }
        }
    }

    fn add_targets(&self, targets: &[StateIndex], below: StateIndex, entry: &mut EntrySet) {
        for target in targets {
            self.add_descendants(*target, entry);
        }
        for target in targets {
            self.add_ancestors(*target, Domain::Within(below), entry);
        }
    }

    fn add_ancestors(&self, state: StateIndex, domain: Domain, entry: &mut EntrySet) {
        for ancestor in self.chart.ancestors(state) {
            if domain == Domain::Within(ancestor) {
                return;
            }
            entry.states.insert(ancestor);
            if self.chart.state(ancestor).kind == StateKind::Parallel {
                self.add_missing_regions(ancestor, entry);
            }
        }
    }

    fn add_missing_regions(&self, parallel: StateIndex, entry: &mut EntrySet) {
        for region in self.chart.child_states(parallel) {
            let entered = entry
                .states
                .iter()
                .any(|state| state == region || self.chart.is_descendant(state, region));
            if !entered {
                self.add_descendants(region, entry);
            }
        }
    }
}
