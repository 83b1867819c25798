//! The store: one narrow trait where a method is a transaction.
//!
//! # What the engine relies on
//! - Writes are fenced by the instance's sequence. A timer, a message or an effect belongs to one instance and is consumed only
//!   by a commit of that instance; so the fence alone makes every wake-up happen once, without leases on them.
//! - A message to nobody is the exception: it is taken out without a commit of its receiver, so that a commit takes only messages
//!   that are still there.
//! - An input key stands in the trail entry it caused and is unique within its instance.
//! - Moments are microseconds since 1970, in UTC. Nothing of a dialect's own time type is used.
//! - Tables that fill and empty (timer, message, effect) stay small; the trail is only appended to and never read to take a step.
//!
//! # Which answer a write gets
//! The first of these that holds: an input key is in the trail (`Duplicate`), a message that it takes is not there
//! (`MessageGone`), the sequence is another (`Moved`), a read or what was found is another (`ReadMoved`), a claim is another's (`ClaimHeld`). The
//! writes of a call are decided in their order, each as if those before it that were applied had happened, with two exceptions
//! that hold for the call as a whole: a claim released in it is not free before the commit, and a watch begun or ended in it
//! counts for every wake-up of it. Messages come in the order of the writes, wake-ups after them.
//!
//! `memory` is the reference; `sqlite` and `postgres` must answer every sequence of operations as it does.

mod check;
mod field;
mod file;
mod history;
mod identity;
mod inbox;
mod mail;
mod mark;
pub mod memory;
mod migration;
mod notice;
mod open;
mod operation;
pub mod postgres;
mod read;
mod search;
pub mod sqlite;
mod subject;
mod task;
mod tied;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::BlindKey;

pub use check::check_writes;
pub use field::{
    FIELD_BYTES_MAX, FieldCondition, FindPage, FindQuery, FoundBefore, FoundThen, INDEXED_VALUES_MAX, IndexedValue, STATES_MAX,
};
pub use file::{Admitted, Attachment, CHUNK_BYTES, FileStore, NewAttachment, NewChunk, NewUpload, UploadRow, WholeUpload};
pub use history::{HistoryPlace, HistoryQuery, HistoryRow, HistoryStore};
pub use identity::{Credential, CredentialChange, EndedSessions, IdentityChange, Session};
pub use inbox::{InboxStore, ReadBy, ReadMark, Receipt, ThreadPart};
pub use mail::{MailCounts, MailEnd, MailLease, MailResult, MailRow, MailStore};
pub use mark::{MARK_PAIRS_MAX, MarkBack, MarkPage, MarkQuery, MarkRow, NewMark};
pub use notice::{NewNotice, NoticePage, NoticePlace, NoticeRow};
pub use open::open;
pub use operation::{Backlog, COUNTED_MAX, NODES_MAX, NodeRow, OperationStore, Waiting};
pub use read::{
    DueTimer, EffectRow, Incident, IncidentKind, InstanceRow, ListPage, ListQuery, MadeLive, MessageRow, PersonalRow,
    StoredCalendar, StoredDefinition, StoredDocument, StoredTable, Stray, StrayTable, TableUse, TokenRow, TrailRow,
};
pub use search::{SEARCH_LINES_MAX, SearchLine, SearchPage, SearchPlace, SearchQuery};
pub use subject::{SUBJECT_BYTES_MAX, SUBJECTS_MAX};
pub use task::{OpenTaskQuery, PRIORITY_MAX, TaskPage, TaskPlace, TaskQuery, TaskRow};
pub use tied::{TIED_INSTANCES_MAX, TiedQuery};
pub use write::{
    Applied, Claim, Definition, EffectEnd, EffectResult, NewEffect, NewEntry, NewMessage, NewToken, NextInstance, Repair, Write,
    wake_body, wake_key,
};

/// What went wrong, by what the caller can do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Trying the same again may succeed: connection lost, database restarting, deadlock, busy.
    #[error("the database is not available now: {0}")]
    Unavailable(String),
    /// The disk under the database is full. Nothing was written; reads go on, and writes do as soon as there is room.
    #[error("the database has no room left: {0}")]
    Full(String),
    /// The schema is newer or older than this program.
    #[error("{0}")]
    Schema(String),
    /// Stored bytes do not mean what they should. Never ignored.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// The caller asked for what can never be right (see [`check_writes`]); trying again is of no use. Nothing was written.
    #[error("the store refuses this: {0}")]
    Refused(String),
}

pub type StoreResult<T> = Result<T, StoreError>;

/// Under what the key of the blind index stands among the secrets of a database.
const BLIND_KEY: &str = "blind index";

/// Each method is one transaction. Implementations are cheap to clone behind an `Arc` and may be used from many tasks.
#[async_trait]
pub trait Store: HistoryStore + Send + Sync + 'static {
    /// Makes or upgrades the schema; forward only; safe when two nodes do it at once.
    async fn migrate(&self) -> StoreResult<()>;
    /// The key under which what is personal is found: made once, by the database itself.
    async fn blind_key(&self) -> StoreResult<BlindKey>;

    // Definitions

    /// Keeps a definition for ever (nothing happens if it is known) and makes it the one that new instances of its workflow
    /// take. The write is the system trail's entry of the deployment and is fenced like any other: `Applied::Moved` changes nothing.
    async fn deploy(&self, definition: &Definition, act: &Write) -> StoreResult<Applied>;
    async fn definition(&self, hash: Digest) -> StoreResult<Option<StoredDefinition>>;
    /// The live one of each workflow, by name.
    async fn live_definitions(&self) -> StoreResult<Vec<StoredDefinition>>;
    /// The same without sources: every node asks each second whether another one has deployed.
    async fn live_hashes(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        let live = self.live_definitions().await?;
        Ok(live
            .into_iter()
            .map(|definition| (definition.workflow, definition.hash))
            .collect())
    }
    /// The next running number of a workflow, drawn for good (a number that is not used leaves a gap).
    async fn draw_number(&self, workflow: &str) -> StoreResult<u64>;

    // Calendars

    /// Keeps a version of a calendar for ever (nothing happens if it is known) and makes it the live one. The write is the system
    /// trail's entry of it, as for a definition.
    async fn deploy_calendar(&self, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied>;
    async fn calendar(&self, version: Digest) -> StoreResult<Option<StoredCalendar>>;
    /// Name and live version of each, by name: every node asks each second whether another one has deployed.
    async fn live_calendars(&self) -> StoreResult<Vec<(Arc<str>, Digest)>>;

    // Live tables

    /// Keeps a version of a live table for ever (nothing happens if it is known), makes it the live one and adds it to the table's
    /// history. The write is the system trail's entry of it, as for a definition.
    async fn deploy_table(&self, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied>;
    async fn table(&self, version: Digest) -> StoreResult<Option<StoredTable>>;
    /// Name and live version of each, by name: every node asks each second whether another one has deployed.
    async fn live_tables(&self) -> StoreResult<Vec<(Arc<str>, Digest)>>;
    /// When versions of a table were made live, the latest first: those whose entry stands before this one.
    async fn table_history(&self, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>>;
    /// Every definition that was ever deployed and asks the table.
    async fn table_uses(&self, name: &str) -> StoreResult<Vec<TableUse>>;
    /// Whether instances of that definition are not done. Looks through those of the workflow until it finds one.
    async fn is_unfinished(&self, using: &TableUse) -> StoreResult<bool>;

    // Documents: other kinds of files that are deployed by themselves

    /// Keeps a version of a document for ever (nothing happens if it is known), makes it the live one of its kind and name, and adds it to
    /// their history. The write is the system trail's entry of it, as for a definition.
    async fn deploy_document(&self, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied>;
    async fn document(&self, version: Digest) -> StoreResult<Option<StoredDocument>>;
    /// Name and live version of each of this kind, by name: every node asks each second whether another one has deployed.
    async fn live_documents(&self, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>>;
    /// When versions of one were made live, the latest first: those whose entry stands before this one.
    async fn document_history(&self, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>>;

    // Instances

    /// In the order asked for; `None` where there is none.
    async fn load(&self, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>>;
    /// Personal values of an instance, by reference; empty after erasure.
    async fn personal(&self, instance: InstanceId) -> StoreResult<Vec<PersonalRow>>;
    /// The same of each of these, in the order asked for.
    async fn personal_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>>;
    /// All writes in one transaction, each applied whole or not at all, independently of the others. Answers stand in the
    /// order of the writes. No two writes of one call are of the same instance. An input key that is in the trail already is
    /// `Duplicate` even where the sequence has moved: a repetition is told from a race.
    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>>;
    /// The same. What is shared, a store that commits on a task or a thread of its own need not copy; it has let go of it when it answers.
    async fn commit_shared(&self, writes: Arc<Vec<Write>>) -> StoreResult<Vec<Applied>> {
        self.commit(&writes).await
    }
    /// Newest first, within one workflow or over all.
    async fn list(&self, query: &ListQuery) -> StoreResult<ListPage>;

    /// Instances of a workflow by the values of their fields and by their states, in the order of their identifiers.
    async fn find(&self, query: &FindQuery) -> StoreResult<FindPage>;
    /// How many meet the query, whatever its limit and where it continues.
    async fn count_found(&self, query: &FindQuery) -> StoreResult<u64>;

    /// Values of fields within ranges, with whose they are: over any workflows at once, by their bytes.
    async fn search(&self, query: &SearchQuery) -> StoreResult<SearchPage>;
    /// Those of some instances that an index does not rule out.
    async fn tied(&self, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>>;

    // Waking

    /// Due at or before `now_us`, earliest first, without incident.
    async fn due_timers(&self, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>>;
    /// When the earliest armed timer or delayed message (due later than it was inserted) is due, incidents and deferred ones
    /// apart. In the past, if something due has not been taken yet.
    async fn next_due(&self) -> StoreResult<Option<i64>>;
    /// Messages that may be taken (due, not deferred, without incident), in order for each receiver, inserted at or before
    /// `older_than_us` (a node hands its own over directly; the poll is for what was orphaned).
    async fn ready_messages(&self, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>>;

    /// The messages of these receivers that may be taken, in order for each, however young: what a node that has just committed
    /// them takes on at once, without looking at anyone else's.
    async fn messages_of(&self, receivers: &[InstanceId], now_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        let mut rows = self.ready_messages(now_us, now_us, limit).await?;
        rows.retain(|row| receivers.contains(&row.to));
        Ok(rows)
    }

    /// One message, whatever it waits for: what a person decides about an incident is told to its sender.
    async fn message(&self, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>>;
    /// Takes a message out whose receiver does not exist, and answers its sender. False: it is gone, or the receiver exists by now.
    /// Whoever begins the receiver at the same time finds the message gone, or it is not taken out.
    async fn bounce(&self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> StoreResult<bool>;

    // Tasks and notices

    /// A page of what somebody may work on: tasks that match any of what the query names, each once, by their places.
    async fn tasks(&self, query: &TaskQuery) -> StoreResult<TaskPage>;
    /// The open tasks of these instances, by instance and name.
    async fn tasks_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>>;
    /// None: it is not open.
    async fn task(&self, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>>;
    /// The tasks that this person holds, by instance and name, after those named: for who takes all of them over.
    async fn held_by(&self, user: &str, after: Option<(InstanceId, Arc<str>)>, limit: usize) -> StoreResult<Vec<TaskRow>>;
    /// The open tasks that meet the query, whoever may take them, by instance and name.
    async fn open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<TaskPage>;
    /// How many meet it, whatever its limit.
    async fn count_open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<u64>;
    /// How many open tasks each of these holds, in the order asked.
    async fn loads(&self, users: &[Arc<str>]) -> StoreResult<Vec<u64>>;
    /// What any of these subjects was told, newest first, each once.
    async fn notices(&self, subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> StoreResult<NoticePage>;
    /// What stands in the threads of instances, and what people have read.
    fn inboxes(&self) -> &dyn InboxStore;

    // Marks

    /// The newest marks that meet the query.
    async fn marks(&self, query: &MarkQuery) -> StoreResult<MarkPage>;
    /// How many meet it, whatever its limit.
    async fn count_marks(&self, query: &MarkQuery) -> StoreResult<u64>;

    // The outbox

    /// Leases effects that are due and whose lease, if any, has ended. Each lease raises the effect's epoch; the one that a
    /// commit takes for its own node ([`Write::lease`]) is epoch 1.
    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>>;
    /// Holds leases for longer while a call is under way: (instance, effect key, epoch of the lease). Answers whether each was
    /// still ours; a lease that another node has taken since stays lost.
    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>>;
    /// Counts the first attempt, which is about to be made, so that whoever leases the effect next knows of it. Answers whether the lease
    /// was still ours and nothing had been counted; if not, nothing is.
    async fn count_attempt(&self, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool>;
    /// Ends, postpones or fails attempts, each only if its lease epoch is still the current one. An effect that ends becomes a
    /// message to its instance in the same transaction. Answers whether each was still ours.
    async fn end_attempts(&self, results: &[EffectResult]) -> StoreResult<Vec<bool>>;

    // Incidents: timers, messages, effects and mails that wait for a person

    /// Marks a timer, a message, an effect or a mail as an incident, so that it is not offered again until a person decides. One that is
    /// gone, or an incident already, is left as it is.
    async fn raise_incident(&self, incident: &Incident) -> StoreResult<()>;
    /// The oldest first.
    async fn incidents(&self, limit: usize) -> StoreResult<Vec<Incident>>;
    /// Retries, skips or repairs an incident, together with the system trail's entry that says so. None: it was no incident any
    /// more, and nothing was written.
    async fn settle_incident(
        &self,
        instance: InstanceId,
        kind: IncidentKind,
        name: &str,
        repair: &Repair,
        act: &Write,
    ) -> StoreResult<Option<Applied>>;

    // The trail

    /// Entries after `after`, in order.
    async fn trail(&self, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>>;
    /// The entry that an input caused, if it came before.
    async fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>>;
    /// Instances in id order after `after`: what `verify` walks.
    async fn instances_after(&self, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>>;

    // The audit

    /// Every definition that was ever deployed, in the order of their hashes.
    async fn definitions_after(&self, after: Option<Digest>, limit: usize) -> StoreResult<Vec<StoredDefinition>>;
    /// Entries and personal values that belong to no instance, and entries outside of what their instance's head counts: one for each
    /// instance and table, `limit` of each table at most.
    async fn strays(&self, limit: usize) -> StoreResult<Vec<Stray>>;

    // Files

    /// Uploads, and what instances name of them.
    fn files(&self) -> &dyn FileStore;

    // Mail

    /// Mails that wait.
    fn mails(&self) -> &dyn MailStore;

    // What an operator asks

    /// Which nodes are there, and what waits.
    fn operations(&self) -> &dyn OperationStore;

    // Access tokens

    /// A second token of the same id or hash is refused.
    async fn add_token(&self, token: &NewToken, act: &Write) -> StoreResult<Applied>;
    /// Revoked ones are not found.
    async fn token(&self, hash: Digest) -> StoreResult<Option<TokenRow>>;
    /// Those not revoked, the oldest first.
    async fn tokens(&self) -> StoreResult<Vec<TokenRow>>;
    async fn revoke_token(&self, id: &str, now_us: i64, act: &Write) -> StoreResult<Applied>;

    // How people prove who they are, and who is signed in

    async fn credential(&self, person: &str) -> StoreResult<Option<Credential>>;
    async fn session(&self, hash: Digest) -> StoreResult<Option<Session>>;
    /// The oldest first.
    async fn sessions_of(&self, person: &str) -> StoreResult<Vec<Session>>;
    /// Those that were over at `now_us`, the longest first.
    async fn expired_sessions(&self, now_us: i64, limit: usize) -> StoreResult<Vec<Session>>;
    /// All of it or nothing: `Applied::Moved` too if the credential is not the one that the change was made of.
    async fn change_identity(&self, change: &IdentityChange, act: &Write) -> StoreResult<Applied>;
    /// Notes that a session was used. One that is over stays so, and an earlier moment changes nothing.
    async fn touch_session(&self, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()>;

    /// Waits for what is under way and lets go of the database.
    async fn close(&self);
}
