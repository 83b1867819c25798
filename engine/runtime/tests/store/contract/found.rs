//! What was found is compared again in the commit, where a write says so.

use std::sync::Arc;

use statewright_engine::store::{Applied, Store};

use super::{commit, must_commit, on_every_store};
use crate::shape::{claim, counted, found, id, in_lot, names, resting, step};

on_every_store! {
    who_came_went_or_moved_on_is_noticed
    a_count_is_compared_alone
    what_the_batch_did_before_counts
    who_goes_makes_room_for_another
    one_sees_itself_as_it_was
    the_answer_is_the_first_that_holds
}

async fn who_came_went_or_moved_on_is_noticed(store: Arc<dyn Store>) {
    let check = async |key: &str, rows: &[(&str, u64)], expected: Applied| {
        assert_eq!(
            commit(&store, &resting(step(key, 0), "7", found("7", rows))).await,
            expected,
            "{key}"
        );
    };
    check("r1", &[], Applied::Committed).await;
    must_commit(&store, &in_lot(step("a", 0), "7")).await;
    check("r2", &[], Applied::ReadMoved).await;
    check("r2", &[("a", 1)], Applied::Committed).await;
    // what has nothing to do with where it is found counts as well
    must_commit(&store, &step("a", 1)).await;
    check("r3", &[("a", 1)], Applied::ReadMoved).await;
    check("r3", &[("a", 2)], Applied::Committed).await;
    must_commit(&store, &in_lot(step("b", 0), "7")).await;
    check("r4", &[("a", 2)], Applied::ReadMoved).await;
    must_commit(&store, &in_lot(step("a", 2), "8")).await;
    check("r4", &[("a", 2), ("b", 1)], Applied::ReadMoved).await;
    check("r4", &[("b", 1)], Applied::Committed).await;
    assert_eq!(store.load(&[id("r5")]).await.unwrap(), [None]);
}

async fn a_count_is_compared_alone(store: Arc<dyn Store>) {
    must_commit(&store, &in_lot(step("a", 0), "7")).await;
    must_commit(&store, &in_lot(step("b", 0), "7")).await;
    must_commit(&store, &resting(step("r", 0), "7", counted("7", 2))).await;
    must_commit(&store, &step("a", 1)).await;
    must_commit(&store, &resting(step("r", 1), "7", counted("7", 2))).await;
    must_commit(&store, &in_lot(step("a", 2), "8")).await;
    let again = resting(step("r", 2), "7", counted("7", 2));
    assert_eq!(commit(&store, &again).await, Applied::ReadMoved);
}

async fn what_the_batch_did_before_counts(store: Arc<dyn Store>) {
    must_commit(&store, &in_lot(step("gone", 0), "7")).await;
    must_commit(&store, &in_lot(step("moved", 0), "7")).await;
    let both = [("gone", 1), ("moved", 1)];
    // whoever comes has found as well, and so is decided by what the one before did
    let first = in_lot(resting(step("c", 0), "7", found("7", &both)), "7");
    let second = in_lot(resting(step("d", 0), "7", found("7", &both)), "7");
    let with_first = [("gone", 1), ("moved", 1), ("c", 1)];
    let third = resting(step("e", 0), "7", found("7", &with_first));
    let fourth = resting(step("f", 0), "7", counted("7", 3));
    let goes = in_lot(step("gone", 1), "8");
    let moves = step("moved", 1);
    let fifth = resting(step("g", 0), "7", found("7", &[("moved", 2), ("c", 1)]));
    let sixth = resting(step("h", 0), "7", counted("7", 2));
    let lost = in_lot(step("i", 5), "7");
    let seventh = resting(step("j", 0), "8", counted("8", 1));
    let writes = [first, second, third, fourth, goes, moves, lost, fifth, sixth, seventh];
    let yes = Applied::Committed;
    let expected = [
        yes.clone(),
        Applied::ReadMoved,
        yes.clone(),
        yes.clone(),
        yes.clone(),
        yes.clone(),
        Applied::Moved,
        yes.clone(),
        yes.clone(),
        yes,
    ];
    assert_eq!(store.commit(&writes).await.unwrap(), expected);
}

async fn who_goes_makes_room_for_another(store: Arc<dyn Store>) {
    let mut keys = ["a", "b", "c", "d"].map(|key| (id(key), key));
    keys.sort();
    for (_, key) in keys {
        must_commit(&store, &in_lot(step(key, 0), "7")).await;
    }
    let mut before = found("7", &[(keys[1].1, 1), (keys[2].1, 1)]);
    before.query.limit = 2;
    let goes = in_lot(step(keys[0].1, 1), "8");
    let reader = resting(step("r", 0), "7", before);
    assert_eq!(
        store.commit(&[goes, reader]).await.unwrap(),
        [Applied::Committed, Applied::Committed]
    );
}

async fn one_sees_itself_as_it_was(store: Arc<dyn Store>) {
    must_commit(&store, &in_lot(step("a", 0), "7")).await;
    let leaves = in_lot(resting(step("a", 1), "7", found("7", &[("a", 1)])), "8");
    must_commit(&store, &leaves).await;
    let mut states = resting(step("a", 2), "8", found("8", &[("a", 2)]));
    states.states = Some(names(&["on"]));
    must_commit(&store, &states).await;
}

async fn the_answer_is_the_first_that_holds(store: Arc<dyn Store>) {
    let mut holder = step("h", 0);
    holder.claims_held.push(claim("tray", "7"));
    must_commit(&store, &holder).await;
    let mut everything = resting(step("a", 3), "7", counted("7", 1));
    everything.claims_held.push(claim("tray", "7"));
    assert_eq!(commit(&store, &everything).await, Applied::Moved);
    let mut found_and_claim = resting(step("a", 0), "7", counted("7", 1));
    found_and_claim.claims_held.push(claim("tray", "7"));
    assert_eq!(commit(&store, &found_and_claim).await, Applied::ReadMoved);
    found_and_claim.found.clear();
    assert!(matches!(commit(&store, &found_and_claim).await, Applied::ClaimHeld { .. }));
}
