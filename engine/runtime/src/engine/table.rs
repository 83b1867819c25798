//! What a version of a live table must not break, and what workflows ask of live tables.

use std::sync::Arc;

use statewright_core::chart::{Chart, Table, TableVersion};

use super::Engine;
use super::version::Deployable;
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;
use crate::store::TableUse;
use crate::versions::{Kept, LiveTables};

/// Workflows that are named where a version would break many.
const BROKEN_TOLD_MAX: usize = 10;

impl Deployable for TableVersion {
    fn known_to(engine: &Engine) -> &LiveTables {
        engine.inner.registry.tables()
    }

    async fn refuse_misfit(&self, engine: &Engine, _kept: &Kept) -> EngineResult<()> {
        engine.refuse_breaking(self).await
    }
}

impl Engine {
    /// Definitions that are live, or by which instances still go, must be able to ask it.
    async fn refuse_breaking(&self, version: &TableVersion) -> EngineResult<()> {
        let inner = &self.inner;
        let name = &version.table.name;
        let live = inner.store.live_hashes().await?;
        let mut told = Vec::new();
        for using in inner.store.table_uses(name).await? {
            let known = match inner.registry.chart(using.definition).await {
                Ok(known) => known,
                // whoever cannot be read cannot be stepped either, and keeps nobody from the others
                Err(EngineError::Damaged(_)) => continue,
                Err(error) => return Err(error),
            };
            let broken = declared(&known, name).map_or_else(Vec::new, |declared| declared.broken_by(&version.table));
            if broken.is_empty() {
                continue;
            }
            let TableUse { definition, workflow } = &using;
            let is_live = live.contains(&(workflow.clone(), *definition));
            if is_live || inner.store.is_unfinished(&using).await? {
                let which = if is_live {
                    "as it is live"
                } else {
                    "whose instances are not all done"
                };
                told.push(format!("`{workflow}` ({definition}, {which}): {}", broken.join("; ")));
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        let more = told.len().saturating_sub(BROKEN_TOLD_MAX);
        told.truncate(BROKEN_TOLD_MAX);
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        Err(EngineError::DefinitionRefused(format!(
            "this version of `{name}` does not fit who asks it: {}. Keep what they count on, or make another table of it and deploy workflows that ask that one",
            told.join(". ")
        )))
    }

    /// A live table could not be asked that was never deployed, or that does not fit.
    pub(super) async fn check_tables(&self, chart: &Chart) -> EngineResult<()> {
        if !chart.tables.by_name.values().any(|table| table.live) {
            return Ok(());
        }
        let tables = self.inner.registry.tables();
        tables.refresh().await?;
        for declared in chart.tables.by_name.values().filter(|table| table.live) {
            let name = &declared.name;
            let Some(version) = tables.known(name) else {
                return Err(EngineError::DefinitionRefused(format!(
                    "the live table `{name}` has not been deployed: deploy its file first, or together with the workflow's"
                )));
            };
            let broken = declared.broken_by(&version.table);
            if !broken.is_empty() {
                return Err(EngineError::DefinitionRefused(format!(
                    "the table `{name}` as it is live does not fit: {}. Deploy its file first, or together with the workflow's",
                    broken.join("; ")
                )));
            }
        }
        Ok(())
    }
}

/// The names of the live tables that a definition asks.
pub(super) fn live_tables(chart: &Chart) -> Vec<Arc<str>> {
    let live = chart.tables.by_name.values().filter(|table| table.live);
    live.map(|table| table.name.clone()).collect()
}

fn declared<'k>(known: &'k Known, name: &str) -> Option<&'k Table> {
    known.chart.tables.by_name.get(name).map(|table| &**table)
}
