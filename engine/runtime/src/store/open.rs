//! From a URL to a store.

use std::path::Path;
use std::sync::Arc;

use super::memory::MemoryStore;
use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;
use super::{Store, StoreError, StoreResult};

/// What may be written after `--database`.
const KNOWN: &str = "sqlite:FILE, sqlite::memory:, memory: and postgres://USER@HOST:PORT/DATABASE are understood";

/// Opens what the URL names; the schema is made or upgraded by [`Store::migrate`], not here.
///
/// - `sqlite:FILE`: a file, made if it does not exist (its folder is not).
/// - `sqlite::memory:`: SQLite without a file; everything is gone when the store is.
/// - `memory:`: the reference; everything is gone when the store is.
/// - `postgres://…`: must be opened within a tokio runtime.
///
/// # Errors
/// `Refused` for a URL that is none of these, `Unavailable` if the database cannot be reached. Neither shows the URL, which may
/// hold a password.
pub async fn open(url: &str) -> StoreResult<Arc<dyn Store>> {
    if url == "memory:" {
        return Ok(Arc::new(MemoryStore::new()));
    }
    if let Some(file) = url.strip_prefix("sqlite:") {
        return Ok(Arc::new(open_sqlite(file)?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresStore::open(url).await?));
    }
    Err(refused("the database's URL has another beginning than these"))
}

fn open_sqlite(file: &str) -> StoreResult<SqliteStore> {
    match file {
        ":memory:" => SqliteStore::in_memory(),
        "" => Err(refused("the database's URL names no file")),
        _ if file.contains('?') => Err(refused("the database's URL has options, and SQLite's has none")),
        // `sqlite:///var/lib/x.db`, as others write it, is the absolute path /var/lib/x.db.
        _ => SqliteStore::open(Path::new(file.strip_prefix("//").unwrap_or(file))),
    }
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(format!("{why}: {KNOWN}"))
}
