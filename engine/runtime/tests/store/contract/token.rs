//! Access tokens: known by the digest of their text, gone once revoked.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{Applied, NewToken, Store, StoreError, TokenRow};

use super::on_every_store;
use crate::shape::{id, step};

on_every_store! {
    added_found_revoked
    a_second_of_one_name_is_refused
    an_act_that_lost_its_race_changes_nothing
}

fn token(text: &str, created_at_us: i64) -> NewToken {
    NewToken {
        id: text.into(),
        hash: Digest::of(text.as_bytes()),
        principal: format!(r#"{{"user":"{text}"}}"#),
        created_at_us,
        expires_at_us: (created_at_us > 15).then_some(900),
    }
}

fn row(text: &str, created_at_us: i64) -> TokenRow {
    let token = token(text, created_at_us);
    TokenRow {
        id: token.id,
        principal: token.principal,
        created_at_us,
        expires_at_us: token.expires_at_us,
    }
}

async fn added_found_revoked(store: Arc<dyn Store>) {
    for (sequence, (text, at_us)) in [("one", 20), ("two", 10), ("three", 10)].into_iter().enumerate() {
        let added = store
            .add_token(&token(text, at_us), &step("system", sequence as u64))
            .await
            .unwrap();
        assert_eq!(added, Applied::Committed);
    }
    assert_eq!(
        store.tokens().await.unwrap(),
        [row("three", 10), row("two", 10), row("one", 20)]
    );
    assert_eq!(store.token(Digest::of(b"one")).await.unwrap(), Some(row("one", 20)));
    assert_eq!(store.token(Digest::of(b"none")).await.unwrap(), None);
    assert_eq!(
        store.revoke_token("one", 50, &step("system", 3)).await.unwrap(),
        Applied::Committed
    );
    assert_eq!(store.token(Digest::of(b"one")).await.unwrap(), None);
    assert_eq!(store.tokens().await.unwrap().len(), 2);
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 4);
}

async fn a_second_of_one_name_is_refused(store: Arc<dyn Store>) {
    store.add_token(&token("one", 1), &step("system", 0)).await.unwrap();
    let mut same_hash = token("two", 1);
    same_hash.hash = Digest::of(b"one");
    for second in [token("one", 2), same_hash] {
        let refused = store.add_token(&second, &step("system", 1)).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 1);
    store.add_token(&token("two", 2), &step("system", 1)).await.unwrap();
}

async fn an_act_that_lost_its_race_changes_nothing(store: Arc<dyn Store>) {
    store.add_token(&token("one", 1), &step("system", 0)).await.unwrap();
    assert_eq!(
        store.add_token(&token("two", 1), &step("system", 9)).await.unwrap(),
        Applied::Moved
    );
    assert_eq!(store.token(Digest::of(b"two")).await.unwrap(), None);
    assert_eq!(
        store.revoke_token("one", 50, &step("system", 9)).await.unwrap(),
        Applied::Moved
    );
    assert_eq!(store.tokens().await.unwrap().len(), 1);
}
