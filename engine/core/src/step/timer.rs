//! Timers belong to states: armed on the way in, gone on the way out, paused with their state, moved with their data.

use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::{Interrupt, NoValue};
use super::machine::Machine;
use super::scope::Locals;
use super::{ArmedTimer, TimerOf};
use crate::chart::{StateIndex, Timer, TimerMoment};
use crate::expression::{Expression, Template};
use crate::time::Duration;
use crate::value::Value;

/// The shortest repeat. Anything faster is a machine's rhythm, not a workflow's.
pub const EVERY_MIN_US: i64 = 1_000_000;

/// `state.path/timer`: the name under which a timer is armed.
pub(super) fn timer_name(chart: &crate::chart::Chart, state: StateIndex, timer: &Timer) -> Arc<str> {
    let path = &chart.state(state).path;
    TimerOf::State { path, name: &timer.name }.name()
}

/// Names of what is another at each step.
const PASSING: [&str; 4] = ["actor", "event", "now", "today"];

impl Machine<'_> {
    /// Brings the armed timers into line with the configuration, the data and the pauses. Runs once, when the step has come to rest.
    pub(super) fn settle_timers(&mut self) -> Result<(), Interrupt> {
        let paused = self.paused_states();
        let chart = self.chart;
        let active = self.next.active;
        for state in active.iter() {
            for timer in &chart.state(state).after {
                let name = timer_name(chart, state, timer);
                if self.fresh.contains(state) {
                    self.arm_fresh(&name, timer)?;
                } else if let TimerMoment::At(_) = timer.when {
                    self.follow_data(&name, timer)?;
                }
                self.settle_pause(&name, paused.contains(state));
            }
        }
        Ok(())
    }

    fn arm_fresh(&mut self, name: &Arc<str>, timer: &Timer) -> Result<(), Interrupt> {
        let due = match &timer.when {
            TimerMoment::In(duration) => self.due_in(duration)?,
            TimerMoment::Every { first, every, .. } => self.due_in(first.as_ref().unwrap_or(every))?,
            TimerMoment::At(_) => return self.follow_data(name, timer),
        };
        if let Some(due) = due {
            self.next.timers.insert(name.clone(), ArmedTimer::at(due));
        }
        Ok(())
    }

    /// A timer on a moment: armed, moved or taken away as the data says. One that has fired for a moment does not fire for it again.
    fn follow_data(&mut self, name: &Arc<str>, timer: &Timer) -> Result<(), Interrupt> {
        let TimerMoment::At(expression) = &timer.when else {
            return Ok(());
        };
        if self.keeps_moment(name, expression) {
            return Ok(());
        }
        // `at: ready_at + hours(2)` while `ready_at` is empty: not armed
        let value = self.scope(&[], &Locals::default()).value(expression);
        let value = self.value_or_note(value, "timer", name)?.unwrap_or(Value::Null);
        let due = match value {
            Value::Null => None,
            Value::Instant(moment) => Some(moment),
            Value::Date(date) => crate::time::start_of_day(date, self.zone()).ok(),
            other => {
                let sentence = format!(
                    "`at: {}` gives {}, not a moment or a date",
                    expression.source(),
                    other.kind().described()
                );
                self.log.note("timer", &sentence, name);
                None
            }
        };
        match (due, self.next.timers.get(name)) {
            (None, Some(_)) => {
                self.next.timers.remove(name);
            }
            (Some(due), Some(armed)) if armed.due == due => {}
            (Some(due), _) => {
                self.next.timers.insert(name.clone(), ArmedTimer::at(due));
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// A moment stays as it was computed until its data changes: whatever becomes of the calendar, and though it is later by now.
    fn keeps_moment(&self, name: &str, expression: &Expression) -> bool {
        let lets = &self.chart.lets;
        if !self.next.timers.contains_key(name) {
            return false;
        }
        let mut open: Vec<Arc<str>> = expression.references().variables.into_keys().collect();
        let mut known: Vec<Arc<str>> = Vec::new();
        while let Some(variable) = open.pop() {
            if known.contains(&variable) {
                continue;
            }
            if let Some((_, named)) = lets.iter().find(|(let_name, _)| *let_name == variable) {
                open.extend(named.references().variables.into_keys());
            } else if PASSING.contains(&&*variable) {
                // of the step that led here, which has gone by
            } else if self.chart.data.get(&variable).is_none() || self.log.changes.iter().any(|change| change.field == variable) {
                return false;
            }
            known.push(variable);
        }
        true
    }

    fn settle_pause(&mut self, name: &Arc<str>, paused: bool) {
        let now = self.now;
        let Some(armed) = self.next.timers.get_mut(name) else { return };
        match (paused, armed.remaining_us) {
            (true, None) if !armed.spent => armed.remaining_us = Some((armed.due.as_microsecond() - now.as_microsecond()).max(0)),
            (false, Some(remaining_us)) => {
                armed.remaining_us = None;
                armed.due = later(now, remaining_us);
            }
            _ => {}
        }
    }

    /// After it fired: a repeat is armed again, anything else is spent.
    pub(super) fn spend_timer(&mut self, name: &Arc<str>, timer: &Timer) -> Result<(), Interrupt> {
        let every = match &timer.when {
            TimerMoment::Every { every, times, .. } => {
                let fired = self.next.timers.get(name).map_or(0, |armed| armed.fired) + 1;
                if times.is_some_and(|times| fired >= times) {
                    None
                } else {
                    self.repeat_after(name, every)?
                }
            }
            _ => None,
        };
        if let Some(armed) = self.next.timers.get_mut(name) {
            armed.fired += 1;
            match every {
                Some(due) => armed.due = due,
                None => armed.spent = true,
            }
        }
        Ok(())
    }

    /// The first repeat after now, counted from when it was due. Repeats missed while nobody was there to fire them are one.
    fn repeat_after(&mut self, name: &Arc<str>, every: &Template) -> Result<Option<Timestamp>, Interrupt> {
        let Some(planned) = self.next.timers.get(name).map(|armed| armed.due) else {
            return Ok(None);
        };
        let mut due = planned;
        let mut skipped = 0_u32;
        loop {
            let Some(next) = self.due_after(every, due)? else {
                return Ok(None);
            };
            if next.as_microsecond() < due.as_microsecond() + EVERY_MIN_US {
                return Err(super::interrupt::failure(
                    "SW-1005",
                    format!("timer {name} repeats faster than every second"),
                ));
            }
            due = next;
            if due > self.now {
                break;
            }
            skipped += 1;
            if skipped > REPEATS_SKIPPED_COUNTED_MAX {
                due = self.due_after(every, self.now)?.unwrap_or(due);
                break;
            }
        }
        if skipped > 0 {
            self.log
                .note("timer", &format!("{skipped} repeats were missed and are taken as one"), name);
        }
        Ok(Some(due))
    }

    fn due_in(&mut self, duration: &Template) -> Result<Option<Timestamp>, Interrupt> {
        self.due_after(duration, self.now)
    }

    fn due_after(&mut self, duration: &Template, from: Timestamp) -> Result<Option<Timestamp>, Interrupt> {
        let value = match self.scope(&[], &Locals::default()).template(duration) {
            Ok(value) => value,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => return self.report_error(&sentence).map(|()| None),
        };
        match self.moment_from(&value, from) {
            Ok(due) => Ok(Some(due)),
            Err(sentence) => self.report_error(&sentence).map(|()| None),
        }
    }

    /// Now and a duration (a duration value, or text such as `3d`).
    pub(super) fn moment_after(&self, value: &Value) -> Result<Timestamp, String> {
        self.moment_from(value, self.now)
    }

    pub(super) fn moment_from(&self, value: &Value, from: Timestamp) -> Result<Timestamp, String> {
        let duration = duration_of(value)?;
        crate::time::add_to_instant(from, duration, self.zone(), Some(self)).map_err(|error| error.to_string())
    }

    /// So long after a moment; None where that has no value, and the trail says why.
    pub(super) fn moment_noted(
        &mut self,
        duration: &Template,
        from: Timestamp,
        kind: &'static str,
        place: &str,
    ) -> Result<Option<Timestamp>, Interrupt> {
        let value = self.scope(&[], &Locals::default()).template(duration);
        let Some(value) = self.value_or_note(value, kind, place)? else {
            return Ok(None);
        };
        let moment = self.moment_from(&value, from).map_err(NoValue::Fault);
        self.value_or_note(moment, kind, place)
    }

    pub(super) fn drop_timers_of(&mut self, state: StateIndex) {
        let chart = self.chart;
        for timer in &chart.state(state).after {
            self.next.timers.remove(&timer_name(chart, state, timer));
        }
    }
}

/// How many missed repeats are counted one by one before the rhythm simply begins anew.
const REPEATS_SKIPPED_COUNTED_MAX: u32 = 10_000;

pub(super) fn duration_of(value: &Value) -> Result<Duration, String> {
    match value {
        Value::Duration(duration) => Ok(*duration),
        Value::Text(text) => crate::time::parse_duration(text).map_err(|error| error.to_string()),
        other => Err(format!("a duration is expected, not {}", other.kind().described())),
    }
}

pub(super) fn later(moment: Timestamp, microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond().saturating_add(microseconds)).unwrap_or(Timestamp::MAX)
}
