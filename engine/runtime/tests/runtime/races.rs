//! Two nodes on one store, and values that only one may hold.

use statewright_core::step::{RefusalKind, Verdict};
use statewright_core::value::Value;
use statewright_engine::SendRequest;
use statewright_engine::error::EngineError;

use crate::support::{COUNTER, World, object, person, send_of, settle};

const TRAYS: &str = "
workflow: lens-order
data:
  tray: optional string
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: waiting
states:
  waiting:
    on:
      SCAN: {target: in_production, by: [clerk], input: [tray]}
      SCAN_LATER: {target: scanning, by: [clerk], input: [tray]}
  scanning:
    after:
      begin: {in: 1m, target: in_production}
  in_production:
    unique: {tray: \"{{ tray }}\"}
    on:
      DONE: {target: shipped, by: [clerk]}
  shipped: {}
";

const READER: &str = "
workflow: reader
data:
  seen: optional integer
reads:
  other: {workflow: counter, key: \"{{ key }}\"}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      LOOK:
        by: [clerk]
        guard: {if: \"other is not none\", otherwise: There is no counter}
        actions: [{assign: {seen: \"{{ other.data.count }}\"}}]
";

fn scan(order: &str, tray: &str) -> SendRequest {
    SendRequest {
        signed: None,
        task: None,
        payload: object(&[("tray", Value::from(tray))]),
        ..send_of("lens-order", order, "SCAN")
    }
}

#[tokio::test]
async fn whoever_moved_meanwhile_is_stepped_again_on_what_is_there() {
    let world = World::with(&[COUNTER]).await;
    let other = world.another_node("two");
    world.start("counter", "A", &[]).await.unwrap();
    // Both nodes keep the snapshot of revision 2, and the first is behind from then on.
    world.send("counter", "A", "ADD").await.unwrap();
    let engine = other.engine.clone();
    let send = tokio::spawn(async move { engine.send(send_of("counter", "A", "ADD")).await });
    tokio::task::yield_now().await;
    other.intake.tick(world.now()).await;
    assert_eq!(send.await.unwrap().unwrap().sequence, 3);
    assert_eq!(world.send("counter", "A", "ADD").await.unwrap().sequence, 4);
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(3));
    world.prove().await;
}

#[tokio::test]
async fn the_loser_of_a_race_is_told_who_won() {
    let world = World::with(&[COUNTER]).await;
    let other = world.another_node("two");
    world.start("counter", "A", &[]).await.unwrap();
    let engine = other.engine.clone();
    let close = SendRequest {
        signed: None,
        task: None,
        actor: person("bob", &["clerk"]),
        ..send_of("counter", "A", "CLOSE")
    };
    let closed = tokio::spawn(async move { engine.send(close).await });
    tokio::task::yield_now().await;
    other.intake.tick(world.now()).await;
    closed.await.unwrap().unwrap();
    let late = world.send("counter", "A", "ADD").await.unwrap();
    assert_eq!((late.verdict, late.lost_to.as_deref()), (Verdict::Ignored, Some("bob")));
}

#[tokio::test]
async fn a_stale_snapshot_in_memory_refuses_nobody() {
    let world = World::with(&[COUNTER]).await;
    let other = world.another_node("two");
    world.start("counter", "A", &[]).await.unwrap();
    let engine = other.engine.clone();
    let send = tokio::spawn(async move { engine.send(send_of("counter", "A", "ADD")).await });
    tokio::task::yield_now().await;
    other.intake.tick(world.now()).await;
    send.await.unwrap().unwrap();
    // This node still keeps revision 1; the client has seen 2.
    let request = SendRequest {
        signed: None,
        task: None,
        expected: Some(2),
        ..send_of("counter", "A", "ADD")
    };
    assert_eq!(world.send_as(request).await.unwrap().sequence, 3);
    let request = SendRequest {
        signed: None,
        task: None,
        expected: Some(2),
        ..send_of("counter", "A", "ADD")
    };
    assert_eq!(world.send_as(request).await, Err(EngineError::StaleRevision { current: 3 }));
}

#[tokio::test]
async fn a_value_that_is_held_is_refused_by_name_and_the_refusal_kept() {
    let world = World::with(&[TRAYS]).await;
    for order in ["A-3", "A-4"] {
        world.start("lens-order", order, &[]).await.unwrap();
    }
    world.send_as(scan("A-3", "9")).await.unwrap();
    let refused = world.send_as(scan("A-4", "9")).await.unwrap();
    let Verdict::Refused(refusals) = &refused.verdict else {
        panic!("{:?}", refused.verdict)
    };
    assert_eq!(
        (refusals[0].kind, refusals[0].sentence.as_str()),
        (RefusalKind::Conflict, "tray 9 is held by lens-order/A-3")
    );
    assert_eq!(refusals[0].instances, ["lens-order/A-3"]);
    assert_eq!(
        world.trail("lens-order", "A-4").await,
        ["start by ann: taken", "event SCAN by ann: refused"]
    );
    // Leaving the state lets go of it.
    world.send("lens-order", "A-3", "DONE").await.unwrap();
    assert_eq!(world.send_as(scan("A-4", "9")).await.unwrap().verdict, Verdict::Taken);
    world.prove().await;
}

#[tokio::test]
async fn two_that_want_one_value_in_one_batch_are_one_holder() {
    let world = World::with(&[TRAYS]).await;
    for order in ["A-3", "A-4"] {
        world.start("lens-order", order, &[]).await.unwrap();
    }
    let engine = world.engine();
    let (one, two) = world
        .ask(async move { tokio::join!(engine.send(scan("A-3", "9")), engine.send(scan("A-4", "9"))) })
        .await;
    assert_eq!(one.unwrap().verdict, Verdict::Taken);
    assert!(matches!(two.unwrap().verdict, Verdict::Refused(_)));
    world.prove().await;
}

#[tokio::test]
async fn a_value_that_is_let_go_of_in_the_same_batch_is_free() {
    let world = World::with(&[TRAYS]).await;
    for order in ["A-3", "A-4"] {
        world.start("lens-order", order, &[]).await.unwrap();
    }
    world.send_as(scan("A-3", "9")).await.unwrap();
    let engine = world.engine();
    let (done, scanned) = world
        .ask(async move {
            tokio::join!(
                engine.send(send_of("lens-order", "A-3", "DONE")),
                engine.send(scan("A-4", "9"))
            )
        })
        .await;
    assert_eq!(
        (done.unwrap().verdict, scanned.unwrap().verdict),
        (Verdict::Taken, Verdict::Taken)
    );
}

#[tokio::test]
async fn a_timer_that_needs_a_held_value_waits_for_a_person() {
    let mut world = World::with(&[TRAYS]).await;
    for order in ["A-3", "A-4"] {
        world.start("lens-order", order, &[]).await.unwrap();
    }
    world.send_as(scan("A-3", "9")).await.unwrap();
    let later = SendRequest {
        signed: None,
        task: None,
        payload: object(&[("tray", Value::from("9"))]),
        ..send_of("lens-order", "A-4", "SCAN_LATER")
    };
    world.send_as(later).await.unwrap();
    world.live(61).await;
    let incidents = world.engine().incidents().await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].error, "tray 9 is held by lens-order/A-3");
    assert_eq!(&*world.show("lens-order", "A-4").await.states[0], "scanning");
}

#[tokio::test]
async fn what_was_read_is_compared_in_the_commit() {
    let mut world = World::with(&[COUNTER, READER]).await;
    world.start("reader", "A", &[]).await.unwrap();
    let refused = world.send("reader", "A", "LOOK").await.unwrap();
    assert!(matches!(refused.verdict, Verdict::Refused(_)), "{:?}", refused.verdict);
    world.start("counter", "A", &[]).await.unwrap();
    world.send("counter", "A", "ADD").await.unwrap();
    // Another node moves what this one keeps in memory; the commit finds out, and the step is taken again.
    let mut other = world.another_node("two");
    let engine = other.engine.clone();
    let send = tokio::spawn(async move { engine.send(send_of("counter", "A", "ADD")).await });
    tokio::task::yield_now().await;
    settle(&mut other, world.now()).await;
    send.await.unwrap().unwrap();
    assert_eq!(world.send("reader", "A", "LOOK").await.unwrap().verdict, Verdict::Taken);
    assert_eq!(world.field("reader", "A", "seen").await, Value::Integer(2));
    world.settle().await;
    world.prove().await;
}
