//! Whether every trail is whole up to the head that the database holds, and everything that stands beside it says the same.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::trail::{ChainState, EntryText, Fault, FaultKind, Head};

use super::definitions::Pinned;
use super::finding::{Finding, name_of};
use super::personal::Commitments;
use super::{FINDINGS_MAX, Progress, Walk, access, columns, entries, keep, versions};
use crate::error::EngineResult;
use crate::store::{InstanceRow, Store, StrayTable, TrailRow};

/// How often an instance is looked at again that changed under our eyes: its row, its entries and its personal values are not read at
/// one moment.
const LOOKS_MAX: u32 = 4;

#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    pub walked: Progress,
    /// All that were found; `faults` holds the first of them.
    pub fault_count: u64,
    pub faults: Vec<Finding>,
}

/// Walks the whole store. `progress` is called after each page of instances.
pub async fn verify(store: &Arc<dyn Store>, mut progress: impl FnMut(Progress)) -> EngineResult<VerifyReport> {
    let mut report = VerifyReport::default();
    let (mut pinned, mut logs) = (Pinned::default(), access::Logs::default());
    let mut walk = Walk::new(store);
    loop {
        let rows = walk.next().await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (seen, findings) = examine(store, row).await?;
            pinned.add(&seen.row, &seen.name());
            report.walked.instances += 1;
            report.walked.entries += seen.entries;
            report.find(findings);
            logs.add(&seen.row);
        }
        progress(report.walked);
    }
    report.find(pinned.compare(store).await?);
    report.find(versions::compare(store).await?);
    report.find(logs.compare(store).await?);
    report.find(strays(store).await?);
    Ok(report)
}

/// Entries that are verified while somebody waits: those of a year of a busy instance, in a fraction of a second.
pub const PROOF_ENTRIES_MAX: u64 = 10_000;

/// What was found when one trail was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// As the head counts them.
    pub entries: u64,
    pub head: Digest,
    /// None: there are more than [`PROOF_ENTRIES_MAX`], and it was not looked.
    pub findings: Option<Vec<Finding>>,
}

impl Proof {
    pub fn is_whole(&self) -> bool {
        self.findings.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Verifies one trail, and all that stands beside it. None: there is no such instance.
///
/// # Errors
/// Those of the store.
pub async fn prove(store: &Arc<dyn Store>, instance: InstanceId) -> EngineResult<Option<Proof>> {
    let row = store.load(&[instance]).await?.into_iter().next().flatten();
    let Some(row) = row else { return Ok(None) };
    if row.sequence > PROOF_ENTRIES_MAX {
        return Ok(Some(Proof {
            entries: row.sequence,
            head: row.head,
            findings: None,
        }));
    }
    let (seen, findings) = examine(store, row).await?;
    Ok(Some(Proof {
        entries: seen.row.sequence,
        head: seen.row.head,
        findings: Some(findings),
    }))
}

impl VerifyReport {
    fn find(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.fault_count += 1;
            keep(&mut self.faults, finding);
        }
    }
}

/// Looks at one instance, and again as long as it moves on meanwhile and something seems wrong.
async fn examine(store: &Arc<dyn Store>, row: InstanceRow) -> EngineResult<(Examined, Vec<Finding>)> {
    let mut looks = 1;
    let mut row = row;
    loop {
        let mut examined = Examined::begin(row);
        let faults = examined.look(store).await?;
        let now = match faults.is_empty() || looks == LOOKS_MAX {
            true => None,
            false => store.load(&[examined.row.instance]).await?.into_iter().next().flatten(),
        };
        match now.filter(|now| now.sequence > examined.row.sequence) {
            Some(now) => row = now,
            None => {
                let name = examined.name();
                let findings = faults.into_iter().map(|fault| Finding::of(&name, fault)).collect();
                return Ok((examined, findings));
            }
        }
        looks += 1;
    }
}

/// One instance and what is known of it so far.
struct Examined {
    row: InstanceRow,
    entries: u64,
    commitments: Commitments,
    /// As its own entries say.
    named: Option<String>,
    faults: Vec<Fault>,
}

impl Examined {
    fn begin(row: InstanceRow) -> Self {
        Examined {
            row,
            entries: 0,
            commitments: Commitments::default(),
            named: None,
            faults: Vec::new(),
        }
    }

    /// What people call it.
    fn name(&self) -> String {
        let named = name_of(&self.row).or_else(|| self.named.clone());
        named.unwrap_or_else(|| self.row.instance.to_string())
    }

    async fn look(&mut self, store: &Arc<dyn Store>) -> EngineResult<Vec<Fault>> {
        let head = Head {
            sequence: self.row.sequence,
            digest: self.row.head,
        };
        if let Some(damage) = self.row.damage.clone() {
            self.fault(
                head.sequence,
                FaultKind::Malformed,
                format!("its row cannot be read: {damage}"),
            );
            return Ok(std::mem::take(&mut self.faults));
        }
        let mut chain = ChainState::begin(self.row.instance);
        let mut after = 0;
        let mut last = None;
        loop {
            let page = entries(store, &self.row, after).await?;
            let Some(end) = page.last() else { break };
            after = end.sequence;
            for row in &page {
                last = self.follow(&mut chain, row);
            }
        }
        self.faults.extend(chain.finish(Some(head)));
        // Where the last entry is missing, another one's snapshot says nothing of the stored one.
        let last = last.filter(|entry| entry.sequence().ok() == Some(head.sequence));
        for wrong in columns::of_instance(&self.row, last.as_ref()) {
            self.fault(head.sequence, FaultKind::Edited, wrong);
        }
        self.commitments.see_snapshot(head.sequence, &self.row.snapshot);
        for (sequence, kind, wrong) in self.commitments.compare(store.personal(self.row.instance).await?) {
            self.fault(sequence, kind, wrong);
        }
        self.faults.sort_by_key(|fault| fault.sequence);
        Ok(std::mem::take(&mut self.faults))
    }

    fn follow(&mut self, chain: &mut ChainState, row: &TrailRow) -> Option<EntryText> {
        self.entries += 1;
        if let Some(damage) = &row.damage {
            self.fault(
                row.sequence,
                FaultKind::Malformed,
                format!("its row cannot be read: {damage}"),
            );
        }
        let entry = chain.follow(&row.bytes, Some(row.sequence))?;
        for wrong in columns::of_entry(row, &entry) {
            self.fault(row.sequence, FaultKind::Edited, wrong);
        }
        self.commitments.see_entry(row.sequence, &row.bytes, &entry);
        if self.named.is_none() {
            self.named = own_name(&entry, self.row.instance);
        }
        Some(entry)
    }

    fn fault(&mut self, sequence: u64, kind: FaultKind, detail: String) {
        self.faults.push(Fault {
            kind,
            instance: self.row.instance,
            sequence,
            detail,
        });
    }
}

fn own_name(entry: &EntryText, instance: InstanceId) -> Option<String> {
    let (workflow, key) = (entry.workflow().ok()?, entry.key().ok()?);
    (InstanceId::of(workflow, key) == instance).then(|| format!("{workflow}/{key}"))
}

/// Rows that no instance counts as its own.
async fn strays(store: &Arc<dyn Store>) -> EngineResult<Vec<Finding>> {
    let strays = store.strays(FINDINGS_MAX).await?;
    let findings = strays.into_iter().map(|stray| {
        let rows = stray.rows;
        let entry = stray.entry.as_deref().and_then(|bytes| EntryText::read(bytes).ok());
        let named = entry.and_then(|entry| own_name(&entry, stray.instance));
        Finding {
            subject: named.unwrap_or_else(|| stray.instance.to_string()),
            sequence: stray.sequence,
            kind: FaultKind::Orphaned,
            detail: match stray.table {
                StrayTable::Trail => format!("{rows} entries that no instance's head counts"),
                StrayTable::Personal => format!("{rows} personal values of no instance that is there"),
            },
        }
    });
    Ok(findings.collect())
}
