//! Making a version of a live table the one in force, and what that must not break.

use std::sync::Arc;

use statewright_core::chart::{Chart, Table, TableVersion};
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::value::Value;

use super::Engine;
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;
use crate::store::{StoredTable, TableUse};

/// Workflows that are named where a version would break many.
const BROKEN_TOLD_MAX: usize = 10;

/// What the deployment of a live table came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedTable {
    pub name: Arc<str>,
    pub version: Digest,
    /// It was live already: nothing was written.
    pub unchanged: bool,
}

impl Engine {
    /// Keeps a version of a live table for ever and makes it the one that steps ask from now on, whatever definition an instance is
    /// pinned to. Nobody is woken by it. `source` is what the compiler reads.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`] with what is wrong with it, or with the workflows that could not ask it any more; those of the
    /// store.
    pub async fn deploy_table(&self, source: &str, by: &Actor) -> EngineResult<DeployedTable> {
        let inner = &self.inner;
        let tables = inner.registry.tables();
        let table = Arc::new(tables.compile(source)?);
        let (name, version) = (table.table.name.clone(), table.version);
        let deployed = |unchanged| DeployedTable {
            name: name.clone(),
            version,
            unchanged,
        };
        tables.refresh().await?;
        if tables.known(&name).is_some_and(|known| known.version == version) {
            return Ok(deployed(true));
        }
        let now = self.now();
        let stored = StoredTable {
            version,
            name: name.clone(),
            source: source.to_owned(),
            deployed_at_us: now.as_microsecond(),
        };
        let members = [
            ("table", Value::Text(name.clone())),
            ("version", Value::from_text(&version.to_string())),
        ];
        let mut act = inner.system.act("table_deployed", members, by);
        loop {
            // what is deployed after this entry was begun makes it be written again: nothing is compared with what is not there any more
            let write = act.write(now).await?;
            self.refuse_breaking(&table).await?;
            let applied = inner.store.deploy_table(&stored, &by.id, &write).await?;
            if act.settled(Some(&applied))? {
                break;
            }
        }
        tables.make_live(table);
        tracing::info!(table = %name, %version, by = %by.id, "deployed");
        Ok(deployed(false))
    }

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
