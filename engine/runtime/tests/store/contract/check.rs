//! What can never be right is refused before anything is written.

use std::sync::Arc;

use statewright_engine::store::{
    FIELD_BYTES_MAX, INDEXED_VALUES_MAX, MARK_PAIRS_MAX, PRIORITY_MAX, STATES_MAX, SUBJECT_BYTES_MAX, SUBJECTS_MAX, Store,
    StoreError, TaskRow, Write,
};

use super::on_every_store;
use crate::shape::{counted, entry, id, mark, mark_back, message, name, names, notice, resting, step, task, touch};

on_every_store! {
    writes_that_cannot_be
    tasks_that_cannot_be
    notices_that_cannot_be
    marks_that_cannot_be
    what_was_found_that_cannot_be
    an_index_that_cannot_be
}

async fn check(store: &Arc<dyn Store>, expected: &str, writes: &[Write]) {
    match store.commit(writes).await {
        Err(StoreError::Refused(why)) => assert!(why.contains(expected), "{why} does not say {expected}"),
        other => panic!("{expected}: {other:?}"),
    }
    assert_eq!(
        store.load(&[id("good")]).await.unwrap(),
        [None],
        "{expected}: something was written"
    );
}

async fn writes_that_cannot_be(store: Arc<dyn Store>) {
    let good = step("good", 0);
    check(&store, "two writes of it", &[good.clone(), step("a", 0), step("a", 0)]).await;
    check(&store, "a first write without an entry", &[good.clone(), touch("a", 0)]).await;

    let mut falling = step("a", 1);
    falling.entries.push(entry("a", 2));
    check(&store, "do not rise", &[good.clone(), falling]).await;

    let mut ahead = step("a", 1);
    ahead.next.sequence = 9;
    check(&store, "not its last entry's", &[good.clone(), ahead]).await;

    let mut beyond = step("a", 1);
    beyond.next.sequence = u64::MAX;
    beyond.entries[0].sequence = u64::MAX;
    check(&store, "beyond 64 bits", &[good.clone(), beyond]).await;

    let mut with_nul = step("a", 1);
    with_nul.messages.push(message("b", "zero\0", 1));
    check(&store, "NUL", &[good, with_nul]).await;
}

async fn tasks_that_cannot_be(store: Arc<dyn Store>) {
    let with = |change: &dyn Fn(&mut TaskRow)| {
        let mut write = step("a", 0);
        write.tasks.push(task("a", "s", &["role:r"]));
        change(&mut write.tasks[0]);
        [step("good", 0), write]
    };
    check(&store, "nobody would find it", &with(&|task| task.subjects.clear())).await;
    check(
        &store,
        "a subject twice",
        &with(&|task| task.subjects = names(&["x", "y", "x"])),
    )
    .await;
    let many: Vec<_> = (0..=SUBJECTS_MAX).map(|number| name(&format!("user:{number}"))).collect();
    check(&store, "too many subjects", &with(&|task| task.subjects.clone_from(&many))).await;
    let long = name(&"x".repeat(SUBJECT_BYTES_MAX + 1));
    check(&store, "too long", &with(&|task| task.subjects = vec![long.clone()])).await;
    check(&store, "another write", &with(&|task| task.instance = id("b"))).await;
    check(&store, "a priority", &with(&|task| task.priority = PRIORITY_MAX + 1)).await;
    check(&store, "a due", &with(&|task| task.due_us = Some(i64::MAX))).await;
    check(&store, "beyond 64 bits", &with(&|task| task.opened = u64::MAX)).await;
    check(&store, "NUL", &with(&|task| task.body = "\0".into())).await;
    check(&store, "NUL", &with(&|task| task.holder = Some(name("\0")))).await;
    check(&store, "NUL", &with(&|task| task.subjects = names(&["\0"]))).await;
    let found_by = |state: &str, field: &str, value: &str| {
        let mut writes = with(&|_| {});
        writes[1].task_fields.push((name(state), (name(field), name(value))));
        writes
    };
    check(&store, "not put", &found_by("other", "role", "r")).await;
    check(&store, "without a name", &found_by("s", "", "r")).await;
    check(&store, "too long", &found_by("s", "role", &"x".repeat(FIELD_BYTES_MAX + 1))).await;
    check(&store, "NUL", &found_by("s", "role", "\0")).await;
}

async fn notices_that_cannot_be(store: Arc<dyn Store>) {
    let with = |notices| {
        let mut write = step("a", 0);
        write.notices = notices;
        [step("good", 0), write]
    };
    check(&store, "none of the entries", &with(vec![notice(2, 0, &["role:r"])])).await;
    check(
        &store,
        "two of one number",
        &with(vec![notice(1, 4, &["x"]), notice(1, 4, &["y"])]),
    )
    .await;
    check(&store, "a subject twice", &with(vec![notice(1, 0, &["x", "x"])])).await;
    check(&store, "NUL", &with(vec![notice(1, 0, &["\0"])])).await;
}

async fn marks_that_cannot_be(store: Arc<dyn Store>) {
    let with = |marks, marks_back| {
        let mut write = step("a", 0);
        write.marks = marks;
        write.marks_back = marks_back;
        [step("good", 0), write]
    };
    check(&store, "none of the entries", &with(vec![mark(2, 0, "m", &[])], vec![])).await;
    check(&store, "none of the entries", &with(vec![], vec![mark_back(2, 0, "m")])).await;
    check(
        &store,
        "two of one number",
        &with(vec![mark(1, 0, "m", &[]), mark(1, 0, "n", &[])], vec![]),
    )
    .await;
    check(
        &store,
        "two of one number",
        &with(vec![mark(1, 0, "m", &[])], vec![mark_back(1, 0, "n")]),
    )
    .await;
    check(&store, "without a name", &with(vec![mark(1, 0, "m", &[("", "v")])], vec![])).await;
    check(&store, "NUL", &with(vec![mark(1, 0, "m", &[("f", "\0")])], vec![])).await;
    let long = "x".repeat(FIELD_BYTES_MAX + 1);
    check(&store, "too long", &with(vec![mark(1, 0, "m", &[("f", &long)])], vec![])).await;
    check(&store, "too long", &with(vec![mark(1, 0, "m", &[(&long, "v")])], vec![])).await;
    let many = vec![("f", "v"); MARK_PAIRS_MAX + 1];
    check(&store, "too many indexed", &with(vec![mark(1, 0, "m", &many)], vec![])).await;
}

async fn what_was_found_that_cannot_be(store: Arc<dyn Store>) {
    let mut before = counted("7", 0);
    before.query.conditions[0].1 = names(&["\0"]);
    check(&store, "NUL", &[step("good", 0), resting(step("a", 0), "7", before)]).await;
}

async fn an_index_that_cannot_be(store: Arc<dyn Store>) {
    let with = |pairs: &[(&str, &str)], states: &[&str]| {
        let mut write = step("a", 0);
        write.index = Some(pairs.iter().map(|(field, value)| (name(field), name(value))).collect());
        write.states = Some(names(states));
        [step("good", 0), write]
    };
    let long = "x".repeat(FIELD_BYTES_MAX + 1);
    check(&store, "without a name", &with(&[("", "v")], &[])).await;
    check(&store, "without a name", &with(&[], &[""])).await;
    check(&store, "too long", &with(&[("f", &long)], &[])).await;
    check(&store, "too long", &with(&[], &[&long])).await;
    check(
        &store,
        "too many indexed",
        &with(&vec![("f", "v"); INDEXED_VALUES_MAX + 1], &[]),
    )
    .await;
    check(&store, "too many indexed", &with(&[], &vec!["s"; STATES_MAX + 1])).await;
    check(&store, "NUL", &with(&[("f", "\0")], &[])).await;
    check(&store, "NUL", &with(&[], &["\0"])).await;
}
