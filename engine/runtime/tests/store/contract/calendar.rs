//! Every version of a calendar is kept for ever; the newest deployed is live.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{Applied, Store, StoreError, StoredCalendar};

use super::on_every_store;
use crate::shape::{id, step};

on_every_store! {
    a_deployed_version_is_kept_and_live
    a_deployment_that_lost_its_race_changes_nothing
}

fn calendar(name: &str, source: &str, deployed_at_us: i64) -> StoredCalendar {
    StoredCalendar {
        version: Digest::of(source.as_bytes()),
        name: name.into(),
        source: source.into(),
        deployed_at_us,
    }
}

async fn a_deployed_version_is_kept_and_live(store: Arc<dyn Store>) {
    assert_eq!(store.live_calendars().await.unwrap(), []);
    let first = calendar("lab", "one", 10);
    let second = calendar("lab", "two", 20);
    let other = calendar("clinic", "three", 30);
    for (sequence, next) in [&first, &second, &other].into_iter().enumerate() {
        let applied = store.deploy_calendar(next, &step("system", sequence as u64)).await.unwrap();
        assert_eq!(applied, Applied::Committed);
    }
    let live = store.live_calendars().await.unwrap();
    assert_eq!(live, [("clinic".into(), other.version), ("lab".into(), second.version)]);
    // Deployed anew, it is live again, and still the one of the first time.
    let again = calendar("lab", "one", 99);
    assert_eq!(
        store.deploy_calendar(&again, &step("system", 3)).await.unwrap(),
        Applied::Committed
    );
    assert_eq!(store.live_calendars().await.unwrap()[1], ("lab".into(), first.version));
    assert_eq!(store.calendar(first.version).await.unwrap(), Some(first));
    assert_eq!(store.calendar(second.version).await.unwrap(), Some(second));
    assert_eq!(store.calendar(Digest::ZERO).await.unwrap(), None);
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 4);
    assert_eq!(store.live_definitions().await.unwrap(), []);
}

async fn a_deployment_that_lost_its_race_changes_nothing(store: Arc<dyn Store>) {
    let first = calendar("lab", "one", 10);
    assert_eq!(
        store.deploy_calendar(&first, &step("system", 0)).await.unwrap(),
        Applied::Committed
    );
    let second = calendar("lab", "two", 20);
    assert_eq!(
        store.deploy_calendar(&second, &step("system", 7)).await.unwrap(),
        Applied::Moved
    );
    assert!(matches!(
        store.deploy_calendar(&second, &step("system", 0)).await.unwrap(),
        Applied::Duplicate { .. }
    ));
    let wrong = calendar("lab\0", "two", 20);
    assert!(matches!(
        store.deploy_calendar(&wrong, &step("system", 1)).await,
        Err(StoreError::Refused(_))
    ));
    assert_eq!(store.live_calendars().await.unwrap(), [("lab".into(), first.version)]);
    assert_eq!(store.calendar(second.version).await.unwrap(), None);
}
