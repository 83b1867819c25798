//! How people prove who they are, and who is signed in.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::Digest;

use crate::store::{Credential, CredentialChange, EndedSessions, IdentityChange, Session};

#[derive(Debug, Default)]
pub(super) struct Identities {
    credentials: BTreeMap<Arc<str>, Credential>,
    sessions: BTreeMap<Digest, Session>,
}

impl Identities {
    pub(super) fn credential(&self, person: &str) -> Option<Credential> {
        self.credentials.get(person).cloned()
    }

    pub(super) fn session(&self, hash: Digest) -> Option<Session> {
        self.sessions.get(&hash).cloned()
    }

    /// The oldest first.
    pub(super) fn of(&self, person: &str) -> Vec<Session> {
        let theirs = self.sessions.values().filter(|session| *session.person == *person);
        let mut sessions: Vec<Session> = theirs.cloned().collect();
        sessions.sort_by(|one, other| (one.created_at_us, &one.id).cmp(&(other.created_at_us, &other.id)));
        sessions
    }

    pub(super) fn expired(&self, now_us: i64, limit: usize) -> Vec<Session> {
        let over = self.sessions.values().filter(|session| session.expires_at_us <= now_us);
        let mut sessions: Vec<Session> = over.cloned().collect();
        sessions.sort_by(|one, other| (one.expires_at_us, &one.id).cmp(&(other.expires_at_us, &other.id)));
        sessions.truncate(limit);
        sessions
    }

    /// Whether the credential is still the one that the change was made of.
    pub(super) fn fits(&self, change: &IdentityChange) -> bool {
        match &change.credential {
            CredentialChange::Put(next) => {
                let before = self.credentials.get(&change.person);
                before.map_or(0, |before| before.revision) + 1 == next.revision
            }
            CredentialChange::Keep | CredentialChange::Forget => true,
        }
    }

    pub(super) fn change(&mut self, change: &IdentityChange) {
        match &change.credential {
            CredentialChange::Keep => (),
            CredentialChange::Put(next) => {
                self.credentials.insert(change.person.clone(), next.clone());
            }
            CredentialChange::Forget => {
                self.credentials.remove(&change.person);
            }
        }
        let is_theirs = |session: &Session| session.person == change.person;
        self.sessions.retain(|hash, session| match &change.ended {
            EndedSessions::These(ended) => !(is_theirs(session) && ended.contains(hash)),
            EndedSessions::All => !is_theirs(session),
            EndedSessions::AllBut(kept) => !is_theirs(session) || hash == kept,
        });
        if let Some(session) = &change.session {
            self.sessions.insert(session.hash, session.clone());
        }
    }

    pub(super) fn touch(&mut self, hash: Digest, seen_at_us: i64, expires_at_us: i64) {
        if let Some(session) = self.sessions.get_mut(&hash)
            && session.seen_at_us < seen_at_us
        {
            session.seen_at_us = seen_at_us;
            session.expires_at_us = expires_at_us;
        }
    }
}
