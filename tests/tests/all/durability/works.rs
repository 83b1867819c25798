//! Jobs under way on a site, and whether all of it adds up in the end.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use statewright_simulators::Behaviour;
use statewright_tests::client::Client;
use statewright_tests::database::Database;
use statewright_tests::node::Node;
use statewright_tests::random::Random;
use statewright_tests::site::{Settings, Site};
use statewright_tests::trail::Trail;
use statewright_tests::wait;
use tokio::time::Instant;

use super::account::Account;
use super::ledger::Ledger;
use super::load::{COUNTERS, Clients};

const CLIENTS: u64 = 16;

/// After the clients have finished: timers of a few seconds, effects that are tried again, leases of the dead.
const QUIET: Duration = Duration::from_secs(120);

/// A lease that ends soon, so that what a killed server held is taken on within the test.
const LEASE: &str = "3s";

/// What stands between the last of those answers and the kill, so that it does not always fall behind an answer.
pub const DISTANCE_MS_MAX: u64 = 60;

/// A site under load.
pub struct Works {
    pub site: Site,
    ledger: Arc<Ledger>,
    clients: Option<Clients>,
    clerk: Client,
    auditor: Client,
    operator: Client,
    begun: Instant,
    pub kills: u64,
    jobs: u64,
}

impl Works {
    pub async fn open(database: Database) -> Works {
        let begun = Instant::now();
        let site = Site::open(database, settings()).await;
        for file in ["gate", "counter", "job"] {
            site.deploy(&format!("tests/fixtures/durability/{file}.yaml")).await;
        }
        let client = Client::new();
        let clerk = site.person(&client, "carla:clerk").await;
        let auditor = site.person(&client, "aude:auditor").await;
        let operator = site.person(&client, "otto:operator").await;
        Works {
            site,
            ledger: Arc::default(),
            clients: None,
            clerk,
            auditor,
            operator,
            begun,
            kills: 0,
            jobs: 0,
        }
    }

    pub async fn begin(&mut self, random: &mut Random) {
        for number in 0..COUNTERS {
            self.start("counter", &format!("counter-{number}")).await;
        }
        self.start("gate", "exit").await;
        let (doors, ledger) = (&self.site.doors, &self.ledger);
        self.clients = Some(Clients::begin(CLIENTS, doors, &self.clerk, ledger, random));
    }

    async fn start(&self, workflow: &str, name: &str) {
        let path = format!("/v1/instances/{workflow}");
        let started = self
            .clerk
            .insist(&self.site.doors, &path, name, &json!({"with": {"name": name}}))
            .await;
        assert_eq!(started.status, 201, "{}", started.body);
    }

    pub async fn kill(&mut self, node: Node) {
        node.kill().await;
        self.kills += 1;
    }

    /// How many inputs were answered so far.
    pub fn answers(&self) -> u64 {
        self.ledger.count()
    }

    /// # Panics
    /// If a client stopped: it found something wrong.
    pub fn watch(&mut self) {
        if let Some(clients) = &mut self.clients {
            clients.watch();
        }
    }

    /// Waits until the clients have got so many answers more, and a moment.
    pub async fn progress(&mut self, random: &mut Random, answers: (u64, u64)) {
        let goal = self.ledger.count() + random.between(answers.0, answers.1);
        wait::until("clients to get answers", wait::DEADLINE, async || {
            self.watch();
            (self.ledger.count() >= goal).then_some(())
        })
        .await;
        wait::distance(random.below(DISTANCE_MS_MAX)).await;
    }

    /// Lets the clients finish the jobs they are at.
    pub async fn finish(&mut self) {
        let clients = self.clients.take().expect("clients are at work");
        self.jobs = clients.finish().await;
    }

    /// Lets every job go that comes to the gate.
    pub async fn open_gate(&self) {
        let path = "/v1/instances/gate/exit/events";
        let opened = self
            .clerk
            .insist(&self.site.doors, path, "open", &json!({"event": "OPEN"}))
            .await;
        assert_eq!(opened.status, 200, "{}", opened.body);
    }

    /// Waits for everything to come to its end, and settles the account.
    pub async fn settle(self, nodes: Vec<Node>, what: &str) {
        let url = self.site.doors.any().await;
        self.all_gone(&url).await;
        let mut account = self.account(&url).await;
        self.settle_incidents(&url, &mut account).await;
        for node in nodes {
            node.stop().await;
        }
        self.settle_rows(&mut account).await;
        assert!(
            account.findings.is_empty(),
            "{} found:\n{}",
            account.findings.len(),
            account.findings.join("\n")
        );
        let counted = self.begun.elapsed();
        self.site.prove().await;
        self.report(what, &account, self.begun.elapsed() - counted);
    }

    fn report(&self, what: &str, account: &Account, proving: Duration) {
        let requests = self.site.design.log().into_iter().chain(self.site.carrier.log());
        let requests: u64 = requests.map(|entry| u64::from(entry.attempts)).sum();
        println!(
            "{}{what}: {} jobs, {} inputs answered ({} of them again), {} entries, {} timers, {} sends, \
             {} effects in {requests} requests; {:.1} s, of these {:.1} s to verify and replay",
            if self.kills == 0 {
                String::new()
            } else {
                format!("{} ", self.kills)
            },
            self.jobs,
            self.ledger.count(),
            self.ledger.repeats(),
            account.entries,
            account.timers,
            account.sends(),
            account.effects(),
            self.begun.elapsed().as_secs_f64(),
            proving.as_secs_f64(),
        );
    }

    async fn all_gone(&self, url: &str) {
        let open = format!("{url}/v1/instances?workflow=job&done=false&limit=200");
        wait::until("every job to end", QUIET, async || {
            let page = self.auditor.read(&open).await?;
            (page["instances"].as_array()?.is_empty() && page["after"].is_null()).then_some(())
        })
        .await;
        let ended = self.instances(url, "job").await.len() as u64;
        assert_eq!(ended, self.jobs, "as many jobs ended as were begun");
    }

    async fn instances(&self, url: &str, workflow: &str) -> Vec<Value> {
        let mut instances = Vec::new();
        let mut after = String::new();
        loop {
            let page = format!("{url}/v1/instances?workflow={workflow}&limit=200{after}");
            let page = self.auditor.read(&page).await.expect("the server answers");
            instances.extend(page["instances"].as_array().expect("a page is a list").iter().cloned());
            match page["after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return instances,
            }
        }
    }

    async fn account(&self, url: &str) -> Account {
        let mut account = Account::default();
        let answers = self.ledger.answers();
        for workflow in ["job", "counter", "gate"] {
            for shown in self.instances(url, workflow).await {
                let key = shown["key"].as_str().expect("a key is text");
                let trail = Trail::read(&self.auditor, url, workflow, key)
                    .await
                    .expect("the server answers");
                account.read(&format!("{workflow}/{key}"), &trail);
                if workflow == "job" {
                    let notes = |answered: &&super::ledger::Answered| {
                        answered.what == "NOTE" && answered.instance == format!("job/{key}")
                    };
                    let notes = answers.values().filter(notes).count();
                    account.findings.extend(wrong_data(key, &shown, notes));
                }
            }
        }
        account.settle_inputs(&answers);
        account.settle_intents();
        account.settle_effects("lens_design", &self.site.design.log());
        account.settle_effects("carrier", &self.site.carrier.log());
        account
    }

    async fn settle_incidents(&self, url: &str, account: &mut Account) {
        let incidents = self
            .operator
            .read(&format!("{url}/v1/incidents"))
            .await
            .expect("the server answers");
        if incidents["incidents"] != json!([]) {
            account.findings.push(format!("incidents: {incidents}"));
        }
    }

    /// Nothing is left that anybody would still have to do, and nobody holds anything.
    async fn settle_rows(&self, account: &mut Account) {
        // The key under which an instance was started stays claimed; a bench does not.
        for table in ["timer", "message", "effect", "claim where name = 'bench'"] {
            let rows = self.site.database.number(&format!("select count(*) from {table}")).await;
            if rows != 0 {
                account.findings.push(format!("{rows} rows are left in {table}"));
            }
        }
    }
}

/// Counterparts that lose answers and fail now and then.
fn settings() -> Settings {
    Settings {
        design: Behaviour {
            slow_ms: 30,
            drop_first: 1,
            fail_rate: 0.2,
            ..Behaviour::default()
        },
        carrier: Behaviour {
            slow_ms: 50,
            fail_first: 1,
            fail_rate: 0.1,
            answer_twice: true,
            ..Behaviour::default()
        },
        limits: json!({"lease": LEASE}),
    }
}

/// What a job that is over has counted: each thing that happened to it, once.
fn wrong_data(key: &str, shown: &Value, notes: usize) -> Vec<String> {
    let expected = json!({"notes": notes, "nods": 1, "echoes": 1, "rested": 1, "answered": 2, "sphere": "-1.22"});
    let fields = expected.as_object().into_iter().flatten();
    let wrong = fields.filter(|(name, value)| shown["data"][name.as_str()] != **value);
    let mut wrong: Vec<String> = wrong
        .map(|(name, value)| format!("job/{key}: {name} is {}, not {value}", shown["data"][name.as_str()]))
        .collect();
    if shown["states"] != json!(["gone"]) {
        wrong.push(format!("job/{key} is in {}", shown["states"]));
    }
    wrong
}
