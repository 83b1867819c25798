//! `sla` clocks: how long an instance has been in some states, and what happens when that is too long.
//!
//! A clock with a target in business hours counts business hours; any other counts elapsed time. What has passed on it stands
//! still while it does not run, so that its deadline moves by as long as it stood.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::admission::forbidden;
use super::interrupt::{Interrupt, NoValue};
use super::machine::{Machine, Raised};
use super::scope::Locals;
use super::timer::{duration_of, later};
use super::{ArmedTimer, ClockState, Notice, Refusal, RefusalKind, Snapshot, Status, Verdict};
use crate::chart::{Clock, RungCondition, RungMoment};
use crate::value::{Object, Value};

/// What stands before a clock's name and the number of its rung in the name of a timer; of the target itself `breach` stands for
/// the number.
pub(super) const CLOCK_PREFIX: &str = "sla/";

const BREACH: &str = "breach";

fn rung_name(clock: &str, position: usize) -> Arc<str> {
    format!("{CLOCK_PREFIX}{clock}/{}", position + 1).into()
}

fn breach_name(clock: &str) -> Arc<str> {
    format!("{CLOCK_PREFIX}{clock}/{BREACH}").into()
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
        let value = match self.scope(&[], &Locals::default()).template(&clock.target) {
            Ok(value) => value,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => {
                self.log.note("sla", &sentence, place);
                Value::Null
            }
        };
        state.target_us = None;
        if value.is_null() {
            return Ok(());
        }
        let end = duration_of(&value).and_then(|duration| {
            let business = duration.business_days != 0 || duration.business_microseconds != 0;
            self.moment_from(&value, state.begun_at).map(|end| (business, end))
        });
        match end {
            Ok((business, end)) => {
                state.business = business;
                state.target_us = Some(self.between_us(business, state.begun_at, end)?);
            }
            Err(sentence) => self.log.note("sla", &sentence, place),
        }
        Ok(())
    }

    /// The timers of its rungs and of its target stand where the clock will have used so much.
    fn arm_clock(&mut self, clock: &Clock, state: &ClockState) -> Result<(), Interrupt> {
        let breach = state.target_us;
        self.arm_at_use(&breach_name(&clock.name), state, breach)?;
        for (position, rung) in clock.ladder.iter().enumerate() {
            let name = rung_name(&clock.name, position);
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
    fn use_of(
        &mut self,
        duration: &crate::expression::Template,
        state: &ClockState,
        place: &str,
    ) -> Result<Option<i64>, Interrupt> {
        let value = match self.scope(&[], &Locals::default()).template(duration) {
            Ok(value) => value,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => {
                self.log.note("sla", &sentence, place);
                return Ok(None);
            }
        };
        match self.moment_from(&value, state.begun_at) {
            Ok(end) => self.between_us(state.business, state.begun_at, end).map(Some),
            Err(sentence) => {
                self.log.note("sla", &sentence, place);
                Ok(None)
            }
        }
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
        let armed = ArmedTimer {
            due,
            fired: 0,
            spent: false,
            remaining_us: None,
        };
        self.next.timers.insert(name.clone(), armed);
        Ok(())
    }

    fn drop_rungs(&mut self, clock: &Clock) {
        self.next.timers.remove(&breach_name(&clock.name));
        for position in 0..clock.ladder.len() {
            self.next.timers.remove(&rung_name(&clock.name, position));
        }
    }

    fn elapsed_us(&self, business: bool, since: Timestamp) -> Result<i64, Interrupt> {
        self.between_us(business, since, self.now)
    }

    fn between_us(&self, _business: bool, from: Timestamp, to: Timestamp) -> Result<i64, Interrupt> {
        Ok(to.as_microsecond().saturating_sub(from.as_microsecond()))
    }

    fn after_us(&self, _business: bool, from: Timestamp, microseconds: i64) -> Result<Timestamp, Interrupt> {
        Ok(later(from, microseconds))
    }

    /// The clock, and which of its rungs, whose timer has this name; None for its target.
    fn clock_at(&self, name: &str) -> Option<(&'static str, Arc<str>, Option<usize>)> {
        let (clock, rung) = name.strip_prefix(CLOCK_PREFIX)?.rsplit_once('/')?;
        if rung == BREACH {
            return Some((BREACH, clock.into(), None));
        }
        let position = rung.parse::<usize>().ok()?.checked_sub(1)?;
        Some(("rung", clock.into(), Some(position)))
    }

    /// A rung of a clock, or its target, is due.
    pub(super) fn take_clock(&mut self, name: &Arc<str>) -> Result<Verdict, Interrupt> {
        let chart = self.chart;
        let Some((_, clock, rung)) = self.clock_at(name) else {
            return Ok(Verdict::Stale);
        };
        let Some(declared) = chart.clocks.iter().find(|declared| declared.name == clock) else {
            return Ok(Verdict::Stale);
        };
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
            self.log.note("ladder", "not needed: the clock is acknowledged", name);
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
            return Ok(Verdict::Refused(vec![refusal(format!("there is no clock `{clock}`"))]));
        };
        if !self.next.clocks.get(clock).is_some_and(|state| state.inside) {
            return Ok(Verdict::Refused(vec![refusal(format!("the clock `{clock}` does not run"))]));
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
pub fn clocks(chart: &crate::chart::Chart, snapshot: &Snapshot, facts: &super::Facts, now: Timestamp) -> Vec<ClockShown> {
    let actor = super::Actor::engine();
    let machine = Machine::new(chart, snapshot.clone(), &actor, None, facts, now);
    let shown = chart.clocks.iter().filter_map(|clock| {
        let state = snapshot.clocks.get(&clock.name)?;
        Some(ClockShown {
            name: clock.name.clone(),
            state: state.clone(),
            value: machine.clock_value(Some(state)),
        })
    });
    shown.collect()
}

fn refusal(sentence: String) -> Refusal {
    Refusal {
        kind: RefusalKind::Guard,
        sentence,
        field: None,
        instances: Vec::new(),
    }
}
