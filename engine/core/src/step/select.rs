//! Which transitions are taken (SCXML: `selectTransitions`, `selectEventlessTransitions`, `removeConflictingTransitions`).

use super::interrupt::Interrupt;
use super::machine::Machine;
use super::{Refusal, RefusalKind};
use crate::chart::{EventPattern, StateIndex, StateSet, Transition, TransitionIndex, Trigger};

/// A transition that is to be taken, and by which of its branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub transition: TransitionIndex,
    pub branch: usize,
}

/// What an event selects.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub choices: Vec<Choice>,
    /// Why transitions that answer to the event were not enabled.
    pub refusals: Vec<Refusal>,
    /// A transition that answers to it stands in a paused state.
    pub paused: Option<StateIndex>,
    /// Some active state answers to the event at all.
    pub answered: bool,
}

/// Whether one transition is enabled.
pub(super) enum Enabled {
    /// By this branch.
    Yes(usize),
    No(Vec<Refusal>),
}

/// What is selected for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Occasion<'a> {
    Event(&'a str),
    /// An event from outside the instance, whose sender and form are checked.
    Admitted(&'a str),
    Eventless,
    Timer(StateIndex, usize),
    Done(StateIndex),
    InvokeDone(StateIndex, usize, &'a str),
    InvokeError(StateIndex, usize, &'a str),
}

impl Machine<'_> {
    /// Transitions for an occasion, inner states before outer ones, without conflicts.
    pub(super) fn select(&mut self, occasion: Occasion<'_>) -> Result<Selection, Interrupt> {
        let mut selection = Selection::default();
        let mut tried: Vec<(TransitionIndex, bool)> = Vec::new();
        let paused = self.paused_states();
        let atomic: Vec<StateIndex> = self.chart.atomic_states(&self.next.active).collect();
        for leaf in atomic {
            let path = std::iter::once(leaf).chain(self.chart.ancestors(leaf));
            'leaf: for state in path {
                for transition in self.candidates(state, occasion) {
                    selection.answered = true;
                    if paused.contains(state) {
                        selection.paused.get_or_insert(state);
                        continue;
                    }
                    match tried.iter().find(|(index, _)| *index == transition) {
                        Some((_, true)) => break 'leaf,
                        Some((_, false)) => continue,
                        None => {}
                    }
                    match self.enabled(transition, occasion)? {
                        Enabled::Yes(branch) => {
                            tried.push((transition, true));
                            selection.choices.push(Choice { transition, branch });
                            break 'leaf;
                        }
                        Enabled::No(refusals) => {
                            tried.push((transition, false));
                            selection.refusals.extend(refusals);
                        }
                    }
                }
            }
        }
        self.remove_conflicting(&mut selection.choices);
        Ok(selection)
    }

    /// The transitions of a state that answer to an occasion, in document order.
    fn candidates(&self, state: StateIndex, occasion: Occasion<'_>) -> Vec<TransitionIndex> {
        let chart = self.chart;
        let state = chart.state(state);
        let named = |name: &str| -> Vec<TransitionIndex> {
            state
                .on
                .iter()
                .copied()
                .filter(|index| answers_to(chart.transition(*index), name))
                .collect()
        };
        match occasion {
            Occasion::Event(name) | Occasion::Admitted(name) => named(name),
            Occasion::Eventless => state.always.clone(),
            Occasion::Timer(owner, position) => state
                .after
                .get(position)
                .filter(|_| owner == state.index)
                .map(|timer| timer.transition)
                .into_iter()
                .collect(),
            Occasion::Done(owner) => {
                let mut found: Vec<_> = state.on_done.filter(|_| owner == state.index).into_iter().collect();
                found.extend(named(&format!("done.state.{}", chart.state(owner).path)));
                found
            }
            Occasion::InvokeDone(owner, position, id) => {
                let invoke = state.invokes.get(position).filter(|_| owner == state.index);
                let mut found: Vec<_> = invoke.and_then(|invoke| invoke.on_done).into_iter().collect();
                found.extend(named(&format!("done.{id}")));
                found
            }
            Occasion::InvokeError(owner, position, id) => {
                let invoke = state.invokes.get(position).filter(|_| owner == state.index);
                let mut found: Vec<_> = invoke.and_then(|invoke| invoke.on_error).into_iter().collect();
                found.extend(named(&format!("error.{id}")));
                found
            }
        }
    }

    /// Sender, form and reason where they are asked for, then the shared guards, then the first branch whose guards hold.
    fn enabled(&mut self, index: TransitionIndex, occasion: Occasion<'_>) -> Result<Enabled, Interrupt> {
        let transition = self.chart.transition(index);
        if let Occasion::Admitted(_) = occasion {
            let refusals = self.admit(transition)?;
            if !refusals.is_empty() {
                return Ok(Enabled::No(refusals));
            }
        }
        let mut refusals = self.false_guards(&transition.guards, &[&transition.lets])?;
        if !refusals.is_empty() {
            return Ok(Enabled::No(refusals));
        }
        for (position, branch) in transition.branches.iter().enumerate() {
            let false_guards = self.false_guards(&branch.guards, &[&branch.lets, &transition.lets])?;
            if false_guards.is_empty() {
                return Ok(Enabled::Yes(position));
            }
            refusals.extend(false_guards);
        }
        if refusals.is_empty() {
            refusals.push(Refusal {
                kind: RefusalKind::Guard,
                sentence: "no branch applies".into(),
                field: None,
                instances: Vec::new(),
            });
        }
        Ok(Enabled::No(refusals))
    }

    /// Of two transitions that leave a common state, the inner one stays; else the first.
    fn remove_conflicting(&self, choices: &mut Vec<Choice>) {
        if choices.len() < 2 {
            return;
        }
        let mut kept: Vec<(Choice, StateSet)> = Vec::new();
        for choice in choices.iter().copied() {
            let exit = self.exit_set(choice);
            let source = self.chart.transition(choice.transition).source;
            let (conflicting, others): (Vec<_>, Vec<_>) = kept.iter().cloned().partition(|(_, other)| other.intersects(&exit));
            let preempts = conflicting.iter().all(|(other, _)| {
                self.chart
                    .is_descendant(source, self.chart.transition(other.transition).source)
            });
            if preempts {
                kept = others;
                kept.push((choice, exit));
            }
        }
        *choices = kept.into_iter().map(|(choice, _)| choice).collect();
    }

    /// Every active state that an active state pauses, with all below it.
    pub(super) fn paused_states(&self) -> StateSet {
        self.next.paused(self.chart)
    }
}

fn answers_to(transition: &Transition, name: &str) -> bool {
    match &transition.trigger {
        Trigger::Event(EventPattern::Any) => true,
        Trigger::Event(pattern) => pattern.matches(name),
        _ => false,
    }
}

impl super::Snapshot {
    /// Every active state that an active state pauses, with all below it.
    pub fn paused(&self, chart: &crate::chart::Chart) -> StateSet {
        let mut paused = StateSet::default();
        for state in self.active.iter() {
            for target in &chart.state(state).pauses {
                for below in self.active.iter() {
                    let under = below == *target || chart.is_descendant(below, *target);
                    // a state never pauses itself or what holds it
                    if under && below != state && !chart.is_descendant(state, below) {
                        paused.insert(below);
                    }
                }
            }
        }
        paused
    }

    /// The active state on whose account another is paused.
    pub(super) fn pausing(&self, chart: &crate::chart::Chart, paused: StateIndex) -> Option<StateIndex> {
        self.active.iter().find(|state| {
            let pauses = &chart.state(*state).pauses;
            pauses
                .iter()
                .any(|target| paused == *target || chart.is_descendant(paused, *target))
        })
    }
}
