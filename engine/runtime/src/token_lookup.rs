//! Looking tokens up: for every request, and yet not once a request.
//!
//! What was found is trusted for [`TRUST`], counted from before it was looked for. Whoever revokes a token is told so only after that
//! time (see [`super::tokens::Tokens::revoke`]): so once a revocation is answered, no node takes the token any more, whoever revoked,
//! and no node has to be reached for it. Beyond that those who ask for the same token share: who comes while a look-up is under way
//! waits for the next one, which begins after they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::value::canonical::read_canonical;
use tokio::sync::oneshot;

use crate::body::actor_of;
use crate::directory::Directory;
use crate::error::{EngineError, EngineResult};
use crate::store::{Store, TokenRow};

/// How long what was found is trusted, and how long a revocation takes: long enough that a busy token costs two look-ups a second,
/// short enough to wait for when someone is thrown out.
pub const TRUST: Duration = Duration::from_millis(500);

/// Tokens that are remembered at once; a look-up for each request is what others cost.
const TRUSTED_MAX: usize = 10_000;

/// A token that is valid but for its expiry.
#[derive(Debug)]
pub struct FoundToken {
    pub id: Arc<str>,
    pub actor: Arc<Actor>,
    pub expires_at_us: Option<i64>,
}

type Looked = EngineResult<Option<Arc<FoundToken>>>;

pub struct TokenLookup {
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Who waits for the next look-up, of each token that one is under way for.
    waiting: HashMap<Digest, Vec<oneshot::Sender<Looked>>>,
    trusted: HashMap<Digest, (Moment, Arc<FoundToken>)>,
}

/// By both clocks: one may be set, and the other stands still while a machine sleeps.
#[derive(Clone, Copy)]
struct Moment {
    steady: Instant,
    wall: SystemTime,
}

impl Moment {
    #[allow(clippy::disallowed_methods)] // how long an answer is trusted says nothing of the engine's time
    fn now() -> Self {
        Moment {
            steady: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    fn is_trusted_at(self, now: Moment) -> bool {
        let by_wall = now.wall.duration_since(self.wall);
        now.steady.duration_since(self.steady) < TRUST && by_wall.is_ok_and(|elapsed| elapsed < TRUST)
    }
}

/// A look-up that is under way. One that panicked must not keep others waiting for it: they are told, and the next one begins anew.
struct UnderWay<'a> {
    lookup: &'a TokenLookup,
    hash: Digest,
    ended: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.lookup.lock().waiting.remove(&self.hash);
        }
    }
}

impl TokenLookup {
    pub fn new(store: Arc<dyn Store>, directory: Arc<Directory>) -> Arc<Self> {
        Arc::new(TokenLookup {
            store,
            directory,
            inner: Mutex::default(),
        })
    }

    /// The token of this hash, as the store has it at a moment after this call, or had it less than [`TRUST`] before.
    pub async fn find(self: &Arc<Self>, hash: Digest) -> Looked {
        let (sender, receiver) = oneshot::channel();
        let first = {
            let mut inner = self.lock();
            if let Some((since, found)) = inner.trusted.get(&hash)
                && since.is_trusted_at(Moment::now())
            {
                return Ok(Some(found.clone()));
            }
            let first = !inner.waiting.contains_key(&hash);
            inner.waiting.entry(hash).or_default().push(sender);
            first
        };
        if first {
            // On a task of its own: one who goes away must not leave the others waiting.
            tokio::spawn(self.clone().look_up(hash));
        }
        receiver.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    /// Trusts nothing that was found so far.
    pub fn forget(&self) {
        self.lock().trusted.clear();
    }

    /// Looks up for those who wait, again and again until nobody does.
    async fn look_up(self: Arc<Self>, hash: Digest) {
        let mut under_way = UnderWay {
            lookup: &self,
            hash,
            ended: false,
        };
        while let Some(asking) = self.take(hash) {
            let since = Moment::now();
            let row = self.store.token(hash).await.map_err(EngineError::from);
            let looked = row.and_then(|row| row.map(|row| self.found(row)).transpose());
            if let Ok(Some(found)) = &looked {
                self.trust(hash, since, found);
            }
            for sender in asking {
                // One who has gone away no longer asks.
                let _ = sender.send(looked.clone());
            }
        }
        under_way.ended = true;
    }

    /// With all roles that those of the token include.
    fn found(&self, row: TokenRow) -> EngineResult<Arc<FoundToken>> {
        let actor = self.directory.with_included(principal_of(&row)?);
        Ok(Arc::new(FoundToken {
            id: row.id,
            actor: Arc::new(actor),
            expires_at_us: row.expires_at_us,
        }))
    }

    fn trust(&self, hash: Digest, since: Moment, found: &Arc<FoundToken>) {
        let mut inner = self.lock();
        if inner.trusted.len() >= TRUSTED_MAX {
            inner.trusted.retain(|_, (earlier, _)| earlier.is_trusted_at(since));
        }
        if inner.trusted.len() < TRUSTED_MAX {
            inner.trusted.insert(hash, (since, found.clone()));
        }
    }

    /// Those who wait; None ends the look-ups of this token.
    fn take(&self, hash: Digest) -> Option<Vec<oneshot::Sender<Looked>>> {
        let mut inner = self.lock();
        let asking = inner.waiting.get_mut(&hash).map(std::mem::take);
        let asking = asking.filter(|asking| !asking.is_empty());
        if asking.is_none() {
            inner.waiting.remove(&hash);
        }
        asking
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom a token stands for.
pub fn principal_of(row: &TokenRow) -> EngineResult<Actor> {
    let damaged = |why: String| EngineError::Damaged(format!("the principal of token {}: {why}", row.id));
    let value = read_canonical(&row.principal).map_err(|error| damaged(error.to_string()))?;
    actor_of(&value).map_err(|error| damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_trusted_for_a_while_by_both_clocks() {
        let since = Moment::now();
        let check = |steady: Duration, wall: Duration, expected: bool| {
            let now = Moment {
                steady: since.steady + steady,
                wall: since.wall + wall,
            };
            assert_eq!(since.is_trusted_at(now), expected, "{steady:?} {wall:?}");
        };
        let short = TRUST - Duration::from_millis(1);
        check(Duration::ZERO, Duration::ZERO, true);
        check(short, short, true);
        check(TRUST, TRUST, false);
        // The machine slept, or its clock was set.
        check(short, Duration::from_secs(3_600), false);
        check(TRUST, Duration::ZERO, false);
        let back = Moment {
            steady: since.steady,
            wall: since.wall - Duration::from_secs(1),
        };
        assert!(!since.is_trusted_at(back));
    }
}
