//! Whoever follows the trail, entry by entry as it is committed, and holds the snapshots and the queue against it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Snapshot, Status};
use statewright_engine::store::{Applied, TaskRow, Write};

use super::clocks::Clocks;
use super::entry::Entry;
use super::kin::Kin;
use super::tasks::{Runs, check_offered, compare_queue};

/// What happened, counted, so that a course in which nothing happens is seen to be one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tasks opened.
    pub tasks: u64,
    pub claims: u64,
    /// Tasks that the engine gave to somebody.
    pub given: u64,
    /// Tasks that were given back for who held them.
    pub handed_over: u64,
    /// Tasks that were taken from who held them.
    pub taken_over: u64,
    /// Rungs of tasks that fired.
    pub rungs: u64,
    /// Rungs and targets of clocks that came.
    pub clocks: u64,
    /// Children that began.
    pub children: u64,
    /// Ends of children that were heard.
    pub ended: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.tasks += other.tasks;
        self.given += other.given;
        self.handed_over += other.handed_over;
        self.taken_over += other.taken_over;
        self.claims += other.claims;
        self.rungs += other.rungs;
        self.clocks += other.clocks;
        self.children += other.children;
        self.ended += other.ended;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally {
            tasks,
            claims,
            given,
            handed_over,
            taken_over,
            rungs,
            clocks,
            children,
            ended,
        } = self;
        write!(
            formatter,
            "{tasks} tasks opened, {claims} claimed, {given} given, {handed_over} given back, {taken_over} taken over, {rungs} rungs and {clocks} moments of clocks, {children} children, {ended} of them heard to the end"
        )
    }
}

/// One instance, followed.
pub struct Life {
    pub snapshot: Snapshot,
    pub chart: Arc<Chart>,
    personal: Vec<(Digest, String)>,
    moments: Vec<Timestamp>,
    runs: Runs,
    clocks: Clocks,
}

#[derive(Default)]
pub struct Audit {
    charts: BTreeMap<Digest, Arc<Chart>>,
    lives: BTreeMap<InstanceId, Life>,
    kin: Kin,
    tally: Tally,
    wrong: Option<String>,
}

impl Life {
    pub fn name(&self) -> String {
        format!("{}/{}", self.snapshot.workflow, self.snapshot.key)
    }

    /// Whether the state of this path is active.
    pub fn rests_in(&self, path: &str) -> bool {
        let mut active = self
            .chart
            .states
            .iter()
            .filter(|state| self.snapshot.active.contains(state.index));
        active.any(|state| *state.path == *path)
    }
}

impl Audit {
    pub fn of(charts: impl IntoIterator<Item = Arc<Chart>>) -> Self {
        Audit {
            charts: charts.into_iter().map(|chart| (chart.definition, chart)).collect(),
            ..Audit::default()
        }
    }

    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Those that have not ended.
    pub fn lives(&self) -> impl Iterator<Item = &Life> {
        self.lives.values().filter(|life| life.snapshot.status == Status::Active)
    }

    pub fn life(&self, workflow: &str, key: &str) -> Option<&Life> {
        self.lives.get(&InstanceId::of(workflow, key))
    }

    /// Keys of all instances of a workflow, ended ones too.
    pub fn keys(&self, workflow: &str) -> Vec<Arc<str>> {
        let of_workflow = self.lives.values().filter(|life| *life.snapshot.workflow == *workflow);
        of_workflow.map(|life| life.snapshot.key.clone()).collect()
    }

    /// The first thing that was wrong.
    pub fn wrong(&self) -> Option<&String> {
        self.wrong.as_ref()
    }

    /// The instances that a call of `commit` has changed.
    pub fn changed(writes: &[Write], applied: &[Applied]) -> Vec<InstanceId> {
        committed(writes, applied).map(|write| write.instance).collect()
    }

    /// `rows`: what the store's queue says of the instances that were changed, afterwards.
    pub fn committed(&mut self, writes: &[Write], applied: &[Applied], rows: &[TaskRow]) {
        for write in committed(writes, applied) {
            let checked = self.follow(write, rows);
            self.hear(checked.map_err(|wrong| format!("{}/{}: {wrong}", write.next.workflow, write.next.key)));
        }
    }

    fn follow(&mut self, write: &Write, rows: &[TaskRow]) -> Result<(), String> {
        let Some(chart) = self.charts.get(&write.next.definition).cloned() else {
            return Ok(());
        };
        let mut life = self.lives.remove(&write.instance);
        let mut personal = life
            .as_mut()
            .map(|life| std::mem::take(&mut life.personal))
            .unwrap_or_default();
        if write.erase {
            personal.clear();
        }
        personal.extend(write.personal.iter().cloned());
        let snapshot = Snapshot::restore(&chart, &write.next.snapshot, write.next.head, &personal);
        let snapshot = snapshot.map_err(|error| error.to_string())?;
        let mut life = match life {
            Some(life) => Life {
                snapshot,
                personal,
                ..life
            },
            None => Life {
                snapshot,
                chart: chart.clone(),
                personal,
                moments: Vec::new(),
                runs: Runs::default(),
                clocks: Clocks::default(),
            },
        };
        let followed = write.entries.iter().try_for_each(|entry| {
            let entry = Entry::read(&entry.bytes)?;
            let place = |wrong: String| format!("entry {}: {wrong}", entry.sequence);
            life.moments.push(entry.at);
            life.runs
                .follow(&chart, &entry, &life.moments, &mut self.tally)
                .map_err(place)?;
            life.clocks.follow(&chart, &entry, &mut self.tally).map_err(place)?;
            self.kin.follow(&life.snapshot.key, &entry, &mut self.tally).map_err(place)
        });
        let rows: Vec<&TaskRow> = rows.iter().filter(|row| row.instance == write.instance).collect();
        let compared = followed
            .and_then(|()| life.runs.compare(&life.snapshot))
            .and_then(|()| compare_queue(&life.snapshot, &rows))
            .and_then(|()| check_offered(&life.snapshot));
        self.lives.insert(write.instance, life);
        compared
    }

    /// What was due by then is there; only told once nothing goes wrong any more.
    pub fn check_due(&mut self, by: Timestamp) {
        let missing = self.lives().find_map(|life| {
            let missing = life
                .runs
                .missing(&life.chart, by)
                .or_else(|| life.clocks.missing(&life.chart, by))?;
            Some(format!("{}: {missing}", life.name()))
        });
        self.hear(missing.map_or(Ok(()), Err));
    }

    /// Nothing is under way any more.
    pub fn check_rest(&mut self, rows: &[TaskRow]) {
        let queues = self.lives.iter().try_for_each(|(id, life)| {
            let rows: Vec<&TaskRow> = rows.iter().filter(|row| row.instance == *id).collect();
            compare_queue(&life.snapshot, &rows).map_err(|wrong| format!("{}: {wrong}", life.name()))
        });
        let kin = self.kin.at_rest(&self.lives);
        self.hear(queues.and(kin));
    }

    /// Of every instance that there ever was.
    pub fn ids(&self) -> Vec<InstanceId> {
        self.lives.keys().copied().collect()
    }

    fn hear(&mut self, checked: Result<(), String>) {
        if let Err(wrong) = checked {
            self.wrong.get_or_insert(wrong);
        }
    }
}

pub fn lock(audit: &Mutex<Audit>) -> MutexGuard<'_, Audit> {
    audit.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn committed<'w>(writes: &'w [Write], applied: &'w [Applied]) -> impl Iterator<Item = &'w Write> {
    let is_change = |(write, applied): &(&Write, &Applied)| **applied == Applied::Committed && !write.entries.is_empty();
    writes.iter().zip(applied).filter(is_change).map(|(write, _)| write)
}
