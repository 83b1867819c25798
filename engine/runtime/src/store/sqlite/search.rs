//! Ranges of indexed values: one walk along the index for each line, merged.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::row::{self, at_one_moment, count, rows};
use crate::store::{SearchPage, SearchPlace, SearchQuery, StoreResult};

pub(super) const LINE: &str = "
    select value, instance from instance_field indexed by instance_field_value
    where workflow = ?1 and field = ?2 and value <= ?3 and (value, instance) > (?4, ?5)
    order by value, instance limit ?6";

/// The first of each line, merged: so many that nothing beyond them can be on the page.
pub(super) fn find(connection: &Connection, query: &SearchQuery) -> StoreResult<SearchPage> {
    let limit = count(query.limit).saturating_add(1);
    at_one_moment(connection, || {
        let mut places = BTreeSet::new();
        for line in &query.lines {
            let (value, instance) = query.begin(line);
            // A blob of no bytes comes before every identifier.
            let instance = instance.map_or_else(Vec::new, |id| id.0.to_vec());
            let asked = params![line.workflow, line.field, line.to, value, instance, limit];
            places.extend(rows(connection, LINE, asked, |row| {
                Ok(SearchPlace {
                    value: row::text(row, "value")?,
                    instance: InstanceId(row.get("instance")?),
                })
            })?);
        }
        Ok(SearchPage::first(places, query.limit))
    })
}
