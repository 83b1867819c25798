//! Access tokens: who someone is, by a secret that is never stored.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use statewright_core::identity::Digest;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::Value;
use statewright_core::value::canonical::{read_canonical, to_canonical};

use crate::body::{actor_of, actor_value};
use crate::clock::Entropy;
use crate::directory::Directory;
use crate::error::{EngineError, EngineResult};
use crate::store::{NewToken, Store, TokenRow};
use crate::system::SystemTrail;
use crate::trusted::{Source, Trusted};

/// What a token's text begins with, so that one left lying about is recognised for what it is.
const PREFIX: &str = "swt_";

pub struct Tokens {
    store: Arc<dyn Store>,
    system: Arc<SystemTrail>,
    entropy: Arc<dyn Entropy>,
    lookup: Arc<Trusted<TokenSource>>,
}

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The token's id, for logs: it says nothing of the token's text.
    pub token: Arc<str>,
    pub actor: Arc<Actor>,
}

/// A token that was just made. Its text is shown once.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    pub id: Arc<str>,
    pub text: String,
}

/// A token as it is listed.
#[derive(Clone, Debug)]
pub struct TokenListed {
    pub id: Arc<str>,
    pub actor: Actor,
    pub created_at_us: i64,
    pub expires_at_us: Option<i64>,
}

impl Tokens {
    pub fn new(store: Arc<dyn Store>, system: Arc<SystemTrail>, entropy: Arc<dyn Entropy>, directory: Arc<Directory>) -> Self {
        let lookup = Trusted::new(TokenSource {
            store: store.clone(),
            directory,
        });
        Tokens {
            store,
            system,
            entropy,
            lookup,
        }
    }

    /// Makes a token for `principal`; `by` is who asked for it.
    pub async fn issue(
        &self,
        principal: &Actor,
        expires_at: Option<Timestamp>,
        by: &Actor,
        now: Timestamp,
    ) -> EngineResult<IssuedToken> {
        let text = format!("{PREFIX}{}", Digest(self.entropy.draw()));
        let hash = Digest::of(text.as_bytes());
        // The id says nothing of the text: it is a digest of its digest.
        let id: Arc<str> = Digest::of(&hash.0).to_string().get(..16).unwrap_or_default().into();
        let token = NewToken {
            id: id.clone(),
            hash,
            principal: to_canonical(&actor_value(principal)),
            created_at_us: now.as_microsecond(),
            expires_at_us: expires_at.map(Timestamp::as_microsecond),
        };
        let members = [
            ("expires_at", expires_at.map_or(Value::Null, Value::from_instant)),
            ("principal", actor_value(principal)),
            ("token", Value::Text(id.clone())),
        ];
        let mut act = self.system.act("token_created", members, by);
        loop {
            let write = act.write(now).await?;
            let applied = self.store.add_token(&token, &write).await?;
            if act.settled(Some(&applied))? {
                return Ok(IssuedToken { id, text });
            }
        }
    }

    /// Who the bearer of this text is; None: nobody, no more, or not yet.
    pub async fn authenticate(&self, text: &str, now: Timestamp) -> EngineResult<Option<Arc<Actor>>> {
        Ok(self.identify(text, now).await?.map(|principal| principal.actor))
    }

    /// The same, with the token that says so. There is nothing to compare in constant time: the digest is the key of the look-up,
    /// and how long a search for one takes says nothing of a secret that has another.
    pub async fn identify(&self, text: &str, now: Timestamp) -> EngineResult<Option<Principal>> {
        let found = self.lookup.find(Digest::of(text.as_bytes())).await?;
        let now_us = now.as_microsecond();
        let valid = found.filter(|found| found.expires_at_us.is_none_or(|expires_at_us| now_us < expires_at_us));
        Ok(valid.map(|found| Principal {
            token: found.id.clone(),
            actor: found.actor.clone(),
        }))
    }

    /// The person of this id, as the youngest of their valid tokens knows them: whom others may give a task.
    pub async fn person(&self, id: &str, now: Timestamp) -> EngineResult<Option<Actor>> {
        let now_us = now.as_microsecond();
        let valid = |listed: &TokenListed| listed.expires_at_us.is_none_or(|expires_at_us| now_us < expires_at_us);
        let mut theirs: Vec<TokenListed> = self.list().await?;
        theirs.retain(|listed| *listed.actor.id == *id && listed.actor.kind == ActorKind::Person && valid(listed));
        Ok(theirs.pop().map(|listed| listed.actor))
    }

    pub async fn list(&self) -> EngineResult<Vec<TokenListed>> {
        let rows = self.store.tokens().await?;
        let listed = rows.into_iter().map(|row| {
            let actor = principal_of(&row)?;
            Ok(TokenListed {
                id: row.id,
                actor,
                created_at_us: row.created_at_us,
                expires_at_us: row.expires_at_us,
            })
        });
        listed.collect()
    }

    /// Revokes a token. Once this is answered, no node takes it any more: each trusts what it has found for half a second, and so
    /// long is waited here.
    pub async fn revoke(&self, id: &str, by: &Actor, now: Timestamp) -> EngineResult<()> {
        let mut act = self.system.act("token_revoked", [("token", Value::from_text(id))], by);
        loop {
            let write = act.write(now).await?;
            let applied = self.store.revoke_token(id, now.as_microsecond(), &write).await?;
            if act.settled(Some(&applied))? {
                self.lookup.revoked().await;
                return Ok(());
            }
        }
    }
}

/// Where tokens are looked up.
struct TokenSource {
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
}

/// A token that is valid but for its expiry.
struct FoundToken {
    id: Arc<str>,
    /// With all roles that those of the token include.
    actor: Arc<Actor>,
    expires_at_us: Option<i64>,
}

#[async_trait]
impl Source for TokenSource {
    type Found = FoundToken;

    async fn look(&self, hash: Digest) -> EngineResult<Option<FoundToken>> {
        let Some(row) = self.store.token(hash).await? else {
            return Ok(None);
        };
        let actor = self.directory.with_included(principal_of(&row)?);
        Ok(Some(FoundToken {
            id: row.id,
            actor: Arc::new(actor),
            expires_at_us: row.expires_at_us,
        }))
    }
}

/// Whom a token stands for.
fn principal_of(row: &TokenRow) -> EngineResult<Actor> {
    let damaged = |why: String| EngineError::Damaged(format!("the principal of token {}: {why}", row.id));
    let value = read_canonical(&row.principal).map_err(|error| damaged(error.to_string()))?;
    actor_of(&value).map_err(|error| damaged(error.to_string()))
}
