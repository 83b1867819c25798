//! What someone with access to the database's file cannot do unseen.

use std::path::PathBuf;
use std::sync::Arc;

use statewright_engine::audit::{described, replay, verify};
use statewright_engine::store::{Store, open};

use crate::support::{COUNTER, World};

/// A database file of its own, gone with the test.
struct File(PathBuf);

impl File {
    fn named(name: &str) -> Self {
        File(std::env::temp_dir().join(format!("statewright-audit-{name}-{}.db", std::process::id())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(ending);
            drop(std::fs::remove_file(path));
        }
    }
}

/// Takes an instance through four entries, lets `tamper` at the file, and gives what is found by both walks.
async fn check(name: &str, tamper: &str, expected: &[&str]) {
    let file = File::named(name);
    let url = format!("sqlite:{}", file.0.display());
    let store: Arc<dyn Store> = open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let world = World::on(store.clone(), &[COUNTER], |_| {}).await;
    world.start("counter", "A", &[]).await.unwrap();
    for _ in 0..3 {
        world.send("counter", "A", "ADD").await.unwrap();
    }
    world.prove().await;
    let triggers = "drop trigger trail_is_not_changed; drop trigger trail_is_not_deleted;";
    rusqlite::Connection::open(&file.0)
        .unwrap()
        .execute_batch(&format!("{triggers} {tamper}"))
        .unwrap();
    let verified = verify(&store, |_| {}).await.unwrap();
    let faults = verified.faults.iter().map(described).map(without_id);
    let replayed = replay(&store, world.node.engine.registry(), |_| {}).await.unwrap();
    let findings = replayed
        .findings
        .iter()
        .map(|finding| format!("replay {}/{} entry {}", finding.workflow, finding.key, finding.sequence));
    assert_eq!(faults.chain(findings).collect::<Vec<_>>(), expected, "{tamper}");
    store.close().await;
}

fn without_id(line: String) -> String {
    line.split_once(' ').map_or(line.clone(), |(_, rest)| rest.to_owned())
}

#[tokio::test]
async fn an_edited_entry_is_seen() {
    let tamper = "update trail set bytes = replace(bytes, '\"id\":\"ann\"', '\"id\":\"eve\"') where sequence = 3;";
    check(
        "edited",
        tamper,
        &[
            "entry 3: edited: entry 4 was chained to other bytes",
            "replay counter/A entry 3",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_entry_taken_out_is_seen() {
    let expected = ["entry 3: missing: entries 3 to 3 are missing", "replay counter/A entry 4"];
    check("missing", "delete from trail where sequence = 3;", &expected).await;
}

#[tokio::test]
async fn an_end_cut_off_is_seen() {
    let expected = [
        "entry 4: truncated: the trail ends with entry 3, its head is entry 4",
        "replay counter/A entry 4",
    ];
    check("truncated", "delete from trail where sequence = 4;", &expected).await;
}

#[tokio::test]
async fn an_edited_snapshot_is_seen() {
    let tamper = "update instance set snapshot = replace(snapshot, '\"count\":3', '\"count\":9');";
    let expected = [
        "entry 4: edited: the stored snapshot is not the one that the entry names",
        "replay counter/A entry 4",
    ];
    check("snapshot", tamper, &expected).await;
}
