//! Optimistic group commit: whatever has come is stepped on snapshots in memory and committed together.
//!
//! While one batch is on its way to the database the next gathers, so that there is low latency when little comes and one flush
//! for many when much does, without a timer. Every write is fenced by its instance's sequence: whoever was stepped on something
//! that has moved meanwhile goes to the front of the next batch and is stepped again on what is there now.
//!
//! **Architecture invariant:** nothing is told to anyone before it is committed, or checked against what is.

mod answer;
mod batch;
mod cache;
mod changes;
mod finds;
mod footprint;
mod group;
mod queue;
mod reads;
mod request;
mod sealed;
mod settle;

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::step::BlindKey;

pub use answer::{Answer, resting_states};
pub use cache::SnapshotCache;
pub use changes::send_answer;
pub use queue::Queue;
pub use reads::{Reader, Subjects};
pub use request::{Mailbox, Origin, Parcel, Reply, Request};

use self::batch::Batch;
use crate::configuration::{COMMIT_ATTEMPTS_MAX, EngineConfig};
use crate::error::EngineError;
use crate::figures::Figures;
use crate::handover::Handover;
use crate::instances::Instances;
use crate::store::{Applied, Store, StoreError, StoreResult, Write};

pub struct Intake {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
    reader: Arc<Reader>,
    handover: Arc<Handover>,
    figures: Arc<Figures>,
    pub queue: Arc<Queue>,
    pub cache: Arc<SnapshotCache>,
    node: Arc<str>,
    lease_ms: i64,
}

/// What a tick did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticked {
    /// Nothing waited.
    Idle,
    /// A batch went through; more may wait.
    Worked,
    /// The database did not answer. What can be tried again waits for the next tick, which should not come at once.
    Stumbled,
}

impl Intake {
    pub fn new(
        configuration: &EngineConfig,
        store: Arc<dyn Store>,
        instances: Arc<Instances>,
        reader: Arc<Reader>,
        handover: Arc<Handover>,
        figures: Arc<Figures>,
    ) -> Self {
        Intake {
            store,
            instances,
            reader,
            handover,
            figures,
            queue: Arc::new(Queue::new(configuration)),
            cache: Arc::new(SnapshotCache::new(
                configuration.cache_instances_max,
                configuration.cache_bytes_max,
            )),
            node: configuration.node.clone(),
            lease_ms: configuration.outbox_lease_ms,
        }
    }

    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Takes one batch through step and commit.
    pub async fn tick(&self, now: Timestamp) -> Ticked {
        self.tick_by(|| now).await
    }

    /// The same at the moment that the clock says when the batch is taken.
    pub async fn tick_by(&self, clock: impl FnOnce() -> Timestamp) -> Ticked {
        let Some((parcels, now)) = self.queue.take_if_worth(clock) else {
            return Ticked::Idle;
        };
        let mut batch = Batch::of(parcels);
        let instances: Vec<_> = batch.instances().collect();
        let ticked = match self.prepare(&mut batch, now).await {
            Ok(key) => self.commit(batch, &key, now).await,
            Err(error) => {
                self.stumble(batch, error);
                Ticked::Stumbled
            }
        };
        self.queue.finish(instances);
        ticked
    }

    async fn prepare(&self, batch: &mut Batch, now: Timestamp) -> Result<BlindKey, EngineError> {
        batch.load(&self.cache, &self.instances).await?;
        batch.find_tried(&*self.store).await?;
        batch.step(&self.cache, &self.reader, now).await?;
        self.instances.blind_key().await
    }

    async fn commit(&self, mut batch: Batch, key: &BlindKey, now: Timestamp) -> Ticked {
        let lease = Some((self.node.clone(), now.as_microsecond() + self.lease_ms * 1_000));
        let (places, writes) = batch.writes(&lease, key, now);
        let writes = Arc::new(writes);
        let applied = match self.apply(&writes).await {
            Ok(applied) => applied,
            Err(error) => {
                // Whether it was committed is not known: what is in memory may be behind.
                self.cache.forget(batch.instances());
                self.stumble(batch, error.into());
                return Ticked::Stumbled;
            }
        };
        let mut outcomes: Vec<Option<(&Write, StoreResult<Applied>)>> = batch.groups.iter().map(|_| None).collect();
        for ((place, write), applied) in places.into_iter().zip(writes.iter()).zip(applied) {
            outcomes[place] = Some((write, applied));
        }
        let mut applied = Batch {
            groups: Vec::with_capacity(batch.groups.len()),
        };
        let mut results = Vec::with_capacity(batch.groups.len());
        for (group, outcome) in batch.groups.into_iter().zip(outcomes) {
            let result = match outcome {
                None => None,
                Some((write, Ok(applied))) => Some((write, applied)),
                Some((_, Err(error))) => {
                    self.cache.forget([group.instance]);
                    self.stumble(Batch { groups: vec![group] }, error.into());
                    continue;
                }
            };
            applied.groups.push(group);
            results.push(result);
        }
        self.settle(applied, results).await;
        Ticked::Worked
    }

    /// All in one transaction. If the store cannot take them because of one that it will never take, or because of something that is
    /// damaged, each has a transaction of its own, so that none suffers from another.
    async fn apply(&self, writes: &Arc<Vec<Write>>) -> StoreResult<Vec<StoreResult<Applied>>> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let error = match self.store.commit_shared(Arc::clone(writes)).await {
            Ok(applied) => return Ok(applied.into_iter().map(Ok).collect()),
            Err(error @ (StoreError::Refused(_) | StoreError::Damaged(_))) => error,
            Err(error) => return Err(error),
        };
        if writes.len() == 1 {
            return Ok(vec![Err(error)]);
        }
        tracing::error!(%error, writes = writes.len(), "a batch could not be stored; each of it is stored alone");
        let mut applied = Vec::with_capacity(writes.len());
        for write in writes.iter() {
            let alone = self.store.commit(std::slice::from_ref(write)).await;
            let none = || Err(StoreError::Damaged("the store did not say what became of a write".into()));
            applied.push(alone.and_then(|mut answers| answers.pop().map_or_else(none, Ok)));
        }
        Ok(applied)
    }

    /// Tells whoever asked that nothing came of it.
    fn fail(&self, request: Request, error: EngineError) {
        self.figures.input(&request.origin, None);
        request.reply.fail(error);
    }

    /// Tries a batch again later, or tells its senders. Every input has a key, or is consumed by its commit: if it was taken after
    /// all, the next attempt finds that out.
    fn stumble(&self, batch: Batch, error: EngineError) {
        tracing::warn!(%error, instances = batch.groups.len(), "a batch was not committed");
        self.figures.stumbles.add(1);
        let lasting = !matches!(error, EngineError::Unavailable(_));
        let mut again = Vec::new();
        for group in batch.groups {
            if lasting || group.stumbles + 1 >= COMMIT_ATTEMPTS_MAX {
                let all = group.requests.into_iter().chain(group.later);
                all.for_each(|request| self.fail(request, error.clone()));
            } else {
                again.push(group.into_parcel_after_stumble());
            }
        }
        self.queue.put_back(again);
    }
}
