//! Nodes say that they are there; what waits is counted.

use std::sync::Arc;

use statewright_engine::store::{Backlog, Incident, IncidentKind, NewEffect, NodeRow, Store, TaskRow, Waiting};

use super::{must_commit, on_every_store};
use crate::shape::{effect, id, message, moment, name, step, task};

on_every_store! {
    the_last_word_of_a_node_counts
    who_was_not_seen_for_long_is_forgotten
    what_waits_is_counted_with_its_oldest
    what_waits_for_its_time_or_for_a_person_is_not_due
    what_people_are_late_with_is_counted_in_the_lists_in_which_it_stands
}

fn node(node: &str, seen_at_us: i64) -> NodeRow {
    NodeRow {
        node: name(node),
        version: name("1.0.0"),
        started_at_us: 5,
        seen_at_us,
        left: false,
        taken_lately: 7,
        waiting: 0,
        memory_bytes: None,
    }
}

async fn the_last_word_of_a_node_counts(store: Arc<dyn Store>) {
    let operations = store.operations();
    assert_eq!(operations.nodes().await.unwrap(), []);
    operations.beat(&node("b", 10), 0).await.unwrap();
    operations.beat(&node("a", 11), 0).await.unwrap();
    let last = NodeRow {
        version: name("1.0.1"),
        started_at_us: 12,
        left: true,
        taken_lately: 0,
        waiting: 3,
        memory_bytes: Some(1 << 40),
        ..node("b", 20)
    };
    operations.beat(&last, 0).await.unwrap();
    assert_eq!(operations.nodes().await.unwrap(), [node("a", 11), last]);
}

async fn who_was_not_seen_for_long_is_forgotten(store: Arc<dyn Store>) {
    let operations = store.operations();
    operations.beat(&node("a", 10), 0).await.unwrap();
    operations.beat(&node("b", 20), 10).await.unwrap();
    assert_eq!(operations.nodes().await.unwrap().len(), 2);
    operations.beat(&node("b", 30), 11).await.unwrap();
    assert_eq!(operations.nodes().await.unwrap(), [node("b", 30)]);
}

async fn what_waits_is_counted_with_its_oldest(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.timers_armed = vec![(name("t"), moment(10)), (name("u"), moment(20)), (name("v"), moment(90))];
    first.messages = vec![message("b", "one", moment(15)), message("b", "two", moment(95))];
    let of = |adapter: &str, key: &str| NewEffect {
        adapter: adapter.into(),
        ..effect(key, moment(30))
    };
    first.effects = vec![of("mill", "a:1:one"), of("mill", "a:1:two"), of("press", "a:1:three")];
    must_commit(&store, &first).await;
    let backlog = store.operations().backlog(moment(50)).await.unwrap();
    let since = |count, oldest_us| Waiting {
        count,
        oldest_us: Some(oldest_us),
    };
    assert_eq!(backlog.timers, since(2, moment(10)));
    assert_eq!(backlog.messages.count, 1);
    let by_adapter: Vec<_> = backlog
        .effects
        .iter()
        .map(|(adapter, waiting)| (&**adapter, waiting.count))
        .collect();
    assert_eq!(by_adapter, [("mill", 2), ("press", 1)]);
    assert_eq!((backlog.leased, backlog.incidents), (0, Waiting::default()));
    store.lease_effects("n", moment(50), moment(60), 2).await.unwrap();
    let leased = store.operations().backlog(moment(50)).await.unwrap();
    let free: u64 = leased.effects.iter().map(|(_, waiting)| waiting.count).sum();
    assert_eq!((leased.leased, free), (2, 1));
    // a lease that has ended holds nothing
    assert_eq!(store.operations().backlog(moment(61)).await.unwrap().leased, 0);
}

async fn what_waits_for_its_time_or_for_a_person_is_not_due(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.timers_armed = vec![(name("t"), moment(10))];
    must_commit(&store, &first).await;
    assert_eq!(store.operations().backlog(moment(9)).await.unwrap(), Backlog::default());
    let incident = Incident {
        instance: id("a"),
        kind: IncidentKind::Timer,
        name: "t".into(),
        error: "it failed".into(),
        attempts: 1,
        since_us: moment(30),
    };
    store.raise_incident(&incident).await.unwrap();
    let stuck = store.operations().backlog(moment(50)).await.unwrap();
    let one = Waiting {
        count: 1,
        oldest_us: Some(moment(30)),
    };
    assert_eq!(
        stuck,
        Backlog {
            incidents: one,
            ..Backlog::default()
        }
    );
}

async fn what_people_are_late_with_is_counted_in_the_lists_in_which_it_stands(store: Arc<dyn Store>) {
    let open = |workflow: &str, state: &str, due_us: Option<i64>| TaskRow {
        workflow: workflow.into(),
        due_us,
        ..task("a", state, &["role:clerk", "user:ada"])
    };
    let mut first = step("a", 0);
    first.tasks = vec![
        open("order", "one", Some(moment(20))),
        open("order", "two", Some(moment(10))),
        open("order", "later", Some(moment(50))),
        open("order", "ever", None),
        TaskRow {
            holder: Some("ada".into()),
            ..open("invoice", "three", Some(moment(15)))
        },
    ];
    must_commit(&store, &first).await;
    let backlog = async |now_us: i64| store.operations().backlog(now_us).await.unwrap();
    let since = |count, oldest_us| Waiting {
        count,
        oldest_us: Some(oldest_us),
    };
    // whoever may do them, and whether or not somebody has begun: each once
    let late = backlog(moment(50)).await;
    let lists = [(name("invoice"), since(1, moment(15))), (name("order"), since(2, moment(10)))];
    assert_eq!(late.overdue, lists);
    assert_eq!(late.overdue_in_all(), since(3, moment(10)));
    // nothing else of it waits
    assert_eq!(
        late,
        Backlog {
            overdue: late.overdue.clone(),
            ..Backlog::default()
        }
    );
    // one that is due this moment is not late yet, and one without a due never is
    assert_eq!(backlog(moment(10)).await, Backlog::default());
    assert_eq!(backlog(i64::MAX).await.overdue_in_all().count, 4);
    // what was put off or done is late no more
    let mut second = step("a", 1);
    second.tasks = vec![open("order", "two", Some(moment(90)))];
    second.tasks_gone = vec![name("three")];
    must_commit(&store, &second).await;
    assert_eq!(backlog(moment(50)).await.overdue, [(name("order"), since(1, moment(20)))]);
}
