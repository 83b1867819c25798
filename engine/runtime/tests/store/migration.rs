//! The schema is made, upgraded, left alone or refused; by one process or by two at once.

use rusqlite::Connection as Sqlite;
use sqlx::{Connection, Executor, PgConnection};
use statewright_engine::store::{Applied, OpenTaskQuery, Store, StoreError, Write, open};

use crate::fixture::{Database, Folder};
use crate::shape::{id, step, task, topic};

const NEWER: &str = "insert into schema_version (version, name) values (900, '0900_from_the_future')";

async fn versions(store: &dyn Store) -> Applied {
    store.commit(&[step("a", 0)]).await.unwrap().remove(0)
}

fn check_refused(migrated: Result<(), StoreError>) {
    match migrated {
        Err(StoreError::Schema(why)) => {
            assert!(why.contains("schema version 900"), "{why}");
            assert!(why.contains("newer"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sqlite_from_empty_and_again() {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.file().display());
    let store = open(&url).await.unwrap();
    assert!(
        matches!(store.commit(&[step("a", 0)]).await, Err(StoreError::Schema(_))),
        "no schema yet"
    );
    store.migrate().await.unwrap();
    let key = store.blind_key().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(versions(&*store).await, Applied::Committed);
    store.close().await;
    assert!(matches!(store.next_due().await, Err(StoreError::Unavailable(_))), "closed");
    let again = open(&url).await.unwrap();
    again.migrate().await.unwrap();
    assert_eq!(again.blind_key().await.unwrap(), key, "it was made once");
    assert!(
        matches!(versions(&*again).await, Applied::Duplicate { .. }),
        "what was committed is there"
    );
    again.close().await;
}

#[tokio::test]
async fn sqlite_two_at_once() {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.file().display());
    let (first, second) = (open(&url).await.unwrap(), open(&url).await.unwrap());
    let (one, other) = tokio::join!(first.migrate(), second.migrate());
    one.unwrap();
    other.unwrap();
    assert_eq!(versions(&*first).await, Applied::Committed);
    assert!(matches!(versions(&*second).await, Applied::Duplicate { .. }));
}

#[tokio::test]
async fn sqlite_refuses_a_newer_schema() {
    let folder = Folder::new();
    let store = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    Sqlite::open(folder.file()).unwrap().execute(NEWER, []).unwrap();
    check_refused(store.migrate().await);
}

#[tokio::test]
async fn postgres_from_empty_and_again() {
    let Some(database) = Database::new().await else { return };
    let store = open(&database.url()).await.unwrap();
    assert!(
        matches!(store.commit(&[step("a", 0)]).await, Err(StoreError::Schema(_))),
        "no schema yet"
    );
    store.migrate().await.unwrap();
    let key = store.blind_key().await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.blind_key().await.unwrap(), key, "it was made once");
    assert_eq!(versions(&*store).await, Applied::Committed);
    store.close().await;
    assert!(matches!(store.next_due().await, Err(StoreError::Unavailable(_))), "closed");
    assert!(
        matches!(store.commit(&[step("b", 0)]).await, Err(StoreError::Unavailable(_))),
        "closed"
    );
    database.remove().await;
}

#[tokio::test]
async fn postgres_two_at_once() {
    let Some(database) = Database::new().await else { return };
    let (first, second) = (open(&database.url()).await.unwrap(), open(&database.url()).await.unwrap());
    let (one, other) = tokio::join!(first.migrate(), second.migrate());
    one.unwrap();
    other.unwrap();
    assert_eq!(versions(&*first).await, Applied::Committed);
    assert!(matches!(versions(&*second).await, Applied::Duplicate { .. }));
    first.close().await;
    second.close().await;
    database.remove().await;
}

#[tokio::test]
async fn postgres_refuses_a_newer_schema() {
    let Some(database) = Database::new().await else { return };
    let store = open(&database.url()).await.unwrap();
    store.migrate().await.unwrap();
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    connection.execute(NEWER).await.unwrap();
    connection.close().await.unwrap();
    check_refused(store.migrate().await);
    store.close().await;
    database.remove().await;
}

/// As a program before the seventh version kept it.
fn without_fields() -> Write {
    let mut write = step("a", 0);
    let mut row = task("a", "s", &["role:nurse"]);
    row.holder = Some("ada".into());
    row.body = r#"{"for":[{"any_of":[{"role":["nurse","doctor"],"unit":["W3"]},{"user":["ben"]}]}],"key":"a"}"#.into();
    write.tasks.push(row);
    write.tasks.push(task("a", "t", &["role:nurse"]));
    write
}

async fn check_found(store: &dyn Store) {
    let check = async |field: &str, value: &str, expected: u64| {
        let query = OpenTaskQuery {
            conditions: vec![(field.into(), vec![value.into()])],
            limit: 9,
        };
        assert_eq!(store.count_open_tasks(&query).await.unwrap(), expected, "{field} {value}");
    };
    for (field, value) in [
        ("role", "nurse"),
        ("role", "doctor"),
        ("unit", "W3"),
        ("holder", "ada"),
        ("held", "yes"),
    ] {
        check(field, value, 1).await;
    }
    check("workflow", "order", 2).await;
    check("user", "ben", 0).await;
}

const SIXTH: &str = "
    drop table task_field; drop table table_version; drop table live_table; drop table table_deployment; drop table table_use;
    drop table credential; drop table session;
    drop table document; drop table live_document; drop table document_deployment;
    drop table file_upload; drop table file_content; drop table file_chunk; drop table file_attachment;
    drop table node; drop table mail; drop table notice_read; drop table inbox_read;
    drop index trail_moment; drop index task_due; drop table secret;
    delete from schema_version where version >= 7";

#[tokio::test]
async fn sqlite_finds_tasks_that_are_open_already() {
    let folder = Folder::new();
    let store = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    store.commit(&[without_fields()]).await.unwrap();
    Sqlite::open(folder.file()).unwrap().execute_batch(SIXTH).unwrap();
    store.migrate().await.unwrap();
    check_found(&*store).await;
}

#[tokio::test]
async fn postgres_finds_tasks_that_are_open_already() {
    let Some(database) = Database::new().await else { return };
    let store = open(&database.url()).await.unwrap();
    store.migrate().await.unwrap();
    store.commit(&[without_fields()]).await.unwrap();
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    connection.execute(SIXTH).await.unwrap();
    connection.close().await.unwrap();
    store.migrate().await.unwrap();
    check_found(&*store).await;
    store.close().await;
    database.remove().await;
}

/// A watch of a topic, and its end.
fn watch_and_end() -> [Write; 2] {
    let (mut begun, mut ended) = (step("a", 0), step("a", 1));
    begun.watched = vec![topic("7"), id("nobody")];
    begun.settled.push(topic("7"));
    ended.unwatched.clone_from(&begun.watched);
    [begun, ended]
}

const ROWS: &str = "select count(*) from instance";

#[tokio::test]
async fn sqlite_forgets_what_nobody_watches_any_more() {
    let folder = Folder::new();
    let store = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    for (write, rows) in watch_and_end().into_iter().zip([3, 1]) {
        store.commit(&[write]).await.unwrap();
        let reader = Sqlite::open(folder.file()).unwrap();
        assert_eq!(reader.query_row(ROWS, [], |row| row.get::<_, i64>(0)).unwrap(), rows);
    }
}

#[tokio::test]
async fn postgres_forgets_what_nobody_watches_any_more() {
    let Some(database) = Database::new().await else { return };
    let store = open(&database.url()).await.unwrap();
    store.migrate().await.unwrap();
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    for (write, rows) in watch_and_end().into_iter().zip([3, 1]) {
        store.commit(&[write]).await.unwrap();
        let found: i64 = sqlx::query_scalar(ROWS).fetch_one(&mut connection).await.unwrap();
        assert_eq!(found, rows);
    }
    connection.close().await.unwrap();
    store.close().await;
    database.remove().await;
}
