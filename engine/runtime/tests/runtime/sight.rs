//! What a stranger's attempt does to an instance, and what the stranger learns: nothing.

use statewright_core::step::{Actor, RefusalKind, Verdict};
use statewright_core::value::Value;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::intake::Answer;
use statewright_engine::{SendRequest, StartRequest};

use crate::support::{World, key, person, send_of, start_of};

const ORDER: &str = "
workflow: order
key: \"{{ no }}\"
data:
  no: string
  practice: string
start:
  by: [ecp]
  input: [no, practice]
  guard: {if: practice == actor.organisation, otherwise: Not your practice}
access:
  - {for: [ecp], if: practice == actor.organisation}
initial: open
states:
  open: {on: {CANCEL: {target: cancelled, by: [ecp]}}}
  cancelled: {type: final}
";

fn ecp(id: &str, practice: &str) -> Actor {
    let mut actor = person(id, &["ecp"]);
    actor.organisation = Some(practice.into());
    actor
}

async fn start(world: &World, by: Actor, no: &str, practice: &str) -> EngineResult<Answer> {
    let engine = world.engine();
    let payload = [("no", Value::from(no)), ("practice", Value::from(practice))];
    let request = StartRequest {
        signed: None,
        actor: by,
        ..start_of("order", None, &payload)
    };
    world.ask(async move { engine.start(request).await }).await
}

fn cancel(by: Actor, no: &str) -> SendRequest {
    SendRequest {
        signed: None,
        task: None,
        actor: by,
        ..send_of("order", no, "CANCEL")
    }
}

fn nothing(no: &str) -> EngineResult<Answer> {
    Err(EngineError::NoSuchInstance {
        workflow: "order".into(),
        key: no.into(),
        refusals: Vec::new(),
    })
}

#[tokio::test]
async fn an_event_of_a_stranger_is_answered_as_if_there_were_nothing_and_leaves_nothing() {
    let world = World::with(&[ORDER]).await;
    start(&world, ecp("nora", "north"), "X-1", "north").await.unwrap();
    let sven = || ecp("sven", "south");
    for request in [
        cancel(sven(), "X-1"),
        SendRequest {
            signed: None,
            task: None,
            event: "NO_SUCH".into(),
            ..cancel(sven(), "X-1")
        },
        SendRequest {
            signed: None,
            task: None,
            expected: Some(77),
            ..cancel(sven(), "X-1")
        },
        SendRequest {
            signed: None,
            task: None,
            input_key: Some(key("sven's")),
            ..cancel(sven(), "X-1")
        },
    ] {
        assert_eq!(world.send_as(request).await, nothing("X-1"));
    }
    assert_eq!(world.send_as(cancel(sven(), "X-2")).await, nothing("X-2"));
    assert_eq!(world.trail("order", "X-1").await, ["start by nora: taken"]);
    let request = SendRequest {
        signed: None,
        task: None,
        expected: Some(1),
        ..cancel(ecp("nora", "north"), "X-1")
    };
    let cancelled = world.send_as(request).await.unwrap();
    assert_eq!((cancelled.sequence, cancelled.done), (2, true), "its revision did not move");
    assert_eq!(
        world.send_as(cancel(sven(), "X-1")).await,
        nothing("X-1"),
        "nor that it has ended"
    );
    world.prove().await;
}

#[tokio::test]
async fn a_strangers_event_beside_others_is_told_nothing_of_them() {
    let world = World::with(&[ORDER]).await;
    start(&world, ecp("nora", "north"), "X-1", "north").await.unwrap();
    let engine = world.engine();
    let (taken, hidden) = world
        .ask(async move {
            tokio::join!(
                engine.send(cancel(ecp("nora", "north"), "X-1")),
                engine.send(cancel(ecp("sven", "south"), "X-1"))
            )
        })
        .await;
    assert_eq!(taken.unwrap().verdict, Verdict::Taken);
    assert_eq!(hidden, nothing("X-1"));
    assert_eq!(
        world.trail("order", "X-1").await,
        ["start by nora: taken", "event CANCEL by nora: taken"]
    );
}

#[tokio::test]
async fn a_start_under_a_strangers_key_tells_no_more_than_that_the_key_is_taken() {
    let world = World::with(&[ORDER]).await;
    start(&world, ecp("nora", "north"), "X-1", "north").await.unwrap();
    let refused = |answer: EngineResult<Answer>| match answer.unwrap() {
        Answer {
            verdict: Verdict::Refused(refusals),
            sequence: 0,
            label: None,
            states,
            ..
        } if states.is_empty() => refusals
            .iter()
            .map(|refusal| format!("{:?} {} {:?}", refusal.kind, refusal.sentence, refusal.instances))
            .collect::<String>(),
        other => panic!("{other:?}"),
    };
    let foreign = start(&world, ecp("sven", "south"), "X-1", "north").await;
    assert_eq!(refused(foreign), "Guard Not your practice []", "as if there were none");
    let own = start(&world, ecp("sven", "south"), "X-1", "south").await;
    assert_eq!(refused(own), "Conflict the key X-1 is not free; choose another []");
    assert_eq!(world.trail("order", "X-1").await, ["start by nora: taken"]);

    let again = start(&world, ecp("nils", "north"), "X-1", "north").await.unwrap();
    let Verdict::Refused(refusals) = again.verdict else {
        panic!("it exists already")
    };
    assert_eq!(
        (refusals[0].kind, refusals[0].sentence.as_str()),
        (RefusalKind::Conflict, "order/X-1 exists already")
    );
    assert_eq!(
        world.trail("order", "X-1").await,
        ["start by nora: taken", "start by nils: refused"]
    );
    world.prove().await;
}
