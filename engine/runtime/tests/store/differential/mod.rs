//! The same operations on all stores give the same answers and leave the same contents.
//!
//! What is done is drawn from a seed, which a failure names; `STATEWRIGHT_TEST_SEED` runs that one (or any other) alone.

mod contents;
mod mark;
mod operation;
mod people;

use std::sync::Arc;

use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;

use self::operation::{Known, Operation};
use crate::fixture::{Database, Folder, postgres, sqlite};
use crate::random::Random;

const OPERATIONS: u64 = 250;

fn seeds() -> Vec<u64> {
    #[allow(clippy::disallowed_methods)] // a test has no configuration
    match std::env::var("STATEWRIGHT_TEST_SEED") {
        Ok(seed) => vec![seed.parse().expect("the seed is a number")],
        Err(_) => (1..=8).collect(),
    }
}

#[tokio::test]
async fn sqlite_answers_as_the_reference() {
    for seed in seeds() {
        let folder = Folder::new();
        compare(seed, sqlite(&folder.file()).await).await;
    }
}

#[tokio::test]
async fn sqlite_in_memory_answers_as_the_reference() {
    let store = statewright_engine::store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    compare(seeds()[0], store).await;
}

#[tokio::test]
async fn postgres_answers_as_the_reference() {
    for seed in seeds() {
        let Some(database) = Database::new().await else { return };
        compare(seed, postgres(&database).await).await;
        database.remove().await;
    }
}

async fn compare(seed: u64, store: Arc<dyn Store>) {
    let reference: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut random = Random::seeded(seed);
    let mut known = Known::default();
    for number in 0..OPERATIONS {
        let now_us = i64::try_from(number * 10).unwrap();
        let operation = Operation::draw(&mut random, &mut known, &reference, now_us).await;
        let expected = operation.perform(&reference).await;
        let answer = operation.perform(&store).await;
        assert_eq!(answer, expected, "seed {seed}, operation {number}: {operation:#?}");
        if number % 25 == 24 {
            let (expected, found) = (
                contents::visible(&reference, now_us).await,
                contents::visible(&store, now_us).await,
            );
            check_same(&format!("seed {seed}, after operation {number}"), &expected, &found);
        }
    }
    let (expected, found) = (contents::everything(&reference).await, contents::everything(&store).await);
    check_same(&format!("seed {seed}, at the end"), &expected, &found);
    store.close().await;
}

/// Shows the first difference alone, and little round it.
fn check_same(place: &str, expected: &[String], found: &[String]) {
    for (expected, found) in expected.iter().zip(found) {
        let same = found
            .chars()
            .zip(expected.chars())
            .take_while(|(found, expected)| found == expected)
            .count();
        let near = |text: &str| text.chars().skip(same.saturating_sub(300)).take(600).collect::<String>();
        assert_eq!(near(found), near(expected), "{place}");
    }
    assert_eq!(found.len(), expected.len(), "{place}");
}
