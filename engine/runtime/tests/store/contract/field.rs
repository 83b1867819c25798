//! Instances are found by the values of their fields and by their states, as their latest write has them.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_engine::store::{Applied, FindQuery, Store};

use super::{commit, must_commit, on_every_store};
use crate::shape::{id, name, names, step, touch};

on_every_store! {
    every_condition_holds_by_any_of_its_values
    the_index_and_the_states_are_replaced_whole_each_by_itself
    pages_go_on_after_an_instance
    of_one_workflow_alone
    one_that_lost_changes_nothing
}

fn query(conditions: &[(&str, &[&str])], states: &[&str]) -> FindQuery {
    FindQuery {
        workflow: name("order"),
        conditions: conditions
            .iter()
            .map(|(field, values)| (name(field), names(values)))
            .collect(),
        states: names(states),
        after: None,
        limit: 10,
    }
}

/// Begins an instance with these.
async fn begin(store: &Arc<dyn Store>, key: &str, pairs: &[(&str, &str)], states: &[&str]) {
    let mut write = step(key, 0);
    write.index = Some(pairs.iter().map(|(field, value)| (name(field), name(value))).collect());
    write.states = Some(names(states));
    must_commit(store, &write).await;
}

/// All that meet the query are these, and as many are counted.
async fn check(store: &Arc<dyn Store>, query: &FindQuery, keys: &[&str]) {
    let page = store.find(query).await.unwrap();
    let found: Vec<InstanceId> = page.rows.iter().map(|(instance, _)| *instance).collect();
    let mut expected: Vec<InstanceId> = keys.iter().map(|key| id(key)).collect();
    expected.sort();
    assert_eq!(found, expected, "{query:?}");
    assert!(!page.more);
    assert_eq!(store.count_found(query).await.unwrap(), expected.len() as u64, "{query:?}");
}

async fn every_condition_holds_by_any_of_its_values(store: Arc<dyn Store>) {
    begin(&store, "a", &[("lot", "7"), ("kind", "x")], &["cut", "work/cut"]).await;
    begin(&store, "b", &[("lot", "8"), ("kind", "x")], &["cut"]).await;
    begin(
        &store,
        "c",
        &[("lot", "7"), ("lot", "9"), ("lot", "9"), ("kind", "y")],
        &["ship"],
    )
    .await;
    begin(&store, "d", &[], &[]).await;
    must_commit(&store, &step("never indexed", 0)).await;
    check(&store, &query(&[("lot", &["7"])], &[]), &["a", "c"]).await;
    check(&store, &query(&[("lot", &["7", "9", "8", "7"])], &[]), &["a", "b", "c"]).await;
    check(&store, &query(&[("lot", &["7"]), ("kind", &["x"])], &[]), &["a"]).await;
    check(&store, &query(&[("kind", &["y"]), ("lot", &["7", "9"])], &[]), &["c"]).await;
    check(&store, &query(&[("lot", &["7"]), ("lot", &["9"])], &[]), &["c"]).await;
    check(&store, &query(&[("lot", &["7", "8"])], &["cut", "work/cut"]), &["a", "b"]).await;
    check(&store, &query(&[], &["work/cut", "ship"]), &["a", "c"]).await;
    check(&store, &query(&[], &[]), &["a", "b", "c", "d"]).await;
    check(&store, &query(&[("lot", &[])], &[]), &[]).await;
    check(&store, &query(&[("lot", &["7"]), ("kind", &[])], &[]), &[]).await;
    check(&store, &query(&[("kind", &["7"])], &[]), &[]).await;
    check(&store, &query(&[], &["7"]), &[]).await;
}

async fn the_index_and_the_states_are_replaced_whole_each_by_itself(store: Arc<dyn Store>) {
    begin(&store, "a", &[("lot", "7"), ("kind", "x")], &["cut"]).await;
    begin(&store, "b", &[("lot", "7")], &["cut"]).await;
    must_commit(&store, &step("a", 1)).await;
    check(&store, &query(&[("lot", &["7"])], &["cut"]), &["a", "b"]).await;
    let mut write = touch("a", 2);
    write.index = Some(vec![(name("lot"), name("8")), (name("kind"), name("x"))]);
    must_commit(&store, &write).await;
    check(&store, &query(&[("lot", &["7"])], &[]), &["b"]).await;
    check(&store, &query(&[("lot", &["8"]), ("kind", &["x"])], &["cut"]), &["a"]).await;
    let mut write = touch("a", 2);
    write.states = Some(names(&["ship"]));
    must_commit(&store, &write).await;
    check(&store, &query(&[], &["cut"]), &["b"]).await;
    check(&store, &query(&[("lot", &["8"])], &["ship"]), &["a"]).await;
    write.index = Some(Vec::new());
    write.states = Some(Vec::new());
    must_commit(&store, &write).await;
    check(&store, &query(&[("lot", &["8", "7"])], &[]), &["b"]).await;
    check(&store, &query(&[], &["ship", "cut"]), &["b"]).await;
    check(&store, &query(&[], &[]), &["a", "b"]).await;
}

async fn pages_go_on_after_an_instance(store: Arc<dyn Store>) {
    for key in ["a", "b", "c", "d", "e"] {
        begin(&store, key, &[("lot", if key < "c" { "7" } else { "8" })], &[]).await;
    }
    must_commit(&store, &step("b", 1)).await;
    let mut asked = query(&[("lot", &["8", "7"])], &[]);
    let whole = store.find(&asked).await.unwrap().rows;
    assert!(whole.is_sorted() && whole.len() == 5, "{whole:?}");
    assert!(whole.contains(&(id("b"), 2)) && whole.contains(&(id("a"), 1)), "{whole:?}");
    asked.limit = 3;
    let page = store.find(&asked).await.unwrap();
    assert_eq!((page.rows.as_slice(), page.more), (&whole[..3], true));
    asked.after = Some(whole[2].0);
    let page = store.find(&asked).await.unwrap();
    assert_eq!((page.rows.as_slice(), page.more), (&whole[3..], false));
    assert_eq!(store.count_found(&asked).await.unwrap(), 5);
}

async fn of_one_workflow_alone(store: Arc<dyn Store>) {
    begin(&store, "a", &[("lot", "7"), ("kind", "x")], &["cut"]).await;
    let mut other = step("b", 0);
    other.next.workflow = name("lens");
    other.index = Some(vec![(name("lot"), name("7")), (name("kind"), name("x"))]);
    other.states = Some(names(&["cut"]));
    must_commit(&store, &other).await;
    check(&store, &query(&[("lot", &["7"]), ("kind", &["x"])], &["cut"]), &["a"]).await;
    let mut asked = query(&[("lot", &["7"])], &["cut"]);
    asked.workflow = name("lens");
    check(&store, &asked, &["b"]).await;
    asked.workflow = name("none");
    check(&store, &asked, &[]).await;
}

async fn one_that_lost_changes_nothing(store: Arc<dyn Store>) {
    begin(&store, "a", &[("lot", "7")], &["cut"]).await;
    let mut late = step("a", 4);
    late.index = Some(vec![(name("lot"), name("8"))]);
    late.states = Some(Vec::new());
    assert_eq!(commit(&store, &late).await, Applied::Moved);
    check(&store, &query(&[("lot", &["7", "8"])], &["cut"]), &["a"]).await;
    check(&store, &query(&[("lot", &["8"])], &[]), &[]).await;
}
