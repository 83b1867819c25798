//! A node at rest, ticked by hand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::lang::Bundle;
use statewright_core::step::{Actor, ActorKind, SYSTEM_WORKFLOW};
use statewright_core::trail::EntryText;
use statewright_core::value::{Object, Value};
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};
use statewright_engine::audit::{described, replay, verify};
use statewright_engine::clock::{Clock, SeededEntropy, VirtualClock};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::EngineResult;
use statewright_engine::intake::{Answer, Ticked};
use statewright_engine::queries::{PastMoment, Shown};
use statewright_engine::registry::LanguageCompiler;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{InstanceRow, Store};
use statewright_engine::{Engine, Node, SendRequest, StartRequest, Surroundings};

/// Rounds of ticks after which a world that is still busy is taken to be so for ever.
const ROUNDS_MAX: usize = 10_000;
/// How long an answer is waited for between two looks at the intake.
const LOOK: Duration = Duration::from_millis(1);
/// Looks after which nobody will answer: a minute.
const LOOKS_MAX: usize = 60_000;

/// Instances proven at once.
const INSTANCES_PAGE: usize = 100;

pub const COUNTER: &str = "
workflow: counter
data:
  count: {type: integer, default: 0}
  note: optional string
start: {by: [clerk, {workflow: sender}], input: [optional note]}
access:
  - {for: [clerk, guest]}
initial: open
states:
  open:
    label: Open
    on:
      ADD:
        by: [clerk, {workflow: sender}]
        actions: [{assign: {count: \"{{ count + 1 }}\"}}]
      SET:
        by: [clerk]
        input: {to: integer}
        actions: [{assign: {count: \"{{ event.to }}\"}}]
      CLOSE: {target: closed, by: [clerk]}
  closed: {type: final, label: Closed}
";

pub struct World {
    pub clock: Arc<VirtualClock>,
    pub store: Arc<dyn Store>,
    pub adapter: Arc<Scripted>,
    pub node: Node,
}

/// An adapter that answers as it was told, and keeps what it was asked.
#[derive(Default)]
pub struct Scripted {
    answers: Mutex<VecDeque<Result<Value, AttemptFailure>>>,
    pub asked: Mutex<Vec<Attempt>>,
    /// While set, attempts do not end.
    silent: Mutex<bool>,
}

impl Scripted {
    pub fn answer(&self, answer: Result<Value, AttemptFailure>) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub fn fail_for_now(&self) {
        self.answer(Err(AttemptFailure::Temporary {
            message: "busy".into(),
            retry_after: None,
        }));
    }

    pub fn refuse(&self) {
        self.answer(Err(AttemptFailure::Refused {
            message: "no such lens".into(),
            detail: Value::Integer(7),
        }));
    }

    pub fn be_silent(&self, silent: bool) {
        *self.silent.lock().unwrap() = silent;
    }

    pub fn keys(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|attempt| format!("{}#{}", name_of(&attempt.key), attempt.number))
            .collect()
    }
}

/// The part of an effect's key that does not depend on the instance's id.
fn name_of(key: &str) -> String {
    key.split_once(':').map_or(key, |(_, rest)| rest).to_owned()
}

#[async_trait]
impl Adapter for Scripted {
    fn has_action(&self, action: &str) -> bool {
        action == "make"
    }

    async fn perform(&self, attempt: Attempt) -> Result<Value, AttemptFailure> {
        self.asked.lock().unwrap().push(attempt);
        if *self.silent.lock().unwrap() {
            std::future::pending::<()>().await;
        }
        self.answers.lock().unwrap().pop_front().unwrap_or(Ok(Value::Null))
    }
}

impl World {
    pub async fn with(workflows: &[&str]) -> World {
        World::on(Arc::new(MemoryStore::new()), workflows, |_| {}).await
    }

    pub async fn on(store: Arc<dyn Store>, workflows: &[&str], configure: impl Fn(&mut EngineConfig)) -> World {
        let clock = Arc::new(VirtualClock::starting_at("2026-01-05T08:00:00Z".parse().unwrap()));
        let adapter = Arc::new(Scripted::default());
        let node = node("one", store.clone(), clock.clone(), adapter.clone(), configure);
        let world = World {
            clock,
            store,
            adapter,
            node,
        };
        for workflow in workflows {
            world.node.engine.deploy(&source(workflow), &operator()).await.unwrap();
        }
        world
    }

    /// Another node on the same store and clock.
    pub fn another_node(&self, name: &str) -> Node {
        node(name, self.store.clone(), self.clock.clone(), self.adapter.clone(), |_| {})
    }

    pub fn engine(&self) -> Engine {
        self.node.engine.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.set(self.now() + SignedDuration::from_secs(seconds));
    }

    pub async fn start(&self, workflow: &str, key: &str, payload: &[(&str, Value)]) -> EngineResult<Answer> {
        let request = start_of(workflow, Some(key), payload);
        let engine = self.engine();
        self.ask(async move { engine.start(request).await }).await
    }

    pub async fn send(&self, workflow: &str, key: &str, event: &str) -> EngineResult<Answer> {
        self.send_as(send_of(workflow, key, event)).await
    }

    pub async fn send_as(&self, request: SendRequest) -> EngineResult<Answer> {
        let engine = self.engine();
        self.ask(async move { engine.send(request).await }).await
    }

    /// Ticks the intake until the question is answered.
    pub async fn ask<T: Send + 'static>(&self, question: impl Future<Output = T> + Send + 'static) -> T {
        taken_by(&self.node, self.now(), question).await
    }

    /// Sends all of them before the intake takes any, so that they share a batch; what leaves no trace may need another one.
    pub async fn in_one_batch(&self, requests: Vec<SendRequest>) -> Vec<EngineResult<Answer>> {
        let count = requests.len();
        let mut asked = Vec::new();
        for request in requests {
            let engine = self.engine();
            asked.push(tokio::spawn(async move { engine.send(request).await }));
        }
        while self.node.engine.waiting().0 < count {
            tokio::task::yield_now().await;
        }
        let mut answers = Vec::new();
        for asked in asked {
            answers.push(self.ask(async move { asked.await.unwrap() }).await);
        }
        answers
    }

    /// Ticks everything until nothing happens any more at this moment.
    pub async fn settle(&mut self) {
        let now = self.now();
        settle(&mut self.node, now).await;
    }

    /// Lets seconds pass one by one, with everything that is due in each.
    pub async fn live(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.pass(1);
            self.settle().await;
        }
    }

    pub async fn show(&self, workflow: &str, key: &str) -> Shown {
        self.engine().show(workflow, key, &clerk()).await.unwrap()
    }

    pub async fn field(&self, workflow: &str, key: &str, field: &str) -> Value {
        self.show(workflow, key).await.data.get(field).cloned().unwrap_or(Value::Null)
    }

    /// One line for each entry: what came, who sent it, what became of it.
    pub async fn trail(&self, workflow: &str, key: &str) -> Vec<String> {
        let rows = self.store.trail(InstanceId::of(workflow, key), 0, 1_000).await.unwrap();
        rows.iter().map(|row| line_of(&row.bytes)).collect()
    }

    /// Every trail is whole, and stepping it again gives the same.
    pub async fn prove(&self) {
        prove(&self.store, &self.engine()).await;
    }
}

pub async fn prove(store: &Arc<dyn Store>, engine: &Engine) {
    let verified = verify(store, |_| {}).await.unwrap();
    let faults: Vec<String> = verified.faults.iter().map(described).collect();
    assert_eq!(faults, Vec::<String>::new());
    let replayed = replay(store, engine.registry(), |_| {}).await.unwrap();
    assert_eq!(replayed.findings, Vec::new());
    let mut after = None;
    loop {
        let rows = store.instances_after(after, INSTANCES_PAGE).await.unwrap();
        let Some(last) = rows.last() else { return };
        after = Some(last.instance);
        for row in &rows {
            prove_past(engine, row).await;
        }
    }
}

/// What it was when its last entry was taken is what it is.
async fn prove_past(engine: &Engine, row: &InstanceRow) {
    let (workflow, key) = (&row.workflow, &row.key);
    let auditor = person("otto", &["auditor"]);
    let mut today = engine.show(workflow, key, &auditor).await.unwrap();
    // entries of the access log are never of one moment, and the last may be a little ahead
    let moment = match **workflow == *SYSTEM_WORKFLOW {
        true => PastMoment::Entry(row.sequence),
        false => PastMoment::At(engine.now()),
    };
    let past = engine.past(workflow, key, moment, &auditor).await.unwrap();
    assert_eq!((past.shown.sequence, past.next), (row.sequence, None));
    // what could be done then is not told of the past
    today.tasks.clear();
    let is_told = |name: &Arc<str>| !past.withheld.contains(name) && !past.erased.contains(name);
    today
        .data
        .retain(|name, _| is_told(name) && (past.is_stepped || past.shown.data.contains_key(name)));
    if past.is_stepped {
        assert_eq!(past.shown, today);
    } else {
        let told = |shown: &Shown| (shown.states.clone(), shown.done, shown.timers.clone(), shown.data.clone());
        assert_eq!(told(&past.shown), told(&today));
    }
}

pub fn node(
    name: &str,
    store: Arc<dyn Store>,
    clock: Arc<VirtualClock>,
    adapter: Arc<Scripted>,
    configure: impl Fn(&mut EngineConfig),
) -> Node {
    let mut configuration = EngineConfig::named(name);
    configure(&mut configuration);
    Node::new(configuration, surroundings(name, store, clock, adapter))
}

pub fn surroundings(name: &str, store: Arc<dyn Store>, clock: Arc<VirtualClock>, adapter: Arc<dyn Adapter>) -> Surroundings {
    let seed = name.bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte));
    Surroundings {
        store,
        compiler: Arc::new(LanguageCompiler),
        adapters: BTreeMap::from([("maker".into(), adapter)]),
        clock,
        entropy: Arc::new(SeededEntropy::of(seed)),
    }
}

/// Ticks the intake of a node until a question is answered.
///
/// Between two looks it waits for the answer and not for a number of turns: the question may itself be waiting for a database.
pub async fn taken_by<T: Send + 'static>(node: &Node, now: Timestamp, question: impl Future<Output = T> + Send + 'static) -> T {
    let mut asked = tokio::spawn(question);
    for _ in 0..LOOKS_MAX {
        tokio::task::yield_now().await;
        if !asked.is_finished() && node.intake.tick(now).await != Ticked::Idle {
            continue;
        }
        if let Ok(answer) = tokio::time::timeout(LOOK, &mut asked).await {
            return answer.unwrap();
        }
    }
    panic!("nobody answers");
}

/// Works until somebody has their answer: who asks may not have asked yet when a node first comes to rest.
pub async fn answer_of<T>(node: &mut Node, now: Timestamp, asked: tokio::task::JoinHandle<T>) -> T {
    for _ in 0..ROUNDS_MAX {
        settle(node, now).await;
        if asked.is_finished() {
            return asked.await.unwrap();
        }
    }
    panic!("nobody answers");
}

pub async fn settle(node: &mut Node, now: Timestamp) {
    let mut quiet = 0;
    for _ in 0..ROUNDS_MAX {
        tokio::task::yield_now().await;
        node.timers.tick(now).await.unwrap();
        let commits = node.schedules.commits();
        node.schedules.tick(now).await.unwrap();
        node.messages.tick(now).await.unwrap();
        let choices = node.assignments.choices();
        node.assignments.tick(now).await.unwrap();
        node.outbox.tick(now).await.unwrap();
        let ticked = node.intake.tick(now).await;
        let planned = commits != node.schedules.commits() || choices != node.assignments.choices();
        let busy = planned
            || ticked != Ticked::Idle
            || !node.messages.is_idle()
            || !node.timers.is_idle()
            || !node.assignments.is_idle();
        quiet = if busy { 0 } else { quiet + 1 };
        if quiet == 4 {
            return;
        }
    }
    panic!("it does not come to rest");
}

/// A definition of one file.
pub fn source(yaml: &str) -> String {
    source_beside(yaml, &[])
}

/// A definition of several files.
pub fn source_beside(yaml: &str, others: &[(&str, &str)]) -> String {
    let name: Arc<str> = "workflow.yaml".into();
    let mut files: BTreeMap<Arc<str>, Arc<str>> = others.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    files.insert(name.clone(), yaml.into());
    Bundle { main: name, files }.canonical()
}

pub fn person(id: &str, roles: &[&str]) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = roles.iter().map(|role| Arc::from(*role)).collect();
    actor
}

pub fn clerk() -> Actor {
    person("ann", &["clerk"])
}

pub fn operator() -> Actor {
    person("olga", &["operator"])
}

pub fn key(text: &str) -> InputKey {
    InputKey::of(&["test", text])
}

pub fn object(fields: &[(&str, Value)]) -> Object {
    fields.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect()
}

pub fn start_of(workflow: &str, key: Option<&str>, payload: &[(&str, Value)]) -> StartRequest {
    StartRequest {
        signed: None,
        workflow: workflow.into(),
        key: key.map(Arc::from),
        payload: object(payload),
        actor: clerk(),
        input_key: None,
        reason: None,
    }
}

pub fn send_of(workflow: &str, key: &str, event: &str) -> SendRequest {
    SendRequest {
        signed: None,
        task: None,
        workflow: workflow.into(),
        key: key.into(),
        event: event.into(),
        payload: Object::new(),
        actor: clerk(),
        input_key: None,
        reason: None,
        expected: None,
    }
}

fn line_of(bytes: &str) -> String {
    let entry = EntryText::read(bytes).unwrap();
    let input = entry.input().cloned().unwrap_or_default();
    let what = ["event", "name", "effect", "send", "act"]
        .iter()
        .find_map(|name| input.get(*name));
    let what = match what {
        Some(Value::Text(text)) if entry.input_kind() == "adapter_answer" => format!(" {}", name_of(text)),
        Some(Value::Text(text)) => format!(" {text}"),
        _ => String::new(),
    };
    let of = input
        .get("of")
        .and_then(Value::as_integer)
        .map(|of| format!(" of {of}"))
        .unwrap_or_default();
    format!(
        "{}{what}{of} by {}: {}",
        entry.input_kind(),
        entry.actor().unwrap().id,
        entry.verdict().unwrap()
    )
}

/// Each of these tests on a store of each kind.
macro_rules! on_every_store {
    ($($test:ident)*) => {
        $(mod $test {
            #[tokio::test]
            async fn memory() {
                crate::fixture::on_memory(super::$test).await;
            }

            #[tokio::test]
            async fn sqlite() {
                crate::fixture::on_sqlite(super::$test).await;
            }

            #[tokio::test]
            async fn postgres() {
                crate::fixture::on_postgres(super::$test).await;
            }
        })*
    };
}

pub(crate) use on_every_store;
