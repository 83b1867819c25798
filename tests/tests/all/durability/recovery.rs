//! Starting, stopping and being full: what a server owes to what came before it, and to what is under way.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use statewright_simulators::Behaviour;
use statewright_tests::client::{Client, Reply, Unanswered};
use statewright_tests::database::{Database, Dialect};
use statewright_tests::site::{Settings, Site};
use statewright_tests::trail::Trail;
use statewright_tests::wait;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Instances with five timers each.
const ALARMS: usize = 12;

/// When the last of an alarm's timers is due, and some.
const ALL_DUE: Duration = Duration::from_millis(2_000);

/// Requests that are under way at once.
const REQUESTS: u64 = 24;

/// What a small server lets wait, and takes at once.
const QUEUE: u64 = 4;
const BATCH: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn timers_due_while_nobody_ran_fire_in_due_order_and_once() {
    for dialect in Dialect::BOTH {
        fire_after_downtime(dialect).await;
    }
}

async fn fire_after_downtime(dialect: Dialect) {
    let site = Site::open(Database::create(dialect).await, Settings::default()).await;
    site.deploy("tests/fixtures/durability/alarm.yaml").await;
    let client = Client::new();
    let clerk = site.person(&client, "carla:clerk").await;
    let auditor = site.person(&client, "aude:auditor").await;
    let node = site.start("before").await;
    for number in 0..ALARMS {
        let body = json!({"with": {"name": format!("alarm-{number}")}});
        let started = clerk.post(&format!("{}/v1/instances/alarm", node.url()), None, &body).await;
        assert_eq!(started.expect("the server answers").status, 201);
    }
    let set = Instant::now();
    node.kill().await;
    wait::until("every timer to be due", wait::DEADLINE, async || {
        (set.elapsed() > ALL_DUE).then_some(())
    })
    .await;

    let node = site.start("after").await;
    let mut fired: Vec<(Timestamp, Timestamp)> = Vec::new();
    for number in 0..ALARMS {
        let key = format!("alarm-{number}");
        let url = format!("{}/v1/instances/alarm/{key}", node.url());
        let rung = wait::until("every timer to fire", wait::DEADLINE, async || {
            let rung = clerk.read(&url).await?["data"]["rung"].clone();
            (rung.as_array()?.len() >= 5).then_some(rung)
        })
        .await;
        assert_eq!(rung, json!(["first", "second", "third", "fourth", "fifth"]), "{key}");
        let trail = Trail::read(&auditor, &node.url(), "alarm", &key)
            .await
            .expect("the server answers");
        let timers = trail.entries.iter().filter(|entry| entry["input"]["kind"] == "timer");
        fired.extend(timers.map(|entry| (moment(&entry["input"]["due"]), moment(&entry["at"]))));
    }
    assert_eq!(fired.len(), ALARMS * 5, "each once");
    fired.sort();
    let early: Vec<_> = fired.windows(2).filter(|pair| pair[0].1 > pair[1].1).collect();
    assert!(
        early.is_empty(),
        "fired before others that had been due before them: {early:?}"
    );
    node.stop().await;
    site.prove().await;
}

fn moment(value: &Value) -> Timestamp {
    let text = value.as_str().unwrap_or_default();
    text.parse().unwrap_or_else(|error| panic!("{text} is no moment: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_end_answers_what_is_under_way_and_holds_nothing_afterwards() {
    for dialect in Dialect::BOTH {
        stop_under_way(dialect).await;
    }
}

async fn stop_under_way(dialect: Dialect) {
    // The first attempt at each design gets no answer: it is under way when the server is told to end, and is tried again by the next.
    let design = Behaviour {
        hang_first: 1,
        ..Behaviour::default()
    };
    let site = Site::open(
        Database::create(dialect).await,
        Settings {
            design,
            ..Settings::default()
        },
    )
    .await;
    let works = Works::open(&site).await;
    let mut node = site.start("first").await;
    works.counter(&node.url()).await;
    assert_eq!(
        works
            .start_job(&node.url(), "under-way")
            .await
            .expect("the server answers")
            .status,
        201
    );
    wait::until("the design to be asked for", wait::DEADLINE, async || {
        (!site.design.log().is_empty()).then_some(())
    })
    .await;

    let hold = site.database.hold().await;
    let before = works.requests(&node.url()).await;
    let requests = works.many(&node.url());
    let mut questions = 0;
    wait::until("the requests to arrive", wait::DEADLINE, async || {
        questions += 1;
        (works.requests(&node.url()).await >= before + questions + REQUESTS).then_some(())
    })
    .await;
    node.terminate();
    hold.release().await;
    for reply in requests.join_all().await {
        let reply = reply.expect("what was under way is answered");
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    let status = node.ended().await;
    assert!(status.success(), "{status}: {}", node.log());
    let held = site
        .database
        .number("select count(*) from effect where lease_node is not null")
        .await;
    assert_eq!(held, 0, "leases are left");
    let node = site.start("second").await;
    works.all_designed(&node.url()).await;
    node.stop().await;
    site.prove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_says_when_to_come_again_and_loses_nothing() {
    for dialect in Dialect::BOTH {
        fill(dialect).await;
    }
}

async fn fill(dialect: Dialect) {
    let settings = Settings {
        limits: json!({"queue": QUEUE, "batch": BATCH, "committers": 1}),
        ..Settings::default()
    };
    let site = Site::open(Database::create(dialect).await, settings).await;
    let works = Works::open(&site).await;
    let node = site.start("small").await;
    works.counter(&node.url()).await;

    let hold = site.database.hold().await;
    let mut requests = works.many(&node.url());
    // One batch is on its way to the database, and as many wait as may: the others are told at once.
    let mut refused = 0;
    while refused < REQUESTS - BATCH - QUEUE {
        let reply = tokio::time::timeout(wait::DEADLINE, requests.join_next())
            .await
            .expect("a full server answers at once");
        told_to_come_again(
            &reply
                .expect("there is a request")
                .expect("a request does not panic")
                .expect("the server answers"),
        );
        refused += 1;
    }
    hold.release().await;
    let mut started = 0;
    for reply in requests.join_all().await {
        let reply = reply.expect("what was accepted is answered");
        match reply.status {
            201 => started += 1,
            // The batch on its way may have been smaller.
            _ => told_to_come_again(&reply),
        }
    }
    assert!(started >= QUEUE, "what waited is answered: {started}");
    // Those who were refused come again under the same keys, and nobody is counted twice.
    for number in 0..REQUESTS {
        wait::until("an answer", wait::DEADLINE, async || {
            let reply = works.start_job(&node.url(), &format!("job-{number}")).await.ok()?;
            (reply.status == 201).then_some(())
        })
        .await;
    }
    works.all_designed(&node.url()).await;
    node.stop().await;
    assert_eq!(
        site.database
            .number("select count(*) from instance where workflow = 'job'")
            .await,
        REQUESTS as i64
    );
    site.prove().await;
}

fn told_to_come_again(reply: &Reply) {
    assert_eq!(reply.status, 429, "{}", reply.body);
    let seconds: u64 = reply
        .header("retry-after")
        .parse()
        .expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");
}

/// Jobs, and someone who starts them.
struct Works {
    clerk: Client,
}

impl Works {
    async fn open(site: &Site) -> Works {
        for file in ["gate", "counter", "job"] {
            site.deploy(&format!("tests/fixtures/durability/{file}.yaml")).await;
        }
        Works {
            clerk: site.person(&Client::new(), "carla:clerk").await,
        }
    }

    async fn counter(&self, url: &str) {
        let body = json!({"with": {"name": "counter-0"}});
        let started = self.clerk.post(&format!("{url}/v1/instances/counter"), None, &body).await;
        assert_eq!(started.expect("the server answers").status, 201);
    }

    async fn start_job(&self, url: &str, name: &str) -> Result<Reply, Unanswered> {
        start_job(self.clerk.clone(), url.to_owned(), name.to_owned()).await
    }

    /// As many at once as [`REQUESTS`] says.
    fn many(&self, url: &str) -> JoinSet<Result<Reply, Unanswered>> {
        (0..REQUESTS)
            .map(|number| start_job(self.clerk.clone(), url.to_owned(), format!("job-{number}")))
            .collect()
    }

    /// How many requests have reached the server, this one included: it numbers them.
    async fn requests(&self, url: &str) -> u64 {
        let reply = self.clerk.get(&format!("{url}/healthz")).await.expect("the server answers");
        reply.header("x-request-id").parse().expect("requests are numbered")
    }

    async fn all_designed(&self, url: &str) {
        let open = format!("{url}/v1/instances?workflow=job&limit=200");
        wait::until("every job to be designed", wait::DEADLINE, async || {
            let page = self.clerk.read(&open).await?;
            let designed = page["instances"]
                .as_array()?
                .iter()
                .all(|job| !job["data"]["sphere"].is_null());
            designed.then_some(())
        })
        .await;
    }
}

async fn start_job(clerk: Client, url: String, name: String) -> Result<Reply, Unanswered> {
    let with = json!({"name": name, "counter": "counter-0", "rest_seconds": 1, "stamp": name});
    clerk
        .post(&format!("{url}/v1/instances/job"), Some(&name), &json!({"with": with}))
        .await
}
