//! One store of each kind, empty and of its own for each test.

use std::future::Future;
use std::sync::Arc;

use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;

pub async fn on_memory<F: Future<Output = ()>>(test: impl FnOnce(Arc<dyn Store>) -> F) {
    let store = Arc::new(MemoryStore::new());
    store.migrate().await.expect("memory needs no schema");
    test(store).await;
}
