//! Instances as they stand in the store, made into snapshots.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{BlindKey, Snapshot};
use statewright_core::trail::{EntryText, entry_digest};
use tokio::sync::OnceCell;

use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::registry::{Known, Registry};
use crate::store::{InstanceRow, PersonalRow, Store, StoreError, StoreResult};
use crate::versions::{Calendars, LiveTables};

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

impl Personal {
    fn is_wanted_of(self, row: &InstanceRow) -> bool {
        self == Personal::With && Snapshot::names_personal(&row.snapshot)
    }
}

pub struct Instances {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    blind_key: OnceCell<BlindKey>,
}

impl Instances {
    pub fn new(store: Arc<dyn Store>, registry: Arc<Registry>) -> Self {
        Instances {
            store,
            registry,
            blind_key: OnceCell::new(),
        }
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The calendars that business time is counted along.
    pub fn calendars(&self) -> &Calendars {
        self.registry.calendars()
    }

    /// The live tables that steps ask.
    pub fn tables(&self) -> &LiveTables {
        self.registry.tables()
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The key under which what is personal is found.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn blind_key(&self) -> EngineResult<BlindKey> {
        let key = self.blind_key.get_or_try_init(|| self.store.blind_key()).await?;
        Ok(*key)
    }

    /// What the store has now, in the order asked for, with one query, and one for the personal values of all of them. An instance that cannot be read back is an error of its own; the outer error is the store's.
    pub async fn load(&self, ids: &[InstanceId], personal: Personal) -> EngineResult<Vec<EngineResult<Option<Instance>>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(ids).await?;
        let there: Vec<&InstanceRow> = rows.iter().filter_map(|row| row.as_ref().ok()?.as_ref()).collect();
        let mut restored = self.restore_all(&there, personal).await?.into_iter();
        let loaded = rows.iter().map(|row| match row {
            Err(error) => Err(error.clone().into()),
            Ok(None) => Ok(None),
            Ok(Some(_)) => restored.next().transpose(),
        });
        Ok(loaded.collect())
    }

    /// Makes rows into snapshots, in their order, with one query for the personal values of all of them.
    ///
    /// # Errors
    /// Those of the store; what is wrong with one row is an error of its own.
    pub async fn restore_all(&self, rows: &[&InstanceRow], personal: Personal) -> EngineResult<Vec<EngineResult<Instance>>> {
        let named = rows.iter().filter(|row| personal.is_wanted_of(row));
        let ids: Vec<InstanceId> = named.map(|row| row.instance).collect();
        let mut values = match ids.as_slice() {
            [] => Vec::new(),
            [id] => vec![self.store.personal(*id).await?],
            ids => self.store.personal_of(ids).await?,
        }
        .into_iter();
        let mut restored = Vec::with_capacity(rows.len());
        for row in rows {
            let values = match personal.is_wanted_of(row) {
                true => values.next().unwrap_or_default(),
                false => Vec::new(),
            };
            restored.push(separate(self.restored(row, values).await)?);
        }
        Ok(restored)
    }

    /// With one query; where the database finds that it cannot read what it keeps, one by one, so that the others are found.
    async fn rows(&self, ids: &[InstanceId]) -> StoreResult<Vec<StoreResult<Option<InstanceRow>>>> {
        match self.store.load(ids).await {
            Ok(rows) => Ok(rows.into_iter().map(Ok).collect()),
            Err(error @ StoreError::Damaged(_)) if ids.len() == 1 => Ok(vec![Err(error)]),
            Err(StoreError::Damaged(_)) => {
                let mut rows = Vec::with_capacity(ids.len());
                for id in ids {
                    rows.push(match self.store.load(&[*id]).await {
                        Ok(mut alone) => Ok(alone.pop().flatten()),
                        Err(error @ StoreError::Damaged(_)) => Err(error),
                        Err(error) => return Err(error),
                    });
                }
                Ok(rows)
            }
            Err(error) => Err(error),
        }
    }

    /// One instance.
    pub async fn load_one(&self, id: InstanceId, personal: Personal) -> EngineResult<Option<Instance>> {
        let loaded = self.load(&[id], personal).await?;
        loaded.into_iter().next().unwrap_or(Ok(None))
    }

    /// Makes a row into a snapshot, if it is the one that its trail ends with.
    ///
    /// # Errors
    /// `DamagedInstance` where the row, or what it is pinned to, is not what it should be.
    pub async fn restore(&self, row: &InstanceRow, personal: Personal) -> EngineResult<Instance> {
        let values = match personal.is_wanted_of(row) {
            true => self.store.personal(row.instance).await?,
            false => Vec::new(),
        };
        self.restored(row, values).await
    }

    async fn restored(&self, row: &InstanceRow, personal: Vec<PersonalRow>) -> EngineResult<Instance> {
        self.read_back(row, personal).await.map_err(|error| match error {
            EngineError::Damaged(why) => EngineError::DamagedInstance {
                workflow: row.workflow.clone(),
                key: row.key.clone(),
                why,
            },
            other => other,
        })
    }

    async fn read_back(&self, row: &InstanceRow, personal: Vec<PersonalRow>) -> EngineResult<Instance> {
        compare_with_trail(row).map_err(EngineError::Damaged)?;
        let known = self.registry.chart(row.definition).await?;
        let values: Vec<(Digest, String)> = personal.into_iter().map(|row| (row.reference, row.value)).collect();
        let snapshot = guarded(|| Ok(Snapshot::restore(&known.chart, &row.snapshot, row.head, &values)))??;
        if snapshot.sequence != row.sequence
            || snapshot.instance != row.instance
            || InstanceId::of(&row.workflow, &row.key) != row.instance
        {
            return Err(EngineError::Damaged(format!("the snapshot of {} is another's", row.instance)));
        }
        Ok(Instance {
            known,
            snapshot: Arc::new(snapshot),
            bytes: row.snapshot.len(),
        })
    }
}

/// Whether the snapshot is the one that the entry names which the head digests: what was put in its place is never stepped on.
fn compare_with_trail(row: &InstanceRow) -> Result<(), String> {
    if let Some(damage) = &row.damage {
        return Err(damage.clone());
    }
    let entry = row.last_entry.as_deref().ok_or("its last entry is not there")?;
    if entry_digest(entry.as_bytes()) != row.head {
        return Err("its last entry is not the one that its head was made of".into());
    }
    let named = EntryText::read(entry).and_then(|entry| entry.snapshot());
    let named = named.map_err(|error| format!("its last entry cannot be read: {error}"))?;
    if named != Digest::of(row.snapshot.as_bytes()) {
        return Err("its snapshot is not the one that its last entry names".into());
    }
    Ok(())
}

/// Tells what is wrong with one instance from what is wrong with the store.
fn separate<T>(result: EngineResult<T>) -> EngineResult<EngineResult<T>> {
    match result {
        Err(error @ (EngineError::Unavailable(_) | EngineError::Full(_) | EngineError::Schema(_))) => Err(error),
        other => Ok(other),
    }
}
