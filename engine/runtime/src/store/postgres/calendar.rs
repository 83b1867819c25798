//! Calendars: every version that was ever deployed, and which one is live.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::Digest;

use super::connection::{Trouble, failed};
use super::row;
use crate::store::{StoreResult, StoredCalendar};

pub(super) const KEEP: &str = "
    insert into calendar (version, name, source, deployed_at) values ($1, $2, $3, $4)
    on conflict (version) do update set source = excluded.source, name = excluded.name
    where (calendar.source, calendar.name) <> (excluded.source, excluded.name)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_calendar (name, version) values ($1, $2)
    on conflict (name) do update set version = excluded.version";

pub(super) const FIND: &str = "select version, name, source, deployed_at from calendar where version = $1";

pub(super) const LIVE: &str = "select name, version from live_calendar order by name";

pub(super) async fn keep(connection: &mut PgConnection, calendar: &StoredCalendar) -> Result<(), Trouble> {
    let version = calendar.version.0;
    let keep = sqlx::query(KEEP).bind(version).bind(&*calendar.name).bind(&calendar.source);
    keep.bind(calendar.deployed_at_us).execute(&mut *connection).await?;
    sqlx::query(MAKE_LIVE)
        .bind(&*calendar.name)
        .bind(version)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn find(pool: &PgPool, version: Digest) -> StoreResult<Option<StoredCalendar>> {
    let found = sqlx::query(FIND).bind(version.0).fetch_optional(pool).await.map_err(failed)?;
    let Some(found) = found else { return Ok(None) };
    let calendar = || {
        Ok(StoredCalendar {
            version: row::digest(&found, "version", &mut None)?,
            name: row::text(&found, "name")?,
            source: found.try_get("source")?,
            deployed_at_us: found.try_get("deployed_at")?,
        })
    };
    calendar().map(Some).map_err(failed)
}

pub(super) async fn live(pool: &PgPool) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    let found = sqlx::query(LIVE).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, |found| {
        Ok((row::text(found, "name")?, row::digest(found, "version", &mut None)?))
    })
    .map_err(failed)
}
