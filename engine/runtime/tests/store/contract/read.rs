//! What was read by key is compared again in the commit.

use std::sync::Arc;

use statewright_engine::store::{Applied, Store};

use super::{commit, must_commit, on_every_store};
use crate::shape::{claim, id, step};

on_every_store! {
    an_instance_that_was_read_must_stand_where_it_stood
    one_that_was_absent_must_be_absent
    a_read_sees_what_the_batch_did_before_it
    of_two_that_read_each_other_one_is_told
    the_answer_is_the_first_that_holds
}

async fn an_instance_that_was_read_must_stand_where_it_stood(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    let mut reader = step("b", 0);
    reader.reads.push((id("a"), 1));
    must_commit(&store, &reader).await;
    must_commit(&store, &step("a", 1)).await;
    let mut again = step("b", 1);
    again.reads.push((id("a"), 1));
    assert_eq!(commit(&store, &again).await, Applied::ReadMoved);
    assert_eq!(store.load(&[id("b")]).await.unwrap()[0].as_ref().unwrap().sequence, 1);
}

async fn one_that_was_absent_must_be_absent(store: Arc<dyn Store>) {
    let mut reader = step("b", 0);
    reader.reads.push((id("a"), 0));
    must_commit(&store, &reader).await;
    must_commit(&store, &step("a", 0)).await;
    let mut again = step("b", 1);
    again.reads.push((id("a"), 0));
    assert_eq!(commit(&store, &again).await, Applied::ReadMoved);
    let mut gone = step("b", 1);
    gone.reads.push((id("nobody"), 3));
    assert_eq!(commit(&store, &gone).await, Applied::ReadMoved);
}

async fn a_read_sees_what_the_batch_did_before_it(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    let mut late = step("c", 0);
    late.reads.push((id("a"), 1));
    let mut early = late.clone();
    early.instance = id("b");
    let mut fresh = step("e", 0);
    fresh.reads.push((id("d"), 0));
    let answers = store.commit(&[early, step("a", 1), late, step("d", 0), fresh]).await.unwrap();
    let expected = [
        Applied::Committed,
        Applied::Committed,
        Applied::ReadMoved,
        Applied::Committed,
        Applied::ReadMoved,
    ];
    assert_eq!(answers, expected);
}

async fn of_two_that_read_each_other_one_is_told(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    must_commit(&store, &step("b", 0)).await;
    let mut a = step("a", 1);
    a.reads.push((id("b"), 1));
    let mut b = step("b", 1);
    b.reads.push((id("a"), 1));
    assert_eq!(store.commit(&[a, b]).await.unwrap(), [Applied::Committed, Applied::ReadMoved]);
}

async fn the_answer_is_the_first_that_holds(store: Arc<dyn Store>) {
    let mut holder = step("h", 0);
    holder.claims_held.push(claim("tray", "7"));
    must_commit(&store, &holder).await;
    must_commit(&store, &step("a", 0)).await;
    let mut everything = step("a", 0);
    everything.reads.push((id("h"), 9));
    everything.claims_held.push(claim("tray", "7"));
    assert!(matches!(
        commit(&store, &everything).await,
        Applied::Duplicate { sequence: 1, .. }
    ));
    everything.entries[0].input_key = None;
    assert_eq!(commit(&store, &everything).await, Applied::Moved);
    let mut read_and_claim = step("a", 1);
    read_and_claim.reads = everything.reads;
    read_and_claim.claims_held = everything.claims_held;
    assert_eq!(commit(&store, &read_and_claim).await, Applied::ReadMoved);
    read_and_claim.reads.clear();
    assert!(matches!(commit(&store, &read_and_claim).await, Applied::ClaimHeld { .. }));
}
