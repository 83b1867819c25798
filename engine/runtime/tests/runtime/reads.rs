//! Reads that find more than one: by indexed fields and states, by keys, and by marks.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::value::Value;
use statewright_engine::error::EngineError;
use statewright_engine::intake::Answer;
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::{FaultyStore, Spoilt};

use crate::support::{World, object, send_of};

const LENS: &str = "
workflow: lens
data: {lot: {type: ref, workflow: lot}, eye: {type: string, index: true}, power: {type: integer, default: 1}, note: {type: optional string}}
start: {by: [clerk], input: [lot, eye, optional power]}
access: [{for: [clerk]}]
initial: cutting
states:
  cutting: {on: {DONE: {target: ready, by: [clerk]}, MOVE: {by: [clerk], input: [lot]}}}
  ready: {type: final}
";

const LOT: &str = "
workflow: lot
data:
  seen: {type: list, items: string, default: []}
  count: {type: optional integer}
  sum: {type: optional integer}
  some: {type: list, items: string, default: []}
reads:
  cutting: {workflow: lens, where: {lot: \"{{ key }}\", eye: \"{{ event.eye }}\"}, in: [cutting], limit: 2}
  both: {workflow: lens, where: {lot: \"{{ key }}\", eye: [right, left]}, take: count}
  failed: {marks: failed, where: {lot: \"{{ key }}\", mode: \"{{ event.mode }}\"}, since: \"{{ now - hours(1) }}\", take: count}
  weight: {marks: failed, where: {lot: \"{{ key }}\"}, take: {sum: weight}}
  latest: {marks: failed, where: {lot: \"{{ key }}\"}, one_per: mode}
  named: {workflow: lens, keys: [A, nobody]}
  power: {workflow: lens, where: {lot: \"{{ key }}\"}, take: {sum: power}}
  strongest: {workflow: lens, where: {lot: \"{{ key }}\"}, take: {max: power}}
  by_power: {workflow: lens, where: {lot: \"{{ key }}\"}, order: power}
  an_eye: {workflow: lens, where: {lot: \"{{ key }}\"}, one_per: eye}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    on:
      LOOK:
        by: [clerk]
        input: {eye: optional string}
        actions: [{assign: {seen: \"{{ cutting | map(item.key) }}\", count: \"{{ both }}\", some: \"{{ named | map(item.key if item is not none else 'nobody there') }}\"}}]
      FAILED:
        by: [clerk, {workflow: lot}]
        input: {mode: string, weight: {type: integer, default: 1}}
        actions: [{mark: {failed: {lot: \"{{ key }}\", mode: \"{{ event.mode }}\", weight: \"{{ event.weight }}\"}}}]
      UNDO: {by: [clerk], actions: [{unmark: failed}]}
      TELL: {by: [clerk], actions: [{each: latest, send: {to: \"{{ item }}\", event: FAILED, with: {mode: told}}}]}
      WEIGH:
        by: [clerk]
        actions: [{assign: {sum: \"{{ power }}\", count: \"{{ strongest }}\", seen: \"{{ by_power | map(item.key) }}\", some: \"{{ an_eye | map(item.key) }}\"}}]
      COUNT:
        by: [clerk]
        input: {mode: string}
        actions: [{assign: {count: \"{{ failed }}\", sum: \"{{ weight }}\", seen: \"{{ latest | map(item.values.mode ~ item.values.weight) }}\"}}]
        guard: {if: failed < 3, otherwise: Too many}
";

async fn begun() -> World {
    let world = World::with(&[LENS, LOT]).await;
    world.start("lot", "L1", &[]).await.unwrap();
    for (key, lot, eye) in [("A", "L1", "right"), ("B", "L1", "left"), ("C", "L2", "right")] {
        let input = [("lot", Value::from(lot)), ("eye", Value::from(eye))];
        world.start("lens", key, &input).await.unwrap();
    }
    world
}

impl World {
    async fn tell(&self, event: &str, with: &[(&str, Value)]) -> Answer {
        let mut request = send_of("lot", "L1", event);
        request.payload = object(with);
        self.send_as(request).await.unwrap()
    }

    async fn lot(&self, field: &str) -> String {
        statewright_core::value::canonical::to_canonical(&self.field("lot", "L1", field).await)
    }
}

#[tokio::test]
async fn instances_are_found_by_their_fields_and_states() {
    let world = begun().await;
    let looked = world.tell("LOOK", &[("eye", Value::from("right"))]).await;
    assert_eq!(looked.verdict.as_str(), "taken", "{looked:?}");
    assert_eq!(world.lot("count").await, "2");
    assert_eq!(world.lot("some").await, r#"["A","nobody there"]"#);
    assert_eq!(world.lot("seen").await, r#"["A"]"#);
    assert_eq!(world.lot("some").await, r#"["A","nobody there"]"#);
    // where it was it is found no more, and where it is it is
    let mut moved = send_of("lens", "C", "MOVE");
    moved.payload = object(&[("lot", Value::from("L1"))]);
    world.send_as(moved).await.unwrap();
    world.tell("LOOK", &[("eye", Value::from("right"))]).await;
    assert_eq!(world.lot("seen").await, r#"["A","C"]"#);
    world.send("lens", "A", "DONE").await.unwrap();
    world.tell("LOOK", &[("eye", Value::from("right"))]).await;
    assert_eq!(world.lot("seen").await, r#"["C"]"#);
    // null is nobody's
    world.tell("LOOK", &[]).await;
    assert_eq!(world.lot("seen").await, "[]");
    world.prove().await;
}

#[tokio::test]
async fn more_than_the_limit_is_a_fault_and_not_a_cut() {
    let world = begun().await;
    for key in ["D", "E"] {
        let input = [("lot", Value::from("L1")), ("eye", Value::from("right"))];
        world.start("lens", key, &input).await.unwrap();
    }
    let answer = world.tell("LOOK", &[("eye", Value::from("right"))]).await;
    assert!(
        format!("{:?}", answer.verdict).contains("`cutting` finds more than 2"),
        "{answer:?}"
    );
    world.prove().await;
}

#[tokio::test]
async fn marks_are_counted_summed_and_taken_back() {
    let world = begun().await;
    let mode = |mode: &str| [("mode", Value::from(mode))];
    world.tell("FAILED", &mode("chip")).await;
    world.pass(3_000);
    world
        .tell("FAILED", &[("mode", Value::from("chip")), ("weight", Value::Integer(5))])
        .await;
    world.tell("FAILED", &mode("haze")).await;
    world.tell("COUNT", &mode("chip")).await;
    assert_eq!((world.lot("count").await, world.lot("sum").await), ("2".into(), "7".into()));
    assert_eq!(world.lot("seen").await, r#"["chip5","haze1"]"#);
    // the latest, which is the haze
    world.tell("UNDO", &[]).await;
    world.tell("COUNT", &mode("haze")).await;
    assert_eq!((world.lot("count").await, world.lot("sum").await), ("0".into(), "6".into()));
    // the first is more than an hour old
    world.pass(1_000);
    world.tell("COUNT", &mode("chip")).await;
    assert_eq!(world.lot("count").await, "1");
    for _ in 0..3 {
        world.tell("FAILED", &mode("chip")).await;
    }
    let refused = world.tell("COUNT", &mode("chip")).await;
    assert!(format!("{:?}", refused.verdict).contains("Too many"), "{refused:?}");
    world.prove().await;
}

#[tokio::test]
async fn what_is_found_is_added_up_and_put_in_order_by_its_fields() {
    let world = begun().await;
    for (key, eye, power) in [("D", "right", 9), ("E", "left", 4)] {
        let input = [
            ("lot", Value::from("L1")),
            ("eye", Value::from(eye)),
            ("power", Value::Integer(power)),
        ];
        world.pass(1);
        world.start("lens", key, &input).await.unwrap();
    }
    world.tell("WEIGH", &[]).await;
    assert_eq!((world.lot("sum").await, world.lot("count").await), ("15".into(), "9".into()));
    assert_eq!(world.lot("seen").await, r#"["A","B","E","D"]"#);
    assert_eq!(world.lot("some").await, r#"["D","E"]"#);
    world.prove().await;
}

#[tokio::test]
async fn what_came_before_in_the_same_batch_is_found() {
    let world = begun().await;
    let chip = [("mode", Value::from("chip"))];
    let send = |event: &str| {
        let mut request = send_of("lot", "L1", event);
        request.payload = object(&chip);
        request
    };
    let events = ["FAILED", "FAILED", "COUNT", "FAILED", "COUNT", "FAILED"];
    let answers = world.in_one_batch(events.map(send).into()).await;
    let said: Vec<&str> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().verdict.as_str())
        .collect();
    assert_eq!(said, ["taken", "taken", "taken", "taken", "refused", "taken"]);
    assert_eq!(world.lot("count").await, "2");
    let trail = world.trail("lot", "L1").await;
    let order: Vec<&str> = trail[1..]
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap_or_default())
        .collect();
    assert_eq!(order, events, "{trail:?}");
    world.prove().await;
}

#[tokio::test]
async fn one_that_cannot_be_read_stops_who_looks_for_it_and_nobody_else() {
    let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let store: Arc<dyn Store> = faulty.clone();
    let world = World::on(store, &[LENS, LOT], |_| {}).await;
    world.start("lot", "L1", &[]).await.unwrap();
    for key in ["A", "B"] {
        let input = [("lot", Value::from("L1")), ("eye", Value::from("right"))];
        world.start("lens", key, &input).await.unwrap();
    }
    faulty.spoil(InstanceId::of("lens", "A"), Spoilt::Damaged);
    let looks = {
        let mut request = send_of("lot", "L1", "LOOK");
        request.payload = object(&[("eye", Value::from("right"))]);
        request
    };
    let answers = world.in_one_batch(vec![looks, send_of("lens", "B", "DONE")]).await;
    assert!(matches!(answers[0], Err(EngineError::Damaged(_))), "{:?}", answers[0]);
    assert_eq!(answers[1].as_ref().map(|answer| answer.verdict.as_str()), Ok("taken"));
}

#[tokio::test]
async fn whoever_left_a_mark_can_be_sent_to() {
    let mut world = begun().await;
    world.tell("FAILED", &[("mode", Value::from("chip"))]).await;
    let answer = world.tell("TELL", &[]).await;
    assert_eq!(answer.verdict.as_str(), "taken", "{answer:?}");
    world.settle().await;
    let trail = world.trail("lot", "L1").await;
    assert!(
        trail
            .iter()
            .any(|line| line.starts_with("event FAILED by") && !line.contains("by ann")),
        "{trail:?}"
    );
    world.prove().await;
}
