//! Definitions, instances, personal values and the trail, as they are read and kept.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::commit;
use super::row::{self, count, execute, one, rows, signed};
use crate::store::{
    Applied, Definition, InstanceRow, ListPage, ListQuery, PersonalRow, StoreResult, StoredDefinition, TrailRow, Write,
};

pub(super) const KEEP_DEFINITION: &str = "
    insert into definition (hash, workflow, source, deployed_at) values (?1, ?2, ?3, ?4)
    on conflict (hash) do nothing";

pub(super) const MAKE_LIVE: &str = "
    insert into live_definition (workflow, hash) values (?1, ?2)
    on conflict (workflow) do update set hash = excluded.hash";

pub(super) const FIND_DEFINITION: &str = "select hash, workflow, source, deployed_at from definition where hash = ?1";

pub(super) const LIVE_DEFINITIONS: &str = "
    select hash, workflow, source, deployed_at
    from live_definition join definition using (hash, workflow)
    order by workflow";

pub(super) const LIVE_HASHES: &str = "select workflow, hash from live_definition order by workflow";

pub(super) const DRAW_NUMBERS: &str = "
    insert into number (workflow, last) values (?1, ?2)
    on conflict (workflow) do update set last = last + excluded.last
    returning last";

pub(super) const LOAD: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at
    from instance where id = ?1 and sequence > 0";

pub(super) const INSTANCES_AFTER: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at
    from instance where id > ?1 and sequence > 0
    order by id limit ?2";

pub(super) const LIST: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at
    from instance
    where workflow = ?1 and (started_at, id) < (?2, ?3) and sequence > 0 and (?4 is null or done = ?4)
    order by started_at desc, id desc limit ?5";

/// The next workflow's name that any instance has; walks the index from name to name.
pub(super) const NEXT_WORKFLOW: &str = "select min(workflow) from instance where workflow > ?1";

pub(super) const PERSONAL: &str = "select reference, value from personal where instance = ?1 order by reference";

pub(super) const TRAIL: &str = "
    select sequence, at, input_key, bytes from trail
    where started_at = (select started_at from instance where id = ?1) and instance = ?1 and sequence > ?2
    order by sequence limit ?3";

pub(super) const ENTRY_OF_INPUT: &str = "
    select sequence, at, input_key, bytes from trail
    where started_at = (select started_at from instance where id = ?1) and instance = ?1 and input_key = ?2";

pub(super) fn deploy(connection: &Connection, definition: &Definition, act: &Write) -> StoreResult<Applied> {
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        let Definition {
            hash,
            workflow,
            source,
            deployed_at_us,
        } = definition;
        execute(connection, KEEP_DEFINITION, params![hash.0, workflow, source, deployed_at_us])?;
        execute(connection, MAKE_LIVE, params![workflow, hash.0])?;
    }
    Ok(applied)
}

pub(super) fn definition(connection: &Connection, hash: Digest) -> StoreResult<Option<StoredDefinition>> {
    one(connection, FIND_DEFINITION, params![hash.0], row::definition)
}

pub(super) fn live_definitions(connection: &Connection) -> StoreResult<Vec<StoredDefinition>> {
    rows(connection, LIVE_DEFINITIONS, [], row::definition)
}

pub(super) fn live_hashes(connection: &Connection) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    rows(connection, LIVE_HASHES, [], |row| {
        Ok((row.get("workflow")?, Digest(row.get("hash")?)))
    })
}

/// The last of `how_many` numbers in a row.
pub(super) fn draw_numbers(connection: &Connection, workflow: &str, how_many: usize) -> StoreResult<u64> {
    let last = one(connection, DRAW_NUMBERS, params![workflow, count(how_many)], |row| {
        row::unsigned(row, "last")
    })?;
    Ok(last.unwrap_or_default())
}

pub(super) fn load(connection: &Connection, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
    ids.iter()
        .map(|id| one(connection, LOAD, params![id.0], row::instance))
        .collect()
}

pub(super) fn instances_after(connection: &Connection, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>> {
    // A blob of no bytes comes before every identifier.
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    rows(connection, INSTANCES_AFTER, params![after, count(limit)], row::instance)
}

pub(super) fn list(connection: &Connection, query: &ListQuery) -> StoreResult<ListPage> {
    let mut found = Vec::new();
    match &query.workflow {
        Some(workflow) => found = list_of(connection, workflow, query)?,
        None => {
            // Each workflow's newest, merged: one index serves both kinds of page.
            let mut name = String::new();
            while let Some(next) = one(connection, NEXT_WORKFLOW, params![name], |row| {
                row.get::<_, Option<String>>(0)
            })?
            .flatten()
            {
                found.extend(list_of(connection, &next, query)?);
                name = next;
            }
            found.sort_by_key(|row| std::cmp::Reverse((row.started_at_us, row.instance)));
        }
    }
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    Ok(ListPage { rows: found, more })
}

/// One more than asked for, to know whether there are more.
fn list_of(connection: &Connection, workflow: &str, query: &ListQuery) -> StoreResult<Vec<InstanceRow>> {
    let (started_at, id) = query.after.unwrap_or((i64::MAX, InstanceId([0xff; 16])));
    let limit = count(query.limit).saturating_add(1);
    rows(
        connection,
        LIST,
        params![workflow, started_at, id.0, query.done, limit],
        row::instance,
    )
}

pub(super) fn personal(connection: &Connection, instance: InstanceId) -> StoreResult<Vec<PersonalRow>> {
    rows(connection, PERSONAL, params![instance.0], |row| {
        Ok(PersonalRow {
            reference: Digest(row.get("reference")?),
            value: row.get("value")?,
        })
    })
}

pub(super) fn trail(connection: &Connection, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>> {
    rows(
        connection,
        TRAIL,
        params![instance.0, signed(after), count(limit)],
        row::trail,
    )
}

pub(super) fn entry_of_input(connection: &Connection, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
    one(connection, ENTRY_OF_INPUT, params![instance.0, key.0], row::trail)
}
