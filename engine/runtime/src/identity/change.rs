//! Changing what somebody proves who they are with: decided on what there is when it is kept, and kept with the entry that says so.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::Digest;
use statewright_core::step::{Actor, Refusal, RefusalKind};
use statewright_core::value::Value;
use tokio::time::Instant;

use super::found::{Identified, Standing};
use super::secret::Secret;
use super::{Identity, TEMPORARY_US, lockout, password};
use crate::error::{EngineError, EngineResult};
use crate::store::{Credential, CredentialChange, EndedSessions, IdentityChange, Session};
use crate::system::{ACT_ATTEMPTS_MAX, others_were_faster, settled};

/// What is to be kept, and the act that says so.
pub(super) struct Kept {
    pub act: &'static str,
    pub members: Vec<(&'static str, Value)>,
    pub change: IdentityChange,
}

/// What came of looking at a credential: an answer, and perhaps something to be kept before it is given.
pub(super) type Decided<T> = (Option<Kept>, T);

/// What is looked at.
pub(super) struct On<'a> {
    pub person: &'a Arc<str>,
    pub session: Option<Digest>,
}

/// For how long a password is that an operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFor {
    /// It has to be changed when it is first used, within a week.
    Once,
    /// Until it is changed.
    Good,
}

impl Kept {
    pub(super) fn new(act: &'static str, person: &Arc<str>) -> Self {
        Kept {
            act,
            members: vec![("person", Value::Text(person.clone()))],
            change: IdentityChange::of(person),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.members.push((name, value));
        self
    }

    pub(super) fn credential(mut self, next: Credential) -> Self {
        self.change.credential = CredentialChange::Put(next);
        self
    }
}

impl Identity {
    /// Keeps what `decide` makes of the credential as it is, again until nobody else was faster.
    pub(super) async fn decide<T>(
        &self,
        person: &Arc<str>,
        by: &Actor,
        now: Timestamp,
        decide: impl Fn(Option<Credential>) -> EngineResult<Decided<T>>,
    ) -> EngineResult<T> {
        let on = On { person, session: None };
        self.decide_on(on, by, now, |credential, _| decide(credential)).await
    }

    /// The same for somebody who is signed in, as long as they are: [`EngineError::NotProved`] if they are not any more.
    pub(super) async fn decide_in<T>(
        &self,
        who: &Identified,
        now: Timestamp,
        decide: impl Fn(Credential, Session) -> EngineResult<Decided<T>>,
    ) -> EngineResult<T> {
        let on = On {
            person: &who.actor.id,
            session: Some(who.hash),
        };
        self.decide_on(on, &who.actor, now, |credential, session| match (credential, session) {
            (Some(credential), Some(session)) => decide(credential, session),
            _ => Err(EngineError::NotProved),
        })
        .await
    }

    /// The trail is looked at before the rest: what changes after it was read changes the trail too, and then nothing is kept.
    pub(super) async fn decide_on<T>(
        &self,
        on: On<'_>,
        by: &Actor,
        now: Timestamp,
        decide: impl Fn(Option<Credential>, Option<Session>) -> EngineResult<Decided<T>>,
    ) -> EngineResult<T> {
        for _ in 0..ACT_ATTEMPTS_MAX {
            let stand = self.system.stand().await?;
            let credential = self.store.credential(on.person).await?;
            let session = match on.session {
                Some(hash) => self.store.session(hash).await?,
                None => None,
            };
            let (kept, answer) = decide(credential, session)?;
            let Some(kept) = kept else { return Ok(answer) };
            let write = stand.write(kept.act, kept.members, by, now)?;
            let applied = self.store.change_identity(&kept.change, &write).await?;
            if settled(Some(&applied))? {
                return Ok(answer);
            }
        }
        Err(others_were_faster())
    }

    /// Gives somebody a password, the one given or one that is made. Their sessions end, and they are locked out no more; a second factor stays.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if there is no such person, [`EngineError::IdentityRefused`] with what is wrong with the password.
    pub async fn set_password(
        &self,
        person: &str,
        given: Option<&Secret>,
        lasts: PasswordFor,
        by: &Actor,
        now: Timestamp,
    ) -> EngineResult<Secret> {
        let actor = self.directory.person(person).await?.ok_or(EngineError::Hidden)?;
        let password = given.map_or_else(|| password::made(&*self.entropy), Secret::normalised);
        refuse_weak(&password, &actor)?;
        let hash = self.hashing.hash(&password).await?;
        let now_us = now.as_microsecond();
        let expires_at_us = (lasts == PasswordFor::Once).then_some(now_us.saturating_add(TEMPORARY_US));
        let had_one = self
            .decide(&actor.id, by, now, |before| {
                let mut kept = Kept::new("password_set", &actor.id);
                kept.change.ended = EndedSessions::All;
                let next = Credential {
                    password: hash.clone(),
                    password_set_at_us: now_us,
                    password_expires_at_us: expires_at_us,
                    failures: 0,
                    locked_until_us: None,
                    ..next_of(before.as_ref(), &actor.id)
                };
                Ok((Some(kept.credential(next)), before.is_some()))
            })
            .await?;
        // nobody without a password has a session
        if had_one {
            self.found.revoked().await;
        }
        Ok(password)
    }

    /// Somebody changes their own password. Their other sessions end.
    ///
    /// # Errors
    /// [`EngineError::NotProved`] if the current one is not right, [`EngineError::IdentityRefused`] with what is wrong with the next.
    pub async fn change_password(&self, who: &Identified, current: &Secret, next: &Secret, now: Timestamp) -> EngineResult<()> {
        if who.standing == Standing::GiveCode {
            return Err(EngineError::NotProved);
        }
        self.prove_password(who, current, now).await?;
        let next = next.normalised();
        refuse_weak(&next, &who.actor)?;
        if next == current.normalised() {
            let same = Refusal::new(RefusalKind::Invalid, "is the one that you have").in_field("password");
            return Err(EngineError::IdentityRefused(vec![same]));
        }
        let hash = self.hashing.hash(&next).await?;
        self.decide_in(who, now, |before, _| {
            let mut kept = Kept::new("password_changed", &who.actor.id);
            kept.change.ended = EndedSessions::AllBut(who.hash);
            let next = Credential {
                password: hash.clone(),
                password_set_at_us: now.as_microsecond(),
                password_expires_at_us: None,
                ..next_of(Some(&before), &who.actor.id)
            };
            Ok((Some(kept.credential(next)), ()))
        })
        .await?;
        self.found.revoked().await;
        Ok(())
    }

    /// Whoever failed too often may try again at once.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if they have no password.
    pub async fn unlock(&self, person: &str, by: &Actor, now: Timestamp) -> EngineResult<()> {
        let person: Arc<str> = person.into();
        self.decide(&person, by, now, |before| {
            let before = before.ok_or(EngineError::Hidden)?;
            let next = Credential {
                failures: 0,
                locked_until_us: None,
                ..next_of(Some(&before), &person)
            };
            Ok((Some(Kept::new("unlocked", &person).credential(next)), ()))
        })
        .await
    }

    /// Who is in the directory no more signs in no more, and is signed in nowhere; if they come back, they begin anew.
    pub(crate) async fn forget(&self, person: &str, by: &Actor, now: Timestamp) -> EngineResult<()> {
        let person: Arc<str> = person.into();
        let there_was_one = self
            .decide(&person, by, now, |before| {
                let Some(_) = before else { return Ok((None, false)) };
                let mut kept = Kept::new("credential_forgotten", &person);
                kept.change.credential = CredentialChange::Forget;
                kept.change.ended = EndedSessions::All;
                Ok((Some(kept), true))
            })
            .await?;
        if there_was_one {
            self.found.revoked().await;
        }
        Ok(())
    }

    /// Whether this is the password of whom the session is of. A wrong one counts.
    pub(super) async fn prove_password(&self, who: &Identified, given: &Secret, now: Timestamp) -> EngineResult<()> {
        let begun = Instant::now();
        let before = self.store.credential(&who.actor.id).await?;
        let tried = before.as_ref().map(|before| &before.password);
        let right = self.hashing.is(given, tried).await?;
        let proved = self
            .decide_in(who, now, |credential, session| {
                if is_locked(&credential, now) || Some(&credential.password) != tried {
                    return Ok((None, false));
                }
                if !right {
                    return Ok((Some(failed(&credential, "proof_failed", now)), false));
                }
                let mut kept = Kept::new("proved", &who.actor.id).with("with", Value::from_text("password"));
                kept.change.session = Some(Session {
                    password_at_us: now.as_microsecond(),
                    ..session
                });
                let next = Credential {
                    failures: 0,
                    ..next_of(Some(&credential), &who.actor.id)
                };
                Ok((Some(kept.credential(next)), true))
            })
            .await?;
        match proved {
            true => Ok(()),
            false => self.refuse(begun).await,
        }
    }
}

/// A credential made of the one before, to be filled with what is new of it.
pub(super) fn next_of(before: Option<&Credential>, person: &Arc<str>) -> Credential {
    match before {
        Some(before) => Credential {
            revision: before.revision + 1,
            ..before.clone()
        },
        None => Credential {
            person: person.clone(),
            revision: 1,
            password: "".into(),
            password_set_at_us: 0,
            password_expires_at_us: None,
            secret: None,
            secret_confirmed_at_us: None,
            step: 0,
            failures: 0,
            locked_until_us: None,
        },
    }
}

pub(super) fn is_locked(credential: &Credential, now: Timestamp) -> bool {
    credential
        .locked_until_us
        .is_some_and(|until_us| now.as_microsecond() < until_us)
}

/// One more wrong attempt.
pub(super) fn failed(before: &Credential, act: &'static str, now: Timestamp) -> Kept {
    let failures = before.failures.saturating_add(1);
    let locked_until_us = lockout::until_us(failures, now.as_microsecond());
    let next = Credential {
        failures,
        locked_until_us,
        ..next_of(Some(before), &before.person)
    };
    let locked = match locked_until_us {
        None => Value::Null,
        Some(i64::MAX) => Value::from_text("unlocked by an operator"),
        Some(until_us) => Timestamp::from_microsecond(until_us).map_or(Value::Null, Value::from_instant),
    };
    Kept::new(act, &before.person)
        .with("failures", Value::Integer(i64::from(failures)))
        .with("locked_until", locked)
        .credential(next)
}

fn refuse_weak(password: &Secret, person: &Actor) -> EngineResult<()> {
    match password::refusals(password, person) {
        refusals if refusals.is_empty() => Ok(()),
        refusals => Err(EngineError::IdentityRefused(refusals)),
    }
}
