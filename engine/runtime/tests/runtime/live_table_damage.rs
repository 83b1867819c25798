//! Live tables that were changed behind the engine: nothing of it goes unseen, and nobody goes by it.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::audit::{described, replay, verify};
use statewright_engine::store::{Store, open};

use crate::fixture::Folder;
use crate::live_tables::{begun, policy, policy_of, send, start};
use crate::support::{operator, send_of, source};

#[tokio::test]
async fn a_version_that_was_edited_or_is_gone_does_not_go_unseen() {
    let folder = Folder::new();
    let store: Arc<dyn Store> = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    let world = begun(store.clone()).await;
    start(&world, "A", 5).await;
    world.send("claim", "A", "DECIDE").await.unwrap();
    world.prove().await;
    let version = store.live_tables().await.unwrap()[0].1;
    let execute = |statement: &str| {
        rusqlite::Connection::open(folder.file())
            .unwrap()
            .execute_batch(statement)
            .unwrap()
    };
    let found = || async {
        let verified = verify(&store, |_| {}).await.unwrap();
        let replayed = replay(&store, world.engine().registry(), |_| {}).await.unwrap();
        let mut found: Vec<String> = verified.faults.iter().map(described).collect();
        let differences = replayed.findings.iter();
        found.extend(differences.map(|finding| format!("replay {}: {}", finding.key, finding.detail)));
        found
    };
    execute("update table_deployment set actor = 'somebody' where name = 'policy';");
    assert_eq!(
        found().await,
        [format!(
            "table {version}: edited: its history says that `somebody` made it the live one of `policy`, and entry 1 of the system's trail does not"
        )]
    );
    execute("update table_deployment set actor = 'olga';");
    execute("update table_version set source = replace(source, '<= 90', '<= 91') where name = 'policy';");
    assert_eq!(
        found().await,
        [
            format!("table {version}: edited: the source of a version of `policy` has another digest"),
            format!("replay A: the source of version {version} of the table `policy` has another digest"),
        ]
    );
    execute("delete from table_version where name = 'policy';");
    assert_eq!(
        found().await,
        [
            format!("table {version}: missing: it is not there, and is the live one of `policy`"),
            format!("replay A: version {version} of the table `policy` is not there"),
        ]
    );
    // a newly started node cannot ask it, and says so until another one is deployed
    let other = world.another_node("two");
    start(&world, "B", 5).await;
    let (engine, request) = (other.engine.clone(), send_of("claim", "B", "DECIDE"));
    let asked = tokio::spawn(async move { engine.send(request).await });
    while !asked.is_finished() {
        tokio::task::yield_now().await;
        other.intake.tick(world.now()).await;
    }
    let refused = asked.await.unwrap().unwrap_err().to_string();
    assert!(
        refused.contains("the table `policy` is needed and cannot be used: it is not there"),
        "{refused}"
    );
    other
        .engine
        .deploy_table(&source(&policy(90, 40)), &operator())
        .await
        .unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "DECIDE").await, "Taken");
    store.close().await;
}

#[tokio::test]
async fn what_was_made_live_behind_the_engine_and_does_not_fit_is_not_asked() {
    let folder = Folder::new();
    let store: Arc<dyn Store> = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    let world = begun(store.clone()).await;
    start(&world, "A", 5).await;
    let needy = policy_of(
        "{kind: string, days: integer, age: integer}",
        "{covered: boolean, percent: integer}",
        9,
        1,
    );
    let needy = source(&needy);
    let version = Digest::of(needy.as_bytes());
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    connection
        .execute(
            "insert into table_version (version, name, source, deployed_at) values (?1, 'policy', ?2, 1)",
            rusqlite::params![version.0, needy],
        )
        .unwrap();
    connection
        .execute(
            "update live_table set version = ?1 where name = 'policy'",
            rusqlite::params![version.0],
        )
        .unwrap();
    world.engine().registry().refresh().await.unwrap();
    let refused = world.send("claim", "A", "DECIDE").await.unwrap_err().to_string();
    assert!(
        refused.contains("the table `policy` as it is live does not fit") && refused.contains("it needs an input `age`"),
        "{refused}"
    );
    let faults = verify(&store, |_| {}).await.unwrap().faults;
    assert!(described(&faults[0]).contains("not the latest of its history"), "{faults:?}");
    store.close().await;
}
