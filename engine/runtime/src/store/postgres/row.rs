//! Between rows and the store's own types.

use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::PgRow;
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::uuid::Uuid;
use crate::store::{InstanceRow, MessageRow, StoredDefinition, TrailRow};

type Read<T> = Result<T, sqlx::Error>;

pub(super) fn instance(row: &PgRow) -> Read<InstanceRow> {
    Ok(InstanceRow {
        instance: id(row, "id")?,
        workflow: text(row, "workflow")?,
        key: text(row, "key")?,
        definition: digest(row, "definition")?,
        sequence: unsigned(row, "sequence")?,
        done: row.try_get("done")?,
        snapshot: row.try_get("snapshot")?,
        head: digest(row, "head")?,
        started_at_us: row.try_get("started_at")?,
    })
}

pub(super) fn trail(row: &PgRow) -> Read<TrailRow> {
    Ok(TrailRow {
        sequence: unsigned(row, "sequence")?,
        at_us: row.try_get("at")?,
        input_key: row.try_get::<Option<Uuid>, _>("input_key")?.map(|key| InputKey(key.0)),
        bytes: row.try_get("bytes")?,
    })
}

pub(super) fn message(row: &PgRow) -> Read<MessageRow> {
    Ok(MessageRow {
        to: id(row, "receiver")?,
        id: row.try_get("id")?,
        key: InputKey(row.try_get::<Uuid, _>("key")?.0),
        body: row.try_get("body")?,
    })
}

pub(super) fn definition(row: &PgRow) -> Read<StoredDefinition> {
    Ok(StoredDefinition {
        hash: digest(row, "hash")?,
        workflow: text(row, "workflow")?,
        source: row.try_get("source")?,
        deployed_at_us: row.try_get("deployed_at")?,
    })
}

pub(super) fn id(row: &PgRow, column: &str) -> Read<InstanceId> {
    Ok(InstanceId(row.try_get::<Uuid, _>(column)?.0))
}

pub(super) fn digest(row: &PgRow, column: &str) -> Read<Digest> {
    let bytes: &[u8] = row.try_get(column)?;
    let digest = bytes
        .try_into()
        .map_err(|_| damaged(column, "not the 32 bytes of a digest"))?;
    Ok(Digest(digest))
}

pub(super) fn text(row: &PgRow, column: &str) -> Read<Arc<str>> {
    row.try_get::<&str, _>(column).map(Arc::from)
}

/// A sequence, an epoch or a count: never negative.
pub(super) fn unsigned(row: &PgRow, column: &str) -> Read<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| damaged(column, "negative"))
}

/// How often something was tried.
pub(super) fn attempts(row: &PgRow) -> Read<u32> {
    u32::try_from(row.try_get::<i64, _>("attempts")?).map_err(|_| damaged("attempts", "no count of attempts"))
}

fn damaged(column: &str, what: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.into(),
        source: what.into(),
    }
}

pub(super) fn all<T>(rows: &[PgRow], read: impl Fn(&PgRow) -> Read<T>) -> Read<Vec<T>> {
    rows.iter().map(read).collect()
}

pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
