//! What one actor sees of one of many instances.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::step::{Actor, SYSTEM_WORKFLOW, Visibility, index_of, state_names, ties};

use super::{Queries, Shown};
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instance, Personal};
use crate::roles::{self, AUDITOR};
use crate::store::InstanceRow;

/// An instance that an actor sees.
pub(super) struct Sight {
    pub instance: Instance,
    /// The only fields that are seen; None: all.
    pub fields: Option<Vec<Arc<str>>>,
}

impl Sight {
    pub fn shows(&self, field: &Arc<str>) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(field))
    }

    /// Whether it is in a state of this name or path.
    pub fn is_in(&self, state: &Arc<str>) -> bool {
        state_names(&self.instance.known.chart, &self.instance.snapshot).contains(state)
    }

    pub fn shown(&self, actor: &Actor, now: Timestamp) -> EngineResult<Shown> {
        Shown::of(&self.instance, self.fields.as_deref(), actor, now)
    }
}

impl Queries {
    /// Rows of a page as snapshots, in their order.
    pub(super) async fn restore_all(&self, rows: &[InstanceRow]) -> EngineResult<Vec<EngineResult<Instance>>> {
        let rows: Vec<&InstanceRow> = rows.iter().collect();
        self.instances.restore_all(&rows, Personal::With).await
    }

    /// None: it is not for the actor, or cannot be read. The system's own trail is no workflow of anyone's.
    pub(super) async fn sight_of(
        &self,
        row: &InstanceRow,
        restored: EngineResult<Instance>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<Option<Sight>> {
        if *row.workflow == *SYSTEM_WORKFLOW {
            return Ok(None);
        }
        let instance = match restored {
            // What is damaged keeps nobody from the others; whose it is cannot be told any more.
            Err(error @ EngineError::DamagedInstance { .. }) => {
                tracing::error!(%error, "an instance cannot be listed");
                return Ok(None);
            }
            restored => restored?,
        };
        let visibility = self.visibility_among(&instance, actor, now).await?;
        debug_assert!(
            visibility == Visibility::Hidden || is_tied(&instance, actor),
            "{} sees what nothing ties to them",
            actor.id
        );
        match visibility {
            Visibility::Shown { fields: None } => Ok(Some(Sight { instance, fields: None })),
            _ if roles::has(actor, AUDITOR) => {
                let instance = self.instances.restore(row, Personal::Without).await?;
                Ok(Some(Sight { instance, fields: None }))
            }
            Visibility::Hidden => Ok(None),
            Visibility::Shown { fields } => Ok(Some(Sight { instance, fields })),
        }
    }
}

/// What an index would rule out is nothing that somebody sees.
fn is_tied(instance: &Instance, actor: &Actor) -> bool {
    let Some(ties) = ties(&instance.known.chart, actor) else {
        return true;
    };
    let pairs = index_of(&instance.known.chart, &instance.snapshot).unwrap_or_default();
    pairs.iter().any(|pair| ties.contains(pair))
}
