//! Where an instance stood, as its entries say it. Nothing is stepped again, so that it can be said also where that cannot be done any more
//! because personal values were erased.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{EntryError, EntryText, entry_digest};
use crate::chart::Chart;
use crate::identity::Digest;
use crate::step::{ArmedTimer, InputKind, Snapshot, StartInput, Status, blank};
use crate::value::canonical::read_canonical;
use crate::value::{Object, Value};

/// Follows the entries of one instance from its first. It knows what entries name: the states, the data, the timers that run, the label. What
/// stands in snapshots alone (timers that stand still, children, tasks, signatures) it does not.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    begun: Option<(StartInput, Timestamp)>,
    sequence: u64,
    head: Option<Digest>,
    states: Vec<Arc<str>>,
    is_done: bool,
    label: Option<Arc<str>>,
    /// Personal values as the text of their commitments.
    data: Object,
    timers: BTreeMap<Arc<str>, Timestamp>,
    /// The data when its personal values were erased: the erasure names no field, and later ones are written as null.
    erased: Option<Object>,
}

/// What entries say of where an instance stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsRecorded {
    /// In part: see [`Recorded`]. Values that were erased are null in it.
    pub snapshot: Snapshot,
    /// The fields that had a value which is not there any more.
    pub erased: Vec<Arc<str>>,
    pub label: Option<Arc<str>>,
}

impl Recorded {
    /// The next entry: its bytes, taken apart with commitments left as the text of their digests ([`EntryText::read`]).
    ///
    /// # Errors
    /// It lacks what every entry has.
    pub fn follow(&mut self, bytes: &str, entry: &EntryText) -> Result<(), EntryError> {
        if self.begun.is_none() {
            self.begun = Some((start_of(entry)?, entry.at()?));
        }
        self.sequence = entry.sequence()?;
        self.head = Some(entry_digest(bytes.as_bytes()));
        if let Some(after) = entry.member("after") {
            let paths = after.field("states").and_then(Value::as_list).unwrap_or_default();
            self.states = paths.iter().filter_map(|path| path.as_text().map(Arc::from)).collect();
            self.is_done = after.field("status").and_then(Value::as_text) == Some("done");
            self.label = after.field("label").and_then(Value::as_text).map(Arc::from);
        }
        for change in items(entry.member("changed")) {
            let Some(path) = change.field("path").and_then(Value::as_text) else {
                continue;
            };
            self.data
                .insert(path.into(), change.field("to").cloned().unwrap_or(Value::Null));
        }
        if entry.input_kind() == "erasure" {
            self.erased = Some(self.data.clone());
        }
        self.settle_timers(entry);
        Ok(())
    }

    /// None: no entry was followed. `chart` is the one of the last entry's definition; `personal` are the personal values that are there.
    pub fn stood(&self, chart: &Chart, personal: &[(Digest, String)]) -> Option<AsRecorded> {
        let (start, at) = self.begun.as_ref()?;
        let mut snapshot = blank(chart, start, *at);
        snapshot.sequence = self.sequence;
        snapshot.head = self.head?;
        snapshot.status = match self.is_done {
            true => Status::Done,
            false => Status::Active,
        };
        // a state that the chart does not have is one of another definition: nothing is said of it
        for state in self.states.iter().filter_map(|path| chart.state_at(path)) {
            snapshot.active.insert(state.index);
            let around: Vec<_> = chart.ancestors(state.index).collect();
            around.into_iter().for_each(|ancestor| snapshot.active.insert(ancestor));
        }
        let running = self.timers.iter();
        snapshot.timers = running.map(|(name, due)| (name.clone(), ArmedTimer::at(*due))).collect();
        let mut data = self.data.clone();
        let mut erased = Vec::new();
        for field in chart.data.list.iter().filter(|field| field.is_personal()) {
            let before = self.erased.as_ref().and_then(|before| before.get(&field.name));
            let values = [data.get(&field.name), before];
            let Some(commitment) = values.into_iter().flatten().find(|value| !value.is_null()) else {
                continue;
            };
            let value = opened(commitment, personal).unwrap_or_else(|| {
                erased.push(field.name.clone());
                Value::Null
            });
            data.insert(field.name.clone(), value);
        }
        snapshot.data = Arc::new(data);
        Some(AsRecorded {
            snapshot,
            erased,
            label: self.label.clone(),
        })
    }

    fn settle_timers(&mut self, entry: &EntryText) {
        let Some(timers) = entry.member("timers") else { return };
        for name in items(timers.field("cancelled")) {
            self.timers.remove(name.as_text().unwrap_or_default());
        }
        for armed in items(timers.field("armed")) {
            let text = |name: &str| armed.field(name).and_then(Value::as_text);
            if let (Some(name), Some(Ok(due))) = (text("name"), text("due").map(str::parse)) {
                self.timers.insert(name.into(), due);
            }
        }
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_list).unwrap_or_default()
}

fn opened(commitment: &Value, personal: &[(Digest, String)]) -> Option<Value> {
    let digest: Digest = commitment.as_text()?.parse().ok()?;
    let (_, text) = personal.iter().find(|(known, _)| *known == digest)?;
    read_canonical(text).ok()
}

/// What an instance began with. The system's own begin without a start.
fn start_of(entry: &EntryText) -> Result<StartInput, EntryError> {
    match entry.as_input(None).map(|input| input.kind) {
        Ok(InputKind::Start(start)) => Ok(*start),
        Ok(InputKind::Place(placement)) => Ok(placement.start),
        _ => Ok(StartInput {
            key: entry.key()?.into(),
            number: None,
            payload: Object::new(),
            parent: None,
            default_zone: "UTC".into(),
            secret: None,
        }),
    }
}
