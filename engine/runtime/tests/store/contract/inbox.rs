//! What somebody has read is theirs alone, and stays read.

use std::sync::Arc;

use statewright_engine::store::{NoticePlace, ReadExtent, ReadMark, Store};

use super::on_every_store;
use crate::shape::{id, moment, name};

on_every_store! {
    one_is_read_by_who_read_it
    everything_up_to_one_is_read_and_stays_so
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

fn mark(person: &str, extent: ReadExtent) -> ReadMark {
    ReadMark {
        person: name(person),
        extent,
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
        let one = mark("ada", ReadExtent::One(places[1]));
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
        let extent = ReadExtent::UpTo(places[up_to]);
        store.inboxes().mark_read(&mark("ada", extent)).await.unwrap();
        assert_eq!(read(&store, "ada", &places).await, expected, "{up_to}");
    }
    assert_eq!(read(&store, "ben", &places).await, [false; 4]);
}

async fn a_reader_with_a_nul_is_refused(store: Arc<dyn Store>) {
    let one = mark("a\0da", ReadExtent::One(place("a", 1, 0)));
    assert!(store.inboxes().mark_read(&one).await.is_err());
}
