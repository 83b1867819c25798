//! Marks are found by name and fields, newest first, until they are taken back.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_engine::store::{Applied, MarkQuery, MarkRow, NewMark, Store};

use super::{commit, must_commit, on_every_store};
use crate::shape::{entry, id, mark, mark_back, moment, name, names, step};

on_every_store! {
    a_mark_is_kept_as_it_was
    every_condition_holds_by_any_of_its_values
    of_some_instances_and_since_a_moment
    the_newest_come_first
    the_latest_is_taken_back
    what_is_taken_back_stood_before
    one_that_lost_changes_nothing
}

fn query(called: &str, conditions: &[(&str, &[&str])]) -> MarkQuery {
    let conditions = conditions.iter().map(|(field, values)| (name(field), names(values)));
    MarkQuery {
        name: name(called),
        conditions: conditions.collect(),
        limit: 10,
        ..MarkQuery::default()
    }
}

/// Commits the next step with these.
async fn add(store: &Arc<dyn Store>, key: &str, expected: u64, marks: Vec<NewMark>) {
    let mut write = step(key, expected);
    write.marks = marks;
    must_commit(store, &write).await;
}

/// (sequence, ordinal) of those that are found; as many as are counted.
async fn found(store: &Arc<dyn Store>, query: &MarkQuery) -> Vec<(u64, u32)> {
    let page = store.marks(query).await.unwrap();
    assert!(!page.more, "{page:?}");
    assert_eq!(store.count_marks(query).await.unwrap(), page.rows.len() as u64, "{query:?}");
    page.rows.iter().map(|row| (row.sequence, row.ordinal)).collect()
}

async fn a_mark_is_kept_as_it_was(store: Arc<dyn Store>) {
    add(
        &store,
        "a",
        0,
        vec![mark(1, 3, "breakage", &[("lot", "7")]), mark(1, 4, "other", &[])],
    )
    .await;
    let expected = MarkRow {
        instance: id("a"),
        sequence: 1,
        ordinal: 3,
        name: name("breakage"),
        at_us: moment(1),
        actor: name("ada"),
        values: r#"{"mark":"1/3"}"#.into(),
    };
    let page = store.marks(&query("breakage", &[])).await.unwrap();
    assert_eq!(page.rows, [expected]);
    assert_eq!(found(&store, &query("none", &[])).await, []);
}

async fn every_condition_holds_by_any_of_its_values(store: Arc<dyn Store>) {
    let marks = vec![
        mark(1, 0, "m", &[("lot", "7"), ("kind", "x")]),
        mark(1, 1, "m", &[("lot", "8"), ("kind", "x")]),
        mark(1, 2, "m", &[("lot", "9"), ("lot", "7"), ("lot", "7"), ("kind", "y")]),
        mark(1, 3, "m", &[("kind", "7")]),
        mark(1, 4, "other", &[("lot", "7"), ("kind", "x")]),
    ];
    add(&store, "a", 0, marks).await;
    let check = async |conditions: &[(&str, &[&str])], expected: &[(u64, u32)]| {
        assert_eq!(found(&store, &query("m", conditions)).await, expected, "{conditions:?}");
    };
    check(&[("lot", &["7"])], &[(1, 2), (1, 0)]).await;
    check(&[("lot", &["7", "9", "8", "7"])], &[(1, 2), (1, 1), (1, 0)]).await;
    check(&[("lot", &["7", "8"]), ("kind", &["x"])], &[(1, 1), (1, 0)]).await;
    check(&[("kind", &["x"]), ("lot", &["7", "8"])], &[(1, 1), (1, 0)]).await;
    check(&[("lot", &["7"]), ("lot", &["9"])], &[(1, 2)]).await;
    check(&[("kind", &["y"]), ("lot", &["7", "9"])], &[(1, 2)]).await;
    check(&[("lot", &["7"]), ("kind", &["x", "y"]), ("kind", &["y"])], &[(1, 2)]).await;
    check(&[("lot", &[])], &[]).await;
    check(&[("lot", &["7"]), ("kind", &[])], &[]).await;
    check(&[("none", &["7"])], &[]).await;
}

async fn of_some_instances_and_since_a_moment(store: Arc<dyn Store>) {
    for key in ["a", "b", "c"] {
        add(&store, key, 0, vec![mark(1, 0, "m", &[("lot", "7")])]).await;
        add(
            &store,
            key,
            1,
            vec![mark(2, 0, "m", &[("lot", "7"), ("kind", "x")]), mark(2, 1, "m", &[])],
        )
        .await;
    }
    let mut asked = query("m", &[("lot", &["7", "8"])]);
    asked.since_us = Some(moment(2));
    assert_eq!(found(&store, &asked).await, [(2, 0), (2, 0), (2, 0)]);
    asked.since_us = Some(moment(2) + 1);
    assert_eq!(found(&store, &asked).await, []);
    asked.since_us = None;
    asked.instances = Some(vec![id("a"), id("nobody"), id("a")]);
    assert_eq!(found(&store, &asked).await, [(2, 0), (1, 0)]);
    asked.conditions.push((name("kind"), names(&["x"])));
    assert_eq!(found(&store, &asked).await, [(2, 0)]);
    asked.conditions.clear();
    assert_eq!(found(&store, &asked).await, [(2, 1), (2, 0), (1, 0)]);
    asked.instances = Some(Vec::new());
    assert_eq!(found(&store, &asked).await, []);
}

async fn the_newest_come_first(store: Arc<dyn Store>) {
    for key in ["a", "b"] {
        add(
            &store,
            key,
            0,
            vec![mark(1, 0, "m", &[("lot", "7")]), mark(1, 1, "m", &[("lot", "8")])],
        )
        .await;
        add(&store, key, 1, vec![mark(2, 0, "m", &[("lot", "7")])]).await;
    }
    let mut asked = query("m", &[("lot", &["7", "8"])]);
    let whole = store.marks(&asked).await.unwrap().rows;
    let order = |row: &MarkRow| -> (i64, InstanceId, u64, u32) { (row.at_us, row.instance, row.sequence, row.ordinal) };
    assert_eq!(whole.len(), 6);
    assert!(
        whole.is_sorted_by(|earlier, later| order(earlier) > order(later)),
        "{whole:?}"
    );
    asked.limit = 3;
    let page = store.marks(&asked).await.unwrap();
    assert_eq!((page.rows.as_slice(), page.more), (&whole[..3], true));
    assert_eq!(store.count_marks(&asked).await.unwrap(), 6);
    asked.instances = Some(vec![id("b"), id("a")]);
    let page = store.marks(&asked).await.unwrap();
    assert_eq!((page.rows.as_slice(), page.more), (&whole[..3], true));
    assert_eq!(store.count_marks(&asked).await.unwrap(), 6);
}

async fn the_latest_is_taken_back(store: Arc<dyn Store>) {
    for key in ["a", "b"] {
        add(
            &store,
            key,
            0,
            vec![mark(1, 0, "m", &[("lot", "7")]), mark(1, 1, "m", &[("lot", "7")])],
        )
        .await;
        add(
            &store,
            key,
            1,
            vec![mark(2, 0, "m", &[("lot", "7")]), mark(2, 1, "n", &[("lot", "7")])],
        )
        .await;
    }
    let mut back = step("a", 2);
    back.marks_back = vec![mark_back(3, 0, "m"), mark_back(3, 1, "none")];
    must_commit(&store, &back).await;
    let mut asked = query("m", &[("lot", &["7"])]);
    asked.instances = Some(vec![id("a")]);
    assert_eq!(found(&store, &asked).await, [(1, 1), (1, 0)]);
    let mut back = step("a", 3);
    back.marks_back = vec![mark_back(4, 0, "m"), mark_back(4, 1, "m"), mark_back(4, 2, "m")];
    must_commit(&store, &back).await;
    assert_eq!(found(&store, &asked).await, []);
    assert_eq!(found(&store, &query("m", &[("lot", &["7"])])).await, [(2, 0), (1, 1), (1, 0)]);
    assert_eq!(found(&store, &query("n", &[("lot", &["7"])])).await.len(), 2);
    assert_eq!(found(&store, &query("m", &[])).await.len(), 3);
}

/// In one write as in several: what counts is the place, not where it stands in the lists.
async fn what_is_taken_back_stood_before(store: Arc<dyn Store>) {
    add(&store, "a", 0, vec![mark(1, 0, "m", &[])]).await;
    let mut write = step("a", 1);
    write.entries.push(entry("a", 3));
    write.entries[1].input_key = None;
    write.next.sequence = 3;
    // Takes back the mark of entry 1, that of entry 2 before it, and its own entry's before it.
    write.marks_back = vec![mark_back(3, 5, "m"), mark_back(2, 3, "m"), mark_back(2, 0, "m")];
    write.marks = vec![
        mark(3, 6, "m", &[]),
        mark(3, 4, "m", &[]),
        mark(2, 4, "m", &[]),
        mark(2, 2, "m", &[]),
        mark(2, 1, "m", &[]),
        mark(2, 5, "other", &[]),
    ];
    must_commit(&store, &write).await;
    assert_eq!(found(&store, &query("m", &[])).await, [(3, 6), (2, 4), (2, 1)]);
    assert_eq!(found(&store, &query("other", &[])).await, [(2, 5)]);
}

async fn one_that_lost_changes_nothing(store: Arc<dyn Store>) {
    add(&store, "a", 0, vec![mark(1, 0, "m", &[])]).await;
    let mut late = step("a", 4);
    late.marks = vec![mark(5, 0, "m", &[])];
    late.marks_back = vec![mark_back(5, 1, "m"), mark_back(5, 2, "m")];
    assert_eq!(commit(&store, &late).await, Applied::Moved);
    assert_eq!(found(&store, &query("m", &[])).await, [(1, 0)]);
}
