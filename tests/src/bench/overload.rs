//! More than can be done at once: a flood of one workflow beside a steady stream of another, and people's events while timers fall due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use statewright_engine::store::open;

use super::arguments::{Arguments, Via};
use super::http::{Connection, Server};
use super::memory::peak_mib;
use super::report::{milliseconds, percentile, round};
use super::target::{Client, Target};
use super::workloads::{self, EVENTS};

/// How long the flood lasts: many batches, and long enough that its beginning does not count.
const FLOOD: Duration = Duration::from_secs(20);

/// Connections of the steady stream, and how often each sends: far below what the server can do.
const STEADY_CONNECTIONS: usize = 8;
const STEADY_PAUSE: Duration = Duration::from_millis(80);

/// How long a flooding client waits after a no. Less than it is told to: it is the client that overload is about.
const FLOOD_PAUSE: Duration = Duration::from_millis(200);

/// Timers that fall due at once, unless `--instances` says another number.
const TIMERS: usize = 100_000;

/// How long people send before the timers fall due.
const BEFORE: Duration = Duration::from_secs(10);

/// What became of one client's requests.
#[derive(Default)]
struct Sent {
    latencies: Vec<Duration>,
    refused: usize,
}

/// Both parts, a line each.
pub async fn run(arguments: &Arguments) -> Result<(), String> {
    println!("{}", flood(arguments).await?);
    println!("{}", burst(arguments).await?);
    Ok(())
}

async fn flood(arguments: &Arguments) -> Result<Value, String> {
    if arguments.via != Via::Http {
        return Err("`overload` is measured over HTTP: `--via http`".into());
    }
    let server = Arc::new(Server::start(&arguments.store).await?);
    let prefix: Arc<str> = format!("o-{:x}", workloads::nonce()).into();
    let mut streaming = Vec::new();
    for _ in 0..STEADY_CONNECTIONS {
        streaming.push(server.connect().await?);
    }
    let mut storming = Vec::with_capacity(arguments.flood);
    for _ in 0..arguments.flood {
        storming.push(server.connect().await?);
    }
    let begun = Instant::now();
    let over = begun + FLOOD;
    let next = Arc::new(AtomicUsize::new(0));
    let flooding: Vec<_> = storming
        .into_iter()
        .map(|connection| tokio::spawn(storm(connection, over, next.clone(), prefix.clone())))
        .collect();
    let steady: Vec<_> = (0..)
        .zip(streaming)
        .map(|(number, connection): (usize, _)| tokio::spawn(stream(connection, over, format!("{prefix}-{number}"))))
        .collect();
    let flooded = gathered(flooding).await?;
    let streamed = gathered(steady).await?;
    let elapsed = begun.elapsed();
    let peak_mib = peak_mib(server.process());
    if let Some(server) = Arc::into_inner(server) {
        server.stop().await;
    }
    Ok(json!({
        "peer": "statewright", "w": "overload flood", "via": "http", "store": workloads::kind_of_store(&arguments.store),
        "flooding": arguments.flood, "seconds": round(elapsed.as_secs_f64()),
        "flood": figures(flooded, elapsed), "steady": figures(streamed, elapsed), "peak_rss_mib": peak_mib,
    }))
}

/// Starts that come as fast as they are answered, and too soon after a no.
async fn storm(mut connection: Connection, over: Instant, next: Arc<AtomicUsize>, prefix: Arc<str>) -> Result<Sent, String> {
    let mut sent = Sent::default();
    let mut pause = tokio::time::interval(FLOOD_PAUSE);
    while Instant::now() < over {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = format!(r#"{{"key":"{prefix}-{number}","with":{{"due":"2100-01-01T00:00:00Z"}}}}"#);
        let begun = Instant::now();
        match connection.post("/v1/instances/bench-timer", &body).await? {
            201 => sent.latencies.push(begun.elapsed()),
            429 => {
                sent.refused += 1;
                pause.reset();
                pause.tick().await;
            }
            other => return Err(format!("the flood was answered {other}")),
        }
    }
    Ok(sent)
}

/// Orders from their start to their end, a request at each beat.
async fn stream(mut connection: Connection, over: Instant, prefix: String) -> Result<Sent, String> {
    let mut sent = Sent::default();
    let mut beat = tokio::time::interval(STEADY_PAUSE);
    for number in 0.. {
        let key = format!("{prefix}-{number}");
        let payload = workloads::payload(&key);
        let events = EVENTS.iter().map(|event| {
            let path = format!("/v1/instances/bench-order/{key}/events");
            (path, format!(r#"{{"event":"{event}","with":{payload}}}"#), 200)
        });
        let start = ("/v1/instances/bench-order".to_owned(), format!(r#"{{"key":"{key}"}}"#), 201);
        for (path, body, taken) in std::iter::once(start).chain(events) {
            if Instant::now() >= over {
                return Ok(sent);
            }
            beat.tick().await;
            let begun = Instant::now();
            loop {
                let status = connection.post(&path, &body).await?;
                if status == taken {
                    break;
                }
                if status != 429 {
                    return Err(format!("{path} answered {status}"));
                }
                sent.refused += 1;
                beat.tick().await;
            }
            sent.latencies.push(begun.elapsed());
        }
    }
    Ok(sent)
}

async fn gathered(tasks: Vec<tokio::task::JoinHandle<Result<Sent, String>>>) -> Result<Sent, String> {
    let mut all = Sent::default();
    for task in tasks {
        let sent = task.await.map_err(|error| error.to_string())??;
        all.latencies.extend(sent.latencies);
        all.refused += sent.refused;
    }
    Ok(all)
}

fn figures(mut sent: Sent, elapsed: Duration) -> Value {
    json!({
        "accepted": sent.latencies.len(), "accepted_s": round(sent.latencies.len() as f64 / elapsed.as_secs_f64()), "refused": sent.refused,
        "p50_ms": milliseconds(percentile(&mut sent.latencies, 0.50)), "p99_ms": milliseconds(percentile(&mut sent.latencies, 0.99)),
    })
}

async fn burst(arguments: &Arguments) -> Result<Value, String> {
    let timers = if arguments.instances == 0 {
        TIMERS
    } else {
        arguments.instances
    };
    let clients = arguments.clients.last().copied().unwrap_or(1);
    let target = Arc::new(Target::open(arguments, None).await?);
    let store = open(&arguments.store).await.map_err(|error| error.to_string())?;
    let due = workloads::moment_after(workloads::arming(timers) + BEFORE)?;
    let prefix: Arc<str> = format!("b-{:x}", workloads::nonce()).into();
    workloads::arm(&target, timers, due, &prefix).await?;
    let now = workloads::moment_after(Duration::ZERO)?;
    let left_us = due.as_microsecond() - now.as_microsecond();
    let Some(left) = u64::try_from(left_us)
        .ok()
        .filter(|left_us| *left_us > 0)
        .map(Duration::from_micros)
    else {
        return Err("the timers could not be armed before they were due".into());
    };
    let due_at = Instant::now() + left;
    wait_until(due_at.checked_sub(BEFORE).unwrap_or(due_at)).await;
    let over = Arc::new(AtomicBool::new(false));
    let mut people = Vec::new();
    for number in 0..clients {
        let client = target.client().await?;
        people.push(tokio::spawn(orders(client, over.clone(), format!("{prefix}-p-{number}"))));
    }
    wait_until(due_at).await;
    workloads::wait_until_fired(&*store, due).await?;
    let fired_in = due_at.elapsed();
    over.store(true, Ordering::Relaxed);
    let mut events = Vec::new();
    for person in people {
        events.extend(person.await.map_err(|error| error.to_string())??);
    }
    let (lags, twice) = workloads::fired(&*store, timers, due, &prefix).await?;
    store.close().await;
    workloads::close(target).await;
    let during = |(begun, _): &(Instant, Duration)| *begun >= due_at;
    let (while_due, before): (Vec<_>, Vec<_>) = events.into_iter().partition(during);
    Ok(json!({
        "peer": "statewright", "w": "overload burst", "via": workloads::via(arguments), "store": workloads::kind_of_store(&arguments.store),
        "clients": clients, "timers": timers, "fired": lags.len(), "duplicates": twice,
        "fired_s": round(timers as f64 / fired_in.as_secs_f64()),
        "before": events_of(before, BEFORE), "during": events_of(while_due, fired_in),
    }))
}

async fn wait_until(moment: Instant) {
    let mut pause = tokio::time::interval(Duration::from_millis(10));
    while Instant::now() < moment {
        pause.tick().await;
    }
}

fn events_of(events: Vec<(Instant, Duration)>, elapsed: Duration) -> Value {
    let latencies = events.into_iter().map(|(_, latency)| latency).collect();
    figures(Sent { latencies, refused: 0 }, elapsed)
}

/// Orders one after the other, each event with when it began and how long it took.
async fn orders(mut client: Client, over: Arc<AtomicBool>, prefix: String) -> Result<Vec<(Instant, Duration)>, String> {
    let workflow: Arc<str> = "bench-order".into();
    let mut events = Vec::new();
    for number in 0.. {
        let key = format!("{prefix}-{number}");
        let payload = workloads::payload(&key);
        client.start(&workflow, &key, "{}").await?;
        for event in EVENTS {
            if over.load(Ordering::Relaxed) {
                return Ok(events);
            }
            let begun = Instant::now();
            client.send(&workflow, &key, event, &payload).await?;
            events.push((begun, begun.elapsed()));
        }
    }
    Ok(events)
}
