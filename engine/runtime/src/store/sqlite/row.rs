//! Between rows and the store's own types.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Params, Row};
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::connection::failed;
use crate::store::{InstanceRow, MessageRow, StoreError, StoreResult, StoredDefinition, TrailRow};

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

pub(super) fn instance(row: &Row<'_>) -> rusqlite::Result<InstanceRow> {
    Ok(InstanceRow {
        instance: InstanceId(row.get("id")?),
        workflow: row.get("workflow")?,
        key: row.get("key")?,
        definition: Digest(row.get("definition")?),
        sequence: unsigned(row, "sequence")?,
        done: row.get("done")?,
        snapshot: row.get("snapshot")?,
        head: Digest(row.get("head")?),
        started_at_us: row.get("started_at")?,
    })
}

pub(super) fn trail(row: &Row<'_>) -> rusqlite::Result<TrailRow> {
    Ok(TrailRow {
        sequence: unsigned(row, "sequence")?,
        at_us: row.get("at")?,
        input_key: row.get::<_, Option<[u8; 16]>>("input_key")?.map(InputKey),
        bytes: row.get("bytes")?,
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
    Ok(StoredDefinition {
        hash: Digest(row.get("hash")?),
        workflow: row.get("workflow")?,
        source: row.get("source")?,
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
