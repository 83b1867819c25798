//! Marks: lines that workflows leave behind to be counted, found by their name and the values of some of their fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::{FieldCondition, IndexedValue, Write};

/// Pairs of one mark by which it is found: each is a row in an index.
pub const MARK_PAIRS_MAX: usize = statewright_core::step::INDEX_PAIRS_MAX;

/// A mark to come.
#[derive(Clone, Debug)]
pub struct NewMark {
    /// Of the entry that it belongs to, one of its write's.
    pub sequence: u64,
    /// Where it stands among the marks of the same entry and those that are taken back by it; no two alike.
    pub ordinal: u32,
    pub name: Arc<str>,
    pub at_us: i64,
    pub actor: Arc<str>,
    /// Canonical JSON that the runtime reads back.
    pub values: String,
    /// By what it is found. A field may stand several times, with different values; no field is empty.
    /// At most [`MARK_PAIRS_MAX`], each text at most [`FIELD_BYTES_MAX`](super::FIELD_BYTES_MAX).
    pub index: Vec<IndexedValue>,
}

/// The instance's latest mark of this name is taken back: of those that stand before this place (in the order of sequence and ordinal)
/// and are not taken back yet. If there is none, nothing is.
#[derive(Clone, Debug)]
pub struct MarkBack {
    /// As a mark's.
    pub sequence: u64,
    pub ordinal: u32,
    pub name: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkRow {
    pub instance: InstanceId,
    pub sequence: u64,
    pub ordinal: u32,
    pub name: Arc<str>,
    pub at_us: i64,
    pub actor: Arc<str>,
    pub values: String,
}

impl MarkRow {
    pub(super) fn place(&self) -> MarkPlace {
        (self.at_us, self.instance, self.sequence, self.ordinal)
    }
}

/// The newest is the greatest.
pub(super) type MarkPlace = (i64, InstanceId, u64, u32);

/// Which marks are looked for: those not taken back for which all of this holds.
#[derive(Clone, Debug, Default)]
pub struct MarkQuery {
    pub name: Arc<str>,
    /// Each must hold. What meets the first is walked and the others are compared, so the
    /// one that says most should come first.
    pub conditions: Vec<FieldCondition>,
    /// Of these alone; None: of all.
    pub instances: Option<Vec<InstanceId>>,
    /// At this moment or later.
    pub since_us: Option<i64>,
    /// At this moment or earlier.
    pub until_us: Option<i64>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkPage {
    /// Newest first.
    pub rows: Vec<MarkRow>,
    /// Whether there are more.
    pub more: bool,
}

/// What every mark is found by that is looked for by its name alone: a pair of empty texts.
pub(super) const EVERY: &str = "";

/// The condition whose marks are walked, and the others.
pub(super) fn walked(query: &MarkQuery) -> (&str, Vec<&str>, &[FieldCondition]) {
    match query.conditions.split_first() {
        Some(((field, values), others)) => {
            let mut values: Vec<&str> = values.iter().map(|value| &**value).collect();
            values.sort_unstable();
            values.dedup();
            (field, values, others)
        }
        None => (EVERY, vec![EVERY], &[]),
    }
}

/// What a write makes of its instance's marks.
pub(super) struct Settled<'a> {
    /// Those that are not taken back by the same write.
    pub(super) marks: Vec<&'a NewMark>,
    /// Name → how many of the latest that were there before are taken back.
    pub(super) back: BTreeMap<&'a str, u64>,
}

impl<'a> Settled<'a> {
    pub(super) fn of(write: &'a Write) -> Self {
        let mut marks: BTreeMap<(u64, u32), &NewMark> =
            write.marks.iter().map(|mark| ((mark.sequence, mark.ordinal), mark)).collect();
        let mut back = BTreeMap::new();
        let mut taken_back: Vec<&MarkBack> = write.marks_back.iter().collect();
        taken_back.sort_by_key(|back| (back.sequence, back.ordinal));
        for taken in taken_back {
            let before = marks.range(..(taken.sequence, taken.ordinal));
            let latest = before
                .rev()
                .find(|(_, mark)| mark.name == taken.name)
                .map(|(place, _)| *place);
            match latest {
                Some(place) => _ = marks.remove(&place),
                None => *back.entry(&*taken.name).or_default() += 1,
            }
        }
        Settled {
            marks: marks.into_values().collect(),
            back,
        }
    }
}
