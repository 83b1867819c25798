//! The charts this node knows, by hash; which one is live for each workflow.
//!
//! A definition is immutable, so a chart once compiled is kept. Which one is live changes when any node deploys: the registry is
//! told of its own node's deployments and asks the store about the others'.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};

use statewright_core::chart::Chart;
use statewright_core::identity::Digest;
use statewright_core::step::system_chart;

use crate::compiler::aside;
pub use crate::compiler::{Compiler, LanguageCompiler};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::store::Store;
use crate::versions::{Calendars, LiveTables, Portals, Views};

/// Charts kept in memory: more than a deployment has versions in use; those not live are compiled again when they are needed.
const CHARTS_MAX: usize = 1_024;

/// A chart that this node has compiled.
#[derive(Debug)]
pub struct Known {
    pub chart: Chart,
    asks_live_tables: bool,
}

pub struct Registry {
    store: Arc<dyn Store>,
    compiler: Arc<dyn Compiler>,
    charts: RwLock<Charts>,
    calendars: Calendars,
    tables: LiveTables,
    views: Views,
    portals: Portals,
}

#[derive(Default)]
struct Charts {
    by_hash: HashMap<Digest, Arc<Known>>,
    live: BTreeMap<Arc<str>, Digest>,
    /// Live in the store and of no use here, and why.
    unusable: BTreeMap<Arc<str>, (Digest, String)>,
}

impl Known {
    pub fn of(chart: Chart) -> Self {
        Known {
            asks_live_tables: chart.tables.by_name.values().any(|table| table.live),
            chart,
        }
    }

    /// Whether some expression of it asks a live table.
    pub fn asks_live_tables(&self) -> bool {
        self.asks_live_tables
    }
}

impl Registry {
    pub fn new(store: Arc<dyn Store>, compiler: Arc<dyn Compiler>) -> Self {
        let registry = Registry {
            calendars: Calendars::new(store.clone(), compiler.clone()),
            tables: LiveTables::new(store.clone(), compiler.clone()),
            views: Views::new(store.clone(), compiler.clone()),
            portals: Portals::new(store.clone(), compiler.clone()),
            store,
            compiler,
            charts: RwLock::default(),
        };
        registry.keep(Known::of(system_chart()));
        registry
    }

    /// The calendars, which no definition pins.
    pub fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// The live tables, of which definitions pin the declaration alone.
    pub fn tables(&self) -> &LiveTables {
        &self.tables
    }

    /// What people are shown.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// What puts views under one roof.
    pub fn portals(&self) -> &Portals {
        &self.portals
    }

    /// Compiles a source without keeping it.
    pub fn compile(&self, source: &str) -> EngineResult<Known> {
        let compiled = aside(|| guarded(|| Ok(self.compiler.compile(source).map(Known::of))))?;
        compiled.map_err(EngineError::DefinitionRefused)
    }

    /// Keeps a chart and answers what is kept.
    pub fn keep(&self, known: Known) -> Arc<Known> {
        let mut charts = self.charts.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if charts.by_hash.len() >= CHARTS_MAX {
            charts.forget_old();
        }
        charts
            .by_hash
            .entry(known.chart.definition)
            .or_insert_with(|| Arc::new(known))
            .clone()
    }

    /// Makes a kept chart the one that new instances take.
    pub fn make_live(&self, workflow: Arc<str>, hash: Digest) {
        let mut charts = self.charts.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        charts.unusable.remove(&workflow);
        charts.live.insert(workflow, hash);
    }

    /// A live definition that this program cannot use. It is said once, not each time that it is seen.
    fn set_aside(&self, workflow: Arc<str>, hash: Digest, why: String) {
        let mut charts = self.charts.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let aside = (hash, why);
        if charts.unusable.get(&workflow) != Some(&aside) {
            tracing::error!(%workflow, %hash, why = aside.1, "a live definition cannot be used");
            charts.live.remove(&workflow);
            charts.unusable.insert(workflow, aside);
        }
    }

    /// The chart of this hash, if it is in memory.
    pub fn known(&self, hash: Digest) -> Option<Arc<Known>> {
        self.read().by_hash.get(&hash).cloned()
    }

    /// The chart of this hash, from the store if need be.
    pub async fn chart(&self, hash: Digest) -> EngineResult<Arc<Known>> {
        if let Some(known) = self.known(hash) {
            return Ok(known);
        }
        let stored = self.store.definition(hash).await?;
        let stored = stored.ok_or_else(|| EngineError::Damaged(format!("definition {hash} is pinned and not there")))?;
        let known = self.compile(&stored.source).map_err(|error| {
            // It compiled when it was deployed: a program that cannot read it any more must not guess.
            EngineError::Damaged(format!(
                "definition {hash} of `{}` does not compile any more: {error}",
                stored.workflow
            ))
        })?;
        if known.chart.definition != hash {
            return Err(EngineError::Damaged(format!(
                "the source of definition {hash} has another hash now"
            )));
        }
        Ok(self.keep(known))
    }

    /// The chart that new instances of a workflow take.
    pub async fn live(&self, workflow: &str) -> EngineResult<Arc<Known>> {
        if let Some(known) = self.live_known(workflow) {
            return Ok(known);
        }
        self.refresh().await?;
        if let Some((_, why)) = self.read().unusable.get(workflow) {
            return Err(EngineError::Damaged(why.clone()));
        }
        let hash = self.read().live.get(workflow).copied();
        match hash {
            Some(hash) => self.chart(hash).await,
            None => Err(EngineError::NoSuchWorkflow {
                workflow: workflow.into(),
            }),
        }
    }

    /// The same without asking the store.
    pub fn live_known(&self, workflow: &str) -> Option<Arc<Known>> {
        let charts = self.read();
        charts.live.get(workflow).and_then(|hash| charts.by_hash.get(hash)).cloned()
    }

    /// The charts that new instances take, as far as this node knows, by the names of their workflows.
    pub fn live_charts(&self) -> Vec<Arc<Known>> {
        let charts = self.read();
        charts
            .live
            .values()
            .filter_map(|hash| charts.by_hash.get(hash).cloned())
            .collect()
    }

    /// Names and hashes of what is live, as far as this node knows.
    pub fn live_hashes(&self) -> Vec<(Arc<str>, Digest)> {
        self.read()
            .live
            .iter()
            .map(|(workflow, hash)| (workflow.clone(), *hash))
            .collect()
    }

    /// Asks the store what is live, and compiles what this node has not seen yet.
    pub async fn refresh(&self) -> EngineResult<()> {
        // asked only where some instance may count along one
        if self.read().by_hash.values().any(|known| known.chart.calendar.is_some()) {
            self.calendars.refresh().await?;
        }
        if self.read().by_hash.values().any(|known| known.asks_live_tables) {
            self.tables.refresh().await?;
        }
        self.views.refresh().await?;
        self.portals.refresh().await?;
        for (workflow, hash) in self.store.live_hashes().await? {
            if self.read().live.get(&workflow) == Some(&hash) && self.known(hash).is_some() {
                continue;
            }
            match self.chart(hash).await {
                Ok(_) => self.make_live(workflow, hash),
                // One definition that this program cannot read must not keep it from all others.
                Err(EngineError::Damaged(why)) => self.set_aside(workflow, hash, why),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Charts> {
        self.charts.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Charts {
    fn forget_old(&mut self) {
        let system = system_chart().definition;
        let live = &self.live;
        self.by_hash
            .retain(|hash, _| *hash == system || live.values().any(|kept| kept == hash));
    }
}
