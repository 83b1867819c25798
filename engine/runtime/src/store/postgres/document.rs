//! Documents: every version that was ever deployed, which one is live, and when each was made so.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::Digest;

use super::connection::{Trouble, failed};
use super::row;
use crate::store::{MadeLive, StoreResult, StoredDocument};

pub(super) const KEEP: &str = "
    insert into document (version, kind, name, source, deployed_at) values ($1, $2, $3, $4, $5)
    on conflict (version) do update set source = excluded.source, kind = excluded.kind, name = excluded.name
    where (document.source, document.kind, document.name) <> (excluded.source, excluded.kind, excluded.name)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_document (kind, name, version) values ($1, $2, $3)
    on conflict (kind, name) do update set version = excluded.version";

pub(super) const NOTE: &str =
    "insert into document_deployment (kind, name, entry, version, at, actor) values ($1, $2, $3, $4, $5, $6)";

pub(super) const FIND: &str = "select version, kind, name, source, deployed_at from document where version = $1";

pub(super) const LIVE: &str = "select name, version from live_document where kind = $1 order by name";

pub(super) const HISTORY: &str = "
    select entry, version, at, actor from document_deployment
    where kind = $1 and name = $2 and entry < $3 order by entry desc limit $4";

pub(super) async fn keep(connection: &mut PgConnection, document: &StoredDocument, by: &str, entry: u64) -> Result<(), Trouble> {
    let (version, kind, name) = (document.version.0, &*document.kind, &*document.name);
    let keep = sqlx::query(KEEP).bind(version).bind(kind).bind(name).bind(&document.source);
    keep.bind(document.deployed_at_us).execute(&mut *connection).await?;
    let make_live = sqlx::query(MAKE_LIVE).bind(kind).bind(name).bind(version);
    make_live.execute(&mut *connection).await?;
    let note = sqlx::query(NOTE)
        .bind(kind)
        .bind(name)
        .bind(entry.cast_signed())
        .bind(version);
    note.bind(document.deployed_at_us).bind(by).execute(connection).await?;
    Ok(())
}

pub(super) async fn find(pool: &PgPool, version: Digest) -> StoreResult<Option<StoredDocument>> {
    let found = sqlx::query(FIND).bind(version.0).fetch_optional(pool).await.map_err(failed)?;
    let Some(found) = found else { return Ok(None) };
    let document = || {
        Ok(StoredDocument {
            version: row::digest(&found, "version", &mut None)?,
            kind: row::text(&found, "kind")?,
            name: row::text(&found, "name")?,
            source: found.try_get("source")?,
            deployed_at_us: found.try_get("deployed_at")?,
        })
    };
    document().map(Some).map_err(failed)
}

pub(super) async fn live(pool: &PgPool, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    let found = sqlx::query(LIVE).bind(kind).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, |found| {
        Ok((row::text(found, "name")?, row::digest(found, "version", &mut None)?))
    })
    .map_err(failed)
}

pub(super) async fn history(pool: &PgPool, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = sqlx::query(HISTORY).bind(kind).bind(name).bind(before).bind(limit);
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
