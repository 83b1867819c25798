//! W6: how fast a trail is proven, and what chaining it costs a transition.

use std::time::Instant;

use serde_json::json;
use statewright_core::trail::{ChainState, Head, entry_digest};
use statewright_engine::store::open;

use super::arguments::Arguments;
use super::report::round;
use super::workloads::{kind_of_store, orders};

/// Instances read from the store at once.
const PAGE: usize = 500;

/// Entries of one instance; none of the benchmark's has more.
const ENTRIES_MAX: usize = 100;

/// Fills the store with W1, then proves every instance's trail.
pub async fn run(arguments: &Arguments) -> Result<(), String> {
    orders(
        &Arguments {
            clients: vec![64],
            runs: 1,
            ..arguments.clone()
        },
        "W1",
    )
    .await?;
    let store = open(&arguments.store).await.map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let (mut after, mut entries, mut faults, mut bytes) = (None, 0_usize, 0_usize, 0_usize);
    let mut sample: Vec<String> = Vec::new();
    loop {
        let page = store.instances_after(after, PAGE).await.map_err(|error| error.to_string())?;
        let Some(last) = page.last() else { break };
        after = Some(last.instance);
        for row in &page {
            let mut chain = ChainState::begin(row.instance);
            let trail = store
                .trail(row.instance, 0, ENTRIES_MAX)
                .await
                .map_err(|error| error.to_string())?;
            for entry in &trail {
                chain.follow(&entry.bytes, Some(entry.sequence));
                entries += 1;
                bytes += entry.bytes.len();
            }
            if sample.len() < 10_000 {
                sample.extend(trail.iter().map(|entry| entry.bytes.clone()));
            }
            if trail.len() < ENTRIES_MAX {
                faults += chain
                    .finish(Some(Head {
                        sequence: row.sequence,
                        digest: row.head,
                    }))
                    .len();
            }
        }
    }
    let elapsed = begun.elapsed();
    let hashing = Instant::now();
    let folded = sample
        .iter()
        .fold(0_u8, |folded, entry| folded ^ entry_digest(entry.as_bytes()).0[0]);
    let hash_us = hashing.elapsed().as_secs_f64() * 1_000_000.0 / sample.len().max(1) as f64;
    println!(
        "{}",
        json!({"peer": "statewright", "w": "W6", "store": kind_of_store(&arguments.store), "entries": entries, "faults": faults,
            "entries_s": round(entries as f64 / elapsed.as_secs_f64()), "bytes_per_entry": bytes / entries.max(1),
            "hash_us_per_entry": (hash_us * 1_000.0).round() / 1_000.0, "check": folded})
    );
    store.close().await;
    Ok(())
}
