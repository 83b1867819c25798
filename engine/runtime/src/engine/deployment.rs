//! Making a definition live.

use std::sync::Arc;

use statewright_core::chart::{Call, Channel, Chart, Verb};
use statewright_core::identity::Digest;
use statewright_core::step::{ACCESS_REVIEW, Actor, SYSTEM_WORKFLOW, TASKS_ADAPTER};
use statewright_core::value::Value;

use super::Engine;
use super::table::live_tables;
use crate::error::{EngineError, EngineResult};
use crate::glass::review_source;
use crate::mail::Mailing;
use crate::registry::Known;
use crate::store::Definition;

/// What a deployment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    pub workflow: Arc<str>,
    pub hash: Digest,
    /// It was live already: nothing was written.
    pub unchanged: bool,
}

impl Engine {
    /// Keeps a definition for ever and makes it the one that new instances take. `source` is what the compiler reads. Instances
    /// that run stay with the definition they began with.
    pub async fn deploy(&self, source: &str, by: &Actor) -> EngineResult<Deployed> {
        let known = self.inner.registry.compile(source)?;
        self.deploy_compiled(known, source, by).await
    }

    /// The same of a source that was compiled already, where others would have waited for it. `known` is what the source gives.
    pub async fn deploy_compiled(&self, known: Known, source: &str, by: &Actor) -> EngineResult<Deployed> {
        let workflow = &known.chart.workflow;
        if **workflow == *SYSTEM_WORKFLOW {
            return Err(EngineError::DefinitionRefused(format!(
                "`{SYSTEM_WORKFLOW}` is the name of the system's own trail"
            )));
        }
        if **workflow == *ACCESS_REVIEW && source != review_source() {
            return Err(EngineError::DefinitionRefused(format!(
                "`{ACCESS_REVIEW}` is the name of the engine's own reviews of openings"
            )));
        }
        // what may be opened is reviewed from the first time on
        if known.chart.has_glass() {
            self.bring_review(by).await?;
        }
        self.make_live(known, source, by).await
    }

    /// Keeps a definition and makes it live, if it is not.
    pub(super) async fn make_live(&self, known: Known, source: &str, by: &Actor) -> EngineResult<Deployed> {
        let inner = &self.inner;
        let workflow = known.chart.workflow.clone();
        let hash = known.chart.definition;
        self.check_adapters(&known.chart)?;
        inner.registry.refresh().await?;
        self.check_calendar(&known.chart).await?;
        self.check_tables(&known.chart).await?;
        let was_live = inner.registry.live_hashes().contains(&(workflow.clone(), hash));
        if was_live {
            return Ok(Deployed {
                workflow,
                hash,
                unchanged: true,
            });
        }
        let now = self.now();
        if let Some(before) = inner.registry.live_known(&workflow) {
            inner.places.end(&before.chart, &known.chart, by, now).await?;
        }
        let definition = Definition {
            hash,
            workflow: workflow.clone(),
            source: source.to_owned(),
            deployed_at_us: now.as_microsecond(),
            tables: live_tables(&known.chart),
        };
        let members = [
            ("definition", Value::from_text(&hash.to_string())),
            ("workflow", Value::Text(workflow.clone())),
        ];
        let mut act = inner.system.act("deployed", members, by);
        loop {
            let write = act.write(now).await?;
            // a table that was deployed since then makes the entry be written again
            self.check_tables(&known.chart).await?;
            let applied = inner.store.deploy(&definition, &write).await?;
            if act.settled(Some(&applied))? {
                break;
            }
        }
        let known = inner.registry.keep(known);
        inner.registry.make_live(workflow.clone(), hash);
        tracing::info!(%workflow, %hash, by = %by.id, "deployed");
        if matches!(inner.configuration.mailing, Mailing::Nowhere) && known.chart.tells_by(Channel::Mail) {
            tracing::warn!(
                %workflow,
                "it tells people by mail, and this node has no mail server: set `mail` in the configuration; until then it stands in their \
                 inboxes alone"
            );
        }
        Ok(Deployed {
            workflow,
            hash,
            unchanged: false,
        })
    }

    /// Business time could not be counted. Calendars are never taken away, so the one that is there now is there for good.
    async fn check_calendar(&self, chart: &Chart) -> EngineResult<()> {
        let Some(name) = &chart.calendar else { return Ok(()) };
        match self.inner.registry.calendars().find(name).await? {
            Some(_) => Ok(()),
            None => Err(EngineError::DefinitionRefused(format!(
                "the calendar `{name}` has not been deployed: deploy its file first, or together with the workflow's"
            ))),
        }
    }

    /// A call to what is not there would wait for ever.
    fn check_adapters(&self, chart: &Chart) -> EngineResult<()> {
        for call in calls_of(chart) {
            let Call { adapter, action, .. } = call;
            let Some(connected) = self.inner.adapters.get(adapter) else {
                // its own is nobody's to name
                let known = self.inner.adapters.keys().filter(|name| ***name != *TASKS_ADAPTER);
                let known: Vec<&str> = known.map(|name| &**name).collect();
                let known = if known.is_empty() {
                    "none is connected".to_owned()
                } else {
                    format!("connected: {}", known.join(", "))
                };
                return Err(EngineError::DefinitionRefused(format!(
                    "there is no adapter `{adapter}` ({known})"
                )));
            };
            if !connected.has_action(action) {
                return Err(EngineError::DefinitionRefused(format!(
                    "the adapter `{adapter}` has no action `{action}`"
                )));
            }
        }
        Ok(())
    }
}

pub(crate) fn calls_of(chart: &Chart) -> Vec<&Call> {
    let of_actions = chart.actions().filter_map(|action| match &action.verb {
        Verb::Call(call) => Some(call),
        _ => None,
    });
    let of_invokes = chart.states.iter().flat_map(|state| {
        state
            .invokes
            .iter()
            .flat_map(|invoke| invoke.call().into_iter().chain(&invoke.compensate))
    });
    of_invokes.chain(of_actions).collect()
}
