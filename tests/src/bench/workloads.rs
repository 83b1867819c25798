//! W1, W2, W3 and W5.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use statewright_core::identity::InstanceId;
use statewright_engine::store::{Store, open};

use super::arguments::{Arguments, Via};
use super::cpu::Used;
use super::history;
use super::report::{self, Run, percentile};
use super::target::{Client, Target};

pub(super) const EVENTS: [&str; 5] = ["PAY", "PICK", "PACK", "SHIP", "DELIVER"];

/// Instances of one run: about as many as keep a run a few seconds long.
fn instances(arguments: &Arguments, clients: usize) -> usize {
    match arguments.instances {
        0 if clients == 1 => 1_000,
        0 => 6_000,
        chosen => chosen,
    }
}

/// About 300 bytes of JSON, as the peers send.
pub(super) fn payload(order: &str) -> String {
    format!(
        r#"{{"order_id":"{order}","customer":"c-123456","amount":129.95,"currency":"EUR","items":[{{"sku":"A-1","qty":2}},{{"sku":"B-2","qty":1}}],"address":{{"street":"Main 1","city":"Bern","zip":"3000"}},"note":"{}"}}"#,
        "x".repeat(90)
    )
}

/// W1 and W3: start, five events, the end; closed-loop clients.
pub async fn orders(arguments: &Arguments, workload: &str) -> Result<(), String> {
    let mut is_empty = true;
    for clients in &arguments.clients {
        let target = Arc::new(Target::open(arguments, None).await?);
        run_orders(&target, *clients, *clients * 4, "warm").await?;
        if arguments.history > 0 && std::mem::take(&mut is_empty) {
            history::fill(&arguments.store, arguments.history).await?;
        }
        let mut runs = Vec::new();
        for run in 0..arguments.runs.max(1) {
            runs.push(run_orders(&target, *clients, instances(arguments, *clients), &format!("{run}")).await?);
        }
        println!(
            "{}",
            report::orders(
                workload,
                via(arguments),
                kind_of_store(&arguments.store),
                *clients,
                &mut runs,
                json!({"history": arguments.history})
            )
        );
        close(target).await;
    }
    Ok(())
}

/// W5: W1 in process, with a bound on the transitions of one commit.
pub async fn batches(arguments: &Arguments) -> Result<(), String> {
    for batch in &arguments.batch {
        let arguments = Arguments {
            via: Via::Engine,
            ..arguments.clone()
        };
        let target = Arc::new(Target::open(&arguments, Some(*batch)).await?);
        // one batch is under way while the next gathers
        let clients = (*batch * 2).max(2);
        let mut runs = Vec::new();
        for run in 0..arguments.runs.max(1) {
            runs.push(
                run_orders(
                    &target,
                    clients,
                    instances(&arguments, clients).max(clients * 4),
                    &format!("b{run}"),
                )
                .await?,
            );
        }
        let more = json!({"batch": batch});
        println!(
            "{}",
            report::orders("W5", "engine", kind_of_store(&arguments.store), clients, &mut runs, more)
        );
        close(target).await;
    }
    Ok(())
}

async fn run_orders(target: &Arc<Target>, clients: usize, total: usize, name: &str) -> Result<Run, String> {
    let next = Arc::new(AtomicUsize::new(0));
    let prefix: Arc<str> = format!("{name}-{:x}", nonce()).into();
    let before = Used::by(&target.processes());
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let mut client = target.client().await?;
        let (next, prefix) = (next.clone(), prefix.clone());
        tasks.push(tokio::spawn(
            async move { run_client(&mut client, &next, total, &prefix).await },
        ));
    }
    let mut latencies = Vec::with_capacity(total * EVENTS.len());
    for task in tasks {
        latencies.extend(task.await.map_err(|error| error.to_string())??);
    }
    let elapsed = begun.elapsed();
    Ok(Run {
        instances: total,
        elapsed,
        latencies,
        cpu: Used::by(&target.processes()).since(before),
    })
}

async fn run_client(client: &mut Client, next: &AtomicUsize, total: usize, prefix: &str) -> Result<Vec<Duration>, String> {
    let workflow: Arc<str> = "bench-order".into();
    let mut latencies = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= total {
            return Ok(latencies);
        }
        let key = format!("{prefix}-{number}");
        let payload = payload(&key);
        client.start(&workflow, &key, "{}").await?;
        for event in EVENTS {
            let begun = Instant::now();
            client.send(&workflow, &key, event, &payload).await?;
            latencies.push(begun.elapsed());
        }
    }
}

/// Unlike that of any other run on the same database.
pub(super) fn nonce() -> u128 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_nanos())
}

/// How long before they are due the timers of W2 are armed, a thousand of them.
const ARMING_PER_THOUSAND: Duration = Duration::from_millis(500);

/// How long W2 waits for the last timer before it gives up.
const FIRING_MAX: Duration = Duration::from_secs(120);

/// W2: many timers due at one instant.
pub async fn timers(arguments: &Arguments) -> Result<(), String> {
    let total = if arguments.instances == 0 {
        10_000
    } else {
        arguments.instances
    };
    let target = Arc::new(Target::open(arguments, None).await?);
    let store = open(&arguments.store).await.map_err(|error| error.to_string())?;
    let due = moment_after(arming(total))?;
    let prefix: Arc<str> = format!("t-{:x}", nonce()).into();
    arm(&target, total, due, &prefix).await?;
    if moment_after(Duration::ZERO)? >= due {
        return Err("the timers could not be armed before they were due".into());
    }
    wait_until_fired(&*store, due).await?;
    let (mut lags, twice) = fired(&*store, total, due, &prefix).await?;
    let all_fired = lags.iter().max().copied().unwrap_or_default();
    println!(
        "{}",
        json!({"peer": "statewright", "w": "W2", "via": via(arguments), "store": kind_of_store(&arguments.store), "timers": total,
            "fired": lags.len(), "all_fired_ms": all_fired.as_millis() as u64,
            "lag_p50_ms": percentile(&mut lags, 0.5).as_millis() as u64, "lag_p99_ms": percentile(&mut lags, 0.99).as_millis() as u64,
            "duplicates": twice})
    );
    store.close().await;
    close(target).await;
    Ok(())
}

/// How long it may take to arm so many timers.
pub(super) fn arming(total: usize) -> Duration {
    Duration::from_secs(5) + ARMING_PER_THOUSAND * (total / 1_000) as u32
}

/// How late each timer fired, and how many fired again.
pub(super) async fn fired(
    store: &dyn Store,
    total: usize,
    due: Timestamp,
    prefix: &str,
) -> Result<(Vec<Duration>, usize), String> {
    let mut lags = Vec::with_capacity(total);
    let mut twice = 0;
    for number in 0..total {
        let instance = InstanceId::of("bench-timer", &format!("{prefix}-{number}"));
        let entries = store.trail(instance, 1, 10).await.map_err(|error| error.to_string())?;
        twice += entries.len().saturating_sub(1);
        let at_us = entries.first().map(|entry| entry.at_us).ok_or("a timer did not fire")?;
        lags.push(Duration::from_micros((at_us - due.as_microsecond()).max(0) as u64));
    }
    Ok((lags, twice))
}

pub(super) async fn arm(target: &Arc<Target>, total: usize, due: Timestamp, prefix: &Arc<str>) -> Result<(), String> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..128 {
        let mut client = target.client().await?;
        let (next, prefix) = (next.clone(), prefix.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return Ok::<(), String>(());
                }
                client
                    .start("bench-timer", &format!("{prefix}-{number}"), &format!(r#"{{"due":"{due}"}}"#))
                    .await?;
            }
        }));
    }
    for task in tasks {
        task.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

pub(super) async fn wait_until_fired(store: &dyn Store, due: Timestamp) -> Result<(), String> {
    let begun = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    loop {
        pause.tick().await;
        let left = store
            .due_timers(due.as_microsecond(), 1)
            .await
            .map_err(|error| error.to_string())?;
        if left.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > FIRING_MAX {
            return Err("the timers were not all fired".into());
        }
    }
}

pub(super) fn moment_after(duration: Duration) -> Result<Timestamp, String> {
    let since = std::time::UNIX_EPOCH.elapsed().map_err(|error| error.to_string())? + duration;
    Timestamp::from_microsecond(since.as_micros() as i64).map_err(|error| error.to_string())
}

pub(super) fn via(arguments: &Arguments) -> &'static str {
    match arguments.via {
        Via::Http => "http",
        Via::Engine => "engine",
    }
}

pub fn kind_of_store(url: &str) -> &str {
    url.split(':').next().unwrap_or(url)
}

pub(super) async fn close(target: Arc<Target>) {
    if let Some(target) = Arc::into_inner(target) {
        target.close().await;
    }
}
