//! People are found by whole words of what is personal, by those who may read it; and nothing of it stands where it cannot be erased.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, BLIND, Verdict};
use statewright_core::value::Value;
use statewright_engine::Engine;
use statewright_engine::access::{AccessRequest, act_of};
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::intake::Answer;
use statewright_engine::queries::{PEOPLE_MAX, SearchRequest};
use statewright_engine::store::{SearchLine, SearchQuery, Store};

use crate::support::{World, clerk, object, on_every_store, operator, person, send_of, start_of};

/// Another of the same name and birth is taken only if somebody says that it is another person.
const PATIENT: &str = "
workflow: patient
title: Patient {{ key }}
data:
  family: {type: string, phi: true, index: true}
  given: {type: optional string, phi: true, index: true}
  born: {type: optional date, phi: true, index: true}
  illness: {type: optional string, phi: true}
  ward: {type: optional string, index: true}
  another: optional boolean
reads:
  same: {workflow: patient, where: {family: \"{{ event.family }}\", born: \"{{ event.born }}\"}, exact: true}
start:
  by: [clerk]
  input: [family, optional given, optional born, optional illness, optional ward, optional another]
  guard: {if: same | length == 0 or event.another == true, otherwise: \"There is already {{ same | map(item.key) | join(', ') }}\"}
access:
  - {for: [clerk]}
  - {for: [nurse], if: ward == 'W3'}
  - {for: [caller], show: [given, ward]}
  - {for: [porter], show: [ward]}
  - {for: [statistics], counts_only: 5, show: [ward]}
initial: here
states:
  here: {on: {RENAME: {by: [clerk], input: [family]}, MOVE: {by: [clerk], input: [ward]}}}
";

on_every_store! {
    whole_words_find_whoever_has_them_all
    nobody_is_found_by_what_the_reader_may_not_see
    the_index_holds_nothing_that_can_be_read_or_ordered
    who_is_renamed_is_found_by_the_new_name_and_who_is_erased_by_none
    a_search_is_recorded_and_so_is_everybody_whom_it_shows
    a_second_registration_is_asked_about
    of_two_that_are_registered_in_one_batch_one_is_asked_about
}

fn fields(family: &str, given: &str, born: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("family", Value::from(family)),
        ("given", Value::from(given)),
        ("born", Value::from(born)),
    ]
}

async fn start(world: &World, key: &str, payload: &[(&str, Value)]) {
    world.start("patient", key, payload).await.unwrap();
    world.pass(1);
}

async fn begun(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[PATIENT], |_| {}).await;
    let mut in_ward = fields("Petrova", "Zoë Ana", "1984-03-02");
    in_ward.push(("ward", Value::from("W3")));
    start(&world, "P-1", &in_ward).await;
    start(&world, "P-2", &fields("PETROVA", "Mira", "1990-12-31")).await;
    start(&world, "P-3", &fields("O’Brien-Łukasik", "Petrova", "1984-03-02")).await;
    start(&world, "P-4", &[("family", Value::from("Straße"))]).await;
    world
}

async fn search(engine: &Engine, words: &str, actor: &Actor) -> String {
    let request = SearchRequest {
        word: words.into(),
        personal: true,
        limit: 10,
        ..SearchRequest::default()
    };
    let hits = engine.search(&request, actor).await.unwrap();
    assert!(!hits.crowded);
    let mut keys: Vec<&str> = hits.people.iter().map(|hit| &*hit.shown.key).collect();
    keys.sort_unstable();
    keys.join(" ")
}

async fn whole_words_find_whoever_has_them_all(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let engine = world.engine();
    let check = async |words: &str, expected: &str| assert_eq!(search(&engine, words, &clerk()).await, expected, "{words}");
    check("Petrova", "P-1 P-2 P-3").await;
    check("  petrova   1984-03-02 ", "P-1 P-3").await;
    check("1984-03-02 zoe PETROVA", "P-1").await;
    check("zoe ana", "P-1").await;
    check("OBRIEN", "P-3").await;
    check("o'brien-lukasik", "P-3").await;
    check("lukasik", "P-3").await;
    check("STRASSE", "P-4").await;
    // neither beginnings, nor parts of a date, nor what only some have
    for nothing in [
        "Petrov",
        "1984",
        "03",
        "1984-03",
        "Petrova 1984-03-03",
        "Mira 1984-03-02",
        "--",
        "P-1",
    ] {
        check(nothing, "").await;
    }
    // without being asked for, people are not looked for
    let request = SearchRequest {
        word: "Petrova".into(),
        limit: 10,
        ..SearchRequest::default()
    };
    let hits = engine.search(&request, &clerk()).await.unwrap();
    assert!(hits.people.is_empty() && hits.hits.is_empty(), "{hits:?}");
    let long = SearchRequest {
        word: "a b c d e f g h i j k l m".into(),
        personal: true,
        ..request
    };
    let refused = engine.search(&long, &clerk()).await;
    assert!(matches!(refused, Err(EngineError::NotSearchable { .. })), "{refused:?}");
    world.prove().await;
}

async fn nobody_is_found_by_what_the_reader_may_not_see(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let engine = world.engine();
    let check = async |role: &str, words: &str, expected: &str| {
        let actor = person("rea", &[role]);
        assert_eq!(search(&engine, words, &actor).await, expected, "{role} {words}");
    };
    check("nurse", "Petrova", "P-1").await;
    check("caller", "Petrova", "P-3").await;
    check("caller", "Mira", "P-2").await;
    check("caller", "Mira 1990-12-31", "").await;
    for role in ["porter", "statistics", "auditor", "operator", "nobody"] {
        check(role, "Petrova", "").await;
    }
    // shown beside is only what they see, and no field but those that people are found by
    let request = SearchRequest {
        word: "Mira".into(),
        personal: true,
        limit: 10,
        ..SearchRequest::default()
    };
    let hits = engine.search(&request, &person("rea", &["caller"])).await.unwrap();
    let hit = hits.people.first().unwrap();
    assert_eq!(hit.matched, [("given".into(), "Mira".into())]);
    assert!(hit.shown.data.is_empty(), "{:?}", hit.shown.data);
    // who leaves the ward is not the nurse's any more
    let mut moved = send_of("patient", "P-1", "MOVE");
    moved.payload = object(&[("ward", Value::from("W4"))]);
    world.send_as(moved).await.unwrap();
    check("nurse", "Petrova", "").await;
}

/// What stands in the index of what is personal, and of whom.
async fn digests(store: &Arc<dyn Store>) -> Vec<(Arc<str>, InstanceId)> {
    let line = SearchLine {
        workflow: "patient".into(),
        field: BLIND.into(),
        from: Arc::default(),
        to: char::MAX.to_string().into(),
    };
    let query = SearchQuery {
        lines: vec![line],
        after: None,
        limit: 100,
    };
    let page = store.search(&query).await.unwrap();
    page.rows.into_iter().map(|place| (place.value, place.instance)).collect()
}

async fn the_index_holds_nothing_that_can_be_read_or_ordered(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let rows = digests(&world.store).await;
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(rows.iter().all(|(digest, _)| is_digest(digest)), "{rows:?}");
    // whole names and dates, and each word of what has several
    assert_eq!(rows.len(), 5 + 3 + 5 + 1);
    // one key for the database, and another for another
    assert_eq!(world.store.blind_key().await.unwrap(), world.store.blind_key().await.unwrap());
    let other: Arc<dyn Store> = Arc::new(statewright_engine::store::memory::MemoryStore::new());
    let other = begun(other).await;
    let theirs = digests(&other.store).await;
    assert!(rows.iter().all(|(digest, _)| theirs.iter().all(|(their, _)| their != digest)));
    assert_eq!(format!("{:?}", world.store.blind_key().await.unwrap()), "BlindKey");
    // no other field is found by
    for workflow in ["patient"] {
        let fields = ["family", "given", "born", "illness"];
        let lines = fields.map(|field| SearchLine {
            workflow: workflow.into(),
            field: field.into(),
            from: Arc::default(),
            to: char::MAX.to_string().into(),
        });
        let query = SearchQuery {
            lines: lines.to_vec(),
            after: None,
            limit: 100,
        };
        assert!(world.store.search(&query).await.unwrap().rows.is_empty());
    }
}

async fn who_is_renamed_is_found_by_the_new_name_and_who_is_erased_by_none(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let engine = world.engine();
    let mut rename = send_of("patient", "P-2", "RENAME");
    rename.payload = object(&[("family", Value::from("Novak"))]);
    world.send_as(rename).await.unwrap();
    assert_eq!(search(&engine, "novak mira", &clerk()).await, "P-2");
    assert_eq!(search(&engine, "petrova mira", &clerk()).await, "");
    engine.erase("patient", "P-1", &operator()).await.unwrap();
    assert_eq!(search(&engine, "petrova", &clerk()).await, "P-3");
    let erased = InstanceId::of("patient", "P-1");
    let rows = digests(&world.store).await;
    assert!(rows.iter().all(|(_, instance)| *instance != erased), "{rows:?}");
    // what is not personal stays
    let ward = SearchRequest {
        word: "W3".into(),
        limit: 10,
        ..SearchRequest::default()
    };
    assert_eq!(engine.search(&ward, &clerk()).await.unwrap().hits.len(), 1);
}

async fn readings(engine: &Engine) -> Vec<String> {
    let request = AccessRequest {
        limit: 100,
        ..AccessRequest::default()
    };
    let page = engine.accesses(&request).await.unwrap();
    let line = |act: &Value| {
        let texts = |name: &str| {
            let items = act.field(name).and_then(Value::as_list).unwrap_or_default();
            items.iter().filter_map(Value::as_text).collect::<Vec<_>>().join(",")
        };
        let by = act.field("by").and_then(Value::as_text).unwrap_or_default();
        format!("{by} [{}] {}", texts("keys"), texts("fields"))
    };
    let mut lines: Vec<String> = page
        .readings
        .iter()
        .filter_map(|reading| Some(line(act_of(&reading.entry)?)))
        .collect();
    lines.reverse();
    lines
}

async fn a_search_is_recorded_and_so_is_everybody_whom_it_shows(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let engine = world.engine();
    search(&engine, "Petrova 1984-03-02", &clerk()).await;
    search(&engine, "Nobodynamedso", &clerk()).await;
    search(&engine, "Mira", &person("rea", &["caller"])).await;
    // whoever may see nothing of the kind has looked for nothing
    search(&engine, "Petrova", &person("pia", &["porter"])).await;
    assert_eq!(
        readings(&engine).await,
        [
            "search [] family,given,born",
            "search [P-1,P-3] family,given,born",
            "search [] family,given,born",
            "search [] given",
            "search [P-2] given",
        ]
    );
    for row in world.store.instances_after(None, 100).await.unwrap() {
        for entry in world.store.trail(row.instance, 0, 100).await.unwrap() {
            let entry = entry.bytes.to_lowercase();
            for word in ["petrova", "nobodynamedso", "mira", "1984-03-02"] {
                assert!(!entry.contains(word), "{entry}");
            }
        }
    }
    let other = AccessRequest {
        instance: Some(InstanceId::of("patient", "P-3")),
        limit: 9,
        ..AccessRequest::default()
    };
    assert_eq!(engine.accesses(&other).await.unwrap().readings.len(), 1);
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

async fn a_second_registration_is_asked_about(store: Arc<dyn Store>) {
    let world = begun(store).await;
    let again = fields("petrová", "Zoe", "1984-03-02");
    let asked = world.start("patient", "P-9", &again).await;
    assert_eq!(said(&asked), "There is already P-1");
    let Ok(Answer {
        verdict: Verdict::Refused(refusals),
        ..
    }) = &asked
    else {
        panic!("{asked:?}")
    };
    assert_eq!(refusals[0].instances, ["patient/P-1"], "pages lead there");
    let mut another = again.clone();
    another.push(("another", Value::Boolean(true)));
    assert_eq!(said(&world.start("patient", "P-9", &another).await), "taken");
    let other_day = fields("Petrova", "Zoe", "1984-03-03");
    assert_eq!(said(&world.start("patient", "P-10", &other_day).await), "taken");
    // of whom nothing is known nobody is the same
    assert_eq!(
        said(&world.start("patient", "P-11", &[("family", Value::from("Petrova"))]).await),
        "taken"
    );
    // a word of a name is not the name
    let part = fields("Lukasik", "Petrova", "1984-03-02");
    assert_eq!(said(&world.start("patient", "P-12", &part).await), "taken");
    // what was looked for stands sealed in the trail, replays, and goes with the person
    let entries = world.store.trail(InstanceId::of("patient", "P-9"), 0, 9).await.unwrap();
    let first = &entries.first().unwrap().bytes;
    assert!(first.contains("\"blind\\\"") || first.contains("\"blind\""), "{first}");
    assert!(
        !first.to_lowercase().contains("petrov") && !first.contains("1984-03-02"),
        "{first}"
    );
    world.prove().await;
    world.engine().erase("patient", "P-1", &operator()).await.unwrap();
    assert_eq!(said(&world.start("patient", "P-13", &again).await), "There is already P-9");
}

async fn of_two_that_are_registered_in_one_batch_one_is_asked_about(store: Arc<dyn Store>) {
    let world = World::on(store, &[PATIENT], |_| {}).await;
    let both = ["A", "B"].map(|key| {
        let engine = world.engine();
        let start = start_of("patient", Some(key), &fields("Petrova", "Zoe", "1984-03-02"));
        tokio::spawn(async move { engine.start(start).await })
    });
    while world.node.engine.waiting().0 < 2 {
        tokio::task::yield_now().await;
    }
    let mut answers = Vec::new();
    for asked in both {
        answers.push(said(&world.ask(async move { asked.await.unwrap() }).await));
    }
    assert_eq!(answers, ["taken", "There is already A"]);
}

#[tokio::test]
async fn of_more_people_than_are_shown_one_has_to_say_more() {
    let world = World::with(&[PATIENT]).await;
    for number in 0..=PEOPLE_MAX {
        let born = format!("1984-{:02}-{:02}", number / 28 + 1, number % 28 + 1);
        start(&world, &format!("P-{number}"), &fields("Petrova", "Zoe", &born)).await;
    }
    let request = SearchRequest {
        word: "petrova".into(),
        personal: true,
        limit: 10,
        ..SearchRequest::default()
    };
    let hits = world.engine().search(&request, &clerk()).await.unwrap();
    assert!(hits.crowded && hits.people.len() == PEOPLE_MAX);
    assert_eq!(search(&world.engine(), "petrova 1984-02-01", &clerk()).await, "P-28");
}
