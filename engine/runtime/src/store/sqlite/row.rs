//! Between rows and the store's own types.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::connection::failed;
use crate::store::{InstanceRow, MessageRow, StoreError, StoreResult, StoredDefinition, TrailRow, subject};

/// All rows of a statement that is prepared once for each connection.
pub(super) fn rows<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> StoreResult<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let found = statement.query_map(params, read).map_err(failed)?;
    found.collect::<rusqlite::Result<Vec<T>>>().map_err(failed)
}

/// The first row, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> StoreResult<Option<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.query_row(params, read).optional().map_err(failed)
}

/// Answers how many rows were changed.
pub(super) fn execute(connection: &Connection, sql: &str, params: impl Params) -> StoreResult<usize> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.execute(params).map_err(failed)
}

/// Reads a row that anybody may have changed: what is not as it should be is told, and keeps nobody from the other rows.
pub(super) struct Reading<'r, 's> {
    row: &'r Row<'s>,
    pub damage: Option<String>,
}

impl<'r, 's> Reading<'r, 's> {
    pub(super) fn of(row: &'r Row<'s>) -> Self {
        Reading { row, damage: None }
    }

    /// Too few are filled up with zeros, too many are cut.
    pub(super) fn bytes<const N: usize>(&mut self, column: &str) -> rusqlite::Result<[u8; N]> {
        let blob = self
            .row
            .get_ref(column)?
            .as_bytes_or_null()
            .unwrap_or_default()
            .unwrap_or_default();
        if blob.len() != N {
            self.damaged(format!("`{column}` has {} bytes and should have {N}", blob.len()));
        }
        let mut bytes = [0; N];
        bytes.iter_mut().zip(blob).for_each(|(byte, stored)| *byte = *stored);
        Ok(bytes)
    }

    pub(super) fn text(&mut self, column: &str) -> rusqlite::Result<String> {
        let bytes = self
            .row
            .get_ref(column)?
            .as_bytes_or_null()
            .unwrap_or_default()
            .unwrap_or_default();
        if std::str::from_utf8(bytes).is_err() {
            self.damaged(format!("`{column}` is not UTF-8"));
        }
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    pub(super) fn optional_text(&mut self, column: &str) -> rusqlite::Result<Option<String>> {
        match self.row.get_ref(column)? {
            ValueRef::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    pub(super) fn unsigned(&mut self, column: &str) -> rusqlite::Result<u64> {
        let value: i64 = self.row.get(column)?;
        if value < 0 {
            self.damaged(format!("`{column}` is negative"));
        }
        Ok(u64::try_from(value).unwrap_or_default())
    }

    fn damaged(&mut self, what: String) {
        self.damage.get_or_insert(what);
    }
}

pub(super) fn instance(row: &Row<'_>) -> rusqlite::Result<InstanceRow> {
    let mut reading = Reading::of(row);
    let read = InstanceRow {
        instance: InstanceId(reading.bytes("id")?),
        workflow: reading.text("workflow")?.into(),
        key: reading.text("key")?.into(),
        definition: Digest(reading.bytes("definition")?),
        sequence: reading.unsigned("sequence")?,
        done: row.get("done")?,
        snapshot: reading.text("snapshot")?,
        head: Digest(reading.bytes("head")?),
        started_at_us: row.get("started_at")?,
        last_entry: reading.optional_text("last_entry")?,
        damage: None,
    };
    Ok(InstanceRow {
        damage: reading.damage,
        ..read
    })
}

pub(super) fn trail(row: &Row<'_>) -> rusqlite::Result<TrailRow> {
    let mut reading = Reading::of(row);
    let input_key = match row.get_ref("input_key")? {
        ValueRef::Null => None,
        _ => Some(InputKey(reading.bytes("input_key")?)),
    };
    let read = TrailRow {
        sequence: reading.unsigned("sequence")?,
        at_us: row.get("at")?,
        input_key,
        bytes: reading.text("bytes")?,
        damage: None,
    };
    Ok(TrailRow {
        damage: reading.damage,
        ..read
    })
}

pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        to: InstanceId(row.get("receiver")?),
        id: row.get("id")?,
        key: InputKey(row.get("key")?),
        body: row.get("body")?,
    })
}

pub(super) fn definition(row: &Row<'_>) -> rusqlite::Result<StoredDefinition> {
    // A hash or a source that cannot be read is not that of the other, and is found by that.
    let mut reading = Reading::of(row);
    Ok(StoredDefinition {
        hash: Digest(reading.bytes("hash")?),
        workflow: reading.text("workflow")?.into(),
        source: reading.text("source")?,
        deployed_at_us: row.get("deployed_at")?,
    })
}

/// A sequence, an epoch or a count: never negative.
pub(super) fn unsigned(row: &Row<'_>, column: &'static str) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(row.as_ref().column_index(column).unwrap_or(0), value))
}

/// Beyond what is stored, everything is the largest there is.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Those who watch, as one blob: each 16 bytes, ascending.
pub(super) fn watchers(blob: Option<Vec<u8>>) -> StoreResult<Vec<InstanceId>> {
    let blob = blob.unwrap_or_default();
    let (whole, rest) = blob.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StoreError::Damaged("a list of watchers is cut".into()));
    }
    Ok(whole.iter().map(|id| InstanceId(*id)).collect())
}

pub(super) fn watchers_blob(watchers: &[InstanceId]) -> Option<Vec<u8>> {
    (!watchers.is_empty()).then(|| watchers.iter().flat_map(|id| id.0).collect())
}

/// A key or name as it stands in a row.
pub(super) fn text(row: &Row<'_>, column: &str) -> rusqlite::Result<Arc<str>> {
    row.get(column)
}

/// Whom a task or a notice is for.
pub(super) fn subjects(row: &Row<'_>) -> rusqlite::Result<Vec<Arc<str>>> {
    let text: String = row.get("subjects")?;
    let column = row.as_ref().column_index("subjects")?;
    subject::of_text(&text).ok_or_else(|| {
        let why = "no list of subjects".into();
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why)
    })
}

/// Everything that is read within sees the same commits, on a connection that reads as well as within a transaction.
pub(super) fn at_one_moment<T>(connection: &Connection, read: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    execute(connection, "savepoint moment", [])?;
    let found = read();
    execute(connection, "release moment", [])?;
    found
}
