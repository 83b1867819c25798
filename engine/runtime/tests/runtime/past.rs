//! An instance as it stood at a moment: for whoever may read its trail, by today's rules, and never with less than was there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;
use statewright_engine::access::{AccessRequest, act_of};
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::queries::{Outside, PAST_ENTRIES_MAX, Past, PastMoment};
use statewright_engine::store::Store;

use crate::support::{COUNTER, World, clerk, object, on_every_store, operator, person, send_of};

const PATIENT: &str = "
workflow: patient
title: Patient {{ key }}
data:
  name: {type: string, phi: true}
  ward: optional string
  moves: {type: integer, default: 0}
let: {loud: \"{{ name | upper }}\", twice: \"{{ moves * 2 }}\"}
start: {by: [clerk], input: [name]}
access: [{for: [clerk]}, {for: [nurse], show: [ward, name]}]
initial: waiting
states:
  waiting:
    label: Waiting
    after: {forgotten: {in: 1h, target: gone}}
    on: {ADMIT: {target: here, by: [clerk], input: {ward: string}, actions: [{assign: {ward: \"{{ event.ward }}\", moves: \"{{ moves + 1 }}\"}}]}}
  here:
    label: \"On {{ ward }}\"
    after: {round: {in: 6h, target: here}}
    on:
      RENAME: {by: [clerk], input: {to: {type: string, phi: true}}, actions: [{assign: {name: \"{{ event.to }}\"}}]}
      LEAVE: {target: gone, by: [clerk]}
  gone: {type: final, label: Gone}
";

/// Started at eight, admitted at nine, called otherwise at ten, gone at eleven.
async fn stay(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[PATIENT, COUNTER], |_| {}).await;
    world
        .start("patient", "P", &[("name", Value::from("Ida Roth"))])
        .await
        .unwrap();
    for (event, given) in [
        ("ADMIT", Some(("ward", "W1"))),
        ("RENAME", Some(("to", "Ida Frank"))),
        ("LEAVE", None),
    ] {
        world.pass(3_600 - 60);
        let mut request = send_of("patient", "P", event);
        request.payload = given
            .map(|(name, value)| object(&[(name, Value::from(value))]))
            .unwrap_or_default();
        world.pass(60);
        world.send_as(request).await.unwrap();
    }
    world.pass(3_600);
    world
}

async fn memory() -> World {
    stay(Arc::new(statewright_engine::store::memory::MemoryStore::new())).await
}

fn auditor() -> Actor {
    person("otto", &["auditor"])
}

async fn past(world: &World, moment: PastMoment, actor: &Actor) -> EngineResult<Past> {
    world.engine().past("patient", "P", moment, actor).await
}

fn at(moment: &str) -> PastMoment {
    PastMoment::At(moment.parse().unwrap())
}

fn told(past: &Past) -> (Vec<&str>, Option<&str>, Option<&Value>, u64) {
    let states = past.shown.states.iter().map(|state| &**state).collect();
    (
        states,
        past.shown.label.as_deref(),
        past.shown.data.get("name"),
        past.entry.sequence,
    )
}

async fn shows_every_moment_as_it_was(store: Arc<dyn Store>) {
    let world = stay(store).await;
    let (ida, frank) = (Value::from("Ida Roth"), Value::from("Ida Frank"));
    for (moment, states, label, name, entry) in [
        ("2026-01-05T08:00:00Z", "waiting", "Waiting", &ida, 1),
        ("2026-01-05T08:59:59.999999Z", "waiting", "Waiting", &ida, 1),
        ("2026-01-05T09:00:00Z", "here", "On W1", &ida, 2),
        ("2026-01-05T10:30:00Z", "here", "On W1", &frank, 3),
        ("2026-01-05T11:59:00Z", "gone", "Gone", &frank, 4),
    ] {
        let then = past(&world, at(moment), &clerk()).await.unwrap();
        assert_eq!(told(&then), (vec![states], Some(label), Some(name), entry), "{moment}");
        let by_number = past(&world, PastMoment::Entry(entry), &clerk()).await.unwrap();
        assert_eq!((&by_number.shown, &by_number.next), (&then.shown, &then.next), "{moment}");
        assert_eq!(then.next.as_ref().map(|next| next.sequence), (entry < 4).then_some(entry + 1));
        assert!(then.is_stepped && then.erased.is_empty() && then.withheld.is_empty());
    }
    let admitted = past(&world, at("2026-01-05T09:10:00Z"), &clerk()).await.unwrap();
    let due: Timestamp = "2026-01-05T15:00:00Z".parse().unwrap();
    assert_eq!(admitted.shown.timers, [("here/round".into(), due)]);
    assert_eq!(admitted.shown.data.get("twice"), Some(&Value::Integer(2)));
    let stays: Vec<&str> = admitted.course.stays.keys().map(|path| &**path).collect();
    assert_eq!(stays, ["", "here", "waiting"], "not where it came later");
    world.prove().await;
}

on_every_store! { shows_every_moment_as_it_was }

#[tokio::test]
async fn what_lies_outside_of_its_life_is_refused_with_where_it_begins_and_ends() {
    let world = memory().await;
    let first = "2026-01-05T08:00:00Z".parse().unwrap();
    let check = async |moment: PastMoment, outside: Outside| {
        assert_eq!(
            past(&world, moment, &clerk()).await,
            Err(EngineError::NotThen(outside)),
            "{moment:?}"
        );
    };
    check(at("2026-01-05T07:59:59.999999Z"), Outside::BeforeFirst { first }).await;
    check(PastMoment::At(Timestamp::MIN), Outside::BeforeFirst { first }).await;
    let now = world.now();
    let later = PastMoment::At(now + SignedDuration::from_micros(1));
    check(later, Outside::Future { now }).await;
    assert!(past(&world, PastMoment::At(now), &clerk()).await.is_ok());
    for entry in [0, 5, u64::MAX] {
        check(PastMoment::Entry(entry), Outside::NoEntry { last: 4 }).await;
    }
}

/// Not who sees some of its fields, nor an operator; and what they are told is what there is of nothing.
#[tokio::test]
async fn who_may_not_read_its_trail_is_told_that_there_is_nothing() {
    let world = memory().await;
    for actor in [person("nora", &["nurse"]), operator(), person("eve", &[])] {
        for moment in [
            at("2026-01-05T09:00:00Z"),
            at("2030-01-01T00:00:00Z"),
            PastMoment::Entry(1),
            PastMoment::Entry(99),
        ] {
            assert_eq!(past(&world, moment, &actor).await, Err(EngineError::Hidden), "{}", actor.id);
            let of_nothing = world.engine().past("patient", "Q", moment, &actor).await;
            assert_eq!(of_nothing, Err(EngineError::Hidden));
        }
    }
}

#[tokio::test]
async fn an_auditor_is_told_which_personal_values_there_were_and_not_what_they_were() {
    let world = memory().await;
    let then = past(&world, PastMoment::Entry(2), &auditor()).await.unwrap();
    assert_eq!(then.withheld, [Arc::from("name")]);
    assert!(!format!("{:?}", then.shown).contains("Ida"), "{:?}", then.shown);
    assert_eq!(then.shown.data.get("ward"), Some(&Value::from("W1")));
    assert!(then.shown.personal.is_empty());
}

async fn says_of_erased_values_that_they_were_there(store: Arc<dyn Store>) {
    let world = stay(store).await;
    let before = past(&world, PastMoment::Entry(2), &clerk()).await.unwrap();
    world.engine().erase("patient", "P", &operator()).await.unwrap();
    for actor in [clerk(), auditor()] {
        let then = past(&world, PastMoment::Entry(2), &actor).await.unwrap();
        assert_eq!(
            (&*then.erased, &*then.withheld, then.is_stepped),
            (&[Arc::from("name")][..], &[][..], false)
        );
        assert!(!then.shown.data.contains_key("name") && !then.shown.data.contains_key("loud"));
        // the rest of it stands as it stood
        let same = |past: &Past| {
            let shown = &past.shown;
            let ward = shown.data.get("ward").cloned();
            (
                shown.states.clone(),
                shown.label.clone(),
                shown.title.clone(),
                shown.timers.clone(),
                ward,
                past.course.clone(),
            )
        };
        assert_eq!(same(&then), same(&before));
    }
    // so it is of the moment of the erasure itself, and after it
    let erasure = past(&world, PastMoment::Entry(5), &clerk()).await.unwrap();
    assert_eq!(erasure.erased, [Arc::from("name")]);
}

on_every_store! { says_of_erased_values_that_they_were_there }

#[tokio::test]
async fn the_access_log_says_of_which_moment_personal_values_were_seen() {
    let world = memory().await;
    past(&world, at("2026-01-05T09:30:00Z"), &clerk()).await.unwrap();
    past(&world, PastMoment::Entry(3), &auditor()).await.unwrap();
    past(&world, PastMoment::Entry(3), &person("nora", &["nurse"]))
        .await
        .unwrap_err();
    let request = AccessRequest {
        instance: Some(InstanceId::of("patient", "P")),
        limit: 10,
        ..AccessRequest::default()
    };
    let log = world.engine().accesses(&request).await.unwrap();
    let lines: Vec<String> = log
        .readings
        .iter()
        .map(|reading| {
            let act = act_of(&reading.entry).unwrap();
            let of = |name: &str| act.field(name).cloned().unwrap_or(Value::Null);
            let words = |name: &str| to_interface(&of(name));
            let fields = of("fields");
            let fields: Vec<&str> = fields
                .as_list()
                .unwrap_or_default()
                .iter()
                .filter_map(Value::as_text)
                .collect();
            let who = reading.entry.actor().unwrap().id;
            format!(
                "{who} {} {} {} {}",
                fields.join("+"),
                words("moment"),
                words("entry"),
                words("refused")
            )
        })
        .collect();
    // an auditor sees no personal value, and leaves no reading
    assert_eq!(lines, ["nora  null null true", "ann name \"2026-01-05T09:30:00Z\" 2 null"]);
}

#[tokio::test]
async fn a_trail_that_is_too_long_is_refused_and_said_so() {
    let world = World::with(&[COUNTER]).await;
    world.start("counter", "C", &[]).await.unwrap();
    for _ in 0..PAST_ENTRIES_MAX / 100 {
        let many = (0..100).map(|_| send_of("counter", "C", "ADD")).collect();
        for answer in world.in_one_batch(many).await {
            answer.unwrap();
        }
    }
    let of = |entry: usize| PastMoment::Entry(entry as u64);
    let engine = world.engine();
    let last = engine.past("counter", "C", of(PAST_ENTRIES_MAX), &clerk()).await.unwrap();
    assert_eq!(
        last.shown.data.get("count"),
        Some(&Value::Integer(PAST_ENTRIES_MAX as i64 - 1))
    );
    let beyond = engine.past("counter", "C", of(PAST_ENTRIES_MAX + 1), &clerk()).await;
    assert_eq!(beyond, Err(EngineError::NotThen(Outside::TooLong { most: PAST_ENTRIES_MAX })));
}
