//! Whether the access log shows what stands in it: each entry is found by its mark.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::SYSTEM_WORKFLOW;
use statewright_core::trail::FaultKind;

use super::Finding;
use crate::access::{ACCESS_KEY, shown_by_node};
use crate::error::EngineResult;
use crate::store::{InstanceRow, Store};

/// The logs of the nodes, with how many entries each had when it was walked.
#[derive(Default)]
pub(super) struct Logs(Vec<(InstanceId, Arc<str>, u64)>);

impl Logs {
    pub fn add(&mut self, row: &InstanceRow) {
        if *row.workflow == *SYSTEM_WORKFLOW && row.key.starts_with(ACCESS_KEY) {
            self.0.push((row.instance, row.key.clone(), row.sequence));
        }
    }

    /// Those of which the log shows fewer; more have come since.
    pub async fn compare(self, store: &Arc<dyn Store>) -> EngineResult<Vec<Finding>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let shown = shown_by_node(store).await?;
        let findings = self.0.into_iter().filter_map(|(id, key, rows)| {
            let hidden = rows.saturating_sub(shown.get(&id).copied().unwrap_or_default());
            (hidden > 0).then(|| Finding {
                subject: format!("{SYSTEM_WORKFLOW}/{key}"),
                sequence: 0,
                kind: FaultKind::Missing,
                detail: format!("{hidden} of {rows} readings are not shown by the access log: their marks are not there"),
            })
        });
        Ok(findings.collect())
    }
}
