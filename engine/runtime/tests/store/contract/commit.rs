//! One accepted input is one transaction, fenced by the sequence.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{Applied, Store};

use super::{commit, must_commit, on_every_store};
use crate::shape::{effect, entry, id, input, message, moment, name, step, touch};

on_every_store! {
    the_row_is_the_last_step
    what_is_fixed_stays
    another_sequence_changes_nothing
    an_instance_begins_once
    a_repeated_input_is_told_and_changes_nothing
    a_repetition_is_told_from_a_race
    a_key_twice_in_one_write_is_a_repetition
    each_write_stands_for_itself
    several_steps_in_one_write
    a_write_without_entries_is_fenced
    nothing_at_all
    large_texts_survive
    many_writes_at_once
}

async fn the_row_is_the_last_step(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    let mut second = step("a", 1);
    second.next.done = true;
    second.next.definition = Digest::of(b"another definition");
    must_commit(&store, &second).await;
    let row = store.load(&[id("a")]).await.unwrap().remove(0).expect("it was written");
    assert_eq!(row.instance, id("a"));
    assert_eq!(row.sequence, 2);
    assert_eq!(row.snapshot, r#"{"step":2}"#);
    assert_eq!(row.head, second.next.head);
    assert_eq!(row.definition, Digest::of(b"another definition"));
    assert!(row.done);
}

async fn what_is_fixed_stays(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    let mut second = step("a", 1);
    second.next.workflow = "other".into();
    second.next.key = "other".into();
    second.next.started_at_us = 77;
    must_commit(&store, &second).await;
    let row = store.load(&[id("a")]).await.unwrap().remove(0).unwrap();
    assert_eq!((&*row.workflow, &*row.key, row.started_at_us), ("order", "a", moment(0)));
}

async fn another_sequence_changes_nothing(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    must_commit(&store, &step("a", 1)).await;
    let mut late = step("a", 1);
    late.entries[0].input_key = None;
    late.timers_armed.push((name("t"), 5));
    late.messages.push(message("b", "hello", 5));
    late.effects.push(effect("a:2:mail", 5));
    late.personal.push((Digest::of(b"p"), "\"p\"".into()));
    assert_eq!(commit(&store, &late).await, Applied::Moved);
    let mut early = step("a", 7);
    early.entries[0].input_key = None;
    assert_eq!(commit(&store, &early).await, Applied::Moved);
    assert_eq!(store.load(&[id("a")]).await.unwrap()[0].as_ref().unwrap().sequence, 2);
    assert_eq!(store.trail(id("a"), 0, 10).await.unwrap().len(), 2);
    assert_eq!(store.due_timers(100, 10).await.unwrap(), []);
    assert_eq!(store.messages_of(&[id("b")], i64::MAX, 10).await.unwrap(), []);
    assert_eq!(store.lease_effects("n", 100, 200, 10).await.unwrap(), []);
    assert_eq!(store.personal(id("a")).await.unwrap(), []);
}

async fn an_instance_begins_once(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    let mut again = step("a", 0);
    again.entries[0].input_key = Some(input("another", 1));
    again.next.snapshot = "{}".into();
    assert_eq!(commit(&store, &again).await, Applied::Moved);
    assert_eq!(
        store.load(&[id("a")]).await.unwrap()[0].as_ref().unwrap().snapshot,
        r#"{"step":1}"#
    );
    assert_eq!(store.entry_of_input(id("a"), input("another", 1)).await.unwrap(), None);
}

async fn a_repeated_input_is_told_and_changes_nothing(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    must_commit(&store, &step("a", 1)).await;
    let mut again = step("a", 2);
    again.entries[0].input_key = Some(input("a", 1));
    let told = Applied::Duplicate {
        key: input("a", 1),
        sequence: 1,
    };
    assert_eq!(commit(&store, &again).await, told);
    assert_eq!(store.load(&[id("a")]).await.unwrap()[0].as_ref().unwrap().sequence, 2);
    // Another instance may have an input of the same key.
    let mut other = step("b", 0);
    other.entries[0].input_key = Some(input("a", 1));
    must_commit(&store, &other).await;
}

async fn a_repetition_is_told_from_a_race(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    must_commit(&store, &step("a", 1)).await;
    // An answer that was lost: the same write once more, although the sequence has moved.
    let told = Applied::Duplicate {
        key: input("a", 1),
        sequence: 1,
    };
    assert_eq!(commit(&store, &step("a", 0)).await, told);
}

async fn a_key_twice_in_one_write_is_a_repetition(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.entries.push(entry("a", 2));
    write.entries[1].input_key = write.entries[0].input_key;
    write.next.sequence = 2;
    let told = Applied::Duplicate {
        key: input("a", 1),
        sequence: 1,
    };
    assert_eq!(
        store.commit(&[write, step("b", 0)]).await.unwrap(),
        [told, Applied::Committed]
    );
    assert_eq!(store.load(&[id("a")]).await.unwrap(), [None]);
}

async fn each_write_stands_for_itself(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    must_commit(&store, &step("b", 0)).await;
    let mut repeated = step("b", 1);
    repeated.entries[0].input_key = Some(input("b", 1));
    let mut moved = step("a", 4);
    moved.entries[0].input_key = None;
    let answers = store.commit(&[step("c", 0), moved, repeated, step("d", 0)]).await.unwrap();
    let duplicate = Applied::Duplicate {
        key: input("b", 1),
        sequence: 1,
    };
    assert_eq!(answers, [Applied::Committed, Applied::Moved, duplicate, Applied::Committed]);
    let rows = store.load(&[id("d"), id("a"), id("b"), id("c")]).await.unwrap();
    let sequences: Vec<u64> = rows.iter().map(|row| row.as_ref().unwrap().sequence).collect();
    assert_eq!(sequences, [1, 1, 1, 1]);
}

async fn several_steps_in_one_write(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.entries.push(entry("a", 2));
    write.entries[1].input_key = None;
    write.entries.push(entry("a", 3));
    write.next.sequence = 3;
    must_commit(&store, &write).await;
    let trail = store.trail(id("a"), 0, 10).await.unwrap();
    let kept: Vec<_> = trail
        .iter()
        .map(|row| (row.sequence, row.input_key, row.bytes.as_str()))
        .collect();
    let expected = [
        (1, Some(input("a", 1)), r#"{"entry":1}"#),
        (2, None, r#"{"entry":2}"#),
        (3, Some(input("a", 3)), r#"{"entry":3}"#),
    ];
    assert_eq!(kept, expected);
    let mut again = step("a", 3);
    again.entries.push(entry("a", 5));
    again.entries[1].input_key = Some(input("a", 3));
    again.next.sequence = 5;
    let told = Applied::Duplicate {
        key: input("a", 3),
        sequence: 3,
    };
    assert_eq!(commit(&store, &again).await, told);
    assert_eq!(store.trail(id("a"), 0, 10).await.unwrap().len(), 3);
}

async fn a_write_without_entries_is_fenced(store: Arc<dyn Store>) {
    let mut first = step("a", 0);
    first.messages.push(message("a", "to myself", 1));
    must_commit(&store, &first).await;
    let waiting = store.messages_of(&[id("a")], moment(1), 10).await.unwrap();
    let mut late = touch("a", 2);
    late.messages_taken.push(waiting[0].id);
    assert_eq!(commit(&store, &late).await, Applied::Moved);
    assert_eq!(store.messages_of(&[id("a")], moment(1), 10).await.unwrap().len(), 1);
    let mut right = touch("a", 1);
    right.next.snapshot = "not to be written".into();
    right.messages_taken.push(waiting[0].id);
    must_commit(&store, &right).await;
    assert_eq!(store.messages_of(&[id("a")], moment(1), 10).await.unwrap(), []);
    let row = store.load(&[id("a")]).await.unwrap().remove(0).unwrap();
    assert_eq!((row.sequence, row.snapshot.as_str()), (1, r#"{"step":1}"#));
    assert_eq!(commit(&store, &touch("absent", 3)).await, Applied::Moved);
}

async fn nothing_at_all(store: Arc<dyn Store>) {
    assert_eq!(store.commit(&[]).await.unwrap(), []);
    assert_eq!(store.load(&[]).await.unwrap(), []);
    assert_eq!(store.end_attempts(&[]).await.unwrap(), []);
    assert_eq!(store.extend_leases(&[], 1).await.unwrap(), []);
    assert_eq!(store.messages_of(&[], 1, 1).await.unwrap(), []);
}

async fn large_texts_survive(store: Arc<dyn Store>) {
    let mut write = step("groß/ключ", 0);
    write.next.snapshot = format!("{{\"text\":\"{}\"}}", "é🙂\\u0000".repeat(20_000));
    write.entries[0].bytes = "x".repeat(300_000);
    must_commit(&store, &write).await;
    let row = store.load(&[id("groß/ключ")]).await.unwrap().remove(0).unwrap();
    assert_eq!(row.snapshot, write.next.snapshot);
    assert_eq!(&*row.key, "groß/ключ");
    assert_eq!(
        store.trail(row.instance, 0, 1).await.unwrap()[0].bytes,
        write.entries[0].bytes
    );
}

async fn many_writes_at_once(store: Arc<dyn Store>) {
    let keys: Vec<String> = (0..700).map(|number| format!("k{number}")).collect();
    let begun: Vec<_> = keys.iter().map(|key| step(key, 0)).collect();
    assert!(
        store
            .commit(&begun)
            .await
            .unwrap()
            .iter()
            .all(|applied| *applied == Applied::Committed)
    );
    let mut next: Vec<_> = keys.iter().map(|key| step(key, 1)).collect();
    for write in next.iter_mut().step_by(7) {
        write.expected = 0;
        write.entries[0].input_key = None;
    }
    let answers = store.commit(&next).await.unwrap();
    for (number, answer) in answers.iter().enumerate() {
        let expected = if number % 7 == 0 { Applied::Moved } else { Applied::Committed };
        assert_eq!(*answer, expected, "write {number}");
    }
}
