//! The trail is read in order, by place or by the input that caused an entry.

use std::sync::Arc;

use statewright_engine::store::Store;

use super::{must_commit, on_every_store};
use crate::shape::{id, input, moment, step};

on_every_store! {
    read_in_order_from_a_place_on
    an_input_leads_to_its_entry
}

async fn read_in_order_from_a_place_on(store: Arc<dyn Store>) {
    for sequence in 0..5 {
        must_commit(&store, &step("a", sequence)).await;
    }
    must_commit(&store, &step("b", 0)).await;
    let sequences = |rows: Vec<statewright_engine::store::TrailRow>| rows.iter().map(|row| row.sequence).collect::<Vec<_>>();
    assert_eq!(sequences(store.trail(id("a"), 0, 100).await.unwrap()), [1, 2, 3, 4, 5]);
    assert_eq!(sequences(store.trail(id("a"), 2, 2).await.unwrap()), [3, 4]);
    assert_eq!(sequences(store.trail(id("a"), 5, 2).await.unwrap()), Vec::<u64>::new());
    assert_eq!(sequences(store.trail(id("a"), u64::MAX, 2).await.unwrap()), Vec::<u64>::new());
    let row = &store.trail(id("a"), 2, 1).await.unwrap()[0];
    assert_eq!((row.at_us, row.bytes.as_str()), (moment(3), r#"{"entry":3}"#));
}

async fn an_input_leads_to_its_entry(store: Arc<dyn Store>) {
    must_commit(&store, &step("a", 0)).await;
    must_commit(&store, &step("a", 1)).await;
    let found = store.entry_of_input(id("a"), input("a", 2)).await.unwrap().expect("it came");
    assert_eq!((found.sequence, found.input_key), (2, Some(input("a", 2))));
    assert_eq!(store.entry_of_input(id("a"), input("a", 3)).await.unwrap(), None);
    assert_eq!(store.entry_of_input(id("b"), input("a", 2)).await.unwrap(), None);
}
