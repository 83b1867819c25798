//! Which transitions are taken (SCXML: `selectTransitions`, `selectEventlessTransitions`, `removeConflictingTransitions`).

use std::borrow::Cow;

use super::admission::Unmet;
use super::interrupt::Interrupt;
use super::machine::Machine;
use super::{Refusal, RefusalKind};
use crate::chart::{Chart, EventPattern, StateIndex, StateSet, Transition, TransitionIndex, Trigger};

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
    /// Nobody knows: a guard of it cannot be computed, and whoever sent the event is there to be told.
    Unknown(Vec<Refusal>),
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
    InvokeStart(StateIndex, usize),
    InvokeDone(StateIndex, usize, &'a str),
    InvokeError(StateIndex, usize, &'a str),
    InvokeProgress(StateIndex, usize, &'a str),
}

impl Machine<'_> {
    /// Transitions for an occasion, inner states before outer ones, without conflicts.
    pub(super) fn select(&mut self, occasion: Occasion<'_>) -> Result<Selection, Interrupt> {
        let chart = self.chart;
        let active = self.next.active;
        let mut selection = Selection::default();
        if let Occasion::Eventless = occasion
            && !active.intersects(&chart.notable.eventless)
        {
            return Ok(selection);
        }
        let mut tried: Vec<(TransitionIndex, bool)> = Vec::new();
        let paused = self.paused_states();
        let name = occasion.event_name(chart);
        // an event that finishes a task is offered once: what it raises, and what follows by itself, to all
        let finishing = self.finishing.filter(|_| matches!(occasion, Occasion::Admitted(_)));
        let within = |leaf: &StateIndex| finishing.is_none_or(|state| *leaf == state || chart.is_descendant(*leaf, state));
        for leaf in chart.atomic_states(&active).filter(within) {
            let path = std::iter::once(leaf).chain(chart.ancestors(leaf));
            'leaf: for state in path {
                for transition in candidates(chart, state, occasion, name.as_deref()) {
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
                    let before = std::mem::take(&mut self.seen.get_mut().decisions);
                    let enabled = self.enabled(transition, occasion)?;
                    let decided = std::mem::replace(&mut self.seen.get_mut().decisions, before);
                    match enabled {
                        Enabled::Yes(branch) => {
                            self.decided.insert(transition, decided);
                            tried.push((transition, true));
                            selection.choices.push(Choice { transition, branch });
                            break 'leaf;
                        }
                        Enabled::No(refusals) => {
                            tried.push((transition, false));
                            selection.refusals.extend(refusals);
                        }
                        // what comes after it is for those to whom it is closed
                        Enabled::Unknown(refusals) => {
                            tried.push((transition, true));
                            selection.refusals = refusals;
                            break 'leaf;
                        }
                    }
                }
            }
        }
        self.remove_conflicting(&mut selection.choices);
        // where one way is open to the sender and others are other people's, it is the sender's own that tells why not
        if !selection.refusals.iter().all(Refusal::is_forbidden) {
            selection.refusals.retain(|refusal| !refusal.is_forbidden());
        }
        Ok(selection)
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
        let shared = self.unmet(&transition.guards, &[&transition.lets])?;
        if !shared.refusals.is_empty() {
            return Ok(closed(shared, occasion));
        }
        let mut refusals = Vec::new();
        for (position, branch) in transition.branches.iter().enumerate() {
            let unmet = self.unmet(&branch.guards, &[&branch.lets, &transition.lets])?;
            if unmet.refusals.is_empty() {
                return Ok(Enabled::Yes(position));
            }
            match closed(unmet, occasion) {
                Enabled::No(closed) => refusals.extend(closed),
                unknown => return Ok(unknown),
            }
        }
        if refusals.is_empty() {
            refusals.push(Refusal::new(RefusalKind::Guard, "no branch applies"));
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

/// A way whose guards do not all hold. By itself an instance goes on as if what cannot be computed were false; nobody would be there to ask.
fn closed(unmet: Unmet, occasion: Occasion<'_>) -> Enabled {
    match occasion {
        Occasion::Admitted(_) if !unmet.is_false => Enabled::Unknown(unmet.refusals),
        _ => Enabled::No(unmet.refusals),
    }
}

impl Occasion<'_> {
    /// The name by which a state's `on` may answer.
    fn event_name(&self, chart: &Chart) -> Option<Cow<'_, str>> {
        match self {
            Occasion::Event(name) | Occasion::Admitted(name) => Some(Cow::Borrowed(*name)),
            Occasion::Eventless | Occasion::Timer(..) | Occasion::InvokeStart(..) => None,
            Occasion::Done(owner) => Some(Cow::Owned(format!("done.state.{}", chart.state(*owner).path))),
            Occasion::InvokeDone(_, _, id) => Some(Cow::Owned(format!("done.{id}"))),
            Occasion::InvokeError(_, _, id) => Some(Cow::Owned(format!("error.{id}"))),
            Occasion::InvokeProgress(_, _, id) => Some(Cow::Owned(format!("progress.{id}"))),
        }
    }
}

/// The transitions of a state that answer to an occasion, in document order: what was written for just this, then by name.
fn candidates<'c, 'n>(
    chart: &'c Chart,
    state: StateIndex,
    occasion: Occasion<'_>,
    name: Option<&'n str>,
) -> impl Iterator<Item = TransitionIndex> + use<'c, 'n> {
    let state = chart.state(state);
    let invoke = |owner: StateIndex, position: usize| state.invokes.get(position).filter(|_| owner == state.index);
    let own = match occasion {
        Occasion::Timer(owner, position) if owner == state.index => state.after.get(position).map(|timer| timer.transition),
        Occasion::Done(owner) if owner == state.index => state.on_done,
        Occasion::InvokeStart(owner, position) => invoke(owner, position).and_then(|invoke| invoke.on_start),
        Occasion::InvokeDone(owner, position, _) => invoke(owner, position).and_then(|invoke| invoke.on_done),
        Occasion::InvokeError(owner, position, _) => invoke(owner, position).and_then(|invoke| invoke.on_error),
        Occasion::InvokeProgress(owner, position, _) => invoke(owner, position).and_then(|invoke| invoke.on_progress),
        _ => None,
    };
    let eventless: &[TransitionIndex] = match occasion {
        Occasion::Eventless => &state.always,
        _ => &[],
    };
    let named = name.into_iter().flat_map(move |name| {
        let on = state.on.iter().copied();
        on.filter(move |index| answers_to(chart.transition(*index), name))
    });
    own.into_iter().chain(eventless.iter().copied()).chain(named)
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
        if self.held.is_some() {
            return self.active;
        }
        let mut paused = StateSet::default();
        if !self.active.intersects(&chart.notable.pausing) {
            return paused;
        }
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
