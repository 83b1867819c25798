//! The lanes of a board, with how many each holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::chart::Lane;
use statewright_core::identity::Digest;
use statewright_core::value::Value;
use statewright_core::value::canonical::to_canonical;
use statewright_core::value::order::Ordered;
use statewright_core::value::text::to_text;

use super::cell::Cell;
use super::rows::page_of;
use super::scan::Entry;
use super::{Asked, LaneShown, VIEW_LANE_MAX, VIEW_LANES_MAX, unfit};
use crate::error::{EngineError, EngineResult};
use crate::queries::Queries;
use crate::registry::Known;

/// A lane while it is filled.
pub(super) struct Filling<T> {
    pub id: String,
    pub title: String,
    pub value: Option<Cell>,
    pub entries: Vec<T>,
}

impl Queries {
    pub(super) async fn lanes(&self, asked: &Asked<'_>, live: &Known) -> EngineResult<Vec<LaneShown>> {
        let entries = self.entries(asked, live).await?;
        let filled = match asked.view.lanes.as_slice() {
            [] => by_value(entries, |entry| entry.group.clone())?,
            lanes => by_states(lanes, entries),
        };
        let mut shown = Vec::new();
        for lane in wanted(asked, filled)? {
            let (page, next) = page_of(asked, Some(&lane.id), &lane.entries, asked.limit(VIEW_LANE_MAX))?;
            shown.push(LaneShown {
                count: lane.entries.len() as u64,
                rows: self.rows_of(asked, page).await?,
                next,
                id: lane.id,
                title: lane.title,
                value: lane.value,
            });
        }
        Ok(shown)
    }
}

/// All lanes, or the one that is asked for.
pub(super) fn wanted<T>(asked: &Asked<'_>, mut lanes: Vec<Filling<T>>) -> EngineResult<Vec<Filling<T>>> {
    let Some(id) = &asked.request.lane else { return Ok(lanes) };
    lanes.retain(|lane| lane.id == *id);
    match lanes.is_empty() {
        true => Err(unfit("lane", "is none of the board's")),
        false => Ok(lanes),
    }
}

/// Each stands in the first lane that has one of its states; what is in none is not on the board.
fn by_states(lanes: &[Lane], entries: Vec<Entry>) -> Vec<Filling<Entry>> {
    let empty = |(place, lane): (usize, &Lane)| Filling {
        id: place.to_string(),
        title: lane.title.to_string(),
        value: None,
        entries: Vec::new(),
    };
    let mut filled: Vec<Filling<Entry>> = lanes.iter().enumerate().map(empty).collect();
    for entry in entries {
        let is_in = |lane: &Lane| lane.states.iter().any(|state| entry.states.contains(state));
        if let Some(place) = lanes.iter().position(is_in) {
            filled[place].entries.push(entry);
        }
    }
    filled
}

/// A lane for each value, in their order; those without one come last, and those of whom it is withheld after them.
pub(super) fn by_value<T>(entries: Vec<T>, value_of: impl Fn(&T) -> Cell) -> EngineResult<Vec<Filling<T>>> {
    let mut lanes: BTreeMap<(u8, Ordered), Filling<T>> = BTreeMap::new();
    for entry in entries {
        let cell = value_of(&entry);
        let (rank, value) = match &cell {
            Cell::Value(Value::Null) => (1, Value::Null),
            Cell::Value(value) => (0, value.clone()),
            Cell::Withheld => (2, Value::Null),
        };
        let filling = || Filling {
            id: id_of(rank, &value),
            title: to_text(&value, None),
            value: Some(cell.clone()),
            entries: Vec::new(),
        };
        let lane = lanes.entry((rank, Ordered(value.clone()))).or_insert_with(filling);
        lane.entries.push(entry);
    }
    match lanes.len() > VIEW_LANES_MAX {
        true => Err(EngineError::ViewTooWide { most: VIEW_LANES_MAX }),
        false => Ok(lanes.into_values().collect()),
    }
}

fn id_of(rank: u8, value: &Value) -> String {
    let text: Arc<str> = format!("{rank}{}", to_canonical(value)).into();
    let mut id = Digest::of(text.as_bytes()).to_string();
    id.truncate(16);
    id
}
