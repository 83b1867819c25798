//! Calendars: every version that was ever deployed, and which one is live.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::Digest;

use super::commit;
use super::row::{Reading, execute, one, rows};
use crate::store::{Applied, StoreResult, StoredCalendar, Write};

pub(super) const KEEP: &str = "
    insert into calendar (version, name, source, deployed_at) values (?1, ?2, ?3, ?4)
    on conflict (version) do update set source = excluded.source, name = excluded.name
    where (calendar.source, calendar.name) <> (excluded.source, excluded.name)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_calendar (name, version) values (?1, ?2)
    on conflict (name) do update set version = excluded.version";

pub(super) const FIND: &str = "select version, name, source, deployed_at from calendar where version = ?1";

pub(super) const LIVE: &str = "select name, version from live_calendar order by name";

pub(super) fn deploy(connection: &Connection, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied> {
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        let StoredCalendar {
            version,
            name,
            source,
            deployed_at_us,
        } = calendar;
        execute(connection, KEEP, params![version.0, name, source, deployed_at_us])?;
        execute(connection, MAKE_LIVE, params![name, version.0])?;
    }
    Ok(applied)
}

pub(super) fn find(connection: &Connection, version: Digest) -> StoreResult<Option<StoredCalendar>> {
    one(connection, FIND, params![version.0], |row| {
        // what cannot be read is not the version it is filed under, and is found by that
        let mut reading = Reading::of(row);
        Ok(StoredCalendar {
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
