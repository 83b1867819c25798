//! Who has read personal data stands in a log before anybody has read it, and the log proves itself.

use std::path::PathBuf;
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, SYSTEM_WORKFLOW};
use statewright_core::value::Value;
use statewright_engine::access::{ACCESS_KEY, AccessRequest, READING, act_of, in_request};
use statewright_engine::audit::{described, verify};
use statewright_engine::error::EngineError;
use statewright_engine::queries::{FindRequest, ListRequest, QueueRequest, SearchRequest};
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{MarkQuery, Store, open};
use statewright_engine::testing::{FaultyStore, Spoilt};

use crate::support::{World, clerk, person};

const PATIENT: &str = "
workflow: patient
data:
  name: {type: string, phi: true}
  born: {type: optional date, phi: true}
  ward: {type: string, index: true}
start: {by: [clerk], input: [name, ward, optional born]}
access:
  - {for: [clerk]}
  - {for: [porter], show: [ward]}
  - {for: [nurse], show: [name, ward]}
  - {for: [doctor], break_glass: 4h}
initial: here
states:
  here: {task: {for: [nurse], show: [name, ward]}, on: {GO: {target: gone, by: [clerk]}}}
  gone: {type: final}
";

/// Nobody's privacy.
const LAMP: &str = "
workflow: lamp
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: on
states: {on: {}}
";

async fn filled(world: World) -> World {
    for key in ["1", "2"] {
        let payload = [("name", Value::from("Ida")), ("ward", Value::from("W3"))];
        world.start("patient", key, &payload).await.unwrap();
        world.pass(1);
    }
    world.start("lamp", "L", &[]).await.unwrap();
    world
}

async fn world() -> World {
    filled(World::with(&[PATIENT, LAMP]).await).await
}

/// A line for each reading, the newest first.
async fn readings(world: &World, request: &AccessRequest) -> Vec<String> {
    let mut request = AccessRequest {
        limit: request.limit.max(1),
        ..request.clone()
    };
    let mut lines = Vec::new();
    loop {
        let page = world.engine().accesses(&request).await.unwrap();
        assert!(page.readings.len() <= request.limit);
        for reading in page.readings {
            let act = act_of(&reading.entry).unwrap();
            let texts = |name: &str| {
                let items = act.field(name).and_then(Value::as_list).unwrap_or_default();
                items.iter().filter_map(Value::as_text).collect::<Vec<_>>().join(",")
            };
            let word = |name: &str| act.field(name).and_then(Value::as_text).unwrap_or("-").to_owned();
            let refused = act.field("refused").is_some();
            lines.push(format!(
                "{} {} {} {} {} {}",
                reading.entry.actor().unwrap().id,
                word("by"),
                word("workflow"),
                if refused { "refused".to_owned() } else { texts("keys") },
                texts("fields"),
                word("why")
            ));
        }
        request.after = page.next;
        if request.after.is_none() {
            return lines;
        }
    }
}

fn everything() -> AccessRequest {
    AccessRequest {
        limit: 100,
        ..AccessRequest::default()
    }
}

#[tokio::test]
async fn every_answer_with_a_personal_value_is_recorded_and_no_other() {
    let world = world().await;
    let engine = world.engine();
    let (porter, nurse) = (person("pia", &["porter"]), person("nora", &["nurse"]));
    engine.show("patient", "1", &clerk()).await.unwrap();
    engine
        .list(
            &ListRequest {
                limit: 9,
                ..ListRequest::default()
            },
            &clerk(),
        )
        .await
        .unwrap();
    let of_ward = FindRequest {
        workflow: "patient".into(),
        fields: vec![("ward".into(), "W3".into())],
        limit: 9,
        ..FindRequest::default()
    };
    engine.find(&of_ward, &clerk()).await.unwrap();
    engine
        .queue(
            &QueueRequest {
                limit: 9,
                ..QueueRequest::default()
            },
            &nurse,
        )
        .await
        .unwrap();
    // none of these holds one
    engine.show("patient", "1", &porter).await.unwrap();
    engine.find(&of_ward, &porter).await.unwrap();
    engine.show("lamp", "L", &clerk()).await.unwrap();
    engine.trail("patient", "1", &clerk(), 0, 10).await.unwrap();
    let word = SearchRequest {
        word: "W3".into(),
        limit: 9,
        ..SearchRequest::default()
    };
    let hits = engine.search(&word, &clerk()).await.unwrap();
    assert!(
        hits.hits.len() == 2
            && hits
                .hits
                .iter()
                .all(|hit| hit.shown.data.is_empty() && hit.shown.personal.is_empty())
    );
    let headings = engine
        .headings(
            &ListRequest {
                limit: 9,
                ..ListRequest::default()
            },
            &clerk(),
        )
        .await
        .unwrap();
    assert!(!headings.instances.is_empty() && headings.instances.iter().all(|shown| shown.data.is_empty()));
    let mut auditor = person("otto", &["auditor"]);
    engine.show("patient", "1", &auditor).await.unwrap();
    auditor.roles.clear();
    // who sees nothing is refused, whether there is something or not; of what holds nothing personal nobody asks
    for key in ["1", "none"] {
        assert_eq!(engine.show("patient", key, &auditor).await.unwrap_err(), EngineError::Hidden);
    }
    assert_eq!(engine.show("lamp", "L", &auditor).await.unwrap_err(), EngineError::Hidden);
    let expected = [
        "otto show patient refused  -",
        "otto show patient refused  -",
        "nora queue patient 1,2 name task",
        "carl list patient 1,2 name rule",
        "carl list patient 1,2 name rule",
        "carl show patient 1 name rule",
    ];
    let carl = clerk().id;
    let expected: Vec<String> = expected.iter().map(|line| line.replace("carl", &carl)).collect();
    assert_eq!(readings(&world, &everything()).await, expected);
    world.prove().await;
    let log = InstanceId::of(SYSTEM_WORKFLOW, &format!("{ACCESS_KEY}one"));
    for row in world.store.trail(log, 0, 100).await.unwrap() {
        assert!(!row.bytes.contains("Ida") && !row.bytes.contains("none"), "{}", row.bytes);
    }
}

#[tokio::test]
async fn a_reading_says_by_which_request_for_whom_and_why() {
    let world = world().await;
    let engine = world.engine();
    let mut stand_in = clerk();
    stand_in.on_behalf_of = Some("ada".into());
    in_request("server-7/42".into(), engine.show("patient", "1", &stand_in))
        .await
        .unwrap();
    let page = world.engine().accesses(&everything()).await.unwrap();
    let entry = &page.readings[0].entry;
    let act = act_of(entry).unwrap();
    assert_eq!(act.field("request").and_then(Value::as_text), Some("server-7/42"));
    assert_eq!(entry.actor().unwrap().on_behalf_of.as_deref(), Some("ada"));
    let of_ada = AccessRequest {
        who: Some("ada".into()),
        ..everything()
    };
    assert_eq!(readings(&world, &of_ada).await.len(), 1);
}

#[tokio::test]
async fn the_log_is_found_by_who_what_and_when_page_by_page() {
    let world = world().await;
    let engine = world.engine();
    let begun_us = world.now().as_microsecond();
    for number in 0..6 {
        let reader = person(&format!("reader-{}", number % 2), &["clerk"]);
        engine
            .show("patient", if number < 3 { "1" } else { "2" }, &reader)
            .await
            .unwrap();
        world.pass(10);
    }
    engine.show("patient", "1", &person("eve", &[])).await.unwrap_err();
    let check = async |request: AccessRequest, expected: usize| {
        for limit in [1, 2, 100] {
            let request = AccessRequest {
                limit,
                ..request.clone()
            };
            assert_eq!(readings(&world, &request).await.len(), expected, "{request:?}");
        }
    };
    check(everything(), 7).await;
    check(
        AccessRequest {
            who: Some("reader-1".into()),
            ..everything()
        },
        3,
    )
    .await;
    check(
        AccessRequest {
            workflow: Some("lamp".into()),
            ..everything()
        },
        0,
    )
    .await;
    check(
        AccessRequest {
            workflow: Some("patient".into()),
            ..everything()
        },
        7,
    )
    .await;
    let one = Some(InstanceId::of("patient", "1"));
    check(
        AccessRequest {
            instance: one,
            ..everything()
        },
        4,
    )
    .await;
    check(
        AccessRequest {
            instance: one,
            who: Some("reader-0".into()),
            ..everything()
        },
        2,
    )
    .await;
    check(
        AccessRequest {
            field: Some("name".into()),
            ..everything()
        },
        6,
    )
    .await;
    check(
        AccessRequest {
            field: Some("born".into()),
            ..everything()
        },
        0,
    )
    .await;
    check(
        AccessRequest {
            refused: Some(true),
            ..everything()
        },
        1,
    )
    .await;
    let later = Some(begun_us + 15_000_000);
    check(
        AccessRequest {
            from_us: later,
            ..everything()
        },
        5,
    )
    .await;
    check(
        AccessRequest {
            until_us: later,
            ..everything()
        },
        2,
    )
    .await;
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_answered() {
    let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let world = filled(World::on(faulty.clone(), &[PATIENT, LAMP], |_| {}).await).await;
    let engine = world.engine();
    let log = InstanceId::of(SYSTEM_WORKFLOW, &format!("{ACCESS_KEY}one"));
    faulty.spoil(log, Spoilt::Refused);
    assert!(engine.show("patient", "1", &clerk()).await.is_err());
    let all = ListRequest {
        limit: 9,
        ..ListRequest::default()
    };
    assert!(engine.list(&all, &clerk()).await.is_err());
    assert_ne!(
        engine.show("patient", "1", &person("eve", &[])).await,
        Err(EngineError::Hidden)
    );
    // what holds nothing personal is
    engine.show("patient", "1", &person("pia", &["porter"])).await.unwrap();
    engine.show("lamp", "L", &clerk()).await.unwrap();
    faulty.mend(log);
    engine.show("patient", "1", &clerk()).await.unwrap();
    assert_eq!(readings(&world, &everything()).await.len(), 1);
}

#[tokio::test]
async fn readings_that_come_at_once_all_stand_in_the_log_whoever_else_writes_there() {
    let world = world().await;
    // a second process of the same name, as a command line beside another one
    let twin = world.another_node("one");
    let other = world.another_node("two");
    // in turn, so that each finds the trail further than it left it
    for number in 60..66 {
        let engine = [&world.node.engine, &twin.engine][number % 2];
        let reader = person(&format!("reader-{number}"), &["clerk"]);
        engine.show("patient", "1", &reader).await.unwrap();
    }
    let mut under_way = Vec::new();
    for number in 0..60 {
        let engine = [&world.node.engine, &twin.engine, &other.engine][number % 3].clone();
        under_way.push(tokio::spawn(async move {
            let reader = person(&format!("reader-{number}"), &["clerk"]);
            engine.show("patient", "1", &reader).await.map(|_| ())
        }));
    }
    for reading in under_way {
        reading.await.unwrap().unwrap();
    }
    let mut found = readings(
        &world,
        &AccessRequest {
            limit: 7,
            ..AccessRequest::default()
        },
    )
    .await;
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 66);
    world.prove().await;
}

/// A database file of its own, gone with the test.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(ending);
            drop(std::fs::remove_file(path));
        }
    }
}

async fn tampered(name: &str, statements: &str) -> Vec<String> {
    let file = File(std::env::temp_dir().join(format!("statewright-access-{name}-{}.db", std::process::id())));
    let store: Arc<dyn Store> = open(&format!("sqlite:{}", file.0.display())).await.unwrap();
    store.migrate().await.unwrap();
    let world = filled(World::on(store.clone(), &[PATIENT, LAMP], |_| {}).await).await;
    let engine = world.engine();
    for reader in ["ann", "bob", "cid", "dan"] {
        engine.show("patient", "1", &person(reader, &["clerk"])).await.unwrap();
    }
    world.prove().await;
    let log = InstanceId::of(SYSTEM_WORKFLOW, &format!("{ACCESS_KEY}one"));
    let statements = statements.replace("LOG", &format!("x'{log}'"));
    let triggers = "drop trigger trail_is_not_changed; drop trigger trail_is_not_deleted;";
    let connection = rusqlite::Connection::open(&file.0).unwrap();
    connection.execute_batch(&format!("{triggers} {statements}")).unwrap();
    let verified = verify(&store, |_| {}).await.unwrap();
    store.close().await;
    verified.faults.iter().map(described).collect()
}

#[tokio::test]
async fn an_entry_of_the_log_that_was_edited_deleted_or_moved_is_found() {
    let check = async |name: &str, statements: &str, expected: &str| {
        let found = tampered(name, statements).await;
        assert!(
            found
                .iter()
                .any(|finding| finding.starts_with(&format!("statewright-system/access/one {expected}"))),
            "{name}: {found:?}"
        );
    };
    let of = "where instance = LOG and sequence";
    check(
        "edited",
        &format!("update trail set bytes = replace(bytes, '\"bob\"', '\"eve\"') {of} = 2"),
        "entry 2: edited",
    )
    .await;
    check("deleted", &format!("delete from trail {of} = 2"), "entry 2: missing").await;
    check("cut", &format!("delete from trail {of} = 4"), "entry 4: truncated").await;
    let swap = format!(
        "update trail set sequence = 9 {of} = 2; update trail set sequence = 2 {of} = 3; update trail set sequence = 3 {of} = 9"
    );
    check("moved", &swap, "entry 2: reordered").await;
    // and so is one that is only hidden from whoever looks into the log
    for (name, table) in [("hidden", "mark"), ("unlisted", "mark_field")] {
        let hidden = tampered(name, &format!("delete from {table} {of} = 2")).await;
        assert_eq!(hidden.len(), 1, "{hidden:?}");
        assert!(
            hidden[0].starts_with("statewright-system/access/one: missing: 1 of 4 readings"),
            "{hidden:?}"
        );
    }
}

#[tokio::test]
async fn nobody_but_the_log_writes_its_marks() {
    let world = world().await;
    world.engine().show("patient", "1", &clerk()).await.unwrap();
    let query = MarkQuery {
        name: READING.into(),
        limit: 10,
        ..MarkQuery::default()
    };
    assert_eq!(world.store.marks(&query).await.unwrap().rows.len(), 1);
    let sly = crate::support::source(
        "workflow: sly\nstart: {by: [clerk]}\ninitial: a\nstates: {a: {entry: [{mark: {statewright reading: {who: eve}}}]}}\n",
    );
    let deployed = world.node.engine.deploy(&sly, &Actor::engine()).await;
    assert!(deployed.is_err(), "a mark's name has no blank");
}
