//! One store of each kind, empty and of its own for each test.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::open;
use statewright_engine::store::sqlite::SqliteStore;

/// A folder that is removed with what is in it.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("statewright-store-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("the folder for temporary files can be written");
        Folder { path }
    }

    pub fn file(&self) -> PathBuf {
        self.path.join("test.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it is only in the way.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

pub async fn on_memory<F: Future<Output = ()>>(test: impl FnOnce(Arc<dyn Store>) -> F) {
    let store = Arc::new(MemoryStore::new());
    store.migrate().await.expect("memory needs no schema");
    test(store).await;
}

pub async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Arc<dyn Store>) -> F) {
    let folder = Folder::new();
    let store = sqlite(&folder.file()).await;
    test(store.clone()).await;
    store.close().await;
}

pub async fn sqlite(file: &Path) -> Arc<dyn Store> {
    let store = Arc::new(SqliteStore::open(file).expect("the file can be opened"));
    store.migrate().await.expect("the schema can be made");
    store
}

/// A database that only this test uses; removed if it succeeds.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// None, and says so, where no server is named.
    pub async fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        #[allow(clippy::disallowed_methods)] // a test has no configuration
        let Ok(server) = std::env::var("STATEWRIGHT_TEST_POSTGRES") else {
            println!("skipped: STATEWRIGHT_TEST_POSTGRES names no server");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("statewright_test_{}_{number}", std::process::id());
        let database = Database { server, name };
        database.on_server("drop database if exists").await;
        database.on_server("create database").await;
        Some(database)
    }

    pub fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("the server's URL ends with a database");
        format!("{server}/{}", self.name)
    }

    pub async fn remove(self) {
        self.on_server("drop database").await;
    }

    async fn on_server(&self, verb: &str) {
        let mut connection = PgConnection::connect(&self.server).await.expect("the server can be reached");
        let statement = AssertSqlSafe(format!("{verb} {}", self.name));
        connection
            .execute(statement)
            .await
            .expect("databases may be made and dropped");
        connection.close().await.expect("the connection ends as it began");
    }
}

pub async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Arc<dyn Store>) -> F) {
    let Some(database) = Database::new().await else { return };
    let store = postgres(&database).await;
    test(store.clone()).await;
    store.close().await;
    database.remove().await;
}

pub async fn postgres(database: &Database) -> Arc<dyn Store> {
    let store = open(&database.url()).await.expect("the database can be reached");
    store.migrate().await.expect("the schema can be made");
    store
}
