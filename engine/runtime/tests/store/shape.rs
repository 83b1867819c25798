//! Writes as the tests need them: an order called by its key, its steps numbered.

use std::sync::Arc;

use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_engine::store::{
    Claim, FindQuery, FoundBefore, FoundThen, HistoryPlace, HistoryQuery, MarkBack, NewEffect, NewEntry, NewMark, NewMessage,
    NewNotice, NextInstance, TaskRow, Write,
};

pub const WORKFLOW: &str = "order";

pub fn id(key: &str) -> InstanceId {
    InstanceId::of(WORKFLOW, key)
}

/// The moment of step `sequence`.
pub fn moment(sequence: u64) -> i64 {
    1_000_000 * i64::try_from(sequence).expect("tests count to small numbers")
}

pub fn input(key: &str, sequence: u64) -> InputKey {
    InputKey::of(&["test", key, &sequence.to_string()])
}

/// A write that changes nothing of the row and has no entry.
pub fn touch(key: &str, sequence: u64) -> Write {
    let next = NextInstance {
        workflow: WORKFLOW.into(),
        key: key.into(),
        definition: Digest::of(b"definition"),
        sequence,
        done: false,
        snapshot: format!(r#"{{"step":{sequence}}}"#),
        head: Digest::of(format!("{key}/{sequence}").as_bytes()),
        started_at_us: moment(0),
    };
    Write::new(id(key), sequence, next, moment(sequence))
}

/// The step after `expected`, caused by an input of its own.
pub fn step(key: &str, expected: u64) -> Write {
    let mut write = touch(key, expected + 1);
    write.expected = expected;
    write.entries.push(entry(key, expected + 1));
    write
}

pub fn entry(key: &str, sequence: u64) -> NewEntry {
    NewEntry {
        sequence,
        at_us: moment(sequence),
        input_key: Some(input(key, sequence)),
        bytes: format!(r#"{{"entry":{sequence}}}"#),
    }
}

pub fn message(to: &str, body: &str, due_us: i64) -> NewMessage {
    NewMessage {
        to: id(to),
        key: InputKey::of(&["message", to, body]),
        body: body.into(),
        due_us,
    }
}

pub fn effect(key: &str, due_us: i64) -> NewEffect {
    NewEffect {
        key: key.into(),
        adapter: "mail".into(),
        body: format!(r#"{{"effect":"{key}"}}"#),
        due_us,
    }
}

pub fn claim(name: &str, value: &str) -> Claim {
    Claim {
        id: InstanceId::of("claim", &format!("{name}/{value}")),
        name: name.into(),
        value: value.into(),
    }
}

/// The task of a state, opened by entry 1, for these.
pub fn task(key: &str, state: &str, subjects: &[&str]) -> TaskRow {
    TaskRow {
        instance: id(key),
        name: state.into(),
        opened: 1,
        opened_us: moment(1),
        workflow: WORKFLOW.into(),
        holder: None,
        priority: 5,
        due_us: None,
        subjects: names(subjects),
        body: format!(r#"{{"task":"{state}"}}"#),
    }
}

/// A notice of this entry, in no thread.
pub fn notice(sequence: u64, ordinal: u32, subjects: &[&str]) -> NewNotice {
    NewNotice {
        sequence,
        ordinal,
        at_us: moment(sequence),
        mailed: false,
        thread: false,
        subjects: names(subjects),
        body: format!(r#"{{"notice":"{sequence}/{ordinal}"}}"#),
    }
}

/// A mark of this entry, found by these.
pub fn mark(sequence: u64, ordinal: u32, called: &str, index: &[(&str, &str)]) -> NewMark {
    NewMark {
        sequence,
        ordinal,
        name: name(called),
        at_us: moment(sequence),
        actor: name("ada"),
        values: format!(r#"{{"mark":"{sequence}/{ordinal}"}}"#),
        index: index.iter().map(|(field, value)| (name(field), name(value))).collect(),
    }
}

pub fn mark_back(sequence: u64, ordinal: u32, called: &str) -> MarkBack {
    MarkBack {
        sequence,
        ordinal,
        name: name(called),
    }
}

/// The topic of a lot.
pub fn topic(lot: &str) -> InstanceId {
    InstanceId::of_topic(&[WORKFLOW, "lot", lot])
}

/// Who is in a lot.
pub fn of_lot(lot: &str, limit: usize) -> FindQuery {
    FindQuery {
        workflow: WORKFLOW.into(),
        conditions: vec![(name("lot"), names(&[lot]))],
        states: Vec::new(),
        after: None,
        limit,
    }
}

/// The step has found these in a lot, each at its sequence.
pub fn found(lot: &str, rows: &[(&str, u64)]) -> FoundBefore {
    let mut rows: Vec<(InstanceId, u64)> = rows.iter().map(|(key, sequence)| (id(key), *sequence)).collect();
    rows.sort();
    FoundBefore {
        query: of_lot(lot, 100),
        found: FoundThen::Rows(rows),
    }
}

/// The step has counted so many in a lot.
pub fn counted(lot: &str, count: u64) -> FoundBefore {
    FoundBefore {
        query: of_lot(lot, 100),
        found: FoundThen::Count(count),
    }
}

/// The step brings the instance into a lot.
pub fn in_lot(mut write: Write, lot: &str) -> Write {
    write.index = Some(vec![(name("lot"), name(lot))]);
    write.topics.push(topic(lot));
    write
}

/// The step rests on what it has found.
pub fn resting(mut write: Write, lot: &str, before: FoundBefore) -> Write {
    write.found.push(before);
    write.settled.push(topic(lot));
    write
}

pub fn names(texts: &[&str]) -> Vec<Arc<str>> {
    texts.iter().map(|text| name(text)).collect()
}

pub fn name(text: &str) -> Arc<str> {
    text.into()
}

/// Every entry of every instance, the newest first.
pub fn all_history(limit: usize) -> HistoryQuery {
    HistoryQuery {
        instance: None,
        before: HistoryPlace::END,
        from_us: 0,
        limit,
    }
}
