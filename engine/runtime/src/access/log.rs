//! The access log: who has read personal data, and who was refused, in trails that prove themselves.
//!
//! # Invariants
//! - What is read leaves only when it stands in the log: what cannot be recorded is not answered.
//! - Each node has a trail of its own (`statewright-system/access/NODE`), an entry for each reading: so nodes do not wait for each other, and
//!   an entry that is edited, deleted or moved is found like one of any other trail.
//! - Readings that come while others are being written are written together.
//! - No value of any field is recorded, nor what was looked for.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, SYSTEM_WORKFLOW, Snapshot, Status, system_entry};
use statewright_core::value::Value;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instances, Personal};
use crate::store::{Applied, IndexedValue, NewEntry, NewMark, NextInstance, Store, Write};

/// The mark by which an entry of the log is found. No workflow can write one of this name: it has a blank.
pub const READING: &str = "statewright reading";

/// What the keys of these trails begin with; the node's name follows.
pub const ACCESS_KEY: &str = "access/";

/// Readings that may wait: those of a few hundred lists. Beyond it a reading is answered with "later".
pub const READINGS_WAITING_MAX: usize = 10_000;

/// Readings written together: about a megabyte.
const READINGS_PER_WRITE_MAX: usize = 1_000;

/// How often a write is tried while another process of the same name writes too.
const ATTEMPTS_MAX: u32 = 16;

/// What a caller is told to wait when too many wait.
const RETRY_AFTER_MS: u64 = 1_000;

/// One reading, as it is recorded.
pub(crate) struct Record {
    pub actor: Actor,
    /// What was read, by which way, and why.
    pub act: Value,
    /// By what it is found: at most as many pairs as a mark has.
    pub index: Vec<IndexedValue>,
}

type Reply = oneshot::Sender<EngineResult<()>>;

pub struct AccessLog {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
    clock: Arc<dyn Clock>,
    key: Arc<str>,
    waiting: Mutex<Waiting>,
    /// Whoever holds it writes.
    end: tokio::sync::Mutex<End>,
}

#[derive(Default)]
struct Waiting {
    records: Vec<(Vec<Record>, Reply)>,
    count: usize,
}

/// Where the trail ends, as far as this process knows.
#[derive(Default)]
struct End {
    snapshot: Option<Arc<Snapshot>>,
    last_us: i64,
}

impl AccessLog {
    pub fn new(store: Arc<dyn Store>, instances: Arc<Instances>, clock: Arc<dyn Clock>, node: &str) -> Self {
        AccessLog {
            store,
            instances,
            clock,
            key: format!("{ACCESS_KEY}{node}").into(),
            waiting: Mutex::default(),
            end: tokio::sync::Mutex::default(),
        }
    }

    /// Answers when these stand in the log.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] if too many wait; those of the store.
    pub(crate) async fn record(self: &Arc<Self>, records: Vec<Record>) -> EngineResult<()> {
        if records.is_empty() {
            return Ok(());
        }
        let written = self.offer(records)?;
        let log = self.clone();
        // whoever goes away does not take along what others wait for
        tokio::spawn(async move { log.write_waiting().await });
        written.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    fn offer(&self, records: Vec<Record>) -> EngineResult<oneshot::Receiver<EngineResult<()>>> {
        let (reply, written) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.count + records.len() > READINGS_WAITING_MAX {
            return Err(EngineError::Overloaded {
                retry_after_ms: RETRY_AFTER_MS,
            });
        }
        waiting.count += records.len();
        waiting.records.push((records, reply));
        Ok(written)
    }

    /// Those that have waited longest, as many as are written together; of one caller all or none.
    fn take(&self) -> Vec<(Vec<Record>, Reply)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        let fits = |(records, _): &&(Vec<Record>, Reply)| {
            count += records.len();
            count <= READINGS_PER_WRITE_MAX
        };
        let taken = waiting.records.iter().take_while(fits).count().max(1);
        let end = taken.min(waiting.records.len());
        let taken: Vec<(Vec<Record>, Reply)> = waiting.records.drain(..end).collect();
        waiting.count -= taken.iter().map(|(records, _)| records.len()).sum::<usize>();
        taken
    }

    async fn write_waiting(&self) {
        let mut end = self.end.lock().await;
        let taken = self.take();
        if taken.is_empty() {
            return;
        }
        let records: Vec<&Record> = taken.iter().flat_map(|(records, _)| records).collect();
        let written = self.write(&mut end, &records).await;
        drop(end);
        for (_, reply) in taken {
            // who does not wait any more does not get what was read either
            let _ = reply.send(written.clone());
        }
    }

    async fn write(&self, end: &mut End, records: &[&Record]) -> EngineResult<()> {
        for _ in 0..ATTEMPTS_MAX {
            if end.snapshot.is_none() {
                let id = InstanceId::of(SYSTEM_WORKFLOW, &self.key);
                let found = self.instances.load_one(id, Personal::Without).await?;
                end.snapshot = found.map(|instance| instance.snapshot);
            }
            let (write, next, last_us) = self.entries(end, records)?;
            // until it is known to stand, where the trail ends is not
            end.snapshot = None;
            let applied = self.store.commit(std::slice::from_ref(&write)).await?;
            match applied.first() {
                Some(Applied::Committed) => {
                    *end = End {
                        snapshot: Some(next),
                        last_us,
                    };
                    return Ok(());
                }
                Some(Applied::Moved) => {}
                other => return Err(EngineError::Damaged(format!("the store answered {other:?} to a reading"))),
            }
        }
        Err(EngineError::Conflict {
            winner: "another process of this name".into(),
            current: 0,
        })
    }

    fn entries(&self, end: &End, records: &[&Record]) -> EngineResult<(Write, Arc<Snapshot>, i64)> {
        let mut before = end.snapshot.clone();
        let expected = before.as_ref().map_or(0, |before| before.sequence);
        let (mut entries, mut marks) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
        let mut last_us = end.last_us;
        let mut last = None;
        for record in records {
            // one moment for each, so that a page of the log can end behind any of them
            last_us = self.clock.now().as_microsecond().max(last_us + 1);
            let at = Timestamp::from_microsecond(last_us).unwrap_or(Timestamp::MAX);
            let (outcome, entry) = guarded(|| system_entry(&self.key, before.as_deref(), &record.act, &record.actor, at))?;
            entries.push(NewEntry {
                sequence: entry.sequence,
                at_us: last_us,
                input_key: entry.input_key,
                bytes: entry.bytes,
            });
            marks.push(NewMark {
                sequence: entry.sequence,
                ordinal: 0,
                name: READING.into(),
                at_us: last_us,
                actor: record.actor.id.clone(),
                values: "{}".to_owned(),
                index: record.index.clone(),
            });
            let next = Arc::new(outcome.next);
            last = Some((next.clone(), entry.snapshot));
            before = Some(next);
        }
        let Some((next, snapshot)) = last else {
            return Err(EngineError::Damaged("there is nothing to record".into()));
        };
        let row = NextInstance {
            workflow: next.workflow.clone(),
            key: next.key.clone(),
            definition: next.definition,
            sequence: next.sequence,
            done: next.status == Status::Done,
            snapshot,
            head: next.head,
            started_at_us: next.started_at.as_microsecond(),
        };
        let mut write = Write::new(next.instance, expected, row, last_us);
        write.entries = entries;
        write.marks = marks;
        Ok((write, next, last_us))
    }
}
