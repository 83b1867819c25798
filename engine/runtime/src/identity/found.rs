//! Whom a session stands for, for every request.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use statewright_core::identity::Digest;
use statewright_core::step::Actor;

use super::secret::Secret;
use super::{CODE_WITHIN_US, IDLE_US, Identity, LENGTH_US, id_of};
use crate::directory::Directory;
use crate::error::EngineResult;
use crate::store::{Credential, Session, Store};
use crate::trusted::Source;

/// Microseconds after which it is noted anew that a session is used: one write for many requests. At most a tenth of what it may be idle.
const SEEN_EVERY_US: i64 = 30 * 1_000_000;

/// Longer than any secret of a session; what is longer is not even hashed.
const SECRET_BYTES_MAX: usize = 128;

/// What somebody who is signed in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Whatever is theirs.
    Full,
    /// Nothing but give the code of their second factor.
    GiveCode,
    /// Nothing but change their password: the one they have is somebody else's choice.
    ChangePassword,
    /// Nothing but begin to use a second factor, which a role of theirs asks for.
    Enrol,
}

/// What a request is to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Somebody does something: the session goes on.
    Acts,
    /// A page that is left open asks by itself: it keeps nobody signed in.
    Watches,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Identified {
    pub actor: Arc<Actor>,
    /// The session's id, which says nothing of its secret.
    pub session: Arc<str>,
    pub standing: Standing,
    /// Whether they use a second factor.
    pub second_factor: bool,
    /// When it ends if it is not used any more.
    pub ends_at: Timestamp,
    pub(super) hash: Digest,
}

pub(super) struct SessionSource {
    pub(super) store: Arc<dyn Store>,
    pub(super) directory: Arc<Directory>,
}

/// A session of somebody who is in the directory and has a password.
pub(super) struct FoundSession {
    session: Session,
    /// With all roles that theirs include.
    actor: Arc<Actor>,
    standing: Standing,
    second_factor: bool,
    idle_us: i64,
}

#[async_trait]
impl Source for SessionSource {
    type Found = FoundSession;

    async fn look(&self, hash: Digest) -> EngineResult<Option<FoundSession>> {
        let Some(session) = self.store.session(hash).await? else {
            return Ok(None);
        };
        let Some(actor) = self.directory.person(&session.person).await? else {
            return Ok(None);
        };
        let Some(credential) = self.store.credential(&session.person).await? else {
            return Ok(None);
        };
        Ok(Some(FoundSession {
            standing: standing(&self.directory, &actor, &credential, session.second_factor_at_us.is_some()),
            second_factor: credential.secret_confirmed_at_us.is_some(),
            idle_us: idle_us(&self.directory, &actor),
            actor: Arc::new(actor),
            session,
        }))
    }
}

impl FoundSession {
    fn ends_at_us(&self) -> i64 {
        ends_at_us(&self.session, self.standing, self.idle_us)
    }
}

impl Identity {
    /// Who the bearer of this secret is; None: nobody, or nobody any more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn identify(&self, secret: &Secret, used: Use, now: Timestamp) -> EngineResult<Option<Identified>> {
        if secret.reveal().len() > SECRET_BYTES_MAX {
            return Ok(None);
        }
        let hash = Digest::of(secret.reveal().as_bytes());
        let Some(found) = self.found.find(hash).await? else {
            return Ok(None);
        };
        let now_us = now.as_microsecond();
        let mut ends_at_us = found.ends_at_us();
        if now_us >= ends_at_us {
            return Ok(None);
        }
        let seen_us = now_us - found.session.seen_at_us;
        if used == Use::Acts && seen_us >= SEEN_EVERY_US.min(found.idle_us / 10) {
            let next = Session {
                seen_at_us: now_us,
                ..found.session.clone()
            };
            ends_at_us = self::ends_at_us(&next, found.standing, found.idle_us);
            self.store.touch_session(hash, now_us, ends_at_us).await?;
            self.found.forget(hash);
        }
        Ok(Some(Identified {
            actor: found.actor.clone(),
            session: id_of(hash),
            standing: found.standing,
            second_factor: found.second_factor,
            ends_at: Timestamp::from_microsecond(ends_at_us).unwrap_or(now),
            hash,
        }))
    }
}

/// When a session ends if nobody uses it any more.
pub(super) fn ends_at_us(session: &Session, standing: Standing, idle_us: i64) -> i64 {
    let length_us = if standing == Standing::GiveCode {
        CODE_WITHIN_US
    } else {
        LENGTH_US
    };
    let last_us = session.created_at_us.saturating_add(length_us);
    last_us.min(session.seen_at_us.saturating_add(idle_us))
}

/// What somebody may do with this credential, in a session that was or was not proved by a code.
pub(super) fn standing(directory: &Directory, actor: &Actor, credential: &Credential, by_code: bool) -> Standing {
    let is_enrolled = credential.secret_confirmed_at_us.is_some();
    if is_enrolled && !by_code {
        Standing::GiveCode
    } else if credential.password_expires_at_us.is_some() {
        Standing::ChangePassword
    } else if !is_enrolled && asks_for_second_factor(directory, actor) {
        Standing::Enrol
    } else {
        Standing::Full
    }
}

fn asks_for_second_factor(directory: &Directory, actor: &Actor) -> bool {
    directory.roles().is_some_and(|version| {
        let mut roles = actor.roles.iter().filter_map(|role| version.roles.roles.get(role));
        roles.any(|role| role.second_factor)
    })
}

/// Microseconds that a session of somebody may be idle: the shortest that a role of theirs says. Of a day there it is 24 hours.
pub(super) fn idle_us(directory: &Directory, actor: &Actor) -> i64 {
    let Some(version) = directory.roles() else { return IDLE_US };
    let roles = actor.roles.iter().filter_map(|role| version.roles.roles.get(role));
    let said = roles.filter_map(|role| role.session).map(|session| {
        let days = i64::from(session.days) + i64::from(session.months) * DAYS_OF_MONTH;
        session.microseconds.saturating_add(days.saturating_mul(DAY_US))
    });
    said.filter(|idle_us| *idle_us > 0).min().unwrap_or(IDLE_US)
}

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Longer than any session, as every month is.
const DAYS_OF_MONTH: i64 = 30;
