//! What is deployed by itself against its versions, and the histories of how they came to be live against the system's trail. Versions that
//! entries name are looked at where the entries are stepped again.

use std::sync::Arc;

use statewright_core::chart::DocumentKind;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{SYSTEM_KEY, SYSTEM_WORKFLOW};
use statewright_core::trail::{EntryText, FaultKind};
use statewright_core::value::Value;

use super::finding::Finding;
use crate::error::EngineResult;
use crate::store::{MadeLive, Store};

/// Lines of a history read at once.
const HISTORY_PAGE: usize = 1_000;

/// One that is live.
struct Live<'a> {
    /// What it is, in sentences.
    noun: &'a str,
    name: Arc<str>,
    version: Digest,
    /// What the entry of a deployment says besides the version.
    told: Vec<(&'static str, &'a str)>,
}

/// What is wrong with the versions that are live, and with what is told of how they came to be.
pub(super) async fn compare(store: &Arc<dyn Store>) -> EngineResult<Vec<Finding>> {
    let mut findings = Vec::new();
    for (name, version) in store.live_calendars().await? {
        let live = Live::of("calendar", name, version);
        let stored = store.calendar(version).await?.map(|stored| (stored.name, stored.source));
        findings.extend(live.compare(stored));
    }
    for (name, version) in store.live_tables().await? {
        let stored = store.table(version).await?.map(|stored| (stored.name, stored.source));
        let mut live = Live::of("table", name.clone(), version);
        live.told = vec![("act", "table_deployed"), ("table", &name)];
        findings.extend(live.compare(stored));
        let history = async |before| store.table_history(&name, before, HISTORY_PAGE).await.map_err(Into::into);
        live.compare_history(store, history, &mut findings).await?;
    }
    for kind in DocumentKind::ALL.map(DocumentKind::as_str) {
        for (name, version) in store.live_documents(kind).await? {
            let stored = store.document(version).await?.filter(|stored| *stored.kind == *kind);
            let stored = stored.map(|stored| (stored.name, stored.source));
            let mut live = Live::of(kind, name.clone(), version);
            live.told = vec![("act", "document_deployed"), ("kind", kind), ("name", &name)];
            findings.extend(live.compare(stored));
            let history = async |before| {
                store
                    .document_history(kind, &name, before, HISTORY_PAGE)
                    .await
                    .map_err(Into::into)
            };
            live.compare_history(store, history, &mut findings).await?;
        }
    }
    Ok(findings)
}

impl<'a> Live<'a> {
    fn of(noun: &'a str, name: Arc<str>, version: Digest) -> Self {
        Live {
            noun,
            name,
            version,
            told: Vec::new(),
        }
    }

    /// `stored`: under which name the version is filed, and its source.
    fn compare(&self, stored: Option<(Arc<str>, String)>) -> Option<Finding> {
        let name = &self.name;
        let (kind, detail) = match stored {
            None => (
                FaultKind::Missing,
                format!("it is not there, and is the live one of `{name}`"),
            ),
            Some((_, source)) if Digest::of(source.as_bytes()) != self.version => (
                FaultKind::Edited,
                format!("the source of a version of `{name}` has another digest"),
            ),
            Some((filed, _)) if filed != *name => (
                FaultKind::Edited,
                format!("it is filed under `{filed}`, and is the live one of `{name}`"),
            ),
            Some(_) => return None,
        };
        Some(self.about(self.version, kind, detail))
    }

    /// Each line is what an entry of the system's trail says, and the last one made live what is.
    async fn compare_history(
        &self,
        store: &Arc<dyn Store>,
        history: impl AsyncFn(u64) -> EngineResult<Vec<MadeLive>>,
        findings: &mut Vec<Finding>,
    ) -> EngineResult<()> {
        let name = &self.name;
        let mut before = u64::MAX;
        loop {
            let page = history(before).await?;
            if before == u64::MAX && page.first().is_none_or(|latest| latest.version != self.version) {
                let detail = format!("it is the live one of `{name}`, and not the latest of its history");
                findings.push(self.about(self.version, FaultKind::Edited, detail));
            }
            for deployment in &page {
                if !self.is_told(store, deployment).await? {
                    let detail = format!(
                        "its history says that `{}` made it the live one of `{name}`, and entry {} of the system's trail does not",
                        deployment.actor, deployment.entry
                    );
                    findings.push(self.about(deployment.version, FaultKind::Edited, detail));
                }
            }
            match page.last().filter(|_| page.len() == HISTORY_PAGE) {
                Some(last) if last.entry < before => before = last.entry,
                _ => return Ok(()),
            }
        }
    }

    /// Whether the entry that a line names says the same.
    async fn is_told(&self, store: &Arc<dyn Store>, deployment: &MadeLive) -> EngineResult<bool> {
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
        let told = self.told.iter().all(|(member, wanted)| says(member, wanted));
        Ok(by && at && told && says("version", &deployment.version.to_string()))
    }

    fn about(&self, version: Digest, kind: FaultKind, detail: String) -> Finding {
        Finding {
            subject: format!("{} {version}", self.noun),
            sequence: 0,
            kind,
            detail,
        }
    }
}
