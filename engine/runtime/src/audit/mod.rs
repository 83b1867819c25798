//! Proving a whole database: that every trail is whole, and that stepping what is recorded leads to what is stored.
//!
//! `verify` compares everything that stands in the store with what proves it; `replay` steps the inputs again. Both walk all instances in the order of their ids, page by page, while the node may go on working: of each instance they look
//! at the entries up to the head that they found.

mod access;
mod columns;
mod definitions;
mod finding;
mod personal;
mod replay;
mod verify;
mod versions;

use std::sync::Arc;

use statewright_core::identity::InstanceId;

pub use finding::{Finding, described};
pub(crate) use replay::Named;
pub use replay::{ReplayFinding, ReplayReport, replay};
pub use verify::{PROOF_ENTRIES_MAX, Proof, VerifyReport, prove, verify};

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
        let reached = rows.last().map(|row| row.instance);
        // Identifiers that were cut to their length may not go on; then nothing behind them can be walked to.
        self.done = rows.len() < INSTANCES_PAGE || reached <= self.after;
        self.after = reached;
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
