//! How people prove who they are, and who is signed in.

use std::fmt;
use std::sync::Arc;

use statewright_core::identity::Digest;

use super::{StoreError, StoreResult};

/// How one person proves who they are.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub person: Arc<str>,
    /// Rises by one with every change; that of the first is 1.
    pub revision: u64,
    /// The PHC string of argon2id.
    pub password: Arc<str>,
    pub password_set_at_us: i64,
    /// Of a temporary one, which has to be changed when it is first used.
    pub password_expires_at_us: Option<i64>,
    /// What the codes of the second factor are made of.
    pub secret: Option<Arc<[u8]>>,
    /// None: a code made of it was not given yet.
    pub secret_confirmed_at_us: Option<i64>,
    /// The step of the last code that was taken.
    pub step: u64,
    /// Since somebody last signed in.
    pub failures: u32,
    pub locked_until_us: Option<i64>,
}

impl fmt::Debug for Credential {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("person", &self.person)
            .field("revision", &self.revision)
            .field("password_set_at_us", &self.password_set_at_us)
            .field("password_expires_at_us", &self.password_expires_at_us)
            .field("secret_confirmed_at_us", &self.secret_confirmed_at_us)
            .field("failures", &self.failures)
            .field("locked_until_us", &self.locked_until_us)
            .finish_non_exhaustive()
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Of what the browser holds, which is never stored.
    pub hash: Digest,
    /// Says nothing of it.
    pub id: Arc<str>,
    pub person: Arc<str>,
    pub created_at_us: i64,
    pub seen_at_us: i64,
    /// When it ends if it is not used any more.
    pub expires_at_us: i64,
    /// When it was last proved with the password.
    pub password_at_us: i64,
    /// When it was last proved with the second factor.
    pub second_factor_at_us: Option<i64>,
    /// From where, as a short word.
    pub origin: Arc<str>,
}

/// One person's sign-in or the end of it, in the transaction that also writes the entry which says so.
#[derive(Clone, Debug)]
pub struct IdentityChange {
    pub person: Arc<str>,
    pub credential: CredentialChange,
    /// Done before `session`.
    pub ended: EndedSessions,
    /// Kept from now on; of the same hash, in place of the one before.
    pub session: Option<Session>,
}

/// What becomes of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialChange {
    Keep,
    /// It is this from now on, if the one there was is of the revision before; else nothing changes.
    Put(Credential),
    /// There is none any more.
    Forget,
}

/// Sessions of the person that are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedSessions {
    These(Vec<Digest>),
    All,
    AllBut(Digest),
}

impl IdentityChange {
    /// That changes nothing yet.
    pub fn of(person: &Arc<str>) -> Self {
        IdentityChange {
            person: person.clone(),
            credential: CredentialChange::Keep,
            ended: EndedSessions::These(Vec::new()),
            session: None,
        }
    }
}

/// What no store could keep, or would keep for somebody else.
pub(super) fn check_identity(change: &IdentityChange) -> StoreResult<()> {
    let refuse = |why: &str| Err(StoreError::Refused(format!("a change of an identity: {why}")));
    let session = change.session.as_ref();
    let texts = session.map(|session| [&*session.id, &*session.origin, &*session.person]);
    let texts = texts.into_iter().flatten().chain([&*change.person]);
    if texts.into_iter().any(|text| text.contains('\0')) {
        return refuse("a NUL character in a text");
    }
    if session.is_some_and(|session| session.person != change.person) {
        return refuse("the session of somebody else");
    }
    let CredentialChange::Put(credential) = &change.credential else {
        return Ok(());
    };
    match credential {
        _ if credential.person != change.person => refuse("the credential of somebody else"),
        _ if credential.password.contains('\0') => refuse("a NUL character in a text"),
        _ if credential.revision == 0 || credential.revision > NUMBER_MAX => refuse("a revision that is none"),
        _ if credential.step > NUMBER_MAX => refuse("a step that is none"),
        _ => Ok(()),
    }
}

/// Numbers are stored as signed 64-bit integers.
const NUMBER_MAX: u64 = i64::MAX as u64;
