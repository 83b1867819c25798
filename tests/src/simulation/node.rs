//! One simulated node: the engine's own actors, each ticked by hand, each of which may be stopped in the middle of a tick.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use statewright_core::chart::Chart;
use statewright_engine::adapter::{Adapter, Attempt};
use statewright_engine::clock::{Clock, SeededEntropy};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::EngineError;
use statewright_engine::intake::{Intake, Ticked};
use statewright_engine::outbox::Outbox;
use statewright_engine::registry::{Compiler, LanguageCompiler};
use statewright_engine::testing::Chance;
use statewright_engine::{Assignments, Engine, Messages, Node, Schedules, Surroundings, Timers};

use super::adapter::{ADAPTERS, Line, Machine};
use super::clock::{NodeClock, WorldTime};
use super::connection::{Connection, Database};
use super::gate::Gate;
use super::layer::Layered;
use super::ledger::lock;
use super::model::Model;
use super::trace::Trace;

/// How many actors a node has: two that commit, as a node with two committers has, and one of each other kind. The last one gives tasks to
/// people, and is at rest where there are none.
pub const ACTORS: usize = 8;

/// Which of them begins attempts at effects.
pub const OUTBOX: usize = 4;

/// Held for this long without being extended: short, so that leases end often.
const LEASE_MS: i64 = 10_000;

/// What all nodes share.
#[derive(Clone)]
pub struct Surround {
    pub database: Arc<Database>,
    pub model: Arc<Mutex<Model>>,
    pub machine: Arc<Machine>,
    pub gate: Arc<Gate>,
    pub trace: Arc<Trace>,
    pub time: Arc<WorldTime>,
}

pub struct SimulatedNode {
    pub name: Arc<str>,
    pub engine: Engine,
    pub clock: Arc<NodeClock>,
    pub paused: bool,
    intake: Arc<Intake>,
    killed: Arc<AtomicBool>,
    actors: Vec<Option<Actor>>,
    trace: Arc<Trace>,
}

enum Actor {
    Intake(Arc<Intake>),
    Timers(Timers),
    Messages(Messages),
    Outbox(Outbox),
    Deployments(Engine),
    Schedules(Schedules),
    Assignments(Assignments),
    /// In the middle of a tick.
    Busy(Work),
}

type Work = Pin<Box<dyn Future<Output = (Actor, Result<bool, EngineError>)>>>;

/// What a poll of an actor came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// It stopped in the middle.
    Stopped,
    /// Its tick is over; whether it had anything to do.
    Over(bool),
    /// Its tick is over, and it says what must never be.
    Broken(String),
}

impl SimulatedNode {
    /// A node that has just been started. `ordinal` tells it from all others.
    pub fn boot(ordinal: u64, shared: &Surround, chance: &mut Chance) -> Self {
        let name: Arc<str> = format!("node-{ordinal}").into();
        let clock = Arc::new(NodeClock::new(shared.time.clone()));
        let killed = Arc::new(AtomicBool::new(false));
        let connection = Connection {
            database: shared.database.clone(),
            gate: shared.gate.clone(),
            trace: shared.trace.clone(),
            node: name.clone(),
            killed: killed.clone(),
        };
        let model = shared.model.clone();
        let line = Line {
            node: name.clone(),
            machine: shared.machine.clone(),
            judge: Box::new(move |node: &str, attempt: &Attempt| {
                lock(&model).may_not_perform(node, &attempt.key, &attempt.action)
            }),
        };
        let node = Node::new(
            configuration(&name, chance),
            Surroundings {
                store: Arc::new(Layered(connection)),
                compiler: Arc::new(Remembering),
                adapters: adapters(line),
                clock: clock.clone(),
                entropy: Arc::new(SeededEntropy::of(chance.draw())),
            },
        );
        let actors = vec![
            Actor::Intake(node.intake.clone()),
            Actor::Intake(node.intake.clone()),
            Actor::Timers(node.timers),
            Actor::Messages(node.messages),
            Actor::Outbox(node.outbox),
            Actor::Deployments(node.engine.clone()),
            Actor::Schedules(node.schedules),
            Actor::Assignments(node.assignments),
        ];
        shared.trace.note(&name, "starts");
        SimulatedNode {
            name,
            engine: node.engine,
            clock,
            paused: false,
            intake: node.intake,
            killed,
            actors: actors.into_iter().map(Some).collect(),
            trace: shared.trace.clone(),
        }
    }

    /// Lets one actor go on: begins a tick, or goes on with the one it is in.
    pub async fn go_on(&mut self, place: usize, gate: &Gate) -> Progress {
        let Some(actor) = self.actors.get_mut(place).and_then(Option::take) else {
            return Progress::Over(false);
        };
        let mut work = match actor {
            Actor::Busy(work) => work,
            idle => begin(idle, self.clock.now()),
        };
        match gate.drive(&mut work).await {
            None => {
                self.actors[place] = Some(Actor::Busy(work));
                Progress::Stopped
            }
            Some((actor, result)) => {
                let kind = actor.kind();
                self.actors[place] = Some(actor);
                match result {
                    Ok(worked) => Progress::Over(worked),
                    Err(error) if error.passes() => {
                        self.trace.note(&self.name, format!("{kind}: {error}"));
                        Progress::Over(true)
                    }
                    Err(error) => Progress::Broken(format!("{} {kind}: {error}", self.name)),
                }
            }
        }
    }

    /// Nothing is under way in its memory.
    pub fn is_idle(&self) -> bool {
        let at_rest = self.actors.iter().flatten().all(Actor::is_idle);
        at_rest && self.intake.queue.is_idle()
    }

    /// Whatever it held in memory is gone.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
        self.trace.note(&self.name, "is killed");
    }
}

impl Actor {
    fn kind(&self) -> &'static str {
        match self {
            Actor::Intake(_) => "intake",
            Actor::Timers(_) => "timers",
            Actor::Messages(_) => "messages",
            Actor::Outbox(_) => "outbox",
            Actor::Deployments(_) => "deployments",
            Actor::Schedules(_) => "schedules",
            Actor::Assignments(_) => "assignments",
            Actor::Busy(_) => "busy",
        }
    }

    fn is_idle(&self) -> bool {
        match self {
            Actor::Intake(_) | Actor::Deployments(_) | Actor::Schedules(_) => true,
            Actor::Timers(timers) => timers.is_idle(),
            Actor::Messages(messages) => messages.is_idle(),
            Actor::Assignments(assignments) => assignments.is_idle(),
            Actor::Outbox(outbox) => outbox.is_idle(),
            Actor::Busy(_) => false,
        }
    }
}

fn begin(actor: Actor, now: jiff::Timestamp) -> Work {
    match actor {
        Actor::Intake(intake) => Box::pin(async move {
            let ticked = intake.tick(now).await;
            (Actor::Intake(intake), Ok(ticked != Ticked::Idle))
        }),
        Actor::Timers(mut timers) => Box::pin(async move {
            let result = timers.tick(now).await;
            (Actor::Timers(timers), result.map(|()| false))
        }),
        Actor::Messages(mut messages) => Box::pin(async move {
            let result = messages.tick(now).await;
            (Actor::Messages(messages), result.map(|()| false))
        }),
        Actor::Outbox(mut outbox) => Box::pin(async move {
            let result = outbox.tick(now).await;
            (Actor::Outbox(outbox), result.map(|()| false))
        }),
        Actor::Deployments(engine) => Box::pin(async move {
            let result = match engine.registry().refresh().await {
                Ok(()) => engine.directory().refresh().await,
                failed => failed,
            };
            (Actor::Deployments(engine), result.map(|()| false))
        }),
        Actor::Schedules(mut schedules) => Box::pin(async move {
            let before = schedules.commits();
            let result = schedules.tick(now).await;
            let worked = schedules.commits() != before;
            (Actor::Schedules(schedules), result.map(|()| worked))
        }),
        Actor::Assignments(mut assignments) => Box::pin(async move {
            let before = assignments.choices();
            let result = assignments.tick(now).await;
            let worked = assignments.choices() != before;
            (Actor::Assignments(assignments), result.map(|()| worked))
        }),
        Actor::Busy(work) => work,
    }
}

/// One line for all that workflows ask for.
fn adapters(line: Line) -> BTreeMap<Arc<str>, Arc<dyn Adapter>> {
    let line: Arc<dyn Adapter> = Arc::new(line);
    ADAPTERS.iter().map(|name| (Arc::from(*name), line.clone())).collect()
}

/// Small, so that queues fill, batches are cut and snapshots are forgotten; different from node to node.
fn configuration(name: &Arc<str>, chance: &mut Chance) -> EngineConfig {
    let mut draw = |few: u64, many: u64| usize::try_from(few + chance.below(many - few)).unwrap_or(usize::MAX);
    let mut configuration = EngineConfig::named(name.clone());
    configuration.committers = 2;
    configuration.batch_max = draw(1, 8);
    configuration.queue_max = draw(3, 12);
    configuration.background_queue_max = draw(2, 16);
    configuration.cache_instances_max = draw(1, 20);
    configuration.effects_held_max = draw(1, 8);
    configuration.attempts_per_adapter_max = draw(1, 4);
    configuration.timers_in_flight_max = draw(1, 8);
    configuration.receivers_in_flight_max = draw(1, 8);
    configuration.outbox_lease_ms = LEASE_MS;
    configuration
}

/// Compiles each source once for the whole run of the program: nodes are started by the thousand.
pub struct Remembering;

impl Compiler for Remembering {
    fn compile(&self, source: &str) -> Result<Chart, String> {
        static CHARTS: OnceLock<Mutex<BTreeMap<String, Chart>>> = OnceLock::new();
        let charts = CHARTS.get_or_init(Mutex::default);
        let mut charts = charts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(chart) = charts.get(source) {
            return Ok(chart.clone());
        }
        let chart = LanguageCompiler.compile(source)?;
        charts.insert(source.to_owned(), chart.clone());
        Ok(chart)
    }
}
