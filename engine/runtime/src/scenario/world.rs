//! The engine of a scenario: one node at rest on the memory store, ticked by hand, on a clock that jumps from one moment at which
//! something is due to the next.
//!
//! **Architecture invariant:** the same file gives the same world, byte for byte: ids, randomness and order come from a fixed seed, and
//! everything runs on one thread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::{Actor, ActorKind, Facts, Place, SYSTEM_WORKFLOW, Snapshot, TaskShown, clocks, schedule_key};
use statewright_core::value::Value;
use tokio::task::JoinHandle;

use super::boot::{UNLIMITED, boot};
use super::counterparts::{Counterparts, Replies};
use super::plan::Setting;
use super::reported::Reported;
use crate::audit::Named;
use crate::body::{Party, mark_value};
use crate::clock::{Clock, VirtualClock};
use crate::configuration::POLL_MS;
use crate::engine::{Engine, Node, calls_of};
use crate::intake::Ticked;
use crate::registry::Known;
use crate::store::memory::MemoryStore;
use crate::store::{Incident, InstanceRow, MarkQuery, Store, TrailRow};

/// Rounds of ticks after which a world that is still busy is taken to be so for ever: far more than any chain of messages is long.
const ROUNDS_MAX: usize = 100_000;

/// Rounds in which nothing happens before a world is at rest: an end is told, its message handed over, taken, and taken back.
const QUIET_ROUNDS: usize = 4;

/// How often the clock is moved by a poll for something that is due and that nobody takes, before that is a fault: an engine that was
/// started anew finds what it was not told of within two.
const POLLS_MAX: u32 = 100;

/// Moments that one `wait` or `at` stops at: something every hour for a year and more. What repeats each second for years would
/// keep a test at it for hours.
const MOMENTS_MAX: u32 = 10_000;

/// Rows read at once.
const PAGE: usize = 1_000;

/// Why a scenario cannot go on, as a sentence.
pub(crate) type Trouble = String;

pub(crate) struct World {
    pub clock: Arc<VirtualClock>,
    pub counterparts: Arc<Counterparts>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) node: Node,
    adapters: BTreeSet<Arc<str>>,
    pub(super) charts: Arc<BTreeMap<Arc<str>, Arc<Chart>>>,
    boots: u64,
    inputs: u64,
    /// Keys of the effects at which the engine stopped.
    pub stopped_at: Vec<Arc<str>>,
    /// Who is on shift, whatever the roster says.
    on_shift: Option<BTreeSet<Arc<str>>>,
    pub(super) reported: Reported,
}

/// One of the node's actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actors {
    Intake,
    Timers,
    Messages,
    Schedules,
    Assignments,
    Outbox,
}

/// An instance as it stands.
pub(crate) struct Standing {
    pub row: InstanceRow,
    pub known: Arc<Known>,
    pub snapshot: Snapshot,
}

impl World {
    /// With the definitions deployed, and adapters that answer as they are given.
    pub async fn begin(setting: &Setting, replies: Box<dyn Replies>) -> Result<World, Trouble> {
        let clock = Arc::new(VirtualClock::starting_at(setting.given.clock));
        let counterparts = Counterparts::new(clock.clone(), setting.zone.clone(), replies);
        let counterparts = Arc::new(counterparts);
        let store = Arc::new(MemoryStore::new());
        let definitions = setting.definitions.iter().chain(&setting.brought);
        let charts: BTreeMap<_, _> = definitions
            .map(|definition| (definition.source.clone(), definition.chart.clone()))
            .collect();
        let charts = Arc::new(charts);
        let calls = charts.values().flat_map(|chart| calls_of(chart));
        let adapters: BTreeSet<Arc<str>> = calls.map(|call| call.adapter.clone()).collect();
        let node = boot(1, &store, &clock, &counterparts, &adapters, &charts);
        let mut world = World {
            clock,
            counterparts,
            store,
            node,
            adapters,
            charts,
            boots: 1,
            inputs: 0,
            stopped_at: Vec::new(),
            on_shift: setting.given.on_shift.clone(),
            reported: Reported::default(),
        };
        world.suppose();
        let operator = Actor::plain(ActorKind::Engine, "scenario");
        for calendar in &setting.calendars {
            let deployed = world.node.engine.deploy_calendar(calendar, &operator).await;
            deployed.map_err(|error| format!("a calendar is not deployed: {error}"))?;
        }
        for table in &setting.tables {
            let deployed = world.node.engine.deploy_table(table, &operator).await;
            deployed.map_err(|error| format!("a live table is not deployed: {error}"))?;
        }
        for definition in &setting.definitions {
            let deployed = world.node.engine.deploy(&definition.source, &operator).await;
            deployed.map_err(|error| format!("`{}` is not deployed: {error}", definition.chart.workflow))?;
        }
        if let Some(roles) = &setting.roles_file {
            let deployed = world.node.engine.deploy_roles(roles, &operator).await;
            deployed.map_err(|error| format!("the roles are not deployed: {error}"))?;
        }
        if world.gives_tasks() {
            for person in setting.given.people.values() {
                let put = world.node.engine.directory().put(person, &operator, world.now()).await;
                put.map_err(|error| format!("`{}` cannot be one of the people: {error}", person.id))?;
            }
        }
        Ok(world)
    }

    /// Whether anything is given to people without being asked for.
    pub fn gives_tasks(&self) -> bool {
        let tasks = self
            .charts
            .values()
            .flat_map(|chart| chart.states.iter().filter_map(|state| state.task.as_ref()));
        tasks.into_iter().any(|task| task.assignment.is_some())
    }

    /// From now on these are on shift, whatever the roster says.
    pub fn put_on_shift(&mut self, people: BTreeSet<Arc<str>>) {
        self.on_shift = Some(people);
        self.suppose();
    }

    /// Tells the engine who is on shift, where the file says it.
    fn suppose(&mut self) {
        if let Some(people) = &self.on_shift {
            self.node.assignments.suppose_on_shift(people.clone());
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn engine(&self) -> Engine {
        self.node.engine.clone()
    }

    /// A key like no other of this run.
    pub fn next_input_key(&mut self) -> InputKey {
        self.inputs += 1;
        InputKey::of(&["scenario", &self.inputs.to_string()])
    }

    /// Puts a question on its way: it waits for the intake, and nothing else happens.
    pub async fn submit<T: Send + 'static>(&self, question: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let asked = tokio::spawn(question);
        self.pause().await;
        asked
    }

    /// Lets what is on its way go on to where it waits for an actor. What it looks up before is in memory.
    pub async fn pause(&self) {
        for _ in 0..QUIET_ROUNDS {
            tokio::task::yield_now().await;
        }
    }

    /// Asks, and lets everything happen that follows at this moment.
    pub async fn ask<T: Send + 'static>(&mut self, question: impl Future<Output = T> + Send + 'static) -> Result<T, Trouble> {
        let asked = self.submit(question).await;
        self.settle().await?;
        answered(asked).await
    }

    /// One tick of one actor. False: it had nothing to do.
    pub async fn tick(&mut self, actor: Actors) -> Result<bool, Trouble> {
        let now = self.now();
        let before = self.signs();
        let ticked = match actor {
            Actors::Intake => return Ok(self.node.intake.tick(now).await != Ticked::Idle),
            Actors::Timers => self.node.timers.tick(now).await,
            Actors::Messages => self.node.messages.tick(now).await,
            Actors::Schedules => self.node.schedules.tick(now).await,
            Actors::Assignments => self.node.assignments.tick(now).await,
            Actors::Outbox => self.node.outbox.tick(now).await,
        };
        ticked.map_err(|error| format!("the engine: {error}"))?;
        tokio::task::yield_now().await;
        Ok(before != self.signs())
    }

    /// What can be seen from outside of whether an actor did something.
    fn signs(&self) -> ((usize, usize), bool, bool, (u64, u64), bool, usize) {
        let Node {
            engine,
            timers,
            messages,
            schedules,
            assignments,
            outbox,
            ..
        } = &self.node;
        let attempts = self.counterparts.attempted();
        (
            engine.waiting(),
            timers.is_idle(),
            messages.is_idle(),
            (schedules.commits(), assignments.choices()),
            outbox.is_idle(),
            attempts,
        )
    }

    /// Lets everything happen that happens at this moment.
    pub async fn settle(&mut self) -> Result<(), Trouble> {
        let mut quiet = 0;
        self.offer_reports_again();
        for _ in 0..ROUNDS_MAX {
            tokio::task::yield_now().await;
            let mut busy = self.hand_on_reports().await;
            busy |= self.counterparts.answer_due();
            for actor in [
                Actors::Timers,
                Actors::Schedules,
                Actors::Assignments,
                Actors::Messages,
                Actors::Outbox,
                Actors::Intake,
            ] {
                busy |= self.tick(actor).await?;
            }
            if self.counterparts.has_stopped() {
                self.start_anew();
                busy = true;
            }
            busy |= !self.node.messages.is_idle() || !self.node.timers.is_idle() || !self.node.assignments.is_idle();
            quiet = if busy { 0 } else { quiet + 1 };
            if quiet == QUIET_ROUNDS {
                return Ok(());
            }
        }
        Err(format!(
            "it does not come to rest: after {ROUNDS_MAX} rounds the engine is still busy at one moment"
        ))
    }

    /// Moves the clock, with everything that is due on the way.
    pub async fn advance_to(&mut self, moment: Timestamp) -> Result<(), Trouble> {
        self.settle().await?;
        let (mut polls, mut moments) = (0, 0);
        while let Some((due_us, is_poll)) = self.next_moment_us().await? {
            if due_us > moment.as_microsecond() {
                break;
            }
            moments += 1;
            if moments > MOMENTS_MAX {
                return Err(format!(
                    "something was due at more than {MOMENTS_MAX} moments on the way: wait for less at once, or look for what repeats so often"
                ));
            }
            polls = if is_poll { polls + 1 } else { 0 };
            if polls > POLLS_MAX {
                return Err("something is due, and the engine does not take it".into());
            }
            self.clock.set(Timestamp::from_microsecond(due_us).unwrap_or(moment));
            self.settle().await?;
        }
        self.clock.set(moment);
        self.settle().await
    }

    /// The next moment at which something happens by itself; whether it is only the next look at what was due before.
    pub async fn next_moment_us(&self) -> Result<Option<(i64, bool)>, Trouble> {
        let now_us = self.now().as_microsecond();
        let under_way = self.counterparts.under_way();
        let armed = self.store.next_due().await.map_err(|error| error.to_string())?;
        let orphans = self
            .store
            .ready_messages(now_us, now_us, 1)
            .await
            .map_err(|error| error.to_string())?;
        let orphaned = orphans.first().map(|_| now_us);
        let planned_us = Some(self.node.schedules.next_look_us()).filter(|look_us| *look_us < i64::MAX);
        let candidates = [
            armed,
            planned_us,
            orphaned,
            self.store.next_effect_us(&under_way),
            self.counterparts.next_answer_us(),
            self.counterparts.next_report_us(),
        ];
        let earliest_us = candidates.into_iter().flatten().min();
        Ok(earliest_us.map(|due_us| match due_us > now_us {
            true => (due_us, false),
            false => (now_us + POLL_MS * 1_000, true),
        }))
    }

    /// The engine has stopped in the middle of an attempt; another begins where its commits left everything.
    fn start_anew(&mut self) {
        let Some(key) = self.counterparts.take_stopped() else { return };
        self.stopped_at.push(key);
        self.counterparts.forget_attempts();
        self.boots += 1;
        self.node = boot(
            self.boots,
            &self.store,
            &self.clock,
            &self.counterparts,
            &self.adapters,
            &self.charts,
        );
        self.suppose();
    }

    pub fn holds_effect(&self, key: &str) -> bool {
        self.store.holds_effect(key)
    }

    pub async fn standing(&self, party: &Party) -> Result<Option<Standing>, Trouble> {
        self.standing_of(party.id()).await
    }

    pub async fn standing_of(&self, instance: InstanceId) -> Result<Option<Standing>, Trouble> {
        let rows = self.store.load(&[instance]).await.map_err(|error| error.to_string())?;
        match rows.into_iter().next().flatten() {
            Some(row) => self.restored(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The versions of calendars and live tables that entries name.
    pub fn named(&self) -> Named<'_> {
        Named::of(self.node.engine.registry())
    }

    /// Open tasks, with what their titles look up elsewhere.
    pub async fn tasks(&self, standing: &Standing) -> Result<Vec<TaskShown>, Trouble> {
        let (workflow, key) = (&standing.row.workflow, &standing.row.key);
        let queries = self.node.engine.queries();
        let shown = queries.all_tasks_of(workflow, key, self.now()).await;
        shown.map_err(|error| format!("the tasks of {workflow}/{key}: {error}"))
    }

    /// `sla` as expressions of the instance see it now.
    pub async fn clocks(&self, standing: &Standing) -> Result<Value, Trouble> {
        let chart = &standing.known.chart;
        let mut facts = Facts::default();
        if let Some(calendar) = &chart.calendar {
            let engine = self.engine();
            let found = engine.registry().calendars().find(calendar).await;
            facts.calendar = found.map_err(|error| error.to_string())?;
        }
        let shown = clocks(chart, &standing.snapshot, &facts, self.now());
        let shown = shown.map_err(|_| "a clock cannot be counted without its calendar".to_owned())?;
        Ok(Value::from_fields(
            shown.into_iter().map(|shown| (shown.name, shown.value)).collect(),
        ))
    }

    /// Every instance of the file's workflows, in the order of their keys.
    pub async fn all(&self) -> Result<Vec<Standing>, Trouble> {
        let workflows: BTreeSet<&Arc<str>> = self.charts.values().map(|chart| &chart.workflow).collect();
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let rows = self
                .store
                .instances_after(after, PAGE)
                .await
                .map_err(|error| error.to_string())?;
            let Some(last) = rows.last() else { break };
            after = Some(last.instance);
            for row in rows {
                if workflows.contains(&row.workflow) {
                    all.push(self.restored(row).await?);
                }
            }
        }
        all.sort_by(|a, b| (&a.row.workflow, &a.row.key).cmp(&(&b.row.workflow, &b.row.key)));
        Ok(all)
    }

    pub(super) async fn restored(&self, row: InstanceRow) -> Result<Standing, Trouble> {
        let registry = self.node.engine.registry();
        let known = registry.chart(row.definition).await.map_err(|error| error.to_string())?;
        let personal = self.personal(row.instance).await?;
        let snapshot = Snapshot::restore(&known.chart, &row.snapshot, row.head, &personal);
        let snapshot = snapshot.map_err(|error| format!("{}/{}: {error}", row.workflow, row.key))?;
        Ok(Standing { row, known, snapshot })
    }

    /// Writes an entry anew where it is kept, as nobody may.
    #[cfg(test)]
    pub fn forge(&self, instance: InstanceId, sequence: u64, forge: impl Fn(&str) -> String) {
        self.store.forge(instance, sequence, forge);
    }

    pub async fn personal(&self, instance: InstanceId) -> Result<Vec<(Digest, String)>, Trouble> {
        let rows = self.store.personal(instance).await.map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(|row| (row.reference, row.value)).collect())
    }

    /// Marks that an instance wrote and did not take back, by name: the values of each, in order.
    pub async fn marks(
        &self,
        instance: InstanceId,
        names: BTreeSet<Arc<str>>,
    ) -> Result<BTreeMap<Arc<str>, Vec<Value>>, Trouble> {
        let mut marks = BTreeMap::new();
        for name in names {
            let query = MarkQuery {
                name: name.clone(),
                conditions: Vec::new(),
                instances: Some(vec![instance]),
                since_us: None,

                until_us: None,
                limit: UNLIMITED,
            };
            let page = self.store.marks(&query).await.map_err(|error| error.to_string())?;
            let values = page.rows.iter().rev().filter_map(mark_value);
            let values = values.filter_map(|mark| mark.field("values").cloned()).collect();
            marks.insert(name, values);
        }
        Ok(marks)
    }

    pub async fn trail(&self, instance: InstanceId) -> Result<Vec<TrailRow>, Trouble> {
        self.trail_after(instance, 0).await
    }

    /// The entries behind the one with that number.
    pub async fn trail_after(&self, instance: InstanceId, sequence: u64) -> Result<Vec<TrailRow>, Trouble> {
        let mut trail: Vec<TrailRow> = Vec::new();
        loop {
            let after = trail.last().map_or(sequence, |row| row.sequence);
            let rows = self
                .store
                .trail(instance, after, PAGE)
                .await
                .map_err(|error| error.to_string())?;
            if rows.is_empty() {
                return Ok(trail);
            }
            trail.extend(rows);
        }
    }

    /// Whether a schedule has run.
    pub async fn has_run(&self, workflow: &str, schedule: &str) -> Result<bool, Trouble> {
        let party = Party {
            workflow: SYSTEM_WORKFLOW.into(),
            key: schedule_key(workflow, schedule).into(),
        };
        let standing = self.standing(&party).await?;
        let place = standing.and_then(|standing| Place::of(&standing.snapshot));
        Ok(place.is_some_and(|place| place.last.is_some()))
    }

    pub async fn incidents(&self) -> Result<Vec<Incident>, Trouble> {
        self.store.incidents(PAGE).await.map_err(|error| error.to_string())
    }
}

/// What a question that was put on its way came to.
pub(super) async fn answered<T>(asked: JoinHandle<T>) -> Result<T, Trouble> {
    if !asked.is_finished() {
        asked.abort();
        return Err("the engine stopped before it answered".into());
    }
    asked.await.map_err(|error| format!("the engine: {error}"))
}
