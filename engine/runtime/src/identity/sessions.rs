//! Who is signed in where, and the end of it.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::value::Value;

use super::Identity;
use super::change::{Kept, On};
use super::found::Identified;
use crate::error::{EngineError, EngineResult};
use crate::store::{EndedSessions, Session};

/// Sessions that are ended in one turn because they are over: each is an entry of the trail.
const EXPIRED_AT_ONCE: usize = 100;

/// A session as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionListed {
    pub id: Arc<str>,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// When it ends if it is not used any more.
    pub expires_at: Timestamp,
    pub second_factor: bool,
    pub origin: Arc<str>,
}

impl Identity {
    /// The sessions of somebody, the oldest first. One that is over may still be among them for a minute.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sessions(&self, person: &str) -> EngineResult<Vec<SessionListed>> {
        let sessions = self.store.sessions_of(person).await?;
        Ok(sessions.iter().map(listed).collect())
    }

    /// Whoever is signed in is so no more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sign_out(&self, who: &Identified, now: Timestamp) -> EngineResult<()> {
        let kept = |_: &Session| Some("signed out");
        self.end(&who.actor.id, who.hash, kept, &who.actor, now).await?;
        self.found.revoked().await;
        Ok(())
    }

    /// Ends one session of somebody. Once this is answered it is taken nowhere any more.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if they have no such session; those of the store.
    pub async fn end_session(&self, person: &str, id: &str, by: &Actor, now: Timestamp) -> EngineResult<()> {
        let sessions = self.store.sessions_of(person).await?;
        let session = sessions.iter().find(|session| *session.id == *id);
        let session = session.ok_or(EngineError::Hidden)?;
        self.end(&session.person, session.hash, |_| Some("ended"), by, now).await?;
        self.found.revoked().await;
        Ok(())
    }

    /// Ends all sessions of somebody, and answers how many they were.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end_sessions(&self, person: &str, by: &Actor, now: Timestamp) -> EngineResult<usize> {
        let person: Arc<str> = person.into();
        let sessions = self.store.sessions_of(&person).await?.len();
        if sessions > 0 {
            let count = Value::Integer(i64::try_from(sessions).unwrap_or(i64::MAX));
            let kept = || {
                let mut kept = Kept::new("sessions_ended", &person).with("count", count.clone());
                kept.change.ended = EndedSessions::All;
                kept
            };
            self.decide(&person, by, now, |_| Ok((Some(kept()), ()))).await?;
            self.found.revoked().await;
        }
        Ok(sessions)
    }

    pub(super) async fn end_expired(&self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        for session in self.store.expired_sessions(now_us, EXPIRED_AT_ONCE).await? {
            let is_over = |session: &Session| (session.expires_at_us <= now_us).then_some("expired");
            self.end(&session.person, session.hash, is_over, &Actor::engine(), now)
                .await?;
        }
        Ok(())
    }

    /// Ends a session that is still there, if `why` says why.
    async fn end(
        &self,
        person: &Arc<str>,
        hash: Digest,
        why: impl Fn(&Session) -> Option<&'static str>,
        by: &Actor,
        now: Timestamp,
    ) -> EngineResult<()> {
        let on = On {
            person,
            session: Some(hash),
        };
        self.decide_on(on, by, now, |_, session| {
            let Some((session, why)) = session.and_then(|session| why(&session).map(|why| (session, why))) else {
                return Ok((None, ()));
            };
            let kept = Kept::new("session_ended", person).with("session", Value::Text(session.id));
            let mut kept = kept.with("why", Value::from_text(why));
            kept.change.ended = EndedSessions::These(vec![hash]);
            Ok((Some(kept), ()))
        })
        .await?;
        self.found.forget(hash);
        Ok(())
    }
}

fn listed(session: &Session) -> SessionListed {
    let moment = |us: i64| Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX);
    SessionListed {
        id: session.id.clone(),
        created_at: moment(session.created_at_us),
        seen_at: moment(session.seen_at_us),
        expires_at: moment(session.expires_at_us),
        second_factor: session.second_factor_at_us.is_some(),
        origin: session.origin.clone(),
    }
}
