//! What has changed: each new entry of a trail is measured, and what there is to do is brought into line with where its instance stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::chart::{Chart, State, StateKind};
use statewright_core::identity::InstanceId;
use statewright_core::step::Status;
use statewright_core::trail::EntryText;

use super::run::Run;
use super::work::{Activity, Job, Stage};
use crate::scenario::world::{Standing, Trouble};

/// What is known of an instance.
#[derive(Default)]
pub(super) struct Seen {
    sequence: u64,
    /// How often it came to each state in which somebody acts.
    visits: BTreeMap<Arc<str>, u64>,
}

/// What its new entries say.
#[derive(Default)]
struct News {
    entered: BTreeSet<Arc<str>>,
    /// An input was taken: what could not be done before may be possible now.
    moved: bool,
}

impl Run<'_> {
    /// Looks at every instance of which something was committed.
    pub(super) async fn look(&mut self) -> Result<(), Trouble> {
        for standing in self.world.changed().await? {
            let news = self.follow(&standing).await?;
            self.note_key(&standing);
            self.bring_into_line(&standing, &news);
        }
        Ok(())
    }

    async fn follow(&mut self, standing: &Standing) -> Result<News, Trouble> {
        let id = standing.row.instance;
        let seen = self.seen.entry(id).or_default();
        let rows = self.world.trail_after(id, seen.sequence).await?;
        seen.sequence = rows.last().map_or(seen.sequence, |row| row.sequence);
        let mut news = News::default();
        for row in rows {
            let entry = EntryText::read(&row.bytes).map_err(|error| format!("an entry cannot be read: {error}"))?;
            self.ledger.follow(&standing.known.chart, id, &entry, &row.bytes);
            if entry.verdict() == Ok("taken") {
                news.moved = true;
                news.entered.extend(super::measure::paths(&entry, "entered"));
            }
        }
        Ok(news)
    }

    /// Instances may be referred to while they are on their way.
    fn note_key(&mut self, standing: &Standing) {
        let keys = self.keys.entry(standing.row.workflow.clone()).or_default();
        let key = &standing.row.key;
        match (standing.snapshot.status, keys.binary_search(key)) {
            (Status::Done, Ok(place)) => drop(keys.remove(place)),
            (Status::Active, Err(place)) => keys.insert(place, key.clone()),
            _ => {}
        }
    }

    fn bring_into_line(&mut self, standing: &Standing, news: &News) {
        let id = standing.row.instance;
        for path in self.work.of(id) {
            let job = (id, path);
            if !self.is_still(standing, news, &job) {
                self.close(&job);
            }
        }
        if standing.snapshot.status == Status::Done {
            return;
        }
        for (path, open) in &standing.snapshot.tasks {
            let job = (id, path.clone());
            match self.work.jobs.get_mut(&job) {
                Some(activity) => activity.task = Some(open.clone()),
                None => self.open(standing, path, Some(open.clone())),
            }
            self.settle(&job, news);
        }
        let chart = standing.known.chart.clone();
        for state in standing.snapshot.active.iter().map(|state| chart.state(state)) {
            if !self.is_acted_on(&chart, state) {
                continue;
            }
            let job = (id, state.path.clone());
            match self.work.jobs.contains_key(&job) {
                true => self.settle(&job, news),
                false => self.open(standing, &state.path, None),
            }
        }
    }

    /// Whether an activity is the one that it was: its state was not left meanwhile, and its task not opened anew.
    fn is_still(&self, standing: &Standing, news: &News, job: &Job) -> bool {
        let Some(activity) = self.work.jobs.get(job) else {
            return false;
        };
        match &activity.task {
            Some(task) => {
                let open = standing.snapshot.tasks.get(&job.1);
                open.is_some_and(|open| open.opened == task.opened)
            }
            None => {
                let chart = &standing.known.chart;
                let state = chart.state_at(&job.1);
                let is_active = state.is_some_and(|state| standing.snapshot.active.contains(state.index));
                is_active && standing.snapshot.status == Status::Active && !news.entered.contains(&job.1)
            }
        }
    }

    /// States without a task in which the simulation says that somebody acts. Choices for a state with states in it are those of the work in
    /// these, unless it takes a time of its own.
    fn is_acted_on(&self, chart: &Chart, state: &State) -> bool {
        let place = (chart.workflow.clone(), state.path.clone());
        let takes_time = self.plan.durations.contains_key(&place);
        let is_leaf = state.kind == StateKind::Atomic;
        let is_named = takes_time || is_leaf && self.plan.choices.contains_key(&place);
        state.task.is_none() && is_named && !self.wanted(chart, &state.path).is_empty()
    }

    fn open(&mut self, standing: &Standing, path: &Arc<str>, task: Option<statewright_core::step::OpenTask>) {
        let (id, now) = (standing.row.instance, self.world.now());
        let visits = self.seen.entry(id).or_default().visits.entry(path.clone()).or_default();
        *visits += 1;
        let mut activity = Activity {
            workflow: standing.row.workflow.clone(),
            key: standing.row.key.clone(),
            path: path.clone(),
            visit: *visits,
            since: now,
            stage: Stage::Waiting,
            unable: BTreeSet::new(),
            in_vain: 0,
            is_worked: false,
            task,
        };
        match activity.task {
            Some(_) => self.ledger.waits(activity.place()),
            None => activity.stage = self.reacting(&activity),
        }
        self.work.jobs.insert((id, path.clone()), activity);
    }

    /// When somebody will act.
    pub(super) fn reacting(&self, activity: &Activity) -> Stage {
        let length_us = self.length_us(activity);
        Stage::Reacting {
            due: super::cast::later(self.world.now(), length_us, None),
        }
    }

    /// How long it takes this time.
    pub(super) fn length_us(&self, activity: &Activity) -> i64 {
        let mut chance = self.chance_of(activity, "takes");
        let drawn = self.plan.durations.get(&activity.place());
        drawn.map_or(0, |duration| duration.draw(&mut || chance.draw()))
    }

    /// What was parked may be possible now; what was taken from whoever worked on it waits again; what goes on after an event goes on.
    fn settle(&mut self, job: &Job, news: &News) {
        let now = self.world.now();
        let Some(activity) = self.work.jobs.get_mut(job) else { return };
        if news.moved {
            activity.unable.clear();
        }
        let holder = activity.task.as_ref().and_then(|task| task.holder.clone());
        let place = activity.place();
        match activity.stage {
            Stage::Parked { .. } if news.moved => {
                activity.in_vain = 0;
                activity.stage = match activity.task {
                    Some(_) => Stage::Waiting,
                    None => Stage::Reacting { due: now },
                };
            }
            Stage::Begun { member, from, .. } => {
                let theirs = self.cast.get(member).map(|member| member.actor.id.clone());
                if holder != theirs {
                    activity.stage = Stage::Waiting;
                    activity.since = now;
                    self.stop(member, place.clone(), from);
                    self.ledger.waits(place);
                }
            }
            Stage::Acted => {
                let visits = self.seen.entry(job.0).or_default().visits.entry(job.1.clone()).or_default();
                *visits += 1;
                activity.visit = *visits;
                activity.since = now;
                activity.is_worked = false;
                activity.stage = Stage::Waiting;
                match activity.task {
                    Some(_) => self.ledger.waits(place),
                    None => self.react_again(job),
                }
            }
            Stage::Waiting | Stage::Reacting { .. } | Stage::Parked { .. } => {}
        }
    }

    fn react_again(&mut self, job: &Job) {
        let Some(activity) = self.work.jobs.get(job) else { return };
        let stage = self.reacting(activity);
        if let Some(activity) = self.work.jobs.get_mut(job) {
            activity.stage = stage;
        }
    }

    /// It is done, or nobody needs it any more.
    fn close(&mut self, job: &Job) {
        let Some(activity) = self.work.jobs.remove(job) else { return };
        let place = activity.place();
        match activity.stage {
            Stage::Begun { member, from, .. } => self.stop(member, place, from),
            Stage::Waiting | Stage::Parked { .. } if activity.task.is_some() => self.ledger.waits_no_more(place),
            _ => {}
        }
    }

    /// Somebody works on it no more.
    pub(super) fn stop(&mut self, member: usize, place: super::plan::Place, from: jiff::Timestamp) {
        let now = self.world.now();
        self.ledger.worked(place, &self.cast, member, from, now);
        self.cast.end(member, now);
    }

    pub(super) fn instances(&self) -> impl Iterator<Item = &InstanceId> {
        self.seen.keys()
    }
}
