//! Whoever watches a topic is woken by whoever is found under it, in the same commit.

use std::sync::Arc;

use statewright_core::identity::InputKey;
use statewright_engine::store::{Store, wake_key};

use super::{must_commit, on_every_store};
use crate::shape::{id, in_lot, message, moment, step, topic, touch};

on_every_store! {
    what_is_found_under_a_topic_wakes_who_watches_it
    a_change_wakes_once_by_whatever_it_is_known
    a_topic_is_nobody
    an_end_of_watching_is_an_end
    one_may_wake_itself
    a_watch_begun_in_the_batch_counts
}

async fn woken(store: &Arc<dyn Store>, key: &str) -> Vec<InputKey> {
    let waiting = store.messages_of(&[id(key)], i64::MAX, 100).await.unwrap();
    waiting.iter().map(|row| row.key).collect()
}

async fn watch(store: &Arc<dyn Store>, key: &str, expected: u64, lots: &[&str]) {
    let mut watcher = step(key, expected);
    watcher.watched = lots.iter().map(|lot| topic(lot)).collect();
    watcher.settled.clone_from(&watcher.watched);
    must_commit(store, &watcher).await;
}

async fn what_is_found_under_a_topic_wakes_who_watches_it(store: Arc<dyn Store>) {
    watch(&store, "seven", 0, &["7"]).await;
    watch(&store, "eight", 0, &["8"]).await;
    must_commit(&store, &in_lot(step("a", 0), "7")).await;
    assert_eq!(woken(&store, "seven").await, [wake_key(id("seven"), id("a"), 1)]);
    assert!(woken(&store, "eight").await.is_empty());
    // who goes is missed, and who has nothing to do with it is not
    let mut goes = in_lot(step("a", 1), "8");
    goes.topics.push(topic("7"));
    must_commit(&store, &goes).await;
    must_commit(&store, &step("b", 0)).await;
    let mut touched = touch("a", 2);
    touched.topics.push(topic("7"));
    must_commit(&store, &touched).await;
    assert_eq!(
        woken(&store, "seven").await,
        [wake_key(id("seven"), id("a"), 1), wake_key(id("seven"), id("a"), 2)]
    );
    assert_eq!(woken(&store, "eight").await, [wake_key(id("eight"), id("a"), 2)]);
}

async fn a_change_wakes_once_by_whatever_it_is_known(store: Arc<dyn Store>) {
    watch(&store, "w", 0, &["7", "8"]).await;
    let mut also = step("w", 1);
    also.watched.push(id("a"));
    must_commit(&store, &also).await;
    let mut both = in_lot(step("a", 0), "7");
    both.topics.push(topic("8"));
    both.messages.push(message("w", "first", moment(1)));
    must_commit(&store, &both).await;
    let keys = woken(&store, "w").await;
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[1], wake_key(id("w"), id("a"), 1));
}

async fn a_topic_is_nobody(store: Arc<dyn Store>) {
    watch(&store, "w", 0, &["7"]).await;
    assert_eq!(store.instances_after(None, 10).await.unwrap().len(), 1);
    assert_eq!(store.load(&[topic("7")]).await.unwrap(), [None]);
    assert_eq!(store.strays(10).await.unwrap(), []);
}

async fn an_end_of_watching_is_an_end(store: Arc<dyn Store>) {
    watch(&store, "w", 0, &["7", "8"]).await;
    watch(&store, "v", 0, &["7"]).await;
    let mut ended = step("w", 1);
    ended.unwatched = vec![topic("7"), topic("never watched")];
    must_commit(&store, &ended).await;
    let mut last = step("v", 1);
    last.unwatched.push(topic("7"));
    must_commit(&store, &last).await;
    must_commit(&store, &in_lot(step("a", 0), "7")).await;
    must_commit(&store, &in_lot(step("b", 0), "8")).await;
    assert_eq!(woken(&store, "w").await, [wake_key(id("w"), id("b"), 1)]);
    assert!(woken(&store, "v").await.is_empty());
    watch(&store, "v", 2, &["7"]).await;
    must_commit(&store, &in_lot(step("c", 0), "7")).await;
    assert_eq!(woken(&store, "v").await, [wake_key(id("v"), id("c"), 1)]);
}

async fn one_may_wake_itself(store: Arc<dyn Store>) {
    watch(&store, "w", 0, &["7"]).await;
    must_commit(&store, &in_lot(step("w", 1), "7")).await;
    assert_eq!(woken(&store, "w").await, [wake_key(id("w"), id("w"), 2)]);
}

async fn a_watch_begun_in_the_batch_counts(store: Arc<dyn Store>) {
    let mut late = step("late", 0);
    late.watched.push(topic("7"));
    late.settled.push(topic("7"));
    let mut refused = step("refused", 3);
    refused.watched.push(topic("7"));
    refused.settled.push(topic("7"));
    store.commit(&[in_lot(step("a", 0), "7"), late, refused]).await.unwrap();
    assert_eq!(woken(&store, "late").await, [wake_key(id("late"), id("a"), 1)]);
    assert!(woken(&store, "refused").await.is_empty());
}
