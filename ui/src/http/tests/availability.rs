//! What is answered while something is away, full or ending.

use std::sync::Arc;

use statewright_engine::configuration::EngineConfig;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::{FaultRates, FaultyStore};

use super::api::event;
use super::*;

/// Every call fails.
const AWAY: FaultRates = FaultRates { before: 1_000, after: 0 };

#[tokio::test]
async fn while_the_database_is_away_one_is_told_to_come_again() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let api = Api::on(store.clone(), EngineConfig::named("test")).await;
    api.ticket("A-1").await;
    store.set(AWAY);
    let away = "503 SW-2113 The database does not answer now; send the same request again";
    let heard = api.check(get("/v1/instances").by(&api.clerk), away).await;
    assert_eq!(heard.header("retry-after"), "1");
    api.check(get("/readyz"), away).await;
    api.check(get("/healthz"), "200").await;
    store.set(FaultRates::default());
    api.check(get("/readyz"), "200").await;
    api.check(get("/v1/instances").by(&api.clerk), "200").await;
}

#[tokio::test]
async fn an_event_whose_answer_was_lost_is_taken_once() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let api = Api::on(store.clone(), EngineConfig::named("test")).await;
    api.ticket("A-1").await;
    let wait = || {
        event("A-1", r#"{"event": "WAIT"}"#)
            .by(&api.clerk)
            .with("idempotency-key", "k-1")
    };
    // The commit goes through, and the engine is not told so; what it does about that is its own business.
    store.set(FaultRates { before: 0, after: 300 });
    let mut heard = api.ask(wait()).await;
    for _ in 0..100 {
        if heard.status.as_u16() == 200 {
            break;
        }
        assert_eq!(heard.status.as_u16(), 503, "{}", heard.body);
        heard = api.ask(wait()).await;
    }
    store.set(FaultRates::default());
    let again = api.check(wait(), "200").await;
    assert_eq!(again.header("etag"), "\"2\"", "one start, one event");
}

#[tokio::test]
async fn a_full_intake_says_when_to_come_again() {
    let configuration = EngineConfig {
        queue_max: 0,
        ..EngineConfig::named("test")
    };
    let api = Api::on(Arc::new(MemoryStore::new()), configuration).await;
    let start = super::api::post("/v1/instances/ticket", r#"{"with": {"code": "A-1"}}"#).by(&api.clerk);
    let full = api.ask(start).await;
    assert_eq!(
        (full.status.as_u16(), full.header("retry-after")),
        (429, "1"),
        "{}",
        full.body
    );
    assert!(full.body.contains("SW-2112"), "{}", full.body);
}

#[tokio::test]
async fn a_server_that_stops_sends_everyone_elsewhere() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    api.service.stop();
    let stopping = api.check(get("/readyz"), "503 SW-2117 This server is shutting down").await;
    assert_eq!(stopping.header("retry-after"), "1");
    api.send("A-1", r#"{"event": "WAIT"}"#, "200").await;
}
