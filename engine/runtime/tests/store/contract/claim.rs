//! A value that only one instance may hold.

use std::sync::Arc;

use statewright_engine::store::{Applied, Store};

use super::{commit, must_commit, on_every_store};
use crate::shape::{claim, id, step, touch};

on_every_store! {
    the_second_holder_is_told_of_the_first
    the_first_of_a_batch_holds_it
    one_that_failed_holds_nothing
    the_same_instance_may_hold_it_again
    a_release_frees_it
    a_release_counts_from_the_commit_on
    released_and_held_in_one_write_stays_held
    another_cannot_release_it
}

fn held_by(key: &str, value: &str) -> Applied {
    Applied::ClaimHeld {
        name: "tray".into(),
        value: value.into(),
        holder: id(key),
    }
}

async fn the_second_holder_is_told_of_the_first(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.claims_held.push(claim("tray", "7"));
    must_commit(&store, &first).await;
    let mut second = step("b", 0);
    second.claims_held.push(claim("tray", "8"));
    second.claims_held.push(claim("tray", "7"));
    assert_eq!(commit(&store, &second).await, held_by("a", "7"));
    assert_eq!(store.load(&[id("b")]).await.unwrap(), [None]);
    // Nothing was taken on the way to the refusal.
    let mut third = step("c", 0);
    third.claims_held.push(claim("tray", "8"));
    must_commit(&store, &third).await;
}

async fn the_first_of_a_batch_holds_it(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.claims_held.push(claim("tray", "7"));
    let mut second = step("b", 0);
    second.claims_held.push(claim("tray", "7"));
    let answers = store.commit(&[first, second]).await.unwrap();
    assert_eq!(answers, [Applied::Committed, held_by("a", "7")]);
}

async fn one_that_failed_holds_nothing(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    let mut moved = step("a", 5);
    moved.claims_held.push(claim("tray", "7"));
    let mut next = step("b", 0);
    next.claims_held.push(claim("tray", "7"));
    let answers = store.commit(&[moved, next]).await.unwrap();
    assert_eq!(answers, [Applied::Moved, Applied::Committed]);
}

async fn the_same_instance_may_hold_it_again(store: Arc<dyn Store>) {
    for sequence in 0..3 {
        let mut write = step("a", sequence);
        write.claims_held.push(claim("tray", "7"));
        must_commit(&store, &write).await;
    }
}

async fn a_release_frees_it(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.claims_held.push(claim("tray", "7"));
    must_commit(&store, &first).await;
    let mut release = touch("a", 1);
    release.claims_released.push(claim("tray", "7"));
    must_commit(&store, &release).await;
    let mut second = step("b", 0);
    second.claims_held.push(claim("tray", "7"));
    must_commit(&store, &second).await;
}

async fn a_release_counts_from_the_commit_on(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.claims_held.push(claim("tray", "7"));
    must_commit(&store, &first).await;
    let mut release = step("a", 1);
    release.claims_released.push(claim("tray", "7"));
    let mut second = step("b", 0);
    second.claims_held.push(claim("tray", "7"));
    let answers = store.commit(&[release, second.clone()]).await.unwrap();
    assert_eq!(answers, [Applied::Committed, held_by("a", "7")]);
    must_commit(&store, &second).await;
}

async fn released_and_held_in_one_write_stays_held(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.claims_held.push(claim("tray", "7"));
    must_commit(&store, &first).await;
    let mut again = step("a", 1);
    again.claims_released.push(claim("tray", "7"));
    again.claims_held.push(claim("tray", "7"));
    must_commit(&store, &again).await;
    let mut second = step("b", 0);
    second.claims_held.push(claim("tray", "7"));
    assert_eq!(commit(&store, &second).await, held_by("a", "7"));
}

async fn another_cannot_release_it(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.claims_held.push(claim("tray", "7"));
    must_commit(&store, &first).await;
    let mut other = step("b", 0);
    other.claims_released.push(claim("tray", "7"));
    must_commit(&store, &other).await;
    let mut third = step("c", 0);
    third.claims_held.push(claim("tray", "7"));
    assert_eq!(commit(&store, &third).await, held_by("a", "7"));
}
