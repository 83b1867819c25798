//! Definitions, instances, personal values and the trail, as they are read and kept.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::row::{self, Reading, at_one_moment, count, execute, one, rows, signed};
use super::{commit, table};
use crate::store::{
    Applied, Definition, InstanceRow, ListPage, ListQuery, PersonalRow, StoreResult, StoredDefinition, Stray, StrayTable,
    TrailRow, Write,
};

/// What is there already is the same, being named by its digest; unless it was damaged: then it is mended.
pub(super) const KEEP_DEFINITION: &str = "
    insert into definition (hash, workflow, source, deployed_at) values (?1, ?2, ?3, ?4)
    on conflict (hash) do update set source = excluded.source, workflow = excluded.workflow
    where (definition.source, definition.workflow) <> (excluded.source, excluded.workflow)";

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
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, (
        select t.bytes from trail t
        where t.started_at = instance.started_at and t.instance = instance.id and t.sequence = instance.sequence
    ) as last_entry
    from instance where id = ?1 and sequence > 0";

pub(super) const INSTANCES_AFTER: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, null as last_entry
    from instance where id > ?1 and sequence > 0
    order by id limit ?2";

pub(super) const LIST: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, (
        select t.bytes from trail t
        where t.started_at = instance.started_at and t.instance = instance.id and t.sequence = instance.sequence
    ) as last_entry
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

pub(super) const DEFINITIONS_AFTER: &str = "
    select hash, workflow, source, deployed_at from definition where hash > ?1 order by hash limit ?2";

/// Walks the whole index: only the audit asks.
const STRAY_ENTRIES: &str = "
    select t.instance as instance, min(t.sequence) as sequence, count(*) as many, min(t.started_at) as started_at
    from trail t left join instance i on i.id = t.instance and i.started_at = t.started_at
    where i.id is null or t.sequence < 1 or t.sequence > i.sequence
    group by t.instance order by t.instance limit ?1";

const STRAY_ENTRY: &str = "select bytes from trail where started_at = ?1 and instance = ?2 order by sequence limit 1";

/// As [`STRAY_ENTRIES`].
const STRAY_PERSONAL: &str = "
    select p.instance as instance, 0 as sequence, count(*) as many, null as started_at
    from personal p left join instance i on i.id = p.instance
    where i.id is null or i.sequence < 1
    group by p.instance order by p.instance limit ?1";

pub(super) fn deploy(connection: &Connection, definition: &Definition, act: &Write) -> StoreResult<Applied> {
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        let Definition {
            hash,
            workflow,
            source,
            deployed_at_us,
            tables: _,
        } = definition;
        execute(connection, KEEP_DEFINITION, params![hash.0, workflow, source, deployed_at_us])?;
        execute(connection, MAKE_LIVE, params![workflow, hash.0])?;
        table::note_uses(connection, definition)?;
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
        let mut reading = Reading::of(row);
        Ok((row.get("workflow")?, Digest(reading.bytes("hash")?)))
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
        // What cannot be read does not fit its commitment, and is found by that.
        let mut reading = Reading::of(row);
        Ok(PersonalRow {
            reference: Digest(reading.bytes("reference")?),
            value: reading.text("value")?,
        })
    })
}

pub(super) fn personal_of(connection: &Connection, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>> {
    at_one_moment(connection, || {
        instances.iter().map(|instance| personal(connection, *instance)).collect()
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

pub(super) fn definitions_after(
    connection: &Connection,
    after: Option<Digest>,
    limit: usize,
) -> StoreResult<Vec<StoredDefinition>> {
    let after = after.map_or_else(Vec::new, |hash| hash.0.to_vec());
    rows(connection, DEFINITIONS_AFTER, params![after, count(limit)], row::definition)
}

pub(super) fn strays(connection: &Connection, limit: usize) -> StoreResult<Vec<Stray>> {
    let mut found = strays_of(connection, StrayTable::Trail, STRAY_ENTRIES, limit)?;
    found.extend(strays_of(connection, StrayTable::Personal, STRAY_PERSONAL, limit)?);
    Ok(found)
}

fn strays_of(connection: &Connection, table: StrayTable, sql: &str, limit: usize) -> StoreResult<Vec<Stray>> {
    rows(connection, sql, params![count(limit)], |row| {
        let mut reading = Reading::of(row);
        let instance = InstanceId(reading.bytes("instance")?);
        let started_at: Option<i64> = row.get("started_at")?;
        let entry = one(connection, STRAY_ENTRY, params![started_at, instance.0], |row| {
            Reading::of(row).text("bytes")
        });
        Ok(Stray {
            table,
            instance,
            sequence: reading.unsigned("sequence")?,
            rows: reading.unsigned("many")?,
            entry: entry.ok().flatten(),
        })
    })
}
