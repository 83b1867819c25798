//! Notices are kept, found by those they are for, newest first, and in the thread of their instance, oldest first.

use std::sync::Arc;

use statewright_engine::store::{Applied, NoticeRow, Store, ThreadPart};

use super::{commit, must_commit, on_every_store};
use crate::shape::{entry, id, moment, names, notice, step};

on_every_store! {
    a_notice_is_kept_as_it_was
    the_newest_come_first_page_by_page
    a_thread_is_told_from_its_beginning
    one_that_lost_tells_nobody
}

fn numbers(rows: &[NoticeRow]) -> Vec<(u64, u32)> {
    rows.iter().map(|row| (row.sequence, row.ordinal)).collect()
}

async fn a_notice_is_kept_as_it_was(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.notices = vec![notice(1, 3, &["user:ada", "role:r"])];
    must_commit(&store, &write).await;
    let expected = NoticeRow {
        instance: id("a"),
        sequence: 1,
        ordinal: 3,
        at_us: moment(1),
        thread: false,
        subjects: names(&["user:ada", "role:r"]),
        body: r#"{"notice":"1/3"}"#.into(),
    };
    for subjects in [["user:ada", "role:none"], ["role:r", "user:ada"], ["role:r", "role:r"]] {
        let page = store.notices(&names(&subjects), None, 1).await.unwrap();
        assert_eq!(page.rows, std::slice::from_ref(&expected), "{subjects:?}");
        assert!(!page.more, "{subjects:?}");
    }
    assert_eq!(store.notices(&names(&["role"]), None, 9).await.unwrap().rows, []);
    assert_eq!(store.notices(&[], None, 9).await.unwrap().rows, []);
    assert_eq!(store.inboxes().thread(id("a"), ThreadPart::OLDEST, 9).await.unwrap(), []);
}

async fn the_newest_come_first_page_by_page(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.entries.push(entry("a", 2));
    write.next.sequence = 2;
    write.notices = vec![
        notice(1, 0, &["role:r"]),
        notice(1, 1, &["role:q", "role:r"]),
        notice(2, 1, &["role:q"]),
        notice(2, 0, &["role:r"]),
        notice(2, 2, &["role:none"]),
    ];
    must_commit(&store, &write).await;
    let mut other = step("b", 0);
    other.notices = vec![notice(1, 0, &["role:r"])];
    other.notices[0].at_us = moment(9);
    must_commit(&store, &other).await;
    let subjects = names(&["role:q", "role:r"]);
    let whole = store.notices(&subjects, None, 10).await.unwrap().rows;
    assert_eq!(numbers(&whole), [(1, 0), (2, 1), (2, 0), (1, 1), (1, 0)]);
    assert_eq!(whole[0].instance, id("b"));
    let first = store.notices(&subjects, None, 3).await.unwrap();
    assert_eq!((first.rows.as_slice(), first.more), (&whole[..3], true));
    let second = store.notices(&subjects, Some(whole[2].place()), 2).await.unwrap();
    assert_eq!((second.rows.as_slice(), second.more), (&whole[3..], false));
}

async fn a_thread_is_told_from_its_beginning(store: Arc<dyn Store>) {
    for sequence in 1..=3 {
        let mut write = step("a", sequence - 1);
        write.notices = vec![
            notice(sequence, 1, &[]),
            notice(sequence, 0, &["role:r"]),
            notice(sequence, 2, &[]),
        ];
        write.notices[0].thread = true;
        write.notices[1].thread = true;
        must_commit(&store, &write).await;
    }
    let thread = store.inboxes().thread(id("a"), ThreadPart::OLDEST, 10).await.unwrap();
    assert_eq!(numbers(&thread), [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]);
    let part = store.inboxes().thread(id("a"), ThreadPart::After(1, 1), 3).await.unwrap();
    assert_eq!(part, thread[2..5]);
    let back = store.inboxes().thread(id("a"), ThreadPart::NEWEST, 4).await.unwrap();
    assert_eq!(numbers(&back), [(3, 1), (3, 0), (2, 1), (2, 0)]);
    let rest = store.inboxes().thread(id("a"), ThreadPart::Before(2, 0), 4).await.unwrap();
    assert_eq!(numbers(&rest), [(1, 1), (1, 0)]);
    assert_eq!(store.inboxes().thread(id("b"), ThreadPart::OLDEST, 10).await.unwrap(), []);
}

async fn one_that_lost_tells_nobody(store: Arc<dyn Store>) {
    let mut late = step("a", 4);
    late.notices = vec![notice(5, 0, &["role:r"])];
    late.notices[0].thread = true;
    assert_eq!(commit(&store, &late).await, Applied::Moved);
    assert_eq!(store.notices(&names(&["role:r"]), None, 10).await.unwrap().rows, []);
    assert_eq!(store.inboxes().thread(id("a"), ThreadPart::OLDEST, 10).await.unwrap(), []);
}
