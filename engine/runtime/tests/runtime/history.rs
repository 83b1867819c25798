//! Auditors go through what happened to all instances, by who did it, what it was, when, to what, and which field it changed; nobody else does.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, SYSTEM_WORKFLOW};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{HISTORY_SCAN_MAX, History, HistoryRequest};
use statewright_engine::store::{HistoryRow, NewEntry, NextInstance, Write};

use crate::support::{COUNTER, World, clerk, object, operator, person, send_of};

const PATIENT: &str = "
workflow: patient
data:
  name: {type: string, phi: true}
  stay: {type: optional object, properties: {ward: optional string, bed: optional integer}}
start: {by: [clerk], input: [name, optional stay]}
access: [{for: [clerk]}]
initial: here
states:
  here:
    on:
      MOVE_BED: {by: [clerk], input: {bed: integer}, actions: [{assign: {stay.bed: \"{{ event.bed }}\"}}]}
    after: {forgotten: {in: 1h, target: gone}}
  gone: {}
";

fn auditor() -> Actor {
    person("otto", &["auditor"])
}

async fn world() -> World {
    let world = World::with(&[COUNTER, PATIENT]).await;
    world.pass(1);
    world.start("counter", "C", &[]).await.unwrap();
    world.pass(1);
    world
        .start(
            "patient",
            "P",
            &[
                ("name", Value::from("Ida Roth")),
                ("stay", Value::from_fields(object(&[("ward", Value::from("W1"))]))),
            ],
        )
        .await
        .unwrap();
    world.pass(1);
    world.send("counter", "C", "ADD").await.unwrap();
    world.send("counter", "C", "ADD").await.unwrap();
    world.pass(1);
    let mut moved = send_of("patient", "P", "MOVE_BED");
    moved.payload = object(&[("bed", Value::Integer(2))]);
    moved.actor = Actor {
        name: Some("Zoë Frank".into()),
        on_behalf_of: Some("ada".into()),
        ..person("zoe", &["clerk"])
    };
    world.send_as(moved).await.unwrap();
    world
}

fn told(history: &History) -> Vec<String> {
    history.entries.iter().map(line).collect()
}

fn line(row: &HistoryRow) -> String {
    let entry = EntryText::read(&row.entry.bytes).unwrap();
    let input = entry.input().unwrap();
    let named = ["event", "name", "kind"].into_iter().find_map(|name| input.get(name));
    let act = input.get("act").and_then(|act| act.field("act"));
    let what = act.or(named).and_then(Value::as_text).unwrap_or_default();
    format!(
        "{}/{} {} {what}",
        entry.workflow().unwrap(),
        entry.key().unwrap(),
        row.entry.sequence
    )
}

async fn asked(world: &World, request: HistoryRequest) -> History {
    let request = HistoryRequest {
        limit: request.limit.max(100),
        ..request
    };
    world.engine().history(&request, &auditor()).await.unwrap()
}

#[tokio::test]
async fn everything_stands_there_the_newest_first_and_filters_narrow_it() {
    let world = world().await;
    let all = asked(&world, HistoryRequest::default()).await;
    let system = format!("{SYSTEM_WORKFLOW}/system");
    let expected = [
        "patient/P 2 MOVE_BED",
        "counter/C 3 ADD",
        "counter/C 2 ADD",
        "patient/P 1 start",
        "counter/C 1 start",
        &format!("{system} 2 deployed"),
        &format!("{system} 1 deployed"),
    ];
    assert_eq!(
        (told(&all), all.looked_at, all.next),
        (expected.map(str::to_owned).to_vec(), 7, None)
    );
    let [moved, third, second, started, first, ..] = expected;
    let some = |text: &str| Some(Arc::from(text));
    let base = HistoryRequest::default;
    let at = |row: &HistoryRow| Some(row.entry.at_us);
    let checks: Vec<(HistoryRequest, Vec<&str>)> = vec![
        (
            HistoryRequest {
                workflow: some("patient"),
                ..base()
            },
            vec![moved, started],
        ),
        (
            HistoryRequest {
                workflow: some("nothing"),
                ..base()
            },
            vec![],
        ),
        (
            HistoryRequest {
                instance: Some(InstanceId::of("counter", "C")),
                ..base()
            },
            vec![third, second, first],
        ),
        (
            HistoryRequest {
                actor: some("zoe"),
                ..base()
            },
            vec![moved],
        ),
        (
            HistoryRequest {
                actor: some("zoë frank"),
                ..base()
            },
            vec![moved],
        ),
        (
            HistoryRequest {
                actor: some("ada"),
                ..base()
            },
            vec![moved],
        ),
        (
            HistoryRequest {
                event: some("move bed"),
                ..base()
            },
            vec![moved],
        ),
        (
            HistoryRequest {
                event: some("start"),
                ..base()
            },
            vec![started, first],
        ),
        (
            HistoryRequest {
                event: some("MOVE"),
                ..base()
            },
            vec![],
        ),
        (
            HistoryRequest {
                field: some("count"),
                ..base()
            },
            vec![third, second, first],
        ),
        (
            HistoryRequest {
                field: some("stay.bed"),
                ..base()
            },
            vec![moved],
        ),
        (
            HistoryRequest {
                field: some("stay.ward"),
                ..base()
            },
            vec![started],
        ),
        (
            HistoryRequest {
                from_us: at(&all.entries[0]),
                ..base()
            },
            vec![moved],
        ),
        (
            HistoryRequest {
                until_us: at(&all.entries[3]),
                workflow: some("counter"),
                ..base()
            },
            vec![first],
        ),
        (
            HistoryRequest {
                actor: some(&clerk().id),
                event: some("ADD"),
                field: some("count"),
                ..base()
            },
            vec![third, second],
        ),
        (
            HistoryRequest {
                actor: some("zoe"),
                event: some("ADD"),
                ..base()
            },
            vec![],
        ),
    ];
    for (request, expected) in checks {
        let found = asked(&world, request.clone()).await;
        assert_eq!(told(&found), expected, "{request:?}");
    }
    let of_one = HistoryRequest {
        instance: Some(InstanceId::of("counter", "C")),
        until_us: at(&all.entries[2]),
        ..base()
    };
    assert_eq!(told(&asked(&world, of_one).await), [first]);
}

#[tokio::test]
async fn pages_neither_lose_nor_repeat_while_more_happens() {
    let world = world().await;
    let expected = told(&asked(&world, HistoryRequest::default()).await);
    for instance in [None, Some(InstanceId::of("counter", "C"))] {
        let expected: Vec<&String> = expected
            .iter()
            .filter(|line| instance.is_none() || line.starts_with("counter"))
            .collect();
        for limit in 1..4 {
            let mut request = HistoryRequest {
                instance,
                limit,
                ..HistoryRequest::default()
            };
            let mut pages = Vec::new();
            loop {
                let page = world.engine().history(&request, &auditor()).await.unwrap();
                assert!(page.entries.len() <= limit);
                pages.extend(told(&page));
                let Some(next) = page.next else { break };
                request.before = Some(next);
            }
            assert_eq!(pages.iter().collect::<Vec<_>>(), expected, "pages of {limit}");
        }
    }
    let two = HistoryRequest {
        limit: 2,
        ..HistoryRequest::default()
    };
    let first = world.engine().history(&two, &auditor()).await.unwrap();
    world.send("counter", "C", "ADD").await.unwrap();
    let rest = asked(
        &world,
        HistoryRequest {
            before: first.next,
            ..HistoryRequest::default()
        },
    )
    .await;
    let both: Vec<String> = told(&first).into_iter().chain(told(&rest)).collect();
    assert_eq!(both, expected);
}

/// Whoever sees every instance is no auditor for it.
#[tokio::test]
async fn nobody_but_auditors_is_told_anything() {
    let world = world().await;
    for actor in [clerk(), operator(), person("pia", &["privacy_officer"])] {
        let of_theirs = HistoryRequest {
            instance: Some(InstanceId::of("counter", "C")),
            ..HistoryRequest::default()
        };
        for request in [HistoryRequest::default(), of_theirs] {
            assert_eq!(
                world.engine().history(&request, &actor).await,
                Err(EngineError::Hidden),
                "{}",
                actor.id
            );
        }
    }
}

#[tokio::test]
async fn no_personal_value_stands_there_before_it_is_erased_or_after() {
    let world = world().await;
    let named = HistoryRequest {
        field: Some("name".into()),
        ..HistoryRequest::default()
    };
    let before = asked(&world, named.clone()).await;
    assert_eq!(told(&before), ["patient/P 1 start"]);
    assert!(!before.entries[0].entry.bytes.contains("Ida") && before.entries[0].entry.bytes.contains("$personal"));
    world.engine().erase("patient", "P", &operator()).await.unwrap();
    assert_eq!(asked(&world, named).await.entries, before.entries);
    let erasures = HistoryRequest {
        event: Some("erasure".into()),
        ..HistoryRequest::default()
    };
    assert_eq!(told(&asked(&world, erasures).await), ["patient/P 3 erasure"]);
}

/// More than is looked at for one page, of which the oldest is what is looked for.
#[tokio::test]
async fn a_page_says_how_far_it_has_looked() {
    let world = world().await;
    let started_at_us = world.now().as_microsecond();
    let id = InstanceId::of("counter", "M");
    let count = HISTORY_SCAN_MAX as u64 + 10;
    let next = NextInstance {
        workflow: "counter".into(),
        key: "M".into(),
        definition: Digest::of(b"-"),
        sequence: count,
        done: false,
        snapshot: "{}".into(),
        head: Digest::of(b"-"),
        started_at_us,
    };
    let mut write = Write::new(id, 0, next, started_at_us);
    write.entries = (1..=count)
        .map(|sequence| NewEntry {
            sequence,
            at_us: started_at_us + i64::try_from(sequence).unwrap(),
            input_key: None,
            bytes: if sequence % 1_000 == 0 {
                "{".to_owned()
            } else {
                "{}".to_owned()
            },
        })
        .collect();
    world.store.commit(&[write]).await.unwrap();
    let request = HistoryRequest {
        event: Some("MOVE_BED".into()),
        ..HistoryRequest::default()
    };
    let first = asked(&world, request.clone()).await;
    let reached = first.next.expect("there is more");
    assert_eq!(
        (first.entries.len(), first.looked_at, first.unreadable),
        (0, HISTORY_SCAN_MAX, 5)
    );
    assert_eq!(reached.sequence, 11);
    let rest = asked(
        &world,
        HistoryRequest {
            before: first.next,
            ..request
        },
    )
    .await;
    assert_eq!(
        (told(&rest), rest.looked_at, rest.next),
        (vec!["patient/P 2 MOVE_BED".to_owned()], 17, None)
    );
}
