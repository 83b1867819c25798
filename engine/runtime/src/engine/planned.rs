//! What is planned.

use std::sync::Arc;

use super::Engine;
use crate::error::EngineResult;
use crate::schedules::{ListedSchedule, listed};

impl Engine {
    /// The schedules of one live workflow, or of all, by workflow and in the order in which they are written. The caller sees to it that
    /// only operators and auditors ask.
    pub async fn schedules(&self, workflow: Option<&str>) -> EngineResult<Vec<ListedSchedule>> {
        let inner = &self.inner;
        let workflows: Vec<Arc<str>> = match workflow {
            Some(workflow) => vec![workflow.into()],
            None => {
                inner.registry.refresh().await?;
                let live = inner.registry.live_hashes();
                live.into_iter().map(|(workflow, _)| workflow).collect()
            }
        };
        let mut schedules = Vec::new();
        for workflow in workflows {
            let known = inner.registry.live(&workflow).await?;
            let zone = &inner.configuration.default_zone;
            schedules.extend(listed(&known.chart, &inner.places, zone, self.now()).await?);
        }
        Ok(schedules)
    }
}
