//! What is looked for is found by those who may see it, by what they may see of it.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;
use statewright_core::value::Value;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{FindRequest, Hits, SearchRequest};
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::{FaultyStore, Spoilt};

use crate::support::{World, clerk, operator, person, source};

const ORDER: &str = "
workflow: order
title: Order {{ key }}
zone: Europe/Berlin
data:
  no: {type: string, index: true}
  tray: {type: optional string, index: true}
  lots: {type: list, items: string, index: true, default: []}
  due: {type: optional date, index: true}
  name: {type: optional string, phi: true}
  unit: optional string
start: {by: [clerk], input: [no, optional tray, optional lots, optional due, optional name, optional unit]}
access:
  - {for: [clerk]}
  - {for: [guest], show: [no, unit]}
  - {for: [nurse], if: unit == actor.unit}
initial: open
states:
  open: {on: {CLOSE: {target: closed, by: [clerk]}}}
  closed: {type: final}
";

const LENS: &str = "
workflow: lens
data: {order: {type: ref, workflow: order}}
start: {by: [clerk], input: [order]}
access: [{for: [clerk]}]
initial: open
states: {open: {}}
";

async fn start(world: &World, key: &str, fields: &[(&str, &str)]) {
    let mut payload: Vec<(&str, Value)> = vec![("no", Value::from(key))];
    payload.extend(fields.iter().map(|(name, value)| (*name, Value::from(*value))));
    world.start("order", key, &payload).await.unwrap();
    world.pass(1);
}

async fn world() -> World {
    let world = World::with(&[ORDER, LENS]).await;
    start(&world, "A-1", &[("tray", "12"), ("unit", "north"), ("name", "Ida")]).await;
    start(&world, "A-10", &[("tray", "A-1"), ("unit", "south"), ("due", "2026-03-05")]).await;
    start(&world, "A-11", &[("unit", "north"), ("due", "2026-04-01")]).await;
    start(&world, "B-1", &[("tray", "127")]).await;
    world.start("lens", "L-1", &[("order", Value::from("A-1"))]).await.unwrap();
    world
}

fn told(hits: &Hits) -> Vec<String> {
    let hit = |hit: &statewright_engine::queries::Hit| {
        let matched = hit.matched.iter().map(|(field, value)| format!("{field}={value}"));
        format!("{} {}", hit.shown.key, matched.collect::<Vec<_>>().join(" "))
    };
    hits.hits.iter().map(hit).collect()
}

async fn search(world: &World, word: &str, actor: &Actor) -> Vec<String> {
    let request = SearchRequest {
        word: word.into(),
        limit: 10,
        ..SearchRequest::default()
    };
    let hits = world.engine().search(&request, actor).await.unwrap();
    assert!(hits.next.is_none() && !hits.cut, "{hits:?}");
    told(&hits)
}

#[tokio::test]
async fn a_word_is_looked_for_in_keys_and_in_indexed_fields_of_all_workflows() {
    let world = world().await;
    let check = async |word: &str, expected: &[&str]| assert_eq!(search(&world, word, &clerk()).await, expected, "{word}");
    check(
        "A-1",
        &["A-1 =A-1 no=A-1", "A-10 no=A-10 tray=A-1", "L-1 order=A-1", "A-11 no=A-11"],
    )
    .await;
    check(
        " a-1 ",
        &["A-1 =A-1 no=A-1", "A-10 no=A-10 tray=A-1", "L-1 order=A-1", "A-11 no=A-11"],
    )
    .await;
    check("12", &["A-1 tray=12", "B-1 tray=127"]).await;
    // one character is looked for as it is
    check("1", &[]).await;
    check("2026-03-05", &["A-10 due=2026-03-05"]).await;
    check("2026-03", &["A-10 due=2026-03-05"]).await;
    // no index holds what is personal
    check("Ida", &[]).await;
    check("zzz", &[]).await;
}

#[tokio::test]
async fn a_whole_word_finds_only_what_is_just_that() {
    let world = world().await;
    let check = async |word: &str, expected: &[&str]| {
        let request = SearchRequest {
            word: word.into(),
            whole: true,
            limit: 10,
            ..SearchRequest::default()
        };
        let hits = world.engine().search(&request, &clerk()).await.unwrap();
        assert_eq!(told(&hits), expected, "{word}");
    };
    check("a-1", &["A-1 =A-1 no=A-1", "A-10 tray=A-1", "L-1 order=A-1"]).await;
    check("12", &["A-1 tray=12"]).await;
    check("2026-03", &[]).await;
    // a day on which something was started is no word of its own
    let today = world.now().strftime("%Y-%m-%d").to_string();
    check(&today, &[]).await;
}

#[tokio::test]
async fn what_is_not_seen_finds_nothing() {
    let world = world().await;
    assert_eq!(search(&world, "A-1", &person("eve", &[])).await, Vec::<String>::new());
    // a guest sees `no` and nothing of trays
    let guest = person("gus", &["guest"]);
    assert_eq!(search(&world, "12", &guest).await, Vec::<String>::new());
    assert_eq!(
        search(&world, "A-1", &guest).await,
        ["A-1 =A-1 no=A-1", "A-10 no=A-10", "A-11 no=A-11"]
    );
    let mut nurse = person("nora", &["nurse"]);
    nurse.unit = Some("north".into());
    assert_eq!(search(&world, "A-1", &nurse).await, ["A-1 =A-1 no=A-1", "A-11 no=A-11"]);
    assert_eq!(search(&world, "B-1", &nurse).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_started_on_a_day_is_found_by_it() {
    let world = world().await;
    let day = world.now().to_string()[..10].to_owned();
    let found = search(&world, &day, &clerk()).await;
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(search(&world, "1999-01-01", &clerk()).await, Vec::<String>::new());
}

/// Page by page the same as at once, with nothing of what is not seen, and no page begins where something hidden stands.
#[tokio::test]
async fn pages_of_a_search_hold_what_is_seen_and_say_nothing_else() {
    let world = World::with(&[ORDER]).await;
    for number in 0..40 {
        let unit = if number % 5 == 0 { "north" } else { "south" };
        start(&world, &format!("A-{number:02}"), &[("unit", unit)]).await;
    }
    let mut nurse = person("nora", &["nurse"]);
    nurse.unit = Some("north".into());
    let mut request = SearchRequest {
        word: "A-".into(),
        limit: 3,
        ..SearchRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page = world.engine().search(&request, &nurse).await.unwrap();
        assert!(page.hits.len() <= 3 && !page.cut);
        found.extend(page.hits.iter().map(|hit| hit.shown.key.to_string()));
        if let Some(next) = &page.next {
            let shown = format!("{next:?}");
            assert!(shown.contains(&**found.last().unwrap()), "{shown}");
        }
        request.after = page.next;
        if request.after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["A-00", "A-05", "A-10", "A-15", "A-20", "A-25", "A-30", "A-35"]);
}

#[tokio::test]
async fn instances_are_listed_by_what_stands_in_their_fields() {
    let world = world().await;
    world.send("order", "A-11", "CLOSE").await.unwrap();
    let found = async |fields: &[(&str, &str)], state: Option<&str>, done: Option<bool>, actor: &Actor| {
        let request = FindRequest {
            workflow: "order".into(),
            fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            state: state.map(Into::into),
            done,
            limit: 10,
            ..FindRequest::default()
        };
        let found = world.engine().find(&request, actor).await?;
        let mut keys: Vec<String> = found.hits.iter().map(|hit| hit.shown.key.to_string()).collect();
        keys.sort();
        Ok::<_, EngineError>(keys.join(" "))
    };
    let check = async |fields: &[(&str, &str)], state: Option<&str>, done: Option<bool>, expected: &str| {
        assert_eq!(
            found(fields, state, done, &clerk()).await,
            Ok(expected.into()),
            "{fields:?} {state:?}"
        );
    };
    check(&[("no", "A-1")], None, None, "A-1").await;
    check(&[("no", "A-1*")], None, None, "A-1 A-10 A-11").await;
    check(&[("no", "A-1*"), ("tray", "12")], None, None, "A-1").await;
    check(&[("due", "2026-03-01..2026-03-31")], None, None, "A-10").await;
    check(&[("due", "2026-03-05")], None, None, "A-10").await;
    check(&[("due", "2026-03-06..")], None, None, "A-11").await;
    check(&[("due", "..2026-04-01")], None, None, "A-10 A-11").await;
    check(&[("no", "A-1*")], Some("closed"), None, "A-11").await;
    check(&[], Some("open"), None, "A-1 A-10 B-1").await;
    check(&[("no", "A-1*")], None, Some(false), "A-1 A-10").await;
    check(&[], Some("nowhere"), None, "").await;
    let guest = person("gus", &["guest"]);
    assert_eq!(found(&[("tray", "12")], None, None, &guest).await, Ok(String::new()));
    assert_eq!(
        found(&[("no", "A-1*"), ("tray", "12")], None, None, &guest).await,
        Ok(String::new())
    );
    for (field, value, why) in [
        (
            "name",
            "Ida",
            "it is none of the indexed fields of `order`: no, tray, lots, due",
        ),
        ("due", "March", "`March` is no day such as 2026-01-31"),
        ("no", "*", "`*` stands behind the beginning of what is looked for"),
    ] {
        let refused = found(&[(field, value)], None, None, &clerk()).await;
        let expected = EngineError::NotSearchable {
            parameter: field.to_owned(),
            why: why.to_owned(),
        };
        assert_eq!(refused, Err(expected));
    }
}

/// Orders of which everybody sees their own unit's alone: the index says whose they are.
const OWN: &str = "
workflow: own
data: {no: {type: string, index: true}, unit: {type: string, index: true}}
start: {by: [clerk], input: [no, unit]}
access: [{for: [clerk]}, {for: [nurse], if: unit == actor.unit}]
initial: open
states: {open: {}}
";

/// North's two among ten of the south's, of which one cannot be read.
async fn own(world: &World, faulty: &FaultyStore) {
    for number in 0..12 {
        let key = format!("N-{number:02}");
        let unit = if number % 6 == 5 { "north" } else { "south" };
        let payload = [("no", Value::from(key.as_str())), ("unit", Value::from(unit))];
        world.start("own", &key, &payload).await.unwrap();
    }
    faulty.spoil(InstanceId::of("own", "N-03"), Spoilt::Damaged);
}

fn of_north() -> Actor {
    let mut nurse = person("nora", &["nurse"]);
    nurse.unit = Some("north".into());
    nurse
}

async fn faulty() -> (World, Arc<FaultyStore>) {
    let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let store: Arc<dyn Store> = faulty.clone();
    (World::on(store, &[OWN], |_| {}).await, faulty)
}

#[tokio::test]
async fn what_the_index_says_is_not_theirs_is_not_read_to_find_what_is() {
    let (world, faulty) = faulty().await;
    own(&world, &faulty).await;
    let request = SearchRequest {
        word: "N-".into(),
        limit: 10,
        ..SearchRequest::default()
    };
    let theirs = world.engine().search(&request, &of_north()).await.unwrap();
    assert_eq!(told(&theirs), ["N-05 no=N-05", "N-11 no=N-11"]);
    let fields = vec![("no".into(), "N-*".into())];
    let request = FindRequest {
        workflow: "own".into(),
        fields,
        limit: 10,
        ..FindRequest::default()
    };
    let theirs = world.engine().find(&request, &of_north()).await.unwrap();
    assert_eq!(theirs.hits.len(), 2, "{theirs:?}");
    let all = world.engine().find(&request, &clerk()).await;
    assert!(
        matches!(all, Err(EngineError::Damaged(_))),
        "a clerk's page is of all: {all:?}"
    );
}

#[tokio::test]
async fn what_began_under_rules_that_showed_it_to_all_is_found_by_all() {
    let (world, _) = faulty().await;
    let before = OWN.replace(", if: unit == actor.unit", "");
    world.engine().deploy(&source(&before), &operator()).await.unwrap();
    own(&world, &FaultyStore::new(Arc::new(MemoryStore::new()), 1)).await;
    world.engine().deploy(&source(OWN), &operator()).await.unwrap();
    let hits = search(&world, "N-1", &of_north()).await;
    assert_eq!(hits, ["N-10 no=N-10", "N-11 no=N-11"]);
    assert_eq!(search(&world, "N-0", &of_north()).await.len(), 10);
}
