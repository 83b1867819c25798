//! Live tables against their versions, and their histories against the system's trail. Versions that entries name are looked at where
//! the entries are stepped again.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{SYSTEM_KEY, SYSTEM_WORKFLOW};
use statewright_core::trail::{EntryText, FaultKind};
use statewright_core::value::Value;

use super::finding::Finding;
use crate::error::EngineResult;
use crate::store::{Store, TableDeployment};

/// Lines of a history read at once.
const HISTORY_PAGE: usize = 1_000;

/// What is wrong with the versions that are live, and with what is told of how they came to be.
pub(super) async fn compare(store: &Arc<dyn Store>) -> EngineResult<Vec<Finding>> {
    let mut findings = Vec::new();
    for (name, version) in store.live_tables().await? {
        let found = match store.table(version).await? {
            None => Some((
                FaultKind::Missing,
                format!("it is not there, and is the live one of `{name}`"),
            )),
            Some(stored) if Digest::of(stored.source.as_bytes()) != version => Some((
                FaultKind::Edited,
                format!("the source of a version of `{name}` has another digest"),
            )),
            Some(stored) if stored.name != name => Some((
                FaultKind::Edited,
                format!("it is filed under `{}`, and is the live one of `{name}`", stored.name),
            )),
            Some(_) => None,
        };
        findings.extend(found.map(|(kind, detail)| about(version, kind, detail)));
        compare_history(store, &name, version, &mut findings).await?;
    }
    Ok(findings)
}

/// Each line is what an entry of the system's trail says, and the last one made live what is.
async fn compare_history(store: &Arc<dyn Store>, name: &str, live: Digest, findings: &mut Vec<Finding>) -> EngineResult<()> {
    let mut before = u64::MAX;
    loop {
        let page = store.table_history(name, before, HISTORY_PAGE).await?;
        if before == u64::MAX && page.first().is_none_or(|latest| latest.version != live) {
            let detail = format!("it is the live one of `{name}`, and not the latest of its history");
            findings.push(about(live, FaultKind::Edited, detail));
        }
        for deployment in &page {
            if !is_told(store, name, deployment).await? {
                let detail = format!(
                    "its history says that `{}` made it the live one of `{name}`, and entry {} of the system's trail does not",
                    deployment.actor, deployment.entry
                );
                findings.push(about(deployment.version, FaultKind::Edited, detail));
            }
        }
        match page.last().filter(|_| page.len() == HISTORY_PAGE) {
            Some(last) if last.entry < before => before = last.entry,
            _ => return Ok(()),
        }
    }
}

/// Whether the entry that a line names says the same.
async fn is_told(store: &Arc<dyn Store>, name: &str, deployment: &TableDeployment) -> EngineResult<bool> {
    let system = InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY);
    let entries = store.trail(system, deployment.entry.saturating_sub(1), 1).await?;
    let entry = entries.first().filter(|entry| entry.sequence == deployment.entry);
    let Some(entry) = entry.and_then(|entry| EntryText::read(&entry.bytes).ok()) else {
        return Ok(false);
    };
    let act = entry.input().and_then(|input| input.get("act"));
    let says = |member: &str, wanted: &str| act.and_then(|act| act.field(member)).and_then(Value::as_text) == Some(wanted);
    let by = entry.actor().is_ok_and(|actor| actor.id == deployment.actor);
    let at = entry.at().is_ok_and(|at| at.as_microsecond() == deployment.at_us);
    Ok(by && at && says("act", "table_deployed") && says("table", name) && says("version", &deployment.version.to_string()))
}

fn about(version: Digest, kind: FaultKind, detail: String) -> Finding {
    Finding {
        subject: format!("table {version}"),
        sequence: 0,
        kind,
        detail,
    }
}
