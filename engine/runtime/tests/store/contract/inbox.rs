//! What somebody has read is theirs alone, and stays read.

use std::sync::Arc;

use statewright_engine::store::{NoticePlace, ReadMark, Receipt, Store};

use super::on_every_store;
use crate::shape::{id, moment, name};

on_every_store! {
    one_is_read_by_who_read_it
    everything_up_to_one_is_read_and_stays_so
    who_has_read_one_is_told_by_name_and_when
    a_reader_with_a_nul_is_refused
}

fn place(key: &str, sequence: u64, ordinal: u32) -> NoticePlace {
    NoticePlace {
        at_us: moment(sequence),
        instance: id(key),
        sequence,
        ordinal,
    }
}

fn mark(person: &str, each: &[NoticePlace], up_to: Option<NoticePlace>) -> ReadMark {
    ReadMark {
        person: name(person),
        each: each.to_vec(),
        up_to,
        at_us: moment(9),
    }
}

async fn read(store: &Arc<dyn Store>, person: &str, places: &[NoticePlace]) -> Vec<bool> {
    let read = store.inboxes().read_by(person, places).await.unwrap();
    places.iter().map(|place| read.includes(place)).collect()
}

async fn one_is_read_by_who_read_it(store: Arc<dyn Store>) {
    let places = [place("a", 1, 0), place("a", 1, 1), place("a", 2, 0), place("b", 1, 0)];
    assert_eq!(read(&store, "ada", &places).await, [false; 4]);
    for _ in 0..2 {
        let one = mark("ada", &[places[1]], None);
        store.inboxes().mark_read(&one).await.unwrap();
        assert_eq!(read(&store, "ada", &places).await, [false, true, false, false]);
    }
    assert_eq!(read(&store, "ben", &places).await, [false; 4]);
    assert_eq!(read(&store, "ada", &[]).await, []);
}

async fn everything_up_to_one_is_read_and_stays_so(store: Arc<dyn Store>) {
    let places = [place("a", 1, 0), place("a", 2, 0), place("a", 2, 1), place("a", 3, 0)];
    for (up_to, expected) in [
        (1, [true, true, false, false]),
        (2, [true, true, true, false]),
        // an earlier one takes nothing back
        (0, [true, true, true, false]),
    ] {
        store
            .inboxes()
            .mark_read(&mark("ada", &[], Some(places[up_to])))
            .await
            .unwrap();
        assert_eq!(read(&store, "ada", &places).await, expected, "{up_to}");
    }
    assert_eq!(read(&store, "ben", &places).await, [false; 4]);
}

async fn who_has_read_one_is_told_by_name_and_when(store: Arc<dyn Store>) {
    let places = [place("b", 1, 0), place("a", 1, 0), place("a", 1, 1)];
    for (person, sequence) in [("cy", 3), ("ada", 4), ("ben", 5), ("ada", 6)] {
        let mark = ReadMark {
            at_us: moment(sequence),
            ..mark(person, &places[..2], None)
        };
        store.inboxes().mark_read(&mark).await.unwrap();
    }
    // everything up to one names nobody
    store.inboxes().mark_read(&mark("eve", &[], Some(places[2]))).await.unwrap();
    let told = async |limit: usize| -> Vec<(NoticePlace, String, i64)> {
        let receipts = store.inboxes().readers(&places, limit).await.unwrap();
        let found = receipts.into_iter().map(|receipt: Receipt| {
            let of = (receipt.instance, receipt.sequence, receipt.ordinal);
            let place = places.iter().find(|place| place.by_itself() == of).expect("it was asked for");
            (*place, receipt.person.to_string(), receipt.at_us)
        });
        found.collect()
    };
    let of = |place: NoticePlace| {
        // the first time counts
        [("ada", 4), ("ben", 5), ("cy", 3)].map(|(person, sequence)| (place, person.to_owned(), moment(sequence)))
    };
    assert_eq!(told(9).await, [of(places[0]), of(places[1])].concat());
    assert_eq!(told(2).await, [&of(places[0])[..2], &of(places[1])[..2]].concat());
}

async fn a_reader_with_a_nul_is_refused(store: Arc<dyn Store>) {
    let one = mark("a\0da", &[place("a", 1, 0)], None);
    assert!(store.inboxes().mark_read(&one).await.is_err());
}
