//! Every version of a document is kept for ever; the newest deployed of a kind and name is live, and each deployment stands in its history.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{Applied, MadeLive, Store, StoreError, StoredDocument};

use super::on_every_store;
use crate::shape::{id, step};

on_every_store! {
    a_deployed_document_is_kept_live_and_in_the_history_of_its_kind
    a_document_that_lost_its_race_changes_nothing
}

fn document(kind: &str, name: &str, source: &str, deployed_at_us: i64) -> StoredDocument {
    StoredDocument {
        version: Digest::of(source.as_bytes()),
        kind: kind.into(),
        name: name.into(),
        source: source.into(),
        deployed_at_us,
    }
}

fn made_live(document: &StoredDocument, entry: u64, actor: &str) -> MadeLive {
    MadeLive {
        entry,
        version: document.version,
        at_us: document.deployed_at_us,
        actor: actor.into(),
    }
}

async fn a_deployed_document_is_kept_live_and_in_the_history_of_its_kind(store: Arc<dyn Store>) {
    assert_eq!(store.live_documents("view").await.unwrap(), []);
    let first = document("view", "orders", "one", 10);
    let second = document("view", "orders", "two", 20);
    let other = document("view", "lenses", "three", 30);
    let of_other_kind = document("portal", "orders", "four", 40);
    let deployed = [(&first, "ann"), (&second, "bob"), (&other, "ann"), (&of_other_kind, "ann")];
    for (sequence, (next, by)) in deployed.into_iter().enumerate() {
        let applied = store
            .deploy_document(next, by, &step("system", sequence as u64))
            .await
            .unwrap();
        assert_eq!(applied, Applied::Committed);
    }
    let live = store.live_documents("view").await.unwrap();
    assert_eq!(live, [("lenses".into(), other.version), ("orders".into(), second.version)]);
    assert_eq!(
        store.live_documents("portal").await.unwrap(),
        [("orders".into(), of_other_kind.version)]
    );
    assert_eq!(store.live_documents("vie").await.unwrap(), []);
    // Deployed anew, it is live again, and still the one of the first time; the history has it twice.
    let again = document("view", "orders", "one", 99);
    let applied = store.deploy_document(&again, "cy", &step("system", 4)).await.unwrap();
    assert_eq!(applied, Applied::Committed);
    assert_eq!(
        store.live_documents("view").await.unwrap()[1],
        ("orders".into(), first.version)
    );
    assert_eq!(store.document(first.version).await.unwrap(), Some(first.clone()));
    assert_eq!(
        store.document(of_other_kind.version).await.unwrap(),
        Some(of_other_kind.clone())
    );
    assert_eq!(store.document(Digest::ZERO).await.unwrap(), None);
    let (latest, earlier, earliest) = (
        made_live(&again, 5, "cy"),
        made_live(&second, 2, "bob"),
        made_live(&first, 1, "ann"),
    );
    let history = async |before, limit| store.document_history("view", "orders", before, limit).await.unwrap();
    assert_eq!(
        history(u64::MAX, 10).await,
        [latest.clone(), earlier.clone(), earliest.clone()]
    );
    assert_eq!(history(u64::MAX, 2).await, [latest, earlier]);
    assert_eq!(history(2, 2).await, [earliest]);
    assert_eq!(history(1, 2).await, []);
    let elsewhere = store.document_history("portal", "orders", u64::MAX, 10).await.unwrap();
    assert_eq!(elsewhere, [made_live(&of_other_kind, 4, "ann")]);
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 5);
    assert_eq!(store.live_tables().await.unwrap(), []);
}

async fn a_document_that_lost_its_race_changes_nothing(store: Arc<dyn Store>) {
    let first = document("view", "orders", "one", 10);
    let applied = store.deploy_document(&first, "ann", &step("system", 0)).await.unwrap();
    assert_eq!(applied, Applied::Committed);
    let second = document("view", "orders", "two", 20);
    let applied = store.deploy_document(&second, "ann", &step("system", 7)).await.unwrap();
    assert_eq!(applied, Applied::Moved);
    assert!(matches!(
        store.deploy_document(&second, "ann", &step("system", 0)).await.unwrap(),
        Applied::Duplicate { .. }
    ));
    let wrong = [
        document("view\0", "orders", "two", 20),
        document("view", "orders\0", "two", 20),
        document("view", "orders", "two\0", 20),
    ];
    for wrong in wrong {
        let refused = store.deploy_document(&wrong, "ann", &step("system", 1)).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))));
    }
    let refused = store.deploy_document(&second, "ann\0", &step("system", 1)).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    assert!(matches!(store.live_documents("\0").await, Err(StoreError::Refused(_))));
    for (kind, name) in [("\0", "orders"), ("view", "\0")] {
        let refused = store.document_history(kind, name, 1, 1).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))));
    }
    assert_eq!(
        store.live_documents("view").await.unwrap(),
        [("orders".into(), first.version)]
    );
    assert_eq!(store.document(second.version).await.unwrap(), None);
    assert_eq!(store.document_history("view", "orders", u64::MAX, 10).await.unwrap().len(), 1);
}
