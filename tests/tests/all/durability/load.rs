//! Clients that never give up: each leads one job after the other through its life and asks every question until it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use statewright_tests::client::{Client, Reply};
use statewright_tests::doors::Doors;
use statewright_tests::random::Random;
use statewright_tests::wait;
use tokio::task::JoinSet;

use super::ledger::{Answered, Ledger};

/// Benches, fewer than clients, so that they get into each other's way.
const BENCHES: u64 = 6;

/// Counters that all jobs report to.
pub const COUNTERS: u64 = 3;

/// Milliseconds between a client's inputs, at most: enough that two processors keep up with a whole run in a debug build.
const PAUSE_MS_MAX: u64 = 60;

/// One in so many inputs is sent twice at once, and one in so many again when it is long answered.
const TWICE_IN: u64 = 12;

/// What all clients share.
pub struct Load {
    doors: Arc<Doors>,
    client: Client,
    ledger: Arc<Ledger>,
    stopping: AtomicBool,
}

/// Clients at work.
pub struct Clients {
    load: Arc<Load>,
    tasks: JoinSet<u64>,
}

impl Clients {
    /// Sets so many to work.
    pub fn begin(count: u64, doors: &Arc<Doors>, client: &Client, ledger: &Arc<Ledger>, random: &mut Random) -> Clients {
        let load = Arc::new(Load {
            doors: doors.clone(),
            client: client.clone(),
            ledger: ledger.clone(),
            stopping: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let mut worker = Worker {
                load: load.clone(),
                name: format!("c{number}"),
                inputs: 0,
                random: random.fork(),
            };
            tasks.spawn(async move { worker.work().await });
        }
        Clients { load, tasks }
    }

    /// Lets each finish the job it is at; answers how many jobs there were.
    ///
    /// # Panics
    /// With what a client found.
    pub async fn finish(mut self) -> u64 {
        self.load.stopping.store(true, Ordering::Relaxed);
        let finished = async {
            let mut jobs = 0;
            while let Some(done) = self.tasks.join_next().await {
                jobs += done.unwrap_or_else(|error| panic!("a client stopped: {error}"));
            }
            jobs
        };
        let finished = tokio::time::timeout(wait::DEADLINE, finished).await;
        finished.expect("clients finish the job they are at, once there is a server")
    }

    /// # Panics
    /// If a client stopped: it found something wrong.
    pub fn watch(&mut self) {
        if let Some(stopped) = self.tasks.try_join_next() {
            panic!("a client stopped: {stopped:?}");
        }
    }
}

struct Worker {
    load: Arc<Load>,
    name: String,
    inputs: u64,
    random: Random,
}

impl Worker {
    async fn work(&mut self) -> u64 {
        let mut jobs = 0;
        while !self.load.stopping.load(Ordering::Relaxed) {
            self.job(&format!("{}-{jobs}", self.name)).await;
            jobs += 1;
        }
        jobs
    }

    async fn job(&mut self, name: &str) {
        let counter = format!("counter-{}", self.random.below(COUNTERS));
        let with = json!({"name": name, "counter": counter, "rest_seconds": self.random.between(1, 3)});
        let mut states = self.input(name, "start", with).await.1;
        while states != "waiting" {
            self.pause().await;
            states = self.input(name, "NOTE", json!({})).await.1;
        }
        loop {
            let bench = format!("bench-{}", self.random.below(BENCHES));
            if self.input(name, "TAKE_BENCH", json!({"bench": bench})).await.0 {
                break;
            }
            self.pause().await;
        }
        self.pause().await;
        self.input(name, "NOTE", json!({})).await;
        let (left, _) = self.input(name, "LEAVE_BENCH", json!({})).await;
        assert!(left, "{name} is at a bench and may leave it");
    }

    async fn pause(&mut self) {
        wait::distance(self.random.below(PAUSE_MS_MAX)).await;
    }

    /// Asks until there is an answer, sometimes twice at once and sometimes once more afterwards.
    async fn input(&mut self, name: &str, what: &str, mut with: Value) -> (bool, String) {
        let stamp = format!("{}-{}", self.name, self.inputs);
        self.inputs += 1;
        with["stamp"] = json!(stamp);
        let load = self.load.clone();
        let ask = || load.ask(name, what, &with, &stamp);
        let answer = if self.random.once_in(TWICE_IN) {
            let (first, second) = tokio::join!(ask(), ask());
            assert_eq!((first.0, &first.1), (second.0, &second.1), "{stamp} was sent twice at once");
            first
        } else {
            ask().await
        };
        if self.random.once_in(TWICE_IN) {
            ask().await;
        }
        answer
    }
}

impl Load {
    /// Sends one input to any server until one answers. Answers whether it was taken, and the instance's states after it.
    async fn ask(&self, name: &str, what: &str, with: &Value, stamp: &str) -> (bool, String) {
        let (path, body) = match what {
            "start" => ("/v1/instances/job".to_owned(), json!({"with": with})),
            event => (
                format!("/v1/instances/job/{name}/events"),
                json!({"event": event, "with": with}),
            ),
        };
        let reply = self.client.insist(&self.doors, &path, stamp, &body).await;
        let answer = read(&reply, &format!("job/{name}"), what);
        self.ledger.note(stamp, answer.clone());
        let states = reply.json()["states"][0].as_str().unwrap_or_default().to_owned();
        (answer.taken, states)
    }
}

/// # Panics
/// With an answer that no input of these jobs should get.
fn read(reply: &Reply, instance: &str, what: &str) -> Answered {
    let body = reply.json();
    let (taken, sequence) = match (reply.status, what) {
        (200, _) | (201, "start") => (true, body["revision"].as_u64()),
        // Another job is at that bench. Where the no stands in the trail: `…?after=N&limit=1`.
        (409, "TAKE_BENCH") => {
            let place = body["instance"].as_str().unwrap_or_default();
            let after = place.split_once("?after=").and_then(|(_, rest)| rest.split('&').next());
            (
                false,
                after.and_then(|after| after.parse::<u64>().ok()).map(|after| after + 1),
            )
        }
        _ => panic!("{what} of {instance} was answered {} {}", reply.status, reply.body),
    };
    let sequence = sequence.unwrap_or_else(|| panic!("{what} of {instance}: the answer names no entry: {}", reply.body));
    Answered {
        instance: instance.to_owned(),
        what: what.to_owned(),
        taken,
        sequence,
    }
}
