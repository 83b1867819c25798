//! What is to be done: tasks that wait for somebody, and states in which somebody acts after a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::identity::InstanceId;
use statewright_core::step::OpenTask;

use super::plan::Place;

/// After so long it is looked again whether something can be done that could not; each time twice as long, up to a day.
const AGAIN_FIRST_US: i64 = 15 * 60 * 1_000_000;
const AGAIN_DOUBLINGS_MAX: u32 = 6;

/// An instance, and the path of one of its states.
pub(super) type Job = (InstanceId, Arc<str>);

/// Something that somebody is to do.
pub(super) struct Activity {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub path: Arc<str>,
    /// How often the instance has come here, this time included.
    pub visit: u64,
    /// None: it is no task, and keeps nobody busy.
    pub task: Option<OpenTask>,
    pub since: Timestamp,
    pub stage: Stage,
    /// Places of people who can do nothing with it as it stands.
    pub unable: BTreeSet<usize>,
    /// How often it was looked at in vain.
    pub in_vain: u32,
    /// The work has been done, and only its result could not be taken.
    pub is_worked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// For somebody who is free.
    Waiting,
    /// Somebody will act.
    Reacting {
        due: Timestamp,
    },
    Begun {
        member: usize,
        from: Timestamp,
        due: Timestamp,
    },
    /// Nobody can do anything just now.
    Parked {
        again: Timestamp,
    },
    /// An event was taken; whether that was all shows next.
    Acted,
}

#[derive(Default)]
pub(super) struct Work {
    pub jobs: BTreeMap<Job, Activity>,
}

impl Activity {
    pub(super) fn place(&self) -> Place {
        (self.workflow.clone(), self.path.clone())
    }

    /// When something happens to it by itself.
    fn due(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Reacting { due } | Stage::Begun { due, .. } => Some(due),
            Stage::Parked { again } => Some(again),
            Stage::Waiting | Stage::Acted => None,
        }
    }

    /// Whether somebody could take it.
    pub(super) fn waits(&self) -> bool {
        self.stage == Stage::Waiting && self.task.as_ref().is_some_and(|task| task.held_since.is_none())
    }

    /// What is looked at first: what is urgent, then what is due, then what has waited longest.
    fn order(&self) -> (u8, Timestamp, Timestamp, Arc<str>, Arc<str>) {
        let task = self.task.as_ref();
        let priority = u8::MAX - task.map_or(0, |task| task.priority);
        let due = task.and_then(|task| task.due).unwrap_or(Timestamp::MAX);
        (priority, due, self.since, self.workflow.clone(), self.key.clone())
    }

    /// It is looked at again later.
    pub(super) fn park(&mut self, now: Timestamp) {
        let wait = SignedDuration::from_micros(AGAIN_FIRST_US << self.in_vain.min(AGAIN_DOUBLINGS_MAX));
        self.in_vain += 1;
        self.stage = Stage::Parked {
            again: now.checked_add(wait).unwrap_or(Timestamp::MAX),
        };
    }
}

impl Work {
    /// Those that somebody could take, in the order in which they are looked at.
    pub(super) fn waiting(&self) -> Vec<Job> {
        let mut waiting: Vec<_> = self.jobs.iter().filter(|(_, activity)| activity.waits()).collect();
        waiting.sort_by_cached_key(|(job, activity)| (activity.order(), (*job).clone()));
        waiting.into_iter().map(|(job, _)| job.clone()).collect()
    }

    /// Those to which something happens by now, in the order in which it does.
    pub(super) fn due(&self, now: Timestamp) -> Vec<Job> {
        let due = self.jobs.iter().filter_map(|(job, activity)| Some((activity.due()?, job)));
        let mut due: Vec<_> = due.filter(|(due, _)| *due <= now).collect();
        due.sort();
        due.into_iter().map(|(_, job)| job.clone()).collect()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.jobs.values().filter_map(Activity::due).min()
    }

    /// What there is to do with an instance.
    pub(super) fn of(&self, instance: InstanceId) -> Vec<Arc<str>> {
        let of_it = self.jobs.range((instance, Arc::from(""))..);
        let of_it = of_it.take_while(|((id, _), _)| *id == instance);
        of_it.map(|((_, path), _)| path.clone()).collect()
    }
}
