//! What can never be right is refused before anything is written.

use std::sync::Arc;

use statewright_engine::store::{Store, StoreError, Write};

use super::on_every_store;
use crate::shape::{entry, id, message, step, touch};

on_every_store! {
    writes_that_cannot_be
}

async fn check(store: &Arc<dyn Store>, expected: &str, writes: &[Write]) {
    match store.commit(writes).await {
        Err(StoreError::Refused(why)) => assert!(why.contains(expected), "{why} does not say {expected}"),
        other => panic!("{expected}: {other:?}"),
    }
    assert_eq!(
        store.load(&[id("good")]).await.unwrap(),
        [None],
        "{expected}: something was written"
    );
}

async fn writes_that_cannot_be(store: Arc<dyn Store>) {
    let good = step("good", 0);
    check(&store, "two writes of it", &[good.clone(), step("a", 0), step("a", 0)]).await;
    check(&store, "a first write without an entry", &[good.clone(), touch("a", 0)]).await;

    let mut falling = step("a", 1);
    falling.entries.push(entry("a", 2));
    check(&store, "do not rise", &[good.clone(), falling]).await;

    let mut ahead = step("a", 1);
    ahead.next.sequence = 9;
    check(&store, "not its last entry's", &[good.clone(), ahead]).await;

    let mut beyond = step("a", 1);
    beyond.next.sequence = u64::MAX;
    beyond.entries[0].sequence = u64::MAX;
    check(&store, "beyond 64 bits", &[good.clone(), beyond]).await;

    let mut with_nul = step("a", 1);
    with_nul.messages.push(message("b", "zero\0", 1));
    check(&store, "NUL", &[good, with_nul]).await;
}
