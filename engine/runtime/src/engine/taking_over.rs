//! Taking a task from whoever holds it. Who is away stands in the directory, which no step asks: it is found here, and the entry says it.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::step::{TakingOver, TaskAct};

use super::Engine;
use crate::error::EngineResult;
use crate::queries::Queued;

impl Engine {
    /// An act as the step takes it: whether whom a task is taken from is away is nobody's to say but the directory's.
    pub(super) async fn with_absence(&self, act: TaskAct) -> EngineResult<TaskAct> {
        let TaskAct::TakeOver { from, .. } = act else {
            return Ok(act);
        };
        let away = self.away(vec![from.clone()]).await?.contains(&from);
        Ok(TaskAct::TakeOver { from, away })
    }

    /// Says of tasks that others hold whether they can be taken over now.
    pub(super) async fn settle_taking_over(&self, tasks: &mut [Queued]) -> EngineResult<()> {
        let is_open = |queued: &&Queued| queued.task.taking_over == TakingOver::WhileAway;
        let holders = tasks.iter().filter(is_open).filter_map(|queued| queued.task.holder.clone());
        let away = self.away(holders.collect()).await?;
        for task in tasks.iter_mut().map(|queued| &mut queued.task) {
            if task.taking_over == TakingOver::WhileAway {
                let is_away = task.holder.as_ref().is_some_and(|holder| away.contains(holder));
                task.taking_over = if is_away { TakingOver::Now } else { TakingOver::Never };
            }
        }
        Ok(())
    }

    async fn away(&self, people: Vec<Arc<str>>) -> EngineResult<BTreeSet<Arc<str>>> {
        self.directory().away_among(people, self.now()).await
    }
}
