//! What people have read of what they were told. It is no act of a workflow: nothing rests on it, and it leaves no entry.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::InstanceId;

use super::check::check_text;
use super::{NoticePlace, StoreResult};

#[async_trait]
pub trait InboxStore: Send + Sync {
    /// The first time counts, and nothing that was read becomes unread.
    ///
    /// # Errors
    /// [`super::StoreError::Refused`]: the person's name has a NUL character.
    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()>;
    /// What this person has read of these.
    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy>;
}

/// That somebody has read something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    pub person: Arc<str>,
    pub extent: ReadExtent,
    /// When.
    pub at_us: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadExtent {
    One(NoticePlace),
    /// This one and all that stand before it.
    UpTo(NoticePlace),
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
        let by_itself = (place.instance, place.sequence, place.ordinal);
        self.up_to.is_some_and(|up_to| *place <= up_to) || self.one_by_one.contains(&by_itself)
    }
}

/// What no store could keep.
pub(super) fn check_mark(mark: &ReadMark) -> StoreResult<()> {
    check_text("the reader's name", &mark.person)
}
