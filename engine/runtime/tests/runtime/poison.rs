//! What no instance, no adapter and no database row may do: harm the others that share a batch with it.

use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::chart::{Chart, Trigger};
use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{RefusalKind, Verdict};
use statewright_core::value::Value;
use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};
use statewright_engine::clock::VirtualClock;
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::intake::Answer;
use statewright_engine::registry::{Compiler, LanguageCompiler};
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{IncidentKind, Store};
use statewright_engine::testing::{FaultyStore, Spoilt};
use statewright_engine::{Node, SendRequest};

use crate::support::{COUNTER, World, object, send_of, source, surroundings};

/// Everything that an event can do wrong. `BREAK` is led astray by [`Astray`].
const POISON: &str = "
workflow: poison
data:
  count: {type: integer, default: 0}
  first: optional string
  second: optional string
  third: optional string
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: open
states:
  open:
    on:
      ADD: {by: [clerk], actions: [{assign: {count: \"{{ count + 1 }}\"}}]}
      FIRST: {by: [clerk], input: {to: string}, actions: [{assign: {first: \"{{ event.to }}\"}}]}
      SECOND: {by: [clerk], input: {to: string}, actions: [{assign: {second: \"{{ event.to }}\"}}]}
      THIRD: {by: [clerk], input: {to: string}, actions: [{assign: {third: \"{{ event.to }}\"}}]}
      BREAK: {target: broken, by: [clerk]}
      CIRCLE: {target: there, by: [clerk]}
      BURN:
        by: [clerk]
        input: {rows: {type: list, items: integer}}
        actions: [{assign: {count: \"{{ event.rows | sum(event.rows | count(item == 1)) }}\"}}]
      DIVIDE: {by: [clerk], actions: [{assign: {count: \"{{ 1 // count }}\"}}]}
      WAIT: {target: waiting, by: [clerk]}
      TELL: {target: told, by: [clerk]}
      MAKE: {target: making, by: [clerk]}
  broken: {initial: inside, states: {inside: {}}}
  there: {always: {guard: count >= 0, target: back, actions: [{assign: {count: \"{{ count + 1 }}\"}}]}}
  back: {always: {guard: count >= 0, target: there}}
  waiting:
    after: {fail: {in: 1s, target: open, actions: [{assign: {count: \"{{ 1 // count }}\"}}]}}
  told:
    entry: [{send: {to: {workflow: poison, key: victim}, event: DIVIDED, id: divided}}]
    on:
      DIVIDED: {by: [{workflow: poison}], actions: [{assign: {count: \"{{ 1 // count }}\"}}]}
  making:
    invoke: {adapter: maker, action: make, retry: {attempts: 2, backoff: 1s..1s}, onDone: {target: open}}
";

/// A compiler that breaks down over some sources, and makes charts that a step breaks down over.
struct Astray;

impl Compiler for Astray {
    fn compile(&self, source: &str) -> Result<Chart, String> {
        assert!(!source.contains("unspeakable"), "the compiler breaks down");
        let mut chart = LanguageCompiler.compile(source)?;
        let broken = chart
            .states
            .iter()
            .find(|state| &*state.name == "broken")
            .map(|state| state.index);
        for transition in &mut chart.transitions {
            if Some(transition.source) == broken && transition.trigger == Trigger::Initial {
                transition.branches.clear();
            }
        }
        Ok(chart)
    }
}

/// An adapter that breaks down at everything.
struct Broken;

#[async_trait]
impl Adapter for Broken {
    fn has_action(&self, _: &str) -> bool {
        true
    }

    fn attempt_ms(&self, _: &str) -> Option<i64> {
        panic!("it does not know")
    }

    async fn perform(&self, _: Attempt) -> Result<Value, AttemptFailure> {
        panic!("it breaks down")
    }
}

async fn poisoned() -> (World, Arc<FaultyStore>) {
    let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let store: Arc<dyn Store> = faulty.clone();
    let clock = Arc::new(VirtualClock::starting_at("2026-01-05T08:00:00Z".parse().unwrap()));
    let mut surroundings = surroundings("one", store.clone(), clock.clone(), Arc::new(Broken));
    surroundings.compiler = Arc::new(Astray);
    let node = Node::new(EngineConfig::named("one"), surroundings);
    let adapter = Arc::default();
    let world = World {
        clock,
        store,
        adapter,
        node,
    };
    for workflow in [COUNTER, POISON] {
        let by = crate::support::operator();
        world.node.engine.deploy(&source(workflow), &by).await.unwrap();
    }
    for key in ["A", "B"] {
        world.start("counter", key, &[]).await.unwrap();
    }
    world.start("poison", "victim", &[]).await.unwrap();
    (world, faulty)
}

/// Sends the poison between two counters, which must be answered as ever; answers what became of the poison.
async fn beside_others(world: &World, poison: SendRequest) -> EngineResult<Answer> {
    let before = world.field("counter", "A", "count").await;
    let requests = vec![send_of("counter", "A", "ADD"), poison, send_of("counter", "B", "ADD")];
    let mut answers = world.in_one_batch(requests).await;
    for other in [answers.pop().unwrap(), answers.remove(0)] {
        let other = other.unwrap();
        assert_eq!((other.verdict, other.duplicate), (Verdict::Taken, false));
    }
    assert_eq!(
        before.as_integer().map(|count| Value::Integer(count + 1)),
        Some(world.field("counter", "A", "count").await)
    );
    answers.pop().unwrap()
}

fn refused(answer: EngineResult<Answer>) -> &'static str {
    match answer.map(|answer| answer.verdict) {
        Ok(Verdict::Refused(refusals)) => match refusals.first().map(|refusal| &refusal.kind) {
            Some(RefusalKind::Failed(code)) => code.as_str(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_step_that_panics_fails_alone_and_leaves_its_instance_as_it_was() {
    let (world, _) = poisoned().await;
    let broken = beside_others(&world, send_of("poison", "victim", "BREAK")).await;
    assert!(
        matches!(broken, Err(EngineError::Failed { code: "SW-1901", .. })),
        "{broken:?}"
    );
    let taken = beside_others(&world, send_of("poison", "victim", "ADD")).await.unwrap();
    assert_eq!((taken.sequence, taken.verdict), (2, Verdict::Taken));
}

#[tokio::test]
async fn a_step_without_end_or_beyond_its_budget_is_refused_alone() {
    let (world, _) = poisoned().await;
    let rows = Value::from_items(vec![Value::Integer(1); 1_000]);
    for (event, payload) in [("CIRCLE", vec![]), ("BURN", vec![("rows", rows)]), ("DIVIDE", vec![])] {
        let request = SendRequest {
            signed: None,
            task: None,
            payload: object(&payload),
            ..send_of("poison", "victim", event)
        };
        let code = refused(beside_others(&world, request).await);
        assert!(code.starts_with("SW-1"), "{event}: {code}");
    }
    world.prove().await;
}

#[tokio::test]
async fn what_the_database_refuses_or_cannot_read_is_set_apart_from_its_batch() {
    let (world, faulty) = poisoned().await;
    let victim = InstanceId::of("poison", "victim");
    faulty.spoil(victim, Spoilt::Refused);
    let refused = beside_others(&world, send_of("poison", "victim", "ADD")).await;
    assert!(
        matches!(refused, Err(EngineError::Failed { code: "SW-1906", .. })),
        "{refused:?}"
    );
    faulty.spoil(victim, Spoilt::Damaged);
    for kept in [true, false] {
        if !kept {
            world
                .node
                .intake
                .cache
                .forget([victim, InstanceId::of("counter", "A"), InstanceId::of("counter", "B")]);
        }
        let damaged = beside_others(&world, send_of("poison", "victim", "ADD")).await;
        assert!(matches!(damaged, Err(EngineError::Damaged(_))), "{damaged:?}");
    }
}

/// An input that was taken is stale when it comes again; whoever repeats it must not hear that before it is known that they do.
#[tokio::test]
async fn who_repeats_an_input_hears_of_no_stale_revision_while_it_cannot_be_asked_whether_they_do() {
    let (world, faulty) = poisoned().await;
    let request = |key: &str, expected: Option<u64>| SendRequest {
        signed: None,
        task: None,
        input_key: Some(InputKey::of(&[key])),
        expected,
        ..send_of("counter", "A", "ADD")
    };
    let both = || vec![request("late", Some(1)), request("other", None)];
    let late = world.in_one_batch(both()).await.remove(0).unwrap();
    let counter = InstanceId::of("counter", "A");
    faulty.spoil(counter, Spoilt::Silent);
    for told in world.in_one_batch(both()).await {
        assert!(matches!(told, Err(EngineError::Unavailable(_))), "{told:?}");
    }
    faulty.mend(counter);
    let again = world.in_one_batch(vec![request("late", Some(1))]).await.remove(0).unwrap();
    assert!(again.duplicate);
    assert_eq!((again.sequence, again.verdict), (late.sequence, Verdict::Taken));
}

/// What is once written is read again in one piece: nothing may be written that is longer than what is read.
#[tokio::test]
async fn what_would_be_too_long_to_be_read_again_is_not_written_and_harms_nobody() {
    let (world, _) = poisoned().await;
    let request = |event: &str, bytes: usize| SendRequest {
        signed: None,
        task: None,
        payload: object(&[("to", Value::Text("x".repeat(bytes).into()))]),
        ..send_of("poison", "victim", event)
    };
    // An input that fits no entry, not even that of its refusal.
    let long = beside_others(&world, request("FIRST", JSON_BYTES_MAX)).await;
    assert!(matches!(long, Err(EngineError::Failed { code: "SW-1906", .. })), "{long:?}");
    // Fields that are as long as a field may be, and together too long for a snapshot.
    for event in ["FIRST", "SECOND"] {
        let taken = beside_others(&world, request(event, JSON_BYTES_MAX / 2 - 1_000))
            .await
            .unwrap();
        assert_eq!(taken.verdict, Verdict::Taken, "{event}");
    }
    let long = beside_others(&world, request("THIRD", JSON_BYTES_MAX / 2 - 1_000)).await;
    assert!(matches!(long, Err(EngineError::Failed { code: "SW-1906", .. })), "{long:?}");
    let other = world.another_node("two");
    let shown = other.engine.show("poison", "victim", &crate::support::clerk()).await.unwrap();
    assert_eq!(shown.sequence, 3);
    world.prove().await;
}

/// A timer, a message and an adapter that always fail each wait for a person, and everything else goes on.
#[tokio::test]
async fn what_nobody_can_be_told_of_becomes_an_incident_of_its_own() {
    let (mut world, _) = poisoned().await;
    for (key, event) in [("timer", "WAIT"), ("victim", "TELL"), ("effect", "MAKE")] {
        if key != "victim" {
            world.start("poison", key, &[]).await.unwrap();
        }
        world.send("poison", key, event).await.unwrap();
    }
    world.live(5).await;
    let incidents = world.engine().incidents().await.unwrap();
    let mut kinds: Vec<IncidentKind> = incidents.iter().map(|incident| incident.kind).collect();
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(
        kinds,
        [IncidentKind::Effect, IncidentKind::Message, IncidentKind::Timer],
        "{incidents:?}"
    );
    assert!(
        incidents
            .iter()
            .any(|incident| incident.error.contains("the adapter broke down")),
        "{incidents:?}"
    );
    world.send("counter", "A", "ADD").await.unwrap();
    world.prove().await;
}

/// The end of an attempt that the database does not take keeps no other end waiting.
#[tokio::test]
async fn the_end_of_an_effect_that_cannot_be_stored_holds_up_no_other() {
    let (mut world, faulty) = poisoned().await;
    for key in ["one", "two"] {
        world.start("poison", key, &[]).await.unwrap();
        world.send("poison", key, "MAKE").await.unwrap();
    }
    faulty.spoil(InstanceId::of("poison", "one"), Spoilt::Damaged);
    world.live(5).await;
    let incidents = world.engine().incidents().await.unwrap();
    let of: Vec<InstanceId> = incidents.iter().map(|incident| incident.instance).collect();
    assert_eq!(of, [InstanceId::of("poison", "two")], "{incidents:?}");
}

/// A deployment that the compiler breaks down over is refused; one that is there already is set aside.
#[tokio::test]
async fn a_compiler_that_panics_refuses_one_definition_and_no_other() {
    let (world, _) = poisoned().await;
    let unspeakable = source(&COUNTER.replace("counter", "unspeakable"));
    let by = crate::support::operator();
    let refused = world.engine().deploy(&unspeakable, &by).await;
    assert!(
        matches!(refused, Err(EngineError::Failed { code: "SW-1901", .. })),
        "{refused:?}"
    );
    // Another node, whose compiler reads it.
    let other = world.another_node("two");
    other.engine.deploy(&unspeakable, &by).await.unwrap();
    world.node.engine.registry().refresh().await.unwrap();
    let started = world.start("unspeakable", "A", &[]).await;
    assert!(started.is_err(), "{started:?}");
    world.start("counter", "C", &[]).await.unwrap();
}
