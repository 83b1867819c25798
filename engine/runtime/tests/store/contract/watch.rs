//! A change leaves a wake-up for whoever watches, in the same commit.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_engine::store::{MessageRow, Store, wake_body, wake_key};

use super::{must_commit, on_every_store};
use crate::shape::{id, message, moment, step, touch};

on_every_store! {
    a_change_wakes_each_watcher_once
    nothing_changed_wakes_nobody
    one_that_does_not_exist_yet_may_be_watched
    an_end_of_watching_is_an_end
    a_watch_begun_in_the_batch_counts
    wake_ups_come_after_the_messages_of_the_batch
}

async fn waiting(store: &Arc<dyn Store>, key: &str) -> Vec<MessageRow> {
    store.messages_of(&[id(key)], i64::MAX, 100).await.unwrap()
}

fn keys(rows: &[MessageRow]) -> Vec<statewright_core::identity::InputKey> {
    rows.iter().map(|row| row.key).collect()
}

fn sorted(mut ids: Vec<InstanceId>) -> Vec<InstanceId> {
    ids.sort();
    ids
}

async fn a_change_wakes_each_watcher_once(store: Arc<dyn Store>) {
    must_commit(&store, &step("subject", 0)).await;
    for key in ["a", "b"] {
        for sequence in 0..2 {
            let mut watcher = step(key, sequence);
            watcher.watched.push(id("subject"));
            must_commit(&store, &watcher).await;
        }
    }
    must_commit(&store, &step("subject", 1)).await;
    for key in ["a", "b"] {
        let rows = waiting(&store, key).await;
        assert_eq!(keys(&rows), [wake_key(id(key), id("subject"), 2)]);
        assert_eq!(rows[0].body, wake_body(id("subject")));
    }
    // It may be taken at the moment of the change, not before.
    assert_eq!(store.messages_of(&[id("a")], moment(2) - 1, 9).await.unwrap(), []);
    assert_eq!(store.messages_of(&[id("a")], moment(2), 9).await.unwrap().len(), 1);
    let everyone = store.ready_messages(i64::MAX, moment(2), 100).await.unwrap();
    let receivers: Vec<InstanceId> = everyone.iter().map(|row| row.to).collect();
    assert_eq!(receivers, sorted(vec![id("a"), id("b")]), "in the order of their ids");
}

async fn nothing_changed_wakes_nobody(store: Arc<dyn Store>) {
    let mut watcher = step("a", 0);
    watcher.watched.push(id("subject"));
    must_commit(&store, &watcher).await;
    must_commit(&store, &step("subject", 0)).await;
    must_commit(&store, &touch("subject", 1)).await;
    let mut moved = step("subject", 5);
    moved.entries[0].input_key = None;
    super::commit(&store, &moved).await;
    assert_eq!(keys(&waiting(&store, "a").await), [wake_key(id("a"), id("subject"), 1)]);
}

async fn one_that_does_not_exist_yet_may_be_watched(store: Arc<dyn Store>) {
    let mut watcher = step("a", 0);
    watcher.watched.push(id("later"));
    watcher.reads.push((id("later"), 0));
    must_commit(&store, &watcher).await;
    assert_eq!(store.load(&[id("later")]).await.unwrap(), [None]);
    assert_eq!(store.instances_after(None, 10).await.unwrap().len(), 1);
    assert_eq!(
        store
            .list(&statewright_engine::store::ListQuery {
                limit: 10,
                ..Default::default()
            })
            .await
            .unwrap()
            .rows
            .len(),
        1
    );
    assert!(store.bounce(id("later"), 1, None).await.is_ok_and(|bounced| !bounced));
    let mut reader = step("b", 0);
    reader.reads.push((id("later"), 0));
    must_commit(&store, &reader).await;
    let mut later = step("later", 0);
    later.next.started_at_us = 42;
    must_commit(&store, &later).await;
    let row = store.load(&[id("later")]).await.unwrap().remove(0).unwrap();
    assert_eq!((row.sequence, row.started_at_us, &*row.key), (1, 42, "later"));
    assert_eq!(keys(&waiting(&store, "a").await), [wake_key(id("a"), id("later"), 1)]);
}

async fn an_end_of_watching_is_an_end(store: Arc<dyn Store>) {
    let mut watcher = step("a", 0);
    watcher.watched = vec![id("x"), id("y")];
    must_commit(&store, &watcher).await;
    let mut ended = step("a", 1);
    ended.unwatched = vec![id("x"), id("y"), id("never watched")];
    ended.watched = vec![id("y")];
    must_commit(&store, &ended).await;
    must_commit(&store, &step("x", 0)).await;
    must_commit(&store, &step("y", 0)).await;
    assert_eq!(keys(&waiting(&store, "a").await), [wake_key(id("a"), id("y"), 1)]);
}

async fn a_watch_begun_in_the_batch_counts(store: Arc<dyn Store>) {
    let mut late = step("late", 0);
    late.watched.push(id("x"));
    let mut refused = step("refused", 3);
    refused.watched.push(id("x"));
    store.commit(&[step("x", 0), late, refused]).await.unwrap();
    assert_eq!(keys(&waiting(&store, "late").await), [wake_key(id("late"), id("x"), 1)]);
    assert_eq!(waiting(&store, "refused").await, []);
}

async fn wake_ups_come_after_the_messages_of_the_batch(store: Arc<dyn Store>) {
    let mut watcher = step("a", 0);
    watcher.watched.push(id("x"));
    must_commit(&store, &watcher).await;
    let mut x = step("x", 0);
    x.messages.push(message("a", "first", moment(1)));
    let mut y = step("y", 0);
    y.messages.push(message("a", "second", moment(1)));
    store.commit(&[x, y]).await.unwrap();
    let bodies: Vec<String> = waiting(&store, "a").await.into_iter().map(|row| row.body).collect();
    assert_eq!(bodies, ["first".to_owned(), "second".to_owned(), wake_body(id("x"))]);
}
