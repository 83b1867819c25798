//! The calendars this node knows: which version of each is live.
//!
//! A version is immutable; which one is live changes when any node deploys. A step is handed the live one from memory, and its entry says
//! which that was, so a node that has not heard of a deployment yet is right all the same: it counts along the version before, for a second
//! at most.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use statewright_core::identity::Digest;
use statewright_core::time::CalendarVersion;

use crate::compiler::Compiler;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::store::{Store, StoredCalendar};

pub struct Calendars {
    store: Arc<dyn Store>,
    compiler: Arc<dyn Compiler>,
    live: RwLock<BTreeMap<Arc<str>, Arc<CalendarVersion>>>,
}

impl Calendars {
    pub fn new(store: Arc<dyn Store>, compiler: Arc<dyn Compiler>) -> Self {
        Calendars {
            store,
            compiler,
            live: RwLock::default(),
        }
    }

    /// Compiles a source without keeping it.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`] with what is wrong, for people.
    pub fn compile(&self, source: &str) -> EngineResult<CalendarVersion> {
        let compiled = guarded(|| Ok(self.compiler.compile_calendar(source)))?;
        compiled.map_err(EngineError::DefinitionRefused)
    }

    /// The live version, as far as this node knows.
    pub fn known(&self, name: &str) -> Option<Arc<CalendarVersion>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The live version; the store is asked where this node knows of none. None: it was never deployed.
    ///
    /// # Errors
    /// Those of the store, and a version that this program cannot read.
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
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.insert(calendar.name.clone(), calendar);
    }

    /// Asks the store what is live, and compiles what this node has not seen yet.
    ///
    /// # Errors
    /// Those of the store. A version that this program cannot read is told in the log, and the one before stays.
    pub async fn refresh(&self) -> EngineResult<()> {
        for (name, version) in self.store.live_calendars().await? {
            if self.known(&name).is_some_and(|known| known.version == version) {
                continue;
            }
            match self.version(version).await {
                Ok(Some(calendar)) => self.make_live(calendar),
                Ok(None) => tracing::error!(%name, %version, "a live calendar is not there"),
                Err(EngineError::Damaged(why)) => tracing::error!(%name, %version, why, "a live calendar cannot be used"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
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
