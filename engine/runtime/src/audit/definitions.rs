//! Definitions against their digests, and against those who need them.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_core::step::SYSTEM_WORKFLOW;
use statewright_core::trail::FaultKind;

use super::finding::Finding;
use crate::error::EngineResult;
use crate::store::{InstanceRow, Store};

/// Definitions read at once: each holds all its files.
const DEFINITIONS_PAGE: usize = 64;

/// The definitions that instances are pinned to: for each, a workflow and an instance of it.
#[derive(Default)]
pub(super) struct Pinned {
    by: BTreeMap<Digest, (Arc<str>, String)>,
}

impl Pinned {
    pub fn add(&mut self, row: &InstanceRow, name: &str) {
        // The system's own chart is part of the program.
        if *row.workflow != *SYSTEM_WORKFLOW {
            let pin = || (row.workflow.clone(), name.to_owned());
            self.by.entry(row.definition).or_insert_with(pin);
        }
    }

    /// Walks all definitions.
    pub async fn compare(self, store: &Arc<dyn Store>) -> EngineResult<Vec<Finding>> {
        let mut findings = Vec::new();
        // What is live first: a definition is there before it is made so.
        let live = store.live_hashes().await?;
        let mut known: BTreeMap<Digest, Arc<str>> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = store.definitions_after(after, DEFINITIONS_PAGE).await?;
            let Some(last) = page.last().map(|definition| definition.hash) else {
                break;
            };
            let ended = page.len() < DEFINITIONS_PAGE || after.is_some_and(|after| last <= after);
            after = Some(last);
            for definition in page {
                if Digest::of(definition.source.as_bytes()) != definition.hash {
                    let detail = format!("the source of a definition of `{}` has another digest", definition.workflow);
                    findings.push(about(definition.hash, FaultKind::Edited, detail));
                }
                known.insert(definition.hash, definition.workflow);
            }
            if ended {
                break;
            }
        }
        let needed = self.by.into_iter().map(|(hash, (workflow, name))| (hash, workflow, name));
        let live = live
            .into_iter()
            .map(|(workflow, hash)| (hash, workflow, "what is live".to_owned()));
        for (hash, workflow, who) in needed.chain(live) {
            match known.get(&hash) {
                Some(of) if *of == workflow => {}
                Some(of) => findings.push(about(
                    hash,
                    FaultKind::Edited,
                    format!("it is filed under `{of}`, and {who} is of `{workflow}`"),
                )),
                None => findings.push(about(
                    hash,
                    FaultKind::Missing,
                    format!("it is not there, and {who} of `{workflow}` needs it"),
                )),
            }
        }
        Ok(findings)
    }
}

fn about(hash: Digest, kind: FaultKind, detail: String) -> Finding {
    Finding {
        subject: format!("definition {hash}"),
        sequence: 0,
        kind,
        detail,
    }
}
