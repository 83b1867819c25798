//! Both dialects have the same tables, which could be partitioned by instance, and a trail that is only appended to.

use std::collections::BTreeMap;

use rusqlite::Connection as Sqlite;
use sqlx::{Connection, Executor, PgConnection, Row};

use crate::fixture::{Database, Folder, postgres, sqlite};
use crate::shape::step;

/// Every table with its columns; `?` may be null.
const MANIFEST: &str = "\
calendar: version name source deployed_at
claim: id name value holder
credential: person revision password password_set_at password_expires_at? secret? secret_confirmed_at? step failures locked_until?
definition: hash workflow source deployed_at
document: version kind name source deployed_at
document_deployment: kind name entry version at actor
effect: instance key adapter body due attempts epoch lease_node? lease_until? abandoned error? incident_since?
file_attachment: instance file personal at
file_chunk: file number bytes
file_content: sha256 file
file_upload: file uploader expires_at size attached redundant whole_at? sha256? name? media_type? scan?
inbox_read: person at instance sequence ordinal read_at
instance: id workflow key definition sequence done snapshot head started_at watchers?
instance_field: instance field value workflow
live_calendar: name version
live_definition: workflow hash
live_document: kind name version
live_table: name version
mail: instance name sequence ordinal person? at due attempts epoch lease_node? lease_until? letter? error? incident_since?
mark: instance name sequence ordinal at actor data
mark_field: instance sequence ordinal field value name at
message: id receiver key body due inserted_at deferred attempts error? incident_since?
node: node version started_at seen_at is_gone taken_lately waiting memory_bytes?
notice: instance sequence ordinal at thread subjects body
notice_read: instance sequence ordinal person read_at
notice_subject: subject at instance sequence ordinal
number: workflow last
personal: instance reference value
schema_version: version name
secret: name value
session: hash id person created_at seen_at expires_at password_at second_factor_at? origin
table_deployment: name entry version at actor
table_use: name definition workflow
table_version: version name source deployed_at
task: instance name opened opened_at workflow holder? priority due subjects body
task_field: instance task field value
task_subject: instance task subject workflow held priority due opened_at
timer: instance name due attempts error? incident_since?
token: id hash principal created_at expires_at? revoked_at?
trail: instance sequence started_at at input_key? bytes
";

/// Tables that grow with the instances, and the column by which they could be partitioned.
const PARTITIONED_BY: [(&str, &str); 17] = [
    ("claim", "id"),
    ("effect", "instance"),
    ("file_attachment", "instance"),
    ("instance", "id"),
    ("instance_field", "instance"),
    ("mark", "instance"),
    ("mark_field", "instance"),
    ("message", "receiver"),
    ("notice", "instance"),
    ("notice_read", "instance"),
    ("notice_subject", "instance"),
    ("personal", "instance"),
    ("task", "instance"),
    ("task_field", "instance"),
    ("task_subject", "instance"),
    ("timer", "instance"),
    ("trail", "instance"),
];

const COLUMNS_SQLITE: &str = r#"
    select t.name, c.name, c."notnull" = 0
    from sqlite_schema t, pragma_table_info(t.name) c
    where t.type = 'table' and t.name not like 'sqlite%'
    order by t.name, c.cid"#;

const COLUMNS_POSTGRES: &str = "
    select table_name::text, column_name::text, is_nullable = 'YES'
    from information_schema.columns where table_schema = 'public'
    order by table_name, ordinal_position";

const UNIQUE_SQLITE: &str = r#"
    select t.name, i.name, c.name
    from sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
    where t.type = 'table' and i."unique" = 1"#;

const UNIQUE_POSTGRES: &str = "
    select i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname::text
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indisunique and i.indrelid::regclass::text not like 'pg_%'";

/// (table, column, whether it may be null)
type Columns = Vec<(String, String, bool)>;
/// (table, index, column)
type Unique = Vec<(String, String, String)>;

fn manifest(columns: Columns) -> String {
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    for (table, column, may_be_null) in columns {
        let line = tables.entry(table).or_default();
        line.push(' ');
        line.push_str(&column);
        if may_be_null {
            line.push('?');
        }
    }
    tables
        .into_iter()
        .map(|(table, columns)| format!("{table}:{columns}\n"))
        .collect()
}

fn check_partitions(unique: &Unique) {
    for (table, by) in PARTITIONED_BY {
        let mut of_it: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (_, index, column) in unique.iter().filter(|(of, ..)| of == table) {
            of_it.entry(index).or_default().push(column);
        }
        assert!(!of_it.is_empty(), "{table} has no key");
        for (index, columns) in of_it {
            assert!(columns.contains(&by), "{index} of {table} does not hold {by}: {columns:?}");
        }
    }
}

#[tokio::test]
async fn of_sqlite() {
    let folder = Folder::new();
    let store = sqlite(&folder.file()).await;
    let connection = Sqlite::open(folder.file()).unwrap();
    let mut statement = connection.prepare(COLUMNS_SQLITE).unwrap();
    let columns = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!(manifest(columns.collect::<Result<_, _>>().unwrap()), MANIFEST);
    let mut statement = connection.prepare(UNIQUE_SQLITE).unwrap();
    let unique = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    check_partitions(&unique.collect::<Result<_, _>>().unwrap());
    store.close().await;
}

#[tokio::test]
async fn of_postgres() {
    let Some(database) = Database::new().await else { return };
    let store = postgres(&database).await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let columns = connection.fetch_all(COLUMNS_POSTGRES).await.unwrap();
    let columns = columns.iter().map(|row| (row.get(0), row.get(1), row.get(2)));
    assert_eq!(manifest(columns.collect()), MANIFEST);
    let unique = connection.fetch_all(UNIQUE_POSTGRES).await.unwrap();
    check_partitions(&unique.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect());
    connection.close().await.unwrap();
    store.close().await;
    database.remove().await;
}

#[tokio::test]
async fn the_trail_of_sqlite_is_only_appended_to() {
    let folder = Folder::new();
    let store = sqlite(&folder.file()).await;
    store.commit(&[step("a", 0)]).await.unwrap();
    let connection = Sqlite::open(folder.file()).unwrap();
    for change in ["update trail set bytes = ''", "delete from trail"] {
        let refused = connection.execute(change, []).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{change}: {refused}");
    }
    store.close().await;
}

#[tokio::test]
async fn the_trail_of_postgres_is_only_appended_to() {
    let Some(database) = Database::new().await else { return };
    let store = postgres(&database).await;
    store.commit(&[step("a", 0)]).await.unwrap();
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    for change in ["update trail set bytes = ''", "delete from trail", "truncate trail"] {
        let refused = connection.execute(change).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{change}: {refused}");
    }
    connection.close().await.unwrap();
    store.close().await;
    database.remove().await;
}
