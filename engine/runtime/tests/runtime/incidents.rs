//! What waits for a person, and what the person decides.

use statewright_core::diagnostic::Code;
use statewright_core::step::{RefusalKind, Verdict};
use statewright_core::value::Value;
use statewright_engine::SendRequest;
use statewright_engine::error::EngineError;
use statewright_engine::incidents::{Decision, IncidentName};
use statewright_engine::store::IncidentKind;

use crate::effects::MAKER;
use crate::support::{World, key, operator, send_of};

async fn stuck() -> (World, IncidentName) {
    let mut world = World::with(&[MAKER]).await;
    world.start("maker", "A", &[]).await.unwrap();
    world.send("maker", "A", "MAKE").await.unwrap();
    world.adapter.refuse();
    world.settle().await;
    let incidents = world.engine().incidents().await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(
        (incidents[0].kind, incidents[0].error.as_str()),
        (IncidentKind::Effect, "refused: no such lens")
    );
    let name = IncidentName {
        instance: incidents[0].instance,
        kind: incidents[0].kind,
        name: incidents[0].name.clone(),
    };
    (world, name)
}

#[tokio::test]
async fn a_retry_begins_anew() {
    let (mut world, name) = stuck().await;
    world.live(300).await;
    assert_eq!(world.adapter.keys().len(), 1, "it is left alone until a person decides");
    world
        .engine()
        .settle(&name, &Decision::Retry, Some("the lens is back"), &operator())
        .await
        .unwrap();
    world.live(2).await;
    assert_eq!(world.adapter.keys(), ["2:lens#1", "2:lens#1"]);
    assert_eq!(&*world.show("maker", "A").await.states[0], "made");
    let gone = world.engine().settle(&name, &Decision::Retry, None, &operator()).await;
    assert_eq!(gone, Err(EngineError::NoSuchIncident));
    let acts = world.trail("statewright-system", "system").await;
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert!(acts[1].ends_with("by olga: recorded"), "{acts:?}");
    world.prove().await;
}

#[tokio::test]
async fn a_repair_gives_the_result() {
    let (mut world, name) = stuck().await;
    world
        .engine()
        .settle(&name, &Decision::Repair(Value::Integer(5)), None, &operator())
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(world.field("maker", "A", "made").await, Value::Integer(5));
    assert_eq!(
        world.trail("maker", "A").await.last().unwrap(),
        "adapter_answer 2:lens by olga: taken"
    );
    world.prove().await;
}

/// Skipped, the state would wait without end and nobody would know.
#[tokio::test]
async fn an_invoke_without_an_answer_to_its_failure_is_not_skipped() {
    let (mut world, name) = stuck().await;
    let skipped = world.engine().settle(&name, &Decision::Skip, None, &operator()).await;
    assert!(matches!(skipped, Err(EngineError::NotRepairable(_))), "{skipped:?}");
    world.live(10).await;
    assert_eq!(world.engine().incidents().await.unwrap().len(), 1, "it waits on");
    world.send("maker", "A", "STOP").await.unwrap();
    world.settle().await;
    assert_eq!(world.engine().incidents().await.unwrap(), [], "nobody waits for it any more");
    world.prove().await;
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_may_be_skipped() {
    let mut world = World::with(&[MAKER]).await;
    world.start("maker", "A", &[]).await.unwrap();
    world.adapter.refuse();
    world.send("maker", "A", "CALL").await.unwrap();
    world.settle().await;
    let incidents = world.engine().incidents().await.unwrap();
    let name = IncidentName {
        instance: incidents[0].instance,
        kind: incidents[0].kind,
        name: incidents[0].name.clone(),
    };
    world
        .engine()
        .settle(&name, &Decision::Skip, None, &operator())
        .await
        .unwrap();
    world.live(10).await;
    assert_eq!(world.adapter.keys().len(), 1);
    assert_eq!(
        world.trail("maker", "A").await.last().unwrap(),
        "adapter_answer 2:make~1 by olga: taken"
    );
    assert_eq!(world.engine().incidents().await.unwrap(), []);
    world.prove().await;
}

const PATIENT: &str = "
workflow: maker
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: making
states:
  making:
    invoke:
      id: lens
      adapter: maker
      action: make
      timeout: 30s
      retry: {attempts: 9, backoff: 1m..1m}
      onDone: {target: made}
  made: {}
";

/// Of a timeout that the workflow says nothing of, a person is told; the effect goes on, and its answer still counts.
#[tokio::test]
async fn a_timeout_without_an_answer_to_it_waits_for_a_person() {
    let mut world = World::with(&[PATIENT]).await;
    world.adapter.fail_for_now();
    world.start("maker", "A", &[]).await.unwrap();
    world.live(31).await;
    let incidents = world.engine().incidents().await.unwrap();
    assert_eq!(
        incidents
            .iter()
            .map(|incident| (incident.kind, incident.error.as_str()))
            .collect::<Vec<_>>(),
        [(
            IncidentKind::Timer,
            "`lens` failed (timeout: no answer in time), and nothing in the workflow answers to `error.lens` now"
        )]
    );
    assert_eq!(&*world.show("maker", "A").await.states[0], "making");
    world.live(60).await;
    assert_eq!(&*world.show("maker", "A").await.states[0], "made");
    assert_eq!(world.engine().incidents().await.unwrap(), [], "and went with its timer");
    world.prove().await;
}

/// An incident of the effect is not lost to the timeout, and waiting on is what a skip of the timeout means.
#[tokio::test]
async fn a_timeout_leaves_the_effects_own_incident_where_it_is() {
    let mut world = World::with(&[PATIENT]).await;
    world.adapter.refuse();
    world.start("maker", "A", &[]).await.unwrap();
    world.live(31).await;
    let incidents = world.engine().incidents().await.unwrap();
    let of = |kind: IncidentKind| {
        let incident = incidents.iter().find(|incident| incident.kind == kind).unwrap();
        IncidentName {
            instance: incident.instance,
            kind,
            name: incident.name.clone(),
        }
    };
    assert_eq!(incidents.len(), 2);
    let engine = world.engine();
    engine
        .settle(&of(IncidentKind::Timer), &Decision::Skip, None, &operator())
        .await
        .unwrap();
    engine
        .settle(&of(IncidentKind::Effect), &Decision::Retry, None, &operator())
        .await
        .unwrap();
    world.live(2).await;
    assert_eq!(&*world.show("maker", "A").await.states[0], "made");
    world.prove().await;
}

const LOOPING: &str = "
workflow: counter
data:
  taken: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      ADD: {target: spin, by: [clerk, {workflow: sender}]}
  spin: {always: {guard: taken >= 0, target: spun, actions: [{assign: {taken: \"{{ taken + 1 }}\"}}]}}
  spun: {always: {guard: taken >= 0, target: spin, actions: [{assign: {taken: \"{{ taken + 1 }}\"}}]}}
";

const SENDER: &str = "
workflow: sender
data:
  refused: {type: integer, default: 0}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      SEND:
        by: [clerk]
        actions: [{send: {to: {workflow: counter, key: A}, event: ADD, id: add}}]
      sent.refused.add: {actions: [{assign: {refused: \"{{ refused + 1 }}\"}}]}
";

#[tokio::test]
async fn a_message_that_cannot_be_taken_waits_and_its_sender_is_answered_when_it_is_skipped() {
    let mut world = World::with(&[LOOPING, SENDER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    world.start("sender", "A", &[]).await.unwrap();
    world.send("sender", "A", "SEND").await.unwrap();
    world.settle().await;
    let incidents = world.engine().incidents().await.unwrap();
    assert_eq!((incidents.len(), incidents[0].kind), (1, IncidentKind::Message));
    let name = IncidentName {
        instance: incidents[0].instance,
        kind: incidents[0].kind,
        name: incidents[0].name.clone(),
    };
    let repair = world
        .engine()
        .settle(&name, &Decision::Repair(Value::Null), None, &operator())
        .await;
    assert!(matches!(repair, Err(EngineError::NotRepairable(_))));
    world
        .engine()
        .settle(&name, &Decision::Skip, None, &operator())
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(world.field("sender", "A", "refused").await, Value::Integer(1));
    assert_eq!(world.trail("counter", "A").await, ["start by ann: taken"]);
    // Whoever sends by hand is told, and nothing waits.
    let request = SendRequest {
        signed: None,
        task: None,
        input_key: Some(key("by hand")),
        ..send_of("counter", "A", "ADD")
    };
    let failed = world.send_as(request.clone()).await.unwrap();
    let Verdict::Refused(refusals) = &failed.verdict else {
        panic!("{failed:?}")
    };
    assert_eq!(refusals[0].kind, RefusalKind::Failed(Code::NoRest));
    assert_eq!((failed.sequence, &*failed.states[0]), (2, "open"));
    let again = world.send_as(request).await.unwrap();
    assert_eq!((again.duplicate, again.sequence, &again.verdict), (true, 2, &failed.verdict));
    assert_eq!(
        world.trail("counter", "A").await,
        [
            "start by ann: taken",
            "event ADD by ann: refused",
            "duplicate of 2 by ann: recorded"
        ]
    );
    world.prove().await;
}
