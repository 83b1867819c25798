//! Lists of instances: newest first, only what the actor may see, page by page.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;

use super::sight::Sight;
use super::{Queries, Shown};
use crate::error::EngineResult;
use crate::store::ListQuery;

/// Instances given at once.
pub const LIST_PAGE_MAX: usize = 200;

/// Instances looked at for one page: an actor who sees few of many gets a short page and goes on from where it ended.
pub const LIST_SCAN_MAX: usize = 2_000;

/// What is to be listed.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub workflow: Option<Arc<str>>,
    /// By its name or its path: each instance is compared.
    pub state: Option<Arc<str>>,
    pub done: Option<bool>,
    /// Started in this moment or later.
    pub from_us: Option<i64>,
    /// Started before this moment.
    pub until_us: Option<i64>,
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
        let (sights, next) = self.listed(request, actor, now).await?;
        let shown = sights.iter().map(|sight| sight.shown(actor, now));
        Ok(Listed {
            instances: shown.collect::<EngineResult<_>>()?,
            next,
        })
    }

    /// A page, and where the next one begins.
    pub(super) async fn listed(
        &self,
        request: &ListRequest,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<(Vec<Sight>, Option<(i64, InstanceId)>)> {
        let limit = request.limit.clamp(1, LIST_PAGE_MAX);
        let mut sights = Vec::new();
        // of one moment nothing comes before an identifier that is none
        let mut next = request
            .after
            .or(request.until_us.map(|until_us| (until_us, InstanceId([0; 16]))));
        let mut looked_at = 0;
        loop {
            let query = ListQuery {
                workflow: request.workflow.clone(),
                done: request.done,
                after: next,
                limit: limit.min(LIST_SCAN_MAX - looked_at),
            };
            let page = self.store.list(&query).await?;
            for (row, restored) in page.rows.iter().zip(self.restore_all(&page.rows).await?) {
                if request.from_us.is_some_and(|from_us| row.started_at_us < from_us) {
                    return Ok((sights, None));
                }
                looked_at += 1;
                next = Some((row.started_at_us, row.instance));
                let sight = self.sight_of(row, restored, actor, now).await?;
                sights.extend(sight.filter(|sight| request.state.as_ref().is_none_or(|state| sight.is_in(state))));
                if sights.len() == limit {
                    return Ok((sights, next));
                }
            }
            if !page.more {
                return Ok((sights, None));
            }
            if looked_at >= LIST_SCAN_MAX || page.rows.is_empty() {
                return Ok((sights, next));
            }
        }
    }
}
