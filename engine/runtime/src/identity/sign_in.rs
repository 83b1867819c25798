//! Signing in: a name and a password, then a code where there is a second factor.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::value::Value;
use tokio::time::Instant;

use super::change::{Kept, failed, is_locked, next_of};
use super::found::{Identified, Standing, ends_at_us, idle_us, standing};
use super::secret::Secret;
use super::{Identity, SESSIONS_MAX, id_of, totp};
use crate::error::EngineResult;
use crate::store::{Credential, EndedSessions, Session};

/// Bytes of a name that somebody may have.
const NAME_BYTES_MAX: usize = 200;

/// Characters of the word that says where a session is from.
const ORIGIN_CHARACTERS_MAX: usize = 60;

/// A session that has just begun. Its secret is shown once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub secret: Secret,
    pub session: Arc<str>,
    pub standing: Standing,
}

impl Identity {
    /// Begins a session for whoever gives the password of this name. `origin` says from where, in a word.
    ///
    /// # Errors
    /// [`NotProved`](crate::error::EngineError::NotProved), whatever the reason; [`Overloaded`](crate::error::EngineError::Overloaded); those of the store.
    pub async fn sign_in(&self, name: &str, password: &Secret, origin: &str, now: Timestamp) -> EngineResult<SignedIn> {
        let begun = Instant::now();
        let name = name.trim();
        let person = match (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains('\0') {
            true => self.directory.person(name).await?,
            false => None,
        };
        let before = match &person {
            Some(person) => self.store.credential(&person.id).await?,
            None => None,
        };
        let tried = before.map(|before| before.password);
        let right = self.hashing.is(password, tried.as_ref()).await?;
        let (Some(person), Some(tried)) = (person, tried) else {
            self.unknown.fetch_add(1, Ordering::Relaxed);
            return self.refuse(begun).await;
        };
        let surplus = self.surplus(&person.id).await?;
        let (secret, hash) = self.draw();
        let signed_in = self
            .decide(&person.id, &Actor::engine(), now, |credential| {
                let Some(credential) = credential else {
                    return Ok((None, None));
                };
                if is_locked(&credential, now) || credential.password != tried {
                    return Ok((None, None));
                }
                let expired = credential
                    .password_expires_at_us
                    .is_some_and(|at_us| at_us <= now.as_microsecond());
                if !right || expired {
                    return Ok((Some(failed(&credential, "sign_in_failed", now)), None));
                }
                let standing = standing(&self.directory, &person, &credential, false);
                let session = self.begun(&person, hash, standing, origin, now);
                let kept = Kept::new(begins(standing), &person.id)
                    .with("session", Value::Text(session.id.clone()))
                    .with("with", Value::from_text("password"));
                let mut kept = kept.credential(next_after(&credential, standing));
                kept.change.ended = EndedSessions::These(surplus.clone());
                kept.change.session = Some(session);
                Ok((Some(kept), Some(standing)))
            })
            .await?;
        match signed_in {
            Some(standing) => Ok(SignedIn {
                secret,
                session: id_of(hash),
                standing,
            }),
            None => self.refuse(begun).await,
        }
    }

    /// Goes on with a session whose password was given, by the code that it waits for: the session is another one from then on.
    ///
    /// # Errors
    /// [`NotProved`](crate::error::EngineError::NotProved), whatever the reason; those of the store.
    pub async fn give_code(&self, who: &Identified, code: &Secret, now: Timestamp) -> EngineResult<SignedIn> {
        let begun = Instant::now();
        if who.standing != Standing::GiveCode {
            return self.refuse(begun).await;
        }
        let person = &who.actor;
        let (secret, hash) = self.draw();
        let signed_in = self
            .decide_in(who, now, |credential, before| {
                if is_locked(&credential, now) {
                    return Ok((None, None));
                }
                let Some(step) = step_of(&credential, code, now) else {
                    return Ok((Some(failed(&credential, "code_failed", now)), None));
                };
                let standing = standing(&self.directory, person, &credential, true);
                let session = Session {
                    second_factor_at_us: Some(now.as_microsecond()),
                    password_at_us: before.password_at_us,
                    ..self.begun(person, hash, standing, &before.origin, now)
                };
                let kept = Kept::new("signed_in", &person.id)
                    .with("session", Value::Text(session.id.clone()))
                    .with("with", Value::from_text("second_factor"));
                let next = Credential {
                    step,
                    failures: 0,
                    locked_until_us: None,
                    ..next_of(Some(&credential), &person.id)
                };
                let mut kept = kept.credential(next);
                kept.change.ended = EndedSessions::These(vec![who.hash]);
                kept.change.session = Some(session);
                Ok((Some(kept), Some(standing)))
            })
            .await?;
        self.found.forget(who.hash);
        match signed_in {
            Some(standing) => Ok(SignedIn {
                secret,
                session: id_of(hash),
                standing,
            }),
            None => self.refuse(begun).await,
        }
    }

    /// The oldest of somebody's sessions, as many as are too many with another one.
    async fn surplus(&self, person: &str) -> EngineResult<Vec<Digest>> {
        let sessions = self.store.sessions_of(person).await?;
        let surplus = (sessions.len() + 1).saturating_sub(SESSIONS_MAX);
        Ok(sessions.iter().take(surplus).map(|session| session.hash).collect())
    }

    fn begun(&self, person: &Actor, hash: Digest, standing: Standing, origin: &str, now: Timestamp) -> Session {
        let now_us = now.as_microsecond();
        let visible = origin.chars().filter(|character| !character.is_control());
        let mut session = Session {
            hash,
            id: id_of(hash),
            person: person.id.clone(),
            created_at_us: now_us,
            seen_at_us: now_us,
            expires_at_us: now_us,
            password_at_us: now_us,
            second_factor_at_us: None,
            origin: visible.take(ORIGIN_CHARACTERS_MAX).collect::<String>().into(),
        };
        session.expires_at_us = ends_at_us(&session, standing, idle_us(&self.directory, person));
        session
    }
}

/// The act that says it: who still has to give a code is not signed in.
fn begins(standing: Standing) -> &'static str {
    match standing {
        Standing::GiveCode => "sign_in_begun",
        _ => "signed_in",
    }
}

/// Wrong attempts are forgotten once somebody is signed in: a password alone is not enough where a code is needed.
fn next_after(before: &Credential, standing: Standing) -> Credential {
    let next = next_of(Some(before), &before.person);
    match standing {
        Standing::GiveCode => next,
        _ => Credential {
            failures: 0,
            locked_until_us: None,
            ..next
        },
    }
}

/// The step of a code, if it is taken.
pub(super) fn step_of(credential: &Credential, code: &Secret, now: Timestamp) -> Option<u64> {
    credential.secret_confirmed_at_us?;
    totp::step_of(code.reveal(), credential.secret.as_deref()?, now, credential.step)
}
