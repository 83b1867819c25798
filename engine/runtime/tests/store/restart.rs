//! A database that went away and came back: an error says so once, and then everything works again.

use sqlx::{Connection, Executor, PgConnection};
use statewright_engine::store::{Applied, StoreError};

use crate::fixture::{Database, postgres};
use crate::shape::{id, step};

/// What a restart does to every session of this database but the one that asks; waits (milliseconds) until each has ended.
const END_ALL: &str = "
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()";

#[tokio::test]
async fn lost_connections_are_made_anew() {
    let Some(database) = Database::new().await else { return };
    let store = postgres(&database).await;
    let mut administrator = PgConnection::connect(&database.url()).await.unwrap();
    for sequence in 0..6 {
        administrator.execute(END_ALL).await.unwrap();
        // A connection used a moment ago is not asked whether it still lives; whoever finds out is told, and then it is made anew.
        for _ in 0..2 {
            match store.load(&[id("a")]).await {
                Ok(_) | Err(StoreError::Unavailable(_)) => (),
                Err(other) => panic!("{other}"),
            }
        }
        let write = step("a", sequence);
        let mut attempts = Vec::new();
        // Two connections commit, and each may be found dead once.
        for _ in 0..3 {
            attempts.push(store.commit(std::slice::from_ref(&write)).await);
        }
        assert!(
            attempts
                .iter()
                .all(|attempt| matches!(attempt, Ok(_) | Err(StoreError::Unavailable(_)))),
            "{attempts:?}"
        );
        let committed = attempts
            .iter()
            .filter(|attempt| matches!(attempt.as_deref(), Ok([Applied::Committed])))
            .count();
        assert_eq!(committed, 1, "{attempts:?}");
        assert!(
            matches!(attempts[2].as_deref(), Ok([Applied::Committed | Applied::Duplicate { .. }])),
            "{attempts:?}"
        );
        assert_eq!(
            store.load(&[id("a")]).await.unwrap()[0].as_ref().unwrap().sequence,
            sequence + 1
        );
    }
    administrator.close().await.unwrap();
    store.close().await;
    database.remove().await;
}
