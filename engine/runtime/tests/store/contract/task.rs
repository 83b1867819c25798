//! Open tasks: put whole, found by those they are for, in the order in which they are to be done.

use std::sync::Arc;

use statewright_engine::store::{Applied, Store, TaskPage, TaskQuery, TaskRow};

use super::{commit, must_commit, on_every_store};
use crate::shape::{id, name, names, step, task, touch};

on_every_store! {
    a_task_is_put_whole
    gone_then_put_is_put
    one_that_lost_changes_nothing
    those_it_is_for_find_it_until_somebody_holds_it
    one_that_is_put_again_stands_where_it_belongs
    the_order_is_priority_then_due_then_age
    pages_go_on_where_the_last_one_ended
    a_task_of_several_subjects_is_found_once
    of_one_workflow_alone
    what_several_people_hold_stands_in_one_order
    what_a_person_holds
    of_these_instances
}

fn query(subjects: &[&str]) -> TaskQuery {
    TaskQuery {
        subjects: names(subjects),
        limit: 10,
        ..TaskQuery::default()
    }
}

fn held(mut row: TaskRow, holder: &str) -> TaskRow {
    row.holder = Some(name(holder));
    row
}

/// The tasks as `instance's key/state`, for those that were begun here.
async fn found(store: &Arc<dyn Store>, query: &TaskQuery) -> Vec<String> {
    let page = store.tasks(query).await.unwrap();
    assert!(!page.more, "{page:?}");
    page.rows.iter().map(shown).collect()
}

fn shown(row: &TaskRow) -> String {
    let key = ["a", "b", "c"].into_iter().find(|key| id(key) == row.instance);
    format!("{}/{}", key.expect("tests begin these"), row.name)
}

/// Instance `key` with these tasks.
async fn begin(store: &Arc<dyn Store>, key: &str, tasks: Vec<TaskRow>) {
    let mut write = step(key, 0);
    write.tasks = tasks;
    must_commit(store, &write).await;
}

async fn a_task_is_put_whole(store: Arc<dyn Store>) {
    let mut first = task("a", "check", &["user:ada", "role:inspector"]);
    first.due_us = Some(7);
    begin(&store, "a", vec![first.clone()]).await;
    assert_eq!(store.task(id("a"), "check").await.unwrap(), Some(first));
    assert_eq!(store.task(id("a"), "another").await.unwrap(), None);

    let mut second = held(task("a", "check", &["role:inspector", "role:chief"]), "ada");
    second.opened = 9;
    second.opened_us = 99;
    second.priority = 0;
    second.workflow = name("other");
    second.body = "{}".into();
    let mut write = touch("a", 1);
    write.tasks = vec![task("a", "check", &["user:nobody"]), second.clone()];
    must_commit(&store, &write).await;
    assert_eq!(store.task(id("a"), "check").await.unwrap(), Some(second.clone()));
    let mut all = query(&["role:chief"]);
    all.held_too = true;
    let page = TaskPage {
        rows: vec![second],
        more: false,
    };
    assert_eq!(store.tasks(&all).await.unwrap(), page);
    for no_more in ["user:ada", "user:nobody"] {
        all.subjects = names(&[no_more]);
        assert_eq!(found(&store, &all).await, Vec::<String>::new(), "{no_more}");
    }
}

async fn gone_then_put_is_put(store: Arc<dyn Store>) {
    let both = vec![task("a", "s", &["role:r"]), task("a", "t", &["role:r"])];
    begin(&store, "a", both).await;
    begin(&store, "b", vec![task("b", "s", &["role:r"])]).await;
    let mut write = step("a", 1);
    write.tasks_gone = names(&["s", "t", "never open"]);
    write.tasks = vec![task("a", "t", &["role:q"])];
    must_commit(&store, &write).await;
    assert_eq!(found(&store, &query(&["role:r"])).await, ["b/s"]);
    assert_eq!(found(&store, &query(&["role:q"])).await, ["a/t"]);
}

async fn one_that_lost_changes_nothing(store: Arc<dyn Store>) {
    begin(&store, "a", vec![task("a", "s", &["role:r"])]).await;
    let mut late = step("a", 4);
    late.tasks = vec![task("a", "t", &["role:r"])];
    late.tasks_gone = names(&["s"]);
    assert_eq!(commit(&store, &late).await, Applied::Moved);
    assert_eq!(found(&store, &query(&["role:r"])).await, ["a/s"]);
}

async fn those_it_is_for_find_it_until_somebody_holds_it(store: Arc<dyn Store>) {
    let free = task("a", "free", &["role:r"]);
    let held = held(task("a", "held", &["role:r"]), "ada");
    begin(&store, "a", vec![free, held]).await;
    let mut asked = query(&["role:r"]);
    assert_eq!(found(&store, &asked).await, ["a/free"]);
    assert_eq!(found(&store, &query(&["role"])).await, Vec::<String>::new());
    assert_eq!(found(&store, &query(&[])).await, Vec::<String>::new());
    asked.held_too = true;
    assert_eq!(found(&store, &asked).await, ["a/free", "a/held"]);
    asked.held_too = false;
    asked.holders = names(&["ada"]);
    assert_eq!(found(&store, &asked).await, ["a/free", "a/held"]);
    asked.holders = names(&["bob"]);
    assert_eq!(found(&store, &asked).await, ["a/free"]);
    asked.subjects.clear();
    asked.holders = names(&["ada"]);
    assert_eq!(found(&store, &asked).await, ["a/held"]);
    asked.holders.clear();
    assert_eq!(found(&store, &asked).await, Vec::<String>::new());
}

async fn one_that_is_put_again_stands_where_it_belongs(store: Arc<dyn Store>) {
    let free = task("a", "s", &["role:r"]);
    begin(&store, "a", vec![free.clone(), task("a", "t", &["role:r"])]).await;
    let mut urgent = free.clone();
    urgent.priority = 0;
    let mut due = task("a", "t", &["role:r"]);
    due.due_us = Some(5);
    let mut elsewhere = free.clone();
    elsewhere.workflow = name("lens");
    let rounds = [
        (vec![held(free.clone(), "ada")], vec!["a/t"]),
        (vec![urgent], vec!["a/s", "a/t"]),
        (vec![free, due], vec!["a/t", "a/s"]),
        (vec![elsewhere], vec!["a/t"]),
    ];
    for (number, (tasks, expected)) in rounds.into_iter().enumerate() {
        let mut write = touch("a", 1);
        write.tasks = tasks;
        must_commit(&store, &write).await;
        let mut asked = query(&["role:r"]);
        asked.workflow = (number == 3).then(|| name("order"));
        assert_eq!(found(&store, &asked).await, expected, "round {number}");
    }
}

/// (priority, due, opened)
fn placed(state: &str, priority: u8, due_us: Option<i64>, opened_us: i64) -> TaskRow {
    TaskRow {
        priority,
        due_us,
        opened_us,
        ..task("a", state, &["role:r"])
    }
}

async fn the_order_is_priority_then_due_then_age(store: Arc<dyn Store>) {
    let tasks = vec![
        placed("7", 9, Some(1), 1),
        placed("5", 1, None, 10),
        placed("6", 1, None, 20),
        placed("2", 1, Some(4), 20),
        placed("3", 1, Some(5), 1),
        placed("1", 1, Some(4), 10),
        placed("0", 0, None, 90),
        placed("4", 1, Some(i64::MAX - 1), 1),
    ];
    begin(&store, "a", tasks).await;
    let expected: Vec<String> = (0..8).map(|place| format!("a/{place}")).collect();
    assert_eq!(found(&store, &query(&["role:r"])).await, expected);
}

async fn pages_go_on_where_the_last_one_ended(store: Arc<dyn Store>) {
    for key in ["a", "b", "c"] {
        let mine = held(task(key, "mine", &["role:none"]), "ada");
        let tasks = vec![task(key, "s", &["role:r"]), task(key, "t", &["role:q", "role:r"]), mine];
        begin(&store, key, tasks).await;
    }
    let mut asked = query(&["role:q", "role:r"]);
    asked.holders = names(&["ada"]);
    let whole = found(&store, &asked).await;
    assert_eq!(whole.len(), 9);
    asked.limit = 2;
    let mut pages = Vec::new();
    loop {
        let page = store.tasks(&asked).await.unwrap();
        pages.extend(page.rows.iter().map(shown));
        asked.after = page.rows.last().map(TaskRow::place);
        if !page.more {
            assert_eq!(page.rows.len(), 1);
            break;
        }
        assert_eq!(page.rows.len(), 2);
    }
    assert_eq!(pages, whole);
    // A place says where to go on even if its task is gone.
    asked.limit = 10;
    asked.after = Some(store.task(id("b"), "s").await.unwrap().expect("it is open").place());
    let rest = found(&store, &asked).await;
    let mut write = step("b", 1);
    write.tasks_gone = names(&["s"]);
    must_commit(&store, &write).await;
    assert_eq!(found(&store, &asked).await, rest);
}

async fn a_task_of_several_subjects_is_found_once(store: Arc<dyn Store>) {
    let held = held(task("a", "held", &["role:q", "role:r"]), "ada");
    begin(&store, "a", vec![task("a", "s", &["role:q", "role:r"]), held]).await;
    let mut asked = query(&["role:r", "role:q", "role:r"]);
    assert_eq!(found(&store, &asked).await, ["a/s"]);
    asked.held_too = true;
    asked.holders = names(&["ada"]);
    asked.limit = 2;
    assert_eq!(found(&store, &asked).await, ["a/held", "a/s"]);
}

async fn of_one_workflow_alone(store: Arc<dyn Store>) {
    let mut other = task("b", "s", &["role:r"]);
    other.workflow = name("lens");
    let mut mine = held(task("b", "t", &["role:none"]), "ada");
    mine.workflow = name("lens");
    begin(
        &store,
        "a",
        vec![task("a", "s", &["role:r"]), held(task("a", "t", &["role:none"]), "ada")],
    )
    .await;
    begin(&store, "b", vec![other, mine]).await;
    let mut asked = query(&["role:r"]);
    asked.holders = names(&["ada"]);
    asked.workflow = Some(name("lens"));
    assert_eq!(found(&store, &asked).await, ["b/s", "b/t"]);
    asked.workflow = Some(name("order"));
    assert_eq!(found(&store, &asked).await, ["a/s", "a/t"]);
    asked.workflow = Some(name("none"));
    assert_eq!(found(&store, &asked).await, Vec::<String>::new());
}

async fn what_several_people_hold_stands_in_one_order(store: Arc<dyn Store>) {
    let row = |state: &str, due_us: i64| TaskRow {
        due_us: Some(due_us),
        ..task("a", state, &["role:none"])
    };
    let tasks = vec![
        held(row("1", 1), "ada"),
        held(row("2", 2), "bob"),
        held(row("3", 3), "ada"),
        held(row("4", 4), "eve"),
    ];
    begin(&store, "a", tasks).await;
    let mut asked = query(&[]);
    asked.holders = names(&["bob", "ada", "bob"]);
    assert_eq!(found(&store, &asked).await, ["a/1", "a/2", "a/3"]);
    asked.limit = 2;
    let first = store.tasks(&asked).await.unwrap();
    assert_eq!(
        (first.rows.iter().map(shown).collect::<Vec<_>>(), first.more),
        (vec!["a/1".into(), "a/2".into()], true)
    );
    asked.after = first.rows.last().map(TaskRow::place);
    assert_eq!(found(&store, &asked).await, ["a/3"]);
}

async fn what_a_person_holds(store: Arc<dyn Store>) {
    for key in ["a", "b"] {
        let tasks = ["s", "t"].map(|state| held(task(key, state, &["role:r"]), "ada"));
        begin(&store, key, tasks.into()).await;
    }
    begin(
        &store,
        "c",
        vec![held(task("c", "s", &["role:r"]), "bob"), task("c", "t", &["role:r"])],
    )
    .await;
    let loads = store.loads(&names(&["bob", "nobody", "ada", "bob"])).await.unwrap();
    assert_eq!(loads, [1, 0, 4, 1]);
    assert_eq!(store.loads(&[]).await.unwrap(), Vec::<u64>::new());
    let all = store.held_by("ada", None, 10).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by_key(|row| (row.instance, row.name.clone())), "{all:?}");
    assert!(all.iter().all(|row| row.holder.as_deref() == Some("ada")), "{all:?}");
    assert_eq!(store.held_by("ada", None, 3).await.unwrap(), all[..3]);
    let second = (all[1].instance, all[1].name.clone());
    assert_eq!(store.held_by("ada", Some(second), 10).await.unwrap(), all[2..]);
}

async fn of_these_instances(store: Arc<dyn Store>) {
    begin(&store, "a", vec![task("a", "t", &["role:r"]), task("a", "s", &["role:r"])]).await;
    begin(&store, "b", vec![task("b", "s", &["role:r"])]).await;
    begin(&store, "c", vec![task("c", "s", &["role:r"])]).await;
    let found = store.tasks_of(&[id("c"), id("a"), id("nobody"), id("c")]).await.unwrap();
    let mut expected = [
        task("a", "s", &["role:r"]),
        task("a", "t", &["role:r"]),
        task("c", "s", &["role:r"]),
    ];
    expected.sort_by_key(|row| (row.instance, row.name.clone()));
    assert_eq!(found, expected);
    assert_eq!(store.tasks_of(&[]).await.unwrap(), []);
}
