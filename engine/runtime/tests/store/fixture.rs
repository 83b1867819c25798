//! One store of each kind, empty and of its own for each test.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
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
