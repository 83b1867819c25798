//! Which transitions, timers, rungs and schedules no scenario took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::chart::{Chart, EventPattern, StateIndex, Transition, TransitionIndex, Trigger};
use statewright_core::diagnostic::Span;
use statewright_core::identity::Digest;
use statewright_core::step::TimerOf;

use super::plan::TestFile;

/// The transitions that were taken, by the definitions they belong to, each with the position of its branch.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    by_definition: BTreeMap<Digest, BTreeSet<(TransitionIndex, usize)>>,
    /// Names of the timers of rungs that fired.
    rungs: BTreeMap<Digest, BTreeSet<Arc<str>>>,
    schedules: BTreeMap<Digest, BTreeSet<Arc<str>>>,
}

/// A way that no scenario went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaken {
    pub span: Span,
    pub workflow: Arc<str>,
    /// The path of the state it leads from; empty for the workflow itself.
    pub state: Arc<str>,
    /// An event, `always`, `after.NAME`, `done`, `done.ID`, `error.ID`, `task rung 1`, `sla.NAME rung 1` or
    /// `schedule NAME`.
    pub event: String,
    /// Of several branches the number of this one, 1 for the first.
    pub branch: Option<usize>,
}

impl Taken {
    pub(super) fn add(&mut self, definition: Digest, taken: &[(TransitionIndex, usize)]) {
        self.by_definition.entry(definition).or_default().extend(taken);
    }

    pub(super) fn add_rung(&mut self, definition: Digest, name: Arc<str>) {
        self.rungs.entry(definition).or_default().insert(name);
    }

    pub(super) fn add_schedule(&mut self, definition: Digest, name: Arc<str>) {
        self.schedules.entry(definition).or_default().insert(name);
    }

    pub fn append(&mut self, other: Taken) {
        for (definition, schedules) in other.schedules {
            self.schedules.entry(definition).or_default().extend(schedules);
        }
        for (definition, rungs) in other.rungs {
            self.rungs.entry(definition).or_default().extend(rungs);
        }
        for (definition, taken) in other.by_definition {
            self.by_definition.entry(definition).or_default().extend(taken);
        }
    }

    /// Every way of these files' workflows that is not among them, by file and place. Where a compound state begins is no way of its own.
    pub fn untaken(&self, files: &[TestFile]) -> Vec<Untaken> {
        let definitions = files.iter().flat_map(|file| &file.setting.definitions);
        let charts: BTreeMap<Digest, &Chart> = definitions
            .map(|definition| (definition.chart.definition, &*definition.chart))
            .collect();
        let mut untaken = Vec::new();
        let (none, unnamed) = (BTreeSet::new(), BTreeSet::new());
        for (definition, chart) in charts {
            let taken = self.by_definition.get(&definition).unwrap_or(&none);
            for transition in &chart.transitions {
                let Some(event) = event_of(chart, transition) else { continue };
                let several = transition.branches.len() > 1;
                let missing = (0..transition.branches.len()).filter(|branch| !taken.contains(&(transition.index, *branch)));
                untaken.extend(missing.map(|branch| Untaken {
                    span: transition.span,
                    workflow: chart.workflow.clone(),
                    state: path_of(chart, transition.source),
                    event: event.clone(),
                    branch: several.then_some(branch + 1),
                }));
            }
            let fired = self.rungs.get(&definition);
            let is_missing = |name: &str| fired.is_none_or(|fired| !fired.contains(name));
            let missing = rungs_of(chart).into_iter().filter(|(name, _)| is_missing(name));
            untaken.extend(missing.map(|(_, rung)| rung));
            let ran = self.schedules.get(&definition).unwrap_or(&unnamed);
            let missing = chart.schedules.iter().filter(|schedule| !ran.contains(&schedule.name));
            untaken.extend(missing.map(|schedule| Untaken {
                span: schedule.span,
                workflow: chart.workflow.clone(),
                state: "".into(),
                event: format!("schedule {}", schedule.name),
                branch: None,
            }));
        }
        untaken.sort_by(|a, b| (&a.workflow, a.span, a.branch).cmp(&(&b.workflow, b.span, b.branch)));
        untaken
    }
}

/// Every rung of a chart's ladders, by the name of its timer.
fn rungs_of(chart: &Chart) -> Vec<(String, Untaken)> {
    let rung = |name: String, span: Span, state: &Arc<str>, event: String| {
        let untaken = Untaken {
            span,
            workflow: chart.workflow.clone(),
            state: state.clone(),
            event,
            branch: None,
        };
        (name, untaken)
    };
    let mut rungs = Vec::new();
    for state in &chart.states {
        let ladder = state.task.iter().flat_map(|task| &task.ladder);
        rungs.extend(ladder.zip(1..).map(|(each, number)| {
            let name = TimerOf::Task {
                path: &state.path,
                rung: number - 1,
            };
            rung(name.to_string(), each.span, &state.path, format!("task rung {number}"))
        }));
    }
    let nowhere: Arc<str> = "".into();
    for clock in &chart.clocks {
        rungs.extend(clock.ladder.iter().zip(1..).map(|(each, number)| {
            let name = TimerOf::Clock {
                clock: &clock.name,
                rung: Some(number - 1),
            };
            rung(
                name.to_string(),
                each.span,
                &nowhere,
                format!("sla.{} rung {number}", clock.name),
            )
        }));
    }
    rungs
}

impl Untaken {
    /// `work.shipping_hold, SHIP_AGAIN, branch 2`.
    pub fn words(&self) -> String {
        let state = if self.state.is_empty() {
            "the workflow itself"
        } else {
            &self.state
        };
        let branch = self.branch.map_or_else(String::new, |branch| format!(", branch {branch}"));
        format!("{} {state}, {}{branch}", self.workflow, self.event)
    }
}

fn path_of(chart: &Chart, state: StateIndex) -> Arc<str> {
    chart
        .states
        .get(usize::from(state.0))
        .map_or_else(|| "".into(), |state| state.path.clone())
}

/// By which name coverage calls a transition; None for what no input takes.
pub(crate) fn event_of(chart: &Chart, transition: &Transition) -> Option<String> {
    let source = chart.states.get(usize::from(transition.source.0))?;
    let invoke = |place: usize| source.invokes.get(place).map_or("", |invoke| &invoke.id);
    Some(match &transition.trigger {
        Trigger::Event(EventPattern::Exact(name)) => name.to_string(),
        Trigger::Event(EventPattern::Prefix(prefix)) => format!("{prefix}.*"),
        Trigger::Event(EventPattern::Any) => "*".into(),
        Trigger::Always => "always".into(),
        Trigger::Timer(place) => format!("after.{}", source.after.get(*place).map_or("", |timer| &timer.name)),
        Trigger::Done => "done".into(),
        Trigger::InvokeStart(place) => format!("started.{}", invoke(*place)),
        Trigger::InvokeProgress(place) => format!("progress.{}", invoke(*place)),
        Trigger::InvokeDone(place) => format!("done.{}", invoke(*place)),
        Trigger::InvokeError(place) => format!("error.{}", invoke(*place)),
        Trigger::Initial | Trigger::HistoryDefault => return None,
    })
}
