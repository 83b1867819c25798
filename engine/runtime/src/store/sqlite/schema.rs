//! Bringing the file's schema up to date, inside one transaction: two processes at once take turns.

use rusqlite::{Connection, params};

use super::connection::failed;
use super::row::{execute, one};
use crate::store::StoreResult;
use crate::store::migration::{SQLITE, remaining};

const CREATE_VERSIONS: &str = "
    create table if not exists schema_version (
        version integer not null primary key,
        name text not null
    ) strict";

const FIND_VERSION: &str = "select max(version) from schema_version";

const ADD_VERSION: &str = "insert into schema_version (version, name) values (?1, ?2)";

pub(super) fn migrate(connection: &Connection) -> StoreResult<()> {
    execute(connection, CREATE_VERSIONS, [])?;
    let found: Option<i64> = one(connection, FIND_VERSION, [], |row| row.get(0))?.flatten();
    for migration in remaining(SQLITE, found.unwrap_or(0))? {
        connection.execute_batch(migration.sql).map_err(failed)?;
        execute(connection, ADD_VERSION, params![migration.version, migration.name])?;
        tracing::info!(version = migration.version, name = migration.name, "schema upgraded");
    }
    Ok(())
}
