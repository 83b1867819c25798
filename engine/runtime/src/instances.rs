//! Instances as they stand in the store, made into snapshots.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::Snapshot;

use crate::error::{EngineError, EngineResult};
use crate::registry::{Known, Registry};
use crate::store::{InstanceRow, Store};

/// A snapshot together with the chart it is pinned to.
#[derive(Clone, Debug)]
pub struct Instance {
    pub known: Arc<Known>,
    pub snapshot: Arc<Snapshot>,
    /// Length of the canonical snapshot: what it weighs in the cache.
    pub bytes: usize,
}

/// Whether personal values are wanted with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    With,
    /// They read as null: for what others see, which never holds them.
    Without,
}

pub struct Instances {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
}

impl Instances {
    pub fn new(store: Arc<dyn Store>, registry: Arc<Registry>) -> Self {
        Instances { store, registry }
    }

    /// What the store has now, in the order asked for, with one query (and one for each instance that has personal values). An
    /// instance that cannot be read back is an error of its own; the outer error is the store's.
    pub async fn load(&self, ids: &[InstanceId], personal: Personal) -> EngineResult<Vec<EngineResult<Option<Instance>>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.store.load(ids).await?;
        let mut loaded = Vec::with_capacity(rows.len());
        for row in rows {
            loaded.push(match row {
                None => Ok(None),
                Some(row) => separate(self.restore(&row, personal).await)?.map(Some),
            });
        }
        Ok(loaded)
    }

    /// One instance.
    pub async fn load_one(&self, id: InstanceId, personal: Personal) -> EngineResult<Option<Instance>> {
        let loaded = self.load(&[id], personal).await?;
        loaded.into_iter().next().unwrap_or(Ok(None))
    }

    /// Makes a row into a snapshot.
    pub async fn restore(&self, row: &InstanceRow, personal: Personal) -> EngineResult<Instance> {
        let known = self.registry.chart(row.definition).await?;
        let values: Vec<(Digest, String)> = match personal {
            Personal::With if Snapshot::names_personal(&row.snapshot) => {
                let rows = self.store.personal(row.instance).await?;
                rows.into_iter().map(|row| (row.reference, row.value)).collect()
            }
            _ => Vec::new(),
        };
        let snapshot = Snapshot::restore(&known.chart, &row.snapshot, row.head, &values)?;
        if snapshot.sequence != row.sequence || snapshot.instance != row.instance {
            return Err(EngineError::Damaged(format!("the snapshot of {} is another's", row.instance)));
        }
        Ok(Instance {
            known,
            snapshot: Arc::new(snapshot),
            bytes: row.snapshot.len(),
        })
    }
}

/// Tells what is wrong with one instance from what is wrong with the store.
fn separate<T>(result: EngineResult<T>) -> EngineResult<EngineResult<T>> {
    match result {
        Err(error @ (EngineError::Unavailable(_) | EngineError::Schema(_))) => Err(error),
        other => Ok(other),
    }
}
