//! Reads that find more than one: by indexed fields and states, by keys, and by marks.

use statewright_core::value::Value;
use statewright_engine::intake::Answer;

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
        by: [clerk]
        input: {mode: string, weight: {type: integer, default: 1}}
        actions: [{mark: {failed: {lot: \"{{ key }}\", mode: \"{{ event.mode }}\", weight: \"{{ event.weight }}\"}}}]
      UNDO: {by: [clerk], actions: [{unmark: failed}]}
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
