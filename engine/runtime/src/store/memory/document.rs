//! Documents: every version that was ever deployed, and when each was made live.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::Digest;

use crate::store::{MadeLive, StoredDocument};

/// A kind and a name of it.
type Named = (Arc<str>, Arc<str>);

#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) versions: BTreeMap<Digest, StoredDocument>,
    live: BTreeMap<Named, Digest>,
    /// By name and entry.
    deployments: BTreeMap<(Named, u64), MadeLive>,
}

impl Documents {
    pub(super) fn deploy(&mut self, document: &StoredDocument, by: &str, entry: u64) {
        let named = (document.kind.clone(), document.name.clone());
        self.versions.entry(document.version).or_insert_with(|| document.clone());
        self.live.insert(named.clone(), document.version);
        let deployment = MadeLive {
            entry,
            version: document.version,
            at_us: document.deployed_at_us,
            actor: by.into(),
        };
        self.deployments.insert((named, entry), deployment);
    }

    pub(super) fn live(&self, kind: &str) -> Vec<(Arc<str>, Digest)> {
        let of_it = self.live.iter().filter(|((known, _), _)| **known == *kind);
        of_it.map(|((_, name), version)| (name.clone(), *version)).collect()
    }

    pub(super) fn history(&self, kind: &str, name: &str, before: u64, limit: usize) -> Vec<MadeLive> {
        let named: Named = (kind.into(), name.into());
        let of_it = self.deployments.range((named.clone(), 0)..(named, before));
        of_it.rev().take(limit).map(|(_, deployment)| deployment.clone()).collect()
    }
}
