//! A store that loses connections, before it has done what it was asked for or after, so that only the answer is lost; and one that cannot
//! keep or read a certain instance.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::BlindKey;

use super::chance::Chance;
use crate::store::{
    Applied, Credential, Definition, DueTimer, EffectResult, EffectRow, FileStore, FindPage, FindQuery, HistoryQuery, HistoryRow,
    HistoryStore, IdentityChange, InboxStore, Incident, IncidentKind, InstanceRow, ListPage, ListQuery, MadeLive, MailStore,
    MarkPage, MarkQuery, MessageRow, NewMessage, NewToken, NoticePage, NoticePlace, OpenTaskQuery, OperationStore, PersonalRow,
    Repair, SearchPage, SearchQuery, Session, Store, StoreError, StoreResult, StoredCalendar, StoredDefinition, StoredDocument,
    StoredTable, Stray, TableUse, TaskPage, TaskQuery, TaskRow, TiedQuery, TokenRow, TrailRow, Write,
};

/// How often it fails, of a thousand calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultRates {
    /// Nothing was done.
    pub before: u64,
    /// It was done, and the caller is not told so.
    pub after: u64,
}

/// What is wrong with an instance: every call that takes it in fails as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// What is to be written of it can never be kept.
    Refused,
    /// What is kept of it cannot be read, nor added to.
    Damaged,
    /// It cannot be asked whether an input came before; everything else can.
    Silent,
}

pub struct FaultyStore {
    inner: Arc<dyn Store>,
    spoilt: Mutex<BTreeMap<InstanceId, Spoilt>>,
    state: Mutex<(Chance, FaultRates)>,
    meanwhile: Mutex<Option<(InstanceId, Act)>>,
}

/// What another does in between.
type Act = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Fault {
    Before,
    After,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn Store>, seed: u64) -> Self {
        FaultyStore {
            inner,
            spoilt: Mutex::default(),
            state: Mutex::new((Chance::of(seed), FaultRates::default())),
            meanwhile: Mutex::default(),
        }
    }

    /// From now on it fails as often as this.
    pub fn set(&self, rates: FaultRates) {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).1 = rates;
    }

    /// From now on there is this wrong with an instance.
    pub fn spoil(&self, instance: InstanceId, how: Spoilt) {
        let mut spoilt = self.spoilt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        spoilt.insert(instance, how);
    }

    /// From now on there is nothing wrong with it any more.
    pub fn mend(&self, instance: InstanceId) {
        let mut spoilt = self.spoilt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        spoilt.remove(&instance);
    }

    /// This happens before the next commit of an instance, which has been stepped by then; of the system's own, before the next deployment.
    pub fn meanwhile(&self, instance: InstanceId, act: impl Future<Output = ()> + Send + 'static) {
        let mut meanwhile = self.meanwhile.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *meanwhile = Some((instance, Box::pin(act)));
    }

    fn take_meanwhile(&self, writes: &[Write]) -> Option<Act> {
        let mut meanwhile = self.meanwhile.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_now = |(instance, _): &mut (InstanceId, Act)| writes.iter().any(|write| write.instance == *instance);
        meanwhile.take_if(is_now).map(|(_, act)| act)
    }

    fn is_silent(&self, instance: InstanceId) -> bool {
        let spoilt = self.spoilt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        spoilt.get(&instance) == Some(&Spoilt::Silent)
    }

    /// What a database says of the first of these that it cannot take.
    fn complain(&self, mut instances: impl Iterator<Item = InstanceId>) -> StoreResult<()> {
        let spoilt = self.spoilt.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match instances.find_map(|instance| spoilt.get(&instance)) {
            None | Some(Spoilt::Silent) => Ok(()),
            Some(Spoilt::Refused) => Err(StoreError::Refused("a row is too large".into())),
            Some(Spoilt::Damaged) => Err(StoreError::Damaged("a page cannot be read".into())),
        }
    }

    fn fault(&self) -> Option<Fault> {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let FaultRates { before, after } = state.1;
        match state.0.below(1_000) {
            drawn if drawn < before => Some(Fault::Before),
            drawn if drawn < before + after => Some(Fault::After),
            _ => None,
        }
    }

    async fn call<T>(&self, call: impl Future<Output = StoreResult<T>> + Send) -> StoreResult<T> {
        match self.fault() {
            Some(Fault::Before) => Err(StoreError::Unavailable("the connection was lost before".into())),
            Some(Fault::After) => {
                call.await?;
                Err(StoreError::Unavailable("the connection was lost after".into()))
            }
            None => call.await,
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn migrate(&self) -> StoreResult<()> {
        self.inner.migrate().await
    }

    async fn blind_key(&self) -> StoreResult<BlindKey> {
        self.inner.blind_key().await
    }

    async fn deploy(&self, definition: &Definition, act: &Write) -> StoreResult<Applied> {
        if let Some(meanwhile) = self.take_meanwhile(std::slice::from_ref(act)) {
            meanwhile.await;
        }
        self.call(self.inner.deploy(definition, act)).await
    }

    async fn definition(&self, hash: Digest) -> StoreResult<Option<StoredDefinition>> {
        self.call(self.inner.definition(hash)).await
    }

    async fn live_definitions(&self) -> StoreResult<Vec<StoredDefinition>> {
        self.call(self.inner.live_definitions()).await
    }

    async fn live_hashes(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.call(self.inner.live_hashes()).await
    }

    async fn deploy_calendar(&self, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied> {
        self.call(self.inner.deploy_calendar(calendar, act)).await
    }

    async fn calendar(&self, version: Digest) -> StoreResult<Option<StoredCalendar>> {
        self.call(self.inner.calendar(version)).await
    }

    async fn live_calendars(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.call(self.inner.live_calendars()).await
    }

    async fn deploy_table(&self, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied> {
        if let Some(meanwhile) = self.take_meanwhile(std::slice::from_ref(act)) {
            meanwhile.await;
        }
        self.call(self.inner.deploy_table(table, by, act)).await
    }

    async fn table(&self, version: Digest) -> StoreResult<Option<StoredTable>> {
        self.call(self.inner.table(version)).await
    }

    async fn live_tables(&self) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.call(self.inner.live_tables()).await
    }

    async fn table_history(&self, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        self.call(self.inner.table_history(name, before, limit)).await
    }

    async fn table_uses(&self, name: &str) -> StoreResult<Vec<TableUse>> {
        self.call(self.inner.table_uses(name)).await
    }

    async fn is_unfinished(&self, using: &TableUse) -> StoreResult<bool> {
        self.call(self.inner.is_unfinished(using)).await
    }

    async fn deploy_document(&self, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied> {
        if let Some(meanwhile) = self.take_meanwhile(std::slice::from_ref(act)) {
            meanwhile.await;
        }
        self.call(self.inner.deploy_document(document, by, act)).await
    }

    async fn document(&self, version: Digest) -> StoreResult<Option<StoredDocument>> {
        self.call(self.inner.document(version)).await
    }

    async fn live_documents(&self, kind: &str) -> StoreResult<Vec<(Arc<str>, Digest)>> {
        self.call(self.inner.live_documents(kind)).await
    }

    async fn document_history(&self, kind: &str, name: &str, before: u64, limit: usize) -> StoreResult<Vec<MadeLive>> {
        self.call(self.inner.document_history(kind, name, before, limit)).await
    }

    async fn draw_number(&self, workflow: &str) -> StoreResult<u64> {
        self.call(self.inner.draw_number(workflow)).await
    }

    async fn load(&self, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
        let readable = self.complain(ids.iter().copied());
        if matches!(readable, Err(StoreError::Damaged(_))) {
            readable?;
        }
        self.call(self.inner.load(ids)).await
    }

    async fn personal(&self, instance: InstanceId) -> StoreResult<Vec<PersonalRow>> {
        self.call(self.inner.personal(instance)).await
    }

    async fn personal_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>> {
        self.call(self.inner.personal_of(instances)).await
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        self.complain(writes.iter().map(|write| write.instance))?;
        if let Some(act) = self.take_meanwhile(writes) {
            act.await;
        }
        self.call(self.inner.commit(writes)).await
    }

    async fn list(&self, query: &ListQuery) -> StoreResult<ListPage> {
        self.call(self.inner.list(query)).await
    }

    async fn find(&self, query: &FindQuery) -> StoreResult<FindPage> {
        self.call(self.inner.find(query)).await
    }

    async fn search(&self, query: &SearchQuery) -> StoreResult<SearchPage> {
        self.call(self.inner.search(query)).await
    }

    async fn tied(&self, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>> {
        self.call(self.inner.tied(query)).await
    }

    async fn count_found(&self, query: &FindQuery) -> StoreResult<u64> {
        self.call(self.inner.count_found(query)).await
    }

    async fn due_timers(&self, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
        self.call(self.inner.due_timers(now_us, limit)).await
    }

    async fn next_due(&self) -> StoreResult<Option<i64>> {
        self.call(self.inner.next_due()).await
    }

    async fn ready_messages(&self, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        self.call(self.inner.ready_messages(now_us, older_than_us, limit)).await
    }

    async fn messages_of(&self, receivers: &[InstanceId], now_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        self.call(self.inner.messages_of(receivers, now_us, limit)).await
    }

    async fn message(&self, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>> {
        self.call(self.inner.message(to, id)).await
    }

    async fn bounce(&self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
        self.call(self.inner.bounce(to, message, answer)).await
    }

    async fn tasks(&self, query: &TaskQuery) -> StoreResult<TaskPage> {
        self.call(self.inner.tasks(query)).await
    }

    async fn tasks_of(&self, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>> {
        self.call(self.inner.tasks_of(instances)).await
    }

    async fn task(&self, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>> {
        self.call(self.inner.task(instance, name)).await
    }

    async fn held_by(&self, user: &str, after: Option<(InstanceId, Arc<str>)>, limit: usize) -> StoreResult<Vec<TaskRow>> {
        self.call(self.inner.held_by(user, after, limit)).await
    }

    async fn open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<TaskPage> {
        self.call(self.inner.open_tasks(query)).await
    }

    async fn count_open_tasks(&self, query: &OpenTaskQuery) -> StoreResult<u64> {
        self.call(self.inner.count_open_tasks(query)).await
    }

    async fn loads(&self, users: &[Arc<str>]) -> StoreResult<Vec<u64>> {
        self.call(self.inner.loads(users)).await
    }

    async fn notices(&self, subjects: &[Arc<str>], after: Option<NoticePlace>, limit: usize) -> StoreResult<NoticePage> {
        self.call(self.inner.notices(subjects, after, limit)).await
    }

    async fn marks(&self, query: &MarkQuery) -> StoreResult<MarkPage> {
        self.call(self.inner.marks(query)).await
    }

    async fn count_marks(&self, query: &MarkQuery) -> StoreResult<u64> {
        self.call(self.inner.count_marks(query)).await
    }

    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
        self.call(self.inner.lease_effects(node, now_us, until_us, limit)).await
    }

    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
        self.call(self.inner.extend_leases(leases, until_us)).await
    }

    async fn count_attempt(&self, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool> {
        self.call(self.inner.count_attempt(instance, key, epoch)).await
    }

    async fn end_attempts(&self, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
        self.complain(results.iter().map(|result| result.instance))?;
        self.call(self.inner.end_attempts(results)).await
    }

    async fn raise_incident(&self, incident: &Incident) -> StoreResult<()> {
        self.call(self.inner.raise_incident(incident)).await
    }

    async fn incidents(&self, limit: usize) -> StoreResult<Vec<Incident>> {
        self.call(self.inner.incidents(limit)).await
    }

    async fn settle_incident(
        &self,
        instance: InstanceId,
        kind: IncidentKind,
        name: &str,
        repair: &Repair,
        act: &Write,
    ) -> StoreResult<Option<Applied>> {
        self.call(self.inner.settle_incident(instance, kind, name, repair, act)).await
    }

    async fn trail(&self, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>> {
        self.call(self.inner.trail(instance, after, limit)).await
    }

    async fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
        if self.is_silent(instance) {
            return Err(StoreError::Unavailable("the connection was lost before".into()));
        }
        self.call(self.inner.entry_of_input(instance, key)).await
    }

    async fn instances_after(&self, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>> {
        self.call(self.inner.instances_after(after, limit)).await
    }

    async fn definitions_after(&self, after: Option<Digest>, limit: usize) -> StoreResult<Vec<StoredDefinition>> {
        self.call(self.inner.definitions_after(after, limit)).await
    }

    async fn strays(&self, limit: usize) -> StoreResult<Vec<Stray>> {
        self.call(self.inner.strays(limit)).await
    }

    fn files(&self) -> &dyn FileStore {
        self.inner.files()
    }

    fn inboxes(&self) -> &dyn InboxStore {
        self.inner.inboxes()
    }

    fn mails(&self) -> &dyn MailStore {
        self.inner.mails()
    }

    fn operations(&self) -> &dyn OperationStore {
        self.inner.operations()
    }

    async fn add_token(&self, token: &NewToken, act: &Write) -> StoreResult<Applied> {
        self.call(self.inner.add_token(token, act)).await
    }

    async fn token(&self, hash: Digest) -> StoreResult<Option<TokenRow>> {
        self.call(self.inner.token(hash)).await
    }

    async fn tokens(&self) -> StoreResult<Vec<TokenRow>> {
        self.call(self.inner.tokens()).await
    }

    async fn revoke_token(&self, id: &str, now_us: i64, act: &Write) -> StoreResult<Applied> {
        self.call(self.inner.revoke_token(id, now_us, act)).await
    }

    async fn credential(&self, person: &str) -> StoreResult<Option<Credential>> {
        self.call(self.inner.credential(person)).await
    }

    async fn session(&self, hash: Digest) -> StoreResult<Option<Session>> {
        self.call(self.inner.session(hash)).await
    }

    async fn sessions_of(&self, person: &str) -> StoreResult<Vec<Session>> {
        self.call(self.inner.sessions_of(person)).await
    }

    async fn expired_sessions(&self, now_us: i64, limit: usize) -> StoreResult<Vec<Session>> {
        self.call(self.inner.expired_sessions(now_us, limit)).await
    }

    async fn change_identity(&self, change: &IdentityChange, act: &Write) -> StoreResult<Applied> {
        self.call(self.inner.change_identity(change, act)).await
    }

    async fn touch_session(&self, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()> {
        self.call(self.inner.touch_session(hash, seen_at_us, expires_at_us)).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl HistoryStore for FaultyStore {
    async fn history(&self, query: &HistoryQuery) -> StoreResult<Vec<HistoryRow>> {
        self.call(self.inner.history(query)).await
    }
}
