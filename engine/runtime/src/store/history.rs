//! The trail of all instances, in the order of time: what an auditor goes through.

use async_trait::async_trait;
use statewright_core::identity::InstanceId;

use super::{StoreResult, TrailRow};

#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Entries before a place, the newest first: of all instances by their places, or of one by their numbers, since clocks that were put
    /// back leave moments that fall while the numbers rise.
    async fn history(&self, query: &HistoryQuery) -> StoreResult<Vec<HistoryRow>>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Only of this one; then only the number of `before` counts.
    pub instance: Option<InstanceId>,
    pub before: HistoryPlace,
    /// Of all instances: none earlier than this. Of one it is not asked.
    pub from_us: i64,
    pub limit: usize,
}

/// Where an entry stands among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryPlace {
    pub at_us: i64,
    pub instance: InstanceId,
    pub sequence: u64,
}

impl HistoryPlace {
    /// Behind every entry that there is or will be.
    pub const END: HistoryPlace = HistoryPlace {
        at_us: i64::MAX,
        instance: InstanceId([0xff; 16]),
        sequence: u64::MAX,
    };

    /// Before everything of this moment.
    pub fn beginning_of(at_us: i64) -> Self {
        HistoryPlace {
            at_us,
            instance: InstanceId([0; 16]),
            sequence: 0,
        }
    }
}

/// An entry, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    pub instance: InstanceId,
    pub entry: TrailRow,
}

impl HistoryRow {
    pub fn place(&self) -> HistoryPlace {
        HistoryPlace {
            at_us: self.entry.at_us,
            instance: self.instance,
            sequence: self.entry.sequence,
        }
    }
}
