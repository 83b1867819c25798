//! Instances are loaded, listed and walked; personal values can be erased.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_engine::store::{ListPage, ListQuery, Store};

use super::{must_commit, on_every_store};
use crate::shape::{id, name, step};

on_every_store! {
    loaded_in_the_order_asked_for
    listed_newest_first_in_pages
    walked_in_the_order_of_ids
    personal_values_are_kept_apart
    erased_is_gone
}

async fn loaded_in_the_order_asked_for(store: Arc<dyn Store>) {
    for key in ["a", "b", "c"] {
        must_commit(&store, &step(key, 0)).await;
    }
    let rows = store.load(&[id("c"), id("nobody"), id("a"), id("c")]).await.unwrap();
    let keys: Vec<Option<&str>> = rows.iter().map(|row| row.as_ref().map(|row| &*row.key)).collect();
    assert_eq!(keys, [Some("c"), None, Some("a"), Some("c")]);
}

async fn listed_newest_first_in_pages(store: Arc<dyn Store>) {
    for (number, workflow) in ["x", "y", "x", "z", "x", "y"].into_iter().enumerate() {
        let mut write = step(&number.to_string(), 0);
        write.next.workflow = workflow.into();
        write.next.started_at_us = number as i64 / 2;
        write.next.done = number % 3 == 0;
        must_commit(&store, &write).await;
    }
    let all = list(
        &store,
        ListQuery {
            limit: 10,
            ..ListQuery::default()
        },
    )
    .await;
    assert!(
        all.rows
            .is_sorted_by_key(|row| std::cmp::Reverse((row.started_at_us, row.instance)))
    );
    assert_eq!((all.rows.len(), all.more), (6, false));

    let mut pages = Vec::new();
    let mut query = ListQuery {
        limit: 4,
        ..ListQuery::default()
    };
    loop {
        let page = list(&store, query.clone()).await;
        query.after = page.rows.last().map(|row| (row.started_at_us, row.instance));
        pages.extend(page.rows);
        if !page.more {
            break;
        }
    }
    assert_eq!(pages, all.rows);

    let of = |workflow: Option<&str>, done: Option<bool>| ListQuery {
        workflow: workflow.map(name),
        done,
        limit: 10,
        ..ListQuery::default()
    };
    let x = list(&store, of(Some("x"), None)).await;
    assert_eq!(keys(&x), ["4", "2", "0"]);
    assert_eq!(keys(&list(&store, of(Some("x"), Some(true))).await), ["0"]);
    assert_eq!(keys(&list(&store, of(Some("y"), Some(false))).await), ["5", "1"]);
    assert_eq!(list(&store, of(None, Some(true))).await.rows.len(), 2);
    assert_eq!(keys(&list(&store, of(Some("nothing"), None)).await), Vec::<&str>::new());
    let first = ListQuery {
        limit: 3,
        ..of(Some("x"), None)
    };
    assert!(!list(&store, first.clone()).await.more);
    assert!(list(&store, ListQuery { limit: 2, ..first }).await.more);
}

async fn list(store: &Arc<dyn Store>, query: ListQuery) -> ListPage {
    store.list(&query).await.unwrap()
}

fn keys(page: &ListPage) -> Vec<&str> {
    page.rows.iter().map(|row| &*row.key).collect()
}

async fn walked_in_the_order_of_ids(store: Arc<dyn Store>) {
    let writes: Vec<_> = (0..9).map(|number| step(&number.to_string(), 0)).collect();
    store.commit(&writes).await.unwrap();
    let mut ids: Vec<InstanceId> = writes.iter().map(|write| write.instance).collect();
    ids.sort();
    let mut walked = Vec::new();
    while let Some(last) = store.instances_after(walked.last().copied(), 4).await.unwrap().last() {
        let page = store.instances_after(walked.last().copied(), 4).await.unwrap();
        assert_eq!(page.last(), Some(last));
        walked.extend(page.iter().map(|row| row.instance));
    }
    assert_eq!(walked, ids);
}

async fn personal_values_are_kept_apart(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.personal = vec![(Digest::of(b"1"), "\"one\"".into()), (Digest::of(b"2"), "\"two\"".into())];
    must_commit(&store, &write).await;
    let mut again = step("a", 1);
    again.personal = vec![
        (Digest::of(b"1"), "\"another\"".into()),
        (Digest::of(b"3"), "\"three\"".into()),
    ];
    must_commit(&store, &again).await;
    let rows = store.personal(id("a")).await.unwrap();
    let mut expected = [
        (Digest::of(b"1"), "\"one\""),
        (Digest::of(b"2"), "\"two\""),
        (Digest::of(b"3"), "\"three\""),
    ];
    expected.sort();
    let kept: Vec<_> = rows.iter().map(|row| (row.reference, row.value.as_str())).collect();
    assert_eq!(kept, expected);
    assert_eq!(store.personal(id("b")).await.unwrap(), []);
}

async fn erased_is_gone(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.personal = vec![(Digest::of(b"1"), "\"one\"".into()), (Digest::of(b"2"), "\"two\"".into())];
    let mut other = step("b", 0);
    other.personal = write.personal.clone();
    store.commit(&[write, other]).await.unwrap();
    let mut erase = step("a", 1);
    erase.erase = true;
    must_commit(&store, &erase).await;
    assert_eq!(store.personal(id("a")).await.unwrap(), []);
    assert_eq!(store.personal(id("b")).await.unwrap().len(), 2);
    let mut new = step("b", 1);
    new.erase = true;
    new.personal = vec![(Digest::of(b"2"), "\"two\"".into()), (Digest::of(b"3"), "\"three\"".into())];
    must_commit(&store, &new).await;
    let left: Vec<Digest> = store
        .personal(id("b"))
        .await
        .unwrap()
        .iter()
        .map(|row| row.reference)
        .collect();
    let mut expected = [Digest::of(b"2"), Digest::of(b"3")];
    expected.sort();
    assert_eq!(left, expected);
}
