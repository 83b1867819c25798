//! Leaving, acting, entering (SCXML: `microstep`, `exitStates`, `enterStates`, `macrostep`).

use std::borrow::Cow;
use std::sync::Arc;

use super::Status;
use super::interrupt::{Interrupt, failure};
use super::machine::{Machine, Raised};
use super::select::{Choice, Occasion, Selection};
use super::sets::EntrySet;
use crate::chart::{Action, Lets, StateIndex, StateKind, TransitionIndex, Trigger};
use crate::value::{Object, Value};

/// How many microsteps one input may cause. A lifecycle takes a handful; one that takes a thousand goes round in a circle.
pub const MICROSTEPS_MAX: usize = 1_000;

/// How many of the last transitions are named when it does: enough to show the circle.
const CYCLE_TRANSITIONS_SHOWN: usize = 12;

impl Machine<'_> {
    /// Takes these transitions together.
    pub(super) fn microstep(&mut self, choices: &[Choice]) -> Result<(), Interrupt> {
        self.count_microstep()?;
        self.keep_decisions();
        let mut decided = std::mem::take(&mut self.decided);
        for choice in choices {
            self.log.decided(decided.remove(&choice.transition).unwrap_or_default());
        }
        self.exit_states(choices)?;
        for choice in choices {
            self.run_transition(*choice)?;
        }
        self.remember_compensation()?;
        self.left.clear();
        let entry = self.entry_set(choices);
        self.enter_states(&entry)
    }

    /// Everything that follows by itself: eventless transitions first, then what was raised, until nothing is left.
    pub(super) fn run_to_completion(&mut self) -> Result<(), Interrupt> {
        loop {
            if self.next.status == Status::Done {
                // nobody is there any more to answer to what was raised
                self.queue.clear();
                return Ok(());
            }
            let selection = self.select_eventless()?;
            if !selection.choices.is_empty() {
                self.microstep(&selection.choices)?;
                continue;
            }
            let Some(raised) = self.queue.pop_front() else { return Ok(()) };
            let selection = self.select_raised(&raised)?;
            match raised {
                _ if !selection.choices.is_empty() => self.microstep(&selection.choices)?,
                Raised::InvokeDone { .. } => self.remember_compensation()?,
                // the state would wait without end for what never began
                Raised::InvokeError { payload, .. } => return Err(failure("SW-1002", sentence_of(&payload))),
                _ => {}
            }
        }
    }

    /// Enters the root, and all that this implies.
    pub(super) fn enter_initial_states(&mut self) -> Result<(), Interrupt> {
        let entry = self.initial_entry_set();
        self.enter_states(&entry)
    }

    /// What the last round of eventless guards looked at is what this instance must be woken by.
    fn select_eventless(&mut self) -> Result<Selection, Interrupt> {
        {
            let mut seen = self.seen.borrow_mut();
            seen.watched.clear();
            seen.watching = true;
        }
        let selection = self.select(Occasion::Eventless);
        self.seen.borrow_mut().watching = false;
        selection
    }

    fn select_raised(&mut self, raised: &Raised) -> Result<Selection, Interrupt> {
        match raised {
            Raised::Event { name, payload } => {
                self.set_event(name.clone(), Cow::Owned(payload.clone()));
                self.select(Occasion::Event(name))
            }
            Raised::Done(state) => {
                let name: Arc<str> = format!("done.state.{}", self.chart.state(*state).path).into();
                self.set_event(name, Cow::Owned(Object::new()));
                self.select(Occasion::Done(*state))
            }
            Raised::InvokeDone {
                state,
                position,
                payload,
            } => {
                let Some(invoke) = self.chart.state(*state).invokes.get(*position) else {
                    return Ok(Selection::default());
                };
                self.set_event(format!("done.{}", invoke.id).into(), Cow::Owned(payload.clone()));
                self.done = Some(invoke);
                self.select(Occasion::InvokeDone(*state, *position, &invoke.id))
            }
            Raised::InvokeError {
                state,
                position,
                payload,
            } => {
                let Some(invoke) = self.chart.state(*state).invokes.get(*position) else {
                    return Ok(Selection::default());
                };
                self.set_event(format!("error.{}", invoke.id).into(), Cow::Owned(payload.clone()));
                self.select(Occasion::InvokeError(*state, *position, &invoke.id))
            }
        }
    }

    fn exit_states(&mut self, choices: &[Choice]) -> Result<(), Interrupt> {
        let mut leaving = crate::chart::StateSet::default();
        for choice in choices {
            leaving.insert_all(&self.exit_set(*choice));
        }
        for state in leaving.iter_back() {
            self.record_history(state);
        }
        for state in leaving.iter_back() {
            let chart = self.chart;
            self.run_block(&chart.state(state).exit, &[])?;
            self.leave(state)?;
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, state: StateIndex) -> Result<(), Interrupt> {
        self.next.active.remove(state);
        self.end_all_of(state)?;
        self.log.left.push(state);
        Ok(())
    }

    /// What lives as long as a state is active ends with it.
    pub(super) fn end_all_of(&mut self, state: StateIndex) -> Result<(), Interrupt> {
        self.fresh.remove(state);
        self.begun.remove(state);
        self.drop_timers_of(state);
        self.close_task_of(state);
        self.void_signatures_of(state);
        self.abandon_invokes_of(state)
    }

    fn record_history(&mut self, state: StateIndex) {
        let chart = self.chart;
        for child in &chart.state(state).children {
            let StateKind::History { deep, .. } = chart.state(*child).kind else {
                continue;
            };
            let remembered = self.next.active.iter().filter(|active| {
                if deep {
                    chart.is_descendant(*active, state)
                        && matches!(chart.state(*active).kind, StateKind::Atomic | StateKind::Final)
                } else {
                    chart.state(*active).parent == Some(state)
                }
            });
            let remembered: Vec<StateIndex> = remembered.collect();
            self.next.history.insert(*child, remembered);
        }
    }

    fn run_transition(&mut self, choice: Choice) -> Result<(), Interrupt> {
        let chart = self.chart;
        let transition = chart.transition(choice.transition);
        self.log
            .transitions
            .push((transition.source, self.event_name_of(&transition.trigger)));
        self.log.choices.push((choice.transition, choice.branch));
        let lets: [&Lets; 2] = [&transition.branches[choice.branch].lets, &transition.lets];
        self.run_block(&transition.actions, &lets)?;
        self.run_block(&transition.branches[choice.branch].actions, &lets)
    }

    fn event_name_of(&self, trigger: &Trigger) -> Arc<str> {
        match trigger {
            Trigger::Always => "always".into(),
            _ => self.event.name.clone(),
        }
    }

    fn enter_states(&mut self, entry: &EntrySet) -> Result<(), Interrupt> {
        for state in entry.states.iter() {
            if self.next.active.contains(state) {
                continue;
            }
            self.next.active.insert(state);
            self.fresh.insert(state);
            self.log.entered.push(state);
            let chart = self.chart;
            self.run_block(&chart.state(state).entry, &[])?;
            if entry.by_default.contains(state) {
                self.run_default(match chart.state(state).kind {
                    StateKind::Compound { initial } => Some(initial),
                    _ => None,
                })?;
            }
            let restored = entry
                .history_defaults
                .iter()
                .find(|(parent, _)| *parent == state)
                .map(|(_, default)| *default);
            self.run_default(restored)?;
            self.reach_end(state)?;
        }
        Ok(())
    }

    /// The actions of an initial transition, or of a history state's default.
    fn run_default(&mut self, transition: Option<TransitionIndex>) -> Result<(), Interrupt> {
        let Some(index) = transition else { return Ok(()) };
        let transition = self.chart.transition(index);
        self.run_block(&transition.actions, &[&transition.lets])?;
        let branch = &transition.branches[0];
        self.run_block(&branch.actions, &[&branch.lets])
    }

    /// Entering a final state ends its parent, and perhaps the parallel state above, and perhaps the instance.
    pub(super) fn reach_end(&mut self, state: StateIndex) -> Result<(), Interrupt> {
        let chart = self.chart;
        if chart.state(state).kind != StateKind::Final {
            return Ok(());
        }
        if let Some(output) = &chart.state(state).output {
            self.next.output = self.value_or_report(output, &[])?.unwrap_or(Value::Null);
        }
        let Some(parent) = chart.state(state).parent else {
            return Ok(());
        };
        if parent == StateIndex::ROOT {
            return self.finish();
        }
        self.queue.push_back(Raised::Done(parent));
        for above in chart.ancestors(state) {
            if chart.state(above).kind != StateKind::Parallel || !chart.is_in_final_state(above, &self.next.active) {
                continue;
            }
            if above == StateIndex::ROOT {
                return self.finish();
            }
            self.queue.push_back(Raised::Done(above));
        }
        Ok(())
    }

    /// The instance rests in its final state: it stays there, but everything on the way out is done.
    fn finish(&mut self) -> Result<(), Interrupt> {
        self.next.status = Status::Done;
        let resting = self.next.active;
        for state in resting.iter_back() {
            let chart = self.chart;
            let exit: &[Action] = &chart.state(state).exit;
            self.run_block(exit, &[])?;
            self.end_all_of(state)?;
        }
        self.tell_parent()
    }

    fn count_microstep(&mut self) -> Result<(), Interrupt> {
        self.transitions_taken += 1;
        if self.transitions_taken <= MICROSTEPS_MAX {
            return Ok(());
        }
        let shown = self.log.transitions.len().saturating_sub(CYCLE_TRANSITIONS_SHOWN);
        let mut round: Vec<String> = Vec::new();
        for (state, event) in &self.log.transitions[shown..] {
            let path = &self.chart.state(*state).path;
            let name = format!("{} on {event}", if path.is_empty() { "the workflow" } else { path });
            if !round.contains(&name) {
                round.push(name);
            }
        }
        Err(failure(
            "SW-1001",
            format!(
                "this input does not come to rest after {MICROSTEPS_MAX} steps; it goes round through: {}",
                round.join(" → ")
            ),
        ))
    }
}

/// Why an invoke could not begin.
fn sentence_of(payload: &Object) -> String {
    let message = payload.get("error").and_then(|error| error.field("message"));
    message
        .and_then(Value::as_text)
        .unwrap_or("an invoke cannot begin")
        .to_owned()
}
