//! An `always` over what a read finds is tried again when what is found has changed.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::value::Value;
use statewright_engine::store::Store;
use statewright_engine::testing::FaultyStore;

use crate::support::on_every_store;
use crate::support::{World, answer_of, node, object, send_of};

const ITEM: &str = "
workflow: item
data: {box: {type: string, index: true}, weight: {type: integer, default: 1}}
start: {by: [clerk], input: [box]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    on:
      WEIGH: {by: [clerk], input: [weight]}
      MOVE: {by: [clerk], input: [box]}
      DONE: {target: done, by: [clerk]}
      FAIL: {by: [clerk], actions: [{mark: {failed: {box: \"{{ box }}\"}}}]}
      MEND: {by: [clerk], actions: [{unmark: failed}]}
  done: {type: final}
";

/// Closed when nothing in it is open any more, overloaded as soon as something weighs more than nine, spoilt by two failures.
const BOX: &str = "
workflow: box
reads:
  open: {workflow: item, where: {box: \"{{ key }}\"}, in: [open], take: count}
  heaviest: {workflow: item, where: {box: \"{{ key }}\"}, take: {max: weight}}
  failures: {marks: failed, where: {box: \"{{ key }}\"}, take: count}
  all_failures: {marks: failed, take: count}
let: {most: heaviest | default(0)}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: filling
states:
  filling:
    on:
      CLOSE: {target: closing, by: [clerk]}
      CHECK: {target: checking, by: [clerk]}
      TRUST: {target: trusting, by: [clerk]}
      COUNT_ALL: {target: counting, by: [clerk]}
  closing: {always: {guard: open == 0, target: closed}}
  checking: {always: {guard: most > 9, target: overloaded}, on: {OPEN: {target: filling, by: [clerk]}}}
  trusting: {always: {guard: failures >= 2, target: spoilt}}
  counting: {always: {guard: all_failures == 0, target: clean}}
  closed: {type: final}
  overloaded: {}
  spoilt: {type: final}
  clean: {type: final}
";

on_every_store! {
    who_goes_is_missed
    what_changes_beside_the_index_counts
    marks_and_those_taken_back_count
    what_comes_before_the_watch_is_seen_after_it
}

async fn begun(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[ITEM, BOX], |_| {}).await;
    world.start("box", "1", &[]).await.unwrap();
    for (key, its_box) in [("A", "1"), ("B", "1"), ("C", "2")] {
        world.start("item", key, &[("box", Value::from(its_box))]).await.unwrap();
    }
    world
}

impl World {
    /// Sends it and lets everything happen that follows.
    async fn happen(&mut self, workflow: &str, key: &str, event: &str, with: &[(&str, Value)]) {
        let mut request = send_of(workflow, key, event);
        request.payload = object(with);
        let answer = self.send_as(request).await.unwrap();
        assert_eq!(answer.verdict.as_str(), "taken", "{event}: {answer:?}");
        self.settle().await;
    }

    async fn box_is(&self, state: &str) -> bool {
        self.show("box", "1").await.states.iter().any(|active| **active == *state)
    }

    async fn entries(&self) -> usize {
        self.trail("box", "1").await.len()
    }
}

async fn who_goes_is_missed(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    world.happen("box", "1", "CLOSE", &[]).await;
    let entries = world.entries().await;
    world.happen("item", "A", "DONE", &[]).await;
    assert!(world.box_is("closing").await);
    assert_eq!(world.entries().await, entries, "a wake-up that opens nothing leaves no trace");
    world.happen("item", "C", "DONE", &[]).await;
    assert!(world.box_is("closing").await);
    world.happen("item", "B", "MOVE", &[("box", Value::from("3"))]).await;
    assert!(world.box_is("closed").await);
    // whoever has ended waits for nothing
    let entries = world.entries().await;
    world.start("item", "D", &[("box", Value::from("1"))]).await.unwrap();
    let waiting = world
        .store
        .messages_of(&[InstanceId::of("box", "1")], i64::MAX, 9)
        .await
        .unwrap();
    assert_eq!(waiting, []);
    assert_eq!(world.entries().await, entries);
    world.prove().await;
}

async fn what_changes_beside_the_index_counts(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    world.happen("box", "1", "CHECK", &[]).await;
    world.happen("item", "A", "WEIGH", &[("weight", Value::Integer(9))]).await;
    world.happen("item", "C", "WEIGH", &[("weight", Value::Integer(90))]).await;
    assert!(world.box_is("checking").await);
    world.happen("item", "B", "WEIGH", &[("weight", Value::Integer(10))]).await;
    assert!(world.box_is("overloaded").await);
    world.prove().await;
}

async fn marks_and_those_taken_back_count(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    world.start("box", "2", &[]).await.unwrap();
    world.happen("box", "1", "TRUST", &[]).await;
    world.happen("item", "A", "FAIL", &[]).await;
    world.happen("item", "C", "FAIL", &[]).await;
    world.happen("box", "2", "COUNT_ALL", &[]).await;
    assert!(world.box_is("trusting").await);
    world.happen("item", "A", "MEND", &[]).await;
    world.happen("item", "A", "FAIL", &[]).await;
    assert!(world.box_is("trusting").await);
    world.happen("item", "B", "FAIL", &[]).await;
    assert!(world.box_is("spoilt").await);
    for key in ["A", "B", "C"] {
        assert!(
            !world.show("box", "2").await.states.iter().any(|active| &**active == "clean"),
            "{key}"
        );
        world.happen("item", key, "MEND", &[]).await;
    }
    assert!(world.show("box", "2").await.states.iter().any(|active| &**active == "clean"));
    world.prove().await;
}

/// Another node changes what was found, after it was looked at and before anybody watches it.
async fn what_comes_before_the_watch_is_seen_after_it(store: Arc<dyn Store>) {
    let faulty = Arc::new(FaultyStore::new(store, 1));
    let mut world = begun(faulty.clone()).await;
    world.happen("item", "A", "DONE", &[]).await;
    let mut other = node("two", world.store.clone(), world.clock.clone(), world.adapter.clone(), |_| {});
    let now = world.now();
    faulty.meanwhile(InstanceId::of("box", "1"), async move {
        let engine = other.engine.clone();
        let asked = tokio::spawn(async move { engine.send(send_of("item", "B", "DONE")).await });
        let answer = answer_of(&mut other, now, asked).await;
        assert_eq!(answer.unwrap().verdict.as_str(), "taken");
    });
    world.happen("box", "1", "CLOSE", &[]).await;
    assert!(world.box_is("closed").await);
    world.prove().await;
}
