//! Messages come in order, are taken once, wait for a pause to end, and are answered when there is nobody.

use std::sync::Arc;

use statewright_engine::store::{Applied, MessageRow, Store, Write};

use super::{commit, must_commit, on_every_store};
use crate::shape::{claim, id, input, message, moment, step, touch};

on_every_store! {
    they_come_in_order
    young_ones_are_left_to_the_node_that_wrote_them
    only_its_receiver_takes_it
    deferred_ones_wait_for_the_pause_to_end
    resumed_deferred_and_taken_at_once
    one_to_nobody_is_answered
    one_to_somebody_is_not
    one_that_is_gone_is_not_taken
    a_taken_id_never_comes_again
}

fn bodies(rows: &[MessageRow]) -> Vec<&str> {
    rows.iter().map(|row| row.body.as_str()).collect()
}

async fn they_come_in_order(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages = vec![message("x", "1", 5), message("y", "2", 5), message("x", "3", 1)];
    let mut b = step("b", 0);
    b.messages = vec![message("x", "4", 5)];
    store.commit(&[a, b]).await.unwrap();
    let mut c = step("c", 0);
    c.messages = vec![message("x", "5", 5)];
    must_commit(&store, &c).await;
    let all = store.ready_messages(5, moment(1), 10).await.unwrap();
    assert_eq!(bodies(&all), ["1", "2", "3", "4", "5"]);
    assert!(all.is_sorted_by_key(|row| row.id));
    assert_eq!(all[1].to, id("y"));
    assert_eq!(all[1].key, message("y", "2", 5).key);
    assert_eq!(
        bodies(&store.messages_of(&[id("x")], 5, 10).await.unwrap()),
        ["1", "3", "4", "5"]
    );
    assert_eq!(
        bodies(&store.messages_of(&[id("y"), id("x")], 5, 3).await.unwrap()),
        ["1", "2", "3"]
    );
    assert_eq!(bodies(&store.ready_messages(5, moment(1), 2).await.unwrap()), ["1", "2"]);
}

async fn young_ones_are_left_to_the_node_that_wrote_them(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages.push(message("x", "young", 5));
    must_commit(&store, &a).await;
    assert_eq!(store.ready_messages(i64::MAX, moment(1) - 1, 10).await.unwrap(), []);
    assert_eq!(store.ready_messages(i64::MAX, moment(1), 10).await.unwrap().len(), 1);
    assert_eq!(store.messages_of(&[id("x")], 5, 10).await.unwrap().len(), 1);
}

async fn only_its_receiver_takes_it(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages = vec![message("a", "mine", 1), message("b", "not mine", 1)];
    must_commit(&store, &a).await;
    let all = store.ready_messages(1, moment(1), 10).await.unwrap();
    let mut take = touch("a", 1);
    take.messages_taken = all.iter().map(|row| row.id).collect();
    take.messages_deferred = take.messages_taken.clone();
    assert_eq!(commit(&store, &take).await, Applied::MessageGone { id: all[1].id });
    assert_eq!(store.ready_messages(1, moment(1), 10).await.unwrap(), all);
    take.messages_taken.truncate(1);
    take.messages_deferred.truncate(1);
    must_commit(&store, &take).await;
    assert_eq!(bodies(&store.ready_messages(1, moment(1), 10).await.unwrap()), ["not mine"]);
}

async fn deferred_ones_wait_for_the_pause_to_end(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages = vec![message("a", "1", 1), message("a", "2", 1), message("b", "other", 1)];
    must_commit(&store, &a).await;
    let waiting = store.messages_of(&[id("a")], 1, 10).await.unwrap();
    let mut defer = touch("a", 1);
    defer.messages_deferred = vec![waiting[0].id];
    must_commit(&store, &defer).await;
    assert_eq!(bodies(&store.messages_of(&[id("a")], 1, 10).await.unwrap()), ["2"]);
    assert_eq!(bodies(&store.ready_messages(1, moment(1), 10).await.unwrap()), ["2", "other"]);
    let mut resume = touch("a", 1);
    resume.resumed = true;
    must_commit(&store, &resume).await;
    assert_eq!(bodies(&store.messages_of(&[id("a")], 1, 10).await.unwrap()), ["1", "2"]);
}

async fn resumed_deferred_and_taken_at_once(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages = vec![message("a", "1", 1), message("a", "2", 1), message("a", "3", 1)];
    must_commit(&store, &a).await;
    let ids: Vec<i64> = store
        .messages_of(&[id("a")], 1, 10)
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    let mut defer = touch("a", 1);
    defer.messages_deferred = ids.clone();
    must_commit(&store, &defer).await;
    let mut all = touch("a", 1);
    all.resumed = true;
    all.messages_deferred = vec![ids[0], ids[1]];
    all.messages_taken = vec![ids[1]];
    must_commit(&store, &all).await;
    assert_eq!(bodies(&store.messages_of(&[id("a")], 1, 10).await.unwrap()), ["3"]);
    let mut resume = touch("a", 1);
    resume.resumed = true;
    must_commit(&store, &resume).await;
    assert_eq!(bodies(&store.messages_of(&[id("a")], 1, 10).await.unwrap()), ["1", "3"]);
}

async fn one_to_nobody_is_answered(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages.push(message("nobody", "hello?", 1));
    must_commit(&store, &a).await;
    let lost = store.messages_of(&[id("nobody")], 1, 10).await.unwrap().remove(0);
    let answer = message("a", "there is nobody", 7);
    assert!(!store.bounce(id("somebody else"), lost.id, Some(&answer)).await.unwrap());
    assert!(store.bounce(id("nobody"), lost.id, Some(&answer)).await.unwrap());
    assert!(!store.bounce(id("nobody"), lost.id, Some(&answer)).await.unwrap());
    let left = store.ready_messages(7, 7, 10).await.unwrap();
    assert_eq!(bodies(&left), ["there is nobody"]);
    assert_eq!((left[0].to, left[0].key), (id("a"), answer.key));
}

async fn one_to_somebody_is_not(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages = vec![message("b", "hello", 1), message("nobody", "bye", 1)];
    must_commit(&store, &a).await;
    must_commit(&store, &step("b", 0)).await;
    let found = store.ready_messages(1, moment(1), 10).await.unwrap();
    assert!(!store.bounce(id("b"), found[0].id, None).await.unwrap());
    assert!(store.bounce(id("nobody"), found[1].id, None).await.unwrap());
    assert_eq!(bodies(&store.ready_messages(1, moment(1), 10).await.unwrap()), ["hello"]);
}

async fn one_that_is_gone_is_not_taken(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.messages = vec![message("b", "1", 1), message("b", "2", 1)];
    must_commit(&store, &a).await;
    let ids: Vec<i64> = store
        .messages_of(&[id("b")], 1, 10)
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    assert!(store.bounce(id("b"), ids[0], None).await.unwrap());
    must_commit(&store, &step("b", 0)).await;
    let gone = Applied::MessageGone { id: ids[0] };
    // A repetition is told from it, and it is told from a race.
    let mut take = step("b", 1);
    take.messages_taken = ids.clone();
    assert_eq!(commit(&store, &take).await, gone);
    let mut late = touch("b", 7);
    late.messages_taken = vec![ids[1], ids[0]];
    assert_eq!(commit(&store, &late).await, gone);
    let mut again = step("b", 1);
    again.entries[0].input_key = Some(input("b", 1));
    again.messages_taken = ids.clone();
    assert!(matches!(commit(&store, &again).await, Applied::Duplicate { sequence: 1, .. }));
    let mut holding = step("b", 1);
    holding.messages_taken = ids.clone();
    holding.claims_held.push(claim("tray", "9"));
    assert_eq!(commit(&store, &holding).await, gone);
    take.messages_taken.remove(0);
    // Others of the same call are written.
    let answers = store.commit(&[take, holding_of("c", &ids)]).await.unwrap();
    assert_eq!(answers, [Applied::Committed, gone]);
    assert_eq!(store.messages_of(&[id("b")], 1, 10).await.unwrap(), []);
}

/// The first step of another instance, which takes what is not its own.
fn holding_of(key: &str, ids: &[i64]) -> Write {
    let mut write = step(key, 0);
    write.messages_taken = ids.to_vec();
    write
}

async fn a_taken_id_never_comes_again(store: Arc<dyn Store>) {
    let mut latest = 0;
    for sequence in 0..4 {
        let mut write = step("a", sequence);
        write.entries[0].input_key = Some(input("a", sequence));
        write.messages.push(message("a", "again", 1));
        write.messages_taken.extend((latest > 0).then_some(latest));
        must_commit(&store, &write).await;
        let waiting = store.messages_of(&[id("a")], 1, 10).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert!(waiting[0].id > latest);
        latest = waiting[0].id;
    }
}
