//! Effects: at least once, always under the same key, and what becomes of those that fail.

use std::sync::Arc;
use std::time::Duration;

use statewright_core::value::Value;
use statewright_engine::adapter::AttemptFailure;
use statewright_engine::store::memory::MemoryStore;

use crate::support::{COUNTER, World, settle};

pub const MAKER: &str = "
workflow: maker
data:
  made: optional integer
  why: optional string
  locked: {type: boolean, default: false}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      MAKE: {target: making, by: [clerk]}
      MAKE_SAFELY: {target: making_safely, by: [clerk]}
      MAKE_SOON: {target: making_soon, by: [clerk]}
      CALL:
        by: [clerk]
        actions: [{call: {adapter: maker, action: make, input: {what: frame}}}]
  making:
    invoke:
      id: lens
      adapter: maker
      action: make
      input: {what: lens}
      retry: {attempts: 3, backoff: 10s..1m}
      onDone: {target: made, actions: [{assign: {made: \"{{ event.result }}\"}}]}
    on:
      STOP: {target: open, by: [clerk]}
  making_safely:
    invoke:
      id: safe
      adapter: maker
      action: make
      require: not locked
      retry: {attempts: 2, backoff: 10s..1m}
      onDone: {target: made}
      onError: {target: failed, actions: [{assign: {why: \"{{ event.error.why }}\"}}]}
    on:
      LOCK: {by: [clerk], actions: [{assign: {locked: true}}]}
  making_soon:
    invoke:
      id: soon
      adapter: maker
      action: make
      expires: 30s
      retry: {attempts: 9, backoff: 1m..1m}
      onDone: {target: made}
      onError: {target: failed, actions: [{assign: {why: \"{{ event.error.why }}\"}}]}
  made: {type: final}
  failed: {type: final}
";

async fn begun(event: &str) -> World {
    let world = World::with(&[MAKER]).await;
    world.start("maker", "A", &[]).await.unwrap();
    world.send("maker", "A", event).await.unwrap();
    world
}

async fn state(world: &World) -> String {
    world.show("maker", "A").await.states[0].to_string()
}

#[tokio::test]
async fn an_effect_is_performed_after_its_commit_and_its_result_taken() {
    let mut world = begun("MAKE").await;
    world.adapter.answer(Ok(Value::Integer(42)));
    assert_eq!(world.adapter.keys(), Vec::<String>::new());
    world.settle().await;
    assert_eq!(world.adapter.keys(), ["2:lens#1"]);
    assert_eq!(world.field("maker", "A", "made").await, Value::Integer(42));
    assert_eq!(
        world.trail("maker", "A").await,
        [
            "start by ann: taken",
            "event MAKE by ann: taken",
            "adapter_answer 2:lens by maker: taken"
        ]
    );
    world.prove().await;
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_later_under_the_same_key() {
    let mut world = begun("MAKE").await;
    world.adapter.fail_for_now();
    world.adapter.fail_for_now();
    world.settle().await;
    assert_eq!(world.adapter.keys(), ["2:lens#1"]);
    world.live(4).await;
    assert_eq!(
        world.adapter.keys(),
        ["2:lens#1"],
        "not before half of the first wait has passed"
    );
    world.live(8).await;
    assert_eq!(world.adapter.keys(), ["2:lens#1", "2:lens#2"]);
    world.live(22).await;
    assert_eq!(world.adapter.keys(), ["2:lens#1", "2:lens#2", "2:lens#3"]);
    assert_eq!(state(&world).await, "made");
    world.prove().await;
}

#[tokio::test]
async fn the_other_side_may_ask_for_a_longer_wait() {
    let mut world = begun("MAKE").await;
    let retry_after = Some(Duration::from_secs(300));
    world.adapter.answer(Err(AttemptFailure::Temporary {
        message: "busy".into(),
        retry_after,
    }));
    world.settle().await;
    world.live(290).await;
    assert_eq!(world.adapter.keys().len(), 1);
    world.live(12).await;
    assert_eq!(world.adapter.keys().len(), 2);
}

#[tokio::test]
async fn an_exhausted_effect_that_nobody_handles_waits_for_a_person() {
    let mut world = begun("MAKE").await;
    (0..3).for_each(|_| world.adapter.fail_for_now());
    world.live(120).await;
    assert_eq!(world.adapter.keys().len(), 3);
    let incidents = world.engine().incidents().await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(
        (incidents[0].attempts, incidents[0].error.as_str()),
        (3, "exhausted: busy (after 3 attempts)")
    );
    assert_eq!(state(&world).await, "making");
}

#[tokio::test]
async fn a_refusal_that_is_handled_is_told_to_the_instance() {
    let mut world = begun("MAKE_SAFELY").await;
    world.adapter.refuse();
    world.settle().await;
    assert_eq!(world.adapter.keys().len(), 1, "what is refused is not asked for again");
    assert_eq!(world.field("maker", "A", "why").await, Value::from("refused"));
    assert_eq!(world.engine().incidents().await.unwrap(), []);
    world.prove().await;
}

#[tokio::test]
async fn what_an_effect_requires_is_asked_before_each_attempt() {
    let mut world = begun("MAKE_SAFELY").await;
    world.adapter.fail_for_now();
    world.settle().await;
    assert_eq!(world.adapter.keys().len(), 1);
    world.send("maker", "A", "LOCK").await.unwrap();
    world.live(12).await;
    assert_eq!(world.adapter.keys().len(), 1, "it is locked between the attempts");
    assert_eq!(world.field("maker", "A", "why").await, Value::from("interlock"));
    world.prove().await;
}

#[tokio::test]
async fn an_effect_that_has_expired_does_not_begin() {
    let mut world = begun("MAKE_SOON").await;
    world.adapter.fail_for_now();
    world.live(70).await;
    assert_eq!(world.adapter.keys().len(), 1);
    assert_eq!(world.field("maker", "A", "why").await, Value::from("expired"));
}

#[tokio::test]
async fn an_attempt_that_never_ends_is_cut_off_and_tried_again() {
    let mut world = begun("MAKE").await;
    world.adapter.be_silent(true);
    world.settle().await;
    world.live(29).await;
    assert_eq!(world.adapter.keys().len(), 1);
    world.adapter.be_silent(false);
    world.live(15).await;
    assert_eq!(world.adapter.keys(), ["2:lens#1", "2:lens#2"]);
    assert_eq!(state(&world).await, "made");
}

#[tokio::test]
async fn what_a_killed_node_held_is_performed_by_another_when_its_lease_has_ended() {
    let world = begun("MAKE").await;
    let mut other = world.another_node("two");
    settle(&mut other, world.now()).await;
    assert_eq!(world.adapter.keys().len(), 0, "it is leased to the node that committed it");
    world.pass(61);
    settle(&mut other, world.now()).await;
    assert_eq!(world.adapter.keys(), ["2:lens#1"]);
    assert_eq!(state(&world).await, "made");
}

#[tokio::test]
async fn a_node_that_lost_its_lease_has_lost_the_say() {
    let mut world = begun("MAKE").await;
    world.adapter.be_silent(true);
    world.settle().await;
    // This node stands still for longer than its lease.
    world.pass(61);
    let mut other = world.another_node("two");
    world.adapter.be_silent(false);
    world.adapter.answer(Ok(Value::Integer(1)));
    settle(&mut other, world.now()).await;
    assert_eq!(state(&world).await, "made");
    world.settle().await;
    assert_eq!(world.field("maker", "A", "made").await, Value::Integer(1));
    assert_eq!(world.trail("maker", "A").await.len(), 3);
    world.prove().await;
}

#[tokio::test]
async fn what_was_left_is_not_begun_and_a_late_answer_only_kept() {
    let mut world = begun("MAKE").await;
    world.send("maker", "A", "STOP").await.unwrap();
    world.settle().await;
    assert_eq!(world.adapter.keys().len(), 0);
    world.adapter.be_silent(true);
    world.send("maker", "A", "MAKE").await.unwrap();
    world.settle().await;
    assert_eq!(world.adapter.keys().len(), 1);
    world.send("maker", "A", "STOP").await.unwrap();
    world.live(60).await;
    assert_eq!(world.adapter.keys().len(), 1, "an abandoned effect is not tried again");
    assert_eq!(state(&world).await, "open");
    world.prove().await;
}

#[tokio::test]
async fn a_call_is_performed_without_waiting() {
    let mut world = begun("CALL").await;
    world.settle().await;
    assert_eq!(world.adapter.keys().len(), 1);
    assert_eq!(state(&world).await, "open");
    world.prove().await;
}

#[tokio::test]
async fn one_adapter_is_asked_for_no_more_at_once_than_it_may_be() {
    let store = Arc::new(MemoryStore::new());
    let mut world = World::on(store, &[MAKER], |configuration| configuration.attempts_per_adapter_max = 2).await;
    world.adapter.be_silent(true);
    for number in 0..5 {
        world.start("maker", &format!("M-{number}"), &[]).await.unwrap();
        world.send("maker", &format!("M-{number}"), "MAKE").await.unwrap();
    }
    world.settle().await;
    assert_eq!(world.adapter.keys().len(), 2);
    world.adapter.be_silent(false);
    world.live(60).await;
    for number in 0..5 {
        assert_eq!(&*world.show("maker", &format!("M-{number}")).await.states[0], "made");
    }
}

#[tokio::test]
async fn a_definition_that_calls_what_is_not_there_is_refused() {
    let world = World::with(&[COUNTER]).await;
    let unknown = MAKER.replace("adapter: maker", "adapter: robot");
    let error = world
        .engine()
        .deploy(&crate::support::source(&unknown), &crate::support::operator())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the definition was refused: there is no adapter `robot` (connected: maker)"
    );
    let unknown = MAKER.replace("action: make", "action: melt");
    let error = world
        .engine()
        .deploy(&crate::support::source(&unknown), &crate::support::operator())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the definition was refused: the adapter `maker` has no action `melt`"
    );
}
