//! Proving a whole database: that every trail is whole, and that stepping what is recorded leads to what is stored.
//!
//! Both walk all instances in the order of their ids, page by page, while the node may go on working: of each instance they look
//! at the entries up to the head that they found.

mod replay;
mod verify;

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::trail::Fault;

pub use replay::{ReplayFinding, ReplayReport, replay};
pub use verify::{VerifyReport, verify};

use crate::error::EngineResult;
use crate::store::{InstanceRow, Store, TrailRow};

/// Instances read at once.
const INSTANCES_PAGE: usize = 256;
/// Entries read at once.
const ENTRIES_PAGE: usize = 1_000;
/// Findings kept in a report; more are counted.
pub const FINDINGS_MAX: usize = 1_000;

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub instances: u64,
    pub entries: u64,
}

/// Pages through all instances.
struct Walk<'a> {
    store: &'a Arc<dyn Store>,
    after: Option<InstanceId>,
    done: bool,
}

impl<'a> Walk<'a> {
    fn new(store: &'a Arc<dyn Store>) -> Self {
        Walk {
            store,
            after: None,
            done: false,
        }
    }

    /// The next page; empty at the end.
    async fn next(&mut self) -> EngineResult<Vec<InstanceRow>> {
        if self.done {
            return Ok(Vec::new());
        }
        let rows = self.store.instances_after(self.after, INSTANCES_PAGE).await?;
        self.done = rows.len() < INSTANCES_PAGE;
        self.after = rows.last().map(|row| row.instance);
        Ok(rows)
    }
}

/// Entries of one instance after `after`, none beyond its head.
async fn entries(store: &Arc<dyn Store>, row: &InstanceRow, after: u64) -> EngineResult<Vec<TrailRow>> {
    if after >= row.sequence {
        return Ok(Vec::new());
    }
    let mut entries = store.trail(row.instance, after, ENTRIES_PAGE).await?;
    entries.retain(|entry| entry.sequence <= row.sequence);
    Ok(entries)
}

fn keep<T>(findings: &mut Vec<T>, finding: T) {
    if findings.len() < FINDINGS_MAX {
        findings.push(finding);
    }
}

/// A fault as people read it: where, what, why.
pub fn described(fault: &Fault) -> String {
    format!(
        "{} entry {}: {}: {}",
        fault.instance, fault.sequence, fault.kind, fault.detail
    )
}
