//! Queues: what waits for somebody, what they hold, why, and what happens if nobody acts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, TaskShown, Visibility, subjects_of, tasks, title};

use super::Queries;
use super::shown::personal;
use crate::body::{task_is_for, task_names};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instance, Personal};
use crate::roles::{self, AUDITOR};
use crate::store::{TaskPlace, TaskQuery, TaskRow};

/// Tasks given at once.
pub const QUEUE_PAGE_MAX: usize = 200;

/// Tasks looked at for one page: roles are found by an index, the rest is compared one by one.
const QUEUE_SCAN_MAX: usize = 2_000;

/// What is to be listed.
#[derive(Clone, Debug, Default)]
pub struct QueueRequest {
    /// Of one workflow alone.
    pub workflow: Option<Arc<str>>,
    /// Also those that others hold.
    pub held_too: bool,
    /// Only those that the actor holds, or whom they stand in for.
    pub own: bool,
    /// Of those that are theirs only these.
    pub choice: TaskChoice,
    /// Where the page before ended.
    pub after: Option<TaskPlace>,
    pub limit: usize,
}

/// By what tasks are chosen; None: by nothing of the kind.
#[derive(Clone, Debug, Default)]
pub struct TaskChoice {
    pub workflows: Option<Vec<Arc<str>>>,
    /// Those that are for one of these roles.
    pub roles: Option<Vec<Arc<str>>>,
    /// Those that are for one of these units.
    pub units: Option<Vec<Arc<str>>>,
    pub holders: Option<Vec<Arc<str>>>,
}

/// A task in a queue.
#[derive(Clone, Debug)]
pub struct Queued {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// What people see the instance called.
    pub about: String,
    /// The definition that the instance is pinned to.
    pub definition: Digest,
    /// The instance's revision.
    pub sequence: u64,
    pub task: TaskShown,
    /// Those of the personal fields whose values stand beside its form.
    pub personal: Vec<Arc<str>>,
}

impl Queued {
    /// Leaves what is to be done and not what stands beside it.
    pub(crate) fn withhold_data(&mut self) {
        self.task.show.clear();
        self.personal.clear();
    }
}

#[derive(Clone, Debug)]
pub struct Queue {
    /// What breaks first comes first.
    pub tasks: Vec<Queued>,
    /// Where to go on; None: there is no more.
    pub next: Option<TaskPlace>,
}

impl TaskChoice {
    fn takes(&self, row: &TaskRow) -> bool {
        let among = |names: &Option<Vec<Arc<str>>>, name: Option<&Arc<str>>| {
            names
                .as_ref()
                .is_none_or(|names| name.is_some_and(|name| names.contains(name)))
        };
        among(&self.workflows, Some(&row.workflow))
            && among(&self.holders, row.holder.as_ref())
            && self
                .roles
                .as_ref()
                .is_none_or(|roles| task_names(row, |pattern| &pattern.role, roles))
            && self
                .units
                .as_ref()
                .is_none_or(|units| task_names(row, |pattern| &pattern.unit, units))
    }
}

impl Queries {
    /// What waits for this actor, and what they hold, they themselves and whom they stand in for.
    pub async fn queue(&self, request: &QueueRequest, actor: &Actor, now: Timestamp) -> EngineResult<Queue> {
        let limit = request.limit.clamp(1, QUEUE_PAGE_MAX);
        let mut queue = Queue {
            tasks: Vec::new(),
            next: request.after.clone(),
        };
        let mut looked_at = 0;
        loop {
            let query = TaskQuery {
                subjects: if request.own { Vec::new() } else { subjects_of(actor) },
                holders: actor.identities(),
                held_too: request.held_too,
                workflow: request.workflow.clone(),
                after: queue.next.clone(),
                limit: limit.min(QUEUE_SCAN_MAX - looked_at),
            };
            let page = self.store.tasks(&query).await?;
            let theirs: Vec<&TaskRow> = page
                .rows
                .iter()
                .filter(|row| task_is_for(row, actor) && request.choice.takes(row))
                .collect();
            let mut shown = self.shown(&theirs, actor, now).await?;
            for row in &page.rows {
                looked_at += 1;
                queue.next = Some(row.place());
                queue.tasks.extend(shown.remove(&(row.instance, row.name.clone())));
                if queue.tasks.len() == limit {
                    return Ok(queue);
                }
            }
            if !page.more {
                queue.next = None;
                return Ok(queue);
            }
            if looked_at >= QUEUE_SCAN_MAX || page.rows.is_empty() {
                return Ok(queue);
            }
        }
    }

    /// The tasks of these rows as they stand now. A row whose task has been closed meanwhile shows nothing.
    async fn shown(
        &self,
        rows: &[&TaskRow],
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<BTreeMap<(InstanceId, Arc<str>), Queued>> {
        let mut ids: Vec<InstanceId> = rows.iter().map(|row| row.instance).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut shown = BTreeMap::new();
        for loaded in self.instances.load(&ids, Personal::With).await? {
            let instance = match loaded {
                Ok(Some(instance)) => instance,
                Ok(None) => continue,
                Err(error @ EngineError::DamagedInstance { .. }) => {
                    tracing::error!(%error, "a task cannot be shown");
                    continue;
                }
                Err(error) => return Err(error),
            };
            for queued in self.tasks_in(&instance, actor, now).await? {
                shown.insert((queued.instance, queued.task.name.clone()), queued);
            }
        }
        Ok(shown)
    }

    /// The open tasks of one instance that this actor may see.
    pub async fn tasks_of(&self, workflow: &str, key: &str, actor: &Actor, now: Timestamp) -> EngineResult<Vec<Queued>> {
        let id = InstanceId::of(workflow, key);
        let instance = self
            .instances
            .load_one(id, Personal::With)
            .await?
            .ok_or(EngineError::Hidden)?;
        let tasks = self.tasks_in(&instance, actor, now).await?;
        let hidden = tasks.is_empty() && self.visibility(&instance, actor, now).await? == Visibility::Hidden;
        match hidden && !roles::has(actor, AUDITOR) {
            true => Err(EngineError::Hidden),
            false => Ok(tasks),
        }
    }

    /// The open tasks of one instance, whoever may see them: for scenarios, which look at everything.
    pub(crate) async fn all_tasks_of(&self, workflow: &str, key: &str, now: Timestamp) -> EngineResult<Vec<TaskShown>> {
        let found = self.instances.load_one(InstanceId::of(workflow, key), Personal::With).await?;
        let instance = found.ok_or(EngineError::Hidden)?;
        let (everyone, everything) = (Actor::engine(), Visibility::Shown { fields: None });
        let (chart, snapshot) = (&instance.known.chart, &instance.snapshot);
        self.ask(&instance, now, |facts| {
            tasks(chart, snapshot, &everyone, &everything, facts, now)
        })
        .await
    }

    pub(super) async fn tasks_in(&self, instance: &Instance, actor: &Actor, now: Timestamp) -> EngineResult<Vec<Queued>> {
        let visible = self.visibility_among(instance, actor, now).await?;
        let (chart, snapshot) = (&instance.known.chart, &instance.snapshot);
        let shown = self
            .ask(instance, now, |facts| tasks(chart, snapshot, actor, &visible, facts, now))
            .await?;
        if shown.is_empty() {
            return Ok(Vec::new());
        }
        // who does not see the instance is told of the task alone
        let about = match visible {
            Visibility::Hidden => String::new(),
            Visibility::Shown { .. } => guarded(|| Ok(title(chart, snapshot, now)))?,
        };
        let queued = shown.into_iter().map(|task| Queued {
            instance: snapshot.instance,
            workflow: snapshot.workflow.clone(),
            key: snapshot.key.clone(),
            about: about.clone(),
            definition: snapshot.definition,
            sequence: snapshot.sequence,
            personal: personal(chart, task.show.iter().map(|(name, value)| (name, value))),
            task,
        });
        Ok(queued.collect())
    }
}
