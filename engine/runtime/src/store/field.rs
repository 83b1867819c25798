//! Values of fields as texts, by which instances and marks are found.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::Write;

/// By what something is found: (field, its value as text).
pub type IndexedValue = (Arc<str>, Arc<str>);

/// What is looked for: (field, values); it holds by any of the values.
pub type FieldCondition = (Arc<str>, Vec<Arc<str>>);

/// Of a field's name or of its value as text, in bytes: together with the other columns of an index two of them must fit a third of a
/// page (about 2,700 bytes on PostgreSQL). Whoever has longer ones looks for a digest of them.
pub const FIELD_BYTES_MAX: usize = 512;

/// Of one instance: each is a row in an index.
pub const INDEXED_VALUES_MAX: usize = 256;

/// Names and paths of states that one instance is in: each is a row in an index.
pub const STATES_MAX: usize = 2 * statewright_core::chart::STATES_MAX;

/// Which instances are looked for: those for which all of this holds. One is found from the first write on that brought an index or
/// states ([`Write::index`](super::Write::index), [`Write::states`](super::Write::states)), under the workflow that this write named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindQuery {
    pub workflow: Arc<str>,
    /// Each must hold. Who meets the first is walked and the others are compared, so the one that says most should come first.
    pub conditions: Vec<FieldCondition>,
    /// In any of these; none: in whatever states.
    pub states: Vec<Arc<str>>,
    /// Continue after this one.
    pub after: Option<InstanceId>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindPage {
    /// With the sequence at which each stood, in the order of their identifiers.
    pub rows: Vec<(InstanceId, u64)>,
    /// Whether there are more.
    pub more: bool,
}

/// What a step has found, for its commit: if it is another by then, the step is to be taken anew (`Applied::ReadMoved`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBefore {
    /// From the beginning ([`FindQuery::after`] is none).
    pub query: FindQuery,
    pub found: FoundThen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundThen {
    Count(u64),
    /// As a page has them.
    Rows(Vec<(InstanceId, u64)>),
}

/// The field under which states stand, and with an empty value every instance that can be found; no field is called so.
pub(super) const STATE: &str = "";

/// Field and value of what an instance is found by → the workflow under which.
pub(super) type FoundUnder = BTreeMap<IndexedValue, Arc<str>>;

impl FindQuery {
    /// Whether an instance that is found by these meets it.
    pub(super) fn is_met_by(&self, found_by: &FoundUnder) -> bool {
        let has = |field: &Arc<str>, value: &Arc<str>| found_by.get(&(field.clone(), value.clone())) == Some(&self.workflow);
        let conditions = self.all_conditions();
        conditions
            .iter()
            .all(|(field, values)| values.iter().any(|value| has(field, value)))
    }

    /// All that must hold; the first is walked.
    pub(super) fn all_conditions(&self) -> Vec<FieldCondition> {
        let mut conditions = self.conditions.clone();
        if !self.states.is_empty() {
            conditions.push((STATE.into(), self.states.clone()));
        }
        if conditions.is_empty() {
            conditions.push((STATE.into(), vec![STATE.into()]));
        }
        conditions
    }
}

/// What a write makes of its instance's rows: those that it has from now on, beside what is not replaced. None: nothing.
pub(super) fn rows_of(write: &Write) -> Option<Vec<(&str, &str)>> {
    if write.index.is_none() && write.states.is_none() {
        return None;
    }
    let pairs = write.index.iter().flatten().map(|(field, value)| (&**field, &**value));
    let states = write.states.iter().flatten().map(|state| (STATE, &**state));
    let mut rows: Vec<(&str, &str)> = pairs.chain(states).chain([(STATE, STATE)]).collect();
    rows.sort_unstable();
    rows.dedup();
    Some(rows)
}

/// What a write makes of what its instance is found by.
pub(super) fn replace(found_by: &mut FoundUnder, write: &Write) {
    let Some(rows) = rows_of(write) else { return };
    let is_state = |field: &str, value: &str| field == STATE && value != STATE;
    found_by.retain(|(field, value), _| {
        let goes = if **field == *STATE {
            write.states.is_some() && is_state(field, value)
        } else {
            write.index.is_some()
        };
        !goes
    });
    for (field, value) in rows {
        found_by.insert((field.into(), value.into()), write.next.workflow.clone());
    }
}

/// What is wrong with these pairs of (field, value).
pub(super) fn fault<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, how_many_max: usize) -> Option<&'static str> {
    for (number, (field, value)) in pairs.enumerate() {
        if number >= how_many_max {
            return Some("too many indexed values or states");
        }
        if field.is_empty() {
            return Some("an indexed field or state without a name");
        }
        if field.len() > FIELD_BYTES_MAX || value.len() > FIELD_BYTES_MAX {
            return Some("an indexed field, value or state that is too long");
        }
    }
    None
}
