//! Every version of a live table is kept for ever; the newest deployed is live, and each deployment stands in the table's history.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{Applied, Definition, MadeLive, Store, StoreError, StoredTable, TableUse};

use super::{must_commit, on_every_store};
use crate::shape::{WORKFLOW, id, step, touch};

on_every_store! {
    a_deployed_version_is_kept_live_and_in_the_history
    a_deployment_that_lost_its_race_changes_nothing
    who_asks_a_table_is_known_and_whether_they_are_done
}

fn table(name: &str, source: &str, deployed_at_us: i64) -> StoredTable {
    StoredTable {
        version: Digest::of(source.as_bytes()),
        name: name.into(),
        source: source.into(),
        deployed_at_us,
    }
}

fn made_live(table: &StoredTable, entry: u64, actor: &str) -> MadeLive {
    MadeLive {
        entry,
        version: table.version,
        at_us: table.deployed_at_us,
        actor: actor.into(),
    }
}

async fn a_deployed_version_is_kept_live_and_in_the_history(store: Arc<dyn Store>) {
    assert_eq!(store.live_tables().await.unwrap(), []);
    let first = table("prices", "one", 10);
    let second = table("prices", "two", 20);
    let other = table("policy", "three", 30);
    for (sequence, (next, by)) in [(&first, "ann"), (&second, "bob"), (&other, "ann")].into_iter().enumerate() {
        let applied = store.deploy_table(next, by, &step("system", sequence as u64)).await.unwrap();
        assert_eq!(applied, Applied::Committed);
    }
    let live = store.live_tables().await.unwrap();
    assert_eq!(live, [("policy".into(), other.version), ("prices".into(), second.version)]);
    // Deployed anew, it is live again, and still the one of the first time; the history has it twice.
    let again = table("prices", "one", 99);
    let applied = store.deploy_table(&again, "cy", &step("system", 3)).await.unwrap();
    assert_eq!(applied, Applied::Committed);
    assert_eq!(store.live_tables().await.unwrap()[1], ("prices".into(), first.version));
    assert_eq!(store.table(first.version).await.unwrap(), Some(first.clone()));
    assert_eq!(store.table(second.version).await.unwrap(), Some(second.clone()));
    assert_eq!(store.table(Digest::ZERO).await.unwrap(), None);
    let history = store.table_history("prices", u64::MAX, 10).await.unwrap();
    let (latest, earlier, earliest) = (
        made_live(&again, 4, "cy"),
        made_live(&second, 2, "bob"),
        made_live(&first, 1, "ann"),
    );
    assert_eq!(history, [latest.clone(), earlier.clone(), earliest.clone()]);
    assert_eq!(store.table_history("prices", u64::MAX, 2).await.unwrap(), [latest, earlier]);
    assert_eq!(store.table_history("prices", 2, 2).await.unwrap(), [earliest]);
    assert_eq!(store.table_history("prices", 1, 2).await.unwrap(), []);
    assert_eq!(store.table_history("price", u64::MAX, 10).await.unwrap(), []);
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 4);
    assert_eq!(store.live_calendars().await.unwrap(), []);
}

async fn a_deployment_that_lost_its_race_changes_nothing(store: Arc<dyn Store>) {
    let first = table("prices", "one", 10);
    let applied = store.deploy_table(&first, "ann", &step("system", 0)).await.unwrap();
    assert_eq!(applied, Applied::Committed);
    let second = table("prices", "two", 20);
    let applied = store.deploy_table(&second, "ann", &step("system", 7)).await.unwrap();
    assert_eq!(applied, Applied::Moved);
    assert!(matches!(
        store.deploy_table(&second, "ann", &step("system", 0)).await.unwrap(),
        Applied::Duplicate { .. }
    ));
    for wrong in [table("prices\0", "two", 20), table("prices", "two\0", 20)] {
        let refused = store.deploy_table(&wrong, "ann", &step("system", 1)).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))));
    }
    let refused = store.deploy_table(&second, "ann\0", &step("system", 1)).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    assert!(matches!(store.table_history("\0", 1, 1).await, Err(StoreError::Refused(_))));
    assert!(matches!(store.table_uses("\0").await, Err(StoreError::Refused(_))));
    assert_eq!(store.live_tables().await.unwrap(), [("prices".into(), first.version)]);
    assert_eq!(store.table(second.version).await.unwrap(), None);
    assert_eq!(store.table_history("prices", u64::MAX, 10).await.unwrap().len(), 1);
}

async fn who_asks_a_table_is_known_and_whether_they_are_done(store: Arc<dyn Store>) {
    let definition = |source: &str, tables: &[&str]| Definition {
        hash: Digest::of(source.as_bytes()),
        workflow: WORKFLOW.into(),
        source: source.into(),
        deployed_at_us: 1,
        tables: tables.iter().map(|table| Arc::from(*table)).collect(),
    };
    let (first, second, without) = (
        definition("one", &["prices", "policy"]),
        definition("two", &["prices"]),
        definition("three", &[]),
    );
    for (sequence, next) in [&first, &second, &without, &second].into_iter().enumerate() {
        let applied = store.deploy(next, &step("system", sequence as u64)).await.unwrap();
        assert_eq!(applied, Applied::Committed);
    }
    let using = |definition: &Definition| TableUse {
        definition: definition.hash,
        workflow: WORKFLOW.into(),
    };
    let mut both = vec![using(&first), using(&second)];
    both.sort_by_key(|using| using.definition);
    assert_eq!(store.table_uses("prices").await.unwrap(), both);
    assert_eq!(store.table_uses("policy").await.unwrap(), [using(&first)]);
    assert_eq!(store.table_uses("other").await.unwrap(), []);
    assert!(!store.is_unfinished(&using(&first)).await.unwrap());
    let mut begun = step("A", 0);
    begun.next.definition = first.hash;
    // one that is only watched, and is not there, goes by nothing
    begun.watched.push(id("B"));
    must_commit(&store, &begun).await;
    assert!(store.is_unfinished(&using(&first)).await.unwrap());
    assert!(!store.is_unfinished(&using(&second)).await.unwrap());
    let elsewhere = TableUse {
        workflow: "lens".into(),
        ..using(&first)
    };
    assert!(!store.is_unfinished(&elsewhere).await.unwrap());
    let mut ended = step("A", 1);
    ended.next = touch("A", 2).next;
    ended.next.definition = first.hash;
    ended.next.done = true;
    must_commit(&store, &ended).await;
    assert!(!store.is_unfinished(&using(&first)).await.unwrap());
}
