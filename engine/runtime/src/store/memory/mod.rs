//! The reference: everything in ordered maps behind one lock. Plain before fast; nothing survives the process.

mod apply;
mod contents;
mod document;
mod field;
mod file;
mod history;
mod identity;
mod inbox;
mod mail;
mod mark;
mod notice;
mod operation;
mod outbox;
mod search;
mod table;
mod task;
mod tied;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::BlindKey;

use self::contents::{Contents, Token};
use super::check::{check_answer, check_calendar, check_document, check_results, check_table, check_text, check_token};
use super::identity::check_identity;
use super::search::check as check_search;
use super::tied::check as check_ties;
use super::{
    Applied, Credential, Definition, DueTimer, EffectResult, EffectRow, FileStore, FindPage, FindQuery, IdentityChange,
    InboxStore, Incident, IncidentKind, InstanceRow, ListPage, ListQuery, MadeLive, MailStore, MarkPage, MarkQuery, MessageRow,
    NewMessage, NewToken, NoticePage, NoticePlace, OpenTaskQuery, OperationStore, PersonalRow, Repair, SearchPage, SearchQuery,
    Session, Store, StoreError, StoreResult, StoredCalendar, StoredDefinition, StoredDocument, StoredTable, Stray, TableUse,
    TaskPage, TaskQuery, TaskRow, TiedQuery, TokenRow, TrailRow, Write, check_writes,
};
use crate::clock::{Entropy, SystemEntropy};

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
    blind_key: OnceLock<BlindKey>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Nothing below panics between two changes that belong together, so what a panic elsewhere left behind is whole.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the earliest effect may be leased, by whoever asks then: due, and held by nobody any more. Those of `under_way` are not asked
    /// about, nor those that wait for a person. For whoever moves a clock from one such moment to the next.
    pub(crate) fn next_effect_us(&self, under_way: &BTreeSet<Arc<str>>) -> Option<i64> {
        let contents = self.contents();
        let waiting = contents
            .effects
            .iter()
            .filter(|((_, key), effect)| effect.trouble.is_none() && !effect.abandoned && !under_way.contains(key));
        let free_us = |effect: &contents::Effect| {
            effect
                .leased_until_us
                .map_or(effect.due_us, |until_us| until_us.max(effect.due_us))
        };
        waiting.map(|(_, effect)| free_us(effect)).min()
    }

    /// Instances of which something was committed since the last call, for whoever follows them all.
    pub(crate) fn take_changed(&self) -> BTreeSet<InstanceId> {
        std::mem::take(&mut self.contents().changed)
    }

    /// Whether an effect has not ended, and is not given up.
    pub(crate) fn holds_effect(&self, key: &str) -> bool {
        let contents = self.contents();
        let mut effects = contents.effects.iter();
        effects.any(|((_, held), effect)| **held == *key && !effect.abandoned)
    }

    /// Writes an entry anew, as nobody may: what proves trails must find it.
    #[cfg(test)]
    pub(crate) fn forge(&self, instance: InstanceId, sequence: u64, forge: impl Fn(&str) -> String) {
        if let Some(row) = self.contents().trail.get_mut(&(instance, sequence)) {
            row.bytes = forge(&row.bytes);
        }
    }

    fn act(&self, act: &Write, then: impl FnOnce(&mut Contents)) -> StoreResult<Applied> {
        check_writes(std::slice::from_ref(act))?;
        let mut contents = self.contents();
        let applied = contents.commit_one(act);
        if applied == Applied::Committed {
            then(&mut contents);
        }
        Ok(applied)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn migrate(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn blind_key(&self) -> StoreResult<BlindKey> {
        Ok(*self.blind_key.get_or_init(|| BlindKey(SystemEntropy.draw())))
    }

    async fn deploy(&self, definition: &Definition, act: &Write) -> StoreResult<Applied> {
        check_text("the definition's source", &definition.source)?;
        check_text("the workflow's name", &definition.workflow)?;
        self.act(act, |contents| contents.deploy(definition))
    }

    async fn definition(&self, hash: Digest) -> StoreResult<Option<StoredDefinition>> {
        Ok(self.contents().definitions.get(&hash).cloned())
    }

    async fn live_definitions(&self) -> StoreResult<Vec<StoredDefinition>> {
        let contents = self.contents();
        let live = contents
            .live
            .values()
            .filter_map(|hash| contents.definitions.get(hash).cloned());
        Ok(live.collect())
    }

    async fn deploy_calendar(&self, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied> {
        check_calendar(calendar)?;
        self.act(act, |contents| contents.deploy_calendar(calendar))
    }

    async fn calendar(&self, version: Digest) -> StoreResult<Option<StoredCalendar>> {
        Ok(self.contents().calendars.get(&version).cloned())
    }

    async fn live_calendars(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        let contents = self.contents();
        let live = contents.live_calendars.iter();
        Ok(live.map(|(name, version)| (name.clone(), *version)).collect())
    }

    async fn deploy_table(&self, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied> {
        check_table(table, by)?;
        self.act(act, |contents| contents.tables.deploy(table, by, act.next.sequence))
    }

    async fn table(&self, version: Digest) -> StoreResult<Option<StoredTable>> {
        Ok(self.contents().tables.versions.get(&version).cloned())
    }

    async fn live_tables(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        Ok(self.contents().tables.live())
    }

    async fn table_history(&self, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        check_text("the table's name", name)?;
        Ok(self.contents().tables.history(name, before, limit))
    }

    async fn table_uses(&self, name: &str) -> StoreResult<Vec<TableUse>> {
        check_text("the table's name", name)?;
        Ok(self.contents().tables.uses(name))
    }

    async fn is_unfinished(&self, using: &TableUse) -> StoreResult<bool> {
        Ok(self.contents().is_unfinished(using))
    }

    async fn deploy_document(&self, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied> {
        check_document(document, by)?;
        self.act(act, |contents| contents.documents.deploy(document, by, act.next.sequence))
    }

    async fn document(&self, version: Digest) -> StoreResult<Option<StoredDocument>> {
        Ok(self.contents().documents.versions.get(&version).cloned())
    }

    async fn live_documents(&self, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        check_text("the document's kind", kind)?;
        Ok(self.contents().documents.live(kind))
    }

    async fn document_history(&self, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        check_text("the document's kind", kind)?;
        check_text("the document's name", name)?;
        Ok(self.contents().documents.history(kind, name, before, limit))
    }

    async fn draw_number(&self, workflow: &str) -> StoreResult<u64> {
        check_text("the workflow's name", workflow)?;
        let mut contents = self.contents();
        let last = contents.numbers.entry(workflow.into()).or_default();
        *last += 1;
        Ok(*last)
    }

    async fn load(&self, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
        let contents = self.contents();
        Ok(ids.iter().map(|id| contents.instance(*id)).collect())
    }

    async fn personal(&self, instance: InstanceId) -> StoreResult<Vec<PersonalRow>> {
        Ok(self.contents().personal_of(instance))
    }

    async fn personal_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>> {
        let contents = self.contents();
        Ok(instances.iter().map(|instance| contents.personal_of(*instance)).collect())
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        check_writes(writes)?;
        Ok(self.contents().commit(writes))
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<ListPage> {
        Ok(self.contents().list(query))
    }

    async fn find(&self, query: &FindQuery) -> StoreResult<FindPage> {
        Ok(self.contents().find(query))
    }

    async fn count_found(&self, query: &FindQuery) -> StoreResult<u64> {
        Ok(self.contents().count_found(query))
    }

    async fn search(&self, query: &SearchQuery) -> StoreResult<SearchPage> {
        check_search(query)?;
        Ok(self.contents().search(query))
    }

    async fn tied(&self, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>> {
        check_ties(query)?;
        Ok(self.contents().tied(query))
    }

    async fn due_timers(&self, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
        Ok(self.contents().due_timers(now_us, limit))
    }

    async fn next_due(&self) -> StoreResult<Option<i64>> {
        Ok(self.contents().next_due())
    }

    async fn ready_messages(&self, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        Ok(self
            .contents()
            .ready_messages(now_us, limit, |_, inserted_at_us| inserted_at_us <= older_than_us))
    }

    async fn messages_of(&self, receivers: &[InstanceId], now_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        Ok(self.contents().ready_messages(now_us, limit, |to, _| receivers.contains(&to)))
    }

    async fn message(&self, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>> {
        Ok(self.contents().message(to, id))
    }

    async fn bounce(&self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
        check_answer(answer)?;
        Ok(self.contents().bounce(to, message, answer))
    }

    async fn tasks(&self, query: &TaskQuery) -> StoreResult<TaskPage> {
        Ok(self.contents().find_tasks(query))
    }

    async fn tasks_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>> {
        Ok(self.contents().tasks_of(instances))
    }

    async fn task(&self, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>> {
        Ok(self.contents().tasks.get(&(instance, name.into())).cloned())
    }

    async fn held_by(&self, user: &str, after: Option<(InstanceId, Arc<str>)>, limit: usize) -> StoreResult<Vec<TaskRow>> {
        Ok(self.contents().held_by(user, after.as_ref(), limit))
    }

    async fn open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<TaskPage> {
        Ok(self.contents().open_tasks(query))
    }

    async fn count_open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<u64> {
        Ok(self.contents().count_open_tasks(query))
    }

    async fn loads(&self, users: &[Arc<str>]) -> StoreResult<Vec<u64>> {
        let contents = self.contents();
        Ok(users.iter().map(|user| contents.load_of(user)).collect())
    }

    async fn notices(&self, subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> StoreResult<NoticePage> {
        Ok(self.contents().find_notices(subjects, after, limit))
    }

    async fn marks(&self, query: &MarkQuery) -> StoreResult<MarkPage> {
        Ok(self.contents().find_marks(query))
    }

    async fn count_marks(&self, query: &MarkQuery) -> StoreResult<u64> {
        Ok(self.contents().count_marks(query))
    }

    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
        check_text("the node's name", node)?;
        Ok(self.contents().lease_effects(now_us, until_us, limit))
    }

    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
        Ok(self.contents().extend_leases(leases, until_us))
    }

    async fn count_attempt(&self, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool> {
        Ok(self.contents().count_attempt(instance, key, epoch))
    }

    async fn end_attempts(&self, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
        check_results(results)?;
        let mut contents = self.contents();
        Ok(results.iter().map(|result| contents.end_attempt(result)).collect())
    }

    async fn raise_incident(&self, incident: &Incident) -> StoreResult<()> {
        check_text("the incident", &incident.error)?;
        self.contents().raise_incident(incident);
        Ok(())
    }

    async fn incidents(&self, limit: usize) -> StoreResult<Vec<Incident>> {
        Ok(self.contents().incidents(limit))
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
        let mut contents = self.contents();
        if !contents.is_incident(instance, kind, name) {
            return Ok(None);
        }
        let applied = contents.commit_one(act);
        if applied == Applied::Committed {
            contents.repair(instance, kind, name, repair, act.at_us);
        }
        Ok(Some(applied))
    }

    async fn trail(&self, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>> {
        Ok(self.contents().trail_after(instance, after, limit))
    }

    async fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
        Ok(self.contents().entry_of_input(instance, key))
    }

    async fn instances_after(&self, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>> {
        let contents = self.contents();
        let later = contents
            .instances
            .values()
            .filter(|row| after.is_none_or(|after| row.instance > after));
        Ok(later.take(limit).cloned().collect())
    }

    async fn definitions_after(&self, after: Option<Digest>, limit: usize) -> StoreResult<Vec<StoredDefinition>> {
        let contents = self.contents();
        let later = contents
            .definitions
            .values()
            .filter(|definition| after.is_none_or(|after| definition.hash > after));
        Ok(later.take(limit).cloned().collect())
    }

    /// Nothing but a commit writes here.
    async fn strays(&self, _limit: usize) -> StoreResult<Vec<Stray>> {
        Ok(Vec::new())
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
        let known = |known: &Token| known.row.id == token.id || known.hash == token.hash;
        if self.contents().tokens.iter().any(known) {
            return Err(StoreError::Refused(format!("a token {} exists already", token.id)));
        }
        self.act(act, |contents| contents.tokens.push(Token::new(token)))
    }

    async fn token(&self, hash: Digest) -> StoreResult<Option<TokenRow>> {
        let contents = self.contents();
        let found = contents
            .tokens
            .iter()
            .find(|token| token.hash == hash && token.revoked_at_us.is_none());
        Ok(found.map(|token| token.row.clone()))
    }

    async fn tokens(&self) -> StoreResult<Vec<TokenRow>> {
        let contents = self.contents();
        let valid = contents.tokens.iter().filter(|token| token.revoked_at_us.is_none());
        let mut rows: Vec<TokenRow> = valid.map(|token| token.row.clone()).collect();
        rows.sort_by(|a, b| (a.created_at_us, &a.id).cmp(&(b.created_at_us, &b.id)));
        Ok(rows)
    }

    async fn revoke_token(&self, id: &str, now_us: i64, act: &Write) -> StoreResult<Applied> {
        check_text("the token's id", id)?;
        self.act(act, |contents| contents.revoke_token(id, now_us))
    }

    async fn credential(&self, person: &str) -> StoreResult<Option<Credential>> {
        Ok(self.contents().identities.credential(person))
    }

    async fn session(&self, hash: Digest) -> StoreResult<Option<Session>> {
        Ok(self.contents().identities.session(hash))
    }

    async fn sessions_of(&self, person: &str) -> StoreResult<Vec<Session>> {
        Ok(self.contents().identities.of(person))
    }

    async fn expired_sessions(&self, now_us: i64, limit: usize) -> StoreResult<Vec<Session>> {
        Ok(self.contents().identities.expired(now_us, limit))
    }

    async fn change_identity(&self, change: &IdentityChange, act: &Write) -> StoreResult<Applied> {
        check_identity(change)?;
        check_writes(std::slice::from_ref(act))?;
        let mut contents = self.contents();
        if !contents.identities.fits(change) {
            return Ok(Applied::Moved);
        }
        let applied = contents.commit_one(act);
        if applied == Applied::Committed {
            contents.identities.change(change);
        }
        Ok(applied)
    }

    async fn touch_session(&self, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()> {
        self.contents().identities.touch(hash, seen_at_us, expires_at_us);
        Ok(())
    }

    async fn close(&self) {}
}
