//! Schedules: each run is begun once, on whatever store, by however many nodes, and however they end.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::SYSTEM_WORKFLOW;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::{FaultRates, FaultyStore};
use statewright_engine::{Engine, ListedSchedule};

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{COUNTER, World, operator, prove, settle, source};

/// Everything begins at eight on Monday the 5th of January 2026, UTC.
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const REPORT: &str = "
workflow: report
data:
  rung: {type: integer, default: 0}
  day: optional date
start: {by: [clerk, {schedule: daily}], input: [optional day]}
access: [{for: [clerk]}]
schedules:
  daily: {cron: 0 9 * * *, missed: all, start: {key: \"{{ date(schedule.at) }}\", with: {day: \"{{ today }}\"}}}
  ring: {cron: 30 9 * * *, missed: once, send: {in: [open], event: RING}}
initial: open
states:
  open:
    on:
      RING: {by: [{schedule: ring}], actions: [{assign: {rung: \"{{ rung + 1 }}\"}}]}
      CLOSE: {target: closed, by: [clerk]}
  closed: {type: final}
";

async fn listed(engine: &Engine, name: &str) -> ListedSchedule {
    let schedules = engine.schedules(Some("report")).await.unwrap();
    schedules.into_iter().find(|schedule| &*schedule.name == name).unwrap()
}

/// What stands in a schedule's trail: each act, and the moment that it is about; of what is let go how much.
async fn acts(store: &Arc<dyn Store>, name: &str) -> Vec<String> {
    let id = InstanceId::of(SYSTEM_WORKFLOW, &format!("schedule/report/{name}"));
    let rows = store.trail(id, 0, 10_000).await.unwrap();
    rows.iter().map(|row| act_of(&row.bytes)).collect()
}

fn act_of(bytes: &str) -> String {
    let entry = EntryText::read(bytes).unwrap();
    let input = entry.input().cloned().unwrap_or_default();
    let Some(act) = input.get("act") else {
        let text = |name: &str| input.get(name).and_then(Value::as_text).unwrap_or_default();
        return format!("{} {} {}", entry.input_kind(), text("outcome"), text("why"))
            .trim()
            .to_owned();
    };
    let text = |name: &str| act.field(name).and_then(Value::as_text).unwrap_or_default().to_owned();
    let act_name = text("act");
    let mut line = format!("{} {}", act_name.trim_start_matches("schedule_"), text("planned"))
        .trim_end()
        .to_owned();
    if let Some(sent) = act.field("sent") {
        line += &format!(" to {}", sent.as_integer().unwrap());
    }
    if let Some(skipped) = act.field("skipped") {
        line += &format!(" without {}", skipped.field("count").and_then(Value::as_integer).unwrap());
    }
    if act.field("why").is_some() {
        line += &format!(" {}", text("why"));
    }
    line
}

async fn at_nine_two_nodes_begin_one_run(store: Arc<dyn Store>) {
    let mut world = World::on(store, &[REPORT], |_| {}).await;
    world.settle().await;
    let mut other = world.another_node("two");
    settle(&mut other, world.now()).await;
    world.pass(HOUR);
    // Both look before either's messages are delivered.
    world.node.schedules.tick(world.now()).await.unwrap();
    other.schedules.tick(world.now()).await.unwrap();
    world.settle().await;
    settle(&mut other, world.now()).await;
    let trail = world.trail("report", "2026-01-05").await;
    assert_eq!(trail, ["start by daily: taken"]);
    assert_eq!(
        acts(&world.store, "daily").await,
        ["planned", "run 2026-01-05T09:00:00Z", "send_answer taken"]
    );
    world.pass(HOUR / 2);
    other.schedules.tick(world.now()).await.unwrap();
    world.node.schedules.tick(world.now()).await.unwrap();
    settle(&mut other, world.now()).await;
    world.settle().await;
    assert_eq!(world.field("report", "2026-01-05", "rung").await, Value::Integer(1));
    assert_eq!(acts(&world.store, "ring").await, ["planned", "run 2026-01-05T09:30:00Z to 1"]);
    world.prove().await;
}

#[tokio::test]
async fn a_run_is_begun_once_though_two_nodes_find_it_in_memory() {
    on_memory(at_nine_two_nodes_begin_one_run).await;
}

#[tokio::test]
async fn a_run_is_begun_once_though_two_nodes_find_it_on_sqlite() {
    on_sqlite(at_nine_two_nodes_begin_one_run).await;
}

#[tokio::test]
async fn a_run_is_begun_once_though_two_nodes_find_it_on_postgres() {
    on_postgres(at_nine_two_nodes_begin_one_run).await;
}

/// A node is started for each tick, the database loses connections before and after it did what it was asked for.
#[tokio::test]
async fn whatever_is_lost_every_run_is_there_once() {
    for seed in 0..12 {
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let faulty = Arc::new(FaultyStore::new(inner.clone(), seed));
        let mut world = World::on(faulty.clone(), &[REPORT], |_| {}).await;
        world.settle().await;
        faulty.set(FaultRates { before: 150, after: 150 });
        for number in 0..200 {
            world.pass(HOUR / 4);
            let mut node = world.another_node(&format!("node-{number}"));
            let now = world.now();
            // what fails is tried by the next one
            let _ = node.engine.registry().refresh().await;
            let _ = node.schedules.tick(now).await;
            let _ = node.messages.tick(now).await;
            let _ = node.intake.tick(now).await;
        }
        faulty.set(FaultRates::default());
        let mut node = world.another_node("last");
        node.engine.registry().refresh().await.unwrap();
        settle(&mut node, world.now()).await;
        world.pass(2);
        settle(&mut node, world.now()).await;
        let begun = acts(&inner, "daily").await;
        let begun: Vec<&str> = begun.iter().filter_map(|act| act.strip_prefix("run ")).collect();
        let days = ["2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z", "2026-01-07T09:00:00Z"];
        assert_eq!(begun, days, "seed {seed}");
        for day in ["2026-01-05", "2026-01-06", "2026-01-07"] {
            let trail = world.trail("report", day).await;
            let starts = trail.iter().filter(|line| line.starts_with("start")).count();
            assert_eq!(starts, 1, "seed {seed}: {trail:?}");
        }
        prove(&inner, &node.engine).await;
    }
}

#[tokio::test]
async fn after_a_month_of_downtime_each_policy_does_what_it_says() {
    let mut world = World::with(&[REPORT]).await;
    world.settle().await;
    world.pass(30 * DAY);
    world.settle().await;
    let daily = acts(&world.store, "daily").await;
    let runs = daily.iter().filter(|act| act.starts_with("run")).count();
    assert_eq!((runs, listed(&world.engine(), "daily").await.skipped), (30, 0), "{daily:?}");
    assert_eq!(
        acts(&world.store, "ring").await,
        ["planned", "run 2026-02-03T09:30:00Z to 0 without 29"],
        "when it looked nobody was there yet"
    );
    assert_eq!(listed(&world.engine(), "ring").await.skipped, 29);
    world.prove().await;
}

#[tokio::test]
async fn what_is_skipped_leaves_an_entry() {
    let skipping = REPORT.replace("missed: once, send", "missed: skip, send");
    let mut world = World::with(&[&skipping]).await;
    world.settle().await;
    world.pass(2 * DAY);
    world.settle().await;
    assert_eq!(acts(&world.store, "ring").await, ["planned", "skipped without 2"]);
    let ring = listed(&world.engine(), "ring").await;
    assert_eq!((ring.last, ring.skipped), (None, 2));
    assert_eq!(ring.next.map(|next| next.to_string()), Some("2026-01-07T09:30:00Z".into()));
    world.prove().await;
}

#[tokio::test]
async fn a_missed_run_is_made_up_for_within_its_time_and_not_beyond() {
    for (within, begun) in [("within: 25h", 1), ("within: 49h", 2)] {
        let late = REPORT.replace("missed: all,", &format!("missed: all, {within},"));
        let mut world = World::with(&[&late]).await;
        world.settle().await;
        // the runs of Monday, Tuesday and Wednesday at nine are missed, by 49, 25 and 1 hours
        world.pass(2 * DAY + 2 * HOUR);
        world.settle().await;
        let runs = acts(&world.store, "daily").await;
        let runs = runs.iter().filter(|act| act.starts_with("run")).count();
        assert_eq!(runs, begun + 1, "{within}");
        world.prove().await;
    }
}

#[tokio::test]
async fn a_new_rhythm_counts_from_its_deployment() {
    let mut world = World::with(&[REPORT]).await;
    world.settle().await;
    for _ in 0..2 {
        world.pass(HOUR);
        world.settle().await;
    }
    // Nobody runs for a week, then a version comes whose rhythm would have been due many times.
    world.pass(7 * DAY);
    let hourly = REPORT
        .replace("cron: 0 9 * * *", "cron: 0 * * * *")
        .replace("{{ date(schedule.at) }}", "{{ schedule.at }}");
    world.engine().deploy(&source(&hourly), &operator()).await.unwrap();
    world.pass(HOUR);
    world.settle().await;
    let daily = acts(&world.store, "daily").await;
    assert_eq!(
        daily,
        [
            "planned",
            "run 2026-01-05T09:00:00Z",
            "send_answer taken",
            "planned",
            "run 2026-01-12T11:00:00Z",
            "send_answer taken"
        ]
    );
    // `ring` was not changed: it goes on where it was.
    let ring = acts(&world.store, "ring").await;
    assert_eq!(
        ring[1..],
        ["run 2026-01-05T09:30:00Z to 1", "run 2026-01-12T09:30:00Z to 1 without 6"]
    );
    world.prove().await;
}

#[tokio::test]
async fn one_that_was_taken_away_comes_back_anew() {
    let mut world = World::with(&[REPORT]).await;
    world.settle().await;
    let without = REPORT.replace("clerk, {schedule: daily}", "clerk");
    let without: String = without
        .lines()
        .filter(|line| !line.contains("daily:"))
        .map(|line| format!("{line}\n"))
        .collect();
    world.pass(HOUR / 2);
    world.engine().deploy(&source(&without), &operator()).await.unwrap();
    world.pass(30 * DAY);
    world.settle().await;
    world.engine().deploy(&source(REPORT), &operator()).await.unwrap();
    world.settle().await;
    world.pass(DAY);
    world.settle().await;
    assert_eq!(
        acts(&world.store, "daily").await,
        ["planned", "ended", "planned", "run 2026-02-04T09:00:00Z", "send_answer taken"]
    );
    world.prove().await;
}

#[tokio::test]
async fn many_receivers_are_sent_to_in_turns_and_nodes_that_die_leave_none_out() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let faulty = Arc::new(FaultyStore::new(inner.clone(), 3));
    let mut world = World::on(faulty.clone(), &[REPORT], |_| {}).await;
    world.settle().await;
    for number in 0..450 {
        world.start("report", &format!("R-{number}"), &[]).await.unwrap();
    }
    for number in 0..10 {
        world.send("report", &format!("R-{number}"), "CLOSE").await.unwrap();
    }
    world.pass(HOUR + HOUR / 2);
    // Each node gets as far as the database lets it, and another one goes on.
    faulty.set(FaultRates { before: 300, after: 100 });
    for number in 0..40 {
        let mut node = world.another_node(&format!("node-{number}"));
        let _ = node.engine.registry().refresh().await;
        let _ = node.schedules.tick(world.now()).await;
    }
    faulty.set(FaultRates::default());
    world.settle().await;
    let acts = acts(&inner, "ring").await;
    assert_eq!(
        acts,
        [
            "planned",
            "run 2026-01-05T09:30:00Z to 200",
            "run 2026-01-05T09:30:00Z to 200",
            "run 2026-01-05T09:30:00Z to 40",
        ]
    );
    world.pass(2);
    world.settle().await;
    for number in 0..450 {
        let expected = if number < 10 { 0 } else { 1 };
        let rung = world.field("report", &format!("R-{number}"), "rung").await;
        assert_eq!(rung, Value::Integer(expected), "R-{number}");
    }
    world.prove().await;
}

#[tokio::test]
async fn a_refused_start_is_told_to_the_schedule() {
    let mut world = World::with(&[REPORT]).await;
    world.start("report", "2026-01-05", &[]).await.unwrap();
    world.pass(HOUR);
    world.settle().await;
    assert_eq!(
        acts(&world.store, "daily").await,
        [
            "planned",
            "run 2026-01-05T09:00:00Z",
            "send_answer refused report/2026-01-05 exists already"
        ]
    );
    let guarded = REPORT.replace(
        "input: [optional day]",
        "input: [optional day], guard: {if: 1 > 2, otherwise: Not today}",
    );
    world.engine().deploy(&source(&guarded), &operator()).await.unwrap();
    world.pass(DAY);
    world.settle().await;
    let acts = acts(&world.store, "daily").await;
    assert_eq!(acts[3..], ["run 2026-01-06T09:00:00Z", "send_answer refused Not today"]);
    world.prove().await;
}

#[tokio::test]
async fn a_run_that_cannot_be_worked_out_is_over_and_says_why() {
    let broken = REPORT.replace("{{ date(schedule.at) }}", "{{ 'x' | replace('x', '') }}");
    let mut world = World::with(&[&broken]).await;
    world.settle().await;
    world.pass(HOUR);
    world.settle().await;
    let acts = acts(&world.store, "daily").await;
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert!(
        acts[1].starts_with("failed 2026-01-05T09:00:00Z the key is empty"),
        "{acts:?}"
    );
    assert_eq!(world.engine().schedules(None).await.unwrap().len(), 2);
    world.prove().await;
}

#[tokio::test]
async fn a_key_that_is_made_of_a_number_is_drawn_once() {
    let numbered = REPORT.replace("start: {key: \"{{ date(schedule.at) }}\", with", "start: {with");
    let numbered = numbered.replace("workflow: report", "workflow: report\nkey: \"R-{{ number }}\"");
    let mut world = World::with(&[&numbered, COUNTER]).await;
    world.settle().await;
    world.pass(DAY + HOUR);
    world.settle().await;
    for key in ["R-1", "R-2"] {
        assert_eq!(world.trail("report", key).await[0], "start by daily: taken");
    }
    assert!(world.trail("report", "R-3").await.is_empty());
    assert_eq!(world.engine().schedules(None).await.unwrap().len(), 2, "a counter has none");
    world.prove().await;
}
