//! On PostgreSQL a commit waits for its topics before it holds anything that others may wait for.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use statewright_engine::store::Applied;

use crate::fixture::{Database, postgres};
use crate::shape::{counted, id, in_lot, resting, step, topic};

const DEADLINE: Duration = Duration::from_secs(30);

const WAITING: &str = "
    select count(*) from pg_locks
    where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())";

/// Until a commit waits for a lock of a topic.
async fn somebody_waits(connection: &mut PgConnection) {
    #[allow(clippy::disallowed_methods)] // how long a test waits says nothing about the engine's time
    let begun = Instant::now();
    loop {
        let waiting: i64 = connection.fetch_one(WAITING).await.unwrap().get(0);
        if waiting > 0 {
            return;
        }
        assert!(begun.elapsed() < DEADLINE, "nobody waits");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_commit_waits_for_its_topics_before_it_locks_a_row() {
    let Some(database) = Database::new().await else { return };
    let store = postgres(&database).await;
    for key in ["a", "b"] {
        assert_eq!(
            store.commit(&[in_lot(step(key, 0), "7")]).await.unwrap(),
            [Applied::Committed]
        );
    }
    let plain = in_lot(step("a", 1), "7");
    let careful = resting(in_lot(step("b", 1), "8"), "7", counted("7", 2));
    for write in [plain, careful] {
        let mut other = PgConnection::connect(&database.url()).await.unwrap();
        let place = topic("7").0[0];
        let lock = format!("begin; select pg_advisory_xact_lock(1951622448, {place})");
        other.execute(AssertSqlSafe(lock)).await.unwrap();
        let (instance, sent) = (write.instance, store.clone());
        let commit = tokio::spawn(async move { sent.commit(&[write]).await.unwrap() });
        somebody_waits(&mut other).await;
        let row = format!("select from instance where id = '{instance}' for update nowait");
        other.execute(AssertSqlSafe(row)).await.expect("nobody holds the row");
        other.execute("commit").await.unwrap();
        other.close().await.unwrap();
        assert_eq!(commit.await.unwrap(), [Applied::Committed]);
    }
    assert_eq!(store.load(&[id("a")]).await.unwrap()[0].as_ref().unwrap().sequence, 2);
    store.close().await;
    database.remove().await;
}
