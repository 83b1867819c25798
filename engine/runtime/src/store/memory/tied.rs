//! Which instances an index does not rule out.

use std::collections::BTreeSet;

use statewright_core::identity::InstanceId;

use super::contents::Contents;
use crate::store::TiedQuery;

impl Contents {
    pub(super) fn tied(&self, query: &TiedQuery) -> BTreeSet<InstanceId> {
        let is_tied = |id: &&InstanceId| {
            let Some(row) = self.instances.get(id) else { return false };
            let Some(pairs) = query.definitions.get(&row.definition) else {
                return true;
            };
            self.fields
                .get(id)
                .is_some_and(|found_by| pairs.iter().any(|pair| found_by.contains_key(pair)))
        };
        query.instances.iter().filter(is_tied).copied().collect()
    }
}
