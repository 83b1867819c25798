//! Live tables: every version that was ever deployed, which one is live, when each was made so, and which definitions ask them.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::Digest;

use super::commit;
use super::row::{Reading, execute, one, rows};
use crate::store::{Applied, Definition, MadeLive, StoreResult, StoredTable, TableUse, Write};

pub(super) const KEEP: &str = "
    insert into table_version (version, name, source, deployed_at) values (?1, ?2, ?3, ?4)
    on conflict (version) do update set source = excluded.source, name = excluded.name
    where (table_version.source, table_version.name) <> (excluded.source, excluded.name)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_table (name, version) values (?1, ?2)
    on conflict (name) do update set version = excluded.version";

pub(super) const NOTE: &str = "insert into table_deployment (name, entry, version, at, actor) values (?1, ?2, ?3, ?4, ?5)";

pub(super) const FIND: &str = "select version, name, source, deployed_at from table_version where version = ?1";

pub(super) const LIVE: &str = "select name, version from live_table order by name";

pub(super) const HISTORY: &str = "
    select entry, version, at, actor from table_deployment
    where name = ?1 and entry < ?2 order by entry desc limit ?3";

pub(super) const NOTE_USE: &str = "
    insert into table_use (name, definition, workflow) values (?1, ?2, ?3)
    on conflict (name, definition) do nothing";

pub(super) const USES: &str = "select definition, workflow from table_use where name = ?1 order by definition";

pub(super) const IS_UNFINISHED: &str = "
    select exists (select 1 from instance where workflow = ?1 and definition = ?2 and done = 0 and sequence > 0) as found";

pub(super) fn deploy(connection: &Connection, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied> {
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        let StoredTable {
            version,
            name,
            source,
            deployed_at_us,
        } = table;
        let entry = act.next.sequence.cast_signed();
        execute(connection, KEEP, params![version.0, name, source, deployed_at_us])?;
        execute(connection, MAKE_LIVE, params![name, version.0])?;
        execute(connection, NOTE, params![name, entry, version.0, deployed_at_us, by])?;
    }
    Ok(applied)
}

pub(super) fn note_uses(connection: &Connection, definition: &Definition) -> StoreResult<()> {
    for table in &definition.tables {
        execute(connection, NOTE_USE, params![table, definition.hash.0, definition.workflow])?;
    }
    Ok(())
}

pub(super) fn find(connection: &Connection, version: Digest) -> StoreResult<Option<StoredTable>> {
    one(connection, FIND, params![version.0], |row| {
        // what cannot be read is not the version it is filed under, and is found by that
        let mut reading = Reading::of(row);
        Ok(StoredTable {
            version: Digest(reading.bytes("version")?),
            name: reading.text("name")?.into(),
            source: reading.text("source")?,
            deployed_at_us: row.get("deployed_at")?,
        })
    })
}

pub(super) fn live(connection: &Connection) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    rows(connection, LIVE, [], |row| {
        let mut reading = Reading::of(row);
        Ok((row.get("name")?, Digest(reading.bytes("version")?)))
    })
}

pub(super) fn history(connection: &Connection, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    rows(connection, HISTORY, params![name, before, limit], |row| {
        let mut reading = Reading::of(row);
        Ok(MadeLive {
            entry: row.get::<_, i64>("entry")?.cast_unsigned(),
            version: Digest(reading.bytes("version")?),
            at_us: row.get("at")?,
            actor: reading.text("actor")?.into(),
        })
    })
}

pub(super) fn uses(connection: &Connection, name: &str) -> StoreResult<Vec<TableUse>> {
    rows(connection, USES, params![name], |row| {
        let mut reading = Reading::of(row);
        Ok(TableUse {
            definition: Digest(reading.bytes("definition")?),
            workflow: reading.text("workflow")?.into(),
        })
    })
}

pub(super) fn is_unfinished(connection: &Connection, using: &TableUse) -> StoreResult<bool> {
    let found = one(
        connection,
        IS_UNFINISHED,
        params![using.workflow, using.definition.0],
        |row| row.get("found"),
    )?;
    Ok(found.unwrap_or(false))
}
