//! Whether every trail is whole, up to the head that the database holds.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_core::trail::{ChainState, EntryText, Fault, FaultKind, Head};

use super::{Progress, Walk, entries, keep};
use crate::error::EngineResult;
use crate::store::{InstanceRow, Store};

#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    pub walked: Progress,
    /// All that were found; `faults` holds the first of them.
    pub fault_count: u64,
    pub faults: Vec<Fault>,
}

/// Walks every trail. `progress` is called after each page of instances.
pub async fn verify(store: &Arc<dyn Store>, mut progress: impl FnMut(Progress)) -> EngineResult<VerifyReport> {
    let mut report = VerifyReport::default();
    let mut walk = Walk::new(store);
    loop {
        let rows = walk.next().await?;
        if rows.is_empty() {
            return Ok(report);
        }
        for row in &rows {
            let faults = verify_instance(store, row, &mut report.walked).await?;
            for fault in faults {
                report.fault_count += 1;
                keep(&mut report.faults, fault);
            }
        }
        progress(report.walked);
    }
}

async fn verify_instance(store: &Arc<dyn Store>, row: &InstanceRow, walked: &mut Progress) -> EngineResult<Vec<Fault>> {
    let mut chain = ChainState::begin(row.instance);
    let mut after = 0;
    let mut last = None;
    loop {
        let page = entries(store, row, after).await?;
        let Some(end) = page.last() else { break };
        after = end.sequence;
        for entry in &page {
            chain.follow(&entry.bytes, Some(entry.sequence));
            walked.entries += 1;
        }
        last = page.into_iter().next_back();
    }
    walked.instances += 1;
    let mut faults = chain.finish(Some(Head {
        sequence: row.sequence,
        digest: row.head,
    }));
    // Where the last entry is missing, another one's snapshot says nothing of the stored one.
    if let Some(entry) = last.filter(|entry| entry.sequence == row.sequence) {
        faults.extend(fault_of_snapshot(row, &entry.bytes));
    }
    Ok(faults)
}

/// The snapshot that the next step begins from must be the one that the last entry names.
fn fault_of_snapshot(row: &InstanceRow, entry: &str) -> Option<Fault> {
    let named = EntryText::read(entry).and_then(|entry| entry.snapshot()).ok()?;
    (named != Digest::of(row.snapshot.as_bytes())).then(|| Fault {
        kind: FaultKind::Edited,
        instance: row.instance,
        sequence: row.sequence,
        detail: "the stored snapshot is not the one that the entry names".into(),
    })
}
