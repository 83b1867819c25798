//! Which of some instances an index does not rule out, for somebody who sees only what is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};

use super::{FIELD_BYTES_MAX, IndexedValue, StoreError, StoreResult};

/// Instances that are asked about at once.
pub const TIED_INSTANCES_MAX: usize = 2_000;

/// Of these instances: those that stand in the index with one of the pairs, and those of other definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TiedQuery {
    pub instances: BTreeSet<InstanceId>,
    /// Whose instances the pairs decide about. Each has its own.
    pub definitions: BTreeMap<Digest, BTreeSet<IndexedValue>>,
}

impl TiedQuery {
    /// Definition, field and value of each pair.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (Digest, &Arc<str>, &Arc<str>)> {
        let pairs = self.definitions.iter();
        pairs.flat_map(|(definition, pairs)| pairs.iter().map(|(field, value)| (*definition, field, value)))
    }
}

/// Refuses what no index holds.
pub(super) fn check(query: &TiedQuery) -> StoreResult<()> {
    let refuse = |what: &str| Err(StoreError::Refused(format!("ties: {what}")));
    if query.instances.len() > TIED_INSTANCES_MAX {
        return refuse("too many instances");
    }
    for text in query.pairs().flat_map(|(_, field, value)| [field, value]) {
        if text.contains('\0') {
            return refuse("a NUL character");
        }
        if text.len() > FIELD_BYTES_MAX {
            return refuse("a text that is too long");
        }
    }
    Ok(())
}
