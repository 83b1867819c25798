//! The calendars this node knows: which version of each is live.
//!
//! A version is immutable; which one is live changes when any node deploys. A step is handed the live one from memory, and its entry says
//! which that was, so a node that has not heard of a deployment yet is right all the same: it counts along the version before, for a second
//! at most.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use statewright_core::identity::Digest;
use statewright_core::time::CalendarVersion;

use crate::compiler::{Compiler, aside};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::store::{Store, StoredCalendar};

pub struct Calendars {
    store: Arc<dyn Store>,
    compiler: Arc<dyn Compiler>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    live: BTreeMap<Arc<str>, Arc<CalendarVersion>>,
    /// Live in the store and of no use here, and why.
    unusable: BTreeMap<Arc<str>, (Digest, String)>,
}

impl Calendars {
    pub fn new(store: Arc<dyn Store>, compiler: Arc<dyn Compiler>) -> Self {
        Calendars {
            store,
            compiler,
            state: RwLock::default(),
        }
    }

    /// Compiles a source without keeping it.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`] with what is wrong, for people.
    pub fn compile(&self, source: &str) -> EngineResult<CalendarVersion> {
        let compiled = aside(|| guarded(|| Ok(self.compiler.compile_calendar(source))))?;
        compiled.map_err(EngineError::DefinitionRefused)
    }

    /// The live version, as far as this node knows.
    pub fn known(&self, name: &str) -> Option<Arc<CalendarVersion>> {
        self.read().live.get(name).cloned()
    }

    /// Why there is none that can be used.
    pub fn absence(&self, name: &str) -> String {
        match self.read().unusable.get(name) {
            Some((_, why)) => format!("the calendar `{name}` is needed and cannot be used: {why}; deploy one that can"),
            None => format!("the calendar `{name}` is needed and not there"),
        }
    }

    /// The live version; the store is asked where this node knows of none. None: it was never deployed, or this program cannot read it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn find(&self, name: &str) -> EngineResult<Option<Arc<CalendarVersion>>> {
        if let Some(known) = self.known(name) {
            return Ok(Some(known));
        }
        self.refresh().await?;
        Ok(self.known(name))
    }

    /// A version, from the store: what replay counts along. None: it is not there.
    ///
    /// # Errors
    /// Those of the store, and [`EngineError::Damaged`] for a source that is not what its version says.
    pub async fn version(&self, version: Digest) -> EngineResult<Option<Arc<CalendarVersion>>> {
        let stored = self.store.calendar(version).await?;
        stored.map(|stored| self.restored(&stored, version)).transpose()
    }

    /// Makes a version the live one on this node.
    pub fn make_live(&self, calendar: Arc<CalendarVersion>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.unusable.remove(&calendar.name);
        state.live.insert(calendar.name.clone(), calendar);
    }

    /// A live version that this program cannot use. It is said once, not each time that it is seen; the one before is not used in its
    /// place, since nobody would see that deadlines are counted along what is not live any more.
    fn set_aside(&self, name: Arc<str>, version: Digest, why: String) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let aside = (version, why);
        if state.unusable.get(&name) != Some(&aside) {
            tracing::error!(calendar = %name, %version, why = aside.1, "a live calendar cannot be used");
            state.live.remove(&name);
            state.unusable.insert(name, aside);
        }
    }

    fn is_seen(&self, name: &str, version: Digest) -> bool {
        let state = self.read();
        let live = state.live.get(name).is_some_and(|known| known.version == version);
        live || state.unusable.get(name).is_some_and(|(aside, _)| *aside == version)
    }

    /// Asks the store what is live, and compiles what this node has not seen yet.
    ///
    /// # Errors
    /// Those of the store. A version that this program cannot read is told in the log, once, and is not used.
    pub async fn refresh(&self) -> EngineResult<()> {
        for (name, version) in self.store.live_calendars().await? {
            if self.is_seen(&name, version) {
                continue;
            }
            match self.version(version).await {
                Ok(Some(calendar)) => self.make_live(calendar),
                Ok(None) => self.set_aside(name, version, "it is not there".into()),
                Err(EngineError::Damaged(why)) => self.set_aside(name, version, why),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn restored(&self, stored: &StoredCalendar, version: Digest) -> EngineResult<Arc<CalendarVersion>> {
        let calendar = self.compile(&stored.source).map_err(|error| {
            // It compiled when it was deployed: a program that cannot read it any more must not guess.
            EngineError::Damaged(format!("version {version} of the calendar `{}`: {error}", stored.name))
        })?;
        if calendar.version != version {
            return Err(EngineError::Damaged(format!(
                "the source of version {version} of the calendar `{}` has another digest",
                stored.name
            )));
        }
        Ok(Arc::new(calendar))
    }
}
