//! Messages: in order, answered once, across nodes and downtimes.

use statewright_core::value::Value;

use crate::support::{COUNTER, World, send_of, settle};

const SENDER: &str = "
workflow: sender
data:
  taken: {type: integer, default: 0}
  ignored: {type: integer, default: 0}
  refused: {type: integer, default: 0}
  why: optional string
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      SEND:
        by: [clerk]
        actions: [{send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add}}]
      SEND_TWICE:
        by: [clerk]
        actions:
          - {send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add}}
          - {send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add}}
      SEND_LATER:
        by: [clerk]
        actions: [{send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add, in: 1h}}]
      SEND_ODD:
        by: [clerk]
        actions: [{send: {to: {workflow: counter, key: \"{{ key }}\"}, event: NOTHING, id: add}}]
      SEND_STARTING:
        by: [clerk]
        actions: [{send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add, start: true}}]
      START_ONE:
        by: [clerk]
        actions: [{start: {workflow: counter, key: \"{{ key }}\", with: {note: from a sender}}}]
      sent.taken.add: {actions: [{assign: {taken: \"{{ taken + 1 }}\"}}]}
      sent.ignored.add: {actions: [{assign: {ignored: \"{{ ignored + 1 }}\", why: \"{{ event.why }}\"}}]}
      sent.refused.add: {actions: [{assign: {refused: \"{{ refused + 1 }}\", why: \"{{ event.why }}\"}}]}
";

/// Holds its work back while it is held.
const HELD: &str = "
workflow: counter
data:
  count: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
type: parallel
states:
  work:
    initial: open
    states:
      open:
        on:
          ADD:
            by: [clerk, {workflow: sender}]
            actions: [{assign: {count: \"{{ count + 1 }}\"}}]
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [clerk]}}}
      held:
        label: On hold
        pauses: [work]
        on: {RELEASE: {target: released, by: [clerk]}}
";

async fn answers(world: &World) -> (Value, Value, Value) {
    let data = world.show("sender", "A").await.data;
    let field = |name: &str| data.get(name).cloned().unwrap_or(Value::Null);
    (field("taken"), field("ignored"), field("refused"))
}

fn counts(taken: i64, ignored: i64, refused: i64) -> (Value, Value, Value) {
    (Value::Integer(taken), Value::Integer(ignored), Value::Integer(refused))
}

#[tokio::test]
async fn a_send_is_taken_and_answered_at_once() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND_TWICE").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(2));
    assert_eq!(answers(&world).await, counts(2, 0, 0));
    assert_eq!(
        world.trail("counter", "A").await,
        ["start by ann: taken", "event ADD by A: taken", "event ADD by A: taken"]
    );
    world.prove().await;
}

#[tokio::test]
async fn what_nothing_answers_to_is_answered_too() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND_ODD").await.unwrap();
    world.settle().await;
    assert_eq!(answers(&world).await, counts(0, 1, 0));
}

#[tokio::test]
async fn a_message_to_nobody_comes_back_refused() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND").await.unwrap();
    world.settle().await;
    assert_eq!(answers(&world).await, counts(0, 0, 1));
    assert_eq!(world.field("sender", "A", "why").await, Value::from("there is no counter/A"));
    world.prove().await;
}

#[tokio::test]
async fn a_send_may_start_its_receiver() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND_STARTING").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    assert_eq!(answers(&world).await, counts(1, 0, 0));
    world.send("sender", "A", "SEND_STARTING").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(2));
    assert_eq!(answers(&world).await, counts(2, 0, 0));
    world.prove().await;
}

#[tokio::test]
async fn an_instance_starts_another() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "START_ONE").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "note").await, Value::from("from a sender"));
    assert_eq!(world.trail("counter", "A").await, ["start by A: taken"]);
    // A second one is refused, and nothing is left lying about.
    world.send("sender", "A", "START_ONE").await.unwrap();
    world.settle().await;
    assert_eq!(world.trail("counter", "A").await.len(), 2);
    assert_eq!(world.store.ready_messages(i64::MAX, i64::MAX, 10).await.unwrap(), []);
    world.prove().await;
}

#[tokio::test]
async fn a_delayed_message_comes_when_it_is_due() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND_LATER").await.unwrap();
    world.settle().await;
    world.pass(3_599);
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(0));
    world.live(2).await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    assert_eq!(answers(&world).await, counts(1, 0, 0));
}

#[tokio::test]
async fn what_a_stopped_node_left_behind_is_taken_on_by_another() {
    let world = World::with(&[COUNTER, SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND").await.unwrap();
    // The first node does nothing more.
    let mut other = world.another_node("two");
    settle(&mut other, world.now()).await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(0));
    world.pass(2);
    settle(&mut other, world.now()).await;
    world.pass(2);
    settle(&mut other, world.now()).await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    assert_eq!(answers(&world).await, counts(1, 0, 0));
    world.prove().await;
}

#[tokio::test]
async fn what_comes_while_the_receiver_is_paused_waits_and_keeps_its_order() {
    let mut world = World::with(&[HELD, SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world.send("counter", "A", "HOLD").await.unwrap();
    world.send("sender", "A", "SEND").await.unwrap();
    world.send("sender", "A", "SEND_TWICE").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(0));
    assert_eq!(answers(&world).await, counts(0, 0, 0));
    world.send("counter", "A", "RELEASE").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(3));
    assert_eq!(answers(&world).await, counts(3, 0, 0));
    world.prove().await;
}

const WATCHER: &str = "
workflow: watcher
reads:
  counted: {workflow: counter, key: \"{{ key }}\"}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: waiting
states:
  waiting:
    always: {guard: \"counted is not none and counted.data.count >= 2\", target: seen}
  seen: {type: final}
";

#[tokio::test]
async fn whoever_watches_is_woken_by_what_it_watches() {
    let mut world = World::with(&[COUNTER, WATCHER]).await;
    world.start("watcher", "A", &[]).await.unwrap();
    world.start("counter", "A", &[]).await.unwrap();
    world.settle().await;
    world.send("counter", "A", "ADD").await.unwrap();
    world.settle().await;
    assert!(!world.show("watcher", "A").await.done);
    world.send("counter", "A", "ADD").await.unwrap();
    world.settle().await;
    assert!(world.show("watcher", "A").await.done);
    world.prove().await;
}

#[tokio::test]
async fn a_wake_up_is_not_consumed_by_an_old_view_of_what_changed() {
    let mut world = World::with(&[COUNTER, WATCHER]).await;
    world.start("watcher", "A", &[]).await.unwrap();
    world.start("counter", "A", &[]).await.unwrap();
    world.settle().await;
    // The other node takes the first change, and keeps the counter as it is then.
    let mut other = world.another_node("two");
    let engine = other.engine.clone();
    let first = tokio::spawn(async move { engine.send(send_of("counter", "A", "ADD")).await });
    while !first.is_finished() {
        tokio::task::yield_now().await;
        other.intake.tick(world.now()).await;
    }
    first.await.unwrap().unwrap();
    world.pass(2);
    settle(&mut other, world.now()).await;
    // The second change is another node's; the wake-up is this one's.
    world.send("counter", "A", "ADD").await.unwrap();
    world.pass(2);
    settle(&mut other, world.now()).await;
    assert!(world.show("watcher", "A").await.done);
    world.prove().await;
}

#[tokio::test]
async fn a_message_whose_sender_was_told_that_there_is_nobody_is_not_taken_by_another_node() {
    let mut world = World::with(&[COUNTER, SENDER]).await;
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND").await.unwrap();
    world.pass(2);
    // The other node has found the message, and has not come to it yet.
    let mut other = world.another_node("two");
    other.messages.tick(world.now()).await.unwrap();
    world.settle().await;
    assert_eq!(answers(&world).await, counts(0, 0, 1));
    world.start("counter", "A", &[]).await.unwrap();
    settle(&mut other, world.now()).await;
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(0));
    assert_eq!(answers(&world).await, counts(0, 0, 1));
    world.prove().await;
}

/// Holds back what its sends came to while it is held.
const HELD_SENDER: &str = "
workflow: sender
data:
  taken: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
type: parallel
states:
  work:
    initial: open
    states:
      open:
        on:
          SEND:
            by: [clerk]
            actions: [{send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add}}]
          SEND_LATER:
            by: [clerk]
            actions: [{send: {to: {workflow: counter, key: \"{{ key }}\"}, event: ADD, id: add, in: 60s}}]
          sent.taken.add: {actions: [{assign: {taken: \"{{ taken + 1 }}\"}}]}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [clerk]}}}
      held:
        label: On hold
        pauses: [work]
        after: {tired: {in: 60s, target: released}}
        on: {RELEASE: {target: released, by: [clerk]}}
";

async fn held_sender() -> World {
    let world = World::with(&[COUNTER, HELD_SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world
}

#[tokio::test]
async fn an_answer_waits_while_its_sender_is_paused() {
    let mut world = held_sender().await;
    world.send("sender", "A", "SEND").await.unwrap();
    world.send("sender", "A", "HOLD").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    assert_eq!(world.field("sender", "A", "taken").await, Value::Integer(0));
    world.send("sender", "A", "RELEASE").await.unwrap();
    world.settle().await;
    assert_eq!(world.field("sender", "A", "taken").await, Value::Integer(1));
    world.prove().await;
}

#[tokio::test]
async fn what_is_deferred_in_the_very_batch_that_ends_the_pause_is_not_forgotten() {
    let mut world = held_sender().await;
    world.send("sender", "A", "SEND_LATER").await.unwrap();
    world.send("sender", "A", "HOLD").await.unwrap();
    world.settle().await;
    world.pass(60);
    let now = world.now();
    // The answer is there, and the pause ends: both are handed over before anything is taken.
    for _ in 0..3 {
        world.node.messages.tick(now).await.unwrap();
        if world.field("counter", "A", "count").await == Value::Integer(1) {
            break;
        }
        world.node.intake.tick(now).await;
    }
    world.node.messages.tick(now).await.unwrap();
    world.node.timers.tick(now).await.unwrap();
    world.node.intake.tick(now).await;
    world.settle().await;
    world.live(5).await;
    assert_eq!(world.field("sender", "A", "taken").await, Value::Integer(1));
    world.prove().await;
}

const KEYED: &str = "
workflow: keyed
key: \"{{ no }}\"
data:
  no: string
start: {by: [clerk, {workflow: starter}], input: [no]}
access:
  - {for: [clerk]}
initial: open
states:
  open: {}
";

const STARTER: &str = "
workflow: starter
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      BEGIN:
        by: [clerk]
        actions: [{start: {workflow: keyed, key: K-1, with: {no: K-2}}}]
";

#[tokio::test]
async fn a_start_under_a_key_that_the_workflow_makes_otherwise_is_refused_wherever_it_waits() {
    let mut world = World::with(&[KEYED, STARTER]).await;
    world.start("starter", "A", &[]).await.unwrap();
    world.send("starter", "A", "BEGIN").await.unwrap();
    world.settle().await;
    assert_eq!(world.trail("keyed", "K-1").await, Vec::<String>::new());
    let engine = world.engine();
    let own_key = crate::support::start_of("keyed", None, &[("no", Value::from("K-1"))]);
    world.ask(async move { engine.start(own_key).await }).await.unwrap();
    world.send("starter", "A", "BEGIN").await.unwrap();
    world.settle().await;
    assert_eq!(
        world.trail("keyed", "K-1").await,
        ["start by ann: taken", "start by A: refused"]
    );
    assert_eq!(world.store.ready_messages(i64::MAX, i64::MAX, 10).await.unwrap(), []);
    world.prove().await;
}
