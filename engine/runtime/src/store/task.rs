//! Open tasks, as they are written and found.

use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::FieldCondition;

/// An open task, as queues find it: written whole whenever anything of it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// That of the write that brings it.
    pub instance: InstanceId,
    /// Path of the state whose task it is: one open task for each.
    pub name: Arc<str>,
    /// The sequence of the entry that opened it: tells it from an earlier one of the same state.
    pub opened: u64,
    pub opened_us: i64,
    pub workflow: Arc<str>,
    /// Who works on it; nobody else finds it then, unless they ask for what others hold.
    pub holder: Option<Arc<str>>,
    /// 0 comes first, [`PRIORITY_MAX`] last.
    pub priority: u8,
    /// Without one it comes after all that have one. Less than the greatest number there is.
    pub due_us: Option<i64>,
    /// Who may find it, as texts such as `role:inspector` or `user:ada`; compared exactly. At least one, no two alike, at most
    /// [`SUBJECTS_MAX`](super::SUBJECTS_MAX).
    pub subjects: Vec<Arc<str>>,
    /// Canonical JSON that the runtime reads back; the store does not look into it.
    pub body: String,
}

/// The least urgent.
pub const PRIORITY_MAX: u8 = 9;

/// How a due that is none is stored, so that it comes last.
pub(super) const NO_DUE_US: i64 = i64::MAX;

impl TaskRow {
    pub fn place(&self) -> TaskPlace {
        TaskPlace {
            priority: self.priority,
            due_us: self.due_us,
            opened_us: self.opened_us,
            instance: self.instance,
            name: self.name.clone(),
        }
    }
}

/// Where a task stands in every queue: by priority, then by due (without one last), then by how long it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPlace {
    pub priority: u8,
    pub due_us: Option<i64>,
    pub opened_us: i64,
    pub instance: InstanceId,
    pub name: Arc<str>,
}

impl TaskPlace {
    fn order(&self) -> (u8, i64, i64, InstanceId, &str) {
        let due_us = self.due_us.unwrap_or(NO_DUE_US);
        (self.priority, due_us, self.opened_us, self.instance, &self.name)
    }
}

impl PartialOrd for TaskPlace {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TaskPlace {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// Which open tasks a read looks for: those for which all of this holds, by [`Write::task_fields`](super::Write::task_fields).
#[derive(Clone, Debug, Default)]
pub struct OpenTaskQuery {
    /// Each must hold; without one nothing is found. What meets the first is walked and the others are compared.
    pub conditions: Vec<FieldCondition>,
    pub limit: usize,
}

/// What is looked for: the tasks that somebody may take and those that somebody holds, each once, in the order of their places.
#[derive(Clone, Debug, Default)]
pub struct TaskQuery {
    /// Tasks of any of these that nobody holds.
    pub subjects: Vec<Arc<str>>,
    /// And tasks that one of these people holds, whomever they are for.
    pub holders: Vec<Arc<str>>,
    /// Of the subjects' also those that others hold.
    pub held_too: bool,
    /// Of one workflow alone.
    pub workflow: Option<Arc<str>>,
    /// Continue after this place, whether its task is still there or not.
    pub after: Option<TaskPlace>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPage {
    pub rows: Vec<TaskRow>,
    /// Whether there are more.
    pub more: bool,
}
