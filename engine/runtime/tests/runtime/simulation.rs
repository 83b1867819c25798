//! Two nodes, a database that loses connections, nodes that are killed: whatever happens, everything is taken once.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::InputKey;
use statewright_core::step::Verdict;
use statewright_core::value::Value;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::intake::Answer;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{Store, open};
use statewright_engine::testing::{Chance, FaultRates, FaultyStore};
use statewright_engine::{Node, SendRequest};
use tokio::task::JoinHandle;

use crate::support::{Scripted, World, node, send_of};

const WORKSHOP: &str = "
workflow: workshop
data:
  orders: {type: integer, default: 0}
  told: {type: integer, default: 0}
  made: {type: integer, default: 0}
  ticks: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    after:
      tick: {every: 20s, times: 5, actions: [{assign: {ticks: \"{{ ticks + 1 }}\"}}]}
    on:
      ORDER:
        by: [clerk]
        actions:
          - {assign: {orders: \"{{ orders + 1 }}\"}}
          - {send: {to: {workflow: ledger, key: all}, event: COUNT, id: count}}
      sent.taken.count: {actions: [{assign: {told: \"{{ told + 1 }}\"}}]}
      MAKE: {target: making, by: [clerk]}
  making:
    invoke:
      id: lens
      adapter: maker
      action: make
      retry: {attempts: 50, backoff: 1s..5s}
      onDone: {target: open, actions: [{assign: {made: \"{{ made + 1 }}\"}}]}
    on:
      ORDER:
        by: [clerk]
        actions:
          - {assign: {orders: \"{{ orders + 1 }}\"}}
          - {send: {to: {workflow: ledger, key: all}, event: COUNT, id: count}}
      sent.taken.count: {actions: [{assign: {told: \"{{ told + 1 }}\"}}]}
";

const LEDGER: &str = "
workflow: ledger
data:
  count: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      COUNT:
        by: [{workflow: workshop}]
        actions: [{assign: {count: \"{{ count + 1 }}\"}}]
";

const WORKSHOPS: [&str; 3] = ["W-1", "W-2", "W-3"];

/// A client that sends one event under one key until it has an answer.
struct Client {
    request: SendRequest,
    waiting: Option<JoinHandle<EngineResult<Answer>>>,
}

struct Simulation {
    chance: Chance,
    world: World,
    faults: Arc<FaultyStore>,
    nodes: Vec<Node>,
    clients: Vec<Client>,
    sent: u64,
    /// Taken, by workshop and event.
    taken: BTreeMap<(String, String), i64>,
    boots: u32,
}

impl Simulation {
    async fn of(seed: u64, plain: Arc<dyn Store>) -> Self {
        let world = World::on(plain.clone(), &[WORKSHOP, LEDGER], |_| {}).await;
        world.start("ledger", "all", &[]).await.unwrap();
        for key in WORKSHOPS {
            world.start("workshop", key, &[]).await.unwrap();
        }
        let faults = Arc::new(FaultyStore::new(plain, seed ^ 0xfa17));
        let mut simulation = Simulation {
            chance: Chance::of(seed),
            world,
            faults,
            nodes: Vec::new(),
            clients: Vec::new(),
            sent: 0,
            taken: BTreeMap::new(),
            boots: 0,
        };
        simulation.nodes = vec![simulation.boot(), simulation.boot()];
        simulation
    }

    fn boot(&mut self) -> Node {
        self.boots += 1;
        let name = format!("node-{}", self.boots);
        let adapter: Arc<Scripted> = self.world.adapter.clone();
        node(
            &name,
            self.faults.clone(),
            self.world.clock.clone(),
            adapter,
            |configuration| configuration.batch_max = 4,
        )
    }

    async fn step(&mut self, calm: bool) {
        let now = self.world.now();
        let place = usize::try_from(self.chance.below(2)).unwrap();
        match self.chance.below(100) {
            0..25 if !calm => self.client_sends(),
            0..45 => drop(self.nodes[place].intake.tick(now).await),
            45..60 => drop(self.nodes[place].messages.tick(now).await),
            60..70 => drop(self.nodes[place].timers.tick(now).await),
            70..85 => drop(self.nodes[place].outbox.tick(now).await),
            85..98 => self
                .world
                .clock
                .set(now + jiff::SignedDuration::from_millis(i64::try_from(self.chance.below(1_500)).unwrap())),
            _ if !calm => self.kill(place),
            _ => {}
        }
        tokio::task::yield_now().await;
        self.clients_hear().await;
    }

    /// What it held is gone, its clients lose their connections, and another comes up under another name.
    fn kill(&mut self, place: usize) {
        self.nodes[place].intake.queue.abandon();
        self.nodes[place] = self.boot();
    }

    fn client_sends(&mut self) {
        self.sent += 1;
        let workshop = *self.chance.pick(&WORKSHOPS).unwrap();
        let event = *self.chance.pick(&["ORDER", "ORDER", "ORDER", "MAKE"]).unwrap();
        let input_key = Some(InputKey::of(&["client", &self.sent.to_string()]));
        let request = SendRequest {
            input_key,
            ..send_of("workshop", workshop, event)
        };
        self.clients.push(Client { request, waiting: None });
    }

    /// Clients without an answer ask (again); those with one are gone.
    async fn clients_hear(&mut self) {
        let mut still = Vec::new();
        for mut client in std::mem::take(&mut self.clients) {
            match client.waiting.take() {
                None => {
                    let place = usize::try_from(self.chance.below(2)).unwrap();
                    let engine = self.nodes[place].engine.clone();
                    let request = client.request.clone();
                    client.waiting = Some(tokio::spawn(async move { engine.send(request).await }));
                    still.push(client);
                }
                Some(waiting) if !waiting.is_finished() => {
                    client.waiting = Some(waiting);
                    still.push(client);
                }
                Some(waiting) => match waiting.await.unwrap() {
                    Ok(answer) if answer.verdict == Verdict::Taken => {
                        let key = (client.request.key.to_string(), client.request.event.to_string());
                        *self.taken.entry(key).or_default() += 1;
                    }
                    Ok(_) => {}
                    Err(EngineError::Unavailable(_) | EngineError::ShuttingDown | EngineError::Conflict { .. }) => {
                        still.push(client)
                    }
                    Err(error) => panic!("{error}"),
                },
            }
        }
        self.clients = still;
    }

    fn taken(&self, workshop: &str, event: &str) -> Value {
        Value::Integer(self.taken.get(&(workshop.to_owned(), event.to_owned())).copied().unwrap_or(0))
    }

    async fn check(&self, seed: u64) {
        let mut orders = 0;
        for workshop in WORKSHOPS {
            let data = self.world.show("workshop", workshop).await.data;
            let field = |name: &str| data.get(name).cloned().unwrap_or(Value::Null);
            assert_eq!(
                field("orders"),
                self.taken(workshop, "ORDER"),
                "seed {seed}: {workshop} took each order once"
            );
            assert_eq!(
                field("told"),
                field("orders"),
                "seed {seed}: {workshop} was answered each send once"
            );
            assert_eq!(
                field("made"),
                self.taken(workshop, "MAKE"),
                "seed {seed}: {workshop} made each once"
            );
            orders += field("orders").as_integer().unwrap();
        }
        assert_eq!(
            self.world.field("ledger", "all", "count").await,
            Value::Integer(orders),
            "seed {seed}"
        );
        assert_eq!(self.world.engine().incidents().await.unwrap(), [], "seed {seed}");
        self.world.prove().await;
    }
}

async fn simulate(seed: u64, store: Arc<dyn Store>) {
    let mut simulation = Simulation::of(seed, store).await;
    simulation.faults.set(FaultRates { before: 30, after: 30 });
    for _ in 0..1_500 {
        simulation.step(false).await;
    }
    // The database is well again, and everything comes to its end.
    simulation.faults.set(FaultRates::default());
    for _ in 0..6_000 {
        simulation.step(true).await;
    }
    assert_eq!(simulation.clients.len(), 0, "seed {seed}: every client is answered");
    simulation.check(seed).await;
}

#[tokio::test]
async fn whatever_fails_everything_is_taken_once() {
    for seed in 1..=6 {
        simulate(seed, Arc::new(MemoryStore::new())).await;
    }
}

#[tokio::test]
async fn whatever_fails_everything_is_taken_once_in_sqlite_too() {
    for seed in 101..=102 {
        let store = open("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        simulate(seed, store).await;
    }
}
