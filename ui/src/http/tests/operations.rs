//! How it goes, for whoever watches over it, and nothing of what it is about.

use std::sync::Arc;

use statewright_engine::configuration::EngineConfig;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{Backlog, NodeRow, Store, Waiting};

use super::api::{event, post, quoted};
use super::specification::conforms;
use super::*;
use crate::http::Operations;
use crate::json::{member, member_items, member_number, member_texts};

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

/// Chores that were due long ago or will be far from now.
pub async fn with_chores(chores: &[(&str, &str)]) -> Api {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"chore.yaml\", \"files\": {{\"chore.yaml\": {}}}}}",
        quoted(include_str!("chore.yaml"))
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for (code, by_then) in chores {
        let body = format!("{{\"with\": {{\"code\": \"{code}\", \"by_then\": \"{by_then}\"}}}}");
        api.check(post("/v1/instances/chore", &body).by(&api.clerk), "201").await;
    }
    api
}

#[tokio::test]
async fn late_work_is_told_with_its_lists_and_is_nothing_amiss() {
    let api = with_chores(&[
        ("C-1", "2020-02-03T10:00:00Z"),
        ("C-2", "2021-02-03T10:00:00Z"),
        ("C-3", "2120-02-03T10:00:00Z"),
    ])
    .await;
    let told = async || {
        let heard = api.check(get("/v1/operations").by(&api.operator), "200").await;
        conforms("Operations", &heard.body);
        heard.value()
    };
    let late = told().await;
    let tasks = late.field("overdue_tasks").unwrap();
    assert_eq!(
        (member_number(tasks, "count"), member(tasks, "oldest")),
        (2, "2020-02-03T10:00:00Z")
    );
    let [list] = member_items(&late, "overdue_lists") else {
        panic!("{late:?}")
    };
    assert_eq!(
        (
            member(list, "workflow"),
            member_number(list.field("waiting").unwrap(), "count")
        ),
        ("chore", 2)
    );
    let words = member_texts(&late, "warnings");
    assert!(
        words.len() == 1
            && words[0].starts_with("People's work is late: 2 tasks are overdue, the oldest for ")
            && words[0].ends_with(" days; they stand in the lists of chore (2)"),
        "{words:?}"
    );
    assert_eq!(member_texts(&late, "troubles"), [""; 0]);
    let figures = api.check(get("/metrics").by(&api.operator), "200").await.body;
    assert!(figures.contains("\nstatewright_overdue_tasks 2\n"), "{figures}");
    let age = figures
        .lines()
        .find_map(|line| line.strip_prefix("statewright_overdue_tasks_age_seconds "));
    let years = age.and_then(|age| age.parse::<u64>().ok()).unwrap() / (365 * 86_400);
    assert!((6..100).contains(&years), "{age:?}");
    assert!(!figures.contains("chore"), "a workflow stands in the figures");
    // what is done is late no more
    for code in ["C-1", "C-2"] {
        let done = post(&format!("/v1/instances/chore/{code}/events"), r#"{"event": "DONE"}"#);
        api.check(done.by(&api.clerk), "200").await;
    }
    let on_time = told().await;
    assert_eq!(member_texts(&on_time, "warnings"), [""; 0]);
    assert_eq!(member_items(&on_time, "overdue_lists").len(), 0);
}

#[test]
fn the_longest_lists_are_named_and_the_others_counted() {
    let late = |lists: &[(&str, u64)]| {
        let waiting = |count| Waiting {
            count,
            oldest_us: Some(0),
        };
        let operations = Operations {
            now_us: 3 * 86_400 * 1_000_000,
            nodes: Vec::new(),
            backlog: Backlog {
                overdue: lists
                    .iter()
                    .map(|(name, count)| (Arc::from(*name), waiting(*count)))
                    .collect(),
                ..Backlog::default()
            },
            next_due_us: None,
        };
        operations.warnings().join("; ")
    };
    assert_eq!(late(&[]), "");
    assert_eq!(
        late(&[("a", 1)]),
        "People's work is late: 1 task is overdue, for 3 days; it stands in the lists of a (1)"
    );
    assert!(
        late(&[("a", 1), ("b", 2)])
            .ends_with(": 3 tasks are overdue, the oldest for 3 days; they stand in the lists of b (2) and a (1)")
    );
    let many: Vec<(&str, u64)> = ["a", "b", "c", "d", "e", "f", "g"].into_iter().zip(1..).collect();
    assert!(late(&many).ends_with("the lists of g (7), f (6), e (5), d (4), c (3) and 2 workflows more"));
    assert!(late(&[("a", 10_000)]).contains(": 10000 or more tasks are overdue"));
}
