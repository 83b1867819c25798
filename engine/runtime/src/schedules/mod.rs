//! Runs what is planned: starts instances and sends events at the moments that cron expressions name.
//!
//! How far a schedule has come is the record of an instance of its own (see [`places`]). A run is begun by a commit of that instance,
//! which takes the moment out of what is to come *and* sends what the run sends: so a node that dies has either begun a run or not, and of
//! two nodes that find the same moment due one begins it. What was sent is delivered like any message.

mod listed;
mod places;
mod run;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, Schedule};
use statewright_core::identity::Digest;
use statewright_core::step::{Actor, Place, ScheduleAct};
use statewright_core::time::{Due, Gap, Overlap, Timing, due, zone};
use statewright_core::value::Value;

pub use self::listed::{ListedSchedule, listed};
pub use self::places::Places;
use self::places::Standing;
use crate::configuration::POLL_MS;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::handover::Handover;
use crate::registry::{Known, Registry};
use crate::starts::Starts;
use crate::store::Store;

/// Commits of one tick: a schedule that makes up for much leaves the others their turns.
const COMMITS_PER_TICK_MAX: usize = 64;

pub struct Schedules {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    starts: Arc<Starts>,
    handover: Arc<Handover>,
    places: Arc<Places>,
    default_zone: Arc<str>,
    /// (workflow, schedule) → by which definition it was looked at, and when it is to be looked at again.
    looks: BTreeMap<(Arc<str>, Arc<str>), (Digest, i64)>,
    next_look_us: i64,
    commits: u64,
}

/// What came of looking at one schedule.
enum Looked {
    /// Something was committed, or somebody else was faster: there may be more.
    Again,
    /// Nothing is due before this moment; None: never.
    Until(Option<Timestamp>),
}

impl Schedules {
    pub fn new(
        store: Arc<dyn Store>,
        registry: Arc<Registry>,
        starts: Arc<Starts>,
        handover: Arc<Handover>,
        places: Arc<Places>,
        default_zone: Arc<str>,
    ) -> Self {
        Schedules {
            store,
            registry,
            starts,
            handover,
            places,
            default_zone,
            looks: BTreeMap::new(),
            next_look_us: i64::MIN,
            commits: 0,
        }
    }

    /// How often it has tried to commit something: whoever ticks it by hand sees by this whether it had anything to do.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// When the next tick has something to do, as far as this node knows what is live.
    pub fn next_look_us(&self) -> i64 {
        self.next_look_us
    }

    /// Begins what is due.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        let live: Vec<Arc<Known>> = self.live().collect();
        let is_live = |(workflow, schedule): &(Arc<str>, Arc<str>)| {
            let chart = live
                .iter()
                .map(|known| &known.chart)
                .find(|chart| chart.workflow == *workflow);
            chart.is_some_and(|chart| chart.schedules.iter().any(|each| each.name == *schedule))
        };
        self.looks.retain(|name, _| is_live(name));
        let mut commits_left = COMMITS_PER_TICK_MAX;
        let mut outcome = Ok(());
        for known in &live {
            for schedule in &known.chart.schedules {
                if let Err(error) = self.look(&known.chart, schedule, now, &mut commits_left).await {
                    // one that cannot be looked at keeps nobody from the others
                    tracing::warn!(workflow = %known.chart.workflow, schedule = %schedule.name, error = error.logged(), "a schedule waits");
                    let name = (known.chart.workflow.clone(), schedule.name.clone());
                    self.looks.insert(name, (known.chart.definition, now_us + POLL_MS * 1_000));
                    outcome = Err(error);
                }
            }
        }
        self.next_look_us = self.looks.values().map(|(_, look_us)| *look_us).min().unwrap_or(i64::MAX);
        outcome
    }

    fn live(&self) -> impl Iterator<Item = Arc<Known>> {
        let hashes = self.registry.live_hashes().into_iter();
        let known = hashes.filter_map(|(workflow, _)| self.registry.live_known(&workflow));
        known.filter(|known| !known.chart.schedules.is_empty())
    }

    async fn look(&mut self, chart: &Chart, schedule: &Schedule, now: Timestamp, commits_left: &mut usize) -> EngineResult<()> {
        let name = (chart.workflow.clone(), schedule.name.clone());
        let definition = chart.definition;
        let is_to_come = |look: &(Digest, i64)| look.0 == definition && look.1 > now.as_microsecond();
        if self.looks.get(&name).is_some_and(is_to_come) {
            return Ok(());
        }
        while *commits_left > 0 {
            *commits_left -= 1;
            if let Looked::Until(next) = self.look_once(chart, schedule, now).await? {
                let next_us = next.map_or(i64::MAX, Timestamp::as_microsecond);
                self.looks.insert(name, (definition, next_us));
                return Ok(());
            }
            self.commits += 1;
        }
        self.looks.insert(name, (definition, now.as_microsecond()));
        Ok(())
    }

    async fn look_once(&self, chart: &Chart, schedule: &Schedule, now: Timestamp) -> EngineResult<Looked> {
        let zone_name = zone_of(chart, schedule, &self.default_zone);
        let zone = zone(&zone_name).map_err(|error| EngineError::Damaged(error.to_string()))?;
        let timing = schedule.timing(zone);
        let words = timing_words(&timing, &zone_name);
        let standing = self.places.standing(&chart.workflow, &schedule.name).await?;
        let Some(place) = standing.place.clone().filter(|place| !place.ended && *place.timing == *words) else {
            return self.plan(chart, &standing, &words, now).await;
        };
        let place = Place {
            definition: chart.definition,
            at: now,
            ..place
        };
        if let Some((at, last)) = place.sending {
            let run = self.run(chart, schedule, &standing, place, &zone_name);
            return run.go_on(at, last, now).await.map(|()| Looked::Again);
        }
        let due = guarded(|| Ok(due(&timing, &schedule.catch_up, place.until, now)))?;
        let Due { runs, skipped } = due;
        let mut run = self.run(chart, schedule, &standing, place, &zone_name);
        if let Some(skipped) = skipped {
            run.let_go(skipped);
        }
        match (runs.first(), skipped) {
            (Some(at), _) => run.begin(*at, now).await.map(|()| Looked::Again),
            (None, Some(_)) => run.keep_let_go(now).await.map(|()| Looked::Again),
            (None, None) => Ok(Looked::Until(guarded(|| Ok(timing.next_after(now)))?)),
        }
    }

    /// Begins to count a schedule's moments: from when its definition was made live.
    async fn plan(&self, chart: &Chart, standing: &Standing, words: &str, now: Timestamp) -> EngineResult<Looked> {
        // A node that has not heard of the latest definition must not plan by the one before.
        self.registry.refresh().await?;
        let live = self.registry.live_known(&chart.workflow);
        if live.is_none_or(|live| live.chart.definition != chart.definition) {
            return Ok(Looked::Until(Some(now)));
        }
        let deployed = self.store.definition(chart.definition).await?;
        let deployed = deployed.and_then(|definition| Timestamp::from_microsecond(definition.deployed_at_us).ok());
        let earlier = standing.place.as_ref();
        // A definition that was live before and is so again says when it was deployed first: then it counts from now.
        let until = deployed.filter(|deployed| earlier.is_none_or(|place| place.at <= *deployed));
        let until = until.unwrap_or(now).min(now);
        let act = ScheduleAct {
            name: "schedule_planned",
            members: vec![
                ("definition", Value::from_text(&chart.definition.to_string())),
                ("timing", Value::from_text(words)),
            ],
            place: Place {
                definition: chart.definition,
                timing: words.into(),
                until,
                sending: None,
                last: earlier.and_then(|place| place.last),
                skipped: earlier.map_or(0, |place| place.skipped),
                at: now,
                ended: false,
            },
            started: None,
        };
        self.places.keep(standing, &act, Vec::new(), &Actor::engine(), now).await?;
        Ok(Looked::Again)
    }
}

/// In which zone a schedule is planned.
fn zone_of(chart: &Chart, schedule: &Schedule, default_zone: &Arc<str>) -> Arc<str> {
    let of_workflow = || chart.zone.as_ref().and_then(|zone| zone.literal_text());
    schedule
        .zone
        .clone()
        .or_else(of_workflow)
        .unwrap_or_else(|| default_zone.clone())
}

/// All that says when: once this changes, the schedule is planned anew.
fn timing_words(timing: &Timing, zone: &str) -> String {
    let gap = match timing.gap {
        Gap::Shift => "shift",
        Gap::Skip => "skip",
    };
    let overlap = match timing.overlap {
        Overlap::First => "first",
        Overlap::Last => "last",
        Overlap::Both => "both",
    };
    format!("{} {zone} gap={gap} overlap={overlap}", timing.cron.text())
}
