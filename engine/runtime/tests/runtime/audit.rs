//! What someone with access to the database's file cannot do unseen.

use std::path::PathBuf;
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::value::Value;
use statewright_engine::audit::{PROOF_ENTRIES_MAX, described, prove, replay, verify};
use statewright_engine::error::EngineError;
use statewright_engine::queries::ListRequest;
use statewright_engine::registry::{LanguageCompiler, Registry};
use statewright_engine::store::{Store, open};

use crate::support::{COUNTER, World, clerk, operator, person, source};

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

/// A workflow with personal data.
const PATIENT: &str = "
workflow: patient
data:
  name: {type: string, phi: true}
  seen: {type: integer, default: 0}
start: {by: [clerk], input: [name]}
access:
  - {for: [clerk]}
initial: here
states:
  here:
    on:
      SEE: {by: [clerk], actions: [{assign: {seen: \"{{ seen + 1 }}\"}}]}
";

/// A store with `counter/A` of four entries, `counter/B` of one, and `patient/P`, whose name is Dana, of two.
async fn world(file: &File) -> World {
    let url = format!("sqlite:{}", file.0.display());
    let store: Arc<dyn Store> = open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let world = World::on(store, &[COUNTER, PATIENT], |_| {}).await;
    world.start("counter", "A", &[]).await.unwrap();
    for _ in 0..3 {
        world.send("counter", "A", "ADD").await.unwrap();
    }
    world.start("counter", "B", &[]).await.unwrap();
    world
        .start("patient", "P", &[("name", Value::from_text("Dana"))])
        .await
        .unwrap();
    world.send("patient", "P", "SEE").await.unwrap();
    world.prove().await;
    world
}

fn execute(file: &File, statements: &str) {
    let triggers = "drop trigger if exists trail_is_not_changed; drop trigger if exists trail_is_not_deleted;";
    rusqlite::Connection::open(&file.0)
        .unwrap()
        .execute_batch(&format!("{triggers} {statements}"))
        .unwrap();
}

async fn verified(store: &Arc<dyn Store>) -> Vec<String> {
    let verified = verify(store, |_| {}).await.unwrap();
    assert_eq!(verified.fault_count, verified.faults.len() as u64);
    verified.faults.iter().map(described).collect()
}

/// What replay finds, without the words.
async fn replayed(world: &World) -> Vec<String> {
    let registry = Registry::new(world.store.clone(), Arc::new(LanguageCompiler));
    let replayed = replay(&world.store, &registry, |_| {}).await.unwrap();
    let findings = replayed.findings.iter();
    findings
        .map(|finding| format!("replay {}/{} entry {}", finding.workflow, finding.key, finding.sequence))
        .collect()
}

/// Lets `tamper` at the file of a store, and gives what is found by both walks.
async fn check(name: &str, tamper: &str, expected: &[&str]) {
    let file = File::named(name);
    let world = world(&file).await;
    execute(&file, tamper);
    let mut found = verified(&world.store).await;
    found.extend(replayed(&world).await);
    assert_eq!(found, expected, "{tamper}");
    world.store.close().await;
}

/// As [`check`], of what replay does not see or sees otherwise.
async fn check_verify(name: &str, tamper: &str, expected: &[&str]) {
    let file = File::named(name);
    let world = world(&file).await;
    execute(&file, tamper);
    assert_eq!(verified(&world.store).await, expected, "{tamper}");
    world.store.close().await;
}

#[tokio::test]
async fn an_edited_entry_is_seen() {
    let tamper = "update trail set bytes = replace(bytes, '\"id\":\"ann\"', '\"id\":\"eve\"') where sequence = 3 and instance = (select id from instance where key = 'A');";
    check(
        "edited",
        tamper,
        &[
            "counter/A entry 3: edited: entry 4 was chained to other bytes",
            "replay counter/A entry 3",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_entry_taken_out_is_seen() {
    let expected = [
        "counter/A entry 3: missing: entries 3 to 3 are missing",
        "replay counter/A entry 4",
    ];
    check(
        "missing",
        "delete from trail where sequence = 3 and instance = (select id from instance where key = 'A');",
        &expected,
    )
    .await;
}

#[tokio::test]
async fn an_end_cut_off_is_seen() {
    let expected = [
        "counter/A entry 4: truncated: the trail ends with entry 3, its head is entry 4",
        "replay counter/A entry 4",
    ];
    check(
        "truncated",
        "delete from trail where sequence = 4 and instance = (select id from instance where key = 'A');",
        &expected,
    )
    .await;
}

#[tokio::test]
async fn an_edited_snapshot_is_seen() {
    let tamper = "update instance set snapshot = replace(snapshot, '\"count\":3', '\"count\":9') where key = 'A';";
    let expected = [
        "counter/A entry 4: edited: the stored snapshot is not the one that the entry names",
        "replay counter/A entry 4",
    ];
    check("snapshot", tamper, &expected).await;
}

#[tokio::test]
async fn entries_that_only_changed_places_are_not_said_to_be_edited() {
    let a = "instance = (select id from instance where key = 'A')";
    let tamper = format!(
        "update trail set sequence = 9 where {a} and sequence = 2; update trail set sequence = 2 where {a} and sequence = 3;
        update trail set sequence = 3 where {a} and sequence = 9;"
    );
    let expected = [
        "counter/A entry 2: reordered: entry 3 is filed under 2",
        "counter/A entry 3: reordered: entry 2 is filed under 3",
    ];
    check_verify("swapped", &tamper, &expected).await;
}

#[tokio::test]
async fn columns_beside_an_entry_must_say_what_it_says() {
    let tamper = "update trail set at = at + 1 where sequence = 2 and instance = (select id from instance where key = 'A');";
    let expected = ["counter/A entry 2: edited: its column `at` is not the moment that its bytes say"];
    check_verify("column-at", tamper, &expected).await;
    let tamper = "update trail set input_key = x'00112233445566778899aabbccddeeff' where sequence = 2
        and instance = (select id from instance where key = 'A');";
    let expected = ["counter/A entry 2: edited: its column `input_key` is not the key that its bytes say"];
    check_verify("column-key", tamper, &expected).await;
}

#[tokio::test]
async fn columns_beside_a_snapshot_must_say_what_it_says() {
    let expected = ["counter/B entry 1: edited: its column `done` is not what its snapshot says"];
    check_verify("column-done", "update instance set done = 1 where key = 'B';", &expected).await;
    let expected = [
        "counter/B entry 1: edited: its columns `workflow` and `key` do not make its id",
        "counter/B entry 1: edited: its column `key` is not what its snapshot says",
    ];
    check_verify("column-name", "update instance set key = 'Bx' where key = 'B';", &expected).await;
    let expected = [
        "counter/B entry 1: truncated: the trail ends with entry 0, its head is entry 1",
        "counter/B entry 1: edited: its column `started_at` is not what its snapshot says",
        "counter/B entry 1: orphaned: 1 entries that no instance's head counts",
    ];
    let tamper = "update instance set started_at = started_at + 1 where key = 'B';";
    check_verify("column-started", tamper, &expected).await;
}

#[tokio::test]
async fn entries_without_their_instance_are_seen_and_named() {
    let expected = ["counter/A entry 1: orphaned: 4 entries that no instance's head counts"];
    check("orphans", "delete from instance where key = 'A';", &expected).await;
    let expected = [
        "counter/A entry 3: edited: the head was made of other bytes",
        "counter/A entry 3: edited: its column `sequence` is not what its snapshot says",
    ];
    let file = File::named("behind");
    let world = world(&file).await;
    execute(&file, "update instance set sequence = 3 where key = 'A';");
    let found = verified(&world.store).await;
    assert!(found.iter().any(|line| line == expected[0]), "{found:?}");
    let beyond = "counter/A entry 4: orphaned: 1 entries that no instance's head counts";
    assert!(found.iter().any(|line| line == beyond), "{found:?}");
    world.store.close().await;
}

#[tokio::test]
async fn personal_values_must_be_what_was_committed_to() {
    let edit = "update personal set value = '\"Eve\"' where value = '\"Dana\"';";
    let expected = [
        "patient/P entry 1: edited: a personal value is not the one that was committed to",
        "replay patient/P entry 1",
    ];
    check("personal-edited", edit, &expected).await;
}

#[tokio::test]
async fn personal_values_that_are_lost_are_not_taken_for_erased() {
    let expected = [
        "patient/P entry 1: missing: 1 of its personal values not there, and no entry says that they were erased",
        "patient/P entry 1: missing: the secret of its personal values is not there, and no entry says that it was erased",
        "replay patient/P entry 1",
    ];
    check("personal-lost", "delete from personal;", &expected).await;

    let file = File::named("erased");
    let world = world(&file).await;
    world.engine().erase("patient", "P", &operator()).await.unwrap();
    assert_eq!(verified(&world.store).await, Vec::<String>::new());
    assert_eq!(replayed(&world).await, Vec::<String>::new());
    let back =
        "insert into personal (instance, reference, value) select id, zeroblob(32), '\"x\"' from instance where key = 'P';";
    execute(&file, back);
    assert_eq!(
        verified(&world.store).await,
        ["patient/P entry 3: orphaned: 1 of the personal values are there that it says were erased"]
    );
    world.store.close().await;
}

#[tokio::test]
async fn definitions_must_have_their_digest_and_be_there() {
    let file = File::named("definitions");
    let world = world(&file).await;
    let engine = world.engine();
    let mut live = engine.registry().live_hashes();
    live.retain(|(workflow, _)| &**workflow == "counter");
    let hash = live[0].1;
    execute(
        &file,
        "update definition set source = replace(source, 'count + 1', 'count + 2') where workflow = 'counter';",
    );
    let edited = format!("definition {hash}: edited: the source of a definition of `counter` has another digest");
    assert_eq!(verified(&world.store).await, [edited]);

    // A node that has not seen it says so, and not that there is no such workflow; deploying what it was mends it.
    let other = World::on(world.store.clone(), &[], |_| {}).await;
    let refused = other.start("counter", "C", &[]).await;
    assert!(matches!(refused, Err(EngineError::Damaged(_))), "{refused:?}");
    other.engine().deploy(&source(COUNTER), &operator()).await.unwrap();
    assert_eq!(verified(&world.store).await, Vec::<String>::new());
    other.start("counter", "C", &[]).await.unwrap();

    execute(&file, "delete from definition where workflow = 'counter';");
    assert_eq!(
        verified(&world.store).await,
        [
            format!("definition {hash}: missing: it is not there, and counter/C of `counter` needs it"),
            format!("definition {hash}: missing: it is not there, and what is live of `counter` needs it"),
        ]
    );
    world.store.close().await;
}

#[tokio::test]
async fn a_snapshot_that_its_trail_does_not_name_is_never_stepped_on() {
    let file = File::named("laundered");
    let world = world(&file).await;
    execute(
        &file,
        "update instance set snapshot = replace(snapshot, '\"count\":3', '\"count\":9') where key = 'A';",
    );
    let before = verified(&world.store).await;
    assert_eq!(before.len(), 1);
    let other = World::on(world.store.clone(), &[], |_| {}).await;
    let refused = other.send("counter", "A", "ADD").await;
    let expected = "what is stored of counter/A is damaged: its snapshot is not the one that its last entry names";
    assert_eq!(refused.unwrap_err().to_string(), expected);
    let shown = other.engine().show("counter", "A", &clerk()).await;
    assert_eq!(shown.unwrap_err().to_string(), expected);
    let auditor = person("aude", &["auditor"]);
    let trail = other.engine().trail("counter", "A", &auditor, 0, 10).await;
    assert_eq!(trail.unwrap().len(), 4, "an auditor sees the trail of what is damaged");
    assert_eq!(verified(&world.store).await, before, "and nothing was written");
    world.store.close().await;
}

#[tokio::test]
async fn one_damaged_row_keeps_nobody_from_the_others() {
    let file = File::named("row");
    let world = world(&file).await;
    execute(&file, "update instance set head = x'00' where key = 'A';");
    let broken = "counter/A entry 4: malformed: its row cannot be read: `head` has 1 bytes and should have 32";
    assert_eq!(verified(&world.store).await, [broken]);
    assert_eq!(replayed(&world).await, ["replay counter/A entry 4"]);
    let report = verify(&world.store, |_| {}).await.unwrap();
    assert_eq!((report.walked.instances, report.walked.entries), (4, 5));
    let other = World::on(world.store.clone(), &[], |_| {}).await;
    let request = ListRequest {
        limit: 10,
        ..ListRequest::default()
    };
    let listed = other.engine().list(&request, &clerk()).await.unwrap();
    let mut keys: Vec<String> = listed.instances.iter().map(|shown| shown.key.to_string()).collect();
    keys.sort();
    assert_eq!(keys, ["B", "P"]);
    other.send("counter", "B", "ADD").await.unwrap();
    let refused = other.send("counter", "A", "ADD").await.unwrap_err().to_string();
    assert!(refused.starts_with("what is stored of counter/A is damaged"), "{refused}");
    world.store.close().await;
}

/// What the page of a trail says: whoever may read it is told that it is whole, or what is wrong, and of how many entries.
#[tokio::test]
async fn one_trail_is_proven_by_itself() {
    let file = File::named("one");
    let world = world(&file).await;
    let whole = world.engine().prove_trail("counter", "A", &clerk()).await.unwrap();
    let head = world
        .store
        .load(&[InstanceId::of("counter", "A")])
        .await
        .unwrap()
        .remove(0)
        .unwrap()
        .head;
    assert_eq!((whole.is_whole(), whole.entries, whole.head), (true, 4, head));
    let hidden = world.engine().prove_trail("counter", "A", &person("sid", &[])).await;
    assert_eq!(hidden.unwrap_err(), EngineError::Hidden);
    execute(
        &file,
        "update trail set bytes = replace(bytes, 'ADD', 'SUB') where sequence = 2",
    );
    let edited = world.engine().prove_trail("counter", "A", &clerk()).await.unwrap();
    assert!(!edited.is_whole());
    let found: Vec<String> = edited.findings.iter().flatten().map(described).collect();
    assert!(
        found.iter().any(|found| found.starts_with("counter/A entry 2: edited")),
        "{found:?}"
    );
    assert!(world.engine().prove_trail("counter", "B", &clerk()).await.unwrap().is_whole());
    // one that is too long is neither called whole nor broken
    execute(
        &file,
        &format!("update instance set sequence = {} where key = 'B'", PROOF_ENTRIES_MAX + 1),
    );
    let long = prove(&world.store, InstanceId::of("counter", "B")).await.unwrap().unwrap();
    assert_eq!((long.is_whole(), long.findings), (false, None));
    world.store.close().await;
}
