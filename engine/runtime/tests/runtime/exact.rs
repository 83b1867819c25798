//! `exact` reads: what a step has found by fields still stands when it commits, or it is taken anew.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::Verdict;
use statewright_core::value::Value;
use statewright_engine::Engine;
use statewright_engine::error::EngineResult;
use statewright_engine::intake::Answer;
use statewright_engine::store::Store;
use statewright_engine::testing::FaultyStore;

use crate::support::on_every_store;
use crate::support::{World, answer_of, node, object, send_of, start_of};

/// Two bookings of one room exclude each other by what each finds, and by nothing else.
const BOOKING: &str = "
workflow: booking
data: {room: {type: string, index: true}, note: {type: integer, default: 0}}
reads:
  theirs: {workflow: booking, where: {room: \"{{ event.room | default(room) }}\"}, in: [held], exact: true}
  how_many: {workflow: booking, where: {room: \"{{ room }}\"}, in: [held], take: count, exact: true}
let: {others: theirs | where(item.key != key) | map(item.key)}
start: {by: [clerk], input: [room], guard: {if: others | length == 0, otherwise: \"Booked already: {{ others | join(', ') }}\"}}
access: [{for: [clerk]}]
initial: held
states:
  held:
    on:
      MOVE: {by: [clerk], input: [room], guard: {if: others | length == 0, otherwise: \"Booked already: {{ others | join(', ') }}\"}}
      NOTE: {by: [clerk], actions: [{assign: {note: \"{{ note + 1 }}\"}}]}
      COUNT: {by: [clerk], actions: [{assign: {note: \"{{ how_many }}\"}}]}
      LOOK: {by: [clerk], actions: [{assign: {note: \"{{ others | length }}\"}}]}
      CANCEL: {target: cancelled, by: [clerk]}
  cancelled: {type: final}
";

/// As many as there are places.
const SEAT: &str = "
workflow: seat
data: {hall: {type: string, index: true}}
reads: {taken: {workflow: seat, where: {hall: \"{{ hall }}\"}, take: count, exact: true}}
start: {by: [clerk], input: [hall], guard: {if: taken < 30, otherwise: Sold out}}
access: [{for: [clerk]}]
initial: held
states: {held: {}}
";

on_every_store! {
    of_two_that_begin_in_one_batch_one_does
    of_two_nodes_one_is_refused
    who_comes_goes_or_moves_on_meanwhile_is_seen
    a_count_is_taken_anew_only_if_it_is_another
    as_many_get_a_seat_as_there_are
}

async fn begun(store: Arc<dyn Store>) -> World {
    World::on(store, &[BOOKING], |_| {}).await
}

fn room(name: &str) -> [(&'static str, Value); 1] {
    [("room", Value::from(name))]
}

async fn start(engine: Engine, key: &'static str, name: &'static str) -> EngineResult<Answer> {
    engine.start(start_of("booking", Some(key), &room(name))).await
}

fn said(answer: &EngineResult<Answer>) -> String {
    match answer {
        Ok(answer) => match &answer.verdict {
            Verdict::Refused(refusals) => refusals.iter().map(|refusal| refusal.sentence.as_str()).collect(),
            verdict => verdict.as_str().to_owned(),
        },
        Err(error) => error.to_string(),
    }
}

async fn of_two_that_begin_in_one_batch_one_does(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let both = ["A", "B"].map(|key| tokio::spawn(start(world.engine(), key, "blue")));
    while world.node.engine.waiting().0 < 2 {
        tokio::task::yield_now().await;
    }
    let mut answers = Vec::new();
    for asked in both {
        answers.push(said(&world.ask(async move { asked.await.unwrap() }).await));
    }
    assert_eq!(answers, ["taken", "Booked already: A"]);
    world.prove().await;
}

/// The other node commits between this one's step and its commit.
async fn of_two_nodes_one_is_refused(store: Arc<dyn Store>) {
    let faulty = Arc::new(FaultyStore::new(store, 1));
    let world = begun(faulty.clone()).await;
    let mut other = node("two", world.store.clone(), world.clock.clone(), world.adapter.clone(), |_| {});
    let now = world.now();
    faulty.meanwhile(InstanceId::of("booking", "A"), async move {
        let asked = tokio::spawn(start(other.engine.clone(), "B", "blue"));
        assert_eq!(said(&answer_of(&mut other, now, asked).await), "taken");
    });
    let answer = world.start("booking", "A", &room("blue")).await;
    assert_eq!(said(&answer), "Booked already: B");
    assert_eq!(world.store.load(&[InstanceId::of("booking", "A")]).await.unwrap(), [None]);
    world.prove().await;
}

async fn who_comes_goes_or_moves_on_meanwhile_is_seen(store: Arc<dyn Store>) {
    let faulty = Arc::new(FaultyStore::new(store, 1));
    let world = begun(faulty.clone()).await;
    for (key, name) in [("A", "blue"), ("B", "red"), ("C", "green")] {
        world.start("booking", key, &room(name)).await.unwrap();
    }
    let meanwhile = |event: &'static str, with: Option<&'static str>| {
        let mut other = node("two", world.store.clone(), world.clock.clone(), world.adapter.clone(), |_| {});
        let now = world.now();
        faulty.meanwhile(InstanceId::of("booking", "A"), async move {
            let mut request = send_of("booking", "B", event);
            request.payload = object(&with.map_or_else(Vec::new, |name| room(name).to_vec()));
            let engine = other.engine.clone();
            let asked = tokio::spawn(async move { engine.send(request).await });
            assert_eq!(said(&answer_of(&mut other, now, asked).await), "taken");
        });
    };
    let moves = async |name: &str| {
        let mut request = send_of("booking", "A", "MOVE");
        request.payload = object(&room(name));
        said(&world.send_as(request).await)
    };
    // B comes to where A wants to be
    meanwhile("MOVE", Some("white"));
    assert_eq!(moves("white").await, "Booked already: B");
    // and goes again
    meanwhile("CANCEL", None);
    assert_eq!(moves("white").await, "taken");
    assert_eq!(world.field("booking", "A", "room").await, Value::from("white"));
    world.prove().await;
}

async fn a_count_is_taken_anew_only_if_it_is_another(store: Arc<dyn Store>) {
    let faulty = Arc::new(FaultyStore::new(store, 1));
    let world = begun(faulty.clone()).await;
    world.start("booking", "A", &room("blue")).await.unwrap();
    let mut other = node("two", world.store.clone(), world.clock.clone(), world.adapter.clone(), |_| {});
    let now = world.now();
    faulty.meanwhile(InstanceId::of("booking", "A"), async move {
        let asked = tokio::spawn(start(other.engine.clone(), "B", "red"));
        assert_eq!(said(&answer_of(&mut other, now, asked).await), "taken");
    });
    assert_eq!(said(&world.send("booking", "A", "COUNT").await), "taken");
    assert_eq!(world.field("booking", "A", "note").await, Value::Integer(1));
    world.prove().await;
}

/// However many come at once: whoever is stepped again on account of another that is through does not give up.
async fn as_many_get_a_seat_as_there_are(store: Arc<dyn Store>) {
    let world = World::on(store, &[SEAT], |_| {}).await;
    let mut asked = Vec::new();
    for number in 0..40 {
        let engine = world.engine();
        asked.push(tokio::spawn(async move {
            let key = format!("S{number}");
            engine
                .start(start_of("seat", Some(&key), &[("hall", Value::from("main"))]))
                .await
        }));
    }
    while world.node.engine.waiting().0 < 40 {
        tokio::task::yield_now().await;
    }
    let mut answers = Vec::new();
    for asked in asked {
        answers.push(said(&world.ask(async move { asked.await.unwrap() }).await));
    }
    let of = |what: &str| answers.iter().filter(|answer| *answer == what).count();
    assert_eq!((of("taken"), of("Sold out")), (30, 10), "{answers:?}");
    world.prove().await;
}
