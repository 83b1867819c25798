//! Looking into the access log.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

use super::log::READING;
use super::reading::{INSTANCE, WHO, WORKFLOW};
use crate::error::EngineResult;
use crate::store::{FieldCondition, MarkQuery, Store, TrailRow};

/// Readings given at once.
pub const ACCESS_PAGE_MAX: usize = 200;

/// Readings looked at for one page: what the index does not know (fields, refusals) is compared one by one.
const ACCESS_SCAN_MAX: usize = 1_000;

/// Beyond a page as many may stand in its last moment as there are nodes; more than anybody runs.
const NODES_MAX: usize = 64;

/// What is looked for: all of it holds.
#[derive(Clone, Debug, Default)]
pub struct AccessRequest {
    /// Who read, or for whom they stood in.
    pub who: Option<Arc<str>>,
    pub instance: Option<InstanceId>,
    pub workflow: Option<Arc<str>>,
    /// What was read of it.
    pub field: Option<Arc<str>>,
    pub refused: Option<bool>,
    pub from_us: Option<i64>,
    /// Before this moment.
    pub until_us: Option<i64>,
    pub after: Option<AccessPlace>,
    pub limit: usize,
}

/// Where a reading stands: by its moment, then by its node and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessPlace {
    pub at_us: i64,
    pub node: InstanceId,
    pub sequence: u64,
}

/// A reading.
#[derive(Clone, Debug)]
pub struct Access {
    pub place: AccessPlace,
    /// The entry, as it is proven.
    pub entry: EntryText,
}

#[derive(Clone, Debug)]
pub struct Accesses {
    /// The newest first.
    pub readings: Vec<Access>,
    /// Where to go on; None: there is no more.
    pub next: Option<AccessPlace>,
}

/// A page may be shorter than its limit: it ends where `next` is none.
///
/// # Errors
/// Those of the store.
pub async fn accesses(store: &Arc<dyn Store>, request: &AccessRequest) -> EngineResult<Accesses> {
    let limit = request.limit.clamp(1, ACCESS_PAGE_MAX);
    let mut found = Accesses {
        readings: Vec::new(),
        next: request.after,
    };
    let mut looked_at = 0;
    loop {
        let until_us = match (found.next, request.until_us) {
            (Some(next), _) => Some(next.at_us),
            (None, until_us) => until_us.map(|until_us| until_us - 1),
        };
        let query = MarkQuery {
            name: READING.into(),
            conditions: request.conditions(),
            instances: None,
            since_us: request.from_us,
            until_us,
            limit: limit + NODES_MAX,
        };
        let page = store.marks(&query).await?;
        let mut has_moved = false;
        for row in &page.rows {
            let place = AccessPlace {
                at_us: row.at_us,
                node: row.instance,
                sequence: row.sequence,
            };
            if found.next.is_some_and(|next| place >= next) {
                continue;
            }
            (found.next, has_moved) = (Some(place), true);
            looked_at += 1;
            let entries = store.trail(row.instance, row.sequence.saturating_sub(1), 1).await?;
            if let Some(entry) = entries.first().and_then(read)
                && request.fits(&entry)
            {
                found.readings.push(Access { place, entry });
            }
            if found.readings.len() == limit {
                return Ok(found);
            }
        }
        if !page.more || !has_moved {
            found.next = None;
            return Ok(found);
        }
        if looked_at >= ACCESS_SCAN_MAX {
            return Ok(found);
        }
    }
}

/// How many readings of each node the log shows: what `verify` compares with the entries that there are.
///
/// # Errors
/// Those of the store.
pub(crate) async fn shown_by_node(store: &Arc<dyn Store>) -> EngineResult<BTreeMap<InstanceId, u64>> {
    let mut shown = BTreeMap::new();
    let mut last: Option<AccessPlace> = None;
    loop {
        let query = MarkQuery {
            name: READING.into(),
            until_us: last.map(|last| last.at_us),
            limit: ACCESS_SCAN_MAX + NODES_MAX,
            ..MarkQuery::default()
        };
        let page = store.marks(&query).await?;
        let before = last;
        for row in &page.rows {
            let place = AccessPlace {
                at_us: row.at_us,
                node: row.instance,
                sequence: row.sequence,
            };
            if before.is_none_or(|before| place < before) {
                *shown.entry(row.instance).or_default() += 1;
                last = Some(place);
            }
        }
        if !page.more || last == before {
            return Ok(shown);
        }
    }
}

fn read(row: &TrailRow) -> Option<EntryText> {
    EntryText::read_any(&row.bytes).ok()
}

impl AccessRequest {
    /// What the index knows; what says most first.
    fn conditions(&self) -> Vec<FieldCondition> {
        let instance = self.instance.map(|id| Arc::from(id.to_string()));
        let known = [
            (INSTANCE, instance),
            (WHO, self.who.clone()),
            (WORKFLOW, self.workflow.clone()),
        ];
        let given = known
            .into_iter()
            .filter_map(|(name, value)| Some((Arc::from(name), vec![value?])));
        given.collect()
    }

    fn fits(&self, entry: &EntryText) -> bool {
        let Some(act) = act_of(entry) else { return false };
        let fields = act.field("fields").and_then(Value::as_list).unwrap_or_default();
        let refused = act.field("refused").and_then(Value::as_boolean).unwrap_or(false);
        let has = |field: &Arc<str>| fields.iter().any(|name| name.as_text() == Some(field));
        self.field.as_ref().is_none_or(has) && self.refused.is_none_or(|wanted| wanted == refused)
    }
}

/// What an entry of the log says was read.
pub fn act_of(entry: &EntryText) -> Option<&Value> {
    entry.member("input")?.field("act")
}
