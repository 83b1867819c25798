//! By what others find an instance: its indexed fields, and the states it is in.

use std::sync::Arc;

use super::Snapshot;
use super::blind::{BLIND, BlindKey, blind_terms_of};
use super::interrupt::{Interrupt, failure};
use super::machine::Machine;
use crate::chart::{Chart, ValueTemplate, finds_marks};
use crate::identity::Digest;
use crate::value::Value;

/// How long a value's text may be, in bytes: of a longer one a digest stands for it.
const TEXT_BYTES_MAX: usize = 400;

/// How many pairs one instance, or one mark, is found by: each is a row in an index, and a list with more items is better an instance for
/// each.
pub const INDEX_PAIRS_MAX: usize = 64;

/// By what instances are found: field → values, one of which it must have.
pub type FoundBy = Vec<(Arc<str>, Vec<Arc<str>>)>;

/// Field → value, of every indexed field that has one; a list has a pair for each of its items. None: nobody finds instances of
/// this chart.
pub fn index_of(chart: &Chart, snapshot: &Snapshot) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    if !chart.is_found_by_index() {
        return None;
    }
    let mut pairs: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for field in &chart.indexed {
        let texts = index_texts(snapshot.data.get(field).unwrap_or(&Value::Null));
        pairs.extend(texts.map(|text| (field.clone(), text)));
    }
    pairs.sort();
    pairs.dedup();
    Some(pairs)
}

/// The same, and what is personal as digests under this key.
pub fn index_under(chart: &Chart, snapshot: &Snapshot, key: &BlindKey) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let mut pairs = index_of(chart, snapshot)?;
    let terms = blind_terms_of(chart, snapshot);
    pairs.extend(terms.iter().map(|term| (BLIND.into(), term.digest(&chart.workflow, key))));
    pairs.sort();
    pairs.dedup();
    Some(pairs)
}

/// A mark is found by its single values; one that is declared, by the fields that say so.
pub(super) fn mark_index(chart: &Chart, name: &str, values: &Value) -> Vec<(Arc<str>, Arc<str>)> {
    let declared = chart.marks.as_ref().and_then(|marks| marks.get(name));
    let finds = |field: &str| declared.is_none_or(|fields| fields.get(field).is_some_and(finds_marks));
    let fields = values.as_object().into_iter().flat_map(|fields| fields.iter());
    fields
        .filter(|(name, _)| finds(name))
        .filter_map(|(name, value)| Some((name.clone(), index_text(value)?)))
        .collect()
}

impl Machine<'_> {
    /// What nobody could find any more is not kept: a silent cut would be a find that lies.
    pub(super) fn check_index(&self) -> Result<(), Interrupt> {
        let most = self
            .log
            .marks
            .iter()
            .map(|mark| (&mark.name, mark_index(self.chart, &mark.name, &mark.values).len()));
        let too_long = most
            .filter(|(_, pairs)| *pairs > INDEX_PAIRS_MAX)
            .max_by_key(|(_, pairs)| *pairs);
        if let Some((name, pairs)) = too_long {
            let sentence = format!("the mark `{name}` holds {pairs} values that it is found by; at most {INDEX_PAIRS_MAX}");
            return Err(failure("SW-1011", sentence));
        }
        // what has not changed was counted when it came
        if !self
            .log
            .changes
            .iter()
            .any(|change| self.chart.indexed.contains(&change.field) || self.chart.blind.contains(&change.field))
        {
            return Ok(());
        }
        let pairs = index_of(self.chart, &self.next).map_or(0, |pairs| pairs.len());
        let pairs = pairs + blind_terms_of(self.chart, &self.next).len();
        if pairs > INDEX_PAIRS_MAX {
            let fields: Vec<&str> = self
                .chart
                .indexed
                .iter()
                .chain(&self.chart.blind)
                .map(|field| &**field)
                .collect();
            let fields = fields.join(", ");
            let sentence = format!("there are {pairs} values that it is found by ({fields}); at most {INDEX_PAIRS_MAX}");
            return Err(failure("SW-1011", sentence));
        }
        Ok(())
    }
}

/// The texts of a value, or of each item of a list.
pub(super) fn index_texts(value: &Value) -> impl Iterator<Item = Arc<str>> {
    let values = value.as_list().unwrap_or(std::slice::from_ref(value));
    values.iter().filter_map(index_text)
}

/// What must hold of whoever is found: field → texts, one of which it must have. None: a value is null, and nobody has that.
pub(super) fn conditions_of<'v, E>(
    wanted: &'v [(Arc<str>, ValueTemplate)],
    computed: impl Fn(&'v ValueTemplate) -> Result<Value, E>,
) -> Result<Option<FoundBy>, E> {
    let mut conditions = FoundBy::with_capacity(wanted.len());
    for (field, value) in wanted {
        let texts: Vec<Arc<str>> = index_texts(&computed(value)?).collect();
        if texts.is_empty() {
            return Ok(None);
        }
        conditions.push((field.clone(), texts));
    }
    Ok(Some(conditions))
}

/// The text under which a value is found; None for null, and for what is no single value.
pub fn index_text(value: &Value) -> Option<Arc<str>> {
    let text: Arc<str> = match value {
        Value::Null | Value::List(_) | Value::Object(_) => return None,
        Value::Text(text) => text.clone(),
        other => crate::value::text::to_text(other, None).into(),
    };
    match text.len() <= TEXT_BYTES_MAX {
        true => Some(text),
        false => Some(format!("sha256:{}", Digest::of(text.as_bytes())).into()),
    }
}

/// Names and paths of the active states.
pub fn state_names(chart: &Chart, snapshot: &Snapshot) -> Vec<Arc<str>> {
    let states = snapshot
        .active
        .iter()
        .map(|state| chart.state(state))
        .filter(|state| state.parent.is_some());
    let mut names: Vec<Arc<str>> = states.flat_map(|state| [state.name.clone(), state.path.clone()]).collect();
    names.sort();
    names.dedup();
    names
}
