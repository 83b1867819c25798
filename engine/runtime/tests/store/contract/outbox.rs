//! Effects are leased by one node at a time; only the current lease may end one.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_engine::store::{EffectEnd, EffectResult, EffectRow, Store, StoreError};

use super::{must_commit, on_every_store};
use crate::shape::{effect, id, message, moment, name, step};

on_every_store! {
    due_ones_are_leased_earliest_first
    a_lease_keeps_others_away_until_it_ends
    the_commit_may_lease_for_its_own_node
    an_end_is_a_message_in_the_same_commit
    a_postponed_one_comes_again
    only_the_current_lease_may_end_it
    an_attempt_is_counted_before_it_is_made
    a_lease_may_be_held_for_longer
    an_abandoned_one_does_not_begin
    an_abandoned_one_under_way_is_told
    two_ends_of_one_are_refused
}

fn keys(rows: &[EffectRow]) -> Vec<&str> {
    rows.iter().map(|row| &*row.key).collect()
}

fn end(key: &str, epoch: u64, end: EffectEnd) -> EffectResult {
    EffectResult {
        instance: id("a"),
        key: key.into(),
        epoch,
        attempts: 3,
        at_us: 500,
        end,
    }
}

fn lease(key: &str, epoch: u64) -> (InstanceId, Arc<str>, u64) {
    (id("a"), key.into(), epoch)
}

async fn with_effects(store: &Arc<dyn Store>, effects: &[(&str, i64)]) {
    let mut write = step("a", 0);
    write.effects = effects.iter().map(|(key, due_us)| effect(key, *due_us)).collect();
    must_commit(store, &write).await;
}

async fn due_ones_are_leased_earliest_first(store: Arc<dyn Store>) {
    with_effects(&store, &[("late", 30), ("early", 10), ("middle", 20), ("middle", 5)]).await;
    assert_eq!(store.lease_effects("n", 9, 100, 10).await.unwrap(), []);
    let leased = store.lease_effects("n", 25, 100, 10).await.unwrap();
    assert_eq!(keys(&leased), ["early", "middle"]);
    let expected = EffectRow {
        instance: id("a"),
        key: "early".into(),
        adapter: "mail".into(),
        body: r#"{"effect":"early"}"#.into(),
        epoch: 1,
        attempts: 0,
    };
    assert_eq!(leased[0], expected);
}

async fn a_lease_keeps_others_away_until_it_ends(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 11)]).await;
    assert_eq!(keys(&store.lease_effects("n", 10, 100, 1).await.unwrap()), ["e"]);
    assert_eq!(keys(&store.lease_effects("m", 99, 300, 10).await.unwrap()), ["f"]);
    let taken_over = store.lease_effects("m", 100, 200, 10).await.unwrap();
    assert_eq!((keys(&taken_over), taken_over[0].epoch), (vec!["e"], 2));
}

async fn the_commit_may_lease_for_its_own_node(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.effects.push(effect("e", 10));
    write.lease = Some((name("n"), 100));
    must_commit(&store, &write).await;
    assert_eq!(store.lease_effects("m", 99, 200, 10).await.unwrap(), []);
    assert_eq!(store.end_attempts(&[end("e", 1, EffectEnd::Dropped)]).await.unwrap(), [true]);
    assert_eq!(store.lease_effects("m", 100, 200, 10).await.unwrap(), []);
}

async fn an_end_is_a_message_in_the_same_commit(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 11)]).await;
    store.lease_effects("n", 11, 100, 10).await.unwrap();
    let answers = [
        end("f", 1, EffectEnd::Answered(message("a", "f is done", 500))),
        end("e", 1, EffectEnd::Answered(message("a", "e is done", 600))),
    ];
    assert_eq!(store.end_attempts(&answers).await.unwrap(), [true, true]);
    assert_eq!(store.end_attempts(&answers).await.unwrap(), [false, false]);
    let waiting = store.messages_of(&[id("a")], 600, 10).await.unwrap();
    let bodies: Vec<&str> = waiting.iter().map(|row| row.body.as_str()).collect();
    assert_eq!(bodies, ["f is done", "e is done"]);
    assert_eq!(store.ready_messages(600, 499, 10).await.unwrap(), []);
    assert_eq!(store.ready_messages(599, 500, 10).await.unwrap().len(), 1);
    assert_eq!(store.next_due().await.unwrap(), Some(600));
    assert_eq!(store.lease_effects("n", 1000, 2000, 10).await.unwrap(), []);
}

async fn a_postponed_one_comes_again(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10)]).await;
    store.lease_effects("n", 10, 100, 10).await.unwrap();
    let postponed = EffectEnd::Postponed {
        due_us: 50,
        error: "busy".into(),
    };
    assert_eq!(store.end_attempts(&[end("e", 1, postponed)]).await.unwrap(), [true]);
    assert_eq!(store.lease_effects("n", 49, 100, 10).await.unwrap(), []);
    let again = store.lease_effects("n", 50, 100, 10).await.unwrap();
    assert_eq!((again[0].epoch, again[0].attempts), (2, 3));
}

async fn only_the_current_lease_may_end_it(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 10)]).await;
    store.lease_effects("n", 10, 20, 10).await.unwrap();
    store.lease_effects("m", 20, 30, 10).await.unwrap();
    let answered = || EffectEnd::Answered(message("a", "done", 1));
    let unknown = end("unknown", 1, EffectEnd::Dropped);
    let ends = [end("e", 1, answered()), end("f", 2, answered()), unknown];
    assert_eq!(store.end_attempts(&ends).await.unwrap(), [false, true, false]);
    assert_eq!(store.messages_of(&[id("a")], 1, 10).await.unwrap().len(), 1);
    // A lease that is over in time but that nobody has taken since is still the current one.
    assert_eq!(store.end_attempts(&[end("e", 2, answered())]).await.unwrap(), [true]);
}

async fn an_attempt_is_counted_before_it_is_made(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 10)]).await;
    let check = async |key: &str, epoch: u64, ours: bool| {
        let counted = store.count_attempt(id("a"), key, epoch).await.unwrap();
        assert_eq!(counted, ours, "{key} under {epoch}");
    };
    // nobody holds it
    check("e", 0, false).await;
    store.lease_effects("n", 10, 20, 10).await.unwrap();
    check("e", 1, true).await;
    check("e", 1, false).await;
    check("e", 2, false).await;
    check("unknown", 1, false).await;
    // whoever has it next knows, and of no other
    let next = store.lease_effects("m", 20, 30, 10).await.unwrap();
    let attempts: Vec<_> = next.iter().map(|row| (&*row.key, row.attempts)).collect();
    assert_eq!(attempts, [("e", 1), ("f", 0)]);
    check("e", 1, false).await;
    check("e", 2, false).await;
    assert_eq!(store.end_attempts(&[end("f", 2, EffectEnd::Dropped)]).await.unwrap(), [true]);
    check("f", 2, false).await;
}

async fn a_lease_may_be_held_for_longer(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 10)]).await;
    store.lease_effects("n", 10, 20, 10).await.unwrap();
    let extended = store
        .extend_leases(&[lease("e", 1), lease("f", 7), lease("unknown", 1)], 50)
        .await
        .unwrap();
    assert_eq!(extended, [true, false, false]);
    assert_eq!(keys(&store.lease_effects("m", 49, 90, 10).await.unwrap()), ["f"]);
    assert_eq!(keys(&store.lease_effects("m", 50, 90, 10).await.unwrap()), ["e"]);
    assert_eq!(store.extend_leases(&[lease("e", 1)], 500).await.unwrap(), [false]);
    assert_eq!(store.end_attempts(&[end("e", 2, EffectEnd::Dropped)]).await.unwrap(), [true]);
    assert_eq!(store.extend_leases(&[lease("e", 2)], 500).await.unwrap(), [false]);
}

async fn an_abandoned_one_does_not_begin(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 10)]).await;
    let mut abandon = step("a", 1);
    abandon.effects.push(effect("g", 10));
    abandon.effects_abandoned = vec![name("e"), name("g"), name("unknown")];
    must_commit(&store, &abandon).await;
    assert_eq!(keys(&store.lease_effects("n", 10, 100, 10).await.unwrap()), ["f"]);
}

async fn an_abandoned_one_under_way_is_told(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10), ("f", 10), ("g", 10), ("h", 10)]).await;
    let until = moment(2) + 10;
    assert_eq!(store.lease_effects("n", 10, until, 10).await.unwrap().len(), 4);
    let mut abandon = step("a", 1);
    abandon.effects_abandoned = vec![name("e"), name("f"), name("g"), name("h")];
    must_commit(&store, &abandon).await;
    let postponed = EffectEnd::Postponed {
        due_us: 1,
        error: "busy".into(),
    };
    let incident = EffectEnd::Incident { error: "no".into() };
    let ends = [
        end("e", 1, EffectEnd::Answered(message("a", "late", 1))),
        end("f", 1, postponed),
        end("g", 1, incident),
    ];
    assert_eq!(store.end_attempts(&ends).await.unwrap(), [true, true, true]);
    assert_eq!(store.messages_of(&[id("a")], 1, 10).await.unwrap().len(), 1);
    assert_eq!(store.incidents(10).await.unwrap(), []);
    assert_eq!(store.lease_effects("n", until - 1, until + 10, 10).await.unwrap(), []);
    // With the lease over, nobody will tell how the last one ended; it goes.
    assert_eq!(store.lease_effects("n", until, until + 10, 10).await.unwrap(), []);
    assert_eq!(store.end_attempts(&[end("h", 1, EffectEnd::Dropped)]).await.unwrap(), [false]);
}

async fn two_ends_of_one_are_refused(store: Arc<dyn Store>) {
    with_effects(&store, &[("e", 10)]).await;
    store.lease_effects("n", 10, 100, 10).await.unwrap();
    let ends = [end("e", 1, EffectEnd::Dropped), end("e", 1, EffectEnd::Dropped)];
    assert!(matches!(store.end_attempts(&ends).await, Err(StoreError::Refused(_))));
    assert_eq!(store.end_attempts(&ends[..1]).await.unwrap(), [true]);
}
