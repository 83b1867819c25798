//! What stands outside of definitions and is deployed by itself: which version of each calendar and of each live table is live, as far as
//! this node knows.
//!
//! A version is immutable; which one is live changes when any node deploys. A step is handed the live one from memory, and its entry says
//! which that was, so a node that has not heard of a deployment yet is right all the same: it goes by the version before, for a second at
//! most.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use statewright_core::chart::TableVersion;
use statewright_core::identity::Digest;
use statewright_core::time::CalendarVersion;

use crate::compiler::{Compiler, aside};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::store::{Store, StoreResult};

/// The calendars this node knows.
pub type Calendars = Versions<CalendarVersion>;

/// The live tables this node knows.
pub type LiveTables = Versions<TableVersion>;

/// A kind of thing that is kept in versions.
pub trait Versioned: Send + Sync + Sized + 'static {
    /// What it is, in sentences.
    const NOUN: &'static str;

    fn name(&self) -> &Arc<str>;
    fn version(&self) -> Digest;
    /// An error is for people.
    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String>;
    /// The name and the source of a version.
    fn stored(store: &dyn Store, version: Digest) -> impl Future<Output = StoreResult<Option<(Arc<str>, String)>>> + Send;
    fn live(store: &dyn Store) -> impl Future<Output = StoreResult<Vec<(Arc<str>, Digest)>>> + Send;
}

impl Versioned for CalendarVersion {
    const NOUN: &'static str = "calendar";

    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn version(&self) -> Digest {
        self.version
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        compiler.compile_calendar(source)
    }

    async fn stored(store: &dyn Store, version: Digest) -> StoreResult<Option<(Arc<str>, String)>> {
        let stored = store.calendar(version).await?;
        Ok(stored.map(|stored| (stored.name, stored.source)))
    }

    async fn live(store: &dyn Store) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        store.live_calendars().await
    }
}

impl Versioned for TableVersion {
    const NOUN: &'static str = "table";

    fn name(&self) -> &Arc<str> {
        &self.table.name
    }

    fn version(&self) -> Digest {
        self.version
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        compiler.compile_table(source)
    }

    async fn stored(store: &dyn Store, version: Digest) -> StoreResult<Option<(Arc<str>, String)>> {
        let stored = store.table(version).await?;
        Ok(stored.map(|stored| (stored.name, stored.source)))
    }

    async fn live(store: &dyn Store) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        store.live_tables().await
    }
}

pub struct Versions<V> {
    store: Arc<dyn Store>,
    compiler: Arc<dyn Compiler>,
    state: RwLock<State<V>>,
}

struct State<V> {
    live: BTreeMap<Arc<str>, Arc<V>>,
    /// Live in the store and of no use here, and why.
    unusable: BTreeMap<Arc<str>, (Digest, String)>,
}

impl<V: Versioned> Versions<V> {
    pub fn new(store: Arc<dyn Store>, compiler: Arc<dyn Compiler>) -> Self {
        let state = State {
            live: BTreeMap::new(),
            unusable: BTreeMap::new(),
        };
        Versions {
            store,
            compiler,
            state: RwLock::new(state),
        }
    }

    /// Compiles a source without keeping it.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`] with what is wrong, for people.
    pub fn compile(&self, source: &str) -> EngineResult<V> {
        let compiled = aside(|| guarded(|| Ok(V::compile(&*self.compiler, source))))?;
        compiled.map_err(EngineError::DefinitionRefused)
    }

    /// The live version, as far as this node knows.
    pub fn known(&self, name: &str) -> Option<Arc<V>> {
        self.read().live.get(name).cloned()
    }

    /// Why there is none that can be used.
    pub fn absence(&self, name: &str) -> String {
        let noun = V::NOUN;
        match self.read().unusable.get(name) {
            Some((_, why)) => format!("the {noun} `{name}` is needed and cannot be used: {why}; deploy one that can"),
            None => format!("the {noun} `{name}` is needed and not there"),
        }
    }

    /// The live version; the store is asked where this node knows of none. None: it was never deployed, or this program cannot read it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn find(&self, name: &str) -> EngineResult<Option<Arc<V>>> {
        if let Some(known) = self.known(name) {
            return Ok(Some(known));
        }
        self.refresh().await?;
        Ok(self.known(name))
    }

    /// A version, from the store: what replay goes by. None: it is not there.
    ///
    /// # Errors
    /// Those of the store, and [`EngineError::Damaged`] for a source that is not what its version says.
    pub async fn version(&self, version: Digest) -> EngineResult<Option<Arc<V>>> {
        let stored = V::stored(&*self.store, version).await?;
        stored
            .map(|(name, source)| self.restored(&name, &source, version))
            .transpose()
    }

    /// Makes a version the live one on this node.
    pub fn make_live(&self, version: Arc<V>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.unusable.remove(version.name());
        state.live.insert(version.name().clone(), version);
    }

    /// A live version that this program cannot use. It is said once, not each time that it is seen; the one before is not used in its
    /// place, since nobody would see that steps go by what is not live any more.
    fn set_aside(&self, name: Arc<str>, version: Digest, why: String) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let aside = (version, why);
        if state.unusable.get(&name) != Some(&aside) {
            tracing::error!(kind = V::NOUN, %name, %version, why = aside.1, "a live version cannot be used");
            state.live.remove(&name);
            state.unusable.insert(name, aside);
        }
    }

    fn is_seen(&self, name: &str, version: Digest) -> bool {
        let state = self.read();
        let live = state.live.get(name).is_some_and(|known| known.version() == version);
        live || state.unusable.get(name).is_some_and(|(aside, _)| *aside == version)
    }

    /// Asks the store what is live, and compiles what this node has not seen yet.
    ///
    /// # Errors
    /// Those of the store. A version that this program cannot read is told in the log, once, and is not used.
    pub async fn refresh(&self) -> EngineResult<()> {
        for (name, version) in V::live(&*self.store).await? {
            if self.is_seen(&name, version) {
                continue;
            }
            match self.version(version).await {
                Ok(Some(found)) => self.make_live(found),
                Ok(None) => self.set_aside(name, version, "it is not there".into()),
                Err(EngineError::Damaged(why)) => self.set_aside(name, version, why),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State<V>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn restored(&self, name: &str, source: &str, version: Digest) -> EngineResult<Arc<V>> {
        let noun = V::NOUN;
        let compiled = self.compile(source).map_err(|error| {
            // It compiled when it was deployed: a program that cannot read it any more must not guess.
            EngineError::Damaged(format!("version {version} of the {noun} `{name}`: {error}"))
        })?;
        if compiled.version() != version {
            let why = format!("the source of version {version} of the {noun} `{name}` has another digest");
            return Err(EngineError::Damaged(why));
        }
        Ok(Arc::new(compiled))
    }
}
