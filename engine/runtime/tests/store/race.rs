//! Many at once: of those that exclude each other exactly one wins, and nothing is lost on the way.
//!
//! On PostgreSQL two stores on one database race as two nodes do.

use std::future::Future;
use std::sync::Arc;

use statewright_engine::store::{Applied, Store, Write, wake_key};
use tokio::task::JoinSet;

use crate::fixture::{Database, Folder, postgres, sqlite};
use crate::shape::{claim, counted, effect, found, id, in_lot, input, message, moment, resting, step, topic, touch};

const TASKS: u64 = 24;

/// The stores of one database, from which tasks take turns.
type Nodes = Vec<Arc<dyn Store>>;

async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Nodes) -> F) {
    let folder = Folder::new();
    let store = sqlite(&folder.file()).await;
    test(vec![store.clone()]).await;
    store.close().await;
}

async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Nodes) -> F) {
    let Some(database) = Database::new().await else { return };
    let nodes = vec![postgres(&database).await, postgres(&database).await];
    test(nodes.clone()).await;
    for node in nodes {
        node.close().await;
    }
    database.remove().await;
}

macro_rules! on_shared_stores {
    ($($test:ident)*) => {
        $(mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::on_sqlite(super::$test).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::on_postgres(super::$test).await;
            }
        })*
    };
}

on_shared_stores! {
    one_begins_an_instance
    one_takes_the_next_step
    one_input_counts_once
    one_holds_a_value
    batches_that_overlap
    every_step_of_everyone_is_taken
    of_two_that_find_each_other_absent_one_begins
    of_two_that_read_each_other_one_moves
    no_change_is_lost_on_a_watcher
    of_two_that_find_nobody_one_comes
    no_change_is_lost_on_who_watches_a_topic
    batches_that_rest_on_one_another
    an_effect_is_leased_once
    a_message_bounces_or_is_received
}

/// Commits each write from a task of its own; gives the answers in the order of the writes.
async fn race(nodes: &Nodes, writes: Vec<Write>) -> Vec<Applied> {
    let mut tasks = JoinSet::new();
    for (number, write) in writes.into_iter().enumerate() {
        let node = nodes[number % nodes.len()].clone();
        tasks.spawn(async move { (number, node.commit(&[write]).await.unwrap().remove(0)) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn winners(answers: &[Applied]) -> usize {
    answers.iter().filter(|answer| **answer == Applied::Committed).count()
}

async fn sequence_of(store: &Arc<dyn Store>, key: &str) -> u64 {
    store.load(&[id(key)]).await.unwrap().remove(0).map_or(0, |row| row.sequence)
}

/// A step caused by an input of this number.
fn step_by(key: &str, expected: u64, number: u64) -> Write {
    let mut write = step(key, expected);
    write.entries[0].input_key = Some(input("race", number));
    write
}

async fn one_begins_an_instance(nodes: Nodes) {
    let answers = race(&nodes, (0..TASKS).map(|number| step_by("a", 0, number)).collect()).await;
    assert_eq!(winners(&answers), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Applied::Committed | Applied::Moved)),
        "{answers:?}"
    );
    assert_eq!(nodes[0].trail(id("a"), 0, 100).await.unwrap().len(), 1);
}

async fn one_takes_the_next_step(nodes: Nodes) {
    nodes[0].commit(&[step("a", 0)]).await.unwrap();
    let answers = race(&nodes, (0..TASKS).map(|number| step_by("a", 1, number)).collect()).await;
    assert_eq!(winners(&answers), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Applied::Committed | Applied::Moved)),
        "{answers:?}"
    );
    assert_eq!(nodes[0].trail(id("a"), 0, 100).await.unwrap().len(), 2);
}

async fn one_input_counts_once(nodes: Nodes) {
    for (round, key) in (0_u64..).zip(["a", "b", "c", "d"]) {
        let writes = (0..TASKS).map(|_| step_by(key, 0, round)).collect();
        let answers = race(&nodes, writes).await;
        assert_eq!(winners(&answers), 1, "{answers:?}");
        let told = Applied::Duplicate {
            key: input("race", round),
            sequence: 1,
        };
        assert!(
            answers.iter().all(|answer| *answer == Applied::Committed || *answer == told),
            "{answers:?}"
        );
    }
}

async fn one_holds_a_value(nodes: Nodes) {
    let keys: Vec<String> = (0..TASKS).map(|number| format!("k{number}")).collect();
    let writes = keys.iter().map(|key| {
        let mut write = step(key, 0);
        write.claims_held.push(claim("tray", "7"));
        write
    });
    let answers = race(&nodes, writes.collect()).await;
    assert_eq!(winners(&answers), 1, "{answers:?}");
    let winner = answers.iter().position(|answer| *answer == Applied::Committed).unwrap();
    for answer in answers {
        match answer {
            Applied::ClaimHeld { holder, .. } => assert_eq!(holder, id(&keys[winner])),
            other => assert_eq!(other, Applied::Committed),
        }
    }
}

/// The same instances in opposite orders, plain and careful: nobody waits for ever, and each instance moves once.
async fn batches_that_overlap(nodes: Nodes) {
    let keys: Vec<String> = (0..12).map(|number| format!("k{number}")).collect();
    let begun: Vec<Write> = keys.iter().map(|key| step(key, 0)).collect();
    nodes[0].commit(&begun).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..8_u64 {
        let mut batch: Vec<Write> = keys.iter().map(|key| step_by(key, 1, number)).collect();
        if number % 2 == 0 {
            batch.reverse();
        }
        if number % 3 == 0 {
            batch[0].claims_held.push(claim("tray", &number.to_string()));
        }
        let node = nodes[usize::try_from(number).unwrap() % nodes.len()].clone();
        tasks.spawn(async move { node.commit(&batch).await.unwrap() });
    }
    let answers: Vec<Applied> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners(&answers), keys.len());
    for key in keys {
        assert_eq!(sequence_of(&nodes[0], &key).await, 2);
    }
}

async fn every_step_of_everyone_is_taken(nodes: Nodes) {
    const STEPS: u64 = 12;
    let mut tasks = JoinSet::new();
    for task in 0..8_u64 {
        let node = nodes[usize::try_from(task).unwrap() % nodes.len()].clone();
        tasks.spawn(async move {
            for number in 0..STEPS {
                let mut answer = Applied::Moved;
                while answer == Applied::Moved {
                    let write = step_by("a", sequence_of(&node, "a").await, task * STEPS + number);
                    answer = node.commit(&[write]).await.unwrap().remove(0);
                }
                assert_eq!(answer, Applied::Committed);
            }
        });
    }
    tasks.join_all().await;
    let trail = nodes[0].trail(id("a"), 0, 1000).await.unwrap();
    assert!(trail.iter().map(|row| row.sequence).eq(1..=8 * STEPS));
    for number in 0..8 * STEPS {
        assert!(
            nodes[0]
                .entry_of_input(id("a"), input("race", number))
                .await
                .unwrap()
                .is_some(),
            "input {number}"
        );
    }
}

async fn of_two_that_find_each_other_absent_one_begins(nodes: Nodes) {
    one_of_each_pair(nodes, &pairs(TASKS), 0).await;
}

async fn of_two_that_read_each_other_one_moves(nodes: Nodes) {
    let pairs = pairs(8);
    let begun = pairs.iter().flat_map(|(left, right)| [step(left, 0), step(right, 0)]);
    nodes[0].commit(&begun.collect::<Vec<Write>>()).await.unwrap();
    one_of_each_pair(nodes, &pairs, 1).await;
}

fn pairs(count: u64) -> Vec<(String, String)> {
    (0..count)
        .map(|number| (format!("l{number}"), format!("r{number}")))
        .collect()
}

/// Both of a pair step from this sequence, each having read the other at it: one wins.
async fn one_of_each_pair(nodes: Nodes, pairs: &[(String, String)], sequence: u64) {
    let reading = |own: &str, other: &str| {
        let mut write = step(own, sequence);
        write.reads.push((id(other), sequence));
        write
    };
    let writes = pairs
        .iter()
        .flat_map(|(left, right)| [reading(left, right), reading(right, left)]);
    let answers = race(&nodes, writes.collect()).await;
    for (pair, answers) in pairs.iter().zip(answers.chunks(2)) {
        assert_eq!(winners(answers), 1, "{pair:?}: {answers:?}");
    }
}

/// Each watcher begins to watch at the sequence it has read, while the subject moves on all the time (and is begun meanwhile).
async fn no_change_is_lost_on_a_watcher(nodes: Nodes) {
    const CHANGES: u64 = 60;
    let mut tasks = JoinSet::new();
    let mover = nodes[0].clone();
    tasks.spawn(async move {
        for sequence in 0..CHANGES {
            assert_eq!(
                mover.commit(&[step("subject", sequence)]).await.unwrap(),
                [Applied::Committed]
            );
        }
        None
    });
    for number in 0..TASKS {
        let node = nodes[usize::try_from(number + 1).unwrap() % nodes.len()].clone();
        tasks.spawn(async move {
            let key = format!("w{number}");
            loop {
                let seen = sequence_of(&node, "subject").await;
                let mut write = step(&key, 0);
                write.reads.push((id("subject"), seen));
                write.watched.push(id("subject"));
                match node.commit(&[write]).await.unwrap().remove(0) {
                    Applied::Committed => return Some((key, seen)),
                    other => assert_eq!(other, Applied::ReadMoved),
                }
            }
        });
    }
    for (key, seen) in tasks.join_all().await.into_iter().flatten() {
        let woken = nodes[0].messages_of(&[id(&key)], i64::MAX, 1000).await.unwrap();
        let woken: Vec<_> = woken.iter().map(|row| row.key).collect();
        let expected: Vec<_> = (seen + 1..=CHANGES)
            .map(|sequence| wake_key(id(&key), id("subject"), sequence))
            .collect();
        assert_eq!(woken, expected, "{key} has seen {seen}");
    }
}

async fn of_two_that_find_nobody_one_comes(nodes: Nodes) {
    let pairs = pairs(TASKS);
    let coming = |key: &str, lot: &str| in_lot(resting(step(key, 0), lot, found(lot, &[])), lot);
    let writes = pairs
        .iter()
        .flat_map(|(left, right)| [coming(left, left), coming(right, left)]);
    let answers = race(&nodes, writes.collect()).await;
    for (pair, answers) in pairs.iter().zip(answers.chunks(2)) {
        assert_eq!(winners(answers), 1, "{pair:?}: {answers:?}");
        let lost = Applied::ReadMoved;
        assert!(answers.contains(&lost), "{pair:?}: {answers:?}");
    }
}

/// Each begins to watch what it has found at some moment, while the one that is found moves on all the time, which rests on nothing.
async fn no_change_is_lost_on_who_watches_a_topic(nodes: Nodes) {
    const CHANGES: u64 = 60;
    let mut tasks = JoinSet::new();
    let mover = nodes[0].clone();
    tasks.spawn(async move {
        for sequence in 0..CHANGES {
            let moved = in_lot(step("subject", sequence), "7");
            assert_eq!(mover.commit(&[moved]).await.unwrap(), [Applied::Committed]);
        }
        None
    });
    for number in 0..TASKS {
        let node = nodes[usize::try_from(number + 1).unwrap() % nodes.len()].clone();
        tasks.spawn(async move {
            let key = format!("w{number}");
            loop {
                let seen = sequence_of(&node, "subject").await;
                let rows: &[(&str, u64)] = if seen == 0 { &[] } else { &[("subject", seen)] };
                let mut write = resting(step(&key, 0), "7", found("7", rows));
                write.watched.push(topic("7"));
                match node.commit(&[write]).await.unwrap().remove(0) {
                    Applied::Committed => return Some((key, seen)),
                    other => assert_eq!(other, Applied::ReadMoved),
                }
            }
        });
    }
    for (key, seen) in tasks.join_all().await.into_iter().flatten() {
        let woken = nodes[0].messages_of(&[id(&key)], i64::MAX, 1000).await.unwrap();
        let woken: Vec<_> = woken.iter().map(|row| row.key).collect();
        let expected: Vec<_> = (seen + 1..=CHANGES)
            .map(|sequence| wake_key(id(&key), id("subject"), sequence))
            .collect();
        assert_eq!(woken, expected, "{key} has seen {seen}");
    }
}

/// Plain ones and careful ones, each found under what others rest on, in opposite orders: nobody waits for ever.
async fn batches_that_rest_on_one_another(nodes: Nodes) {
    let keys: Vec<String> = (0..12).map(|number| format!("k{number}")).collect();
    let begun: Vec<Write> = keys.iter().map(|key| in_lot(step(key, 0), key)).collect();
    nodes[0].commit(&begun).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..8_u64 {
        let resting_on = |(place, key): (usize, &String)| {
            let other = &keys[(place + 5) % keys.len()];
            let write = in_lot(step_by(key, 1, number), key);
            match number % 2 {
                0 => write,
                _ => resting(write, other, counted(other, 1)),
            }
        };
        let mut batch: Vec<Write> = keys.iter().enumerate().map(resting_on).collect();
        if number % 3 == 0 {
            batch.reverse();
        }
        let node = nodes[usize::try_from(number).unwrap() % nodes.len()].clone();
        tasks.spawn(async move { node.commit(&batch).await.unwrap() });
    }
    let answers: Vec<Applied> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners(&answers), keys.len());
}

async fn an_effect_is_leased_once(nodes: Nodes) {
    let mut write = step("a", 0);
    write.effects = (0..60).map(|number| effect(&format!("e{number}"), 1)).collect();
    nodes[0].commit(&[write]).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let node = nodes[number % nodes.len()].clone();
        tasks.spawn(async move {
            let mut leased = Vec::new();
            loop {
                let more = node.lease_effects("n", 1, moment(9), 7).await.unwrap();
                if more.is_empty() {
                    return leased;
                }
                leased.extend(more.into_iter().map(|row| (row.key, row.epoch)));
            }
        });
    }
    let mut leased: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    // Another may have held a row for the moment in which somebody looked; it is leased by now, or to be had.
    leased.extend(
        nodes[0]
            .lease_effects("n", 1, moment(9), 60)
            .await
            .unwrap()
            .into_iter()
            .map(|row| (row.key, row.epoch)),
    );
    assert!(leased.iter().all(|(_, epoch)| *epoch == 1));
    leased.sort();
    leased.dedup();
    assert_eq!(leased.len(), 60);
}

async fn a_message_bounces_or_is_received(nodes: Nodes) {
    for number in 0..TASKS {
        let (sender, receiver) = (format!("s{number}"), format!("r{number}"));
        let mut write = step(&sender, 0);
        write.messages.push(message(&receiver, "hello", 1));
        nodes[0].commit(&[write]).await.unwrap();
        let waiting = nodes[0].messages_of(&[id(&receiver)], 1, 1).await.unwrap()[0].id;
        let answer = message(&sender, "nobody", 1);
        let (first, last) = (nodes[0].clone(), nodes[nodes.len() - 1].clone());
        let begun = [step(&receiver, 0)];
        let mut take = touch(&receiver, 1);
        take.messages_taken.push(waiting);
        // What the other node has found before may be taken as soon as there is a receiver.
        let begin_and_take = async {
            let begun = last.commit(&begun).await.unwrap();
            assert_eq!(begun, [Applied::Committed]);
            last.commit(&[take]).await.unwrap().remove(0)
        };
        let (bounced, taken) = tokio::join!(first.bounce(id(&receiver), waiting, Some(&answer)), begin_and_take);
        let bounced = bounced.unwrap();
        let expected = match bounced {
            true => Applied::MessageGone { id: waiting },
            false => Applied::Committed,
        };
        assert_eq!(taken, expected);
        let left = nodes[0].messages_of(&[id(&receiver)], 1, 10).await.unwrap().len();
        let answered = nodes[0].messages_of(&[id(&sender)], 1, 10).await.unwrap().len();
        let expected = if bounced { (0, 1) } else { (0, 0) };
        assert_eq!((left, answered), expected);
    }
}
