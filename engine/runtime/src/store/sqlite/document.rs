//! Documents: every version that was ever deployed, which one is live, and when each was made so.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::Digest;

use super::commit;
use super::row::{Reading, execute, one, rows};
use crate::store::{Applied, MadeLive, StoreResult, StoredDocument, Write};

pub(super) const KEEP: &str = "
    insert into document (version, kind, name, source, deployed_at) values (?1, ?2, ?3, ?4, ?5)
    on conflict (version) do update set source = excluded.source, kind = excluded.kind, name = excluded.name
    where (document.source, document.kind, document.name) <> (excluded.source, excluded.kind, excluded.name)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_document (kind, name, version) values (?1, ?2, ?3)
    on conflict (kind, name) do update set version = excluded.version";

pub(super) const NOTE: &str =
    "insert into document_deployment (kind, name, entry, version, at, actor) values (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) const FIND: &str = "select version, kind, name, source, deployed_at from document where version = ?1";

pub(super) const LIVE: &str = "select name, version from live_document where kind = ?1 order by name";

pub(super) const HISTORY: &str = "
    select entry, version, at, actor from document_deployment
    where kind = ?1 and name = ?2 and entry < ?3 order by entry desc limit ?4";

pub(super) fn deploy(connection: &Connection, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied> {
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        let StoredDocument {
            version,
            kind,
            name,
            source,
            deployed_at_us,
        } = document;
        let entry = act.next.sequence.cast_signed();
        execute(connection, KEEP, params![version.0, kind, name, source, deployed_at_us])?;
        execute(connection, MAKE_LIVE, params![kind, name, version.0])?;
        execute(connection, NOTE, params![kind, name, entry, version.0, deployed_at_us, by])?;
    }
    Ok(applied)
}

pub(super) fn find(connection: &Connection, version: Digest) -> StoreResult<Option<StoredDocument>> {
    one(connection, FIND, params![version.0], |row| {
        // what cannot be read is not the version it is filed under, and is found by that
        let mut reading = Reading::of(row);
        Ok(StoredDocument {
            version: Digest(reading.bytes("version")?),
            kind: reading.text("kind")?.into(),
            name: reading.text("name")?.into(),
            source: reading.text("source")?,
            deployed_at_us: row.get("deployed_at")?,
        })
    })
}

pub(super) fn live(connection: &Connection, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    rows(connection, LIVE, params![kind], |row| {
        let mut reading = Reading::of(row);
        Ok((row.get("name")?, Digest(reading.bytes("version")?)))
    })
}

pub(super) fn history(connection: &Connection, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    rows(connection, HISTORY, params![kind, name, before, limit], |row| {
        let mut reading = Reading::of(row);
        Ok(MadeLive {
            entry: row.get::<_, i64>("entry")?.cast_unsigned(),
            version: Digest(reading.bytes("version")?),
            at_us: row.get("at")?,
            actor: reading.text("actor")?.into(),
        })
    })
}
