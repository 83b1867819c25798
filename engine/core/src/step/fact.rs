//! What a step saw of other instances, and what it still has to see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::identity::InstanceId;
use crate::time::CalendarVersion;
use crate::value::Value;

/// What was looked up for one step. Recorded with the input, so that replay reads nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// By read name and resolved key: the same read may be asked with several keys in one step.
    pub views: BTreeMap<(Arc<str>, Arc<str>), Fact>,
    /// Drawn by the shell when a step asks for it.
    pub entropy: Option<[u8; 32]>,
    /// The calendar that the chart names, as it is live: handed in when a step asks for it.
    pub calendar: Option<Arc<CalendarVersion>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub instance: InstanceId,
    /// Its sequence when it was seen; 0 if there was none. Compared again in the commit.
    pub sequence: u64,
    /// Only the paths that the chart names; null if there was none.
    pub view: Value,
}

/// A step that cannot go on without these. It is called again with them, from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub reads: Vec<ReadRequest>,
    pub entropy: bool,
    /// The name of the calendar that business time is to be counted along.
    pub calendar: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadRequest {
    pub read: Arc<str>,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
}
