//! The trail of all instances is read newest first, from any place on, and nothing is lost or comes twice where pages meet.

use std::sync::Arc;

use statewright_engine::store::{HistoryPlace, HistoryQuery, HistoryRow, Store};

use super::{must_commit, on_every_store};
use crate::shape::{all_history, id, moment, step};

on_every_store! {
    pages_meet_within_a_moment
    it_ends_where_it_is_told_to
    of_one_by_its_numbers
}

/// Three instances whose first entries have one moment, and whose second ones have another.
async fn filled(store: &Arc<dyn Store>) {
    for sequence in 0..2 {
        for key in ["a", "b", "c"] {
            must_commit(store, &step(key, sequence)).await;
        }
    }
}

fn places(rows: &[HistoryRow]) -> Vec<HistoryPlace> {
    rows.iter().map(HistoryRow::place).collect()
}

async fn pages_meet_within_a_moment(store: Arc<dyn Store>) {
    filled(&store).await;
    let whole = store.history(&all_history(100)).await.unwrap();
    let (mut expected, found) = (places(&whole), places(&whole));
    expected.sort_by(|one, other| other.cmp(one));
    assert_eq!((found, whole.len()), (expected, 6));
    assert_eq!(whole[0].entry.bytes, r#"{"entry":2}"#);
    for page in 1..4 {
        let mut pages = Vec::new();
        let mut query = all_history(page);
        loop {
            let found = store.history(&query).await.unwrap();
            assert!(found.len() <= page);
            let Some(last) = found.last() else { break };
            query.before = last.place();
            pages.extend(found);
        }
        assert_eq!(places(&pages), places(&whole), "pages of {page}");
    }
}

async fn it_ends_where_it_is_told_to(store: Arc<dyn Store>) {
    filled(&store).await;
    let count = async |query: HistoryQuery| store.history(&query).await.unwrap().len();
    let from = |from_us| HistoryQuery {
        from_us,
        ..all_history(100)
    };
    assert_eq!(count(from(moment(2))).await, 3);
    assert_eq!(count(from(moment(2) + 1)).await, 0);
    let before = |at_us| HistoryQuery {
        before: HistoryPlace::beginning_of(at_us),
        ..all_history(100)
    };
    assert_eq!(count(before(moment(2))).await, 3);
    assert_eq!(count(before(moment(2) + 1)).await, 6);
}

async fn of_one_by_its_numbers(store: Arc<dyn Store>) {
    filled(&store).await;
    // the clock was put back
    let mut earlier = step("a", 2);
    earlier.entries[0].at_us = moment(0);
    must_commit(&store, &earlier).await;
    let of_it = HistoryQuery {
        instance: Some(id("a")),
        ..all_history(2)
    };
    let sequences = |rows: &[HistoryRow]| rows.iter().map(|row| row.entry.sequence).collect::<Vec<_>>();
    let newest = store.history(&of_it).await.unwrap();
    assert_eq!(sequences(&newest), [3, 2]);
    let before = newest.last().expect("two").place();
    let rest = store.history(&HistoryQuery { before, ..of_it }).await.unwrap();
    assert_eq!(sequences(&rest), [1]);
    let unknown = HistoryQuery {
        instance: Some(id("z")),
        ..all_history(2)
    };
    assert_eq!(store.history(&unknown).await.unwrap(), []);
}
