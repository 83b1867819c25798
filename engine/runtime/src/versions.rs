//! What stands outside of definitions and is deployed by itself: which version of each calendar, live table, view and portal is live, as
//! far as this node knows.
//!
//! A version is immutable; which one is live changes when any node deploys. A step is handed the live one from memory, and its entry says
//! which that was, so a node that has not heard of a deployment yet is right all the same: it goes by the version before, for a second at
//! most.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use statewright_core::chart::{DocumentKind, PortalVersion, TableVersion, ViewVersion};
use statewright_core::identity::Digest;
use statewright_core::time::CalendarVersion;
use statewright_core::value::Value;

use crate::compiler::{Compiler, aside};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::store::{Applied, Store, StoreResult, StoredCalendar, StoredDocument, StoredTable, Write};

/// The calendars this node knows.
pub type Calendars = Versions<CalendarVersion>;

/// The live tables this node knows.
pub type LiveTables = Versions<TableVersion>;

/// The views this node knows.
pub type Views = Versions<ViewVersion>;

/// The portals this node knows.
pub type Portals = Versions<PortalVersion>;

/// A version as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub version: Digest,
    pub name: Arc<str>,
    pub source: String,
    pub deployed_at_us: i64,
}

/// A kind of thing that is kept in versions.
pub trait Versioned: Send + Sync + Sized + 'static {
    /// What it is, in sentences.
    const NOUN: &'static str;
    /// What its deployment is called in the system's trail.
    const ACT: &'static str;

    fn name(&self) -> &Arc<str>;
    fn version(&self) -> Digest;
    /// What the entry of its deployment says.
    fn told(&self) -> Vec<(&'static str, Value)>;
    /// An error is for people.
    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String>;
    /// Keeps a version of it and makes it live; `by` whom stands in the history, where there is one.
    fn keep(&self, store: &dyn Store, kept: &Kept, by: &str, act: &Write) -> impl Future<Output = StoreResult<Applied>> + Send;
    /// The name and the source of a version.
    fn stored(store: &dyn Store, version: Digest) -> impl Future<Output = StoreResult<Option<(Arc<str>, String)>>> + Send;
    fn live(store: &dyn Store) -> impl Future<Output = StoreResult<Vec<(Arc<str>, Digest)>>> + Send;
}

impl Versioned for CalendarVersion {
    const NOUN: &'static str = "calendar";
    const ACT: &'static str = "calendar_deployed";

    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn version(&self) -> Digest {
        self.version
    }

    fn told(&self) -> Vec<(&'static str, Value)> {
        told("calendar", self)
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        compiler.compile_calendar(source)
    }

    async fn keep(&self, store: &dyn Store, kept: &Kept, _by: &str, act: &Write) -> StoreResult<Applied> {
        let stored = StoredCalendar {
            version: kept.version,
            name: kept.name.clone(),
            source: kept.source.clone(),
            deployed_at_us: kept.deployed_at_us,
        };
        store.deploy_calendar(&stored, act).await
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
    const ACT: &'static str = "table_deployed";

    fn name(&self) -> &Arc<str> {
        &self.table.name
    }

    fn version(&self) -> Digest {
        self.version
    }

    fn told(&self) -> Vec<(&'static str, Value)> {
        told("table", self)
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        compiler.compile_table(source)
    }

    async fn keep(&self, store: &dyn Store, kept: &Kept, by: &str, act: &Write) -> StoreResult<Applied> {
        let stored = StoredTable {
            version: kept.version,
            name: kept.name.clone(),
            source: kept.source.clone(),
            deployed_at_us: kept.deployed_at_us,
        };
        store.deploy_table(&stored, by, act).await
    }

    async fn stored(store: &dyn Store, version: Digest) -> StoreResult<Option<(Arc<str>, String)>> {
        let stored = store.table(version).await?;
        Ok(stored.map(|stored| (stored.name, stored.source)))
    }

    async fn live(store: &dyn Store) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        store.live_tables().await
    }
}

/// What the store keeps as a document of its kind.
trait Document: Send + Sync + Sized + 'static {
    const KIND: DocumentKind;

    fn name(&self) -> &Arc<str>;
    fn version(&self) -> Digest;
    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String>;
}

impl Document for ViewVersion {
    const KIND: DocumentKind = DocumentKind::View;

    fn name(&self) -> &Arc<str> {
        &self.view.name
    }

    fn version(&self) -> Digest {
        self.version
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        compiler.compile_view(source)
    }
}

impl Document for PortalVersion {
    const KIND: DocumentKind = DocumentKind::Portal;

    fn name(&self) -> &Arc<str> {
        &self.portal.name
    }

    fn version(&self) -> Digest {
        self.version
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        compiler.compile_portal(source)
    }
}

impl<D: Document> Versioned for D {
    const NOUN: &'static str = D::KIND.as_str();
    const ACT: &'static str = "document_deployed";

    fn name(&self) -> &Arc<str> {
        Document::name(self)
    }

    fn version(&self) -> Digest {
        Document::version(self)
    }

    fn told(&self) -> Vec<(&'static str, Value)> {
        let kind = ("kind", Value::from_text(D::KIND.as_str()));
        told("name", self).into_iter().chain([kind]).collect()
    }

    fn compile(compiler: &dyn Compiler, source: &str) -> Result<Self, String> {
        Document::compile(compiler, source)
    }

    async fn keep(&self, store: &dyn Store, kept: &Kept, by: &str, act: &Write) -> StoreResult<Applied> {
        let stored = StoredDocument {
            version: kept.version,
            kind: D::KIND.as_str().into(),
            name: kept.name.clone(),
            source: kept.source.clone(),
            deployed_at_us: kept.deployed_at_us,
        };
        store.deploy_document(&stored, by, act).await
    }

    async fn stored(store: &dyn Store, version: Digest) -> StoreResult<Option<(Arc<str>, String)>> {
        let stored = store.document(version).await?;
        let of_it = stored.filter(|stored| *stored.kind == *D::KIND.as_str());
        Ok(of_it.map(|stored| (stored.name, stored.source)))
    }

    async fn live(store: &dyn Store) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        store.live_documents(D::KIND.as_str()).await
    }
}

/// The name under this member, and the version.
fn told<V: Versioned>(member: &'static str, version: &V) -> Vec<(&'static str, Value)> {
    vec![
        (member, Value::Text(version.name().clone())),
        ("version", Value::from_text(&version.version().to_string())),
    ]
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

    /// All that are live, by name.
    pub fn all(&self) -> Vec<Arc<V>> {
        self.read().live.values().cloned().collect()
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
