//! Looking up what a secret stands for, a token or a session: for every request, and yet not once a request.
//!
//! What was found is trusted for [`TRUST`], counted from before it was looked for. Whoever revokes it is told so only after that
//! time (see [`Trusted::revoked`]): so once a revocation is answered, no node takes the secret any more, whoever revoked,
//! and no node has to be reached for it. Beyond that those who ask for the same secret share: who comes while a look-up is under way
//! waits for the next one, which begins after they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use statewright_core::identity::Digest;
use tokio::sync::oneshot;

use crate::error::{EngineError, EngineResult};

/// How long what was found is trusted, and how long a revocation takes: long enough that a busy secret costs two look-ups a second,
/// short enough to wait for when someone is thrown out.
pub const TRUST: Duration = Duration::from_millis(500);

/// Secrets that are remembered at once; a look-up for each request is what others cost.
const TRUSTED_MAX: usize = 10_000;

/// What is asked.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    type Found: Send + Sync + 'static;

    /// What the secret of this digest stands for; None: nothing.
    async fn look(&self, hash: Digest) -> EngineResult<Option<Self::Found>>;
}

type Looked<F> = EngineResult<Option<Arc<F>>>;

pub struct Trusted<S: Source> {
    source: S,
    inner: Mutex<Inner<S::Found>>,
}

struct Inner<F> {
    /// Who waits for the next look-up, of each secret that one is under way for.
    waiting: HashMap<Digest, Vec<oneshot::Sender<Looked<F>>>>,
    trusted: HashMap<Digest, (Moment, Arc<F>)>,
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
struct UnderWay<'a, S: Source> {
    lookup: &'a Trusted<S>,
    hash: Digest,
    ended: bool,
}

impl<S: Source> Drop for UnderWay<'_, S> {
    fn drop(&mut self) {
        if !self.ended {
            self.lookup.lock().waiting.remove(&self.hash);
        }
    }
}

impl<S: Source> Trusted<S> {
    pub fn new(source: S) -> Arc<Self> {
        let inner = Inner {
            waiting: HashMap::new(),
            trusted: HashMap::new(),
        };
        Arc::new(Trusted {
            source,
            inner: Mutex::new(inner),
        })
    }

    /// What it stands for, as the source has it at a moment after this call, or had it less than [`TRUST`] before.
    pub async fn find(self: &Arc<Self>, hash: Digest) -> Looked<S::Found> {
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

    /// Trusts what was found of this one no more, on this node.
    pub fn forget(&self, hash: Digest) {
        self.lock().trusted.remove(&hash);
    }

    /// Whatever was taken back before this call is taken nowhere any more after it.
    pub async fn revoked(&self) {
        self.lock().trusted.clear();
        tokio::time::sleep(TRUST).await;
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
            let looked = self.source.look(hash).await.map(|found| found.map(Arc::new));
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

    fn trust(&self, hash: Digest, since: Moment, found: &Arc<S::Found>) {
        let mut inner = self.lock();
        if inner.trusted.len() >= TRUSTED_MAX {
            inner.trusted.retain(|_, (earlier, _)| earlier.is_trusted_at(since));
        }
        if inner.trusted.len() < TRUSTED_MAX {
            inner.trusted.insert(hash, (since, found.clone()));
        }
    }

    /// Those who wait; None ends the look-ups of this secret.
    fn take(&self, hash: Digest) -> Option<Vec<oneshot::Sender<Looked<S::Found>>>> {
        let mut inner = self.lock();
        let asking = inner.waiting.get_mut(&hash).map(std::mem::take);
        let asking = asking.filter(|asking| !asking.is_empty());
        if asking.is_none() {
            inner.waiting.remove(&hash);
        }
        asking
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S::Found>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
