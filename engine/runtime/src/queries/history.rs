//! What happened to all instances, the newest first: what auditors go through.
//!
//! # Invariants
//! - Only for the role `auditor`. Where a page ends tells how much else happened; to anybody else that would tell what is not theirs to see.
//! - An entry holds commitments in the place of personal values, for an auditor as for everybody.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, SYSTEM_WORKFLOW};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

use super::Queries;
use crate::error::{EngineError, EngineResult};
use crate::roles::{self, AUDITOR};
use crate::store::{HistoryPlace, HistoryQuery, HistoryRow};

/// Entries given at once.
pub const HISTORY_PAGE_MAX: usize = 200;

/// Entries looked at for one page: what is looked for beside moments stands in their bytes alone. About ten megabytes are read for it.
pub const HISTORY_SCAN_MAX: usize = 5_000;

/// Entries read at once: a page without a filter needs no more.
const HISTORY_READ_MAX: usize = 500;

/// What is looked for: all of it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Who did it: their user, or their name in large letters or small; or for whom they stood in.
    pub actor: Option<Arc<str>>,
    /// What came: the event, what was done with a task, the timer, the system's act, or the kind of any other input.
    pub event: Option<Arc<str>>,
    pub workflow: Option<Arc<str>>,
    /// Without the system's own trails: sign-ins, deployments, readings, schedules.
    pub without_system: bool,
    pub instance: Option<InstanceId>,
    /// A field that was changed, or one within it: `rx.right`.
    pub field: Option<Arc<str>>,
    pub from_us: Option<i64>,
    /// Before this moment.
    pub until_us: Option<i64>,
    /// Where the page before ended.
    pub before: Option<HistoryPlace>,
    pub limit: usize,
}

/// What was found, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub entries: Vec<HistoryRow>,
    /// How many were looked at.
    pub looked_at: usize,
    /// Those of them that cannot be read: whether they would have been looked for nobody can tell. `verify` says what is wrong with them.
    pub unreadable: usize,
    /// The last that was looked at, where there are more behind it.
    pub next: Option<HistoryPlace>,
}

impl Queries {
    /// A page may be shorter than its limit, and empty: it ends where `next` is none.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] to whoever is no auditor; those of the store.
    pub async fn history(&self, request: &HistoryRequest, actor: &Actor) -> EngineResult<History> {
        if !roles::has(actor, AUDITOR) {
            return Err(EngineError::Hidden);
        }
        let limit = request.limit.clamp(1, HISTORY_PAGE_MAX);
        let mut found = History {
            entries: Vec::new(),
            looked_at: 0,
            unreadable: 0,
            next: None,
        };
        let mut before = request.begin();
        loop {
            let read_max = HISTORY_READ_MAX.min(HISTORY_SCAN_MAX - found.looked_at);
            let query = HistoryQuery {
                instance: request.instance,
                before,
                from_us: request.from_us.unwrap_or(i64::MIN),
                limit: read_max,
            };
            let rows = self.store.history(&query).await?;
            let is_last = rows.len() < read_max;
            let count = rows.len();
            for (number, row) in rows.into_iter().enumerate() {
                before = row.place();
                found.looked_at += 1;
                match EntryText::read_any(&row.entry.bytes) {
                    Err(_) => found.unreadable += 1,
                    Ok(entry) if request.fits(&row, &entry) => found.entries.push(row),
                    Ok(_) => {}
                }
                let is_full = found.entries.len() == limit;
                if is_full && !(is_last && number + 1 == count) {
                    found.next = Some(before);
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
            if found.looked_at >= HISTORY_SCAN_MAX {
                found.next = Some(before);
                return Ok(found);
            }
        }
    }
}

impl HistoryRequest {
    /// Where a page begins: behind the one before, or at the end of the time that is looked through.
    fn begin(&self) -> HistoryPlace {
        let until = self.until_us.map_or(HistoryPlace::END, HistoryPlace::beginning_of);
        match (self.before, self.instance) {
            (Some(before), _) => before,
            // Of one instance its numbers say where it goes on: moments are compared one by one.
            (None, Some(_)) => HistoryPlace::END,
            (None, None) => until,
        }
    }

    fn fits(&self, row: &HistoryRow, entry: &EntryText) -> bool {
        let at_us = row.entry.at_us;
        self.from_us.is_none_or(|from_us| at_us >= from_us)
            && self.until_us.is_none_or(|until_us| at_us < until_us)
            && self
                .workflow
                .as_deref()
                .is_none_or(|workflow| entry.workflow() == Ok(workflow))
            && !(self.without_system && entry.workflow() == Ok(SYSTEM_WORKFLOW))
            && self.actor.as_deref().is_none_or(|actor| is_by(entry, actor))
            && self.event.as_deref().is_none_or(|event| is_of(entry, event))
            && self.field.as_deref().is_none_or(|field| has_changed(entry, field))
    }
}

fn is_by(entry: &EntryText, wanted: &str) -> bool {
    let Some(actor) = entry.member("actor") else { return false };
    let text = |name: &str| actor.field(name).and_then(Value::as_text);
    text("id") == Some(wanted) || text("on_behalf_of") == Some(wanted) || text("name").is_some_and(|name| is_same(name, wanted))
}

/// Whether this is what came.
fn is_of(entry: &EntryText, wanted: &str) -> bool {
    let Some(input) = entry.input() else { return false };
    let text = |name: &str| input.get(name).and_then(Value::as_text);
    let act = input.get("act").and_then(|act| act.field("act")).and_then(Value::as_text);
    let names = [text("kind"), text("event"), text("act"), act, text("name"), text("clock")];
    let named = |name: &str| is_same(name, wanted) || name.rsplit(['/', '.']).next().is_some_and(|last| is_same(last, wanted));
    names.into_iter().flatten().any(named)
}

/// Whether the field was changed, or, by a path such as `rx.right`, what stands there in it.
fn has_changed(entry: &EntryText, wanted: &str) -> bool {
    let mut steps = wanted.split('.');
    let name = steps.next().unwrap_or_default();
    let steps: Vec<&str> = steps.collect();
    let changed = entry.member("changed").and_then(Value::as_list).unwrap_or_default();
    let of_field = |change: &&Value| change.field("path").and_then(Value::as_text) == Some(name);
    changed.iter().filter(of_field).any(|change| {
        let nothing = Value::Null;
        let [from, to] = ["from", "to"].map(|name| change.field(name).unwrap_or(&nothing));
        let within = |value: &Value| {
            let found = steps.iter().try_fold(value.clone(), |value, step| value.field(step).cloned());
            found.unwrap_or(Value::Null)
        };
        // A personal field is committed to as a whole, and what of it was changed is not told.
        let is_committed_to = |value: &Value| value.as_text().is_some_and(|text| text.parse::<Digest>().is_ok());
        steps.is_empty() || is_committed_to(from) || is_committed_to(to) || within(from) != within(to)
    })
}

/// What people type is not always as large as what stands there, and what they read has blanks: `Accept order` of `ACCEPT_ORDER`.
fn is_same(one: &str, other: &str) -> bool {
    let even = |text: &str| text.trim().to_lowercase().replace(' ', "_");
    one == other || even(one) == even(other)
}
