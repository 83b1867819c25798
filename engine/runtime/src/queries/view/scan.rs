//! The instances that a view may show, page by page, and which of them it does.

use std::sync::Arc;

use statewright_core::chart::{Chart, StateIndex, StateKind};
use statewright_core::identity::InstanceId;
use statewright_core::step::state_names;
use statewright_core::value::Value;

use super::cell::Cell;
use super::cursor::{Place, compare};
use super::{Asked, VIEW_SCAN_MAX, is_one_of};
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instance, Personal};
use crate::queries::Queries;
use crate::queries::sight::Sight;
use crate::registry::Known;
use crate::store::{FindQuery, InstanceRow, ListQuery};

/// Read at once.
const PAGE: usize = 500;

/// Where instances are looked for.
pub(super) enum Source {
    /// By an index over their fields and states.
    Found(FindQuery),
    /// The youngest first.
    Listed(ListQuery),
}

/// One that a view shows, as it stands in its order.
pub(super) struct Entry {
    pub place: Place,
    pub group: Cell,
    /// Names and paths of its states.
    pub states: Vec<Arc<str>>,
}

impl Source {
    /// What says most of whom a view may show.
    ///
    /// An index knows whoever was begun since a field of the workflow was indexed. Where states alone are asked for and none of them is an
    /// end, all that are not done are looked at, whenever they were begun.
    pub fn of(asked: &Asked<'_>, chart: &Chart) -> Source {
        let workflow = chart.workflow.clone();
        let mut conditions = asked.conditions();
        conditions.retain(|(field, _)| chart.indexed.contains(field));
        let states = asked.view.all_states();
        let ends = !states.is_empty() && states.iter().any(|state| may_be_end(chart, state));
        let has_index = !chart.indexed.is_empty() || chart.sends_by_schedule();
        if has_index && (ends || !conditions.is_empty()) {
            return Source::Found(FindQuery {
                workflow,
                conditions,
                states,
                after: None,
                limit: PAGE,
            });
        }
        Source::Listed(ListQuery {
            workflow: Some(workflow),
            done: (!states.is_empty() && !ends).then_some(false),
            after: None,
            limit: PAGE,
        })
    }

    /// All instances of a workflow.
    pub fn all_of(chart: &Chart) -> Source {
        Source::Listed(ListQuery {
            workflow: Some(chart.workflow.clone()),
            done: None,
            after: None,
            limit: PAGE,
        })
    }
}

/// Whether whoever is in this state may be done.
fn may_be_end(chart: &Chart, name: &str) -> bool {
    let named = chart
        .states
        .iter()
        .filter(|state| *state.name == *name || *state.path == *name);
    let mut ends = named.map(|state| matches!(state.kind, StateKind::Final) && state.parent == Some(StateIndex::ROOT));
    ends.any(|end| end)
}

impl Queries {
    /// The next page of those that may be shown; the last one where the answer says so.
    pub(super) async fn next(&self, source: &mut Source) -> EngineResult<(Vec<InstanceRow>, bool)> {
        match source {
            Source::Listed(query) => {
                let page = self.store.list(query).await?;
                let last = page.rows.last();
                query.after = last.map(|row| (row.started_at_us, row.instance)).or(query.after);
                Ok((page.rows, !page.more))
            }
            Source::Found(query) => {
                let page = self.store.find(query).await?;
                query.after = page.rows.last().map(|(id, _)| *id).or(query.after);
                let ids: Vec<InstanceId> = page.rows.iter().map(|(id, _)| *id).collect();
                let rows = self.store.load(&ids).await?;
                Ok((rows.into_iter().flatten().collect(), !page.more))
            }
        }
    }

    /// Of these rows those that the reader sees and that the view shows.
    pub(super) async fn seen_by_reader(
        &self,
        asked: &Asked<'_>,
        rows: &[InstanceRow],
        personal: Personal,
    ) -> EngineResult<Vec<Sight>> {
        let all: Vec<&InstanceRow> = rows.iter().collect();
        let mut sights = Vec::new();
        for (row, restored) in rows.iter().zip(self.instances.restore_all(&all, personal).await?) {
            let sight = self.sight_of(row, restored, asked.actor, asked.now).await?;
            sights.extend(sight.filter(|sight| asked.shows(sight)));
        }
        Ok(sights)
    }

    /// All that a view shows, in its order.
    ///
    /// # Errors
    /// [`EngineError::ViewTooLarge`] where more would have to be looked at than is.
    pub(super) async fn entries(&self, asked: &Asked<'_>, live: &Known) -> EngineResult<Vec<Entry>> {
        let mut source = Source::of(asked, &live.chart);
        let mut entries = Vec::new();
        let mut looked_at = 0;
        loop {
            let (rows, is_last) = self.next(&mut source).await?;
            looked_at += rows.len();
            if looked_at > VIEW_SCAN_MAX {
                return Err(EngineError::ViewTooLarge { most: VIEW_SCAN_MAX });
            }
            for seen in self.seen_by_reader(asked, &rows, Personal::Without).await? {
                entries.push(self.entry(asked, &seen).await?);
            }
            if is_last || rows.is_empty() {
                break;
            }
        }
        let descending = asked.descending();
        entries.sort_by(|left, right| compare(&left.place, &right.place, &descending));
        Ok(entries)
    }

    async fn entry(&self, asked: &Asked<'_>, seen: &Sight) -> EngineResult<Entry> {
        let mut keys = Vec::new();
        for (path, _) in asked.order() {
            let cell = self.cell(asked, seen, &path).await?;
            keys.push(cell.value().cloned().unwrap_or(Value::Null));
        }
        let Instance { known, snapshot, .. } = &seen.instance;
        keys.push(Value::from_instant(snapshot.started_at));
        Ok(Entry {
            place: Place {
                keys,
                name: snapshot.instance.to_string().into(),
            },
            group: match &asked.view.group {
                Some(path) => self.cell(asked, seen, path).await?,
                None => Cell::Value(Value::Null),
            },
            states: state_names(&known.chart, snapshot),
        })
    }
}

impl Asked<'_> {
    /// Of each key of a place whether the greatest stand first; of what is otherwise at one place the youngest do.
    pub fn descending(&self) -> Vec<bool> {
        self.order().iter().map(|(_, descending)| *descending).chain([true]).collect()
    }

    /// Whether a view shows an instance that its reader sees. By a field that they do not see nothing is chosen: that it is there would
    /// tell them what stands in it.
    pub fn shows(&self, seen: &Sight) -> bool {
        let Instance { known, snapshot, .. } = &seen.instance;
        let is_in = self.is_in(&state_names(&known.chart, snapshot));
        is_in
            && self.conditions().iter().all(|(field, texts)| {
                let value = snapshot.data.get(field).filter(|_| seen.shows(field));
                value.is_some_and(|value| is_one_of(value, texts))
            })
    }

    pub fn is_in(&self, names: &[Arc<str>]) -> bool {
        let states = self.view.all_states();
        states.is_empty() || states.iter().any(|state| names.contains(state))
    }
}
