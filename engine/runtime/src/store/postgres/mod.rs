//! PostgreSQL: any number of nodes on one database.
//!
//! Commits go through connections of their own (`committer`), planned once for ever; everything else through a pool. Nothing
//! here assumes to be alone: rows are fenced by their sequence or by a lease's epoch, and whoever loses is told.

mod act;
mod alone;
mod batch;
mod calendar;
mod careful;
mod columns;
mod committer;
mod connection;
#[cfg(test)]
mod distribution;
mod document;
mod field;
mod file;
mod found;
mod history;
mod identity;
mod inbox;
mod incident;
mod mail;
mod mark;
mod notice;
mod number;
mod operation;
mod outbox;
mod part;
#[cfg(test)]
mod plan;
mod record;
mod row;
mod schema;
mod search;
mod secret;
mod statement;
mod table;
mod task;
mod task_field;
mod tied;
mod token;
mod topic;
mod uuid;
mod wake;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgPool;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::BlindKey;

use self::act::Deed;
use self::committer::Committers;
use self::connection::Address;
use self::number::Numbers;
use super::check::{check_answer, check_calendar, check_document, check_results, check_table, check_text, check_token};
use super::identity::check_identity;
use super::search::check as check_search;
use super::tied::check as check_ties;
use super::{
    Applied, Credential, Definition, DueTimer, EffectResult, EffectRow, FileStore, FindPage, FindQuery, IdentityChange,
    InboxStore, Incident, IncidentKind, InstanceRow, ListPage, ListQuery, MadeLive, MailStore, MarkPage, MarkQuery, MessageRow,
    NewMessage, NewToken, NoticePage, NoticePlace, OpenTaskQuery, OperationStore, PersonalRow, Repair, SearchPage, SearchQuery,
    Session, Store, StoreResult, StoredCalendar, StoredDefinition, StoredDocument, StoredTable, Stray, TableUse, TaskPage,
    TaskQuery, TaskRow, TiedQuery, TokenRow, TrailRow, Write, check_writes,
};

/// Where the URL does not say how many connections commit: while one flushes, the other gathers.
const COMMITTERS: usize = 2;

pub struct PostgresStore {
    pool: PgPool,
    committers: Committers,
    numbers: Numbers,
}

impl PostgresStore {
    /// Connects once, to say at once if that cannot be done. Must be called within a tokio runtime.
    pub async fn open(url: &str) -> StoreResult<Self> {
        Self::open_with(url, COMMITTERS).await
    }

    /// With this many connections that commit.
    pub async fn open_with(url: &str, committers: usize) -> StoreResult<Self> {
        let address = Address::parse(url)?;
        address.check().await?;
        let pool = address.pool();
        Ok(PostgresStore {
            committers: Committers::start(&address, committers.max(1)),
            numbers: Numbers::start(pool.clone()),
            pool,
        })
    }

    async fn act(&self, deed: Deed<'_>, act: &Write) -> StoreResult<Applied> {
        check_writes(std::slice::from_ref(act))?;
        let applied = act::perform(&self.pool, &deed, act).await?;
        Ok(applied.unwrap_or(Applied::Moved))
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> StoreResult<()> {
        schema::migrate(&self.pool).await
    }

    async fn deploy(&self, definition: &Definition, act: &Write) -> StoreResult<Applied> {
        check_text("the definition's source", &definition.source)?;
        check_text("the workflow's name", &definition.workflow)?;
        self.act(Deed::Deploy(definition), act).await
    }

    async fn definition(&self, hash: Digest) -> StoreResult<Option<StoredDefinition>> {
        record::definition(&self.pool, hash).await
    }

    async fn live_definitions(&self) -> StoreResult<Vec<StoredDefinition>> {
        record::live_definitions(&self.pool).await
    }

    async fn live_hashes(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        record::live_hashes(&self.pool).await
    }

    async fn deploy_calendar(&self, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied> {
        check_calendar(calendar)?;
        self.act(Deed::DeployCalendar(calendar), act).await
    }

    async fn calendar(&self, version: Digest) -> StoreResult<Option<StoredCalendar>> {
        calendar::find(&self.pool, version).await
    }

    async fn live_calendars(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        calendar::live(&self.pool).await
    }

    async fn deploy_table(&self, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied> {
        check_table(table, by)?;
        self.act(Deed::DeployTable { table, by }, act).await
    }

    async fn table(&self, version: Digest) -> StoreResult<Option<StoredTable>> {
        table::find(&self.pool, version).await
    }

    async fn live_tables(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        table::live(&self.pool).await
    }

    async fn table_history(&self, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        check_text("the table's name", name)?;
        table::history(&self.pool, name, before, limit).await
    }

    async fn table_uses(&self, name: &str) -> StoreResult<Vec<TableUse>> {
        check_text("the table's name", name)?;
        table::uses(&self.pool, name).await
    }

    async fn is_unfinished(&self, using: &TableUse) -> StoreResult<bool> {
        table::is_unfinished(&self.pool, using).await
    }

    async fn deploy_document(&self, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied> {
        check_document(document, by)?;
        self.act(Deed::DeployDocument { document, by }, act).await
    }

    async fn document(&self, version: Digest) -> StoreResult<Option<StoredDocument>> {
        document::find(&self.pool, version).await
    }

    async fn live_documents(&self, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        check_text("the document's kind", kind)?;
        document::live(&self.pool, kind).await
    }

    async fn document_history(&self, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        check_text("the document's kind", kind)?;
        check_text("the document's name", name)?;
        document::history(&self.pool, kind, name, before, limit).await
    }

    async fn draw_number(&self, workflow: &str) -> StoreResult<u64> {
        check_text("the workflow's name", workflow)?;
        self.numbers.draw(workflow).await
    }

    async fn load(&self, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
        record::load(&self.pool, ids).await
    }

    async fn personal(&self, instance: InstanceId) -> StoreResult<Vec<PersonalRow>> {
        record::personal(&self.pool, instance).await
    }

    async fn personal_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>> {
        record::personal_of(&self.pool, instances).await
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        check_writes(writes)?;
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.committers.commit(Arc::new(writes.to_vec())).await
    }

    async fn commit_shared(&self, writes: Arc<Vec<Write>>) -> StoreResult<Vec<Applied>> {
        check_writes(&writes)?;
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.committers.commit(writes).await
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<ListPage> {
        record::list(&self.pool, query).await
    }

    async fn find(&self, query: &FindQuery) -> StoreResult<FindPage> {
        field::find(&self.pool, query).await
    }

    async fn count_found(&self, query: &FindQuery) -> StoreResult<u64> {
        field::count_found(&self.pool, query).await
    }

    async fn search(&self, query: &SearchQuery) -> StoreResult<SearchPage> {
        check_search(query)?;
        search::find(&self.pool, query).await
    }

    async fn tied(&self, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>> {
        check_ties(query)?;
        tied::find(&self.pool, query).await
    }

    async fn due_timers(&self, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
        wake::due_timers(&self.pool, now_us, limit).await
    }

    async fn next_due(&self) -> StoreResult<Option<i64>> {
        wake::next_due(&self.pool).await
    }

    async fn ready_messages(&self, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        wake::ready_messages(&self.pool, now_us, older_than_us, limit).await
    }

    async fn messages_of(&self, receivers: &[InstanceId], now_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        wake::messages_of(&self.pool, receivers, now_us, limit).await
    }

    async fn message(&self, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>> {
        wake::message(&self.pool, to, id).await
    }

    async fn bounce(&self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
        check_answer(answer)?;
        wake::bounce(&self.pool, to, message, answer).await
    }

    async fn tasks(&self, query: &TaskQuery) -> StoreResult<TaskPage> {
        task::find(&self.pool, query).await
    }

    async fn tasks_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>> {
        task::of_instances(&self.pool, instances).await
    }

    async fn task(&self, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>> {
        task::task(&self.pool, instance, name).await
    }

    async fn held_by(&self, user: &str, after: Option<(InstanceId, Arc<str>)>, limit: usize) -> StoreResult<Vec<TaskRow>> {
        task::held_by(&self.pool, user, after.as_ref(), limit).await
    }

    async fn open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<TaskPage> {
        task_field::find(&self.pool, query).await
    }

    async fn count_open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<u64> {
        task_field::count_found(&self.pool, query).await
    }

    async fn loads(&self, users: &[Arc<str>]) -> StoreResult<Vec<u64>> {
        task::loads(&self.pool, users).await
    }

    async fn notices(&self, subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> StoreResult<NoticePage> {
        notice::find(&self.pool, subjects, after, limit).await
    }

    async fn marks(&self, query: &MarkQuery) -> StoreResult<MarkPage> {
        mark::find(&self.pool, query).await
    }

    async fn count_marks(&self, query: &MarkQuery) -> StoreResult<u64> {
        mark::count_all(&self.pool, query).await
    }

    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
        check_text("the node's name", node)?;
        outbox::lease(&self.pool, node, now_us, until_us, limit).await
    }

    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
        outbox::extend(&self.pool, leases, until_us).await
    }

    async fn count_attempt(&self, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool> {
        outbox::count_attempt(&self.pool, instance, key, epoch).await
    }

    async fn end_attempts(&self, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
        check_results(results)?;
        outbox::end_attempts(&self.pool, results).await
    }

    async fn raise_incident(&self, incident: &Incident) -> StoreResult<()> {
        check_text("the incident", &incident.error)?;
        incident::raise(&self.pool, incident).await
    }

    async fn incidents(&self, limit: usize) -> StoreResult<Vec<Incident>> {
        incident::oldest(&self.pool, limit).await
    }

    async fn settle_incident(
        &self,
        instance: InstanceId,
        kind: IncidentKind,
        name: &str,
        repair: &Repair,
        act: &Write,
    ) -> StoreResult<Option<Applied>> {
        check_writes(std::slice::from_ref(act))?;
        if let Repair::Settle { answer } = repair {
            check_answer(answer.as_ref())?;
        }
        let deed = Deed::Settle {
            instance,
            kind,
            name,
            repair,
        };
        act::perform(&self.pool, &deed, act).await
    }

    async fn trail(&self, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>> {
        record::trail(&self.pool, instance, after, limit).await
    }

    async fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
        record::entry_of_input(&self.pool, instance, key).await
    }

    async fn instances_after(&self, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>> {
        record::instances_after(&self.pool, after, limit).await
    }

    async fn definitions_after(&self, after: Option<Digest>, limit: usize) -> StoreResult<Vec<StoredDefinition>> {
        record::definitions_after(&self.pool, after, limit).await
    }

    async fn strays(&self, limit: usize) -> StoreResult<Vec<Stray>> {
        record::strays(&self.pool, limit).await
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

    fn files(&self) -> &dyn FileStore {
        self
    }

    async fn add_token(&self, token: &NewToken, act: &Write) -> StoreResult<Applied> {
        check_token(token)?;
        self.act(Deed::AddToken(token), act).await
    }

    async fn blind_key(&self) -> StoreResult<BlindKey> {
        secret::blind_key(&self.pool).await
    }

    async fn token(&self, hash: Digest) -> StoreResult<Option<TokenRow>> {
        token::find(&self.pool, hash).await
    }

    async fn tokens(&self) -> StoreResult<Vec<TokenRow>> {
        token::all(&self.pool).await
    }

    async fn revoke_token(&self, id: &str, now_us: i64, act: &Write) -> StoreResult<Applied> {
        check_text("the token's id", id)?;
        self.act(Deed::RevokeToken { id, now_us }, act).await
    }

    async fn credential(&self, person: &str) -> StoreResult<Option<Credential>> {
        identity::credential(&self.pool, person).await
    }

    async fn session(&self, hash: Digest) -> StoreResult<Option<Session>> {
        identity::session(&self.pool, hash).await
    }

    async fn sessions_of(&self, person: &str) -> StoreResult<Vec<Session>> {
        identity::sessions_of(&self.pool, person).await
    }

    async fn expired_sessions(&self, now_us: i64, limit: usize) -> StoreResult<Vec<Session>> {
        identity::expired(&self.pool, now_us, limit).await
    }

    async fn change_identity(&self, change: &IdentityChange, act: &Write) -> StoreResult<Applied> {
        check_identity(change)?;
        self.act(Deed::ChangeIdentity(change), act).await
    }

    async fn touch_session(&self, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()> {
        identity::touch(&self.pool, hash, seen_at_us, expires_at_us).await
    }

    async fn close(&self) {
        self.committers.close().await;
        self.numbers.close().await;
        self.pool.close().await;
    }
}
