//! The system's own acts, in the trail of an instance like any other.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, SYSTEM_KEY, SYSTEM_WORKFLOW, Snapshot, Status, system_entry};
use statewright_core::value::{Object, Value};

use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instances, Personal};
use crate::store::{Applied, NewEntry, NextInstance, Store, Write};

/// How often an act is tried while other nodes act too: they take turns, and few act at all.
pub const ACT_ATTEMPTS_MAX: u32 = 64;

pub struct SystemTrail {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
}

/// One act, until it stands in the trail.
pub struct Act<'a> {
    trail: &'a SystemTrail,
    act: Value,
    actor: &'a Actor,
    attempts: u32,
}

impl SystemTrail {
    pub fn new(store: Arc<dyn Store>, instances: Arc<Instances>) -> Self {
        SystemTrail { store, instances }
    }

    pub fn act<'a>(&'a self, name: &str, members: impl IntoIterator<Item = (&'static str, Value)>, actor: &'a Actor) -> Act<'a> {
        Act {
            trail: self,
            act: act_of(name, members),
            actor,
            attempts: 0,
        }
    }

    /// How the trail stands. What is read after this call, and changes only with an entry of this trail, has not changed when an entry is
    /// taken that was written on it.
    pub async fn stand(&self) -> EngineResult<Stand> {
        let id = InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY);
        let found = self.instances.load_one(id, Personal::Without).await?;
        Ok(Stand(found.map(|instance| instance.snapshot)))
    }

    /// An act that changes nothing else.
    pub async fn note(
        &self,
        name: &str,
        members: impl IntoIterator<Item = (&'static str, Value)>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<()> {
        let mut act = self.act(name, members, actor);
        loop {
            let write = act.write(now).await?;
            let applied = self.store.commit(std::slice::from_ref(&write)).await?;
            if act.settled(applied.first())? {
                return Ok(());
            }
        }
    }
}

impl Act<'_> {
    /// The write of the act's entry, on the system's trail as it stands now.
    pub async fn write(&mut self, now: Timestamp) -> EngineResult<Write> {
        self.attempts += 1;
        if self.attempts > ACT_ATTEMPTS_MAX {
            return Err(others_were_faster());
        }
        let stand = self.trail.stand().await?;
        write_of(SYSTEM_KEY, stand.0.as_deref(), &self.act, self.actor, now)
    }

    /// Whether it stands in the trail; if not, somebody else's came first and it is to be written again.
    pub fn settled(&self, applied: Option<&Applied>) -> EngineResult<bool> {
        settled(applied)
    }
}

/// The trail as it stands.
pub struct Stand(Option<Arc<Snapshot>>);

impl Stand {
    /// The write of an act's entry on it.
    pub fn write(
        &self,
        name: &str,
        members: impl IntoIterator<Item = (&'static str, Value)>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<Write> {
        write_of(SYSTEM_KEY, self.0.as_deref(), &act_of(name, members), actor, now)
    }
}

/// Whether an act stands in the trail; if not, somebody else's came first.
pub fn settled(applied: Option<&Applied>) -> EngineResult<bool> {
    match applied {
        Some(Applied::Committed) => Ok(true),
        Some(Applied::Moved) => Ok(false),
        other => Err(EngineError::Damaged(format!(
            "the store answered {other:?} to an act of the system"
        ))),
    }
}

/// What is said of an act that was tried too often.
pub fn others_were_faster() -> EngineError {
    EngineError::Conflict {
        winner: "another node".into(),
        current: 0,
    }
}

fn act_of(name: &str, members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    let mut object: Object = members.map(|(name, value)| (Arc::from(name), value)).collect();
    object.insert("act".into(), Value::from_text(name));
    Value::from_fields(object)
}

/// The write of an act's entry in the trail of the system's instance of that key.
pub fn write_of(key: &str, before: Option<&Snapshot>, act: &Value, actor: &Actor, now: Timestamp) -> EngineResult<Write> {
    let (outcome, entry) = guarded(|| system_entry(key, before, act, actor, now))?;
    let next = outcome.next;
    let row = NextInstance {
        workflow: next.workflow.clone(),
        key: next.key.clone(),
        definition: next.definition,
        sequence: next.sequence,
        done: next.status == Status::Done,
        snapshot: entry.snapshot,
        head: next.head,
        started_at_us: next.started_at.as_microsecond(),
    };
    let mut write = Write::new(
        next.instance,
        before.map_or(0, |before| before.sequence),
        row,
        now.as_microsecond(),
    );
    write.entries.push(NewEntry {
        sequence: entry.sequence,
        at_us: entry.at.as_microsecond(),
        input_key: entry.input_key,
        bytes: entry.bytes,
    });
    Ok(write)
}
