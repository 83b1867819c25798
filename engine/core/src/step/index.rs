//! By what others find an instance: its indexed fields, and the states it is in.

use std::sync::Arc;

use super::Snapshot;
use crate::chart::Chart;
use crate::identity::Digest;
use crate::value::Value;

/// How long a value's text may be, in bytes: of a longer one a digest stands for it.
const TEXT_BYTES_MAX: usize = 400;

/// How many pairs one instance is found by: a list with more items is better an instance for each.
const PAIRS_MAX: usize = 64;

/// Field → value, of every indexed field that has one; a list has a pair for each of its items. None: nobody finds instances of
/// this chart.
pub fn index_of(chart: &Chart, snapshot: &Snapshot) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    if chart.indexed.is_empty() && !chart.sends_by_schedule() {
        return None;
    }
    let mut pairs: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for field in &chart.indexed {
        let value = snapshot.data.get(field).unwrap_or(&Value::Null);
        let single = std::slice::from_ref(value);
        let values = value.as_list().unwrap_or(single);
        let texts = values.iter().filter_map(index_text);
        pairs.extend(texts.map(|text| (field.clone(), text)));
    }
    pairs.sort();
    pairs.dedup();
    pairs.truncate(PAIRS_MAX);
    Some(pairs)
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
