//! How a connection to the file is set up, and what its errors mean to a caller.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::{StoreError, StoreResult};

/// How long another process (the command line beside a running server) may hold the file before we say that it is busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Every statement of this store fits, so that none is prepared twice.
const STATEMENTS_CACHED_MAX: usize = 128;

/// In KiB, negative by SQLite's convention. Enough for the inner pages of indexes over some millions of instances.
const CACHE_KIB: i64 = -65_536;

/// Pages that the log may grow to before a commit copies it back into the file; larger copies are rarer and more sequential.
const CHECKPOINT_PAGES: i64 = 4_000;

/// For the one connection that writes. Durable: a commit returns after the log has reached the disk.
pub(super) fn open_writer(path: Option<&Path>) -> StoreResult<Connection> {
    let connection = match path {
        Some(path) => Connection::open(path).map_err(|error| cannot_open(path, &error))?,
        None => Connection::open_in_memory().map_err(failed)?,
    };
    prepare(&connection)?;
    let mode: String = connection
        .query_row("pragma journal_mode = wal", [], |row| row.get(0))
        .map_err(failed)?;
    if path.is_some() && mode != "wal" {
        let why = format!("the file system does not offer what SQLite's write-ahead log needs (it chose {mode})");
        return Err(StoreError::Unavailable(why));
    }
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection
        .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
        .map_err(failed)?;
    Ok(connection)
}

/// For the connections that read beside the writer.
pub(super) fn open_reader(path: &Path) -> StoreResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, &error))?;
    prepare(&connection)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> StoreResult<()> {
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    // References between hot tables are kept by the sequence fence; checking them again would cost every commit.
    connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(failed)
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot open {}: {error}", path.display()))
}

/// Sorts an error by what the caller can do.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(cause, message) => match cause.code {
            ErrorCode::DiskFull => StoreError::Full(error.to_string()),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(error.to_string()),
            ErrorCode::Unknown if message.as_deref().is_some_and(|text| text.starts_with("no such table")) => {
                StoreError::Schema("the database has no schema yet: migrate it first".into())
            }
            _ => StoreError::Unavailable(error.to_string()),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..) => StoreError::Damaged(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}
