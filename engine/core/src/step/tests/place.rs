//! Put into states: as entering them would leave it, without anything of the way there.

use super::*;
use crate::step::PlacedMark;
use crate::trail::{Replay, Replayed};

const CHART: &str = "
workflow: w
zone: Europe/Berlin
start: {by: [staff]}
access: [{for: [staff]}]
data:
  tray: optional string
  entered: {type: integer, default: 0}
  patient: {type: optional string, phi: true}
type: parallel
states:
  work:
    initial: first
    states:
      first: {on: {GO: {target: lab, by: [staff]}}}
      lab:
        unique: {tray: \"{{ tray }}\"}
        after: {late: {in: 5d, target: first}}
        exit: [{mark: {left: {}}}]
        initial: rough
        states:
          rough:
            entry: [{assign: {entered: \"{{ entered + 1 }}\"}}]
            after: {remind: {in: 1h, target: first}}
          fine: {invoke: {id: polish, adapter: machine, action: polish, input: {tray: \"{{ tray }}\"}, timeout: 2h}}
          passing: {always: {target: fine}}
      done: {type: final}
  hold:
    initial: free
    states: {free: {}, held: {pauses: [work]}}
";

fn life() -> Life {
    Life {
        secret: Some([7; 32]),
        ..Life::of(CHART)
    }
}

fn place(life: &mut Life, states: &[&str], data: &str) -> String {
    place_with(life, states, data, Vec::new())
}

fn place_with(life: &mut Life, states: &[&str], data: &str, marks: Vec<PlacedMark>) -> String {
    let placement = Placement {
        start: StartInput {
            key: "K".into(),
            number: None,
            payload: object(data),
            parent: None,
            default_zone: "UTC".into(),
            secret: life.secret,
        },
        states: states.iter().map(|path| Arc::from(*path)).collect(),
        marks,
    };
    life.take(Actor::engine(), None, InputKind::Place(Box::new(placement)))
}

fn check(states: &[&str], data: &str, expected: &str) {
    let mut life = life();
    let said = place(&mut life, states, data);
    if said != "taken" {
        return assert_eq!(said, expected, "{states:?}");
    }
    let snapshot = life.snapshot.clone().expect("it is there");
    let timers: Vec<String> = snapshot
        .timers
        .iter()
        .map(|(name, timer)| match timer.remaining_us {
            Some(_) => format!("{} paused", name.replace(&snapshot.instance.to_string(), "")),
            None => format!("{} {}", name.replace(&snapshot.instance.to_string(), ""), timer.due),
        })
        .collect();
    let claims: Vec<&str> = snapshot.claims.values().map(|value| &**value).collect();
    let effects = life.last().effects.len();
    let found = format!(
        "{}; timers {}; holds {}; effects {effects}; entered {}",
        life.states(),
        timers.join(", "),
        claims.join(", "),
        life.data("entered")
    );
    assert_eq!(found, expected, "{states:?}");
}

#[test]
fn timers_values_and_invokes_are_as_if_the_states_had_been_entered() {
    check(
        &["work.lab.rough"],
        r#"{"tray": "7"}"#,
        "work.lab.rough hold.free; timers work.lab.rough/remind 2026-03-26T09:00:00Z, work.lab/late 2026-03-31T07:00:00Z; \
         holds 7; effects 0; entered 0",
    );
    check(
        &["work.lab.fine"],
        "{}",
        "work.lab.fine hold.free; timers invoke/:1:polish 2026-03-26T10:00:00Z, work.lab/late 2026-03-31T07:00:00Z; holds ; \
         effects 1; entered 0",
    );
    check(&[], "{}", "work.first hold.free; timers ; holds ; effects 0; entered 0");
}

#[test]
fn several_regions_are_placed_together_and_a_pause_is_in_force_at_once() {
    check(
        &["work.lab.rough", "hold.held"],
        "{}",
        "work.lab.rough hold.held; timers work.lab.rough/remind paused, work.lab/late paused; holds ; effects 0; entered 0",
    );
    check(
        &["work.lab", "work.lab.rough"],
        "{}",
        "work.lab.rough hold.free; timers work.lab.rough/remind 2026-03-26T09:00:00Z, work.lab/late 2026-03-31T07:00:00Z; \
         holds ; effects 0; entered 0",
    );
}

#[test]
fn what_follows_by_itself_follows() {
    check(
        &["work.lab.passing"],
        "{}",
        "work.lab.fine hold.free; timers invoke/:1:polish 2026-03-26T10:00:00Z, work.lab/late 2026-03-31T07:00:00Z; holds ; \
         effects 1; entered 0",
    );
}

#[test]
fn what_cannot_be_is_refused() {
    check(&["work.lob"], "{}", "refused: `w` has no state `work.lob`");
    check(
        &["work.lab.rough", "work.done"],
        "{}",
        "refused: `work.lab` and `work.done` are never active together",
    );
    check(
        &["work.first"],
        r#"{"tray": 7, "colour": "red"}"#,
        "refused: `w` has no field `colour` | tray must be text",
    );
}

#[test]
fn one_that_exists_leaves_what_it_was_in_without_a_trace_but_its_own() {
    let mut life = life();
    life.start("{}");
    place(&mut life, &["work.lab.fine"], r#"{"tray": "7"}"#);
    let effect = life.last().effects[0].key.clone();
    assert_eq!(place(&mut life, &["work.done"], r#"{"patient": "Jane"}"#), "taken");
    assert_eq!(life.states(), "work.done hold.free");
    assert_eq!(
        (life.data("tray").as_str(), life.data("patient").as_str()),
        ("\"7\"", "\"Jane\"")
    );
    let last = life.last();
    assert_eq!(last.abandoned, [effect]);
    assert!(last.next.timers.is_empty() && last.next.claims.is_empty());
    assert!(!life.entry().contains("marks"), "nothing of the way out is played");
    assert!(life.entry().contains(r#""kind":"place""#) && !life.entry().contains("Jane"));
}

#[test]
fn what_was_placed_is_replayed_to_the_same_bytes() {
    let mut life = life();
    let mark = |at: Option<&str>| PlacedMark {
        name: "measured".into(),
        values: Value::from_fields(object(r#"{"tray": "7"}"#)),
        at: at.map(|at| at.parse().expect("a moment")),
    };
    let marks = vec![mark(Some("2020-02-29T10:00:00.5Z")), mark(None)];
    place_with(&mut life, &["work.lab.rough"], r#"{"tray": "7", "patient": "Jane"}"#, marks);
    let written: Vec<Option<String>> = life.last().marks.iter().map(written_at).collect();
    assert_eq!(written, [Some("2020-02-29T10:00:00.5Z".to_owned()), None]);
    life.send("GO");
    place(&mut life, &["work.lab.fine", "hold.held"], r#"{"patient": null}"#);
    let entries: Vec<Entry> = life.entries.iter().flatten().cloned().collect();
    let personal: Vec<_> = entries.iter().flat_map(|entry| entry.personal.clone()).collect();
    let mut replay = Replay::begin(&life.chart, &personal);
    for entry in &entries {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same));
    }
    assert_eq!(replay.snapshot(), life.snapshot.as_ref());
}

/// When a mark is said to have been written.
fn written_at(change: &MarkChange) -> Option<String> {
    match change {
        MarkChange::Put { at, .. } => at.map(|at| at.to_string()),
        MarkChange::Back { .. } => None,
    }
}
