//! Looking tokens up: for every request, and yet not once a request.
//!
//! Nothing is remembered between look-ups, so that a revocation bites on the next request, on every node, whoever revoked. What makes
//! this cheap is that those who ask for the same token share: who comes while a look-up is under way waits for the next one, which
//! begins after they came. So each token is looked up at most once at a time, however many ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use statewright_core::identity::Digest;
use tokio::sync::oneshot;

use crate::error::{EngineError, EngineResult};
use crate::store::{Store, TokenRow};

type Looked = EngineResult<Option<Arc<TokenRow>>>;

pub struct TokenLookup {
    store: Arc<dyn Store>,
    /// Who waits for the next look-up, of each token that one is under way for.
    waiting: Mutex<HashMap<Digest, Vec<oneshot::Sender<Looked>>>>,
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
            self.lookup.waiting().remove(&self.hash);
        }
    }
}

impl TokenLookup {
    pub fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(TokenLookup {
            store,
            waiting: Mutex::default(),
        })
    }

    /// The token of this hash, as the store has it at a moment after this call.
    pub async fn find(self: &Arc<Self>, hash: Digest) -> Looked {
        let (sender, receiver) = oneshot::channel();
        let first = {
            let mut waiting = self.waiting();
            let first = !waiting.contains_key(&hash);
            waiting.entry(hash).or_default().push(sender);
            first
        };
        if first {
            // On a task of its own: one who goes away must not leave the others waiting.
            tokio::spawn(self.clone().look_up(hash));
        }
        receiver.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    /// Looks up for those who wait, again and again until nobody does.
    async fn look_up(self: Arc<Self>, hash: Digest) {
        let mut under_way = UnderWay {
            lookup: &self,
            hash,
            ended: false,
        };
        while let Some(asking) = self.take(hash) {
            let looked = self.store.token(hash).await;
            let looked = looked.map(|row| row.map(Arc::new)).map_err(EngineError::from);
            for sender in asking {
                // One who has gone away no longer asks.
                let _ = sender.send(looked.clone());
            }
        }
        under_way.ended = true;
    }

    /// Those who wait; None ends the look-ups of this token.
    fn take(&self, hash: Digest) -> Option<Vec<oneshot::Sender<Looked>>> {
        let mut waiting = self.waiting();
        let asking = waiting.get_mut(&hash).map(std::mem::take).filter(|asking| !asking.is_empty());
        if asking.is_none() {
            waiting.remove(&hash);
        }
        asking
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Digest, Vec<oneshot::Sender<Looked>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
