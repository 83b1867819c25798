//! Topics: what those who look for others have in common with what they find.
//!
//! An instance is found under a topic for each value of its indexed fields, and whoever waits for a change of what a read finds watches
//! the topics of that read. Topics are watched as instances are; so the commit that changes an instance wakes those who watch it and
//! those who watch what it is found under, or was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{MarkChange, OpenTask, Outcome, Snapshot, index_of};
use crate::chart::Chart;
use crate::identity::InstanceId;

/// What an instance, before and after a commit, is found under: by whatever field anyone looks, these hear of the change.
pub fn topics_of(chart: &Chart, before: Option<&Snapshot>, next: &Snapshot) -> BTreeSet<InstanceId> {
    let was = before.and_then(|before| index_of(chart, before));
    let is = index_of(chart, next);
    let pairs = was.into_iter().chain(is).flatten();
    let topics = pairs.map(|(field, value)| of_field(&next.workflow, &field, &value));
    topics
        .chain((!chart.blind.is_empty()).then(|| of_personal(&next.workflow)))
        .collect()
}

/// What the marks of a step are found under; of those that are taken back only the name is known.
pub fn topics_of_marks(outcome: &Outcome) -> BTreeSet<InstanceId> {
    let mut topics = BTreeSet::new();
    for change in &outcome.marks {
        match change {
            MarkChange::Put { name, index, .. } => {
                topics.extend(index.iter().map(|(field, value)| of_mark(name, field, value)));
                topics.insert(of_marks(name));
            }
            MarkChange::Back { name } => _ = topics.insert(of_marks_back(name)),
        }
    }
    topics
}

/// What the tasks that are opened, closed or changed between two snapshots are found under, or were.
pub fn topics_of_tasks(before: Option<&Snapshot>, next: &Snapshot) -> BTreeSet<InstanceId> {
    let nothing = BTreeMap::new();
    let was = before.map_or(&nothing, |before| &before.tasks);
    let differing = |these: &'_ BTreeMap<Arc<str>, OpenTask>, those: &BTreeMap<Arc<str>, OpenTask>| -> Vec<InstanceId> {
        let differing = these.iter().filter(|(name, task)| those.get(*name) != Some(*task));
        let pairs = differing.flat_map(|(_, task)| task.found_by(&next.workflow));
        pairs.map(|(field, value)| of_task(&field, &value)).collect()
    };
    let (gone, come) = (differing(was, &next.tasks), differing(&next.tasks, was));
    gone.into_iter().chain(come).collect()
}

pub(super) fn of_task(field: &str, value: &str) -> InstanceId {
    InstanceId::of_topic(&["task", field, value])
}

pub(super) fn of_field(workflow: &str, field: &str, value: &str) -> InstanceId {
    InstanceId::of_topic(&["field", workflow, field, value])
}

/// Any instance of a workflow that is found by personal fields: a topic for each value would say what stands in them.
pub(super) fn of_personal(workflow: &str) -> InstanceId {
    InstanceId::of_topic(&["personal", workflow])
}

pub(super) fn of_mark(name: &str, field: &str, value: &str) -> InstanceId {
    InstanceId::of_topic(&["mark", name, field, value])
}

/// All of a name.
pub(super) fn of_marks(name: &str) -> InstanceId {
    InstanceId::of_topic(&["marks", name])
}

/// Any of a name that is taken back.
pub(super) fn of_marks_back(name: &str) -> InstanceId {
    InstanceId::of_topic(&["marks back", name])
}
