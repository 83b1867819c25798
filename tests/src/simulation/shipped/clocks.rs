//! `sla` clocks as the trail tells them: what has passed on each while it ran, and that each of its moments comes once a visit.
//!
//! Targets that are written down in exact time are computed here; of computed ones and of business time it is held that they come
//! once.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, Clock, RungMoment, StateIndex, StateSet};

use super::audit::Tally;
use super::entry::Entry;
use super::rungs::exact_us;

/// A clock's rung, or its target.
type Moment = Option<usize>;

#[derive(Default)]
struct Visit {
    used_us: i64,
    since: Option<Timestamp>,
    inside: bool,
    fired: BTreeMap<Moment, u32>,
}

/// Those of one instance.
#[derive(Default)]
pub struct Clocks {
    visits: BTreeMap<Arc<str>, Visit>,
    active: StateSet,
}

impl Clocks {
    pub fn follow(&mut self, chart: &Chart, entry: &Entry, tally: &mut Tally) -> Result<(), String> {
        if entry.taken && entry.kind() == "timer" {
            self.fire(chart, entry, tally)?;
        }
        if let Some(states) = entry.states() {
            self.active = active(chart, &states);
        }
        if entry.is_done() {
            self.active = StateSet::default();
        }
        let paused = paused(chart, &self.active);
        for clock in &chart.clocks {
            let visit = self.visits.entry(clock.name.clone()).or_default();
            let within = || clock.during.iter().filter(|state| self.active.contains(**state));
            let inside = within().next().is_some();
            let stopped = chart
                .states
                .iter()
                .any(|state| self.active.contains(state.index) && state.pauses_clocks.contains(&clock.name));
            let runs = !stopped && within().any(|state| !paused.contains(*state));
            if clock.each_visit && inside && !visit.inside {
                *visit = Visit::default();
            }
            visit.used_us = visit.used_by(entry.at);
            visit.since = runs.then_some(entry.at);
            visit.inside = inside;
        }
        Ok(())
    }

    fn fire(&mut self, chart: &Chart, entry: &Entry, tally: &mut Tally) -> Result<(), String> {
        let timer = entry.input("name").unwrap_or_default();
        let Some((name, moment)) = moment_of(timer) else {
            return Ok(());
        };
        let clock = chart.clocks.iter().find(|clock| *clock.name == *name);
        let (Some(clock), Some(visit)) = (clock, self.visits.get_mut(name)) else {
            return Err(format!("{timer} comes, and there is no such clock"));
        };
        if let Some(due_us) = due_us(clock, moment)
            && visit.used_by(entry.at) < due_us
        {
            let used_us = visit.used_by(entry.at);
            return Err(format!(
                "{timer} comes after {used_us} µs on its clock, and is due after {due_us}"
            ));
        }
        let fired = visit.fired.entry(moment).or_default();
        *fired += 1;
        tally.clocks += 1;
        match *fired {
            1 => Ok(()),
            _ => Err(format!("{timer} comes a second time in one visit")),
        }
    }

    /// A moment that was due by then and has not come.
    pub fn missing(&self, chart: &Chart, by: Timestamp) -> Option<String> {
        chart.clocks.iter().find_map(|clock| {
            let visit = self.visits.get(&clock.name).filter(|visit| visit.since.is_some())?;
            let rungs = (0..clock.ladder.len()).map(Some).chain([None]);
            let missing = rungs.into_iter().find(|moment| {
                let is_due = due_us(clock, *moment).is_some_and(|due_us| visit.used_by(by) >= due_us);
                is_due && !visit.fired.contains_key(moment)
            })?;
            let which = missing.map_or_else(|| "target".to_owned(), |rung| format!("rung {}", rung + 1));
            Some(format!(
                "the {which} of the clock {} was due by {by} and has not come",
                clock.name
            ))
        })
    }
}

impl Visit {
    fn used_by(&self, now: Timestamp) -> i64 {
        let running = self.since.map_or(0, |since| now.as_microsecond() - since.as_microsecond());
        self.used_us + running
    }
}

/// After how much has passed on the clock; None: it cannot be computed here.
fn due_us(clock: &Clock, moment: Moment) -> Option<i64> {
    let target_us = exact_us(&clock.target)?;
    let Some(rung) = moment else { return Some(target_us) };
    match &clock.ladder.get(rung)?.moment {
        RungMoment::After(after) => exact_us(after),
        RungMoment::Share { percent, later } => {
            let share = i128::from(target_us) * i128::from(*percent) / 100;
            let later_us = later.as_ref().map_or(Some(0), exact_us)?;
            Some(i64::try_from(share).ok()? + later_us)
        }
    }
}

/// `sla/NAME/1` or `sla/NAME/breach`.
fn moment_of(timer: &str) -> Option<(&str, Moment)> {
    let (name, which) = timer.strip_prefix("sla/")?.rsplit_once('/')?;
    match which {
        "breach" => Some((name, None)),
        number => Some((name, Some(number.parse::<usize>().ok()?.checked_sub(1)?))),
    }
}

/// The states of these paths, and all that hold them.
pub fn active(chart: &Chart, paths: &[&str]) -> StateSet {
    let mut active = StateSet::default();
    for state in chart.states.iter().filter(|state| paths.contains(&&*state.path)) {
        let mut next: Option<StateIndex> = Some(state.index);
        while let Some(index) = next {
            active.insert(index);
            next = chart
                .states
                .iter()
                .find(|state| state.index == index)
                .and_then(|state| state.parent);
        }
    }
    active
}

/// What an active state pauses, with all below it; never itself or what holds it.
fn paused(chart: &Chart, active: &StateSet) -> StateSet {
    let is_under = |below: &str, above: &str| below == above || above.is_empty() || below.starts_with(&format!("{above}."));
    let of = |index: StateIndex| chart.states.iter().find(|state| state.index == index);
    let mut paused = StateSet::default();
    for pausing in chart
        .states
        .iter()
        .filter(|state| active.contains(state.index) && !state.pauses.is_empty())
    {
        for target in pausing.pauses.iter().filter_map(|index| of(*index)) {
            for state in chart.states.iter().filter(|state| active.contains(state.index)) {
                if is_under(&state.path, &target.path) && !is_under(&pausing.path, &state.path) {
                    paused.insert(state.index);
                }
            }
        }
    }
    paused
}
