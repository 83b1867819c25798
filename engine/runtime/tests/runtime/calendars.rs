//! Calendars, from a deployment to the trail: no definition pins them, and every entry names the version that it was counted along.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::Engine;
use statewright_engine::audit::{described, replay, verify};
use statewright_engine::store::{Store, open};

use crate::fixture::{Folder, on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, send_of, source, source_beside};

const ORDER: &str = "
workflow: order
calendar: lab
data: {note: optional string, spent: optional duration}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    after:
      remind: {in: 2 business hours, actions: [{assign: {note: reminded}}]}
    on:
      NOTE: {by: [clerk], actions: [{assign: {note: noted}}]}
      AGAIN: {target: open, reenter: true, by: [clerk]}
      CLOSE:
        target: closed
        by: [clerk]
        guard: {if: in_business_hours(now), otherwise: We are closed}
        actions: [{assign: {spent: \"{{ business_between(now, now + hours(24)) }}\"}}]
  closed: {type: final}
";

/// Open from Monday to Friday, but on these days. The world begins on Monday, 5 January 2026, at 09:00 in Berlin.
fn lab(holidays: &str) -> String {
    let national = format!("calendar: national\nzone: Europe/Berlin\nhours: {{}}\nholidays: [{holidays}]\n");
    let days = ["mon", "tue", "wed", "thu", "fri"].map(|day| format!("{day}: ['08:00-10:00', '13:00-17:00']"));
    let own = format!("calendar: lab\nextends: national\nhours: {{{}}}\n", days.join(", "));
    source_beside(&own, &[("national.yaml", &national)])
}

async fn version_of_last(store: &Arc<dyn Store>, key: &str) -> Option<Digest> {
    let rows = store.trail(InstanceId::of("order", key), 0, 100).await.unwrap();
    EntryText::read(&rows.last().unwrap().bytes).unwrap().calendar().unwrap()
}

async fn reminder(store: &Arc<dyn Store>, key: &str) -> String {
    let due = store.due_timers(i64::MAX, 100).await.unwrap();
    let of_it = due
        .iter()
        .find(|timer| timer.instance == InstanceId::of("order", key))
        .unwrap();
    jiff::Timestamp::from_microsecond(of_it.due_us).unwrap().to_string()
}

async fn send(engine: &Engine, world: &World, node: &statewright_engine::Node, key: &str, event: &str) -> String {
    let (engine, send) = (engine.clone(), send_of("order", key, event));
    let asked = tokio::spawn(async move { engine.send(send).await });
    while !asked.is_finished() {
        tokio::task::yield_now().await;
        node.intake.tick(world.now()).await;
    }
    format!("{:?}", asked.await.unwrap().unwrap().verdict)
}

async fn check(store: Arc<dyn Store>) {
    let mut world = World::on(store.clone(), &[], |_| {}).await;
    let engine = world.engine();
    let refused = engine.deploy(&source(ORDER), &operator()).await.unwrap_err().to_string();
    assert!(refused.contains("the calendar `lab` has not been deployed"), "{refused}");
    let first = engine.deploy_calendar(&lab(""), &operator()).await.unwrap();
    assert!(!first.unchanged && engine.deploy_calendar(&lab(""), &operator()).await.unwrap().unchanged);
    engine.deploy(&source(ORDER), &operator()).await.unwrap();

    // one hour of this morning, one of the afternoon
    world.start("order", "A", &[]).await.unwrap();
    assert_eq!(reminder(&store, "A").await, "2026-01-05T13:00:00Z");
    assert_eq!(version_of_last(&store, "A").await, Some(first.version));
    world.send("order", "A", "NOTE").await.unwrap();
    assert_eq!(version_of_last(&store, "A").await, None);

    // Epiphany is a holiday from now on: what is armed stays, what is armed anew is counted along the new version
    let second = engine.deploy_calendar(&lab("2026-01-06"), &operator()).await.unwrap();
    assert!(!second.unchanged && second.version != first.version);
    assert_eq!(reminder(&store, "A").await, "2026-01-05T13:00:00Z");
    world.pass(7 * 3_600);
    world.send("order", "A", "AGAIN").await.unwrap();
    assert_eq!(reminder(&store, "A").await, "2026-01-07T08:00:00Z");
    assert_eq!(version_of_last(&store, "A").await, Some(second.version));

    // another node, which has seen neither deployment, counts along what is live; one that has not heard of a newer version says so
    let other = world.another_node("two");
    world.start("order", "B", &[]).await.unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "AGAIN").await, "Taken");
    assert_eq!(version_of_last(&store, "B").await, Some(second.version));
    let third = engine
        .deploy_calendar(&lab("2026-01-06, 2026-01-07"), &operator())
        .await
        .unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "AGAIN").await, "Taken");
    assert_eq!(version_of_last(&store, "B").await, Some(second.version));
    other.engine.registry().refresh().await.unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "AGAIN").await, "Taken");
    assert_eq!(version_of_last(&store, "B").await, Some(third.version));
    assert_eq!(reminder(&store, "B").await, "2026-01-08T08:00:00Z");

    // timers fire when business time has passed; guards and values are counted, too
    world.pass(3 * 24 * 3_600);
    world.settle().await;
    assert_eq!(world.field("order", "B", "note").await, Value::from_text("reminded"));
    assert_eq!(world.send("order", "B", "CLOSE").await.unwrap().verdict.as_str(), "taken");
    let spent = world.field("order", "B", "spent").await;
    assert_eq!(statewright_core::value::text::to_text(&spent, None), "6 business hours");
    world.prove().await;
}

#[tokio::test]
async fn versions_of_a_calendar_are_kept_used_and_proven_in_memory() {
    on_memory(check).await;
}

#[tokio::test]
async fn versions_of_a_calendar_are_kept_used_and_proven_on_sqlite() {
    on_sqlite(check).await;
}

#[tokio::test]
async fn versions_of_a_calendar_are_kept_used_and_proven_on_postgres() {
    on_postgres(check).await;
}

#[tokio::test]
async fn a_calendar_that_was_edited_or_is_gone_does_not_go_unseen() {
    let folder = Folder::new();
    let store: Arc<dyn Store> = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    let world = World::on(store.clone(), &[], |_| {}).await;
    let deployed = world.engine().deploy_calendar(&lab(""), &operator()).await.unwrap();
    world.engine().deploy(&source(ORDER), &operator()).await.unwrap();
    world.start("order", "A", &[]).await.unwrap();
    world.prove().await;
    let execute = |statement: &str| {
        rusqlite::Connection::open(folder.file())
            .unwrap()
            .execute_batch(statement)
            .unwrap()
    };
    let found = || async {
        let verified = verify(&store, |_| {}).await.unwrap();
        let replayed = replay(&store, world.engine().registry(), |_| {}).await.unwrap();
        let mut found: Vec<String> = verified.faults.iter().map(described).collect();
        found.extend(
            replayed
                .findings
                .iter()
                .map(|finding| format!("replay {}: {}", finding.key, finding.detail)),
        );
        found
    };
    let version = deployed.version;
    execute("update calendar set source = replace(source, '17:00', '18:00');");
    assert_eq!(
        found().await,
        [
            format!("calendar {version}: edited: the source of a version of `lab` has another digest"),
            format!("replay A: the source of version {version} of the calendar `lab` has another digest"),
        ]
    );
    execute("delete from calendar;");
    assert_eq!(
        found().await,
        [
            format!("calendar {version}: missing: it is not there, and is the live one of `lab`"),
            format!("replay A: version {version} of its calendar is not there"),
        ]
    );
    store.close().await;
}

#[tokio::test]
async fn what_is_no_calendar_is_refused() {
    let world = World::with(&[]).await;
    let engine = world.engine();
    let refused = engine
        .deploy_calendar(&source(ORDER), &operator())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("a calendar is needed"), "{refused}");
    let refused = engine
        .deploy_calendar(&source("calendar: x\nzone: UTC\nhours: {mon: ['8']}\n"), &operator())
        .await;
    assert!(refused.unwrap_err().to_string().contains("SW-0911"));
    let refused = engine.deploy(&lab(""), &operator()).await.unwrap_err().to_string();
    assert!(refused.contains("a workflow is needed"), "{refused}");
}
