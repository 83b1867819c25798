//! Conversations of instances, and what people have read of what they were told. Reading is no act of a workflow: nothing rests on it, and it
//! leaves no entry.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::InstanceId;

use super::check::check_text;
use super::{NoticePlace, NoticeRow, StoreResult};

#[async_trait]
pub trait InboxStore: Send + Sync {
    /// What stands in the thread of an instance.
    async fn thread(&self, instance: InstanceId, part: ThreadPart, limit: usize) -> StoreResult<Vec<NoticeRow>>;
    /// The first time counts, and nothing that was read becomes unread.
    ///
    /// # Errors
    /// [`super::StoreError::Refused`]: the person's name has a NUL character.
    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()>;
    /// What this person has read of these.
    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy>;
    /// Who has read each of these by itself: notice by notice as they were asked for, of each in the order of the readers' names, at most so
    /// many.
    async fn readers(&self, notices: &[NoticePlace], limit: usize) -> StoreResult<Vec<Receipt>>;
}

/// Which part of a thread, by (sequence, ordinal).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadPart {
    /// Oldest first.
    After(u64, u32),
    /// Newest first.
    Before(u64, u32),
}

impl ThreadPart {
    pub const OLDEST: ThreadPart = ThreadPart::After(0, 0);
    /// No store counts so far.
    pub const NEWEST: ThreadPart = ThreadPart::Before(i64::MAX as u64, u32::MAX);
}

/// That somebody has read something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    pub person: Arc<str>,
    /// These, each by itself: it can be told who has.
    pub each: Vec<NoticePlace>,
    /// This one and all that stand before it in their inbox.
    pub up_to: Option<NoticePlace>,
    /// When.
    pub at_us: i64,
}

/// What somebody has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadBy {
    /// This one and all that stand before it.
    pub up_to: Option<NoticePlace>,
    /// Of those asked for these, each by itself.
    pub one_by_one: BTreeSet<(InstanceId, u64, u32)>,
}

impl ReadBy {
    pub fn includes(&self, place: &NoticePlace) -> bool {
        self.up_to.is_some_and(|up_to| *place <= up_to) || self.one_by_one.contains(&place.by_itself())
    }
}

/// That somebody has read a notice, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub instance: InstanceId,
    pub sequence: u64,
    pub ordinal: u32,
    pub person: Arc<str>,
    pub at_us: i64,
}

/// What no store could keep.
pub(super) fn check_mark(mark: &ReadMark) -> StoreResult<()> {
    check_text("the reader's name", &mark.person)
}
