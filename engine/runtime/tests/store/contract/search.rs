//! Values are found within ranges, over fields of any workflows, in the order of their places.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_engine::store::{SearchLine, SearchPlace, SearchQuery, Store, StoreError, TIED_INSTANCES_MAX, TiedQuery};

use super::{must_commit, on_every_store};
use crate::shape::{id, name, step, touch};

on_every_store! {
    values_are_found_by_their_beginning_and_by_all_of_them
    pages_go_on_after_a_place_whether_anything_stands_there_or_not
    what_has_changed_is_found_as_it_is_now
    what_no_index_holds_is_refused
    personal_values_of_many_come_in_the_order_asked
    what_has_none_of_its_definitions_pairs_is_ruled_out
}

fn line(workflow: &str, field: &str, from: &str, to: &str) -> SearchLine {
    SearchLine {
        workflow: name(workflow),
        field: name(field),
        from: name(from),
        to: name(to),
    }
}

fn beginning(workflow: &str, field: &str, with: &str) -> SearchLine {
    line(workflow, field, with, &format!("{with}{}", char::MAX))
}

async fn begin(store: &Arc<dyn Store>, workflow: &str, key: &str, pairs: &[(&str, &str)]) {
    let mut write = step(key, 0);
    write.next.workflow = name(workflow);
    write.index = Some(pairs.iter().map(|(field, value)| (name(field), name(value))).collect());
    must_commit(store, &write).await;
}

async fn check(store: &Arc<dyn Store>, query: &SearchQuery, expected: &[(&str, &str)], more: bool) {
    let page = store.search(query).await.unwrap();
    let mut expected: Vec<(&str, InstanceId)> = expected.iter().map(|(value, key)| (*value, id(key))).collect();
    expected.sort();
    let found: Vec<(&str, InstanceId)> = page.rows.iter().map(|place| (&*place.value, place.instance)).collect();
    assert_eq!((found, page.more), (expected, more), "{query:?}");
}

fn query(lines: &[SearchLine]) -> SearchQuery {
    SearchQuery {
        lines: lines.to_vec(),
        after: None,
        limit: 10,
    }
}

async fn fill(store: &Arc<dyn Store>) {
    begin(store, "order", "a", &[("no", "A-1"), ("tray", "7")]).await;
    begin(store, "order", "b", &[("no", "A-10"), ("tray", "70")]).await;
    begin(store, "order", "c", &[("no", "a-1"), ("lot", "A-1")]).await;
    begin(store, "lens", "d", &[("no", "A-1"), ("lot", "A-1"), ("note", "Ä-1")]).await;
}

async fn values_are_found_by_their_beginning_and_by_all_of_them(store: Arc<dyn Store>) {
    fill(&store).await;
    let all = [("A-1", "a"), ("A-1", "d")];
    check(&store, &query(&[line("order", "no", "A-1", "A-1")]), &all[..1], false).await;
    check(
        &store,
        &query(&[beginning("order", "no", "A-1")]),
        &[("A-1", "a"), ("A-10", "b")],
        false,
    )
    .await;
    let both = [line("order", "no", "A-1", "A-1"), line("lens", "no", "A-1", "A-1")];
    check(&store, &query(&both), &all, false).await;
    // one value in two fields stands in one place
    let twice = [line("lens", "no", "A-1", "A-1"), line("lens", "lot", "A-1", "A-1")];
    check(&store, &query(&twice), &all[1..], false).await;
    check(&store, &query(&[beginning("lens", "note", "Ä")]), &[("Ä-1", "d")], false).await;
    check(&store, &query(&[line("order", "tray", "70", "7")]), &[], false).await;
    check(&store, &query(&[line("pair", "no", "A-1", "A-1")]), &[], false).await;
    check(&store, &query(&[]), &[], false).await;
}

async fn pages_go_on_after_a_place_whether_anything_stands_there_or_not(store: Arc<dyn Store>) {
    fill(&store).await;
    let lines = [
        beginning("order", "no", ""),
        beginning("lens", "no", "A"),
        beginning("order", "tray", "7"),
    ];
    let mut asked = query(&lines);
    let whole = store.search(&asked).await.unwrap().rows;
    let values: Vec<&str> = whole.iter().map(|place| &*place.value).collect();
    assert_eq!(values, ["7", "70", "A-1", "A-1", "A-10", "a-1"]);
    asked.limit = 1;
    let mut found = Vec::new();
    loop {
        let page = store.search(&asked).await.unwrap();
        found.extend(page.rows.iter().cloned());
        asked.after = page.rows.last().cloned();
        if !page.more {
            break;
        }
    }
    assert_eq!(found, whole);
    asked.limit = 10;
    for (value, rest) in [("6", 6), ("7", 6), ("7\u{1}", 5), ("A-1", 4), ("A-11", 1), ("b", 0)] {
        asked.after = Some(SearchPlace {
            value: name(value),
            instance: InstanceId([0; 16]),
        });
        assert_eq!(store.search(&asked).await.unwrap().rows, whole[6 - rest..], "after {value}");
    }
}

async fn what_has_changed_is_found_as_it_is_now(store: Arc<dyn Store>) {
    fill(&store).await;
    let mut write = step("a", 1);
    write.index = Some(vec![(name("no"), name("B-1"))]);
    must_commit(&store, &write).await;
    check(&store, &query(&[beginning("order", "no", "A-1")]), &[("A-10", "b")], false).await;
    check(&store, &query(&[beginning("order", "no", "B")]), &[("B-1", "a")], false).await;
    let mut write = touch("b", 1);
    write.states = Some(vec![name("cut")]);
    must_commit(&store, &write).await;
    check(&store, &query(&[line("order", "", "cut", "cut")]), &[("cut", "b")], false).await;
}

async fn what_no_index_holds_is_refused(store: Arc<dyn Store>) {
    for text in ["a\0b", &"x".repeat(600)] {
        let refused = store.search(&query(&[line("order", "no", text, text)])).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
}

async fn personal_values_of_many_come_in_the_order_asked(store: Arc<dyn Store>) {
    for key in ["a", "b", "c"] {
        let mut write = step(key, 0);
        if key != "b" {
            let value = format!("\"{key}\"");
            write
                .personal
                .push((statewright_core::identity::Digest::of(key.as_bytes()), value));
        }
        must_commit(&store, &write).await;
    }
    let found = store
        .personal_of(&[id("c"), id("nobody"), id("b"), id("a"), id("c")])
        .await
        .unwrap();
    let values: Vec<Vec<String>> = found
        .into_iter()
        .map(|rows| rows.into_iter().map(|row| row.value).collect())
        .collect();
    let of = |key: &str| vec![format!("\"{key}\"")];
    assert_eq!(values, [of("c"), vec![], vec![], of("a"), of("c")]);
}

async fn what_has_none_of_its_definitions_pairs_is_ruled_out(store: Arc<dyn Store>) {
    let (first, second) = (Digest::of(b"first"), Digest::of(b"second"));
    for (key, definition, owner) in [("a", first, "north"), ("b", first, "south"), ("c", second, "north")] {
        let mut write = step(key, 0);
        write.next.definition = definition;
        write.index = Some(vec![(name("owner"), name(owner)), (name("no"), name(key))]);
        must_commit(&store, &write).await;
    }
    let tied = async |definitions: &[(Digest, &[(&str, &str)])]| {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(field, value)| (name(field), name(value))).collect();
        let query = TiedQuery {
            instances: ["a", "b", "c", "nobody"].map(id).into(),
            definitions: definitions.iter().map(|(definition, of)| (*definition, pairs(of))).collect(),
        };
        let found = store.tied(&query).await.unwrap();
        ["a", "b", "c", "nobody"]
            .into_iter()
            .filter(|key| found.contains(&id(key)))
            .collect::<String>()
    };
    assert_eq!(tied(&[]).await, "abc", "of no definition anything is known");
    assert_eq!(tied(&[(first, &[("owner", "north")])]).await, "ac");
    assert_eq!(tied(&[(first, &[("owner", "east"), ("no", "b")])]).await, "bc");
    assert_eq!(tied(&[(first, &[])]).await, "c", "without pairs all is ruled out");
    assert_eq!(tied(&[(first, &[("owner", "south")]), (second, &[("no", "a")])]).await, "b");
    // a field is not another's, though both hold the value
    assert_eq!(
        tied(&[(first, &[("no", "north")]), (second, &[("owner", "north")])]).await,
        "c"
    );

    let too_many = TiedQuery {
        instances: (0..=TIED_INSTANCES_MAX).map(|number| id(&number.to_string())).collect(),
        ..TiedQuery::default()
    };
    assert!(matches!(store.tied(&too_many).await, Err(StoreError::Refused(_))));
}
