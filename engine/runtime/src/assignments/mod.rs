//! Gives people the tasks that workflows say are to be given (`auto_assign`), and gives back what they hold when a workflow says so.
//!
//! # Invariants
//! - A choice is an input like a claim: of two nodes that choose for one task, one is too late, and its choice leaves no trace.
//! - Nobody is given anything whom the roster does not have on shift: the shift that was seen stands in the commit's fence, so that one that
//!   ends meanwhile makes the choice void.
//! - Nobody is given anything who has left the directory, or is away: their record, as it was seen, stands in that fence as well.
//! - Nobody to give it to is an answer too, which the task says: it is offered to all, and looked at again as long as it is open.
//! - How much somebody holds is counted before the choice and not fenced: two nodes, or a claim in the same moment, may bring one person a
//!   task more than `max`.

mod choice;
mod hand_over;
mod roster;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Assignment;
use statewright_core::identity::InstanceId;
use statewright_core::step::{
    Actor, Audience, Giving, Input, InputKind, OFFERED, OpenTask, SOUGHT, Seeking, TaskAct, TaskRef, Verdict, first_choice,
};

use self::choice::Choosing;
pub use self::hand_over::HandingOver;
use self::roster::{OnDuty, on_duty};
use crate::configuration::POLL_MS;
use crate::directory::{Directory, Person};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::handover::Handover;
use crate::instances::{Instance, Instances, Personal};
use crate::intake::{Mailbox, Origin, Parcel, Queue, Reply, Request};
use crate::store::{Store, TaskPlace, TaskQuery, TaskRow};

/// Tasks looked at in one tick, of those to be given and of those that nobody could be given each: what is urgent comes first, and the others
/// have their turn.
const TASKS_PER_TICK_MAX: usize = 100;

/// Choices that are on their way at once.
const IN_FLIGHT_MAX: usize = 256;

pub struct Assignments {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
    directory: Arc<Directory>,
    queue: Arc<Queue>,
    handover: Arc<Handover>,
    mailbox: Arc<Mailbox>,
    in_flight: BTreeMap<u64, Given>,
    next_ticket: u64,
    /// Where the last look at tasks that nobody could be given ended.
    after: Option<TaskPlace>,
    next_look_us: i64,
    choices: u64,
    /// Who is on shift, whatever the roster says: for scenarios.
    supposed: Option<BTreeSet<Arc<str>>>,
}

/// A choice on its way.
struct Given {
    instance: InstanceId,
    task: Arc<str>,
    to: Option<Arc<str>>,
}

/// What one tick knows of people.
#[derive(Default)]
struct Seen {
    duty: Option<OnDuty>,
    people: Vec<(Audience, Vec<Person>)>,
}

impl Assignments {
    pub fn new(
        store: Arc<dyn Store>,
        instances: Arc<Instances>,
        directory: Arc<Directory>,
        queue: Arc<Queue>,
        handover: Arc<Handover>,
    ) -> Self {
        Assignments {
            store,
            instances,
            directory,
            queue,
            handover,
            mailbox: Arc::default(),
            in_flight: BTreeMap::new(),
            next_ticket: 0,
            after: None,
            next_look_us: i64::MIN,
            choices: 0,
            supposed: None,
        }
    }

    /// These are on shift, and nobody is asked. For scenarios.
    pub(crate) fn suppose_on_shift(&mut self, people: BTreeSet<Arc<str>>) {
        self.supposed = Some(people);
    }

    /// Notified when something that was handed over has been settled.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        self.mailbox.clone()
    }

    /// When the next tick has something to do, unless it is woken before.
    pub fn next_look_us(&self) -> i64 {
        self.next_look_us
    }

    /// Whether anything handed over is not settled yet.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// How many choices it has handed over: whoever ticks it by hand sees by this whether it had anything to do.
    pub fn choices(&self) -> u64 {
        self.choices
    }

    /// Takes back what was settled, and looks for tasks that somebody is to be given.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        self.settle();
        let now_us = now.as_microsecond();
        if (self.handover.take_assignments() || now_us >= self.next_look_us) && self.in_flight.len() < IN_FLIGHT_MAX {
            // if the store fails, it is asked again in a while, not at once
            self.next_look_us = now_us + POLL_MS * 1_000;
            self.look(now).await?;
        }
        Ok(())
    }

    async fn look(&mut self, now: Timestamp) -> EngineResult<()> {
        let mut rows = self.rows(SOUGHT, None).await?.rows;
        let offered = self.rows(OFFERED, self.after.clone()).await?;
        self.after = offered.rows.last().filter(|_| offered.more).map(TaskRow::place);
        self.handover
            .watch_assignments(!offered.rows.is_empty() || self.after.is_some());
        rows.extend(offered.rows);
        let mut seen = Seen::default();
        let mut ids: Vec<InstanceId> = rows.iter().map(|row| row.instance).collect();
        ids.sort_unstable();
        ids.dedup();
        // what is damaged is told where it is looked at
        let loaded = self.instances.load(&ids, Personal::Without).await?;
        let loaded: BTreeMap<InstanceId, EngineResult<Option<Instance>>> = ids.into_iter().zip(loaded).collect();
        for row in rows {
            let is_under_way = |given: &Given| given.instance == row.instance && given.task == row.name;
            if self.in_flight.values().any(is_under_way) {
                continue;
            }
            let given = match loaded.get(&row.instance).cloned() {
                Some(Ok(Some(instance))) => self.give(&row, &instance, &mut seen, now).await,
                Some(Err(error)) => Err(error),
                Some(Ok(None)) | None => Ok(()),
            };
            match given {
                Ok(()) => {}
                // one that cannot be looked at keeps nobody from the others
                Err(error @ (EngineError::Damaged(_) | EngineError::DamagedInstance { .. })) => {
                    tracing::error!(instance = %row.instance, task = %row.name, error = error.logged(), "a task cannot be given to anybody");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn rows(&self, subject: &str, after: Option<TaskPlace>) -> EngineResult<crate::store::TaskPage> {
        let query = TaskQuery {
            subjects: vec![subject.into()],
            after,
            limit: TASKS_PER_TICK_MAX,
            ..TaskQuery::default()
        };
        Ok(self.store.tasks(&query).await?)
    }

    async fn give(&mut self, row: &TaskRow, instance: &Instance, seen: &mut Seen, now: Timestamp) -> EngineResult<()> {
        let (chart, snapshot) = (&instance.known.chart, &instance.snapshot);
        let open = snapshot.tasks.get(&row.name).filter(|open| open.opened == row.opened);
        let rule = |open: &OpenTask| chart.state(open.state).task.as_ref()?.assignment.clone();
        let Some((open, rule)) = open.and_then(|open| Some((open, rule(open)?))) else {
            return Ok(());
        };
        let doer = snapshot.doers.get(&row.name).filter(|_| rule.sticky).cloned();
        let first = guarded(|| Ok(first_choice(chart, snapshot, &row.name, now)))?;
        let (giving, rests_on) = self.choose(open, &rule, (first, doer), seen, now).await?;
        // what is offered already is said once
        if giving.to.is_none() && matches!(open.seeking, Some(Seeking::Offered { .. })) {
            return Ok(());
        }
        self.hand_over(row, giving, rests_on);
        Ok(())
    }

    async fn choose(
        &self,
        open: &OpenTask,
        rule: &Assignment,
        (first, doer): (Option<Arc<str>>, Option<Arc<str>>),
        seen: &mut Seen,
        now: Timestamp,
    ) -> EngineResult<(Giving, Option<(InstanceId, u64)>)> {
        // whom a rung reached may claim it, and is given it by nobody
        let people = self.people(&open.people, seen).await?;
        if rule.on_shift && seen.duty.is_none() {
            seen.duty = Some(match &self.supposed {
                Some(people) => OnDuty::supposed(people),
                None => {
                    let roles = self.directory.roles();
                    let roster = roles.as_ref().and_then(|version| version.roles.roster.as_ref());
                    on_duty(roster, self.store.as_ref(), &self.instances, now).await?
                }
            });
        }
        let mut taken: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for to in self.in_flight.values().filter_map(|given| given.to.clone()) {
            *taken.entry(to).or_default() += 1;
        }
        let choosing = Choosing {
            store: self.store.as_ref(),
            rule,
            declined: &open.declined,
            first,
            doer,
            duty: seen.duty.as_ref().filter(|_| rule.on_shift),
            taken,
        };
        let records: BTreeMap<Arc<str>, (InstanceId, u64)> =
            people.iter().map(|person| (person.actor.id.clone(), person.seen())).collect();
        let giving = choosing.choose(people, now).await?;
        let rests_on = giving.to.as_ref().and_then(|to| records.get(&to.id).copied());
        Ok((giving, rests_on))
    }

    /// Those of an audience, asked for once in a tick.
    async fn people(&self, audience: &Audience, seen: &mut Seen) -> EngineResult<Vec<Person>> {
        if let Some((_, people)) = seen.people.iter().find(|(known, _)| known == audience) {
            return Ok(people.clone());
        }
        let people = self.directory.among(audience).await?;
        seen.people.push((audience.clone(), people.clone()));
        Ok(people)
    }

    fn hand_over(&mut self, row: &TaskRow, giving: Giving, rests_on: Option<(InstanceId, u64)>) {
        let given = Given {
            instance: row.instance,
            task: row.name.clone(),
            to: giving.to.as_ref().map(|to| to.id.clone()),
        };
        let task = TaskRef {
            name: row.name.clone(),
            opened: Some(row.opened),
        };
        let input = Input {
            key: None,
            actor: Actor::engine(),
            reason: None,
            signed: None,
            kind: InputKind::Task {
                task,
                act: TaskAct::Give(Box::new(giving)),
            },
        };
        let ticket = self.next_ticket;
        let reply = Reply::Actor {
            mailbox: self.mailbox.clone(),
            ticket,
        };
        let mut request = Request::new(row.instance, input, Origin::Engine, reply);
        request.rests_on = rests_on;
        let parcels: Vec<Parcel> = Parcel::of(vec![request]).into_iter().collect();
        // without room it stays in the store, and is found again
        if self.queue.hand_over_together(parcels) > 0 {
            self.in_flight.insert(ticket, given);
            self.next_ticket += 1;
            self.choices += 1;
        }
    }

    fn settle(&mut self) {
        for (ticket, result) in self.mailbox.take() {
            let Some(given) = self.in_flight.remove(&ticket) else {
                continue;
            };
            match result {
                Ok(Verdict::Taken | Verdict::Stale) => {}
                Ok(other) => {
                    tracing::warn!(instance = %given.instance, task = %given.task, verdict = other.as_str(), "a task was not given")
                }
                Err(error) if error.passes() => {
                    tracing::debug!(instance = %given.instance, task = %given.task, error = error.logged(), "a task is given later")
                }
                Err(error) => {
                    tracing::error!(instance = %given.instance, task = %given.task, error = error.logged(), "a task cannot be given")
                }
            }
        }
    }
}
