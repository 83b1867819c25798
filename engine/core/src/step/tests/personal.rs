//! Personal data: never in what is hashed, erasable, and proven all the same.

use super::*;
use crate::trail::{AsRecorded, EntryText, Head, Recorded, Replay, Replayed, verify_entries};

const CHART: &str = "workflow: w
start: {by: [staff], input: [patient]}
access: [{for: [staff]}]
data:
  patient: {type: string, phi: true}
  seen: {type: optional string, phi: true}
initial: a
states:
  a: {on: {NOTE: {target: b, by: [staff], input: [seen]}}}
  b: {type: final}
";

fn life() -> Life {
    let mut life = Life::of(CHART);
    life.secret = Some([7; 32]);
    assert_eq!(life.start(r#"{"patient":"Jane Doe"}"#), "taken");
    assert_eq!(life.send_with("NOTE", r#"{"seen":"a rare disease"}"#), "taken");
    life
}

#[test]
fn no_personal_value_stands_in_an_entry_or_a_stored_snapshot() {
    let life = life();
    for entry in life.entries.iter().flatten() {
        for secret in ["Jane", "rare"] {
            assert!(
                !entry.bytes.contains(secret) && !entry.snapshot.contains(secret),
                "{}",
                entry.bytes
            );
        }
    }
}

#[test]
fn a_stored_snapshot_comes_back_with_its_personal_values_and_without_them_once_erased() {
    let life = life();
    let snapshot = life.snapshot.as_ref().expect("begun");
    let stored = snapshot.store(&life.chart);
    let back = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &stored.personal);
    assert_eq!(back.as_ref(), Ok(snapshot));
    let erased = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &[]).expect("still readable");
    assert_eq!(erased.data.get("patient"), Some(&Value::Null));
}

#[test]
fn what_was_begun_before_anything_personal_was_known_is_erased_with_it() {
    let chart = CHART
        .replace("input: [patient]", "input: []")
        .replace("patient: {type: string", "patient: {type: optional string");
    let mut life = Life::of(&chart);
    life.secret = Some([7; 32]);
    assert_eq!(life.start("{}"), "taken");
    assert_eq!(life.send_with("NOTE", r#"{"seen":"a rare disease"}"#), "taken");
    let first = life.entries.first().and_then(Option::as_ref).expect("traced");
    assert_eq!(Replay::begin(&life.chart, &[]).follow(&first.bytes), Ok(Replayed::Erased));
}

#[test]
fn a_trail_proves_itself_and_replays_until_it_is_erased() {
    let life = life();
    let entries: Vec<&str> = life.entries.iter().flatten().map(|entry| entry.bytes.as_str()).collect();
    let personal: Vec<_> = life
        .entries
        .iter()
        .flatten()
        .flat_map(|entry| entry.personal.clone())
        .collect();
    let snapshot = life.snapshot.as_ref().expect("begun");
    let head = Head {
        sequence: snapshot.sequence,
        digest: snapshot.head,
    };
    let numbered = entries.iter().enumerate().map(|(index, bytes)| (index as u64 + 1, *bytes));
    assert_eq!(verify_entries(snapshot.instance, numbered, Some(head)), []);

    let mut replay = Replay::begin(&life.chart, &personal);
    for entry in &entries {
        assert_eq!(replay.follow(entry), Ok(Replayed::Same));
    }
    let mut erased = Replay::begin(&life.chart, &[]);
    assert_eq!(erased.follow(entries[0]), Ok(Replayed::Erased));
}

fn recorded(life: &Life, personal: &[(Digest, String)]) -> AsRecorded {
    let mut recorded = Recorded::default();
    for entry in life.entries.iter().flatten() {
        let text = EntryText::read(&entry.bytes).expect("our own");
        recorded.follow(&entry.bytes, &text).expect("our own");
    }
    recorded.stood(&life.chart, personal).expect("begun")
}

#[test]
fn entries_say_which_values_were_there_and_were_erased() {
    let mut life = life();
    let kept = life.entries.iter().flatten().flat_map(|entry| entry.personal.clone());
    let kept: Vec<_> = kept.collect();
    let there = recorded(&life, &kept);
    assert_eq!(
        (there.snapshot.data.get("seen"), there.erased),
        (Some(&Value::from("a rare disease")), vec![])
    );
    let names = ["patient", "seen"].map(Arc::from).to_vec();
    let gone = recorded(&life, &[]);
    assert_eq!((gone.snapshot.data.get("seen"), &gone.erased), (Some(&Value::Null), &names));
    // the erasure itself leaves null in the snapshot, and no word of what was there
    life.erased();
    assert_eq!(recorded(&life, &[]).erased, names);
}

/// With a task to write about, something that several sign, and a result.
const DESK: &str = "workflow: w
start: {by: [staff], input: [patient]}
access: [{for: [staff]}]
data: {patient: {type: string, phi: true}}
initial: a
states:
  a:
    task: {for: [staff]}
    on: {CLOSE: {target: b, by: [staff], sign: {means: Aye, people: 2}, input: {day: {type: date, phi: true}}}}
  b: {type: final, output: {words: 2}}
";

impl Life {
    fn erased(&mut self) {
        let before = self.snapshot.clone().expect("begun");
        let (outcome, entry) = record(&self.chart, &before, &Record::Erasure, &ada(), self.now).expect("recorded");
        self.snapshot = Some(outcome.next);
        self.entries.push(Some(entry));
        self.secret = None;
    }

    fn closed_by(&mut self, id: &str, day: &str) -> String {
        let mut actor = ada();
        actor.id = id.into();
        self.proof = Some(crate::chart::Proof::Password);
        let payload = object(&format!(r#"{{"day":"{day}"}}"#));
        let (name, task) = ("CLOSE".into(), None);
        let said = self.take(actor, None, InputKind::Event { name, payload, task });
        self.proof = None;
        said
    }

    fn assert_says_nothing_of(&self, secret: &str) {
        for entry in self.entries.iter().flatten() {
            let said = entry.bytes.contains(secret) || entry.snapshot.contains(secret);
            assert!(!said, "{}\n{}", entry.bytes, entry.snapshot);
        }
    }
}

fn desk() -> Life {
    let mut life = Life::of(DESK);
    life.secret = Some([7; 32]);
    assert_eq!(life.start(r#"{"patient":"Jane Doe"}"#), "taken");
    life
}

#[test]
fn what_is_written_after_an_erasure_is_not_kept_in_clear() {
    let mut life = desk();
    life.erased();
    let task = TaskRef::read("a");
    let act = TaskAct::Comment {
        text: "Jane called again".into(),
    };
    assert_eq!(
        life.take(ada(), None, InputKind::Task { task, act }),
        "refused: the personal data of this instance was erased: nothing may be written about it any more"
    );
    assert_eq!(life.closed_by("ann", "2026-03-01"), "taken");
    for secret in ["Jane", "2026-03-01"] {
        life.assert_says_nothing_of(secret);
    }
}

#[test]
fn what_others_are_still_to_sign_comes_back_whole() {
    let mut life = desk();
    assert_eq!(life.closed_by("ann", "2026-03-01"), "taken");
    let snapshot = life.snapshot.clone().expect("begun");
    let kept: Vec<_> = life
        .entries
        .iter()
        .flatten()
        .flat_map(|entry| entry.personal.clone())
        .collect();
    let canonical = snapshot.store(&life.chart).canonical;
    let back = Snapshot::restore(&life.chart, &canonical, snapshot.head, &kept);
    assert_eq!(back.as_ref(), Ok(&snapshot));
    life.assert_says_nothing_of("2026-03-01");
}

#[test]
fn a_result_goes_to_others_though_there_is_personal_data() {
    let mut life = desk();
    assert_eq!(life.closed_by("ann", "2026-03-01"), "taken");
    assert_eq!(life.closed_by("bob", "2026-03-01"), "taken");
    let seen = view(&life.chart, life.snapshot.as_ref().expect("begun"), None, life.now);
    assert_eq!(
        seen.field("output").and_then(|output| output.field("words")),
        Some(&Value::Integer(2))
    );
}
