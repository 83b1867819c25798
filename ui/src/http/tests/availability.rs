//! What is answered while something is away, full or ending.

use std::sync::Arc;

use statewright_engine::configuration::EngineConfig;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::{FaultRates, FaultyStore};

use super::api::event;
use super::*;
use crate::http::limit::BODIES_BYTES_MAX;

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

/// Requests are made at once, before any of them is worked on: nothing else runs in this thread meanwhile.
#[tokio::test]
async fn a_flood_of_one_workflow_is_told_to_come_again_and_others_are_served() {
    let configuration = EngineConfig {
        queue_max: 8,
        ..EngineConfig::named("test")
    };
    let api = Arc::new(Api::on(Arc::new(MemoryStore::new()), configuration).await);
    let other = super::api::TICKET.replacen("workflow: ticket", "workflow: other", 1);
    let files = serde_json::json!({"main": "o.yaml", "files": {"o.yaml": other}}).to_string();
    api.check(super::api::post("/v1/workflows", &files).by(&api.operator), "201")
        .await;
    let start = |workflow: &str, code: &str| {
        let body = format!(r#"{{"with": {{"code": "{code}"}}}}"#);
        let asked = super::api::post(&format!("/v1/instances/{workflow}"), &body).by(&api.clerk);
        let api = api.clone();
        tokio::spawn(async move { api.ask(asked).await })
    };
    let mut flood: Vec<_> = (0..20).map(|number| start("ticket", &format!("A-{number}"))).collect();
    let elsewhere = start("other", "A-1");
    assert_eq!(elsewhere.await.expect("an answer").status.as_u16(), 201);
    let mut statuses = Vec::new();
    for asked in &mut flood {
        let heard = asked.await.expect("an answer");
        let retry_after = heard.header("retry-after");
        assert_eq!(retry_after == "1", heard.status.as_u16() == 429, "{}", heard.body);
        statuses.push(heard.status.as_u16());
    }
    assert_eq!(statuses[..6], [201; 6], "three quarters of the queue");
    assert_eq!(statuses[6..], [429; 14]);
    // What was told to come again finds room then.
    api.check(
        super::api::post("/v1/instances/ticket", r#"{"with": {"code": "A-19"}}"#).by(&api.clerk),
        "201",
    )
    .await;
}

#[tokio::test]
async fn more_bodies_at_once_than_memory_is_for_are_told_to_come_again() {
    let api = Api::new().await;
    let start = |code: &str| {
        let body = format!(r#"{{"with": {{"code": "{code}"}}}}"#);
        super::api::post("/v1/instances/ticket", &body).by(&api.clerk)
    };
    let mut others = api.service.bodies.hold();
    others.add(BODIES_BYTES_MAX).expect("nothing is held");
    let full = api.check(start("A-1"), "429 SW-2112 Too much is being sent at once").await;
    assert_eq!(full.header("retry-after"), "1");
    api.check(get("/v1/instances").by(&api.clerk), "200").await;
    drop(others);
    api.check(start("A-1"), "201").await;
    api.check(
        event("A-1", r#"{"event": "NOTHING"}"#).by(&api.clerk),
        "409 SW-2207 Nothing in ticket/A-1 answers to NOTHING now: it is in open",
    )
    .await;
    api.check(
        event("A-1", "{").by(&api.clerk),
        "400 SW-2107 The body is not strict JSON: at byte 1: the text ends where text in double quotes was expected",
    )
    .await;
    assert_eq!(api.service.bodies.bytes(), 0, "whatever came of them, they are let go of");
}

#[tokio::test]
async fn a_body_is_held_until_it_is_answered() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let api = Arc::new(Api::on(store.clone(), EngineConfig::named("test")).await);
    api.ticket("A-1").await;
    // Nothing is committed for a while: the event waits.
    store.set(AWAY);
    let body = r#"{"event": "WAIT"}"#;
    let asking = tokio::spawn({
        let (api, asked) = (api.clone(), event("A-1", body).by(&api.clerk));
        async move { api.ask(asked).await }
    });
    while api.service.bodies.bytes() < body.len() {
        assert!(!asking.is_finished(), "it is answered without being held");
        tokio::task::yield_now().await;
    }
    store.set(FaultRates::default());
    assert_eq!(asking.await.expect("an answer").status.as_u16(), 200);
    assert_eq!(api.service.bodies.bytes(), 0);
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
