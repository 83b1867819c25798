//! What was found, compared in the commit: as it stands under the locks of its topics, and as the writes decided before leave it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row};
use statewright_core::identity::InstanceId;

use super::columns::Columns;
use super::connection::Trouble;
use super::field::{COUNT, PAGE, arguments_from_first};
use super::row;
use super::uuid::Uuid;
use crate::store::field::{FoundUnder, replace};
use crate::store::{FoundBefore, FoundThen, Write};

/// The order is that of the key, so that no other index is walked in search of them.
pub(super) const FOUND_BY: &str = "
    select f.instance, f.field, f.value, f.workflow
    from unnest($1::uuid[]) as n (instance) cross join lateral (
        select * from instance_field i where i.instance = n.instance order by i.field, i.value limit all
    ) as f";

/// What a transaction's writes have found, as it stands now.
#[derive(Default)]
pub(super) struct Standing {
    /// Of each write's lookups, in their order: instances with their sequences, some more than the query asks for.
    found: BTreeMap<InstanceId, Vec<FoundThen>>,
    /// By what the instances that are written are found, and were before the first of them was decided.
    found_by: BTreeMap<InstanceId, FoundUnder>,
    found_by_before: BTreeMap<InstanceId, FoundUnder>,
    /// Those that were decided to change.
    changed: BTreeMap<InstanceId, u64>,
}

impl Standing {
    /// Under the locks of all topics of these.
    pub(super) async fn look(connection: &mut PgConnection, writes: &[&Write]) -> Result<Self, Trouble> {
        let mut standing = Standing::default();
        if writes.iter().all(|write| write.found.is_empty()) {
            return Ok(standing);
        }
        for write in writes {
            for before in &write.found {
                // whoever goes on account of an earlier write makes room for another
                let found = find(connection, before, writes.len()).await?;
                standing.found.entry(write.instance).or_default().push(found);
            }
        }
        let written: BTreeSet<InstanceId> = writes.iter().map(|write| write.instance).collect();
        let mut columns = Columns::default();
        columns.add(written.iter().map(|instance| Uuid::from(*instance)))?;
        for found in sqlx::query_with(FOUND_BY, columns.finish()).fetch_all(connection).await? {
            let pair = (row::text(&found, "field")?, row::text(&found, "value")?);
            let of_it = standing.found_by.entry(row::id(&found, "instance")?).or_default();
            of_it.insert(pair, row::text(&found, "workflow")?);
        }
        standing.found_by_before.clone_from(&standing.found_by);
        Ok(standing)
    }

    /// This write happens.
    pub(super) fn apply(&mut self, write: &Write) {
        if self.found.is_empty() {
            return;
        }
        replace(self.found_by.entry(write.instance).or_default(), write);
        self.changed.insert(write.instance, write.next.sequence);
    }

    /// Whether all that a write has found is still so.
    pub(super) fn is_as_found(&self, write: &Write) -> bool {
        let now = self.found.get(&write.instance).map_or(&[][..], Vec::as_slice);
        write
            .found
            .iter()
            .zip(now)
            .all(|(before, now)| self.after_changes(before, now) == before.found)
    }

    fn after_changes(&self, before: &FoundBefore, stood: &FoundThen) -> FoundThen {
        let meets = |all: &BTreeMap<InstanceId, FoundUnder>, id: &InstanceId| {
            all.get(id).is_some_and(|found_by| before.query.is_met_by(found_by))
        };
        let changed = || self.changed.iter();
        match stood {
            FoundThen::Count(count) => {
                let were = changed().filter(|(id, _)| meets(&self.found_by_before, id)).count() as u64;
                let are = changed().filter(|(id, _)| meets(&self.found_by, id)).count() as u64;
                FoundThen::Count((count + are).saturating_sub(were))
            }
            FoundThen::Rows(rows) => {
                let unchanged = rows.iter().filter(|(id, _)| !self.changed.contains_key(id)).copied();
                let met = changed().filter(|(id, _)| meets(&self.found_by, id));
                let mut rows: Vec<(InstanceId, u64)> = unchanged.chain(met.map(|(id, sequence)| (*id, *sequence))).collect();
                rows.sort_unstable();
                rows.truncate(before.query.limit);
                FoundThen::Rows(rows)
            }
        }
    }
}

async fn find(connection: &mut PgConnection, before: &FoundBefore, beyond: usize) -> Result<FoundThen, Trouble> {
    match before.found {
        FoundThen::Count(_) => {
            let arguments = arguments_from_first(&before.query, None)?;
            let count: i64 = sqlx::query_with(COUNT, arguments).fetch_one(connection).await?.try_get(0)?;
            Ok(FoundThen::Count(u64::try_from(count).unwrap_or_default()))
        }
        FoundThen::Rows(_) => {
            let limit = before.query.limit.saturating_add(beyond);
            let arguments = arguments_from_first(&before.query, Some(limit))?;
            let found = sqlx::query_with(PAGE, arguments).fetch_all(connection).await?;
            let read = |found: &_| Ok((row::id(found, "instance")?, row::unsigned(found, "sequence")?));
            Ok(FoundThen::Rows(row::all(&found, read)?))
        }
    }
}
