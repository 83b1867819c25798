//! A queue of very many open tasks, and a search over very many orders, beside reads of single instances of the same run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value;
use statewright_engine::queries::{FindRequest, QueueRequest, SearchRequest};
use statewright_engine::{Engine, StartRequest};

use super::arguments::Arguments;
use super::node;
use super::report::{milliseconds, percentile};

/// The groups that the tasks are for.
const TEAMS: usize = 20;

/// Starts that are under way at once while the database is filled: two batches.
const STARTERS: usize = 1_024;

/// Readings of each kind.
const READINGS: usize = 400;

/// Tasks of a page: a screenful, and what a page has if nothing is said.
const PAGES: [usize; 2] = [20, 100];

const WORKFLOW: &str = "bench-work";

/// Fills the database with so many open tasks, by way of the engine, and prints how long what takes.
pub async fn run(arguments: &Arguments) -> Result<(), String> {
    let total = if arguments.instances == 0 {
        1_000_000
    } else {
        arguments.instances
    };
    // what is compared are reads: what recording them costs is measured apart
    let engine = node::launch_recording(&arguments.store, None, arguments.committers, false).await?;
    let begun = Instant::now();
    fill(&engine, total).await?;
    let filled_s = begun.elapsed().as_secs_f64();
    let workers: Vec<Actor> = (0..TEAMS).map(worker).collect();
    let single = of_each(|number| {
        let (engine, actor) = (engine.clone(), workers[number * 7 % total % TEAMS].clone());
        let key = order_no(number * 7 % total);
        async move {
            let shown = engine.show(WORKFLOW, &key, &actor).await;
            shown.map(|_| 1).map_err(|error| error.to_string())
        }
    })
    .await?;
    let line = |what: &str, mut times: Vec<Duration>, mut single: Vec<Duration>, more: Value| {
        let (p50, p99) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
        let (one_p50, one_p99) = (percentile(&mut single, 0.5), percentile(&mut single, 0.99));
        println!(
            "{}",
            json!({"w": "queue", "what": what, "tasks": total, "groups": TEAMS, "filled_s": filled_s.round(), "p50_ms": milliseconds(p50),
                "p99_ms": milliseconds(p99), "single_p50_ms": milliseconds(one_p50), "single_p99_ms": milliseconds(one_p99),
                "ratio_p50": ratio(p50, one_p50), "ratio_p99": ratio(p99, one_p99), "more": more})
        );
    };
    for limit in PAGES {
        let pages = of_each(|number| {
            let (engine, actor) = (engine.clone(), workers[number % TEAMS].clone());
            let request = QueueRequest {
                limit,
                ..QueueRequest::default()
            };
            async move {
                let page = engine.queue(&request, &actor).await.map_err(|error| error.to_string())?;
                Ok(page.tasks.len())
            }
        })
        .await?;
        line("page of a queue", pages, single.clone(), json!({"limit": limit}));
    }
    let found = of_each(|number| {
        let (engine, actor) = (engine.clone(), worker(number * 13 % total % TEAMS));
        let request = SearchRequest {
            word: order_no(number * 13 % total).into(),
            limit: 20,
            ..SearchRequest::default()
        };
        async move {
            let hits = engine.search(&request, &actor).await.map_err(|error| error.to_string())?;
            Ok(hits.hits.len())
        }
    })
    .await?;
    line("search of an order number", found, single.clone(), json!({}));
    let begins = of_each(|number| {
        let (engine, actor) = (engine.clone(), worker(number % TEAMS));
        let word = order_no(number * 13 % total);
        let request = SearchRequest {
            word: word.get(..word.len() - 3).unwrap_or(&word).into(),
            limit: 20,
            ..SearchRequest::default()
        };
        async move {
            let hits = engine.search(&request, &actor).await.map_err(|error| error.to_string())?;
            Ok(hits.hits.len())
        }
    })
    .await?;
    line(
        "search of a beginning that a thousand share, fifty of them theirs",
        begins,
        single.clone(),
        json!({}),
    );
    let trays = of_each(|number| {
        let (engine, actor) = (engine.clone(), actor_of_all());
        let request = FindRequest {
            workflow: WORKFLOW.into(),
            fields: vec![("tray".into(), (number % 1_000).to_string().into())],
            limit: 20,
            ..FindRequest::default()
        };
        async move {
            let found = engine.find(&request, &actor).await.map_err(|error| error.to_string())?;
            Ok(found.hits.len())
        }
    })
    .await?;
    line("list by a tray", trays, single, json!({}));
    engine.shut_down(Duration::from_secs(10)).await;
    for (what, records) in [("unrecorded readings", false), ("recorded readings", true)] {
        let engine = node::launch_recording(&arguments.store, None, arguments.committers, records).await?;
        for readers in [1, 8, 64] {
            let (per_second, mut times) = read_at_once(&engine, readers, total).await?;
            println!(
                "{}",
                json!({"w": "queue", "what": what, "readers": readers, "per_s": per_second.round(),
                    "p50_ms": milliseconds(percentile(&mut times, 0.5)), "p99_ms": milliseconds(percentile(&mut times, 0.99))})
            );
        }
        engine.shut_down(Duration::from_secs(10)).await;
    }
    Ok(())
}

/// So many readers of one instance each with a personal field, again and again: how many a second, and how long each takes.
async fn read_at_once(engine: &Engine, readers: usize, total: usize) -> Result<(f64, Vec<Duration>), String> {
    let begun = Instant::now();
    let mut reading = Vec::new();
    for reader in 0..readers {
        let engine = engine.clone();
        reading.push(tokio::spawn(async move {
            let actor = actor_of_all();
            let mut times = Vec::new();
            for number in 0..(READINGS * 4 / readers).max(READINGS / 4) {
                let key = order_no((reader * 7_919 + number * 13) % total);
                let begun = Instant::now();
                engine.show(WORKFLOW, &key, &actor).await.map_err(|error| error.to_string())?;
                times.push(begun.elapsed());
            }
            Ok::<_, String>(times)
        }));
    }
    let mut times = Vec::new();
    for reader in reading {
        times.extend(reader.await.map_err(|error| error.to_string())??);
    }
    Ok((times.len() as f64 / begun.elapsed().as_secs_f64(), times))
}

fn ratio(of: Duration, to: Duration) -> f64 {
    (of.as_secs_f64() / to.as_secs_f64() * 10.0).round() / 10.0
}

fn order_no(number: usize) -> String {
    format!("A-{number:08}")
}

fn worker(team: usize) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, format!("worker-{team}"));
    actor.roles = vec!["worker".into()];
    actor.unit = Some(format!("team-{team}").into());
    actor
}

fn actor_of_all() -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, "bench");
    actor.roles = vec!["bench".into()];
    actor
}

/// How long each of them takes, one after the other; each must find something.
async fn of_each<F>(ask: impl Fn(usize) -> F) -> Result<Vec<Duration>, String>
where
    F: Future<Output = Result<usize, String>>,
{
    let mut times = Vec::with_capacity(READINGS);
    for number in 0..READINGS + READINGS / 10 {
        let begun = Instant::now();
        let found = ask(number).await?;
        // the first ones warm up
        if number >= READINGS / 10 {
            times.push(begun.elapsed());
        }
        if found == 0 {
            return Err(format!("reading {number} found nothing"));
        }
    }
    Ok(times)
}

async fn fill(engine: &Engine, total: usize) -> Result<(), String> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut starters = Vec::new();
    for _ in 0..STARTERS {
        let (engine, next) = (engine.clone(), next.clone());
        starters.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return Ok::<(), String>(());
                }
                engine.start(start(number)?).await.map_err(|error| error.to_string())?;
            }
        }));
    }
    for starter in starters {
        starter.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

fn start(number: usize) -> Result<StartRequest, String> {
    let payload = format!(
        r#"{{"order_no": "{}", "tray": "{}", "patient": "Patient {number}", "team": "team-{}"}}"#,
        order_no(number),
        number % 1_000,
        number % TEAMS
    );
    let payload = value::json::read(&payload).map_err(|error| error.to_string())?;
    Ok(StartRequest {
        signed: None,
        workflow: WORKFLOW.into(),
        key: None,
        payload: payload.as_object().cloned().unwrap_or_default(),
        actor: actor_of_all(),
        input_key: None,
        reason: None,
    })
}
