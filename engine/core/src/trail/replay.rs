//! Stepping recorded inputs and facts again: the same bytes must come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EntryError, EntryText};
use crate::chart::{Chart, TableVersion, TransitionIndex};
use crate::identity::Digest;
use crate::step::{
    Entry, Outcome, Record, Refusal, RefusalKind, Snapshot, Stepped, TableFacts, record, seal, step, system_entry,
};
use crate::time::CalendarVersion;
use crate::value::Value;
use crate::value::canonical::read_canonical;

/// Where replay and record part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub sequence: u64,
    pub detail: String,
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    Same,
    Different(Difference),
    /// Personal values that it needs were erased: its chain can be proven, its step cannot be taken again.
    Erased,
}

/// Replays one instance, entry by entry.
pub struct Replay<'a> {
    chart: &'a Chart,
    personal: &'a [(Digest, String)],
    /// By version: those that entries name.
    calendars: BTreeMap<Digest, Arc<CalendarVersion>>,
    tables: BTreeMap<Digest, Arc<TableVersion>>,
    snapshot: Option<Snapshot>,
    lost: bool,
    taken: Vec<(TransitionIndex, usize)>,
}

impl<'a> Replay<'a> {
    /// `chart` is the one the instance is pinned to; `personal` are its personal values, if there are any.
    pub fn begin(chart: &'a Chart, personal: &'a [(Digest, String)]) -> Self {
        Replay {
            chart,
            personal,
            calendars: BTreeMap::new(),
            tables: BTreeMap::new(),
            snapshot: None,
            lost: false,
            taken: Vec::new(),
        }
    }

    /// A version of a calendar that entries from here on may have been counted along.
    pub fn know(&mut self, calendar: Arc<CalendarVersion>) {
        self.calendars.insert(calendar.version, calendar);
    }

    /// A version of a live table that entries from here on may have asked.
    pub fn know_table(&mut self, table: Arc<TableVersion>) {
        self.tables.insert(table.version, table);
    }

    /// The next entry. After a difference the rest cannot be compared and is reported as it is found.
    pub fn follow(&mut self, bytes: &str) -> Result<Replayed, EntryError> {
        let open = |reference: &str| find(reference, self.personal).unwrap_or(Value::Null);
        let entry = EntryText::read_with(bytes, &open)?;
        let sequence = entry.sequence()?;
        if self.lost || self.has_lost_its_secret() || self.is_erased(bytes) {
            self.lost = true;
            return Ok(Replayed::Erased);
        }
        let (outcome, entry) = match self.again(&entry) {
            Ok(again) => again,
            Err(error) => {
                self.lost = true;
                return Ok(Replayed::Different(Difference {
                    sequence,
                    detail: error.to_string(),
                }));
            }
        };
        let Some(again) = entry else {
            self.lost = true;
            return Ok(Replayed::Different(Difference {
                sequence,
                detail: "stepped again, it leaves no entry".into(),
            }));
        };
        self.taken.clear();
        self.taken.extend(outcome.trace.iter().flat_map(|trace| trace.taken()));
        self.snapshot = Some(outcome.next);
        if again.bytes == bytes {
            return Ok(Replayed::Same);
        }
        self.lost = true;
        Ok(Replayed::Different(Difference {
            sequence,
            detail: first_difference(bytes, &again.bytes),
        }))
    }

    /// The snapshot that the entries so far lead to.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref().filter(|_| !self.lost)
    }

    /// The transitions that the last entry took, each with the position of its branch.
    pub fn taken(&self) -> &[(TransitionIndex, usize)] {
        &self.taken
    }

    fn again(&self, entry: &EntryText) -> Result<(Outcome, Option<Entry>), EntryError> {
        let at = entry.at()?;
        let actor = entry.actor()?;
        let failed = |failure: crate::step::Failure| EntryError(format!("stepped again, it fails: {failure}"));
        let sealed = |recorded: Result<(Outcome, Entry), crate::step::Failure>| {
            let (outcome, entry) = recorded.map_err(failed)?;
            Ok((outcome, Some(entry)))
        };
        let before = self.snapshot.as_ref();
        let needed = || before.ok_or_else(|| EntryError("it comes before the start".into()));
        match entry.input_kind() {
            "act" => {
                let act = entry
                    .input()
                    .and_then(|input| input.get("act"))
                    .cloned()
                    .unwrap_or(Value::Null);
                sealed(system_entry(entry.key()?, before, &act, &actor, at))
            }
            "duplicate" => {
                let of = entry
                    .input()
                    .and_then(|input| input.get("of"))
                    .and_then(Value::as_integer)
                    .unwrap_or(0) as u64;
                let key = crate::identity::InputKey([0; 16]);
                sealed(record(self.chart, needed()?, &Record::Duplicate { of, key }, &actor, at))
            }
            "erasure" => sealed(record(self.chart, needed()?, &Record::Erasure, &actor, at)),
            _ => {
                let input = entry.as_input(self.secret())?;
                if let Some(refusals) = refused_by_commit(entry) {
                    let input = Box::new(input);
                    let refused = Record::Refused { input, refusals };
                    return sealed(record(self.chart, needed()?, &refused, &actor, at));
                }
                let mut facts = entry.facts()?;
                facts.calendar = self.calendar_of(entry)?;
                facts.tables = self.tables_of(entry)?;
                match step(self.chart, before, &input, &facts, at).map_err(failed)? {
                    Stepped::Done(mut outcome) => {
                        let entry = seal(
                            self.chart,
                            &mut outcome,
                            &input,
                            before.map_or(Digest::ZERO, |before| before.head),
                        );
                        Ok((*outcome, entry))
                    }
                    Stepped::Needs(_) => Err(EntryError("stepped again, it needs facts that were not recorded".into())),
                }
            }
        }
    }

    fn calendar_of(&self, entry: &EntryText) -> Result<Option<Arc<CalendarVersion>>, EntryError> {
        let Some(version) = entry.calendar()? else { return Ok(None) };
        let known = self.calendars.get(&version).cloned();
        let unknown = || EntryError(format!("version {version} of its calendar is not there"));
        known.map(Some).ok_or_else(unknown)
    }

    fn tables_of(&self, entry: &EntryText) -> Result<TableFacts, EntryError> {
        let mut facts = TableFacts::default();
        for (name, version) in entry.tables()? {
            let known = self.tables.get(&version).filter(|known| known.table.name == name);
            let known = known.ok_or_else(|| EntryError(format!("version {version} of the table `{name}` is not there")))?;
            facts.insert(known.clone());
        }
        Ok(facts)
    }

    fn secret(&self) -> Option<[u8; 32]> {
        let (_, text) = self.personal.iter().find(|(reference, _)| *reference == Digest::ZERO)?;
        text.trim_matches('"').parse::<Digest>().ok().map(|digest| digest.0)
    }

    /// The secret goes with the personal data; without it no snapshot comes out the same, whatever this entry says of anybody.
    fn has_lost_its_secret(&self) -> bool {
        self.chart.holds_personal_data && self.secret().is_none()
    }

    fn is_erased(&self, bytes: &str) -> bool {
        let missing = std::cell::Cell::new(false);
        let look = |reference: &str| {
            if find(reference, self.personal).is_none() {
                missing.set(true);
            }
            Value::Null
        };
        let _ = crate::value::canonical::read_canonical_with(bytes, &look);
        missing.get()
    }
}

fn find(reference: &str, personal: &[(Digest, String)]) -> Option<Value> {
    let digest = reference.parse::<Digest>().ok()?;
    let (_, text) = personal.iter().find(|(known, _)| *known == digest)?;
    read_canonical(text).ok()
}

/// A refusal of kind `conflict` was seen by the commit, not by the step: the step alone would have taken the input.
fn refused_by_commit(entry: &EntryText) -> Option<Vec<Refusal>> {
    let reasons = entry.member("reasons")?.as_list()?;
    let refusals: Vec<Refusal> = reasons
        .iter()
        .map(|reason| Refusal {
            kind: RefusalKind::Conflict,
            sentence: reason.field("sentence").and_then(Value::as_text).unwrap_or_default().into(),
            field: reason.field("field").and_then(Value::as_text).map(String::from),
            instances: reason
                .field("instances")
                .and_then(Value::as_list)
                .unwrap_or(&[])
                .iter()
                .filter_map(|instance| instance.as_text().map(String::from))
                .collect(),
        })
        .collect();
    let by_commit = reasons
        .iter()
        .all(|reason| reason.field("kind").and_then(Value::as_text) == Some("conflict"));
    (by_commit && !refusals.is_empty()).then_some(refusals)
}

/// How many bytes are shown round the first byte that differs.
const SHOWN_BYTES: usize = 60;

fn first_difference(recorded: &str, again: &str) -> String {
    let at = recorded
        .bytes()
        .zip(again.bytes())
        .take_while(|(left, right)| left == right)
        .count();
    let around = |text: &str| {
        let from = text.floor_char_boundary(at.saturating_sub(SHOWN_BYTES / 3));
        let to = text.floor_char_boundary((at + SHOWN_BYTES).min(text.len()));
        text.get(from..to).unwrap_or_default().to_string()
    };
    format!(
        "at byte {at}: recorded …{}…, stepped again …{}…",
        around(recorded),
        around(again)
    )
}
