//! Lists of instances: newest first, only what the actor may see, page by page.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, SYSTEM_WORKFLOW, Visibility};

use super::{Queries, Shown};
use crate::error::{EngineError, EngineResult};
use crate::instances::Personal;
use crate::roles::{self, AUDITOR};
use crate::store::{InstanceRow, ListQuery};

/// Instances given at once.
pub const LIST_PAGE_MAX: usize = 200;

/// Instances looked at for one page: an actor who sees few of many gets a short page and goes on from where it ended.
pub const LIST_SCAN_MAX: usize = 2_000;

/// What is to be listed.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub workflow: Option<Arc<str>>,
    pub done: Option<bool>,
    /// Where the page before ended.
    pub after: Option<(i64, InstanceId)>,
    pub limit: usize,
}

#[derive(Clone, Debug)]
pub struct Listed {
    pub instances: Vec<Shown>,
    /// Where to go on; None: there is no more.
    pub next: Option<(i64, InstanceId)>,
}

impl Queries {
    pub async fn list(&self, request: &ListRequest, actor: &Actor, now: Timestamp) -> EngineResult<Listed> {
        let limit = request.limit.clamp(1, LIST_PAGE_MAX);
        let mut listed = Listed {
            instances: Vec::new(),
            next: request.after,
        };
        let mut looked_at = 0;
        loop {
            let query = ListQuery {
                workflow: request.workflow.clone(),
                done: request.done,
                after: listed.next,
                limit: limit.min(LIST_SCAN_MAX - looked_at),
            };
            let page = self.store.list(&query).await?;
            for row in &page.rows {
                looked_at += 1;
                listed.next = Some((row.started_at_us, row.instance));
                listed.instances.extend(self.seen(row, actor, now).await?);
                if listed.instances.len() == limit {
                    return Ok(listed);
                }
            }
            if !page.more {
                listed.next = None;
                return Ok(listed);
            }
            if looked_at >= LIST_SCAN_MAX || page.rows.is_empty() {
                return Ok(listed);
            }
        }
    }

    /// The system's own trail is no workflow of anyone's.
    async fn seen(&self, row: &InstanceRow, actor: &Actor, now: Timestamp) -> EngineResult<Option<Shown>> {
        if *row.workflow == *SYSTEM_WORKFLOW {
            return Ok(None);
        }
        let instance = match self.instances.restore(row, Personal::With).await {
            // What is damaged keeps nobody from the others; whose it is cannot be told any more.
            Err(error @ EngineError::DamagedInstance { .. }) => {
                tracing::error!(%error, "an instance cannot be listed");
                return Ok(None);
            }
            restored => restored?,
        };
        match self.visibility_among(&instance, actor, now).await? {
            Visibility::Shown { fields: None } => Shown::of(&instance, None, actor, now).map(Some),
            _ if roles::has(actor, AUDITOR) => {
                let unpersonal = self.instances.restore(row, Personal::Without).await?;
                Shown::of(&unpersonal, None, actor, now).map(Some)
            }
            Visibility::Hidden => Ok(None),
            Visibility::Shown { fields } => Shown::of(&instance, fields.as_deref(), actor, now).map(Some),
        }
    }
}
