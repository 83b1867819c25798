//! How people prove who they are, and who is signed in: changed with the entry that says so, or not at all.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_engine::store::{
    Applied, Credential, CredentialChange, EndedSessions, IdentityChange, Session, Store, StoreError,
};

use super::on_every_store;
use crate::shape::{id, step};

on_every_store! {
    a_credential_is_kept_changed_and_forgotten
    a_credential_that_moved_on_changes_nothing
    an_act_that_lost_its_race_changes_no_identity
    sessions_begin_and_end_with_their_entry
    a_session_of_the_same_hash_takes_the_place_of_the_other
    a_session_is_seen_later_and_never_earlier
    what_is_over_is_found
    what_belongs_to_somebody_else_is_refused
}

fn credential(person: &str, revision: u64) -> Credential {
    Credential {
        person: person.into(),
        revision,
        password: format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA{revision}").into(),
        password_set_at_us: 100,
        password_expires_at_us: (revision == 1).then_some(700),
        secret: (revision > 1).then(|| Arc::from([0, 1, 254, 255])),
        secret_confirmed_at_us: (revision > 2).then_some(300),
        step: 59_000_000 + revision,
        failures: 3,
        locked_until_us: (revision > 2).then_some(i64::MAX),
    }
}

fn put(person: &str, revision: u64) -> IdentityChange {
    let mut change = IdentityChange::of(&person.into());
    change.credential = CredentialChange::Put(credential(person, revision));
    change
}

fn session(person: &str, name: &str, created_at_us: i64) -> Session {
    Session {
        hash: Digest::of(name.as_bytes()),
        id: name.into(),
        person: person.into(),
        created_at_us,
        seen_at_us: created_at_us,
        expires_at_us: created_at_us + 1_000,
        password_at_us: created_at_us,
        second_factor_at_us: (created_at_us > 15).then_some(created_at_us),
        origin: "10.1.2.3".into(),
    }
}

fn begin(person: &str, name: &str, created_at_us: i64) -> IdentityChange {
    let mut change = IdentityChange::of(&person.into());
    change.session = Some(session(person, name, created_at_us));
    change
}

fn end(person: &str, ended: EndedSessions) -> IdentityChange {
    let mut change = IdentityChange::of(&person.into());
    change.ended = ended;
    change
}

/// Each with an entry of its own, in turn.
async fn all_taken(store: &Arc<dyn Store>, changes: &[IdentityChange]) {
    let already = store.trail(id("system"), 0, 100).await.unwrap().len();
    for (sequence, change) in (already..).zip(changes) {
        let applied = store.change_identity(change, &step("system", sequence as u64)).await;
        assert_eq!(applied.unwrap(), Applied::Committed, "{change:?}");
    }
}

async fn names(store: &Arc<dyn Store>, person: &str) -> Vec<String> {
    let sessions = store.sessions_of(person).await.unwrap();
    sessions.iter().map(|session| session.id.to_string()).collect()
}

async fn a_credential_is_kept_changed_and_forgotten(store: Arc<dyn Store>) {
    assert_eq!(store.credential("ann").await.unwrap(), None);
    for revision in 1..=3 {
        all_taken(&store, &[put("ann", revision)]).await;
        assert_eq!(store.credential("ann").await.unwrap(), Some(credential("ann", revision)));
    }
    assert_eq!(store.credential("bob").await.unwrap(), None);
    let mut forget = IdentityChange::of(&"ann".into());
    forget.credential = CredentialChange::Forget;
    all_taken(&store, &[forget]).await;
    assert_eq!(store.credential("ann").await.unwrap(), None);
    // whoever comes back begins anew
    all_taken(&store, &[put("ann", 1)]).await;
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 5);
}

async fn a_credential_that_moved_on_changes_nothing(store: Arc<dyn Store>) {
    all_taken(&store, &[put("ann", 1), put("ann", 2)]).await;
    for revision in [1, 2, 4] {
        let mut late = put("ann", revision);
        late.session = Some(session("ann", "late", 10));
        let applied = store.change_identity(&late, &step("system", 2)).await.unwrap();
        assert_eq!(applied, Applied::Moved, "{revision}");
    }
    assert_eq!(
        store.change_identity(&put("bob", 2), &step("system", 2)).await.unwrap(),
        Applied::Moved
    );
    assert_eq!(store.credential("ann").await.unwrap(), Some(credential("ann", 2)));
    assert_eq!(names(&store, "ann").await, Vec::<String>::new());
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 2);
}

async fn an_act_that_lost_its_race_changes_no_identity(store: Arc<dyn Store>) {
    all_taken(&store, &[put("ann", 1), begin("ann", "one", 10)]).await;
    let mut late = put("ann", 2);
    late.session = Some(session("ann", "two", 20));
    late.ended = EndedSessions::All;
    let applied = store.change_identity(&late, &step("system", 9)).await.unwrap();
    assert_eq!(applied, Applied::Moved);
    assert_eq!(store.credential("ann").await.unwrap(), Some(credential("ann", 1)));
    assert_eq!(names(&store, "ann").await, ["one"]);
}

async fn sessions_begin_and_end_with_their_entry(store: Arc<dyn Store>) {
    let began = [
        begin("ann", "c", 30),
        begin("ann", "b", 10),
        begin("ann", "a", 10),
        begin("bob", "d", 20),
    ];
    all_taken(&store, &began).await;
    assert_eq!(names(&store, "ann").await, ["a", "b", "c"]);
    let found = store.session(Digest::of(b"c")).await.unwrap();
    assert_eq!(found, Some(session("ann", "c", 30)));
    let found = store.session(Digest::of(b"a")).await.unwrap();
    assert_eq!(found, Some(session("ann", "a", 10)));
    assert_eq!(store.session(Digest::of(b"none")).await.unwrap(), None);

    // nobody ends what is another's
    let foreign = EndedSessions::These(vec![Digest::of(b"d"), Digest::of(b"b")]);
    all_taken(&store, &[end("ann", foreign)]).await;
    assert_eq!(
        (names(&store, "ann").await, names(&store, "bob").await),
        (vec!["a".into(), "c".into()], vec!["d".to_owned()])
    );
    all_taken(&store, &[end("ann", EndedSessions::AllBut(Digest::of(b"c")))]).await;
    assert_eq!(names(&store, "ann").await, ["c"]);
    let mut anew = begin("ann", "e", 40);
    anew.ended = EndedSessions::All;
    all_taken(&store, &[anew]).await;
    assert_eq!(
        (names(&store, "ann").await, names(&store, "bob").await),
        (vec!["e".into()], vec!["d".to_owned()])
    );
}

async fn a_session_of_the_same_hash_takes_the_place_of_the_other(store: Arc<dyn Store>) {
    all_taken(&store, &[begin("ann", "one", 10)]).await;
    let proved = Session {
        second_factor_at_us: Some(40),
        password_at_us: 40,
        ..session("ann", "one", 10)
    };
    let mut change = IdentityChange::of(&"ann".into());
    change.session = Some(proved.clone());
    all_taken(&store, &[change]).await;
    assert_eq!(store.sessions_of("ann").await.unwrap(), [proved]);
}

async fn a_session_is_seen_later_and_never_earlier(store: Arc<dyn Store>) {
    all_taken(&store, &[begin("ann", "one", 10)]).await;
    let hash = Digest::of(b"one");
    for (seen, expires, expected) in [(50, 500, (50, 500)), (40, 400, (50, 500)), (60, 450, (60, 450))] {
        store.touch_session(hash, seen, expires).await.unwrap();
        let found = store.session(hash).await.unwrap().unwrap();
        assert_eq!((found.seen_at_us, found.expires_at_us), expected);
    }
    all_taken(&store, &[end("ann", EndedSessions::All)]).await;
    store.touch_session(hash, 70, 700).await.unwrap();
    assert_eq!(store.session(hash).await.unwrap(), None);
}

async fn what_is_over_is_found(store: Arc<dyn Store>) {
    let began = [
        begin("ann", "b", 20),
        begin("bob", "a", 20),
        begin("ann", "c", 10),
        begin("ann", "d", 30),
    ];
    all_taken(&store, &began).await;
    for (now_us, limit, expected) in [
        (1_009, 9, ""),
        (1_010, 9, "c"),
        (1_020, 9, "cab"),
        (1_029, 2, "ca"),
        (1_030, 9, "cabd"),
    ] {
        let found = store.expired_sessions(now_us, limit).await.unwrap();
        let found: String = found.iter().map(|session| &*session.id).collect();
        assert_eq!(found, expected, "{now_us}");
    }
}

async fn what_belongs_to_somebody_else_is_refused(store: Arc<dyn Store>) {
    let mut sessions = begin("ann", "one", 10);
    sessions.person = "bob".into();
    let mut credentials = put("ann", 1);
    credentials.person = "bob".into();
    let mut unstorable = begin("ann", "one", 10);
    unstorable.session.as_mut().unwrap().origin = "a\0b".into();
    for change in [sessions, credentials, unstorable, put("ann", 0)] {
        let refused = store.change_identity(&change, &step("system", 0)).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 0);
}
