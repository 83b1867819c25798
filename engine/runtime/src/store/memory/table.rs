//! Live tables: every version that was ever deployed, when each was made live, and which definitions ask them.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::Digest;

use super::contents::Contents;
use crate::store::{Definition, MadeLive, StoredTable, TableUse};

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) versions: BTreeMap<Digest, StoredTable>,
    live: BTreeMap<Arc<str>, Digest>,
    /// By name and entry.
    deployments: BTreeMap<(Arc<str>, u64), MadeLive>,
    /// By name and definition.
    uses: BTreeMap<(Arc<str>, Digest), TableUse>,
}

impl Tables {
    pub(super) fn deploy(&mut self, table: &StoredTable, by: &str, entry: u64) {
        self.versions.entry(table.version).or_insert_with(|| table.clone());
        self.live.insert(table.name.clone(), table.version);
        let deployment = MadeLive {
            entry,
            version: table.version,
            at_us: table.deployed_at_us,
            actor: by.into(),
        };
        self.deployments.insert((table.name.clone(), entry), deployment);
    }

    pub(super) fn note_uses(&mut self, definition: &Definition) {
        for table in &definition.tables {
            let using = TableUse {
                definition: definition.hash,
                workflow: definition.workflow.clone(),
            };
            self.uses.entry((table.clone(), definition.hash)).or_insert(using);
        }
    }

    pub(super) fn live(&self) -> Vec<(Arc<str>, Digest)> {
        self.live.iter().map(|(name, version)| (name.clone(), *version)).collect()
    }

    pub(super) fn history(&self, name: &str, before: u64, limit: usize) -> Vec<MadeLive> {
        let name: Arc<str> = name.into();
        let of_it = self.deployments.range((name.clone(), 0)..(name, before));
        of_it.rev().take(limit).map(|(_, deployment)| deployment.clone()).collect()
    }

    pub(super) fn uses(&self, name: &str) -> Vec<TableUse> {
        let of_it = self.uses.iter().filter(|((known, _), _)| **known == *name);
        of_it.map(|(_, using)| using.clone()).collect()
    }
}

impl Contents {
    pub(super) fn is_unfinished(&self, using: &TableUse) -> bool {
        let mut rows = self.instances.values();
        rows.any(|row| row.workflow == using.workflow && row.definition == using.definition && !row.done && row.sequence > 0)
    }
}
