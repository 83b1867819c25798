//! Open tasks: all of them are looked at for every question.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::contents::Contents;
use crate::store::{FieldCondition, IndexedValue, OpenTaskQuery, TaskPage, TaskQuery, TaskRow, Write};

impl Contents {
    pub(super) fn apply_tasks(&mut self, write: &Write) {
        for name in &write.tasks_gone {
            let place = (write.instance, name.clone());
            self.tasks.remove(&place);
            self.task_fields.remove(&place);
        }
        for task in &write.tasks {
            let place = (write.instance, task.name.clone());
            self.tasks.insert(place.clone(), task.clone());
            self.task_fields.remove(&place);
        }
        for (name, pair) in &write.task_fields {
            let place = (write.instance, name.clone());
            self.task_fields.entry(place).or_default().insert(pair.clone());
        }
    }

    pub(super) fn open_tasks(&self, query: &OpenTaskQuery) -> TaskPage {
        let mut rows: Vec<TaskRow> = self.open_tasks_that_meet(query).cloned().collect();
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        TaskPage { rows, more }
    }

    pub(super) fn count_open_tasks(&self, query: &OpenTaskQuery) -> u64 {
        self.open_tasks_that_meet(query).count() as u64
    }

    fn open_tasks_that_meet(&self, query: &OpenTaskQuery) -> impl Iterator<Item = &TaskRow> {
        let meets = |found_by: &BTreeSet<IndexedValue>| {
            let has = |field: &Arc<str>, value: &Arc<str>| found_by.contains(&(field.clone(), value.clone()));
            let conditions = query.conditions.iter();
            let holds = |(field, values): &FieldCondition| values.iter().any(|value| has(field, value));
            !query.conditions.is_empty() && conditions.into_iter().all(holds)
        };
        let met = self.task_fields.iter().filter(move |(_, found_by)| meets(found_by));
        met.filter_map(|(place, _)| self.tasks.get(place))
    }

    pub(super) fn find_tasks(&self, query: &TaskQuery) -> TaskPage {
        let is_for_them = |task: &TaskRow| {
            let may_be_found = query.held_too || task.holder.is_none();
            may_be_found && task.subjects.iter().any(|subject| query.subjects.contains(subject))
        };
        let is_held_by_them = |task: &TaskRow| task.holder.as_ref().is_some_and(|holder| query.holders.contains(holder));
        let wanted = self.tasks.values().filter(|task| {
            (is_for_them(task) || is_held_by_them(task))
                && query.workflow.as_ref().is_none_or(|workflow| *workflow == task.workflow)
                && query.after.as_ref().is_none_or(|after| task.place() > *after)
        });
        let mut rows: Vec<TaskRow> = wanted.cloned().collect();
        rows.sort_by_key(TaskRow::place);
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        TaskPage { rows, more }
    }

    pub(super) fn tasks_of(&self, instances: &[InstanceId]) -> Vec<TaskRow> {
        let of_them = self.tasks.values().filter(|task| instances.contains(&task.instance));
        of_them.cloned().collect()
    }

    pub(super) fn held_by(&self, user: &str, after: Option<&(InstanceId, Arc<str>)>, limit: usize) -> Vec<TaskRow> {
        let held = self.tasks.iter().filter(|(place, task)| {
            let is_later = after.is_none_or(|after| *place > after);
            is_later && task.holder.as_deref() == Some(user)
        });
        held.take(limit).map(|(_, task)| task.clone()).collect()
    }

    pub(super) fn load_of(&self, user: &str) -> u64 {
        let held = self.tasks.values().filter(|task| task.holder.as_deref() == Some(user));
        held.count() as u64
    }
}
