//! More than can be done at once: whoever waits is not starved by what falls due, and nothing grows beyond its bound.

use std::collections::VecDeque;
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::value::Value;
use statewright_engine::StartRequest;
use statewright_engine::configuration::{BACKGROUND_QUEUE_MAX, BATCH_MAX, QUEUE_MAX};
use statewright_engine::error::EngineResult;
use statewright_engine::intake::Answer;
use tokio::task::JoinHandle;

use crate::support::{COUNTER, World, send_of, start_of};

/// Timers due at one instant, here and in the long form.
const TIMERS: (usize, usize) = (20_000, 100_000);

/// People who send an event in each round: as many as a batch has room for beside what is kept for the engine's own work.
const PEOPLE: usize = BATCH_MAX / 4 * 3;

/// Turns of other tasks after which somebody who has not come to the queue never will.
const TURNS_MAX: usize = 10_000;

const ALARM: &str = "
workflow: alarm
data: {rung: {type: integer, default: 0}}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: set
states:
  set: {after: {ring: {in: 1h, target: rung, actions: [{assign: {rung: \"{{ rung + 1 }}\"}}]}}}
  rung: {type: final}
";

/// Starts many at once, in whole batches.
async fn start_all(world: &World, requests: Vec<StartRequest>) {
    let mut requests = VecDeque::from(requests);
    while !requests.is_empty() {
        let few = requests.len().min(BATCH_MAX);
        let asked: Vec<_> = requests.drain(..few).map(|request| asking(world, request)).collect();
        until_waiting(world, few).await;
        world.node.intake.tick(world.now()).await;
        for asked in asked {
            asked.await.unwrap().unwrap();
        }
    }
}

/// Lets those who ask come as far as the queue.
async fn until_waiting(world: &World, people: usize) {
    for _ in 0..TURNS_MAX {
        if world.node.engine.waiting().0 == people {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{people} do not come to wait, but {}", world.node.engine.waiting().0);
}

/// Lets somebody whose input was taken hear of it.
async fn until_answered(asked: &JoinHandle<EngineResult<Answer>>) {
    for _ in 0..TURNS_MAX {
        if asked.is_finished() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("an event waits for a third batch");
}

fn asking(world: &World, request: StartRequest) -> JoinHandle<EngineResult<Answer>> {
    let engine = world.engine();
    tokio::spawn(async move { engine.start(request).await })
}

fn sending(world: &World, person: usize) -> JoinHandle<EngineResult<Answer>> {
    let engine = world.engine();
    tokio::spawn(async move { engine.send(send_of("counter", &format!("C-{person}"), "ADD")).await })
}

fn timers() -> usize {
    #[allow(clippy::disallowed_methods)] // a test has no configuration
    match std::env::var("STATEWRIGHT_LONG").as_deref() {
        Ok("1") => TIMERS.1,
        _ => TIMERS.0,
    }
}

#[tokio::test]
async fn while_a_burst_of_timers_fires_an_event_is_in_the_next_batch_or_the_one_after_it() {
    let timers = timers();
    let mut world = World::with(&[COUNTER, ALARM]).await;
    let of = |workflow: &'static str, letter: char, count: usize| {
        (0..count).map(move |number| start_of(workflow, Some(&format!("{letter}-{number}")), &[]))
    };
    start_all(&world, of("counter", 'C', PEOPLE).chain(of("alarm", 'A', timers)).collect()).await;
    world.pass(3_600);
    let mut asked: VecDeque<Vec<JoinHandle<EngineResult<Answer>>>> = VecDeque::new();
    let mut rounds = 0;
    while !world
        .store
        .due_timers(world.now().as_microsecond(), 1)
        .await
        .unwrap()
        .is_empty()
    {
        world.node.timers.tick(world.now()).await.unwrap();
        let left = world.node.engine.waiting().0;
        asked.push_back((0..PEOPLE).map(|person| sending(&world, person)).collect());
        until_waiting(&world, left + PEOPLE).await;
        let (people, background) = world.node.engine.waiting();
        assert!(
            people <= QUEUE_MAX && background <= BACKGROUND_QUEUE_MAX,
            "{people}, {background}"
        );
        world.node.intake.tick(world.now()).await;
        rounds += 1;
        // Those of the round before had two batches: nothing of theirs waits, so that each of them ends.
        assert!(
            world.node.engine.waiting().0 <= PEOPLE,
            "an event waits for a third batch in round {rounds}"
        );
        if asked.len() > 1 {
            for asked in asked.pop_front().into_iter().flatten() {
                until_answered(&asked).await;
                asked.await.unwrap().unwrap();
            }
        }
    }
    assert!(
        rounds <= timers.div_ceil(BATCH_MAX / 4) + 2,
        "timers have their share: {rounds} rounds"
    );
    world.settle().await;
    for number in 0..timers {
        let trail = world
            .store
            .trail(InstanceId::of("alarm", &format!("A-{number}")), 0, 10)
            .await;
        assert_eq!(trail.unwrap().len(), 2, "A-{number} is started once and rings once");
    }
    assert_eq!(world.field("counter", "C-7", "count").await, Value::Integer(rounds as i64));
}

/// One receiver has more messages than a batch has room for; a timer of somebody else falls due meanwhile.
#[tokio::test]
async fn a_flood_of_messages_to_one_instance_does_not_hold_up_anothers_timer() {
    let mut world = World::on(
        Arc::new(statewright_engine::store::memory::MemoryStore::new()),
        &[COUNTER, ALARM, SENDER],
        |configuration| {
            configuration.batch_max = 16;
            configuration.background_queue_max = 64;
        },
    )
    .await;
    start_all(
        &world,
        vec![start_of("alarm", Some("A"), &[]), start_of("counter", Some("C"), &[])],
    )
    .await;
    world.pass(3_599);
    let senders = (0..300).map(|number| start_of("sender", Some(&format!("S-{number}")), &[]));
    for sender in senders {
        start_all(&world, vec![sender]).await;
    }
    world.pass(1);
    // The messages come first.
    world.node.messages.tick(world.now()).await.unwrap();
    world.node.timers.tick(world.now()).await.unwrap();
    for _ in 0..2 {
        world.node.intake.tick(world.now()).await;
    }
    assert_eq!(&*world.show("alarm", "A").await.states[0], "rung");
    world.settle().await;
    assert_eq!(world.field("counter", "C", "count").await, Value::Integer(300));
    world.prove().await;
}

/// Only one receiver's messages may be under way at once, and one receiver is never without any.
#[tokio::test]
async fn receivers_take_turns_though_one_of_them_never_runs_out_of_messages() {
    let store = Arc::new(statewright_engine::store::memory::MemoryStore::new());
    let mut world = World::on(store, &[COUNTER, TO_ANYONE], |configuration| {
        configuration.receivers_in_flight_max = 1
    })
    .await;
    // The one that a store or a map would give first.
    let mut receivers = ["C-0", "C-1", "C-2", "C-3"];
    receivers.sort_by_key(|key| InstanceId::of("counter", key));
    start_all(&world, receivers.map(|key| start_of("counter", Some(key), &[])).into()).await;
    let told = |round: usize, key: &str| start_of("sender", Some(&format!("T-{round}-{key}")), &[("to", Value::from(key))]);
    start_all(&world, receivers.map(|key| told(0, key)).into()).await;
    // The senders are told what became of it, and take turns with the others.
    for round in 1..=4 * receivers.len() {
        world.node.messages.tick(world.now()).await.unwrap();
        world.node.intake.tick(world.now()).await;
        start_all(&world, vec![told(round, receivers[0])]).await;
    }
    for key in &receivers[1..] {
        assert_eq!(world.field("counter", key, "count").await, Value::Integer(1), "{key}");
    }
    world.settle().await;
    world.prove().await;
}

const TO_ANYONE: &str = "
workflow: sender
data: {to: string}
start: {by: [clerk], input: [to]}
access: [{for: [clerk]}]
initial: told
states:
  told: {entry: [{send: {event: ADD, to: {workflow: counter, key: \"{{ to }}\"}}}]}
";

const SENDER: &str = "
workflow: sender
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: sent
states:
  sent: {entry: [{send: {event: ADD, to: {workflow: counter, key: C}}}]}
";
