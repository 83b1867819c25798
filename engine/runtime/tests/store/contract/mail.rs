//! Mails wait, are held by one node at a time, and end once.

use std::sync::Arc;

use statewright_engine::store::{
    Applied, IncidentKind, MailCounts, MailEnd, MailLease, MailResult, MailRow, NewNotice, Repair, Store,
};

use super::{commit, must_commit, on_every_store};
use crate::shape::{id, moment, name, notice, step};

on_every_store! {
    a_mail_comes_with_its_notice
    a_lease_holds_until_it_ends
    a_letter_is_begun_with_all_its_mails_or_not_at_all
    a_mail_becomes_one_for_each_person
    what_is_put_off_or_failed_waits
    an_incident_begins_anew_or_goes
    only_what_was_due_long_ago_is_dropped
}

fn mailed(sequence: u64, ordinal: u32) -> NewNotice {
    NewNotice {
        mailed: true,
        ..notice(sequence, ordinal, &["role:r"])
    }
}

/// With one mail in it.
async fn begun(store: &Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.notices = vec![mailed(1, 0), notice(1, 1, &["role:r"])];
    must_commit(store, &write).await;
}

async fn leased(store: &Arc<dyn Store>, now_us: i64) -> Vec<MailRow> {
    let mails = store.mails();
    mails.lease_mails("n", now_us, now_us + 100, 10).await.unwrap()
}

async fn settle(store: &Arc<dyn Store>, lease: &MailLease, end: MailEnd) -> bool {
    let result = MailResult {
        lease: lease.clone(),
        attempts: 1,
        at_us: moment(7),
        end,
    };
    store.mails().settle_mails(&[result]).await.unwrap()[0]
}

async fn counts(store: &Arc<dyn Store>) -> (u64, u64) {
    let MailCounts { waiting, failed } = store.mails().mail_counts().await.unwrap();
    (waiting, failed)
}

async fn a_mail_comes_with_its_notice(store: Arc<dyn Store>) {
    begun(&store).await;
    assert_eq!(counts(&store).await, (1, 0));
    assert_eq!(leased(&store, moment(1) - 1).await, []);
    let expected = MailRow {
        lease: MailLease {
            instance: id("a"),
            name: name("1:0"),
            epoch: 1,
        },
        sequence: 1,
        ordinal: 0,
        person: None,
        at_us: moment(1),
        attempts: 0,
        letter: None,
        body: r#"{"notice":"1/0"}"#.into(),
    };
    assert_eq!(leased(&store, moment(1)).await, [expected]);
    // one that is not committed leaves none
    let mut lost = step("a", 0);
    lost.notices = vec![mailed(1, 2)];
    assert_ne!(commit(&store, &lost).await, Applied::Committed);
    assert_eq!(counts(&store).await, (1, 0));
}

async fn a_lease_holds_until_it_ends(store: Arc<dyn Store>) {
    begun(&store).await;
    let now_us = moment(5);
    let first = leased(&store, now_us).await.remove(0);
    assert_eq!(leased(&store, now_us + 99).await, []);
    let second = leased(&store, now_us + 100).await.remove(0);
    assert_eq!(second.lease.epoch, 2);
    // the first one comes too late for anything
    assert!(
        !store
            .mails()
            .begin_letter(std::slice::from_ref(&first.lease), "l", now_us + 900)
            .await
            .unwrap()
    );
    for end in [
        MailEnd::Gone,
        MailEnd::For(vec![(name("ada"), 0)]),
        MailEnd::Incident { error: "late".into() },
        MailEnd::Postponed { due_us: 0, error: None },
    ] {
        assert!(!settle(&store, &first.lease, end.clone()).await, "{end:?}");
    }
    assert!(settle(&store, &second.lease, MailEnd::Gone).await);
    assert!(!settle(&store, &second.lease, MailEnd::Gone).await);
    assert_eq!(counts(&store).await, (0, 0));
}

async fn a_letter_is_begun_with_all_its_mails_or_not_at_all(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.notices = vec![mailed(1, 0), mailed(1, 1)];
    must_commit(&store, &write).await;
    let now_us = moment(5);
    let leases: Vec<MailLease> = leased(&store, now_us).await.into_iter().map(|row| row.lease).collect();
    let mut stale = leases.clone();
    stale[1].epoch += 1;
    assert!(!store.mails().begin_letter(&stale, "l", now_us + 500).await.unwrap());
    assert!(store.mails().begin_letter(&leases, "l", now_us + 500).await.unwrap());
    assert_eq!(leased(&store, now_us + 499).await, [], "it is held for longer");
    let letters: Vec<_> = leased(&store, now_us + 500).await.into_iter().map(|row| row.letter).collect();
    assert_eq!(letters, [Some(name("l")), Some(name("l"))]);
}

async fn a_mail_becomes_one_for_each_person(store: Arc<dyn Store>) {
    begun(&store).await;
    let row = leased(&store, moment(1)).await.remove(0);
    let people = vec![(name("ada"), moment(9)), (name("bob"), moment(8)), (name("ada"), moment(1))];
    assert!(settle(&store, &row.lease, MailEnd::For(people)).await);
    assert_eq!(counts(&store).await, (2, 0));
    assert_eq!(leased(&store, moment(8) - 1).await, []);
    let rows = leased(&store, moment(9)).await;
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                &*row.lease.name,
                row.person.as_deref(),
                row.lease.epoch,
                row.at_us,
                &*row.body,
            )
        })
        .collect();
    let body = r#"{"notice":"1/0"}"#;
    assert_eq!(
        shown,
        [
            ("1:0:bob", Some("bob"), 1, moment(1), body),
            ("1:0:ada", Some("ada"), 1, moment(1), body)
        ]
    );
}

async fn what_is_put_off_or_failed_waits(store: Arc<dyn Store>) {
    begun(&store).await;
    let row = leased(&store, moment(1)).await.remove(0);
    let later = MailEnd::Postponed {
        due_us: moment(20),
        error: Some("busy".into()),
    };
    assert!(settle(&store, &row.lease, later).await);
    assert_eq!(leased(&store, moment(20) - 1).await, []);
    let row = leased(&store, moment(20)).await.remove(0);
    assert_eq!((row.attempts, row.lease.epoch), (1, 2));
    assert!(settle(&store, &row.lease, MailEnd::Incident { error: "no".into() }).await);
    assert_eq!((leased(&store, i64::MAX - 100).await, counts(&store).await), (vec![], (0, 1)));
    let incident = store.incidents(9).await.unwrap().remove(0);
    assert_eq!(
        (incident.kind, &*incident.name, &*incident.error),
        (IncidentKind::Mail, "1:0", "no")
    );
    assert_eq!((incident.attempts, incident.since_us), (1, moment(7)));
    let stuck = store.operations().backlog(moment(50)).await.unwrap().incidents;
    assert_eq!((stuck.count, stuck.oldest_us), (1, Some(moment(7))));
}

async fn an_incident_begins_anew_or_goes(store: Arc<dyn Store>) {
    begun(&store).await;
    let row = leased(&store, moment(1)).await.remove(0);
    let begin = [row.lease.clone()];
    assert!(store.mails().begin_letter(&begin, "l", moment(3)).await.unwrap());
    assert!(settle(&store, &row.lease, MailEnd::Incident { error: "no".into() }).await);
    let settled = |repair: Repair, act| {
        let store = store.clone();
        async move {
            let settled = store.settle_incident(id("a"), IncidentKind::Mail, "1:0", &repair, &act).await;
            settled.unwrap()
        }
    };
    let retry = Repair::Retry { at_us: moment(30) };
    assert_eq!(settled(retry.clone(), step("s", 0)).await, Some(Applied::Committed));
    assert_eq!(settled(retry, step("s", 1)).await, None, "it is none any more");
    assert_eq!(leased(&store, moment(30) - 1).await, []);
    let row = leased(&store, moment(30)).await.remove(0);
    assert_eq!((row.attempts, row.letter.clone()), (0, None));
    assert!(settle(&store, &row.lease, MailEnd::Incident { error: "no".into() }).await);
    let skip = Repair::Settle { answer: None };
    assert_eq!(settled(skip, step("s", 1)).await, Some(Applied::Committed));
    assert_eq!(counts(&store).await, (0, 0));
}

async fn only_what_was_due_long_ago_is_dropped(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.notices = (0..4).map(|ordinal| mailed(1, ordinal)).collect();
    write.notices[3].at_us = moment(9);
    must_commit(&store, &write).await;
    let mails = store.mails();
    let rows = mails.lease_mails("n", moment(1), moment(9) + 5, 2).await.unwrap();
    assert!(settle(&store, &rows[0].lease, MailEnd::Incident { error: "no".into() }).await);
    assert_eq!(mails.drop_mails(moment(1), 10).await.unwrap(), 0);
    assert_eq!(
        mails.drop_mails(moment(9), 10).await.unwrap(),
        1,
        "neither what is held nor what waits for a person"
    );
    assert_eq!(mails.drop_mails(moment(9) + 6, 1).await.unwrap(), 1);
    assert_eq!(mails.drop_mails(moment(9) + 6, 10).await.unwrap(), 1);
    assert_eq!(counts(&store).await, (0, 1));
}
