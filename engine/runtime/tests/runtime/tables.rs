//! Tables, from a deployment to the trail: they belong to the definition, and their answers to the proof.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::trail::EntryText;
use statewright_core::value::{Value, interface};
use statewright_engine::SendRequest;
use statewright_engine::store::Store;

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, send_of, source_beside};

const TRIAGE: &str = "
workflow: triage
data:
  age: {type: integer, minimum: 0}
  name: {type: string, phi: true}
  unit: {type: string, table: units}
  level: optional integer
start: {by: [clerk], input: [age, name, unit]}
access:
  - {for: [clerk]}
initial: waiting
states:
  waiting:
    on:
      JUDGE:
        by: [clerk]
        let: {found: \"decide('levels', age=age, name=name)\"}
        guard: {if: found.level > 0, otherwise: Not for children}
        actions: [{assign: {level: \"{{ found.level + table('units', unit).plus }}\"}}]
";

const UNITS: &str = "table: units\nkey: code\ncolumns: {code: string, plus: integer}\nrows_from: units.csv\n";

const UNITS_ROWS: &str = "code,plus\nicu,10\ner,20\n";

/// Grown-ups begin at this age.
fn levels(grown_up: u32) -> String {
    let inputs = "inputs: {age: {type: integer, minimum: 0}, name: string}";
    let rows = format!("  - {{when: {{age: '< {grown_up}'}}, then: {{level: 0}}}}\n  - {{then: {{level: 1}}}}\n");
    format!("table: levels\n{inputs}\noutput: {{level: integer}}\nrows:\n{rows}")
}

fn definition(grown_up: u32) -> String {
    let levels = levels(grown_up);
    let files = [
        ("levels.yaml", levels.as_str()),
        ("tables/units.yaml", UNITS),
        ("tables/units.csv", UNITS_ROWS),
    ];
    source_beside(TRIAGE, &files)
}

/// A table is what it was when an instance began, on a node that has never seen its file, and in every replay.
async fn check(store: Arc<dyn Store>) {
    let world = World::on(store, &[], |_| {}).await;
    let engine = world.engine();
    engine.deploy(&definition(18), &operator()).await.unwrap();
    let payload = |unit: &str| {
        [
            ("age", Value::Integer(17)),
            ("name", Value::from_text("Dana")),
            ("unit", Value::from_text(unit)),
        ]
    };
    world.start("triage", "A", &payload("er")).await.unwrap();
    let nowhere = world.start("triage", "N", &payload("ward")).await.unwrap();
    assert!(format!("{nowhere:?}").contains("must be one of er or icu"), "{nowhere:?}");

    let refused = world.send("triage", "A", "JUDGE").await.unwrap();
    assert!(format!("{refused:?}").contains("Not for children"), "{refused:?}");
    engine.deploy(&definition(17), &operator()).await.unwrap();
    let refused = world.send("triage", "A", "JUDGE").await.unwrap();
    assert!(format!("{refused:?}").contains("Not for children"), "{refused:?}");

    world.start("triage", "B", &payload("er")).await.unwrap();
    let fresh = world.another_node("two");
    let send: SendRequest = send_of("triage", "B", "JUDGE");
    let asked = tokio::spawn({
        let engine = fresh.engine.clone();
        async move { engine.send(send).await }
    });
    while !asked.is_finished() {
        tokio::task::yield_now().await;
        fresh.intake.tick(world.now()).await;
    }
    asked.await.unwrap().unwrap();
    assert_eq!(world.field("triage", "B", "level").await, Value::Integer(21));

    let rows = world.store.trail(InstanceId::of("triage", "B"), 0, 10).await.unwrap();
    let judged = &rows.last().unwrap().bytes;
    let kept = EntryText::read(judged)
        .unwrap()
        .member("decisions")
        .cloned()
        .unwrap_or(Value::Null);
    let kept = kept.as_list().and_then(|kept| kept.first()).cloned().unwrap();
    let part = |name: &str| kept.field(name).map(interface::to_interface).unwrap_or_default();
    assert_eq!((part("answer").as_str(), part("rows").as_str()), ("{\"level\":1}", "[2]"));
    assert_eq!(part("table"), "\"levels\"");
    assert!(part("given").contains("\"age\":17") && !judged.contains("Dana"), "{judged}");
    world.prove().await;
}

#[tokio::test]
async fn a_table_is_pinned_and_its_answers_are_proven_in_memory() {
    on_memory(check).await;
}

#[tokio::test]
async fn a_table_is_pinned_and_its_answers_are_proven_on_sqlite() {
    on_sqlite(check).await;
}

#[tokio::test]
async fn a_table_is_pinned_and_its_answers_are_proven_on_postgres() {
    on_postgres(check).await;
}

#[tokio::test]
async fn a_table_whose_rows_leave_something_out_is_not_deployed() {
    let world = World::with(&[]).await;
    let levels = levels(18).replace("  - {then: {level: 1}}\n", "");
    let files = [
        ("levels.yaml", levels.as_str()),
        ("tables/units.yaml", UNITS),
        ("tables/units.csv", UNITS_ROWS),
    ];
    let refused = world
        .engine()
        .deploy(&source_beside(TRIAGE, &files), &operator())
        .await
        .unwrap_err();
    let sentence = refused.to_string();
    assert!(
        sentence.contains("SW-0905") && sentence.contains("when `age` is 18 or more"),
        "{sentence}"
    );
}
