//! How the store is opened, and which connection does what.

use std::path::Path;

use rusqlite::Connection;

use super::SqliteStore;
use super::readers::Readers;
use super::writer::Writer;
use crate::store::StoreResult;

impl SqliteStore {
    /// Opens the file, which is made if it does not exist.
    pub fn open(path: &Path) -> StoreResult<Self> {
        Ok(SqliteStore {
            writer: Writer::start(Some(path))?,
            readers: Some(Readers::start(path)?),
        })
    }

    pub fn in_memory() -> StoreResult<Self> {
        Ok(SqliteStore {
            writer: Writer::start(None)?,
            readers: None,
        })
    }

    pub(super) async fn read<T, F>(&self, work: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> StoreResult<T> + Send + 'static,
    {
        match &self.readers {
            Some(readers) => readers.run(work).await,
            None => self.writer.run(work).await,
        }
    }

    pub(super) async fn write<T, F>(&self, work: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> StoreResult<T> + Send + 'static,
    {
        self.writer.run(work).await
    }
}
