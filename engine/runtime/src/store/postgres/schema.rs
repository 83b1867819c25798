//! Bringing the schema up to date, in one transaction under a lock: two nodes at once take turns.

use sqlx::{PgPool, Row, raw_sql};

use super::connection::failed;
use crate::store::migration::{POSTGRES, remaining};
use crate::store::{StoreError, StoreResult};

/// Any number that no other program is likely to lock in the same database.
const LOCK: &str = "select pg_advisory_xact_lock(7341605213041190)";

const CREATE_VERSIONS: &str = r#"
    create table if not exists schema_version (
        version bigint not null primary key,
        name text collate "C" not null
    )"#;

const FIND_VERSION: &str = "select max(version) from schema_version";

const ADD_VERSION: &str = "insert into schema_version (version, name) values ($1, $2)";

const FIND_ENCODING: &str = "select pg_encoding_to_char(encoding) from pg_database where datname = current_database()";

pub(super) async fn migrate(pool: &PgPool) -> StoreResult<()> {
    let mut transaction = pool.begin().await.map_err(failed)?;
    let encoding: String = sqlx::query_scalar(FIND_ENCODING)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    if encoding != "UTF8" {
        let why = format!("the database is encoded as {encoding}: make one with `encoding 'UTF8'`");
        return Err(StoreError::Schema(why));
    }
    raw_sql(LOCK).execute(&mut *transaction).await.map_err(failed)?;
    raw_sql(CREATE_VERSIONS).execute(&mut *transaction).await.map_err(failed)?;
    let found = sqlx::query(FIND_VERSION).fetch_one(&mut *transaction).await.map_err(failed)?;
    let found: Option<i64> = found.try_get(0).map_err(failed)?;
    for migration in remaining(POSTGRES, found.unwrap_or(0))? {
        raw_sql(migration.sql).execute(&mut *transaction).await.map_err(failed)?;
        let added = sqlx::query(ADD_VERSION).bind(migration.version).bind(migration.name);
        added.execute(&mut *transaction).await.map_err(failed)?;
        tracing::info!(version = migration.version, name = migration.name, "schema upgraded");
    }
    transaction.commit().await.map_err(failed)
}
