//! Open tasks are found by whom they are for and who holds them, whoever may take them.

use std::sync::Arc;

use statewright_engine::store::{Applied, OpenTaskQuery, Store, Write};

use super::{commit, must_commit, on_every_store};
use crate::shape::{id, name, names, step, task};

on_every_store! {
    every_condition_holds_by_any_of_its_values
    what_it_is_found_by_goes_with_it
    pages_are_as_long_as_asked
    one_that_lost_changes_nothing
}

fn query(conditions: &[(&str, &[&str])]) -> OpenTaskQuery {
    let conditions = conditions.iter().map(|(field, values)| (name(field), names(values)));
    OpenTaskQuery {
        conditions: conditions.collect(),
        limit: 10,
    }
}

/// Puts a task that is found by these.
fn with(mut write: Write, key: &str, state: &str, pairs: &[(&str, &str)]) -> Write {
    write.tasks.push(task(key, state, &["role:r"]));
    let fields = pairs.iter().map(|(field, value)| (name(state), (name(field), name(value))));
    write.task_fields.extend(fields);
    write
}

/// These are found, as `instance's key/state`, and as many are counted.
async fn check(store: &Arc<dyn Store>, query: &OpenTaskQuery, expected: &[(&str, &str)]) {
    let page = store.open_tasks(query).await.unwrap();
    let found: Vec<_> = page.rows.iter().map(|row| (row.instance, row.name.clone())).collect();
    let mut expected: Vec<_> = expected.iter().map(|(key, state)| (id(key), name(state))).collect();
    expected.sort();
    assert_eq!(found, expected, "{query:?}");
    assert!(!page.more);
    assert_eq!(
        store.count_open_tasks(query).await.unwrap(),
        expected.len() as u64,
        "{query:?}"
    );
}

async fn every_condition_holds_by_any_of_its_values(store: Arc<dyn Store>) {
    let both = with(step("a", 0), "a", "s", &[("role", "nurse"), ("unit", "W3")]);
    must_commit(
        &store,
        &with(both, "a", "t", &[("role", "nurse"), ("role", "doctor"), ("role", "nurse")]),
    )
    .await;
    must_commit(&store, &with(step("b", 0), "b", "s", &[("role", "doctor"), ("unit", "W3")])).await;
    must_commit(&store, &with(step("c", 0), "c", "s", &[])).await;
    check(&store, &query(&[("role", &["nurse"])]), &[("a", "s"), ("a", "t")]).await;
    check(
        &store,
        &query(&[("role", &["nurse", "doctor"])]),
        &[("a", "s"), ("a", "t"), ("b", "s")],
    )
    .await;
    check(
        &store,
        &query(&[("role", &["doctor"]), ("unit", &["W3", "W4"])]),
        &[("b", "s")],
    )
    .await;
    check(&store, &query(&[("unit", &["W3"]), ("role", &["nurse"])]), &[("a", "s")]).await;
    check(&store, &query(&[("role", &["nurse"]), ("role", &["doctor"])]), &[("a", "t")]).await;
    check(&store, &query(&[("unit", &["nurse"])]), &[]).await;
    check(&store, &query(&[("role", &[])]), &[]).await;
    check(&store, &query(&[("role", &["nurse"]), ("unit", &[])]), &[]).await;
    check(&store, &query(&[]), &[]).await;
    let whole = store
        .open_tasks(&query(&[("unit", &["W3"]), ("role", &["nurse"])]))
        .await
        .unwrap();
    assert_eq!(whole.rows, [task("a", "s", &["role:r"])]);
}

async fn what_it_is_found_by_goes_with_it(store: Arc<dyn Store>) {
    let both = with(step("a", 0), "a", "s", &[("unit", "W3"), ("holder", "ada")]);
    must_commit(&store, &with(both, "a", "t", &[("unit", "W3")])).await;
    must_commit(&store, &with(step("a", 1), "a", "s", &[("unit", "W3"), ("holder", "ben")])).await;
    check(&store, &query(&[("holder", &["ada"])]), &[]).await;
    check(&store, &query(&[("holder", &["ben"])]), &[("a", "s")]).await;
    check(&store, &query(&[("unit", &["W3"])]), &[("a", "s"), ("a", "t")]).await;
    let mut gone = step("a", 2);
    gone.tasks_gone = names(&["s", "t"]);
    must_commit(&store, &with(gone, "a", "t", &[("unit", "W4")])).await;
    check(&store, &query(&[("unit", &["W3"])]), &[]).await;
    check(&store, &query(&[("unit", &["W4"])]), &[("a", "t")]).await;
    must_commit(&store, &with(step("a", 3), "a", "t", &[])).await;
    check(&store, &query(&[("unit", &["W4"])]), &[]).await;
}

async fn pages_are_as_long_as_asked(store: Arc<dyn Store>) {
    for key in ["a", "b", "c"] {
        must_commit(&store, &with(step(key, 0), key, "s", &[("role", "nurse")])).await;
    }
    let mut of_role = query(&[("role", &["nurse"])]);
    of_role.limit = 2;
    let page = store.open_tasks(&of_role).await.unwrap();
    assert_eq!((page.rows.len(), page.more), (2, true));
    assert_eq!(store.count_open_tasks(&of_role).await.unwrap(), 3);
}

async fn one_that_lost_changes_nothing(store: Arc<dyn Store>) {
    must_commit(&store, &with(step("a", 0), "a", "s", &[("role", "nurse")])).await;
    let lost = with(step("a", 4), "a", "s", &[("role", "doctor")]);
    assert_eq!(commit(&store, &lost).await, Applied::Moved);
    let mut gone = step("a", 4);
    gone.tasks_gone = names(&["s"]);
    assert_eq!(commit(&store, &gone).await, Applied::Moved);
    check(&store, &query(&[("role", &["nurse", "doctor"])]), &[("a", "s")]).await;
    check(&store, &query(&[("role", &["doctor"])]), &[]).await;
}
