//! How many transitions a store commits in a second, in process: `cargo run --release --example store_speed -- URL [SECONDS [BATCH]]`.
//!
//! With a batch size, only that is measured.
//!
//! One transition is one instance moved on by one and one trail entry of about 700 bytes with an input key. Batches of 1, 64 and
//! 512, one caller; then 64 callers of one transition each, which the store may commit together. The database must be empty or
//! one of this program's; it is filled with `INSTANCES` instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_engine::store::{Applied, NewEntry, NextInstance, Store, StoreError, Write, open};

const INSTANCES: usize = 20_000;
const SNAPSHOT_BYTES: usize = 300;
const ENTRY_BYTES: usize = 700;
const BATCHES: [usize; 3] = [1, 64, 512];
const CALLERS: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("which database? store_speed URL [SECONDS [BATCH]]")?;
    let seconds: f64 = arguments.next().map_or(Ok(3.0), |text| text.parse())?;
    let only: Option<usize> = arguments.next().map(|text| text.parse()).transpose()?;
    let store = open(&url).await?;
    store.migrate().await?;
    let run = run_number(&store).await?;
    let mut sequences = vec![0_u64; INSTANCES];
    begin(&store, run, &mut sequences).await?;
    let all = BATCHES.to_vec();
    for batch in only.map_or(all, |batch| vec![batch]) {
        let (rate, latencies) = measure(&store, run, &mut sequences, batch, seconds).await?;
        let (half, most) = (percentile(&latencies, 0.5), percentile(&latencies, 0.99));
        println!("batches of {batch:>3}: {rate:>9.0} transitions/s, a commit p50 {half:>6} us, p99 {most:>6} us");
    }
    if only.is_none() {
        let rate = measure_callers(&store, run, &sequences, seconds).await?;
        println!("{CALLERS} callers of 1: {rate:>8.0} transitions/s");
    }
    store.close().await;
    Ok(())
}

/// Instances of their own for each run of this program on the same database.
async fn run_number(store: &Arc<dyn Store>) -> Result<u64, StoreError> {
    store.draw_number("store_speed").await
}

async fn begin(store: &Arc<dyn Store>, run: u64, sequences: &mut [u64]) -> Result<(), Box<dyn std::error::Error>> {
    let places: Vec<usize> = (0..sequences.len()).collect();
    for chunk in places.chunks(1000) {
        commit(store, run, sequences, chunk).await?;
    }
    Ok(())
}

async fn commit(
    store: &Arc<dyn Store>,
    run: u64,
    sequences: &mut [u64],
    places: &[usize],
) -> Result<(), Box<dyn std::error::Error>> {
    let writes: Vec<Write> = places
        .iter()
        .map(|place| transition(run, *place, sequences[*place]))
        .collect();
    let answers = store.commit(&writes).await?;
    if let Some(other) = answers.iter().find(|answer| **answer != Applied::Committed) {
        return Err(format!("a write was answered {other:?}").into());
    }
    for place in places {
        sequences[*place] += 1;
    }
    Ok(())
}

fn transition(run: u64, place: usize, expected: u64) -> Write {
    let key = format!("{run}/{place}");
    let sequence = expected + 1;
    let at_us = 1_800_000_000_000_000 + i64::try_from(sequence).unwrap_or(0);
    let next = NextInstance {
        workflow: "store_speed".into(),
        key: key.as_str().into(),
        definition: Digest::of(b"definition"),
        sequence,
        done: false,
        snapshot: format!("{{\"step\":{sequence},\"pad\":\"{}\"}}", "x".repeat(SNAPSHOT_BYTES)),
        head: Digest::of(&sequence.to_be_bytes()),
        started_at_us: at_us,
    };
    let mut write = Write::new(InstanceId::of("store_speed", &key), expected, next, at_us);
    write.entries.push(NewEntry {
        sequence,
        at_us,
        input_key: Some(InputKey::of(&[&key, &sequence.to_string()])),
        bytes: format!("{{\"entry\":{sequence},\"pad\":\"{}\"}}", "y".repeat(ENTRY_BYTES - 24)),
    });
    write
}

async fn measure(
    store: &Arc<dyn Store>,
    run: u64,
    sequences: &mut [u64],
    batch: usize,
    seconds: f64,
) -> Result<(f64, Vec<Duration>), Box<dyn std::error::Error>> {
    let mut latencies = Vec::new();
    let mut done = 0;
    let started = now();
    while started.elapsed().as_secs_f64() < seconds {
        // A stride over all instances, so that neighbours in time are no neighbours in the tables.
        let places: Vec<usize> = (0..batch).map(|number| (done + number) * 7919 % sequences.len()).collect();
        let began = now();
        commit(store, run, sequences, &places).await?;
        latencies.push(began.elapsed());
        done += batch;
    }
    #[allow(clippy::cast_precision_loss)] // counts of some seconds are far below 2^52
    let rate = done as f64 / started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok((rate, latencies))
}

async fn measure_callers(
    store: &Arc<dyn Store>,
    run: u64,
    sequences: &[u64],
    seconds: f64,
) -> Result<f64, Box<dyn std::error::Error>> {
    let done = Arc::new(AtomicUsize::new(0));
    let started = now();
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let (store, done) = (Arc::clone(store), Arc::clone(&done));
        let mut own: Vec<(usize, u64)> = (caller..sequences.len())
            .step_by(CALLERS)
            .map(|place| (place, sequences[place]))
            .collect();
        callers.push(tokio::spawn(async move {
            let mut turn = 0;
            while started.elapsed().as_secs_f64() < seconds {
                let index = turn % own.len();
                let (place, sequence) = &mut own[index];
                let answers = store.commit(&[transition(run, *place, *sequence)]).await?;
                assert_eq!(answers, [Applied::Committed]);
                *sequence += 1;
                turn += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), StoreError>(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    #[allow(clippy::cast_precision_loss)] // counts of some seconds are far below 2^52
    let rate = done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    Ok(rate)
}

fn percentile(sorted: &[Duration], share: f64) -> u128 {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an index into a list
    let index = (sorted.len() as f64 * share) as usize;
    sorted
        .get(index.min(sorted.len().saturating_sub(1)))
        .map_or(0, Duration::as_micros)
}

#[allow(clippy::disallowed_methods)] // a measurement is what this program is for
fn now() -> Instant {
    Instant::now()
}
