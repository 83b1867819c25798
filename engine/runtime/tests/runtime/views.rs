//! Views and portals: deployed by themselves, for whom they are, and showing nobody what they do not see anyway.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, SYSTEM_KEY, SYSTEM_WORKFLOW};
use statewright_core::value::Value;
use statewright_core::value::text::to_text;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::queries::{Row, Rows, Series, ViewCell, ViewContent, ViewRequest};
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::FaultyStore;

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, clerk, operator, person, source};

const ORDER: &str = "
workflow: order
key: \"{{ code }}\"
title: \"Order {{ code }}\"
data:
  code: string
  practice: {type: string, index: true}
  sum: {type: integer, default: 0}
  patient: {type: optional string, phi: true}
  margin: {type: integer, default: 5}
start: {by: [clerk], input: [code, practice, sum, patient]}
access:
  - {for: [clerk]}
  - {for: [{role: ecp, organisation: \"{{ practice }}\"}], show: [code, practice, sum, patient]}
  - {for: [analyst], counts_only: 3}
initial: open
states:
  open:
    label: Open
    task: {for: [clerk], due: 2d, title: \"Look at {{ code }}\"}
    on:
      PAY: {target: paid, by: [clerk], guard: {if: sum > 0, otherwise: There is nothing to pay}}
      MARK: {by: [{role: ecp, organisation: \"{{ practice }}\"}], input: {note: string}}
  paid: {label: Paid, on: {CLOSE: {target: closed, by: [clerk]}}}
  closed: {type: final, label: Closed}
";

const OF_CLERK: &str = "view: orders\nfor: [clerk]\nkind: board\nof: order\nlanes: [open, {title: Done, in: [paid, closed]}]\ncolumns: [code, practice, sum, margin]\nsort: [{by: sum, descending: true}]\nactions: [PAY, CLOSE]\n";

const OF_BOTH: &str = "view: both\nfor: [clerk, ecp]\nkind: list\nof: order\ncolumns: [code]\nactions: [PAY, MARK]\n";

const OF_PRACTICE: &str = "view: mine\nfor: [ecp]\nkind: list\nof: order\ncolumns: [code, {field: sum, title: Worth}, practice, label]\nactions: [MARK]\n";

const BY_PRACTICE: &str = "view: turnover\nfor: [clerk, analyst, ecp]\nkind: chart\nof: order\ngroup: practice\nmeasure: {sum: sum}\nsort: [{by: practice}]\n";

const DESK: &str =
    "portal: desk\nfor: [clerk, ecp]\nhome: orders\npages: [orders, {view: mine, title: Yours}, {start: order, title: New}]\n";

pub async fn begun(store: Arc<dyn Store>) -> World {
    let mut world = World::on(store, &[ORDER], |_| {}).await;
    let orders = [
        ("A-1", "north", 5),
        ("A-2", "north", 30),
        ("B-1", "south", 20),
        ("B-2", "south", 0),
        ("B-3", "south", 7),
    ];
    for (code, practice, sum) in orders {
        start(&mut world, code, practice, sum).await;
        world.pass(60);
    }
    world
}

async fn start(world: &mut World, code: &str, practice: &str, sum: i64) {
    let fields = [
        ("code", Value::from_text(code)),
        ("practice", Value::from_text(practice)),
        ("sum", Value::Integer(sum)),
        ("patient", Value::from_text("Ida")),
    ];
    world.start("order", code, &fields).await.unwrap();
    world.settle().await;
}

pub fn ecp(practice: &str) -> Actor {
    let mut actor = person(practice, &["ecp"]);
    actor.organisation = Some(practice.into());
    actor
}

pub async fn deployed(world: &World, views: &[&str]) {
    for view in views {
        world.engine().deploy_view(&source(view), &operator()).await.unwrap();
    }
}

async fn shown(world: &World, view: &str, actor: &Actor, request: ViewRequest) -> EngineResult<ViewContent> {
    let shown = world.engine().view(view, &request, actor).await?;
    Ok(shown.1.content)
}

pub async fn rows(world: &World, view: &str, actor: &Actor, request: ViewRequest) -> Rows {
    match shown(world, view, actor, request).await.unwrap() {
        ViewContent::Rows(rows) => rows,
        other => panic!("{other:?}"),
    }
}

pub async fn series(world: &World, view: &str, actor: &Actor) -> Series {
    match shown(world, view, actor, ViewRequest::default()).await.unwrap() {
        ViewContent::Series(series) => series,
        other => panic!("{other:?}"),
    }
}

/// Lane by lane: title, count, and the rows.
pub async fn board(world: &World, view: &str, actor: &Actor) -> Vec<(String, u64, Vec<String>)> {
    match shown(world, view, actor, ViewRequest::default()).await.unwrap() {
        ViewContent::Lanes(lanes) => lanes
            .iter()
            .map(|lane| (lane.title.clone(), lane.count, keys(&lane.rows)))
            .collect(),
        other => panic!("{other:?}"),
    }
}

pub fn keys(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.key.to_string()).collect()
}

pub fn cells(row: &Row) -> Vec<String> {
    let text = |cell: &ViewCell| cell.value().map_or("withheld".to_owned(), |value| to_text(value, None));
    row.cells.iter().map(text).collect()
}

fn points(series: &Series) -> Vec<(String, u64, Option<Value>)> {
    let points = series.points.iter();
    points
        .map(|point| (to_text(&point.value, None), point.count, point.measure.clone()))
        .collect()
}

async fn check_sight(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    deployed(&world, &[OF_CLERK, OF_PRACTICE, OF_BOTH, BY_PRACTICE]).await;
    world.send("order", "A-1", "PAY").await.unwrap();
    world.settle().await;

    // a board: all that its reader sees, each lane in the order of the view, with how many there are
    assert_eq!(
        board(&world, "orders", &clerk()).await,
        [
            ("Open".to_owned(), 4, ["A-2", "B-1", "B-3", "B-2"].map(str::to_owned).to_vec()),
            ("Done".to_owned(), 1, vec!["A-1".to_owned()]),
        ]
    );
    let ViewContent::Lanes(lanes) = shown(&world, "orders", &clerk(), ViewRequest::default()).await.unwrap() else {
        panic!("a board has lanes")
    };
    let row = &lanes[0].rows[0];
    assert_eq!(cells(row), ["A-2", "north", "30", "5"]);
    assert_eq!((&*row.title, row.label.as_deref()), ("Order A-2", Some("Open")));
    let started = world.engine().show("order", "A-2", &clerk()).await.unwrap().started_at;
    assert_eq!(row.due.map(|due| due.as_second() - started.as_second()), Some(2 * 24 * 3_600));
    // what may be sent, and why not
    let why: Vec<(&str, Vec<String>)> = lanes[0]
        .rows
        .iter()
        .map(|row| (&*row.actions[0].event, row.actions[0].why.clone()))
        .collect();
    assert_eq!(why[0], ("PAY", vec![]));
    assert_eq!(why[3], ("PAY", vec!["There is nothing to pay".to_owned()]));
    assert_eq!(lanes[1].rows[0].actions[0].event.as_ref(), "CLOSE");
    assert!(lanes[0].rows[0].actions[0].plain);

    // a practice sees its own orders alone, and of them what `show` gives it
    let north = rows(&world, "mine", &ecp("north"), ViewRequest::default()).await;
    assert_eq!(keys(&north.rows), ["A-2", "A-1"], "the youngest first");
    assert_eq!(cells(&north.rows[0]), ["A-2", "30", "north", "Open"]);
    assert_eq!(north.rows[0].actions.len(), 1);
    assert!(!north.rows[0].actions[0].plain, "a form is to be filled in");
    // in a view of several roles, each sees what could ever be theirs to do
    for (who, theirs) in [(clerk(), "PAY"), (ecp("north"), "MARK")] {
        let both = rows(&world, "both", &who, ViewRequest::default()).await;
        let named = both.rows[0].actions.iter().map(|action| &*action.event);
        assert_eq!(named.collect::<Vec<_>>(), [theirs]);
    }
    assert_eq!(
        keys(&rows(&world, "mine", &ecp("west"), ViewRequest::default()).await.rows),
        [""; 0]
    );
    let others = ViewRequest {
        filters: vec![("practice".into(), "south".into())],
        ..ViewRequest::default()
    };
    assert_eq!(keys(&rows(&world, "mine", &ecp("north"), others.clone()).await.rows), [""; 0]);
    assert_eq!(rows(&world, "mine", &ecp("north"), others.clone()).await.total, Some(0));
    assert_eq!(rows(&world, "mine", &ecp("south"), others).await.total, Some(3));

    // whom it is not for, for them it is not there
    for (view, actor) in [("orders", ecp("north")), ("mine", clerk()), ("nothing", clerk())] {
        let refused = shown(&world, view, &actor, ViewRequest::default()).await.unwrap_err();
        assert_eq!(refused, EngineError::Hidden, "{view}");
    }
    let names = |actor: Actor| {
        let engine = world.engine();
        async move {
            let views = engine.views(&actor).await.unwrap();
            views.iter().map(|version| version.view.name.to_string()).collect::<Vec<_>>()
        }
    };
    assert_eq!(names(clerk()).await, ["both", "orders", "turnover"]);
    assert_eq!(names(ecp("north")).await, ["both", "mine", "turnover"]);
    assert_eq!(names(person("nobody", &[])).await, [""; 0]);

    // a chart: of what they see; of what they do not see what `counts_only` gives
    let all = series(&world, "turnover", &clerk()).await;
    assert_eq!(
        points(&all),
        [
            ("north".to_owned(), 2, Some(Value::Integer(35))),
            ("south".to_owned(), 3, Some(Value::Integer(27)))
        ]
    );
    assert_eq!(all.total.map(|total| total.measure), Some(Some(Value::Integer(62))));
    let own = series(&world, "turnover", &ecp("north")).await;
    assert_eq!(points(&own), [("north".to_owned(), 2, Some(Value::Integer(35)))]);
    assert!(!own.withheld);
    // of two nothing is said, and so of the three neither: they would be the difference
    let counted = series(&world, "turnover", &person("ana", &["analyst"])).await;
    assert_eq!((points(&counted), counted.withheld, counted.least), (vec![], true, Some(3)));
    assert_eq!(counted.total.map(|total| total.count), Some(5));
    world.prove().await;
}

#[tokio::test]
async fn views_show_what_their_reader_sees_in_memory() {
    on_memory(check_sight).await;
}

#[tokio::test]
async fn views_show_what_their_reader_sees_on_sqlite() {
    on_sqlite(check_sight).await;
}

#[tokio::test]
async fn views_show_what_their_reader_sees_on_postgres() {
    on_postgres(check_sight).await;
}

/// What one is shown of the least or the greatest is somebody's own, and what is chosen by a field that is withheld is not shown.
#[tokio::test]
async fn nothing_is_told_by_what_is_withheld() {
    let world = begun(Arc::new(MemoryStore::new())).await;
    let least = BY_PRACTICE
        .replace("turnover", "least")
        .replace("{sum: sum}", "{min: sum}")
        .replace("\ngroup: practice", "")
        .replace("\nsort: [{by: practice}]", "");
    let by_margin = "view: dear\nfor: [ecp, clerk]\nkind: list\nof: order\ncolumns: [code]\nsort: [{by: code}]\n";
    deployed(&world, &[&least, by_margin]).await;
    let shown = series(&world, "least", &person("ana", &["analyst"])).await;
    let total = shown.total.unwrap();
    assert_eq!((total.count, total.measure), (5, None));
    let seen = series(&world, "least", &clerk()).await.total.unwrap();
    assert_eq!((seen.count, seen.measure), (5, Some(Value::Integer(0))));

    // a view whose order is by a field that its reader is not shown orders nothing for them
    let misfit = world
        .engine()
        .deploy_view(&source(&by_margin.replace("by: code", "by: margin")), &operator())
        .await;
    let said = misfit.unwrap_err().to_string();
    assert!(said.contains("`margin` is not shown to `ecp`"), "{said}");
    let personal = world
        .engine()
        .deploy_view(&source(&by_margin.replace("by: code", "by: patient")), &operator())
        .await;
    let said = personal.unwrap_err().to_string();
    assert!(said.contains("`patient` is personal data, and stands in no order"), "{said}");
    // personal data stands in a column of whoever sees it
    deployed(&world, &[&by_margin.replace("columns: [code]", "columns: [code, patient]")]).await;
    let north = rows(&world, "dear", &ecp("north"), ViewRequest::default()).await;
    assert_eq!(cells(&north.rows[0]), ["A-1", "Ida"]);
}

/// Pages follow one another without loss and without doubling, whatever comes between them.
async fn check_pages(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    let sorted = "view: sorted\nfor: [clerk]\nkind: list\nof: order\nin: [open, paid]\ncolumns: [code, sum, practice]\nsort: [{by: sum}]\ngroup: practice\n";
    let youngest = "view: youngest\nfor: [clerk]\nkind: list\nof: order\ncolumns: [code]\n";
    deployed(&world, &[sorted, youngest]).await;
    for view in ["sorted", "youngest"] {
        let all = rows(&world, view, &clerk(), ViewRequest::default()).await;
        let mut expected: BTreeSet<String> = keys(&all.rows).into_iter().collect();
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let request = ViewRequest {
                after: after.clone(),
                limit: Some(2),
                ..ViewRequest::default()
            };
            let page = rows(&world, view, &clerk(), request).await;
            assert!(page.rows.len() <= 2);
            found.extend(keys(&page.rows));
            // somebody comes at the beginning, and somebody goes on
            let fresh = format!("N-{}-{view}", found.len());
            start(&mut world, &fresh, "a first one", -1 - i64::try_from(found.len()).unwrap()).await;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let twice = found.len();
        let found: BTreeSet<String> = found
            .into_iter()
            .filter(|key| !key.starts_with("N-") || expected.contains(key))
            .collect();
        expected.retain(|key| !found.contains(key));
        assert_eq!(expected, BTreeSet::new(), "{view}");
        assert_eq!(twice, found.len(), "{view}: none is there twice");
    }
    let grouped = rows(&world, "sorted", &clerk(), ViewRequest::default()).await;
    let groups: Vec<(String, u64)> = grouped
        .groups
        .iter()
        .map(|(cell, count)| (to_text(cell.value().unwrap(), None), *count))
        .collect();
    assert_eq!(groups[1..], [("north".to_owned(), 2), ("south".to_owned(), 3)]);
    assert_eq!(grouped.total, Some(grouped.rows.len() as u64));

    // a place is one of the same view, order and choice
    let first = ViewRequest {
        limit: Some(1),
        ..ViewRequest::default()
    };
    let place = rows(&world, "sorted", &clerk(), first.clone()).await.next;
    let other = |request: ViewRequest| async {
        match shown(&world, "sorted", &clerk(), request).await.unwrap_err() {
            EngineError::ViewUnfit { parameter, .. } => parameter,
            error => panic!("{error}"),
        }
    };
    let on = |change: &dyn Fn(&mut ViewRequest)| {
        let mut request = first.clone();
        request.after.clone_from(&place);
        change(&mut request);
        request
    };
    assert_eq!(
        other(on(&|request| request.sort = Some(("code".into(), false)))).await,
        "after"
    );
    assert_eq!(
        other(on(&|request| request.filters = vec![("practice".into(), "north".into())])).await,
        "after"
    );
    assert_eq!(other(on(&|request| request.after = Some("00".into()))).await, "after");
    assert_eq!(
        other(on(&|request| request.sort = Some(("nothing".into(), false)))).await,
        "sort"
    );
    assert_eq!(
        other(on(&|request| request.filters = vec![("sum".into(), "5".into())])).await,
        "where"
    );
    assert_eq!(other(on(&|request| request.lane = Some("0".into()))).await, "lane");
}

#[tokio::test]
async fn pages_follow_one_another_in_memory() {
    on_memory(check_pages).await;
}

#[tokio::test]
async fn pages_follow_one_another_on_sqlite() {
    on_sqlite(check_pages).await;
}

#[tokio::test]
async fn pages_follow_one_another_on_postgres() {
    on_postgres(check_pages).await;
}

async fn check_deployment(store: Arc<dyn Store>) {
    let world = begun(store.clone()).await;
    let engine = world.engine();
    let refused = async |result: EngineResult<_>| match result.map(|_: statewright_engine::DeployedVersion| ()) {
        Err(EngineError::DefinitionRefused(why)) => why,
        other => panic!("{other:?}"),
    };
    // what is not live is named, with its place
    for (part, by, told) in [
        ("of: order", "of: ordr", "there is no workflow `ordr`"),
        ("code, practice", "cod, practice", "`order` has no field `cod`"),
        ("[open,", "[opn,", "there is no state `opn`"),
        ("[PAY,", "[PAYD,", "there is no event that people send `PAYD`"),
        ("view: orders", "table: orders", "SW-"),
    ] {
        let why = refused(engine.deploy_view(&source(&OF_CLERK.replace(part, by)), &operator()).await).await;
        assert!(why.contains(told), "{why}");
    }
    let why = refused(engine.deploy_portal(&source(DESK), &operator()).await).await;
    assert!(why.contains("there is no view `orders`"), "{why}");
    let why = refused(engine.deploy_view(&source(ORDER), &operator()).await).await;
    assert!(why.contains("a view is needed"), "{why}");
    assert_eq!(store.live_documents("view").await.unwrap(), []);

    deployed(&world, &[OF_CLERK, OF_PRACTICE]).await;
    let first = engine.deploy_portal(&source(DESK), &operator()).await.unwrap();
    let again = engine.deploy_portal(&source(DESK), &operator()).await.unwrap();
    assert_eq!(
        (first.unchanged, again.unchanged, first.version),
        (false, true, again.version)
    );
    let history = store.document_history("portal", "desk", u64::MAX, 10).await.unwrap();
    assert_eq!(history.len(), 1);
    let system = InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY);
    let entry = store.trail(system, history[0].entry - 1, 1).await.unwrap().remove(0);
    let act = format!(
        r#""act":{{"act":"document_deployed","kind":"portal","name":"desk","version":"{}"}}"#,
        first.version
    );
    assert!(entry.bytes.contains(&act), "{}", entry.bytes);

    // a portal shows each of its readers the pages that there are for them
    let pages = async |actor: Actor| {
        let portals = engine.portals(&actor).await.unwrap();
        portals
            .iter()
            .flat_map(|portal| portal.pages.iter().map(|(title, _)| title.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(pages(clerk()).await, ["Orders", "New"]);
    assert_eq!(pages(ecp("north")).await, ["Yours"]);
    assert_eq!(pages(person("nobody", &["analyst"])).await, [""; 0]);

    // another node follows; a version with other columns is another one
    let other = world.another_node("two");
    deployed(
        &world,
        &[&OF_CLERK.replace("columns: [code, practice", "columns: [practice, code")],
    )
    .await;
    other.engine.registry().refresh().await.unwrap();
    let (_, seen) = other.engine.view("orders", &ViewRequest::default(), &clerk()).await.unwrap();
    assert_eq!(seen.columns[0].field, "practice");
    assert!(seen.columns[0].may_filter && !seen.columns[1].may_filter);
    world.prove().await;
}

#[tokio::test]
async fn views_are_deployed_by_themselves_in_memory() {
    on_memory(check_deployment).await;
}

#[tokio::test]
async fn views_are_deployed_by_themselves_on_sqlite() {
    on_sqlite(check_deployment).await;
}

#[tokio::test]
async fn views_are_deployed_by_themselves_on_postgres() {
    on_postgres(check_deployment).await;
}

/// A workflow that is deployed while a view is being compared with it makes the view be compared again.
#[tokio::test]
async fn a_view_is_compared_with_what_is_live_when_it_becomes_so() {
    let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
    let world = begun(store.clone()).await;
    let engine = world.engine();
    let other = ORDER.replace("      MARK:", "      NOTE:");
    store.meanwhile(InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY), async move {
        engine.deploy(&source(&other), &operator()).await.unwrap();
    });
    let refused = world
        .engine()
        .deploy_view(&source(OF_PRACTICE), &operator())
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("`MARK`"), "{refused}");
    assert_eq!(store.live_documents("view").await.unwrap(), []);
}
