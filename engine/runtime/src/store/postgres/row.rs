//! Between rows and the store's own types.

use std::sync::Arc;

use sqlx::Row;
use sqlx::postgres::PgRow;
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::uuid::Uuid;
use crate::store::{InstanceRow, MessageRow, StoredDefinition, TrailRow, subject};

type Read<T> = Result<T, sqlx::Error>;

pub(super) fn instance(row: &PgRow) -> Read<InstanceRow> {
    let mut damage = None;
    let definition = digest(row, "definition", &mut damage)?;
    let head = digest(row, "head", &mut damage)?;
    Ok(InstanceRow {
        instance: id(row, "id")?,
        workflow: text(row, "workflow")?,
        key: text(row, "key")?,
        definition,
        sequence: unsigned(row, "sequence")?,
        done: row.try_get("done")?,
        snapshot: row.try_get("snapshot")?,
        head,
        started_at_us: row.try_get("started_at")?,
        last_entry: row.try_get("last_entry")?,
        damage,
    })
}

pub(super) fn trail(row: &PgRow) -> Read<TrailRow> {
    Ok(TrailRow {
        sequence: unsigned(row, "sequence")?,
        at_us: row.try_get("at")?,
        input_key: row.try_get::<Option<Uuid>, _>("input_key")?.map(|key| InputKey(key.0)),
        bytes: row.try_get("bytes")?,
        damage: None,
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
        hash: digest(row, "hash", &mut None)?,
        workflow: text(row, "workflow")?,
        source: row.try_get("source")?,
        deployed_at_us: row.try_get("deployed_at")?,
    })
}

pub(super) fn id(row: &PgRow, column: &str) -> Read<InstanceId> {
    Ok(InstanceId(row.try_get::<Uuid, _>(column)?.0))
}

/// Too few bytes are filled up with zeros, too many are cut, and the row is said to be damaged: that keeps nobody from the others.
pub(super) fn digest(row: &PgRow, column: &str, damage: &mut Option<String>) -> Read<Digest> {
    let stored: &[u8] = row.try_get(column)?;
    let mut digest = Digest::ZERO;
    if stored.len() != digest.0.len() {
        damage.get_or_insert_with(|| format!("`{column}` has {} bytes and should have {}", stored.len(), digest.0.len()));
    }
    digest.0.iter_mut().zip(stored).for_each(|(byte, stored)| *byte = *stored);
    Ok(digest)
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

/// A number of few bits, such as a priority.
pub(super) fn small<T: TryFrom<i64>>(row: &PgRow, column: &str) -> Read<T> {
    T::try_from(row.try_get::<i64, _>(column)?).map_err(|_| damaged(column, "out of range"))
}

/// Whom a task or a notice is for.
pub(super) fn subjects(row: &PgRow) -> Read<Vec<Arc<str>>> {
    subject::of_text(row.try_get("subjects")?).ok_or_else(|| damaged("subjects", "no list of subjects"))
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
