//! `sla` clocks: how long an instance has been in some states, and what happens when that is too long.
//!
//! A clock with a target in business hours counts business hours; any other counts elapsed time. What has passed on it stands
//! still while it does not run, so that its deadline moves by as long as it stood.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::admission::forbidden;
use super::interrupt::{Interrupt, NoValue, failure};
use super::machine::{Machine, Raised};
use super::scope::Locals;
use super::timer::{duration_of, later};
use super::{Actor, ArmedTimer, ClockState, Facts, Needs, Notice, Refusal, RefusalKind, Snapshot, Status, TimerOf, Verdict};
use crate::chart::{Chart, Clock, RungCondition, RungMoment};
use crate::expression::Template;
use crate::time::{Calendar, TimeError};
use crate::value::{Object, Value};

/// What notes about clocks are called in the trail.
const NOTE: &str = "sla";

fn timer_of(clock: &Clock, rung: Option<usize>) -> Arc<str> {
    TimerOf::Clock {
        clock: &clock.name,
        rung,
    }
    .name()
}

impl Machine<'_> {
    /// Brings the clocks into line with the configuration, the pauses and the data. Runs once, when the step has come to rest.
    pub(super) fn settle_clocks(&mut self) -> Result<(), Interrupt> {
        let chart = self.chart;
        if chart.clocks.is_empty() {
            return Ok(());
        }
        let paused = self.paused_states();
        let active = self.next.active;
        for clock in &chart.clocks {
            let over = self.next.status == Status::Done;
            let is_active = |state: &&crate::chart::StateIndex| active.contains(**state);
            let inside = !over && clock.during.iter().any(|state| active.contains(*state));
            let runs = inside && clock.during.iter().filter(is_active).any(|state| !paused.contains(*state));
            let stopped = active
                .iter()
                .any(|state| chart.state(state).pauses_clocks.contains(&clock.name));
            self.settle_clock(clock, inside, runs && !stopped)?;
        }
        Ok(())
    }

    fn settle_clock(&mut self, clock: &Clock, inside: bool, runs: bool) -> Result<(), Interrupt> {
        let known = self.next.clocks.get(&clock.name).cloned();
        let visits_anew = |state: &ClockState| clock.each_visit && inside && !state.inside;
        let mut state = match known {
            Some(state) if !visits_anew(&state) => state,
            None if !inside => return Ok(()),
            _ => {
                self.drop_rungs(clock);
                self.fresh_clock()
            }
        };
        let running_until_now = match state.since {
            Some(since) => self.elapsed_us(state.business, since)?,
            None => 0,
        };
        if runs && state.since.is_none() {
            state.since = Some(self.now);
        } else if !runs && state.since.is_some() {
            state.used_us += running_until_now;
            state.since = None;
        }
        state.inside = inside;
        self.read_target(clock, &mut state)?;
        self.arm_clock(clock, &state)?;
        self.next.clocks.insert(clock.name.clone(), state);
        Ok(())
    }

    fn fresh_clock(&self) -> ClockState {
        ClockState {
            begun_at: self.now,
            used_us: 0,
            since: None,
            inside: false,
            target_us: None,
            business: false,
            breached: false,
            acknowledged: None,
        }
    }

    /// How long it may take, re-read from the data.
    fn read_target(&mut self, clock: &Clock, state: &mut ClockState) -> Result<(), Interrupt> {
        let place = &clock.name;
        let value = self.scope(&[], &Locals::default()).template(&clock.target);
        let value = self.value_or_note(value, NOTE, place)?;
        state.target_us = None;
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let end = duration_of(&value).and_then(|duration| {
            let end = self.moment_from(&value, state.begun_at)?;
            Ok((duration.counts_business_time(), end))
        });
        if let Some((business, end)) = self.value_or_note(end.map_err(NoValue::Fault), NOTE, place)? {
            state.business = business;
            state.target_us = Some(self.between_us(business, state.begun_at, end)?);
        }
        Ok(())
    }

    /// The timers of its rungs and of its target stand where the clock will have used so much.
    fn arm_clock(&mut self, clock: &Clock, state: &ClockState) -> Result<(), Interrupt> {
        let breach = state.target_us;
        self.arm_at_use(&timer_of(clock, None), state, breach)?;
        for (position, rung) in clock.ladder.iter().enumerate() {
            let name = timer_of(clock, Some(position));
            let (share, later) = match &rung.moment {
                RungMoment::Share { percent, later } => {
                    let share = state.target_us.map(|target| i128::from(target) * i128::from(*percent) / 100);
                    (share.map(|share| i64::try_from(share).unwrap_or(i64::MAX)), later.as_ref())
                }
                RungMoment::After(after) => (Some(0), Some(after)),
            };
            let used = match (share, later) {
                (Some(share), Some(later)) => self.use_of(later, state, &clock.name)?.map(|more| share.saturating_add(more)),
                (share, _) => share,
            };
            self.arm_at_use(&name, state, used)?;
        }
        Ok(())
    }

    /// A duration as what passes on the clock in it, from its beginning.
    fn use_of(&mut self, duration: &Template, state: &ClockState, place: &str) -> Result<Option<i64>, Interrupt> {
        let end = self.moment_noted(duration, state.begun_at, NOTE, place)?;
        end.map(|end| self.between_us(state.business, state.begun_at, end))
            .transpose()
    }

    fn arm_at_use(&mut self, name: &Arc<str>, state: &ClockState, used: Option<i64>) -> Result<(), Interrupt> {
        if self.next.timers.get(name).is_some_and(|armed| armed.spent) {
            return Ok(());
        }
        let due = match (used, state.since) {
            (Some(used), Some(since)) => self.after_us(state.business, since, used.saturating_sub(state.used_us))?,
            _ => {
                self.next.timers.remove(name);
                return Ok(());
            }
        };
        let armed = ArmedTimer::at(due);
        self.next.timers.insert(name.clone(), armed);
        Ok(())
    }

    fn drop_rungs(&mut self, clock: &Clock) {
        self.next.timers.remove(&timer_of(clock, None));
        for position in 0..clock.ladder.len() {
            self.next.timers.remove(&timer_of(clock, Some(position)));
        }
    }

    fn elapsed_us(&self, business: bool, since: Timestamp) -> Result<i64, Interrupt> {
        self.between_us(business, since, self.now)
    }

    /// What passes on a clock from one moment to another. A calendar that is not here has been asked for, and all is done again.
    fn between_us(&self, business: bool, from: Timestamp, to: Timestamp) -> Result<i64, Interrupt> {
        match business {
            true => self.business_between(from, to).or_else(|error| self.unless_asked_for(error)),
            false => Ok(to.as_microsecond().saturating_sub(from.as_microsecond())),
        }
    }

    fn after_us(&self, business: bool, from: Timestamp, microseconds: i64) -> Result<Timestamp, Interrupt> {
        match business {
            true => self
                .add_business_time(from, microseconds)
                .or_else(|error| self.unless_asked_for(error)),
            false => Ok(later(from, microseconds)),
        }
    }

    fn unless_asked_for<T>(&self, error: TimeError) -> Result<T, Interrupt> {
        match self.lacks_facts() {
            true => Err(Interrupt::Needs),
            false => Err(failure("SW-1002", format!("a clock cannot be counted: {error}"))),
        }
    }

    /// A rung of a clock, or its target, is due.
    pub(super) fn take_clock(&mut self, name: &Arc<str>, clock: &str, rung: Option<usize>) -> Result<Verdict, Interrupt> {
        let chart = self.chart;
        let Some(declared) = chart.clocks.iter().find(|declared| *declared.name == *clock) else {
            return Ok(Verdict::Stale);
        };
        let clock = declared.name.clone();
        let Some(state) = self.next.clocks.get_mut(&clock) else {
            return Ok(Verdict::Stale);
        };
        let acknowledged = state.acknowledged.is_some();
        if rung.is_none() {
            state.breached = true;
        }
        if let Some(armed) = self.next.timers.get_mut(name) {
            armed.fired += 1;
            armed.spent = true;
        }
        self.set_event("clock".into(), Cow::Owned(Object::new()));
        let Some(position) = rung else {
            self.raise_clock("breach", &clock);
            return Ok(Verdict::Taken);
        };
        let Some(rung) = declared.ladder.get(position) else {
            return Ok(Verdict::Stale);
        };
        if acknowledged && rung.during != RungCondition::Open {
            self.log
                .note(super::NOT_NEEDED, "not needed: the clock is acknowledged", name);
            return Ok(Verdict::Taken);
        }
        let people = self.reached_people(rung, name)?;
        if !people.any_of.is_empty() {
            let about = super::view::in_words(&clock);
            let text = match &rung.moment {
                RungMoment::Share { percent, later: None } => format!("{about}: {percent} % of the time is used"),
                _ => format!("{about}: it takes too long"),
            };
            self.notices.push(Notice {
                audience: people,
                text,
                via: rung.via.clone(),
                thread: false,
            });
        }
        if matches!(rung.moment, RungMoment::Share { percent, .. } if percent < 100) {
            self.raise_clock("warn", &clock);
        }
        if let Some(event) = &rung.raise {
            let payload = Object::from([("clock".into(), Value::Text(clock))]);
            self.queue.push_back(Raised::Event {
                name: event.clone(),
                payload,
            });
        }
        Ok(Verdict::Taken)
    }

    fn raise_clock(&mut self, what: &str, clock: &Arc<str>) {
        self.queue.push_back(Raised::Event {
            name: format!("sla.{what}.{clock}").into(),
            payload: Object::new(),
        });
    }

    /// Somebody knows of it: rungs that wait for that do not fire any more.
    pub(super) fn take_acknowledgement(&mut self, clock: &Arc<str>) -> Result<Verdict, Interrupt> {
        if !self.is_seen()? {
            return Ok(Verdict::Refused(vec![super::sight::hidden()]));
        }
        let chart = self.chart;
        let Some(declared) = chart.clocks.iter().find(|declared| declared.name == *clock) else {
            return Ok(Verdict::Refused(vec![Refusal::new(
                RefusalKind::Guard,
                format!("there is no clock `{clock}`"),
            )]));
        };
        if !self.next.clocks.get(clock).is_some_and(|state| state.inside) {
            return Ok(Verdict::Refused(vec![Refusal::new(
                RefusalKind::Guard,
                format!("the clock `{clock}` does not run"),
            )]));
        }
        let mut reached = false;
        for rung in &declared.ladder {
            reached = reached || self.reached_people(rung, clock)?.includes(self.actor);
        }
        if !reached {
            let sentence = format!("{} is not among those whom this clock reaches", self.actor.id);
            return Ok(Verdict::Refused(vec![forbidden(&sentence)]));
        }
        let actor = self.actor.id.clone();
        if let Some(state) = self.next.clocks.get_mut(clock) {
            state.acknowledged = Some(actor);
        }
        self.set_event("clock.acknowledge".into(), Cow::Owned(Object::new()));
        Ok(Verdict::Taken)
    }

    /// `sla.NAME` in expressions: what is used, when it is due, whether it runs, whether it was too long.
    pub(super) fn clocks_value(&self) -> Value {
        let chart = self.chart;
        let clocks = chart.clocks.iter().map(|clock| {
            let state = self.next.clocks.get(&clock.name);
            (clock.name.clone(), self.clock_value(state))
        });
        Value::from_fields(clocks.collect())
    }

    fn clock_value(&self, state: Option<&ClockState>) -> Value {
        let used_us = state.map_or(0, |state| {
            let running = state.since.and_then(|since| self.elapsed_us(state.business, since).ok());
            state.used_us.saturating_add(running.unwrap_or(0))
        });
        let due = state.and_then(|state| self.clock_due(state));
        let business = state.is_some_and(|state| state.business);
        let used = match business {
            true => crate::time::Duration {
                business_microseconds: used_us,
                ..Default::default()
            },
            false => crate::time::Duration::exact(used_us),
        };
        Value::from_fields(Object::from([
            ("breached".into(), Value::Boolean(state.is_some_and(|state| state.breached))),
            ("due".into(), due.map_or(Value::Null, Value::from_instant)),
            (
                "running".into(),
                Value::Boolean(state.is_some_and(|state| state.since.is_some())),
            ),
            ("used".into(), Value::Duration(used)),
        ]))
    }

    /// When the target is used up, if it goes on running.
    fn clock_due(&self, state: &ClockState) -> Option<Timestamp> {
        let (target, since) = (state.target_us?, state.since?);
        self.after_us(state.business, since, target.saturating_sub(state.used_us))
            .ok()
    }
}

/// A clock as it stands, for whoever sees the instance.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockShown {
    pub name: Arc<str>,
    pub state: ClockState,
    /// `{used, due, running, breached}`.
    pub value: Value,
}

/// The clocks that have run, in the order of the chart.
pub fn clocks(chart: &Chart, snapshot: &Snapshot, facts: &Facts, now: Timestamp) -> Result<Vec<ClockShown>, Needs> {
    let actor = Actor::engine();
    let machine = Machine::new(chart, snapshot.clone(), &actor, None, facts, now);
    let shown = chart.clocks.iter().filter_map(|clock| {
        let state = snapshot.clocks.get(&clock.name)?;
        Some(ClockShown {
            name: clock.name.clone(),
            state: state.clone(),
            value: machine.clock_value(Some(state)),
        })
    });
    let shown = shown.collect();
    match machine.lacks_facts() {
        true => Err(machine.take_needs()),
        false => Ok(shown),
    }
}
