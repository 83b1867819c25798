//! Columns that stand beside what is proven: they must say the same as the bytes.

use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::ActorKind;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

use crate::store::{InstanceRow, TrailRow};

/// What of an entry's row is not what its bytes say.
pub(super) fn of_entry(row: &TrailRow, entry: &EntryText) -> Vec<String> {
    let mut wrong = Vec::new();
    if entry.at().map(|at| at.as_microsecond()).ok() != Some(row.at_us) {
        wrong.push("its column `at` is not the moment that its bytes say".into());
    }
    let key = entry.input().and_then(|input| input.get("key")).and_then(Value::as_text);
    let key = key.and_then(|key| key.parse::<InputKey>().ok());
    let fits = match row.input_key {
        Some(stored) => Some(stored) == key,
        None => key.is_none() || may_be_drawn(entry),
    };
    if !fits {
        wrong.push("its column `input_key` is not the key that its bytes say".into());
    }
    wrong
}

/// A key that nobody named was drawn by the engine for an input that came from outside, and is not looked for.
fn may_be_drawn(entry: &EntryText) -> bool {
    let from_outside = entry
        .actor()
        .is_ok_and(|actor| !matches!(actor.kind, ActorKind::Workflow { .. }));
    matches!(
        entry.input_kind(),
        "start" | "event" | "task" | "withdraw" | "open" | "acknowledge"
    ) && from_outside
}

/// What of an instance's row is not what its id, its snapshot and its last entry say.
pub(super) fn of_instance(row: &InstanceRow, last: Option<&EntryText>) -> Vec<String> {
    let mut wrong = Vec::new();
    if InstanceId::of(&row.workflow, &row.key) != row.instance {
        wrong.push("its columns `workflow` and `key` do not make its id".into());
    }
    if let Some(last) = last {
        if last.snapshot().ok() != Some(Digest::of(row.snapshot.as_bytes())) {
            wrong.push("the stored snapshot is not the one that the entry names".into());
            return wrong;
        }
        if last.definition().ok() != Some(row.definition) {
            wrong.push("its column `definition` is not the one that the entry names".into());
        }
    }
    wrong.extend(of_snapshot(row));
    wrong
}

fn of_snapshot(row: &InstanceRow) -> Vec<String> {
    let Ok(snapshot) = EntryText::read(&row.snapshot) else {
        return vec!["the stored snapshot cannot be read".into()];
    };
    let text = |name: &str| snapshot.member(name).and_then(Value::as_text);
    let started_at = text("started_at").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let is_done = text("status") == Some("done");
    let compared = [
        ("workflow", text("workflow") == Some(&*row.workflow)),
        ("key", text("key") == Some(&*row.key)),
        ("definition", snapshot.definition().ok() == Some(row.definition)),
        ("sequence", snapshot.sequence().ok() == Some(row.sequence)),
        ("done", is_done == row.done),
        (
            "started_at",
            started_at.map(|at| at.as_microsecond()) == Some(row.started_at_us),
        ),
    ];
    let other = compared.into_iter().filter(|(_, same)| !same);
    other
        .map(|(column, _)| format!("its column `{column}` is not what its snapshot says"))
        .collect()
}
