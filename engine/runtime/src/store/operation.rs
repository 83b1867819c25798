//! What an operator asks a database: which nodes are there, and what waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::StoreResult;

/// Rows that are counted at most of what waits: beyond it "more" says as much as a number, and counting has to end.
pub const COUNTED_MAX: u64 = 10_000;

/// Nodes that are answered at most.
pub const NODES_MAX: usize = 256;

#[async_trait]
pub trait OperationStore: Send + Sync {
    /// A node says how it is; rows of nodes not seen since `forget_before_us` are forgotten.
    async fn beat(&self, node: &NodeRow, forget_before_us: i64) -> StoreResult<()>;
    /// The nodes that were seen lately, by name; [`NODES_MAX`] at most.
    async fn nodes(&self) -> StoreResult<Vec<NodeRow>>;
    /// What waits at a moment.
    async fn backlog(&self, now_us: i64) -> StoreResult<Backlog>;
}

/// A node, as it said itself when it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    pub node: Arc<str>,
    /// Of the program.
    pub version: Arc<str>,
    pub started_at_us: i64,
    pub seen_at_us: i64,
    /// It ended as it should.
    pub left: bool,
    /// Inputs taken in the last minute.
    pub taken_lately: u64,
    /// Inputs that wait in its memory.
    pub waiting: u64,
    /// Bytes of memory it has, where the system says so.
    pub memory_bytes: Option<u64>,
}

/// What the database keeps for somebody to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Timers that are due and not fired.
    pub timers: Waiting,
    /// Messages and answers that may be taken and were not.
    pub messages: Waiting,
    /// Effects that may be tried now and that nobody has leased, by adapter. Of so many that not all were counted, those due first.
    pub effects: Vec<(Arc<str>, Waiting)>,
    /// Effects that a node has leased.
    pub leased: u64,
    /// What gave up and waits for a person; since the oldest.
    pub incidents: Waiting,
    /// Open tasks whose due has passed, by workflow; since the oldest due. Of so many that not all were counted, those due first.
    pub overdue: Vec<(Arc<str>, Waiting)>,
}

impl Backlog {
    /// The overdue tasks of all workflows.
    pub fn overdue_in_all(&self) -> Waiting {
        let all = self.overdue.iter().map(|(_, waiting)| waiting);
        Waiting {
            count: all.clone().map(|waiting| waiting.count).sum(),
            oldest_us: all.filter_map(|waiting| waiting.oldest_us).min(),
        }
    }
}

/// How much waits, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// [`COUNTED_MAX`] means so many or more.
    pub count: u64,
    pub oldest_us: Option<i64>,
}

/// An effect that is due: its adapter, when it fell due, and until when a node has it.
pub(super) type DueEffect = (Arc<str>, i64, Option<i64>);

/// What waits at each adapter of what is due, the earliest first, and how many of them a node has.
pub(super) fn by_adapter(due: impl IntoIterator<Item = DueEffect>, now_us: i64) -> (Vec<(Arc<str>, Waiting)>, u64) {
    let mut effects: BTreeMap<Arc<str>, Waiting> = BTreeMap::new();
    let mut leased = 0;
    for (adapter, due_us, until_us) in due {
        if until_us.is_some_and(|until_us| until_us > now_us) {
            leased += 1;
            continue;
        }
        let waiting = effects.entry(adapter).or_default();
        *waiting = Waiting::of(waiting.count + 1, waiting.oldest_us.or(Some(due_us)));
    }
    (effects.into_iter().collect(), leased)
}

impl Waiting {
    pub(super) fn of(count: u64, oldest_us: Option<i64>) -> Self {
        Waiting { count, oldest_us }
    }

    /// Whether there may be more than were counted.
    pub fn may_be_more(&self) -> bool {
        self.count >= COUNTED_MAX
    }
}
