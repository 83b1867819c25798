//! A disk that is full: nothing is taken, nothing is lost, everything can be read, and it goes on when there is room.

use serde_json::json;
use statewright_tests::client::Client;
use statewright_tests::cluster::Cluster;
use statewright_tests::database::{Database, Dialect};
use statewright_tests::folder::Folder;
use statewright_tests::room::Room;
use statewright_tests::site::{Settings, Site};

/// Enough for an empty database of either kind.
const ROOM_MIB: u32 = 48;

/// Inputs after which a full disk must have been noticed: what a database has set aside does not last for longer.
const NOTICED_AFTER: usize = 5_000;

/// Inputs that are told so, one after the other.
const TOLD: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_sqlite_is_said_and_survived_without_a_restart() {
    let database = Database::create(Dialect::Sqlite).await;
    let Some(room) = Room::over(database.folder().path(), ROOM_MIB) else {
        println!("SKIPPED: no file system may be mounted here");
        return;
    };
    fill_and_free(database, &room).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_postgres_is_said_and_survived_without_a_restart() {
    let folder = Folder::new();
    let Some(room) = Room::over(folder.path(), ROOM_MIB) else {
        println!("SKIPPED: no file system may be mounted here");
        return;
    };
    // The server keeps its own log elsewhere: where that has no room, PostgreSQL itself stops.
    let cluster = Cluster::start();
    cluster.give(folder.path());
    let small = Database::OwnPostgres { cluster };
    small
        .execute(&format!("create tablespace small location '{}'", folder.path().display()))
        .await;
    small.execute("create database small tablespace small").await;
    let url = small.url().replace("/postgres", "/small");
    fill_and_free(Database::Postgres { url }, &room).await;
}

async fn fill_and_free(database: Database, room: &Room) {
    let site = Site::open(database, Settings::default()).await;
    site.deploy("tests/fixtures/durability/counter.yaml").await;
    let client = Client::new();
    let clerk = site.person(&client, "carla:clerk").await;
    let node = site.start("filled").await;
    let start = async |name: &str| {
        let body = json!({"with": {"name": name}});
        let url = format!("{}/v1/instances/counter", node.url());
        clerk.post(&url, Some(name), &body).await.expect("the server answers")
    };
    assert_eq!(start("counter-before").await.status, 201);
    room.fill();

    let mut taken = vec!["counter-before".to_owned()];
    let mut told = Vec::new();
    for number in 0..NOTICED_AFTER {
        let name = format!("counter-{number}");
        let reply = start(&name).await;
        match reply.status {
            201 => taken.push(name),
            503 => {
                assert_eq!(reply.json()["code"], "SW-2118", "{}", reply.body);
                assert!(!reply.header("retry-after").is_empty(), "{:?}", reply.headers);
                told.push(name);
            }
            _ => panic!("{name} was answered {} {}", reply.status, reply.body),
        }
        if told.len() == TOLD {
            break;
        }
    }
    assert_eq!(told.len(), TOLD, "a full disk is noticed; {} were taken", taken.len());
    let read = async |name: &str| {
        let url = format!("{}/v1/instances/counter/{name}", node.url());
        clerk.get(&url).await.expect("the server answers").status
    };
    for name in &taken {
        assert_eq!(
            read(name).await,
            200,
            "{name} was taken, and can be read while the disk is full"
        );
    }
    let ready = clerk
        .get(&format!("{}/readyz", node.url()))
        .await
        .expect("the server answers");
    assert_eq!(ready.status, 200, "{}", ready.body);

    room.free();
    for name in &told {
        let reply = clerk
            .insist(&site.doors, "/v1/instances/counter", name, &json!({"with": {"name": name}}))
            .await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.body);
    }
    for name in taken.iter().chain(&told) {
        assert_eq!(read(name).await, 200, "{name}");
    }
    println!("{} were taken after the disk was full", taken.len() - 1);
    node.stop().await;
    let count = site
        .database
        .number("select count(*) from instance where workflow = 'counter'")
        .await;
    assert_eq!(count, (taken.len() + told.len()) as i64);
    site.prove().await;
}
