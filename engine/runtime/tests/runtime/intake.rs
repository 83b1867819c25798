//! One input, one entry, one answer.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{RefusalKind, Verdict};
use statewright_core::value::Value;
use statewright_engine::error::EngineError;
use statewright_engine::intake::Ticked;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::{FaultRates, FaultyStore};
use statewright_engine::{SendRequest, StartRequest};

use crate::support::{COUNTER, World, clerk, key, object, person, send_of, start_of};

#[tokio::test]
async fn an_instance_is_started_and_taken_to_its_end() {
    let world = World::with(&[COUNTER]).await;
    let started = world.start("counter", "A", &[]).await.unwrap();
    assert_eq!(
        (started.sequence, started.verdict, &*started.states[0]),
        (1, Verdict::Taken, "open")
    );
    let added = world.send("counter", "A", "ADD").await.unwrap();
    assert_eq!((added.sequence, added.label.as_deref(), added.done), (2, Some("Open"), false));
    let closed = world.send("counter", "A", "CLOSE").await.unwrap();
    assert_eq!(
        (closed.sequence, closed.label.as_deref(), closed.done),
        (3, Some("Closed"), true)
    );
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    world.prove().await;
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_and_is_kept() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let request = SendRequest {
        signed: None,
        task: None,
        input_key: Some(key("first")),
        ..send_of("counter", "A", "ADD")
    };
    let first = world.send_as(request.clone()).await.unwrap();
    world.send("counter", "A", "CLOSE").await.unwrap();
    let again = world.send_as(request).await.unwrap();
    assert!(again.duplicate && !first.duplicate);
    assert_eq!(
        (again.sequence, &again.states, &again.verdict),
        (first.sequence, &first.states, &first.verdict)
    );
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    assert_eq!(
        world.trail("counter", "A").await,
        [
            "start by ann: taken",
            "event ADD by ann: taken",
            "event CLOSE by ann: taken",
            "duplicate of 2 by ann: recorded"
        ]
    );
    world.prove().await;
}

#[tokio::test]
async fn repetitions_within_one_batch_are_recognised() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let request = SendRequest {
        signed: None,
        task: None,
        input_key: Some(key("same")),
        ..send_of("counter", "A", "ADD")
    };
    let engine = world.engine();
    let (one, two) = world
        .ask(async move { tokio::join!(engine.send(request.clone()), engine.send(request)) })
        .await;
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.sequence, two.sequence), (2, 2));
    assert_eq!((one.duplicate, two.duplicate), (false, true));
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    world.prove().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let request = |to: i64| SendRequest {
        signed: None,
        task: None,
        input_key: Some(key("set")),
        payload: object(&[("to", Value::Integer(to))]),
        ..send_of("counter", "A", "SET")
    };
    world.send_as(request(5)).await.unwrap();
    assert_eq!(world.send_as(request(6)).await, Err(EngineError::KeyReused));
    assert!(world.send_as(request(5)).await.unwrap().duplicate);
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(5));
}

/// The key that names an instance is part of what a start asks for.
#[tokio::test]
async fn a_start_of_another_key_is_another_request() {
    let world = World::with(&[COUNTER]).await;
    let request = |instance: &str| StartRequest {
        signed: None,
        input_key: Some(key("start")),
        ..start_of("counter", Some(instance), &[])
    };
    let ask = async |request: StartRequest| {
        let engine = world.engine();
        world.ask(async move { engine.start(request).await }).await
    };
    assert_eq!(ask(request("H1")).await.unwrap().verdict, Verdict::Taken);
    assert_eq!(ask(request("H2")).await, Err(EngineError::KeyReused));
    let mut drawn = request("H1");
    drawn.key = None;
    assert_eq!(ask(drawn).await, Err(EngineError::KeyReused), "nor is a drawn one");
    assert!(ask(request("H1")).await.unwrap().duplicate);
    assert_eq!(world.trail("counter", "H2").await, Vec::<String>::new());
    world.prove().await;
}

#[tokio::test]
async fn many_inputs_of_one_instance_share_a_commit_and_keep_their_order() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let engine = world.engine();
    let answers = world
        .ask(async move {
            let sends: Vec<_> = (0..3)
                .map(|_| {
                    let engine = engine.clone();
                    tokio::spawn(async move { engine.send(send_of("counter", "A", "ADD")).await })
                })
                .collect();
            let mut sequences = Vec::new();
            for send in sends {
                sequences.push(send.await.unwrap().unwrap().sequence);
            }
            sequences
        })
        .await;
    assert_eq!(answers, [2, 3, 4]);
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(3));
    world.prove().await;
}

#[tokio::test]
async fn start_and_event_may_come_in_one_batch() {
    let world = World::with(&[COUNTER]).await;
    let engine = world.engine();
    let (started, added) = world
        .ask(async move {
            tokio::join!(
                engine.start(start_of("counter", Some("A"), &[])),
                engine.send(send_of("counter", "A", "ADD"))
            )
        })
        .await;
    assert_eq!((started.unwrap().sequence, added.unwrap().sequence), (1, 2));
}

#[tokio::test]
async fn a_second_start_is_refused_and_a_repeated_one_answered() {
    let world = World::with(&[COUNTER]).await;
    let request = || {
        let mut request = start_of("counter", Some("A"), &[("note", Value::from("x"))]);
        request.input_key = Some(key("start"));
        request
    };
    let engine = world.engine();
    let first = world.ask(async move { engine.start(request()).await }).await.unwrap();
    let engine = world.engine();
    let again = world.ask(async move { engine.start(request()).await }).await.unwrap();
    assert_eq!((again.duplicate, again.sequence, again.states), (true, 1, first.states));
    let other = world.start("counter", "A", &[]).await.unwrap();
    let Verdict::Refused(refusals) = other.verdict else {
        panic!("{:?}", other.verdict)
    };
    assert_eq!(refusals[0].kind, RefusalKind::Conflict);
    assert_eq!(refusals[0].sentence, "counter/A exists already");
    world.prove().await;
}

#[tokio::test]
async fn a_start_with_a_drawn_key_is_recognised_when_it_comes_again() {
    let world = World::with(&[COUNTER]).await;
    let request = || {
        let mut request = start_of("counter", None, &[]);
        request.input_key = Some(key("numbered"));
        request
    };
    let engine = world.engine();
    let first = world.ask(async move { engine.start(request()).await }).await.unwrap();
    let engine = world.engine();
    let again = world.ask(async move { engine.start(request()).await }).await.unwrap();
    assert_eq!((&again.key, again.duplicate, again.sequence), (&first.key, true, 1));
    world.prove().await;
}

#[tokio::test]
async fn a_stale_revision_is_refused_before_anything_happens() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let stale = SendRequest {
        signed: None,
        task: None,
        expected: Some(1),
        input_key: Some(key("add")),
        ..send_of("counter", "A", "ADD")
    };
    assert_eq!(world.send_as(stale.clone()).await.unwrap().sequence, 2);
    let other = SendRequest {
        signed: None,
        task: None,
        expected: Some(1),
        ..send_of("counter", "A", "ADD")
    };
    assert_eq!(world.send_as(other).await, Err(EngineError::StaleRevision { current: 2 }));
    // The first one is told what it did, although the revision it names is stale by its own doing.
    assert!(world.send_as(stale).await.unwrap().duplicate);
}

#[tokio::test]
async fn whoever_may_not_is_refused_and_told_nothing() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let request = SendRequest {
        signed: None,
        task: None,
        actor: person("gus", &["guest"]),
        ..send_of("counter", "A", "ADD")
    };
    let answer = world.send_as(request).await.unwrap();
    let Verdict::Refused(refusals) = &answer.verdict else {
        panic!("{:?}", answer.verdict)
    };
    assert_eq!(refusals[0].kind, RefusalKind::Forbidden);
    assert_eq!((answer.states.len(), answer.label), (0, None));
    let mut start = start_of("counter", Some("A"), &[]);
    start.actor = person("eve", &[]);
    let engine = world.engine();
    let answer = world.ask(async move { engine.start(start).await }).await.unwrap();
    assert_eq!((answer.sequence, matches!(answer.verdict, Verdict::Refused(_))), (0, true));
    assert_eq!(
        world.trail("counter", "A").await,
        ["start by ann: taken", "event ADD by gus: refused"]
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_there() {
    let world = World::with(&[COUNTER]).await;
    let absent = world.send("counter", "B", "ADD").await;
    assert!(matches!(absent, Err(EngineError::NoSuchInstance { .. })), "{absent:?}");
    let unknown = world.start("nothing", "A", &[]).await;
    assert!(matches!(unknown, Err(EngineError::NoSuchWorkflow { .. })), "{unknown:?}");
}

#[tokio::test]
async fn a_full_queue_says_so_and_takes_again_when_it_has_room() {
    let store = std::sync::Arc::new(statewright_engine::store::memory::MemoryStore::new());
    let world = World::on(store, &[COUNTER], |configuration| configuration.queue_max = 3).await;
    world.start("counter", "A", &[]).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let engine = world.engine();
        tasks.push(tokio::spawn(async move { engine.send(send_of("counter", "A", "ADD")).await }));
    }
    tokio::task::yield_now().await;
    world.node.intake.tick(world.now()).await;
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    let taken = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(taken, 2);
    assert!(
        results
            .iter()
            .any(|result| matches!(result, Err(EngineError::Overloaded { retry_after_ms: 50.. })))
    );
    assert_eq!(world.send("counter", "A", "ADD").await.unwrap().sequence, 4);
}

#[tokio::test]
async fn an_old_definition_stays_with_its_instances() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "A", &[]).await.unwrap();
    let doubled = COUNTER.replace("count + 1", "count + 2");
    let deployed = world
        .engine()
        .deploy(&crate::support::source(&doubled), &clerk())
        .await
        .unwrap();
    assert!(!deployed.unchanged);
    world.start("counter", "B", &[]).await.unwrap();
    world.send("counter", "A", "ADD").await.unwrap();
    world.send("counter", "B", "ADD").await.unwrap();
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(1));
    assert_eq!(world.field("counter", "B", "count").await, Value::Integer(2));
    // A node that knows neither finds both.
    let other = world.another_node("two");
    assert_eq!(other.engine.show("counter", "A", &clerk()).await.unwrap().sequence, 2);
    assert_eq!(world.trail("statewright-system", "system").await.len(), 2);
    world.prove().await;
}

/// The database commits, and dies before it says so.
#[tokio::test]
async fn what_was_committed_without_a_word_is_not_done_again() {
    let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let world = World::on(faulty.clone(), &[COUNTER], |_| {}).await;
    for event in [None, Some("ADD"), Some("ADD")] {
        let engine = world.node.engine.clone();
        let asked = tokio::spawn(async move {
            match event {
                None => engine.start(start_of("counter", Some("A"), &[])).await,
                Some(event) => engine.send(send_of("counter", "A", event)).await,
            }
        });
        tokio::task::yield_now().await;
        faulty.set(FaultRates { before: 0, after: 1_000 });
        assert_eq!(world.node.intake.tick(world.now()).await, Ticked::Stumbled);
        faulty.set(FaultRates::default());
        assert_eq!(world.node.intake.tick(world.now()).await, Ticked::Worked);
        let answer = asked.await.unwrap().unwrap();
        assert_eq!((answer.verdict, answer.duplicate), (Verdict::Taken, false));
    }
    assert_eq!(world.field("counter", "A", "count").await, Value::Integer(2));
    assert_eq!(
        world
            .node
            .engine
            .store()
            .trail(InstanceId::of("counter", "A"), 0, 10)
            .await
            .unwrap()
            .len(),
        3
    );
    world.prove().await;
}
