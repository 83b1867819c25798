//! A person's work: opened when a step has come to rest in its state, closed on the way out, brought into line with the data.

use std::sync::Arc;

use jiff::Timestamp;

use super::audience::Audience;
use super::interrupt::{Interrupt, NoValue};
use super::machine::Machine;
use super::scope::Locals;
use super::timer::later;
use super::{HandedOver, Seeking, Status, TimerOf};
use crate::chart::{PRIORITY_MAX, PRIORITY_NORMAL, StateIndex, Task, priority_of_word};
use crate::expression::Template;
use crate::value::Value;

/// What notes about tasks are called in the trail.
const NOTE: &str = "task";

/// A person's work that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    pub state: StateIndex,
    /// The sequence of the entry that opened it: tells it from an earlier one of the same state.
    pub opened: u64,
    pub opened_at: Timestamp,
    /// The event that led here, and who sent it.
    pub event: Arc<str>,
    pub by: Arc<str>,
    /// From when its time counts: when it was opened, and later by as long as it was on hold.
    pub begun_at: Timestamp,
    pub due: Option<Timestamp>,
    pub follow_up: Option<Timestamp>,
    /// Set by a person: what the workflow computes does not move it any more.
    pub follow_up_set: bool,
    /// 0 to 9, 9 comes first.
    pub priority: u8,
    pub people: Audience,
    pub holder: Option<Arc<str>>,
    /// Since when they hold it.
    pub holder_since: Option<Timestamp>,
    /// Who acknowledged it.
    pub acknowledged: Option<Arc<str>>,
    /// Whom rungs of the ladder reached.
    pub reached: Vec<Reached>,
    /// Since when it is on hold.
    pub held_since: Option<Timestamp>,
    /// How far the engine has come with giving it to somebody; None: it is offered.
    pub seeking: Option<Seeking>,
    /// Who gave it back.
    pub declined: Vec<Arc<str>>,
    /// How it was last given back for whoever held it.
    pub handed_over: Option<HandedOver>,
}

/// A rung that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its position in the ladder.
    pub rung: usize,
    pub at: Timestamp,
    pub people: Audience,
}

/// What a task is found by, besides who holds it, for which role and for which unit it is.
pub(super) const WORKFLOW: &str = "workflow";
pub(super) const HELD: &str = "held";
pub(super) const YES: &str = "yes";

impl OpenTask {
    /// By what reads find it: field → value.
    pub fn found_by(&self, workflow: &Arc<str>) -> Vec<(Arc<str>, Arc<str>)> {
        let mut pairs: Vec<(Arc<str>, Arc<str>)> = vec![(WORKFLOW.into(), workflow.clone())];
        if let Some(holder) = &self.holder {
            pairs.extend([("holder".into(), holder.clone()), (HELD.into(), YES.into())]);
        }
        let audiences = std::iter::once(&self.people).chain(self.reached.iter().map(|reached| &reached.people));
        for pattern in audiences.flat_map(|audience| &audience.any_of) {
            for (field, names) in [("role", &pattern.role), ("unit", &pattern.unit)] {
                pairs.extend(names.iter().flatten().map(|name| (field.into(), name.clone())));
            }
        }
        pairs.sort();
        pairs.dedup();
        pairs
    }

    /// Who may see and claim it: those it is for, and those whom rungs reached.
    pub fn is_for(&self, actor: &super::Actor) -> bool {
        self.people.includes(actor) || self.has_reached(actor)
    }

    /// Whether somebody knows of it by the task alone, whatever else they see of the instance.
    pub fn is_known_to(&self, actor: &super::Actor) -> bool {
        self.is_for(actor) || self.is_held_by(actor)
    }

    /// Whether they hold it themselves, or whom they stand in for does.
    pub fn is_held_by(&self, actor: &super::Actor) -> bool {
        self.holder.as_ref().is_some_and(|holder| actor.is_known_as(holder))
    }

    pub fn has_reached(&self, actor: &super::Actor) -> bool {
        self.reached.iter().any(|reached| reached.people.includes(actor))
    }

    /// Under which texts queues find it.
    pub fn subjects(&self) -> Vec<Arc<str>> {
        let reached = self.reached.iter().flat_map(|reached| reached.people.subjects());
        let mut subjects: Vec<Arc<str>> = self.people.subjects().into_iter().chain(reached).collect();
        subjects.sort();
        subjects.dedup();
        subjects
    }
}

impl Machine<'_> {
    /// Brings the open tasks into line with the configuration, the data and the pauses. Runs once, when the step has come to rest.
    pub(super) fn settle_tasks(&mut self) -> Result<(), Interrupt> {
        let chart = self.chart;
        // an instance rests in its end, and nobody has anything to do there
        if self.next.status == Status::Done {
            return Ok(());
        }
        if self.next.tasks.is_empty() && !self.next.active.intersects(&chart.notable.tasks) {
            return Ok(());
        }
        let paused = self.paused_states();
        let active = self.next.active;
        for state in active.iter() {
            let Some(task) = &chart.state(state).task else { continue };
            let path = chart.state(state).path.clone();
            if !self.next.tasks.contains_key(&path) {
                let fresh = self.fresh_task(state, task);
                self.next.tasks.insert(path.clone(), fresh);
            }
            self.settle_hold(&path, paused.contains(state));
            self.recompute_task(&path, task)?;
            self.settle_rungs(&path, task)?;
        }
        Ok(())
    }

    fn fresh_task(&self, state: StateIndex, task: &Task) -> OpenTask {
        OpenTask {
            state,
            opened: self.next.sequence,
            opened_at: self.now,
            event: self
                .log
                .transitions
                .last()
                .map_or_else(|| "start".into(), |(_, event)| event.clone()),
            by: self.actor.id.clone(),
            begun_at: self.now,
            due: None,
            follow_up: None,
            follow_up_set: false,
            priority: PRIORITY_NORMAL,
            people: Audience::default(),
            holder: None,
            holder_since: None,
            acknowledged: None,
            reached: Vec::new(),
            held_since: None,
            seeking: task.assignment.as_ref().map(|_| Seeking::Sought),
            declined: Vec::new(),
            handed_over: None,
        }
    }

    /// Time does not count while it is on hold.
    fn settle_hold(&mut self, path: &Arc<str>, paused: bool) {
        let now = self.now;
        let Some(open) = self.next.tasks.get_mut(path) else { return };
        match (paused, open.held_since) {
            (true, None) => open.held_since = Some(now),
            (false, Some(since)) => {
                open.held_since = None;
                let held_us = now.as_microsecond() - since.as_microsecond();
                open.begun_at = later(open.begun_at, held_us);
            }
            _ => {}
        }
    }

    /// What follows from the data is said anew whenever it changes.
    fn recompute_task(&mut self, path: &Arc<str>, task: &Task) -> Result<(), Interrupt> {
        let Some(open) = self.next.tasks.get(path) else {
            return Ok(());
        };
        let (begun_at, opened, follow_up_set) = (open.begun_at, open.opened, open.follow_up_set);
        if open.held_since.is_some() && opened != self.next.sequence {
            return Ok(());
        }
        let people = self.audience(&task.people, &[], &Locals::default());
        let people = self.value_or_note(people, NOTE, path)?.unwrap_or_default();
        let due = self.deadline(task.due.as_ref(), begun_at, path)?;
        let follow_up = self.deadline(task.follow_up.as_ref(), begun_at, path)?;
        let priority = self.priority(task.priority.as_ref(), path)?;
        if let Some(open) = self.next.tasks.get_mut(path) {
            open.retarget(people);
            open.due = due;
            open.priority = priority;
            if !follow_up_set {
                open.follow_up = follow_up;
            }
        }
        Ok(())
    }

    /// A moment, the beginning of a date, or a duration from the beginning. What has no value is none, and the trail says why.
    fn deadline(&mut self, template: Option<&Template>, from: Timestamp, path: &str) -> Result<Option<Timestamp>, Interrupt> {
        let Some(template) = template else { return Ok(None) };
        // it is computed again at every step: with the moment of that step a deadline would run away from its own ladder
        let now = std::mem::replace(&mut self.now, from);
        let value = self.scope(&[], &Locals::default()).template(template);
        self.now = now;
        let value = self.value_or_note(value, NOTE, path)?.unwrap_or(Value::Null);
        let due = match value {
            Value::Null => return Ok(None),
            Value::Instant(moment) => Ok(moment),
            Value::Date(date) => crate::time::start_of_day(date, self.zone()).map_err(|error| error.to_string()),
            other => self.moment_from(&other, from),
        };
        self.value_or_note(due.map_err(NoValue::Fault), NOTE, path)
    }

    fn priority(&mut self, template: Option<&Template>, path: &str) -> Result<u8, Interrupt> {
        let Some(template) = template else {
            return Ok(PRIORITY_NORMAL);
        };
        let value = self.scope(&[], &Locals::default()).template(template);
        let value = self.value_or_note(value, NOTE, path)?.unwrap_or(Value::Null);
        let number = match &value {
            Value::Text(word) => priority_of_word(word),
            Value::Null => Some(PRIORITY_NORMAL),
            other => other
                .as_integer()
                .map(|number| number.clamp(0, i64::from(PRIORITY_MAX)) as u8),
        };
        if number.is_none() {
            let sentence = format!(
                "`{}` is neither a priority nor a number from 0 to {PRIORITY_MAX}",
                template.source()
            );
            self.log.note(NOTE, &sentence, path);
        }
        Ok(number.unwrap_or(PRIORITY_NORMAL))
    }

    /// On the way out of its state.
    pub(super) fn close_task_of(&mut self, state: StateIndex) {
        let chart = self.chart;
        let Some(task) = &chart.state(state).task else { return };
        let path = &chart.state(state).path;
        if let Some(open) = self.next.tasks.remove(path) {
            if let Some(assignment) = &task.assignment {
                self.end_given(state, path, &open, assignment.sticky);
            }
            for rung in 0..task.ladder.len() {
                self.next.timers.remove(&TimerOf::Task { path, rung }.name());
            }
        }
    }
}
