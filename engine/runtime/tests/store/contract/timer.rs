//! Timers are armed, moved, offered when due, and go.

use std::sync::Arc;

use statewright_engine::store::{DueTimer, Store};

use super::{must_commit, on_every_store};
use crate::shape::{id, message, moment, name, step, touch};

on_every_store! {
    due_ones_come_earliest_first
    one_that_is_armed_again_moves
    gone_then_armed_is_armed
    the_next_due_is_the_earliest_of_timers_and_delayed_messages
}

fn due(key: &str, timer: &str, due_us: i64) -> DueTimer {
    DueTimer {
        instance: id(key),
        name: name(timer),
        due_us,
    }
}

async fn due_ones_come_earliest_first(store: Arc<dyn Store>) {
    let mut a = step("a", 0);
    a.timers_armed = vec![(name("late"), 30), (name("early"), 10)];
    let mut b = step("b", 0);
    b.timers_armed = vec![(name("middle"), 20)];
    store.commit(&[a, b]).await.unwrap();
    assert_eq!(store.due_timers(9, 10).await.unwrap(), []);
    let all = [due("a", "early", 10), due("b", "middle", 20), due("a", "late", 30)];
    assert_eq!(store.due_timers(30, 10).await.unwrap(), all);
    assert_eq!(store.due_timers(29, 10).await.unwrap(), all[..2]);
    assert_eq!(store.due_timers(30, 1).await.unwrap(), all[..1]);
}

async fn one_that_is_armed_again_moves(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.timers_armed = vec![(name("t"), 10), (name("u"), 11)];
    must_commit(&store, &first).await;
    let mut second = step("a", 1);
    second.timers_armed = vec![(name("t"), 40), (name("t"), 50)];
    second.timers_gone = vec![name("u"), name("never armed")];
    must_commit(&store, &second).await;
    assert_eq!(store.due_timers(100, 10).await.unwrap(), [due("a", "t", 50)]);
}

async fn gone_then_armed_is_armed(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.timers_armed = vec![(name("t"), 10)];
    must_commit(&store, &first).await;
    let mut second = step("a", 1);
    second.timers_gone = vec![name("t")];
    second.timers_armed = vec![(name("t"), 20)];
    must_commit(&store, &second).await;
    assert_eq!(store.due_timers(100, 10).await.unwrap(), [due("a", "t", 20)]);
}

async fn the_next_due_is_the_earliest_of_timers_and_delayed_messages(store: Arc<dyn Store>) {
    assert_eq!(store.next_due().await.unwrap(), None);
    let mut first = step("a", 0);
    first.timers_armed = vec![(name("t"), moment(50))];
    first.messages.push(message("b", "at once", moment(1)));
    must_commit(&store, &first).await;
    assert_eq!(store.next_due().await.unwrap(), Some(moment(50)));
    let mut second = step("a", 1);
    second.messages.push(message("a", "later", moment(30)));
    must_commit(&store, &second).await;
    assert_eq!(store.next_due().await.unwrap(), Some(moment(30)));
    assert_eq!(store.messages_of(&[id("a")], moment(29), 10).await.unwrap(), []);
    let waiting = store.messages_of(&[id("a")], moment(30), 10).await.unwrap();
    assert_eq!(store.ready_messages(moment(30), moment(2), 10).await.unwrap().len(), 2);
    let mut deferred = touch("a", 2);
    deferred.messages_deferred.push(waiting[0].id);
    must_commit(&store, &deferred).await;
    assert_eq!(store.next_due().await.unwrap(), Some(moment(50)));
}
