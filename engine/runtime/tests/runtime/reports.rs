//! What adapters report beside their answers is heard once, on every store, whichever node hears it; errors that pass are tried again.

use std::sync::Arc;

use statewright_core::step::{Actor, ActorKind, Report, Verdict};
use statewright_core::value::{Object, Value, json};
use statewright_engine::adapter::AttemptFailure;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::intake::Answer;
use statewright_engine::store::Store;
use statewright_engine::{Node, ReportRequest};

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, source_beside, taken_by};

const PARCEL: &str = "
workflow: parcel
data: {seen: {type: list, items: string, default: []}, why: optional string}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open: {on: {SEND: {target: going, by: [clerk]}}}
  going:
    invoke:
      id: go
      adapter: maker
      action: make
      input: {what: parcel}
      retry: {attempts: 3, backoff: 10s..10s}
      onProgress: {actions: [{put: {seen: \"{{ event.place }}\"}}]}
      onDone: there
      onError: {target: failed, actions: [{assign: {why: \"{{ event.error.why }}\"}}]}
  there: {on: {go.undone: {target: open, actions: [{assign: {why: undone}}]}}}
  failed: {}
";

const MAKER: &str = "adapter: maker
actions:
  make: {input: {what: string}, progress: {place: string}, undone: true, errors: {too_busy: , no_such_street: }, temporary: [too_busy]}
";

async fn going(store: Arc<dyn Store>) -> (World, Arc<str>) {
    let mut world = World::on(store, &[], |_| {}).await;
    let source = source_beside(PARCEL, &[("adapters/maker.yaml", MAKER)]);
    world.node.engine.deploy(&source, &operator()).await.expect("it is deployed");
    world.adapter.be_silent(true);
    world.start("parcel", "P", &[]).await.expect("it begins");
    world.send("parcel", "P", "SEND").await.expect("it is sent");
    world.settle().await;
    let key = world
        .adapter
        .asked
        .lock()
        .expect("nobody panics with it")
        .first()
        .expect("it was asked")
        .key
        .clone();
    (world, key)
}

fn request(effect: &Arc<str>, by: &str, undone: bool, fields: &str) -> ReportRequest {
    let fields: Object = json::read(fields)
        .expect("it is JSON")
        .as_object()
        .cloned()
        .unwrap_or_default();
    ReportRequest {
        effect: effect.clone(),
        report: match undone {
            true => Report::Undone { fields },
            false => Report::Progress { fields },
        },
        actor: Actor::plain(ActorKind::Adapter, by),
    }
}

/// What a node answers to a report.
async fn told(world: &World, node: &Node, request: ReportRequest) -> EngineResult<Answer> {
    let engine = node.engine.clone();
    taken_by(node, world.now(), async move { engine.report(request).await }).await
}

async fn a_report_is_heard_once(store: Arc<dyn Store>) {
    let (world, effect) = going(store).await;
    let other = world.another_node("two");
    let ulm = || request(&effect, "maker", false, r#"{"place": "Ulm"}"#);
    let first = told(&world, &world.node, ulm()).await.expect("it is heard");
    assert_eq!((first.verdict, first.duplicate), (Verdict::Taken, false));
    for node in [&world.node, &other] {
        let again = told(&world, node, ulm()).await.expect("it is answered again");
        assert_eq!(
            (again.verdict, again.duplicate, again.sequence),
            (Verdict::Taken, true, first.sequence)
        );
    }
    told(&world, &other, request(&effect, "maker", false, r#"{"place": "Bonn"}"#))
        .await
        .expect("it is heard");
    let seen = Value::from_items(vec![Value::from_text("Ulm"), Value::from_text("Bonn")]);
    assert_eq!(world.field("parcel", "P", "seen").await, seen);
    world.prove().await;
}

async fn only_who_was_asked_is_heard(store: Arc<dyn Store>) {
    let (world, effect) = going(store).await;
    let unheard = |answer: EngineResult<Answer>| matches!(answer, Err(EngineError::Hidden));
    let place = r#"{"place": "Ulm"}"#;
    assert!(unheard(
        told(&world, &world.node, request(&effect, "bank", false, place)).await
    ));
    for wrong in [
        "",
        "nothing",
        "00:1:go",
        &effect.replace(":go", ":gone"),
        &effect.replacen(":3:", ":2:", 1),
    ] {
        if *wrong == *effect {
            continue;
        }
        assert!(
            unheard(told(&world, &world.node, request(&wrong.into(), "maker", false, place)).await),
            "{wrong}"
        );
    }
    let person = ReportRequest {
        actor: Actor::plain(ActorKind::Person, "maker"),
        ..request(&effect, "maker", false, place)
    };
    assert!(unheard(told(&world, &world.node, person).await));
    assert_eq!(world.field("parcel", "P", "seen").await, Value::from_items(Vec::new()));
}

async fn an_answer_is_taken_back_once(store: Arc<dyn Store>) {
    let (mut world, effect) = going(store).await;
    let back = || request(&effect, "maker", true, "{}");
    let early = told(&world, &world.node, back()).await.expect("it is answered");
    assert_eq!(
        early.verdict,
        Verdict::Deferred,
        "it is to come again when the answer was taken"
    );
    world.adapter.be_silent(false);
    world.pass(600);
    world.settle().await;
    world.pass(600);
    world.settle().await;
    assert_eq!(world.show("parcel", "P").await.states, ["there".into()]);
    let other = world.another_node("two");
    let taken = told(&world, &other, back()).await.expect("it is taken");
    assert_eq!((taken.verdict, taken.duplicate), (Verdict::Taken, false));
    let again = told(&world, &world.node, back()).await.expect("it is answered again");
    assert_eq!((again.duplicate, again.sequence), (true, taken.sequence));
    assert_eq!(world.field("parcel", "P", "why").await, Value::from_text("undone"));
    world.prove().await;
}

#[tokio::test]
async fn a_report_is_heard_once_on_every_store() {
    on_memory(a_report_is_heard_once).await;
    on_sqlite(a_report_is_heard_once).await;
    on_postgres(a_report_is_heard_once).await;
}

#[tokio::test]
async fn only_who_was_asked_is_heard_on_every_store() {
    on_memory(only_who_was_asked_is_heard).await;
    on_sqlite(only_who_was_asked_is_heard).await;
    on_postgres(only_who_was_asked_is_heard).await;
}

#[tokio::test]
async fn an_answer_is_taken_back_once_on_every_store() {
    on_memory(an_answer_is_taken_back_once).await;
    on_sqlite(an_answer_is_taken_back_once).await;
    on_postgres(an_answer_is_taken_back_once).await;
}

/// What became of it when the adapter refuses once in this way, and takes the next attempt.
async fn refused_once(kind: &str) -> String {
    let mut world = World::with(&[]).await;
    let source = source_beside(PARCEL, &[("adapters/maker.yaml", MAKER)]);
    world.node.engine.deploy(&source, &operator()).await.expect("it is deployed");
    world.adapter.answer(Err(AttemptFailure::Refused {
        message: "no".into(),
        detail: Value::from_fields([("type".into(), Value::from_text(kind))].into()),
    }));
    world.start("parcel", "P", &[]).await.expect("it begins");
    world.send("parcel", "P", "SEND").await.expect("it is sent");
    world.live(20).await;
    world.show("parcel", "P").await.states[0].to_string()
}

#[tokio::test]
async fn an_error_that_passes_by_its_contract_is_tried_again() {
    assert_eq!(refused_once("https://maker.example/too-busy").await, "there");
    assert_eq!(refused_once("https://maker.example/no-such-street").await, "failed");
    assert_eq!(refused_once("https://maker.example/other").await, "failed");
}
