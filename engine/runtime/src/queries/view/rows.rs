//! A page of a list.

use statewright_core::identity::InstanceId;
use statewright_core::value::Value;

use super::cell::Cell;
use super::cursor::{Place, compare};
use super::scan::{Entry, Source};
use super::{Asked, Row, Rows, VIEW_PAGE_MAX};
use crate::error::EngineResult;
use crate::instances::Personal;
use crate::queries::Queries;
use crate::queries::list::LIST_SCAN_MAX;
use crate::registry::Known;
use crate::store::{InstanceRow, ListQuery};

impl Queries {
    pub(super) async fn rows(&self, asked: &Asked<'_>, live: &Known) -> EngineResult<Rows> {
        match Source::of(asked, &live.chart) {
            // their own order is that of the index: however many there are, a page is a page
            Source::Listed(query) if asked.order().is_empty() => self.youngest(asked, query).await,
            _ => {
                let entries = self.entries(asked, live).await?;
                let limit = asked.limit(VIEW_PAGE_MAX);
                let (page, next) = page_of(asked, None, &entries, limit)?;
                Ok(Rows {
                    rows: self.rows_of(asked, page).await?,
                    next,
                    total: Some(entries.len() as u64),
                    groups: match asked.view.group {
                        Some(_) => groups_of(&entries),
                        None => Vec::new(),
                    },
                })
            }
        }
    }

    /// The youngest first. A reader who sees few of many gets a short page, and goes on from where it ended.
    async fn youngest(&self, asked: &Asked<'_>, query: ListQuery) -> EngineResult<Rows> {
        let limit = asked.limit(VIEW_PAGE_MAX);
        let mut after = match asked.after(None)? {
            Some(place) => Some(read_place(&place).ok_or_else(|| asked.foreign())?),
            None => None,
        };
        let mut found = Rows::default();
        let mut looked_at = 0;
        loop {
            let query = ListQuery {
                after,
                limit: limit.min(LIST_SCAN_MAX - looked_at),
                ..query.clone()
            };
            let page = self.store.list(&query).await?;
            looked_at += page.rows.len();
            let sights = self.seen_by_reader(asked, &page.rows, Personal::With).await?;
            // where the page is full, it goes on after the last one that is shown
            let is_cut = found.rows.len() + sights.len() > limit;
            for seen in sights.iter().take(limit - found.rows.len()) {
                found.rows.push(self.row(asked, seen).await?);
            }
            let last = match is_cut {
                true => page
                    .rows
                    .iter()
                    .find(|row| found.rows.last().is_some_and(|shown| shown.instance == row.instance)),
                false => page.rows.last(),
            };
            after = last.map(|row| (row.started_at_us, row.instance)).or(after);
            if !page.more && !is_cut {
                return Ok(found);
            }
            if found.rows.len() == limit || looked_at >= LIST_SCAN_MAX || page.rows.is_empty() {
                found.next = after.map(|after| asked.cursor(None, &place_of(after)));
                return Ok(found);
            }
        }
    }

    /// As they stand now; one that the view does not show any more is left out.
    pub(super) async fn rows_of(&self, asked: &Asked<'_>, entries: &[Entry]) -> EngineResult<Vec<Row>> {
        let ids = entries.iter().filter_map(|entry| entry.place.name.parse::<InstanceId>().ok());
        let ids: Vec<InstanceId> = ids.collect();
        let mut rows = Vec::with_capacity(ids.len());
        let loaded: Vec<InstanceRow> = self.store.load(&ids).await?.into_iter().flatten().collect();
        for seen in self.seen_by_reader(asked, &loaded, Personal::With).await? {
            rows.push(self.row(asked, &seen).await?);
        }
        Ok(rows)
    }
}

/// The entries of a page, and where the next one begins.
pub(super) fn page_of<'e>(
    asked: &Asked<'_>,
    lane: Option<&str>,
    entries: &'e [Entry],
    limit: usize,
) -> EngineResult<(&'e [Entry], Option<String>)> {
    let descending = asked.descending();
    let from = match asked.after(lane)? {
        Some(after) if after.keys.len() != descending.len() => return Err(asked.foreign()),
        Some(after) => entries.partition_point(|entry| compare(&entry.place, &after, &descending).is_le()),
        None => 0,
    };
    let rest = &entries[from..];
    let page = &rest[..rest.len().min(limit)];
    let last = page.last().filter(|_| rest.len() > limit);
    Ok((page, last.map(|last| asked.cursor(lane, &last.place))))
}

/// Entries that are grouped stand together.
fn groups_of(entries: &[Entry]) -> Vec<(Cell, u64)> {
    let mut groups: Vec<(Cell, u64)> = Vec::new();
    for entry in entries {
        match groups.iter_mut().find(|(group, _)| *group == entry.group) {
            Some((_, count)) => *count += 1,
            None => groups.push((entry.group.clone(), 1)),
        }
    }
    groups
}

fn place_of((started_at_us, instance): (i64, InstanceId)) -> Place {
    Place {
        keys: vec![Value::Integer(started_at_us)],
        name: instance.to_string().into(),
    }
}

fn read_place(place: &Place) -> Option<(i64, InstanceId)> {
    let [started_at] = place.keys.as_slice() else { return None };
    Some((started_at.as_integer()?, place.name.parse().ok()?))
}
