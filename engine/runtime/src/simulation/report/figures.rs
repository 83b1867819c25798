//! The rows of a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::capacity_us;
use crate::scenario::counterparts::Effect;
use crate::simulation::conduct::Called;
use crate::simulation::measure::{ClockFigures, Flow, PeopleFigures, Sample, StateFigures, TaskFigures};
use crate::simulation::plan::{Group, Place};

/// What is said of lengths of time, in microseconds; None where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    pub median: Option<i64>,
    pub p90: Option<i64>,
    pub most: Option<i64>,
}

#[derive(Clone, Debug)]
pub(super) struct FlowRow {
    pub workflow: Arc<str>,
    pub begun: u64,
    pub ended: u64,
    pub under_way: u64,
    pub ends: BTreeMap<Arc<str>, u64>,
    pub lasted: Spread,
}

#[derive(Clone, Debug)]
pub(super) struct TaskRow {
    pub place: Place,
    pub name: String,
    pub done: u64,
    pub waited: Spread,
    pub worked: Spread,
    /// Of all waiting, in microseconds.
    pub waited_us: i64,
    pub longest: u64,
    pub longest_at: Option<Timestamp>,
    pub still: u64,
    pub still_most: Option<i64>,
    pub rungs: u64,
}

#[derive(Clone, Debug)]
pub(super) struct StateRow {
    pub place: Place,
    pub name: String,
    pub visits: u64,
    pub lasted: Spread,
    pub most: u64,
    pub now: u64,
}

#[derive(Clone, Debug)]
pub(super) struct PeopleRow {
    pub name: String,
    /// None: as many as were needed.
    pub people: Option<u32>,
    pub taken: u64,
    pub worked_us: i64,
    /// Of a thousand; None where nobody counts how much they could have worked.
    pub busy: Option<i64>,
    pub most: u64,
}

#[derive(Clone, Debug)]
pub(super) struct ClockRow {
    pub name: String,
    pub workflow: Arc<str>,
    pub clock: Arc<str>,
    pub figures: ClockFigures,
}

#[derive(Clone, Debug)]
pub(super) struct ActionRow {
    pub name: String,
    pub attempts: u64,
    pub failures: u64,
}

/// A way from a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WayRow {
    pub workflow: Arc<str>,
    pub state: Arc<str>,
    pub event: String,
}

impl Spread {
    pub(super) fn of(sample: &Sample) -> Self {
        Spread {
            median: sample.percentile(50),
            p90: sample.percentile(90),
            most: sample.percentile(100),
        }
    }
}

impl FlowRow {
    pub(super) fn of(workflow: &Arc<str>, flow: &Flow) -> Self {
        FlowRow {
            workflow: workflow.clone(),
            begun: flow.begun,
            ended: flow.ends.values().sum(),
            under_way: flow.under_way,
            ends: flow.ends.clone(),
            lasted: Spread::of(&flow.lasted),
        }
    }
}

impl TaskRow {
    pub(super) fn of(place: &Place, name: String, task: &TaskFigures) -> Self {
        TaskRow {
            place: place.clone(),
            name,
            done: task.done,
            waited: Spread::of(&task.waited),
            worked: Spread::of(&task.worked),
            waited_us: task.waited.sum().saturating_add(task.still.sum()),
            longest: task.longest,
            longest_at: task.longest_at,
            still: task.still.count() as u64,
            still_most: task.still.percentile(100),
            rungs: task.rungs.values().sum(),
        }
    }
}

impl StateRow {
    pub(super) fn of(place: &Place, name: String, state: &StateFigures) -> Self {
        StateRow {
            place: place.clone(),
            name,
            visits: state.visits,
            lasted: Spread::of(&state.lasted),
            most: state.most,
            now: state.now,
        }
    }
}

impl PeopleRow {
    pub(super) fn of_group(group: Option<&Group>, figures: &PeopleFigures, between: (Timestamp, Timestamp)) -> Self {
        let place = group.and_then(|group| group.unit.as_ref().or(group.organisation.as_ref()));
        let capacity = group.map_or(0, |group| capacity_us(group, between));
        let busy = i128::from(figures.worked_us) * 1_000;
        PeopleRow {
            name: match (group, place) {
                (Some(group), Some(place)) => format!("{} ({place})", group.role),
                (Some(group), None) => group.role.to_string(),
                (None, _) => String::new(),
            },
            people: group.map(|group| group.people),
            taken: figures.taken,
            worked_us: figures.worked_us,
            busy: busy
                .checked_div(i128::from(capacity))
                .and_then(|busy| i64::try_from(busy).ok()),
            most: figures.most,
        }
    }

    pub(super) fn of_others(name: &str, figures: &PeopleFigures) -> Self {
        PeopleRow {
            name: name.to_owned(),
            people: None,
            taken: figures.taken,
            worked_us: figures.worked_us,
            busy: None,
            most: figures.most,
        }
    }

    /// Of a role that is not on the staff it is said only what it did.
    pub(super) fn is_shown(&self) -> bool {
        self.people.is_some() || self.taken > 0
    }
}

impl ActionRow {
    pub(super) fn of((adapter, action): &Effect, called: &Called) -> Self {
        ActionRow {
            name: format!("{adapter}.{action}"),
            attempts: called.attempts,
            failures: called.failures,
        }
    }
}
