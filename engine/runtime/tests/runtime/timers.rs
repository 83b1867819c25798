//! Timers: in due order, once each, whatever happened meanwhile.

use std::sync::Arc;

use statewright_core::value::Value;
use statewright_engine::store::memory::MemoryStore;

use crate::support::{World, settle};

const REMINDER: &str = "
workflow: reminder
data:
  reminded: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: waiting
states:
  waiting:
    label: Waiting
    after:
      remind: {in: 10s, every: 10s, times: 3, actions: [{assign: {reminded: \"{{ reminded + 1 }}\"}}]}
      give_up: {in: 1h, target: given_up}
    on:
      ANSWER: {target: answered, by: [clerk]}
  answered: {type: final}
  given_up: {type: final}
";

#[tokio::test]
async fn timers_fire_when_they_are_due_and_end_with_their_state() {
    let mut world = World::with(&[REMINDER]).await;
    world.start("reminder", "A", &[]).await.unwrap();
    world.live(9).await;
    assert_eq!(world.field("reminder", "A", "reminded").await, Value::Integer(0));
    world.live(1).await;
    assert_eq!(world.field("reminder", "A", "reminded").await, Value::Integer(1));
    world.live(60).await;
    assert_eq!(world.field("reminder", "A", "reminded").await, Value::Integer(3));
    world.send("reminder", "A", "ANSWER").await.unwrap();
    world.pass(7_200);
    world.settle().await;
    assert_eq!(&*world.show("reminder", "A").await.states[0], "answered");
    world.prove().await;
}

#[tokio::test]
async fn after_a_long_downtime_everything_due_fires_once_in_due_order() {
    let mut world = World::with(&[REMINDER]).await;
    for key in ["A", "B", "C"] {
        world.start("reminder", key, &[]).await.unwrap();
        world.pass(1);
    }
    world.pass(7_200);
    world.settle().await;
    for key in ["A", "B", "C"] {
        let trail = world.trail("reminder", key).await;
        assert_eq!(
            trail.iter().filter(|line| line.contains("waiting/give_up")).count(),
            1,
            "{trail:?}"
        );
        assert_eq!(&*world.show("reminder", key).await.states[0], "given_up");
    }
    world.prove().await;
}

#[tokio::test]
async fn a_timer_fires_once_though_two_nodes_find_it() {
    let mut world = World::with(&[REMINDER]).await;
    let mut other = world.another_node("two");
    world.start("reminder", "A", &[]).await.unwrap();
    world.pass(10);
    // Both hand it over before either commits.
    world.node.timers.tick(world.now()).await.unwrap();
    other.timers.tick(world.now()).await.unwrap();
    world.settle().await;
    settle(&mut other, world.now()).await;
    assert_eq!(world.field("reminder", "A", "reminded").await, Value::Integer(1));
    assert_eq!(
        world.trail("reminder", "A").await,
        ["start by ann: taken", "timer waiting/remind by engine: taken"]
    );
    world.prove().await;
}

#[tokio::test]
async fn more_timers_than_may_be_under_way_all_fire() {
    let store = Arc::new(MemoryStore::new());
    let mut world = World::on(store, &[REMINDER], |configuration| {
        configuration.timers_in_flight_max = 4;
        configuration.background_queue_max = 3;
    })
    .await;
    for number in 0..20 {
        world.start("reminder", &format!("R-{number}"), &[]).await.unwrap();
    }
    world.pass(10);
    world.settle().await;
    for number in 0..20 {
        assert_eq!(
            world.field("reminder", &format!("R-{number}"), "reminded").await,
            Value::Integer(1),
            "R-{number}"
        );
    }
}
