//! How it goes, for whoever watches over it, and nothing of what it is about.

use std::sync::Arc;

use statewright_engine::configuration::EngineConfig;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{NodeRow, Store};

use super::api::event;
use super::specification::conforms;
use super::*;
use crate::json::{member, member_items, member_texts};

/// A node that ended as it should, and one that was not heard of for an hour.
async fn with_others() -> Api {
    let store = Arc::new(MemoryStore::new());
    let api = Api::on(store.clone(), EngineConfig::named("test")).await;
    let now_us = api.service.engine.now().as_microsecond();
    let node = |name: &str, left| NodeRow {
        node: name.into(),
        version: "0.9.0".into(),
        started_at_us: 0,
        seen_at_us: now_us - 3_600 * 1_000_000,
        left,
        taken_lately: 5,
        waiting: 0,
        memory_bytes: Some(1),
    };
    for node in [node("gone", true), node("lost", false)] {
        store.operations().beat(&node, 0).await.unwrap();
    }
    api
}

#[tokio::test]
async fn it_is_said_which_nodes_run_and_what_is_amiss() {
    let api = with_others().await;
    let monitor = api.token("prometheus", &["monitor"]).await;
    let heard = api.check(get("/v1/operations").by(&monitor), "200").await;
    conforms("Operations", &heard.body);
    let answer = heard.value();
    let nodes: Vec<_> = member_items(&answer, "nodes")
        .iter()
        .map(|node| (member(node, "node"), member(node, "state")))
        .collect();
    assert_eq!(nodes, [("gone", "ended"), ("lost", "silent")]);
    assert_eq!(
        member_texts(&answer, "troubles"),
        ["Nothing was heard of node lost for 60 min; what it held is taken over by the others"]
    );
    assert_eq!(member(&answer, "node"), "test");
}

#[tokio::test]
async fn figures_are_for_monitors_and_operators() {
    let api = Api::new().await;
    let monitor = api.token("prometheus", &["monitor"]).await;
    for path in ["/metrics", "/v1/operations"] {
        api.check(get(path).by(&monitor), "200").await;
        api.check(get(path).by(&api.operator), "200").await;
        let refused = "403 SW-2102 This takes the role `monitor`";
        api.check(get(path).by(&api.clerk), refused).await;
        assert_eq!(api.ask(get(path)).await.status.as_u16(), 401);
    }
    // nothing else is theirs
    api.check(
        get("/v1/incidents").by(&monitor),
        "403 SW-2102 This takes the role `operator`",
    )
    .await;
    api.ticket("A-1").await;
    assert_eq!(
        api.ask(get("/v1/instances/ticket/A-1").by(&monitor)).await.status.as_u16(),
        404
    );
}

#[tokio::test]
async fn what_was_taken_and_refused_is_counted_and_nobody_is_named() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    api.check(
        event("A-1", r#"{"event": "NOTHING"}"#).by(&api.clerk),
        "409 SW-2207 Nothing in ticket/A-1 answers to NOTHING now: it is in open",
    )
    .await;
    let heard = api.check(get("/metrics").by(&api.operator), "200").await;
    assert_eq!(
        heard.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let value = |line: &str| -> Option<&str> { heard.body.lines().find_map(|text| text.strip_prefix(line)) };
    assert_eq!(value(r#"statewright_inputs_total{source="caller",end="taken"} "#), Some("1"));
    assert_eq!(
        value(r#"statewright_inputs_total{source="caller",end="ignored"} "#),
        Some("1")
    );
    let requests = r#"statewright_requests_total{operation="startInstance",status="2xx"} "#;
    assert_eq!(value(requests), Some("1"));
    assert_eq!(
        value(r#"statewright_request_seconds_count{operation="startInstance"} "#),
        Some("1")
    );
    let buckets: Vec<&str> = heard
        .body
        .lines()
        .filter(|line| line.starts_with("statewright_batch_seconds_bucket"))
        .collect();
    assert!(
        buckets.last().is_some_and(|last| last.contains(r#"le="+Inf""#)),
        "{buckets:?}"
    );
    assert!(heard.body.ends_with("# EOF\n"));
    for name in ["A-1", "ticket", "clerk"] {
        assert!(!heard.body.contains(name), "{name} stands in the figures");
    }
}
