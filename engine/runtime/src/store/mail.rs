//! Mails that wait: what a notice that goes out as mail leaves with its commit, and what becomes of it.

use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::InstanceId;

use super::StoreResult;

/// A mail that waits, under a lease just taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    pub lease: MailLease,
    /// The notice that it tells of.
    pub sequence: u64,
    pub ordinal: u32,
    /// Whom it is for; None: it is not known yet whom the notice reaches.
    pub person: Option<Arc<str>>,
    /// When the notice was written.
    pub at_us: i64,
    /// Made before this one.
    pub attempts: u32,
    /// The letter in which it may have been sent already.
    pub letter: Option<Arc<str>>,
    /// Of the notice.
    pub body: String,
}

/// A mail, and the lease under which it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLease {
    pub instance: InstanceId,
    /// `SEQUENCE:ORDINAL` of the notice, and `:PERSON` once that is known.
    pub name: Arc<str>,
    pub epoch: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailEnd {
    /// It was sent, or need not be.
    Gone,
    /// It is for these, each from a moment on. One who is named twice has one mail.
    For(Vec<(Arc<str>, i64)>),
    Postponed {
        due_us: i64,
        /// None: nothing was tried.
        error: Option<String>,
    },
    Incident {
        error: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailResult {
    pub lease: MailLease,
    /// All of them by now.
    pub attempts: u32,
    pub at_us: i64,
    pub end: MailEnd,
}

/// How many mails wait to be sent, and how many for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailCounts {
    pub waiting: u64,
    pub failed: u64,
}

/// Each method is one transaction. Mails come with the commit that writes their notice ([`NewNotice::mailed`](super::NewNotice)); incidents
/// of theirs are those of the store.
#[async_trait]
pub trait MailStore: Send + Sync {
    /// Leases mails that are due and whose lease, if any, has ended: the longest due first. Each lease raises the mail's epoch.
    async fn lease_mails(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<MailRow>>;
    /// Notes in which letter these are about to be sent, and holds them until then. Answers whether all were still ours; if not, nothing
    /// is noted.
    async fn begin_letter(&self, mails: &[MailLease], letter: &str, until_us: i64) -> StoreResult<bool>;
    /// Ends, postpones or fails mails, each only if its lease epoch is still the current one. Answers whether each was still ours.
    async fn settle_mails(&self, results: &[MailResult]) -> StoreResult<Vec<bool>>;
    /// Takes out mails that were due before this moment, incidents and those that are leased beyond it apart; answers how many.
    async fn drop_mails(&self, before_us: i64, limit: usize) -> StoreResult<u64>;
    async fn mail_counts(&self) -> StoreResult<MailCounts>;
}

/// What a mail of a notice is called.
pub(super) fn name_of(sequence: u64, ordinal: u32, person: Option<&str>) -> String {
    match person {
        Some(person) => format!("{sequence}:{ordinal}:{person}"),
        None => format!("{sequence}:{ordinal}"),
    }
}
