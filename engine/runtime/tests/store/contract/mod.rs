//! The promises of [`statewright_engine::store::Store`], one test each, on every store.

mod calendar;
mod check;
mod claim;
mod commit;
mod definition;
mod document;
mod field;
mod file;
mod found;
mod history;
mod identity;
mod inbox;
mod incident;
mod instance;
mod mail;
mod mark;
mod message;
mod notice;
mod operation;
mod outbox;
mod read;
mod search;
mod table;
mod task;
mod task_field;
mod timer;
mod token;
mod topic;
mod trail;
mod watch;

/// Makes a test of each function on every store.
macro_rules! on_every_store {
    ($($test:ident)*) => {
        $(mod $test {
            #[tokio::test]
            async fn memory() {
                crate::fixture::on_memory(super::$test).await;
            }

            #[tokio::test]
            async fn sqlite() {
                crate::fixture::on_sqlite(super::$test).await;
            }

            #[tokio::test]
            async fn postgres() {
                crate::fixture::on_postgres(super::$test).await;
            }
        })*
    };
}
use on_every_store;

use std::sync::Arc;

use statewright_engine::store::{Applied, Store, Write};

/// Commits one write by itself.
async fn commit(store: &Arc<dyn Store>, write: &Write) -> Applied {
    let mut answers = store.commit(std::slice::from_ref(write)).await.expect("the store is there");
    assert_eq!(answers.len(), 1, "one answer for one write");
    answers.remove(0)
}

/// Commits one write that must succeed.
async fn must_commit(store: &Arc<dyn Store>, write: &Write) {
    assert_eq!(commit(store, write).await, Applied::Committed);
}
