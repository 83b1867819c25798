//! SQLite: one file, one writing thread, several reading ones.
//!
//! Write-ahead log, `synchronous=FULL`: what was answered survives a power cut. `sqlite::memory:` is the writing thread's alone.

mod argument;
mod calendar;
mod commit;
mod connection;
mod document;
mod field;
mod file;
mod history;
mod identity;
mod inbox;
mod incident;
mod mail;
mod mark;
mod notice;
mod opening;
mod operation;
mod outbox;
#[cfg(test)]
mod plan;
mod readers;
mod record;
mod row;
mod schema;
mod search;
mod secret;
mod table;
mod task;
mod task_field;
mod tied;
mod token;
mod wake;
mod writer;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::BlindKey;

use self::readers::Readers;
use self::writer::Writer;
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

/// A store in a file, or in memory but as the file's would be.
pub struct SqliteStore {
    writer: Writer,
    /// None: in memory, where only the writer's connection sees anything.
    readers: Option<Readers>,
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> StoreResult<()> {
        self.write(schema::migrate).await
    }

    async fn deploy(&self, definition: &Definition, act: &Write) -> StoreResult<Applied> {
        check_text("the definition's source", &definition.source)?;
        check_text("the workflow's name", &definition.workflow)?;
        check_writes(std::slice::from_ref(act))?;
        let (definition, act) = (definition.clone(), act.clone());
        self.write(move |connection| record::deploy(connection, &definition, &act))
            .await
    }

    async fn definition(&self, hash: Digest) -> StoreResult<Option<StoredDefinition>> {
        self.read(move |connection| record::definition(connection, hash)).await
    }

    async fn live_definitions(&self) -> StoreResult<Vec<StoredDefinition>> {
        self.read(record::live_definitions).await
    }

    async fn live_hashes(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.read(record::live_hashes).await
    }

    async fn deploy_calendar(&self, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied> {
        check_calendar(calendar)?;
        check_writes(std::slice::from_ref(act))?;
        let (kept, act) = (calendar.clone(), act.clone());
        self.write(move |connection| calendar::deploy(connection, &kept, &act)).await
    }

    async fn calendar(&self, version: Digest) -> StoreResult<Option<StoredCalendar>> {
        self.read(move |connection| calendar::find(connection, version)).await
    }

    async fn live_calendars(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.read(calendar::live).await
    }

    async fn deploy_table(&self, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied> {
        check_table(table, by)?;
        check_writes(std::slice::from_ref(act))?;
        let (kept, by, act) = (table.clone(), by.to_owned(), act.clone());
        self.write(move |connection| table::deploy(connection, &kept, &by, &act))
            .await
    }

    async fn table(&self, version: Digest) -> StoreResult<Option<StoredTable>> {
        self.read(move |connection| table::find(connection, version)).await
    }

    async fn live_tables(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.read(table::live).await
    }

    async fn table_history(&self, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        check_text("the table's name", name)?;
        let name = name.to_owned();
        self.read(move |connection| table::history(connection, &name, before, limit))
            .await
    }

    async fn table_uses(&self, name: &str) -> StoreResult<Vec<TableUse>> {
        check_text("the table's name", name)?;
        let name = name.to_owned();
        self.read(move |connection| table::uses(connection, &name)).await
    }

    async fn is_unfinished(&self, using: &TableUse) -> StoreResult<bool> {
        let using = using.clone();
        self.read(move |connection| table::is_unfinished(connection, &using)).await
    }

    async fn deploy_document(&self, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied> {
        check_document(document, by)?;
        check_writes(std::slice::from_ref(act))?;
        let (kept, by, act) = (document.clone(), by.to_owned(), act.clone());
        self.write(move |connection| document::deploy(connection, &kept, &by, &act))
            .await
    }

    async fn document(&self, version: Digest) -> StoreResult<Option<StoredDocument>> {
        self.read(move |connection| document::find(connection, version)).await
    }

    async fn live_documents(&self, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        check_text("the document's kind", kind)?;
        let kind = kind.to_owned();
        self.read(move |connection| document::live(connection, &kind)).await
    }

    async fn document_history(&self, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        check_text("the document's kind", kind)?;
        check_text("the document's name", name)?;
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.read(move |connection| document::history(connection, &kind, &name, before, limit))
            .await
    }

    async fn draw_number(&self, workflow: &str) -> StoreResult<u64> {
        check_text("the workflow's name", workflow)?;
        let workflow = workflow.to_owned();
        self.write(move |connection| record::draw_numbers(connection, &workflow, 1))
            .await
    }

    async fn load(&self, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
        let ids = ids.to_vec();
        self.read(move |connection| record::load(connection, &ids)).await
    }

    async fn personal(&self, instance: InstanceId) -> StoreResult<Vec<PersonalRow>> {
        self.read(move |connection| record::personal(connection, instance)).await
    }

    async fn personal_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>> {
        let instances = instances.to_vec();
        self.read(move |connection| record::personal_of(connection, &instances)).await
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        self.commit_shared(Arc::new(writes.to_vec())).await
    }

    async fn commit_shared(&self, writes: Arc<Vec<Write>>) -> StoreResult<Vec<Applied>> {
        check_writes(&writes)?;
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |connection| commit::commit(connection, &writes)).await
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<ListPage> {
        let query = query.clone();
        self.read(move |connection| record::list(connection, &query)).await
    }

    async fn find(&self, query: &FindQuery) -> StoreResult<FindPage> {
        let query = query.clone();
        self.read(move |connection| field::find(connection, &query)).await
    }

    async fn count_found(&self, query: &FindQuery) -> StoreResult<u64> {
        let query = query.clone();
        self.read(move |connection| field::count_found(connection, &query)).await
    }

    async fn search(&self, query: &SearchQuery) -> StoreResult<SearchPage> {
        check_search(query)?;
        let query = query.clone();
        self.read(move |connection| search::find(connection, &query)).await
    }

    async fn tied(&self, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>> {
        check_ties(query)?;
        let query = query.clone();
        self.read(move |connection| tied::find(connection, &query)).await
    }

    async fn due_timers(&self, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
        self.read(move |connection| wake::due_timers(connection, now_us, limit)).await
    }

    async fn next_due(&self) -> StoreResult<Option<i64>> {
        self.read(wake::next_due).await
    }

    async fn ready_messages(&self, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        self.read(move |connection| wake::ready_messages(connection, now_us, older_than_us, limit))
            .await
    }

    async fn messages_of(&self, receivers: &[InstanceId], now_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        let receivers = receivers.to_vec();
        self.read(move |connection| wake::messages_of(connection, &receivers, now_us, limit))
            .await
    }

    async fn message(&self, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>> {
        self.read(move |connection| wake::message(connection, to, id)).await
    }

    async fn bounce(&self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
        check_answer(answer)?;
        let answer = answer.cloned();
        self.write(move |connection| wake::bounce(connection, to, message, answer.as_ref()))
            .await
    }

    async fn tasks(&self, query: &TaskQuery) -> StoreResult<TaskPage> {
        let query = query.clone();
        self.read(move |connection| task::find(connection, &query)).await
    }

    async fn tasks_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>> {
        let instances = instances.to_vec();
        self.read(move |connection| task::of_instances(connection, &instances)).await
    }

    async fn task(&self, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>> {
        let name = name.to_owned();
        self.read(move |connection| task::task(connection, instance, &name)).await
    }

    async fn held_by(&self, user: &str, after: Option<(InstanceId, Arc<str>)>, limit: usize) -> StoreResult<Vec<TaskRow>> {
        let user = user.to_owned();
        self.read(move |connection| task::held_by(connection, &user, after.as_ref(), limit))
            .await
    }

    async fn open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<TaskPage> {
        let query = query.clone();
        self.read(move |connection| task_field::find(connection, &query)).await
    }

    async fn count_open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<u64> {
        let query = query.clone();
        self.read(move |connection| task_field::count_found(connection, &query)).await
    }

    async fn loads(&self, users: &[Arc<str>]) -> StoreResult<Vec<u64>> {
        let users = users.to_vec();
        self.read(move |connection| task::loads(connection, &users)).await
    }

    async fn notices(&self, subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> StoreResult<NoticePage> {
        let subjects = subjects.to_vec();
        self.read(move |connection| notice::find(connection, &subjects, after, limit))
            .await
    }

    async fn marks(&self, query: &MarkQuery) -> StoreResult<MarkPage> {
        let query = query.clone();
        self.read(move |connection| mark::find(connection, &query)).await
    }

    async fn count_marks(&self, query: &MarkQuery) -> StoreResult<u64> {
        let query = query.clone();
        self.read(move |connection| mark::count_all(connection, &query)).await
    }

    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
        check_text("the node's name", node)?;
        let node = node.to_owned();
        self.write(move |connection| outbox::lease(connection, &node, now_us, until_us, limit))
            .await
    }

    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
        let leases = leases.to_vec();
        self.write(move |connection| outbox::extend(connection, &leases, until_us))
            .await
    }

    async fn count_attempt(&self, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool> {
        let key = key.to_owned();
        self.write(move |connection| outbox::count_attempt(connection, instance, &key, epoch))
            .await
    }

    async fn end_attempts(&self, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
        check_results(results)?;
        let results = results.to_vec();
        self.write(move |connection| outbox::end_attempts(connection, &results)).await
    }

    async fn raise_incident(&self, incident: &Incident) -> StoreResult<()> {
        check_text("the incident", &incident.error)?;
        let incident = incident.clone();
        self.write(move |connection| incident::raise(connection, &incident)).await
    }

    async fn incidents(&self, limit: usize) -> StoreResult<Vec<Incident>> {
        self.read(move |connection| incident::oldest(connection, limit)).await
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
        let (name, repair, act) = (name.to_owned(), repair.clone(), act.clone());
        self.write(move |connection| incident::settle(connection, instance, kind, &name, &repair, &act))
            .await
    }

    async fn trail(&self, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>> {
        self.read(move |connection| record::trail(connection, instance, after, limit))
            .await
    }

    async fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
        self.read(move |connection| record::entry_of_input(connection, instance, key))
            .await
    }

    async fn instances_after(&self, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>> {
        self.read(move |connection| record::instances_after(connection, after, limit))
            .await
    }

    async fn definitions_after(&self, after: Option<Digest>, limit: usize) -> StoreResult<Vec<StoredDefinition>> {
        self.read(move |connection| record::definitions_after(connection, after, limit))
            .await
    }

    async fn strays(&self, limit: usize) -> StoreResult<Vec<Stray>> {
        self.read(move |connection| record::strays(connection, limit)).await
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
        check_writes(std::slice::from_ref(act))?;
        let (token, act) = (token.clone(), act.clone());
        self.write(move |connection| token::add(connection, &token, &act)).await
    }

    async fn blind_key(&self) -> StoreResult<BlindKey> {
        self.read(secret::blind_key).await
    }

    async fn token(&self, hash: Digest) -> StoreResult<Option<TokenRow>> {
        self.read(move |connection| token::find(connection, hash)).await
    }

    async fn tokens(&self) -> StoreResult<Vec<TokenRow>> {
        self.read(token::all).await
    }

    async fn revoke_token(&self, id: &str, now_us: i64, act: &Write) -> StoreResult<Applied> {
        check_text("the token's id", id)?;
        check_writes(std::slice::from_ref(act))?;
        let (id, act) = (id.to_owned(), act.clone());
        self.write(move |connection| token::revoke(connection, &id, now_us, &act))
            .await
    }

    async fn credential(&self, person: &str) -> StoreResult<Option<Credential>> {
        let person = person.to_owned();
        self.read(move |connection| identity::credential(connection, &person)).await
    }

    async fn session(&self, hash: Digest) -> StoreResult<Option<Session>> {
        self.read(move |connection| identity::session(connection, hash)).await
    }

    async fn sessions_of(&self, person: &str) -> StoreResult<Vec<Session>> {
        let person = person.to_owned();
        self.read(move |connection| identity::sessions_of(connection, &person)).await
    }

    async fn expired_sessions(&self, now_us: i64, limit: usize) -> StoreResult<Vec<Session>> {
        self.read(move |connection| identity::expired(connection, now_us, limit))
            .await
    }

    async fn change_identity(&self, change: &IdentityChange, act: &Write) -> StoreResult<Applied> {
        check_identity(change)?;
        check_writes(std::slice::from_ref(act))?;
        let (change, act) = (change.clone(), act.clone());
        self.write(move |connection| identity::change(connection, &change, &act))
            .await
    }

    async fn touch_session(&self, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()> {
        self.write(move |connection| identity::touch(connection, hash, seen_at_us, expires_at_us))
            .await
    }

    async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.writer.close().await;
    }
}
