//! What an engine would do that forgets one thing of an instance whenever it reads it: a snapshot in which it is not there, put so
//! that nobody sees it, in the chain or in what the chain names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::trail::entry_digest;
use statewright_engine::store::{Applied, InstanceRow, Write};

/// What an entry says before the digest of the one before it.
const PREVIOUS: &str = "\"previous\":\"";

/// The heads of all trails as they are written: an engine that was given another one goes on from that.
#[derive(Default)]
pub struct Chains {
    heads: BTreeMap<InstanceId, Digest>,
}

impl Chains {
    /// Chains what is to be written to what is there.
    pub fn mend(&self, writes: &mut [Write]) {
        for write in writes.iter_mut().filter(|write| !write.entries.is_empty()) {
            let Some(mut head) = self.heads.get(&write.instance).copied() else {
                continue;
            };
            for entry in &mut write.entries {
                entry.bytes = chained(&entry.bytes, head);
                head = entry_digest(entry.bytes.as_bytes());
            }
            write.next.head = head;
        }
    }

    pub fn note(&mut self, writes: &[Write], applied: &[Applied]) {
        let committed = writes
            .iter()
            .zip(applied)
            .filter(|(_, applied)| **applied == Applied::Committed);
        for (write, _) in committed.filter(|(write, _)| !write.entries.is_empty()) {
            self.heads.insert(write.instance, write.next.head);
        }
    }
}

/// Whether a timer is of a task's ladder.
pub fn is_rung(timer: &str) -> bool {
    timer.starts_with("task/")
}

/// That rungs of tasks have fired.
pub fn forget_rungs(row: &mut InstanceRow) {
    forget(row, |fields| {
        for (_, timer) in members(fields, "timers").into_iter().filter(|(name, _)| is_rung(name)) {
            timer.remove("spent");
        }
    });
}

/// Who holds tasks.
pub fn forget_holders(row: &mut InstanceRow) {
    forget(row, |fields| {
        for (_, task) in members(fields, "tasks") {
            task.remove("holder");
        }
    });
}

fn forget(row: &mut InstanceRow, change: impl FnOnce(&mut Map<String, Value>)) {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(&row.snapshot) else {
        return;
    };
    let before = fields.clone();
    change(&mut fields);
    let Some(entry) = row.last_entry.as_mut().filter(|_| fields != before) else {
        return;
    };
    let was = Digest::of(row.snapshot.as_bytes()).to_string();
    row.snapshot = Value::Object(fields).to_string();
    *entry = entry.replace(&was, &Digest::of(row.snapshot.as_bytes()).to_string());
    row.head = entry_digest(entry.as_bytes());
}

fn chained(entry: &str, head: Digest) -> String {
    let Some((before, rest)) = entry.split_once(PREVIOUS) else {
        return entry.to_owned();
    };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{PREVIOUS}{head}\"{after}")
}

type Members<'m> = Vec<(&'m String, &'m mut Map<String, Value>)>;

fn members<'m>(fields: &'m mut Map<String, Value>, name: &str) -> Members<'m> {
    let found = fields.get_mut(name).and_then(Value::as_object_mut);
    let found = found.into_iter().flat_map(|members| members.iter_mut());
    found
        .filter_map(|(name, member)| Some((name, member.as_object_mut()?)))
        .collect()
}
