//! Definitions are kept for ever; the newest deployed is live.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{Applied, Definition, Store, StoreError};

use super::on_every_store;
use crate::shape::{id, step};

on_every_store! {
    a_deployed_one_is_kept_and_live
    a_deployment_that_lost_its_race_changes_nothing
    numbers_run
}

fn definition(workflow: &str, source: &str, deployed_at_us: i64) -> Definition {
    Definition {
        hash: Digest::of(source.as_bytes()),
        workflow: workflow.into(),
        source: source.into(),
        deployed_at_us,
        tables: Vec::new(),
    }
}

async fn a_deployed_one_is_kept_and_live(store: Arc<dyn Store>) {
    assert_eq!(store.live_definitions().await.unwrap(), []);
    let first = definition("order", "one", 10);
    let second = definition("order", "two", 20);
    let other = definition("lens", "three", 30);
    for (sequence, next) in [&first, &second, &other].into_iter().enumerate() {
        assert_eq!(
            store.deploy(next, &step("system", sequence as u64)).await.unwrap(),
            Applied::Committed
        );
    }
    let live = store.live_definitions().await.unwrap();
    let sources: Vec<_> = live.iter().map(|live| (&*live.workflow, live.source.as_str())).collect();
    assert_eq!(sources, [("lens", "three"), ("order", "two")]);
    let hashes = store.live_hashes().await.unwrap();
    assert_eq!(hashes, [("lens".into(), other.hash), ("order".into(), second.hash)]);
    // Deployed anew, it is live again, and still the one of the first time.
    let again = definition("order", "one", 99);
    assert_eq!(store.deploy(&again, &step("system", 3)).await.unwrap(), Applied::Committed);
    assert_eq!(store.live_hashes().await.unwrap()[1], ("order".into(), first.hash));
    let kept = store.definition(first.hash).await.unwrap().expect("it is kept");
    assert_eq!(
        (&*kept.workflow, kept.source.as_str(), kept.deployed_at_us),
        ("order", "one", 10)
    );
    assert_eq!(
        store.definition(second.hash).await.unwrap().map(|kept| kept.source),
        Some("two".into())
    );
    assert_eq!(store.definition(Digest::ZERO).await.unwrap(), None);
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 4);
}

async fn a_deployment_that_lost_its_race_changes_nothing(store: Arc<dyn Store>) {
    let first = definition("order", "one", 10);
    assert_eq!(store.deploy(&first, &step("system", 0)).await.unwrap(), Applied::Committed);
    let second = definition("order", "two", 20);
    assert_eq!(store.deploy(&second, &step("system", 7)).await.unwrap(), Applied::Moved);
    assert!(matches!(
        store.deploy(&second, &step("system", 0)).await.unwrap(),
        Applied::Duplicate { .. }
    ));
    let mut wrong = second.clone();
    wrong.source = "\0".into();
    assert!(matches!(
        store.deploy(&wrong, &step("system", 1)).await,
        Err(StoreError::Refused(_))
    ));
    assert_eq!(store.live_hashes().await.unwrap(), [("order".into(), first.hash)]);
    assert_eq!(store.definition(second.hash).await.unwrap(), None);
}

async fn numbers_run(store: Arc<dyn Store>) {
    for expected in 1..4 {
        assert_eq!(store.draw_number("order").await.unwrap(), expected);
    }
    assert_eq!(store.draw_number("lens").await.unwrap(), 1);
    assert_eq!(store.draw_number("order").await.unwrap(), 4);
    let many = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.draw_number("order").await.unwrap() })
    });
    let mut drawn = Vec::new();
    for task in many.collect::<Vec<_>>() {
        drawn.push(task.await.unwrap());
    }
    drawn.sort_unstable();
    assert_eq!(drawn, (5..55).collect::<Vec<u64>>());
}
