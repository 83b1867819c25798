//! What people are told: kept as it was written, for ever.

use std::sync::Arc;

use statewright_core::identity::InstanceId;

/// A notice to come.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// Of the entry that it belongs to, one of its write's.
    pub sequence: u64,
    /// Tells it from others of the same entry.
    pub ordinal: u32,
    pub at_us: i64,
    /// Whether it stands in the thread of its instance.
    pub thread: bool,
    /// Whether it goes out as mail.
    pub mailed: bool,
    /// Who finds it, as a task's; none: it is found in the thread alone.
    pub subjects: Vec<Arc<str>>,
    /// Canonical JSON that the runtime reads back.
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    pub instance: InstanceId,
    pub sequence: u64,
    pub ordinal: u32,
    pub at_us: i64,
    pub thread: bool,
    pub subjects: Vec<Arc<str>>,
    pub body: String,
}

impl NoticeRow {
    pub fn place(&self) -> NoticePlace {
        NoticePlace {
            at_us: self.at_us,
            instance: self.instance,
            sequence: self.sequence,
            ordinal: self.ordinal,
        }
    }
}

/// Where a notice stands among all; the newest is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticePlace {
    pub at_us: i64,
    pub instance: InstanceId,
    pub sequence: u64,
    pub ordinal: u32,
}

impl NoticePlace {
    /// What names it, wherever it stands.
    pub fn by_itself(&self) -> (InstanceId, u64, u32) {
        (self.instance, self.sequence, self.ordinal)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticePage {
    /// Newest first.
    pub rows: Vec<NoticeRow>,
    /// Whether there are more.
    pub more: bool,
}
