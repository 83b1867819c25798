//! Business time in a step: counted along the calendar that is handed in, whose version the entry names.

use super::*;
use crate::time::CalendarVersion;
use crate::trail::{Replay, Replayed};

const ORDER: &str = "workflow: order
calendar: lab
data: {opened: optional instant, due: optional instant, days: {type: integer, default: 2}, note: optional string, spent: optional duration}
start: {by: [staff]}
access: [{for: [staff]}]
initial: waiting
states:
  waiting:
    entry: [{assign: {opened: \"{{ now }}\"}}]
    on:
      NOTE: {by: [staff], input: [optional note, optional days]}
      WORK: {target: working, by: [staff]}
      JUDGE: {by: [staff], guard: {if: in_business_hours(now), otherwise: Closed}}
  working:
    after:
      soon: {in: 2 business hours, actions: [{assign: {note: soon}}]}
      check: {at: \"opened + business_days(days)\", target: checked}
    on:
      NOTE: {by: [staff], input: [optional note, optional days]}
      STOP: {target: checked, by: [staff], actions: [{assign: {spent: \"{{ business_between(opened, now) }}\"}}]}
  checked: {}
";

fn calendar(holidays: &str) -> Arc<CalendarVersion> {
    let text = format!(
        "calendar: lab\nzone: Europe/Berlin\nhours: {{mon: ['08:00-17:00'], tue: ['08:00-17:00'], wed: ['08:00-17:00'], thu: ['08:00-17:00'], fri: ['08:00-17:00']}}\nholidays: [{holidays}]\n"
    );
    let mut sources = Sources::default();
    let main = sources.add("lab.yaml", text);
    let compiled = compile(&mut sources, main, &NoFiles);
    Arc::new(compiled.calendar.expect("the calendar has no fault"))
}

/// Thursday, 26 March 2026, 09:00 in Berlin.
fn order() -> Life {
    let mut life = Life::of(ORDER);
    life.facts.calendar = Some(calendar(""));
    assert_eq!(life.start("{}"), "taken");
    life
}

fn due(life: &Life, timer: &str) -> String {
    let snapshot = life.snapshot.as_ref().expect("it has begun");
    snapshot
        .timers
        .get(timer)
        .map(|timer| timer.due.to_string())
        .unwrap_or_default()
}

/// The fact of the last entry.
fn used(life: &Life) -> Option<Digest> {
    crate::trail::EntryText::read(life.entry())
        .expect("it is an entry")
        .calendar()
        .expect("it can be read")
}

#[test]
fn a_step_asks_for_the_calendar_only_where_it_counts() {
    let mut life = order();
    life.facts.calendar = None;
    assert_eq!(used(&life), None);
    assert_eq!(life.send("NOTE"), "taken");
    let input = Input {
        signed: None,
        key: None,
        actor: ada(),
        reason: None,
        kind: InputKind::Event {
            task: None,
            name: "WORK".into(),
            payload: Default::default(),
        },
    };
    let stepped = step(&life.chart, life.snapshot.as_ref(), &input, &life.facts, life.now);
    let Ok(Stepped::Needs(needs)) = stepped else {
        panic!("{stepped:?}")
    };
    assert_eq!((needs.calendar.as_deref(), needs.reads.len()), (Some("lab"), 0));
    // what is false because nothing could be counted is not false
    let judge = Input {
        signed: None,
        kind: InputKind::Event {
            task: None,
            name: "JUDGE".into(),
            payload: Default::default(),
        },
        ..input
    };
    let stepped = step(&life.chart, life.snapshot.as_ref(), &judge, &life.facts, life.now);
    assert!(matches!(stepped, Ok(Stepped::Needs(_))), "{stepped:?}");
    assert!(
        offers(
            &life.chart,
            life.snapshot.as_ref().expect("it has begun"),
            &ada(),
            &life.facts,
            life.now
        )
        .is_err()
    );
    let version = calendar("");
    life.facts.calendar = Some(version.clone());
    assert_eq!(life.send("WORK"), "taken");
    assert_eq!(used(&life), Some(version.version));
    let named = format!(r#""facts":{{"calendar":{{"name":"lab","version":"{}"}}}}"#, version.version);
    assert!(life.entry().contains(&named), "{}", life.entry());
}

#[test]
fn business_time_is_counted_along_the_calendar() {
    let mut life = order();
    life.now = moment("2026-03-27T15:30:00Z");
    assert_eq!(life.send("WORK"), "taken");
    // Friday 16:30: half an hour is left, and the clock changes on Sunday; two business days from Thursday 09:00
    assert_eq!(due(&life, "working/soon"), "2026-03-30T07:30:00Z");
    assert_eq!(due(&life, "working/check"), "2026-03-30T07:00:00Z");
    life.now = moment("2026-03-30T06:30:00Z");
    assert_eq!(life.send("STOP"), "taken");
    assert_eq!(life.data("spent"), r#"{"$duration":"1050 business minutes"}"#);
}

#[test]
fn an_armed_deadline_stays_until_its_data_changes() {
    let mut life = order();
    assert_eq!(life.send("WORK"), "taken");
    assert_eq!(due(&life, "working/check"), "2026-03-30T07:00:00Z");
    // Monday becomes a holiday: what is armed was promised
    let newer = calendar("2026-03-30");
    life.facts.calendar = Some(newer.clone());
    assert_eq!(life.send_with("NOTE", r#"{"note": "x"}"#), "taken");
    assert_eq!(
        (due(&life, "working/check").as_str(), used(&life)),
        ("2026-03-30T07:00:00Z", None)
    );
    assert_eq!(life.send_with("NOTE", r#"{"days": 3}"#), "taken");
    assert_eq!(
        (due(&life, "working/check").as_str(), used(&life)),
        ("2026-04-01T07:00:00Z", Some(newer.version))
    );
}

#[test]
fn replay_counts_along_the_version_that_was_used() {
    let mut life = order();
    let (first, second) = (calendar(""), calendar("2026-03-30"));
    assert_eq!(life.send("JUDGE"), "taken");
    life.facts.calendar = Some(second.clone());
    assert_eq!(life.send("WORK"), "taken");
    assert_eq!(due(&life, "working/check"), "2026-03-31T07:00:00Z");
    let replayed = |calendars: &[&Arc<CalendarVersion>]| {
        let mut replay = Replay::begin(&life.chart, &[]);
        calendars.iter().for_each(|calendar| replay.know((*calendar).clone()));
        let each = life.entries.iter().flatten().map(|entry| replay.follow(&entry.bytes));
        each.filter(|replayed| *replayed != Ok(Replayed::Same))
            .map(|other| format!("{other:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(replayed(&[&first, &second]), Vec::<String>::new());
    let without = replayed(&[&first]);
    assert!(
        without[0].contains(&format!("version {} of its calendar is not there", second.version)),
        "{without:?}"
    );
}

#[test]
fn what_is_closed_is_refused_with_its_sentence() {
    let mut life = order();
    life.now = moment("2026-03-28T09:00:00Z");
    assert_eq!(life.send("JUDGE"), "refused: Closed");
    life.now = moment("2026-03-30T06:00:00Z");
    assert_eq!(life.send("JUDGE"), "taken");
}
