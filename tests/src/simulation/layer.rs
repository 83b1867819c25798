//! A store in front of another store: whatever it does not do itself goes through.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::{Digest, FileId, InputKey, InstanceId};
use statewright_core::step::BlindKey;
use statewright_engine::store::{
    Admitted, Applied, Attachment, Backlog, Credential, Definition, DueTimer, EffectResult, EffectRow, FileStore, FindPage,
    FindQuery, HistoryQuery, HistoryRow, HistoryStore, IdentityChange, InboxStore, Incident, IncidentKind, InstanceRow, ListPage,
    ListQuery, MadeLive, MailCounts, MailLease, MailResult, MailRow, MailStore, MarkPage, MarkQuery, MessageRow, NewChunk,
    NewMessage, NewToken, NewUpload, NodeRow, NoticePage, NoticePlace, NoticeRow, OpenTaskQuery, OperationStore, PersonalRow,
    ReadBy, ReadMark, Receipt, Repair, SearchPage, SearchQuery, Session, Store, StoreResult, StoredCalendar, StoredDefinition,
    StoredDocument, StoredTable, Stray, TableUse, TaskPage, TaskQuery, TaskRow, ThreadPart, TiedQuery, TokenRow, TrailRow,
    UploadRow, WholeUpload, Write,
};

/// Makes both the trait with its defaults and the store out of one list of what a store can do.
macro_rules! layers {
    ($( $name:ident ( $($argument:ident : $kind:ty),* ) -> $answer:ty; )*) => {
        /// What a layer does differently from the store behind it.
        pub trait Layer: Send + Sync + 'static {
            fn behind(&self) -> Arc<dyn Store>;

            /// Every call that the layer does not do itself passes through here.
            fn around<T: Send>(
                &self,
                what: &'static str,
                call: impl Future<Output = StoreResult<T>> + Send,
            ) -> impl Future<Output = StoreResult<T>> + Send {
                let _ = what;
                call
            }

            $(
                fn $name(&self, $($argument: $kind),*) -> impl Future<Output = StoreResult<$answer>> + Send {
                    async move {
                        let behind = self.behind();
                        self.around(stringify!($name), behind.$name($($argument),*)).await
                    }
                }
            )*
        }

        #[async_trait]
        impl<L: Layer> Store for Layered<L> {
            async fn migrate(&self) -> StoreResult<()> {
                self.0.behind().migrate().await
            }

            $(
                async fn $name(&self, $($argument: $kind),*) -> StoreResult<$answer> {
                    self.0.$name($($argument),*).await
                }
            )*

            fn files(&self) -> &dyn FileStore {
                self
            }

            fn inboxes(&self) -> &dyn InboxStore {
                self
            }

            fn mails(&self) -> &dyn MailStore {
                self
            }

            fn operations(&self) -> &dyn OperationStore {
                self
            }

            async fn close(&self) {
                self.0.behind().close().await;
            }
        }
    };
}

/// A layer, as the store that it is to whoever is in front of it.
pub struct Layered<L>(pub L);

layers! {
    blind_key() -> BlindKey;
    deploy(definition: &Definition, act: &Write) -> Applied;
    definition(hash: Digest) -> Option<StoredDefinition>;
    live_definitions() -> Vec<StoredDefinition>;
    live_hashes() -> Vec<(Arc<str>, Digest)>;
    deploy_calendar(calendar: &StoredCalendar, act: &Write) -> Applied;
    calendar(version: Digest) -> Option<StoredCalendar>;
    live_calendars() -> Vec<(Arc<str>, Digest)>;
    deploy_table(table: &StoredTable, by: &str, act: &Write) -> Applied;
    table(version: Digest) -> Option<StoredTable>;
    live_tables() -> Vec<(Arc<str>, Digest)>;
    table_history(name: &str, before: u64, limit: usize) -> Vec<MadeLive>;
    table_uses(name: &str) -> Vec<TableUse>;
    is_unfinished(using: &TableUse) -> bool;
    deploy_document(document: &StoredDocument, by: &str, act: &Write) -> Applied;
    document(version: Digest) -> Option<StoredDocument>;
    live_documents(kind: &str) -> Vec<(Arc<str>, Digest)>;
    document_history(kind: &str, name: &str, before: u64, limit: usize) -> Vec<MadeLive>;
    draw_number(workflow: &str) -> u64;
    load(ids: &[InstanceId]) -> Vec<Option<InstanceRow>>;
    personal(instance: InstanceId) -> Vec<PersonalRow>;
    personal_of(instances: &[InstanceId]) -> Vec<Vec<PersonalRow>>;
    commit(writes: &[Write]) -> Vec<Applied>;
    list(query: &ListQuery) -> ListPage;
    find(query: &FindQuery) -> FindPage;
    count_found(query: &FindQuery) -> u64;
    search(query: &SearchQuery) -> SearchPage;
    tied(query: &TiedQuery) -> BTreeSet<InstanceId>;
    due_timers(now_us: i64, limit: usize) -> Vec<DueTimer>;
    next_due() -> Option<i64>;
    ready_messages(now_us: i64, older_than_us: i64, limit: usize) -> Vec<MessageRow>;
    messages_of(receivers: &[InstanceId], now_us: i64, limit: usize) -> Vec<MessageRow>;
    message(to: InstanceId, id: i64) -> Option<MessageRow>;
    bounce(to: InstanceId, message: i64, answer: Option<&NewMessage>) -> bool;
    tasks(query: &TaskQuery) -> TaskPage;
    tasks_of(instances: &[InstanceId]) -> Vec<TaskRow>;
    task(instance: InstanceId, name: &str) -> Option<TaskRow>;
    held_by(user: &str, after: Option<(InstanceId, Arc<str>)>, limit: usize) -> Vec<TaskRow>;
    open_tasks(query: &OpenTaskQuery) -> TaskPage;
    count_open_tasks(query: &OpenTaskQuery) -> u64;
    loads(users: &[Arc<str>]) -> Vec<u64>;
    notices(subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> NoticePage;
    marks(query: &MarkQuery) -> MarkPage;
    count_marks(query: &MarkQuery) -> u64;
    lease_effects(node: &str, now_us: i64, until_us: i64, limit: usize) -> Vec<EffectRow>;
    extend_leases(leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> Vec<bool>;
    count_attempt(instance: InstanceId, key: &str, epoch: u64) -> bool;
    end_attempts(results: &[EffectResult]) -> Vec<bool>;
    raise_incident(incident: &Incident) -> ();
    incidents(limit: usize) -> Vec<Incident>;
    settle_incident(instance: InstanceId, kind: IncidentKind, name: &str, repair: &Repair, act: &Write) -> Option<Applied>;
    trail(instance: InstanceId, after: u64, limit: usize) -> Vec<TrailRow>;
    entry_of_input(instance: InstanceId, key: InputKey) -> Option<TrailRow>;
    instances_after(after: Option<InstanceId>, limit: usize) -> Vec<InstanceRow>;
    definitions_after(after: Option<Digest>, limit: usize) -> Vec<StoredDefinition>;
    strays(limit: usize) -> Vec<Stray>;
    add_token(token: &NewToken, act: &Write) -> Applied;
    token(hash: Digest) -> Option<TokenRow>;
    tokens() -> Vec<TokenRow>;
    revoke_token(id: &str, now_us: i64, act: &Write) -> Applied;
    credential(person: &str) -> Option<Credential>;
    session(hash: Digest) -> Option<Session>;
    sessions_of(person: &str) -> Vec<Session>;
    expired_sessions(now_us: i64, limit: usize) -> Vec<Session>;
    change_identity(change: &IdentityChange, act: &Write) -> Applied;
    touch_session(hash: Digest, seen_at_us: i64, expires_at_us: i64) -> ();
}

/// Nobody goes through it while the simulation runs: it goes through as it is.
#[async_trait]
impl<L: Layer> HistoryStore for Layered<L> {
    async fn history(&self, query: &HistoryQuery) -> StoreResult<Vec<HistoryRow>> {
        self.0.behind().history(query).await
    }
}

/// Nothing that is simulated rests on it: it goes through as it is.
#[async_trait]
impl<L: Layer> InboxStore for Layered<L> {
    async fn thread(&self, instance: InstanceId, part: ThreadPart, limit: usize) -> StoreResult<Vec<NoticeRow>> {
        self.0.behind().inboxes().thread(instance, part, limit).await
    }

    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()> {
        self.0.behind().inboxes().mark_read(mark).await
    }

    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy> {
        self.0.behind().inboxes().read_by(person, notices).await
    }

    async fn readers(&self, notices: &[NoticePlace], limit: usize) -> StoreResult<Vec<Receipt>> {
        self.0.behind().inboxes().readers(notices, limit).await
    }
}

/// The same.
#[async_trait]
impl<L: Layer> OperationStore for Layered<L> {
    async fn beat(&self, node: &NodeRow, forget_before_us: i64) -> StoreResult<()> {
        self.0.behind().operations().beat(node, forget_before_us).await
    }

    async fn nodes(&self) -> StoreResult<Vec<NodeRow>> {
        self.0.behind().operations().nodes().await
    }

    async fn backlog(&self, now_us: i64) -> StoreResult<Backlog> {
        self.0.behind().operations().backlog(now_us).await
    }
}

/// Files go through.
#[async_trait]
impl<L: Layer> FileStore for Layered<L> {
    async fn begin_upload(&self, upload: &NewUpload) -> StoreResult<Admitted> {
        self.0.behind().files().begin_upload(upload).await
    }

    async fn add_chunk(&self, chunk: NewChunk) -> StoreResult<Admitted> {
        self.0.behind().files().add_chunk(chunk).await
    }

    async fn finish_upload(&self, whole: &WholeUpload) -> StoreResult<bool> {
        self.0.behind().files().finish_upload(whole).await
    }

    async fn drop_upload(&self, file: FileId) -> StoreResult<()> {
        self.0.behind().files().drop_upload(file).await
    }

    async fn uploads(&self, files: &[FileId]) -> StoreResult<Vec<UploadRow>> {
        self.0.behind().files().uploads(files).await
    }

    async fn chunk(&self, file: FileId, number: u32) -> StoreResult<Option<Vec<u8>>> {
        self.0.behind().files().chunk(file, number).await
    }

    async fn attachments(&self, instance: InstanceId) -> StoreResult<Vec<Attachment>> {
        self.0.behind().files().attachments(instance).await
    }

    async fn sweep_files(&self, now_us: i64, limit: usize) -> StoreResult<usize> {
        self.0.behind().files().sweep_files(now_us, limit).await
    }
}

/// Mails go through.
#[async_trait]
impl<L: Layer> MailStore for Layered<L> {
    async fn lease_mails(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<MailRow>> {
        self.0.behind().mails().lease_mails(node, now_us, until_us, limit).await
    }

    async fn begin_letter(&self, mails: &[MailLease], letter: &str, until_us: i64) -> StoreResult<bool> {
        self.0.behind().mails().begin_letter(mails, letter, until_us).await
    }

    async fn settle_mails(&self, results: &[MailResult]) -> StoreResult<Vec<bool>> {
        self.0.behind().mails().settle_mails(results).await
    }

    async fn drop_mails(&self, before_us: i64, limit: usize) -> StoreResult<u64> {
        self.0.behind().mails().drop_mails(before_us, limit).await
    }

    async fn mail_counts(&self) -> StoreResult<MailCounts> {
        self.0.behind().mails().mail_counts().await
    }
}
