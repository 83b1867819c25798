//! What is read back.

use std::sync::Arc;

use statewright_core::identity::{Digest, InputKey, InstanceId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRow {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub definition: Digest,
    pub sequence: u64,
    pub done: bool,
    pub snapshot: String,
    pub head: Digest,
    pub started_at_us: i64,
    /// Bytes of the entry that `head` digests, which names the digest of `snapshot`. None: it is not there, or was not asked for
    /// ([`Store::instances_after`](super::Store::instances_after) does not).
    pub last_entry: Option<String>,
    /// What of the row cannot be read: the rest of it says nothing then.
    pub damage: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalRow {
    pub reference: Digest,
    /// Canonical JSON.
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTimer {
    pub instance: InstanceId,
    pub name: Arc<str>,
    pub due_us: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    pub to: InstanceId,
    /// Ascending in the order of arrival for each receiver.
    pub id: i64,
    pub key: InputKey,
    pub body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectRow {
    pub instance: InstanceId,
    pub key: Arc<str>,
    pub adapter: Arc<str>,
    pub body: String,
    /// Of the lease just taken.
    pub epoch: u64,
    /// Made before this one.
    pub attempts: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub instance: InstanceId,
    pub kind: IncidentKind,
    /// The timer's name, the message's id in decimal, the effect's key, or the mail's name.
    pub name: Arc<str>,
    pub error: String,
    pub attempts: u32,
    pub since_us: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IncidentKind {
    Timer,
    Message,
    Effect,
    Mail,
}

impl Incident {
    /// The oldest `limit`, in the order that all stores give them in.
    pub(super) fn oldest(mut incidents: Vec<Incident>, limit: usize) -> Vec<Incident> {
        incidents.sort_by(|a, b| a.order().cmp(&b.order()));
        incidents.truncate(limit);
        incidents
    }

    fn order(&self) -> (i64, IncidentKind, InstanceId, &str) {
        (self.since_us, self.kind, self.instance, &self.name)
    }
}

/// Keyset pages over (`started_at_us`, id), newest first.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub workflow: Option<Arc<str>>,
    pub done: Option<bool>,
    /// Continue after this one.
    pub after: Option<(i64, InstanceId)>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    pub rows: Vec<InstanceRow>,
    /// Whether there are more.
    pub more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRow {
    pub sequence: u64,
    pub at_us: i64,
    pub input_key: Option<InputKey>,
    pub bytes: String,
    /// What of the row cannot be read: the rest of it says nothing then.
    pub damage: Option<String>,
}

/// Rows that belong to nothing that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    pub table: StrayTable,
    /// Which they say they are of.
    pub instance: InstanceId,
    /// The least number of an entry; 0 of what has none.
    pub sequence: u64,
    pub rows: u64,
    /// Bytes of one of the entries, by which its instance may be named.
    pub entry: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayTable {
    /// Of no instance, or outside of what its head counts.
    Trail,
    Personal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDefinition {
    pub hash: Digest,
    pub workflow: Arc<str>,
    pub source: String,
    pub deployed_at_us: i64,
}

/// A version of a calendar, as it is deployed and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCalendar {
    /// Digest of the source.
    pub version: Digest,
    pub name: Arc<str>,
    /// The files it was made of, as canonical JSON (name → text).
    pub source: String,
    pub deployed_at_us: i64,
}

/// A version of a live table, as it is deployed and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTable {
    /// Digest of the source.
    pub version: Digest,
    pub name: Arc<str>,
    /// The files it was made of, as canonical JSON (name → text).
    pub source: String,
    pub deployed_at_us: i64,
}

/// A version of a view or of another kind of file that is deployed by itself, as it is deployed and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    /// Digest of the source.
    pub version: Digest,
    /// The key with which its file begins.
    pub kind: Arc<str>,
    pub name: Arc<str>,
    /// The files it was made of, as canonical JSON (name → text).
    pub source: String,
    pub deployed_at_us: i64,
}

/// Once that a version of a live table or of a document was made the live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeLive {
    /// The sequence of the entry in the system's trail that says so.
    pub entry: u64,
    pub version: Digest,
    pub at_us: i64,
    /// By whom.
    pub actor: Arc<str>,
}

/// A definition that asks a live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableUse {
    pub definition: Digest,
    pub workflow: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: Arc<str>,
    pub principal: String,
    pub created_at_us: i64,
    pub expires_at_us: Option<i64>,
}
