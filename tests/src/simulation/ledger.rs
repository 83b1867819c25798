//! The store as the auditor sees it: every call that changes anything is compared with what the model says must come of it.

use std::sync::{Arc, Mutex, MutexGuard};

use statewright_core::identity::InstanceId;
use statewright_engine::store::{
    Applied, Definition, DueTimer, EffectResult, EffectRow, Incident, IncidentKind, NewMessage, Repair, Store, StoreResult,
    StoredCalendar, StoredDocument, StoredTable, Write,
};

use super::adapter::Machine;
use super::connection::Database;
use super::layer::Layer;
use super::model::Model;
use super::shipped::{Audit, audit};

/// Between the nodes' connections and the database.
pub struct Ledger {
    pub database: Arc<Database>,
    pub model: Arc<Mutex<Model>>,
    pub machine: Arc<Machine>,
    pub audit: Option<Arc<Mutex<Audit>>>,
}

impl Ledger {
    fn model(&self) -> MutexGuard<'_, Model> {
        lock(&self.model)
    }

    fn acted(&self, act: &Write, applied: &Applied) {
        self.model()
            .committed(std::slice::from_ref(act), std::slice::from_ref(applied));
    }
}

pub fn lock(model: &Mutex<Model>) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Layer for Ledger {
    fn behind(&self) -> Arc<dyn Store> {
        self.database.store()
    }

    async fn deploy(&self, definition: &Definition, act: &Write) -> StoreResult<Applied> {
        let applied = self.behind().deploy(definition, act).await?;
        self.acted(act, &applied);
        Ok(applied)
    }

    async fn deploy_calendar(&self, calendar: &StoredCalendar, act: &Write) -> StoreResult<Applied> {
        let applied = self.behind().deploy_calendar(calendar, act).await?;
        self.acted(act, &applied);
        Ok(applied)
    }

    async fn deploy_table(&self, table: &StoredTable, by: &str, act: &Write) -> StoreResult<Applied> {
        let applied = self.behind().deploy_table(table, by, act).await?;
        self.acted(act, &applied);
        Ok(applied)
    }

    async fn deploy_document(&self, document: &StoredDocument, by: &str, act: &Write) -> StoreResult<Applied> {
        let applied = self.behind().deploy_document(document, by, act).await?;
        self.acted(act, &applied);
        Ok(applied)
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        let applied = self.behind().commit(writes).await?;
        self.model().committed(writes, &applied);
        if let Some(audit) = &self.audit {
            let changed = Audit::changed(writes, &applied);
            let rows = self.behind().tasks_of(&changed).await?;
            audit::lock(audit).committed(writes, &applied, &rows);
        }
        Ok(applied)
    }

    async fn due_timers(&self, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
        let found = self.behind().due_timers(now_us, limit).await?;
        let mut model = self.model();
        let expected: Vec<_> = model.due(now_us).take(limit).cloned().collect();
        for timer in &found {
            if !expected.contains(&(timer.due_us, timer.instance, timer.name.clone())) {
                let of = model.name(timer.instance);
                model.fault(format!(
                    "the timer {} of {of} is offered, and is not armed for {}",
                    timer.name, timer.due_us
                ));
            }
        }
        for (due_us, instance, name) in &expected {
            if !found.iter().any(|timer| timer.instance == *instance && timer.name == *name) {
                let of = model.name(*instance);
                model.fault(format!(
                    "the timer {name} of {of} is due since {due_us}, and is not offered at {now_us}"
                ));
            }
        }
        Ok(found)
    }

    async fn bounce(&self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
        let bounced = self.behind().bounce(to, message, answer).await?;
        if bounced {
            self.model().bounced(to, message, answer);
        }
        Ok(bounced)
    }

    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
        let leased = self.behind().lease_effects(node, now_us, until_us, limit).await?;
        self.model().leased(node, now_us, until_us, &leased);
        Ok(leased)
    }

    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
        let kept = self.behind().extend_leases(leases, until_us).await?;
        self.model().extended(leases, until_us, &kept);
        Ok(kept)
    }

    async fn end_attempts(&self, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
        let ours = self.behind().end_attempts(results).await?;
        self.model().ended(results, &ours, |key| self.machine.has_done(key));
        Ok(ours)
    }

    async fn raise_incident(&self, incident: &Incident) -> StoreResult<()> {
        self.behind().raise_incident(incident).await?;
        self.model().incident(incident.instance, incident.kind, &incident.name);
        Ok(())
    }

    async fn settle_incident(
        &self,
        instance: InstanceId,
        kind: IncidentKind,
        name: &str,
        repair: &Repair,
        act: &Write,
    ) -> StoreResult<Option<Applied>> {
        let settled = self.behind().settle_incident(instance, kind, name, repair, act).await?;
        if let Some(applied) = &settled {
            self.acted(act, applied);
            if *applied == Applied::Committed {
                let (gone, answer) = match repair {
                    Repair::Retry { .. } => (false, None),
                    Repair::Settle { answer } => (true, answer.as_ref()),
                };
                self.model().settled(instance, kind, &name.into(), gone, answer);
            }
        }
        Ok(settled)
    }
}
