//! Live tables: every version that was ever deployed, which one is live, when each was made so, and which definitions ask them.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::Digest;

use super::connection::{Trouble, failed};
use super::row;
use crate::store::{Definition, MadeLive, StoreResult, StoredTable, TableUse};

pub(super) const KEEP: &str = "
    insert into table_version (version, name, source, deployed_at) values ($1, $2, $3, $4)
    on conflict (version) do update set source = excluded.source, name = excluded.name
    where (table_version.source, table_version.name) <> (excluded.source, excluded.name)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_table (name, version) values ($1, $2)
    on conflict (name) do update set version = excluded.version";

pub(super) const NOTE: &str = "insert into table_deployment (name, entry, version, at, actor) values ($1, $2, $3, $4, $5)";

pub(super) const FIND: &str = "select version, name, source, deployed_at from table_version where version = $1";

pub(super) const LIVE: &str = "select name, version from live_table order by name";

pub(super) const HISTORY: &str = "
    select entry, version, at, actor from table_deployment
    where name = $1 and entry < $2 order by entry desc limit $3";

pub(super) const NOTE_USE: &str = "
    insert into table_use (name, definition, workflow) values ($1, $2, $3)
    on conflict (name, definition) do nothing";

pub(super) const USES: &str = "select definition, workflow from table_use where name = $1 order by definition";

pub(super) const IS_UNFINISHED: &str = "
    select exists (select 1 from instance where workflow = $1 and definition = $2 and not done and sequence > 0) as found";

pub(super) async fn keep(connection: &mut PgConnection, table: &StoredTable, by: &str, entry: u64) -> Result<(), Trouble> {
    let version = table.version.0;
    let keep = sqlx::query(KEEP).bind(version).bind(&*table.name).bind(&table.source);
    keep.bind(table.deployed_at_us).execute(&mut *connection).await?;
    sqlx::query(MAKE_LIVE)
        .bind(&*table.name)
        .bind(version)
        .execute(&mut *connection)
        .await?;
    let note = sqlx::query(NOTE).bind(&*table.name).bind(entry.cast_signed()).bind(version);
    note.bind(table.deployed_at_us).bind(by).execute(connection).await?;
    Ok(())
}

pub(super) async fn note_uses(connection: &mut PgConnection, definition: &Definition) -> Result<(), Trouble> {
    for table in &definition.tables {
        let note = sqlx::query(NOTE_USE).bind(&**table).bind(definition.hash.0);
        note.bind(&*definition.workflow).execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn find(pool: &PgPool, version: Digest) -> StoreResult<Option<StoredTable>> {
    let found = sqlx::query(FIND).bind(version.0).fetch_optional(pool).await.map_err(failed)?;
    let Some(found) = found else { return Ok(None) };
    let table = || {
        Ok(StoredTable {
            version: row::digest(&found, "version", &mut None)?,
            name: row::text(&found, "name")?,
            source: found.try_get("source")?,
            deployed_at_us: found.try_get("deployed_at")?,
        })
    };
    table().map(Some).map_err(failed)
}

pub(super) async fn live(pool: &PgPool) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    let found = sqlx::query(LIVE).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, |found| {
        Ok((row::text(found, "name")?, row::digest(found, "version", &mut None)?))
    })
    .map_err(failed)
}

pub(super) async fn history(pool: &PgPool, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = sqlx::query(HISTORY).bind(name).bind(before).bind(limit);
    let found = found.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, |found| {
        Ok(MadeLive {
            entry: found.try_get::<i64, _>("entry")?.cast_unsigned(),
            version: row::digest(found, "version", &mut None)?,
            at_us: found.try_get("at")?,
            actor: row::text(found, "actor")?,
        })
    })
    .map_err(failed)
}

pub(super) async fn uses(pool: &PgPool, name: &str) -> StoreResult<Vec<TableUse>> {
    let found = sqlx::query(USES).bind(name).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, |found| {
        Ok(TableUse {
            definition: row::digest(found, "definition", &mut None)?,
            workflow: row::text(found, "workflow")?,
        })
    })
    .map_err(failed)
}

pub(super) async fn is_unfinished(pool: &PgPool, using: &TableUse) -> StoreResult<bool> {
    let found = sqlx::query(IS_UNFINISHED).bind(&*using.workflow).bind(using.definition.0);
    let found = found.fetch_one(pool).await.map_err(failed)?;
    found.try_get("found").map_err(failed)
}
