//! Beginning to use a second factor, and giving it up.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::step::{Actor, Refusal, RefusalKind};
use statewright_core::value::Value;

use super::change::{Kept, next_of};
use super::found::{Identified, Standing};
use super::secret::Secret;
use super::sign_in::step_of;
use super::{Identity, totp};
use crate::error::{EngineError, EngineResult};
use crate::store::{Credential, EndedSessions, Session};

/// Microseconds for which a password that was given need not be given again to begin with a second factor.
const FRESH_US: i64 = 5 * 60 * 1_000_000;

/// What an app is given, so that it makes the codes.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// To be typed.
    pub typed: Secret,
    /// To be read from a picture.
    pub address: Secret,
}

impl Identity {
    /// Draws what codes are to be made of. It counts once a code made of it is given. `password` is asked for when the last one was given a while
    /// ago: whoever finds a screen that was left open must not make it theirs.
    ///
    /// # Errors
    /// [`EngineError::NotProved`], [`EngineError::IdentityRefused`] if there is one already; those of the store.
    pub async fn begin_enrolment(&self, who: &Identified, password: Option<&Secret>, now: Timestamp) -> EngineResult<Enrolment> {
        self.may_enrol(who)?;
        if self.needs_password(who, now).await? {
            let password = password.ok_or(EngineError::NotProved)?;
            self.prove_password(who, password, now).await?;
        }
        let person = &who.actor.id;
        let drawn: Arc<[u8]> = self.entropy.draw().into_iter().take(totp::SECRET_BYTES).collect();
        self.decide_in(who, now, |credential, _| {
            refuse_second(&credential)?;
            let next = Credential {
                secret: Some(drawn.clone()),
                ..next_of(Some(&credential), person)
            };
            Ok((Some(Kept::new("second_factor_begun", person).credential(next)), ()))
        })
        .await?;
        Ok(enrolment(&drawn, person))
    }

    /// Whether the password has to be given again to begin.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn needs_password(&self, who: &Identified, now: Timestamp) -> EngineResult<bool> {
        let session = self.store.session(who.hash).await?;
        Ok(session.is_none_or(|session| session.password_at_us.saturating_add(FRESH_US) <= now.as_microsecond()))
    }

    /// What was begun and is not confirmed yet.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn enrolment_begun(&self, who: &Identified) -> EngineResult<Option<Enrolment>> {
        self.may_enrol(who)?;
        let credential = self.store.credential(&who.actor.id).await?;
        let begun = credential.filter(|credential| credential.secret_confirmed_at_us.is_none());
        let secret = begun.and_then(|credential| credential.secret);
        Ok(secret.map(|secret| enrolment(&secret, &who.actor.id)))
    }

    /// From now on codes are asked for. Their other sessions end.
    ///
    /// # Errors
    /// [`EngineError::IdentityRefused`] if the code is not one of what was begun; those of the store.
    pub async fn confirm_enrolment(&self, who: &Identified, code: &Secret, now: Timestamp) -> EngineResult<()> {
        self.may_enrol(who)?;
        let person = &who.actor.id;
        self.decide_in(who, now, |credential, session| {
            refuse_second(&credential)?;
            let confirmed = Credential {
                secret_confirmed_at_us: Some(now.as_microsecond()),
                ..next_of(Some(&credential), person)
            };
            let Some(step) = step_of(&confirmed, code, now) else {
                let why = "is not what the app shows now; look whether the clock of your phone is right";
                return Err(refused("code", why));
            };
            let mut kept = Kept::new("second_factor_enrolled", person).credential(Credential { step, ..confirmed });
            kept.change.ended = EndedSessions::AllBut(who.hash);
            kept.change.session = Some(Session {
                second_factor_at_us: Some(now.as_microsecond()),
                ..session
            });
            Ok((Some(kept), ()))
        })
        .await?;
        self.found.revoked().await;
        Ok(())
    }

    /// Somebody gives up their own second factor, with their password and a code of it.
    ///
    /// # Errors
    /// [`EngineError::NotProved`]; those of the store.
    pub async fn remove_own_second_factor(
        &self,
        who: &Identified,
        password: &Secret,
        code: &Secret,
        now: Timestamp,
    ) -> EngineResult<()> {
        if !who.second_factor {
            return Err(refused("code", "there is no second factor"));
        }
        self.prove_password(who, password, now).await?;
        if !totp::is_code(code.reveal()) {
            return Err(EngineError::NotProved);
        }
        self.prove(who, code, now).await?;
        let ended = EndedSessions::AllBut(who.hash);
        self.remove(&who.actor.id, ended, None, &who.actor, now).await
    }

    /// An operator takes somebody's second factor away, because its phone is lost, say. Their sessions end.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if they have none; those of the store.
    pub async fn remove_second_factor(&self, person: &str, reason: &str, by: &Actor, now: Timestamp) -> EngineResult<()> {
        self.remove(&person.into(), EndedSessions::All, Some(reason), by, now).await
    }

    async fn remove(
        &self,
        person: &Arc<str>,
        ended: EndedSessions,
        reason: Option<&str>,
        by: &Actor,
        now: Timestamp,
    ) -> EngineResult<()> {
        self.decide(person, by, now, |credential| {
            let there = credential.filter(|credential| credential.secret_confirmed_at_us.is_some());
            let credential = there.ok_or(EngineError::Hidden)?;
            let next = Credential {
                secret: None,
                secret_confirmed_at_us: None,
                ..next_of(Some(&credential), person)
            };
            let kept = Kept::new("second_factor_removed", person);
            let mut kept = kept
                .with("reason", reason.map_or(Value::Null, Value::from_text))
                .credential(next);
            kept.change.ended = ended.clone();
            Ok((Some(kept), ()))
        })
        .await?;
        self.found.revoked().await;
        Ok(())
    }

    fn may_enrol(&self, who: &Identified) -> EngineResult<()> {
        match who.standing {
            Standing::Full | Standing::Enrol => Ok(()),
            Standing::GiveCode | Standing::ChangePassword => Err(EngineError::NotProved),
        }
    }
}

fn refuse_second(credential: &Credential) -> EngineResult<()> {
    match credential.secret_confirmed_at_us {
        None => Ok(()),
        Some(_) => Err(refused(
            "code",
            "there is a second factor already; give it up before you begin with another",
        )),
    }
}

fn refused(field: &str, why: &str) -> EngineError {
    EngineError::IdentityRefused(vec![Refusal::new(RefusalKind::Invalid, why).in_field(field)])
}

fn enrolment(secret: &[u8], person: &str) -> Enrolment {
    Enrolment {
        typed: Secret::new(totp::typed(secret)),
        address: Secret::new(totp::address(secret, person)),
    }
}
