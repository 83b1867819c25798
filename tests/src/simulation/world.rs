//! The simulated world: nodes, callers, the machine and the database, and how they are put together.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::lang::Bundle;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::{Object, Value};
use statewright_engine::error::EngineResult;
use statewright_engine::incidents::Decision;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{Store, open};
use statewright_engine::testing::Chance;
use statewright_engine::{SendRequest, StartRequest};

use super::Plan;
use super::adapter::Machine;
use super::bug::Buggy;
use super::caller::{Caller, Wish};
use super::clock::WorldTime;
use super::connection::Database;
use super::gate::Gate;
use super::layer::Layered;
use super::ledger::{Ledger, lock};
use super::model::Model;
use super::node::{SimulatedNode, Surround};
use super::shipped::{Kind, Stage, Tally, audit};
use super::trace::Trace;
use super::workflows;

/// Monday the 5th of January 2026, eight o'clock.
const BEGINNING_US: i64 = 1_767_600_000_000_000;

/// Keys of the instances there are of each kind: few, so that whoever asks meets others.
pub const WORKSHOPS: [&str; 2] = ["W-1", "W-2"];
const TRAYS: [&str; 3] = ["T-1", "T-2", "T-3"];
const SLOTS: [&str; 2] = ["left", "right"];
const PARCELS: u64 = 12;
/// Lit by hand.
pub const BEACON: &str = "B-1";

/// Where everything is kept.
#[derive(Clone, Debug)]
pub enum Place {
    Memory,
    /// A database by its URL: opened anew now and then.
    Database(String),
}

pub struct World {
    pub place: Place,
    pub chance: Chance,
    pub shared: Surround,
    /// The innermost: what is opened anew is put here.
    pub bottom: Arc<Database>,
    pub nodes: Vec<SimulatedNode>,
    pub callers: Vec<Caller>,
    pub boots: u64,
    pub ticks: u64,
    /// Where a story is played.
    pub stage: Option<Stage>,
    asked: u64,
}

impl World {
    pub async fn new(plan: &Plan) -> Result<World, String> {
        let Plan {
            seed, bug, place, story, ..
        } = plan.clone();
        let mut chance = Chance::of(seed);
        let time = Arc::new(WorldTime::starting_at(BEGINNING_US));
        let trace = Arc::new(Trace::new(time.clone(), plan.lines));
        let model: Arc<Mutex<Model>> = Arc::default();
        let machine = Arc::new(Machine::new(trace.clone()));
        let bottom = Arc::new(Database::new(opened(&place).await?));
        let stage = story.map(|story| Stage::new(story, &bottom, &time)).transpose()?;
        let layered = |database: Arc<Database>, of_engine: bool| match bug.filter(|bug| bug.is_of_engine() == of_engine) {
            Some(bug) => Arc::new(Database::new(Arc::new(Layered(Buggy::new(database, bug, seed))))),
            None => database,
        };
        let ledger = Ledger {
            database: layered(bottom.clone(), false),
            model: model.clone(),
            machine: machine.clone(),
            audit: stage.as_ref().map(|stage| stage.audit.clone()),
        };
        let shared = Surround {
            database: layered(Arc::new(Database::new(Arc::new(Layered(ledger)))), true),
            model,
            machine,
            gate: Arc::new(Gate::new(chance.draw())),
            trace,
            time,
        };
        let mut world = World {
            place,
            chance,
            shared,
            bottom,
            nodes: Vec::new(),
            callers: Vec::new(),
            boots: 0,
            ticks: 0,
            stage,
            asked: 0,
        };
        let nodes_max = if story.is_some() { 2 } else { 3 };
        for _ in 0..=world.chance.below(nodes_max) {
            let node = world.boot();
            world.nodes.push(node);
        }
        world.begin().await?;
        Ok(world)
    }

    pub fn boot(&mut self) -> SimulatedNode {
        self.boots += 1;
        SimulatedNode::boot(self.boots, &self.shared, &mut self.chance)
    }

    /// Deploys the workflows, and has the first instances asked for.
    async fn begin(&mut self) -> Result<(), String> {
        let engine = self.nodes[0].engine.clone();
        let sources = match &self.stage {
            Some(stage) => stage.deployed(),
            None => workflows::ALL
                .iter()
                .map(|workflow| (Kind::Workflow, source(workflow)))
                .collect(),
        };
        let employed: Vec<_> = self.stage.iter().flat_map(|stage| stage.cast.iter().cloned()).collect();
        let deploying = async move {
            let operator = person("olga", "operator");
            for (kind, source) in sources {
                match kind {
                    Kind::Calendar => _ = engine.deploy_calendar(&source, &operator).await?,
                    Kind::Roles => _ = engine.deploy_roles(&source, &operator).await?,
                    Kind::Table => _ = engine.deploy_table(&source, &operator).await?,
                    Kind::Workflow => _ = engine.deploy(&source, &operator).await?,
                }
            }
            for somebody in employed {
                engine.directory().put(&somebody, &operator, engine.now()).await?;
            }
            EngineResult::Ok(())
        };
        let mut deploying: Pin<Box<dyn Future<Output = EngineResult<()>>>> = Box::pin(deploying);
        let deployed = self.shared.gate.drive(&mut deploying).await;
        deployed
            .ok_or("the deployment waits for something")?
            .map_err(|error| format!("not deployed: {error}"))?;
        if let Some(stage) = self.stage.clone() {
            return self.play_prelude(&stage).await;
        }
        for (workflow, keys) in [("workshop", &WORKSHOPS[..]), ("tray", &TRAYS), ("watcher", &WORKSHOPS)] {
            for key in keys {
                self.want(|key_of| Wish::Start(start_of(workflow, key, key_of)));
            }
        }
        self.want(|key_of| {
            let mut request = start_of("beacon", BEACON, key_of);
            request.payload.insert("by_hand".into(), Value::Boolean(true));
            Wish::Start(request)
        });
        Ok(())
    }

    /// Somebody else comes with a wish; the key is theirs alone.
    fn want(&mut self, wish: impl FnOnce(InputKey) -> Wish) {
        self.asked += 1;
        let name: Arc<str> = format!("caller-{}", self.asked).into();
        let repeats = match self.chance.below(4) {
            0 => 1 + self.chance.below(2),
            _ => 0,
        };
        let wish = wish(InputKey::of(&["caller", &self.asked.to_string()]));
        self.callers.push(Caller::new(name, wish, repeats));
    }

    /// What a story begins with, each wish answered before the next is asked.
    async fn play_prelude(&mut self, stage: &Stage) -> Result<(), String> {
        for wish in stage.prelude() {
            self.wants(wish);
            self.settle().await?;
        }
        self.ticks = 0;
        Ok(())
    }

    pub fn wants(&mut self, wish: Wish) {
        self.want(|key| wish.keyed(key));
    }

    /// Somebody comes with a wish: drawn by chance, or what the story has them do.
    pub async fn somebody_wants(&mut self) {
        let Some(stage) = self.stage.clone() else {
            return self.somebody_wants_something();
        };
        let now = jiff::Timestamp::from_microsecond(self.shared.time.now_us()).unwrap_or_default();
        if let Some(wish) = stage.wish(now, &mut self.chance).await {
            self.wants(wish);
        }
    }

    fn somebody_wants_something(&mut self) {
        let workshop = *self.chance.pick(&WORKSHOPS).unwrap_or(&"");
        let tray = *self.chance.pick(&TRAYS).unwrap_or(&"");
        let parcel = format!("P-{}", self.chance.below(PARCELS));
        let slot = *self.chance.pick(&SLOTS).unwrap_or(&"");
        let (workflow, key, event, field): (&str, &str, &str, Option<(&str, &str)>) = match self.chance.below(100) {
            0..24 => ("workshop", workshop, "ORDER", Some(("customer", "Jane"))),
            24..32 => ("workshop", workshop, "MAKE", None),
            32..36 => ("workshop", workshop, "POLISH", None),
            36..40 => ("workshop", workshop, "CANCEL", None),
            40..43 => ("workshop", workshop, "HOLD", None),
            43..46 => ("workshop", workshop, "RELEASE", None),
            46..56 => ("workshop", workshop, "PING", Some(("parcel", &parcel))),
            56..59 => ("workshop", workshop, "LATER", Some(("parcel", &parcel))),
            59..62 => ("workshop", workshop, "BEGIN", Some(("parcel", &parcel))),
            62..74 => ("tray", tray, "TAKE", Some(("slot", slot))),
            74..77 => ("tray", tray, "TAKE_LATER", Some(("slot", slot))),
            77..82 => ("tray", tray, "GIVE", None),
            82..89 => ("watcher", workshop, "LOOK", None),
            89..96 => return self.want(|key| Wish::Start(start_of("parcel", &parcel, key))),
            96..98 => return self.want(|key| Wish::Start(start_of("ledger", workshop, key))),
            _ => return self.somebody_administers(workshop),
        };
        let (workflow, key): (Arc<str>, Arc<str>) = (workflow.into(), key.into());
        let expected = self.expected(&workflow, &key);
        let fields = field.map(|(name, value)| (Arc::from(name), Value::from_text(value)));
        let request = SendRequest {
            signed: None,
            task: None,
            workflow,
            key,
            event: event.into(),
            payload: Object::from_iter(fields),
            actor: person("ann", "clerk"),
            input_key: None,
            reason: None,
            expected,
        };
        self.want(|key| {
            Wish::Send(SendRequest {
                signed: None,
                task: None,
                input_key: Some(key),
                ..request
            })
        });
    }

    /// Now and then the revision that was looked at, which may be an old one.
    fn expected(&mut self, workflow: &str, key: &str) -> Option<u64> {
        if self.chance.below(6) > 0 {
            return None;
        }
        let now = lock(&self.shared.model).sequence_of(InstanceId::of(workflow, key));
        Some(now.saturating_sub(self.chance.below(3)))
    }

    fn somebody_administers(&mut self, workshop: &str) {
        let by = person("olga", "operator");
        let decision = match self.chance.below(3) {
            0 => Decision::Retry,
            1 => Decision::Skip,
            _ => Decision::Repair(Value::from_text("by hand")),
        };
        let erases = self.chance.below(6) == 0;
        let (workflow, key) = ("workshop".into(), workshop.into());
        self.want(|_| match erases {
            true => Wish::Erase { workflow, key, by },
            false => Wish::Settle { decision, by },
        });
    }

    /// Somebody looks after what waits for a person.
    pub fn somebody_retries(&mut self) {
        let by = person("olga", "operator");
        let decision = Decision::Retry;
        self.want(|_| Wish::Settle { decision, by });
    }

    /// The same database through new connections.
    pub async fn reopen(&mut self) -> Result<(), String> {
        if matches!(self.place, Place::Memory) {
            return Ok(());
        }
        self.shared.trace.note(&"world".into(), "the database is opened anew");
        self.bottom.store().close().await;
        self.bottom.replace(opened(&self.place).await?);
        Ok(())
    }

    /// What is wrong by now, if anything is.
    pub fn wrong(&self) -> Result<(), String> {
        let of_machine = self.shared.machine.take_wrong();
        let model = lock(&self.shared.model);
        let of_audit = self
            .stage
            .as_ref()
            .and_then(|stage| audit::lock(&stage.audit).wrong().cloned());
        match of_machine.first().or(model.wrong.first()).or(of_audit.as_ref()) {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(()),
        }
    }

    /// What happened in the story.
    pub fn tally(&self) -> Tally {
        let of_audit = self.stage.as_ref().map(|stage| audit::lock(&stage.audit).tally());
        of_audit.unwrap_or_default()
    }
}

async fn opened(place: &Place) -> Result<Arc<dyn Store>, String> {
    match place {
        Place::Memory => Ok(Arc::new(MemoryStore::new())),
        Place::Database(url) => {
            let store = open(url).await.map_err(|error| error.to_string())?;
            store.migrate().await.map_err(|error| error.to_string())?;
            Ok(store)
        }
    }
}

pub fn person(id: &str, role: &str) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = vec![role.into()];
    actor
}

fn start_of(workflow: &str, key: &str, input_key: InputKey) -> StartRequest {
    StartRequest {
        signed: None,
        workflow: workflow.into(),
        key: Some(key.into()),
        payload: Object::new(),
        actor: person("ann", "clerk"),
        input_key: Some(input_key),
        reason: None,
    }
}

/// A definition of one file.
fn source(yaml: &str) -> String {
    let name: Arc<str> = "workflow.yaml".into();
    Bundle {
        main: name.clone(),
        files: [(name, yaml.into())].into(),
    }
    .canonical()
}
