//! What came of a simulation.

mod figures;
mod length;
mod table;
mod value;
mod words;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cast::worked_us;
use super::conduct::Calls;
use super::measure::{Ledger, Whose};
use super::plan::{Group, Simulation};
use crate::scenario::coverage::event_of;
use figures::{ActionRow, ClockRow, FlowRow, PeopleRow, StateRow, TaskRow, WayRow};
use statewright_core::chart::{Chart, EventPattern, StateKind, Trigger};

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    AsPlanned,
    /// What stopped it, as a sentence.
    Early(String),
}

/// What came of a simulation: for people [`Report::words`], for programs [`Report::value`].
#[derive(Clone, Debug)]
pub struct Report {
    name: Arc<str>,
    title: Option<Arc<str>>,
    seed: u64,
    from: Timestamp,
    to: Timestamp,
    zone: TimeZone,
    /// What stopped it before its end.
    stopped: Option<String>,
    flows: Vec<FlowRow>,
    tasks: Vec<TaskRow>,
    states: Vec<StateRow>,
    people: Vec<PeopleRow>,
    clocks: Vec<ClockRow>,
    actions: Vec<ActionRow>,
    /// Transitions of the workflows that are looked at which nobody took.
    never: Vec<WayRow>,
    /// State and event, the sentence of the refusal, and how often.
    refused: Vec<(String, String, u64)>,
    incidents: Vec<String>,
}

impl Report {
    pub(super) fn of(
        plan: &Simulation,
        ledger: Ledger,
        calls: Calls,
        incidents: Vec<String>,
        (ended, end): (Ended, Timestamp),
    ) -> Report {
        let from = plan.setting.given.clock;
        let several = plan.setting.definitions.len() > 1;
        // as a simulation may name them: by the end of their paths, where that is enough
        let name = |workflow: &Arc<str>, path: &Arc<str>| {
            let chart = plan.setting.chart_of(workflow);
            let short = chart.map_or(&**path, |chart| short(chart, path));
            match several {
                true => format!("{workflow}/{short}"),
                false => short.to_owned(),
            }
        };
        let never = never(plan, &ledger);
        let people = ledger.people.iter().map(|(whose, figures)| match whose {
            Whose::Group(place) => PeopleRow::of_group(plan.groups.get(*place), figures, (from, end)),
            Whose::Given(id) => PeopleRow::of_others(id, figures),
            Whose::Role(role) => PeopleRow::of_others(role, figures),
        });
        let refusals = ledger.refusals.iter().map(|(((workflow, path), event, sentence), count)| {
            let about = match path.is_empty() {
                true => format!("{event} {workflow}"),
                false => format!("{} {event}", name(workflow, path)),
            };
            (about, sentence.clone(), *count)
        });
        let mut report = Report {
            name: plan.name.clone(),
            title: plan.title.clone(),
            seed: plan.seed,
            from,
            to: end,
            zone: plan.setting.zone.clone(),
            stopped: match ended {
                Ended::AsPlanned => None,
                Ended::Early(why) => Some(why),
            },
            flows: Vec::new(),
            tasks: Vec::new(),
            states: Vec::new(),
            people: people.filter(PeopleRow::is_shown).collect(),
            clocks: Vec::new(),
            actions: calls
                .iter()
                .filter(|(_, called)| called.attempts > 0)
                .map(|(effect, called)| ActionRow::of(effect, called))
                .collect(),
            never,
            refused: refusals.collect(),
            incidents,
        };
        // in the order of the files, which is the one in which people think of them
        for chart in plan.setting.charts() {
            let workflow = &chart.workflow;
            if let Some(flow) = ledger.flows.get(workflow) {
                let is_looked_at = plan.of.contains(workflow);
                report
                    .flows
                    .extend((is_looked_at || flow.begun > 0).then(|| FlowRow::of(workflow, flow)));
            }
            for state in chart.states.iter().filter(|state| !state.path.is_empty()) {
                let place = (workflow.clone(), state.path.clone());
                if let Some(task) = ledger.tasks.get(&place) {
                    let was_opened = task.longest > 0;
                    report
                        .tasks
                        .extend(was_opened.then(|| TaskRow::of(&place, name(workflow, &state.path), task)));
                }
                let figures = ledger.states.get(&place).filter(|_| state.kind == StateKind::Atomic);
                report
                    .states
                    .extend(figures.map(|figures| StateRow::of(&place, name(workflow, &state.path), figures)));
            }
            for clock in &chart.clocks {
                let figures = ledger.clocks.get(&(workflow.clone(), clock.name.clone()));
                let ran = figures.filter(|figures| figures.met + figures.missed + figures.running > 0);
                report.clocks.extend(ran.map(|figures| ClockRow {
                    name: if several {
                        format!("{workflow}/{}", clock.name)
                    } else {
                        clock.name.to_string()
                    },
                    workflow: workflow.clone(),
                    clock: clock.name.clone(),
                    figures: *figures,
                }));
            }
        }
        report
    }

    /// Instances that ended.
    pub fn ended(&self) -> u64 {
        self.flows.iter().map(|flow| flow.ended).sum()
    }

    /// What waits for a person's word at the end, a sentence each.
    pub fn incidents(&self) -> &[String] {
        &self.incidents
    }

    /// Why it did not come to its end.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }
}

/// Transitions of the workflows that are looked at which no instance took. Where a compound state begins is no way of its own.
fn never(plan: &Simulation, ledger: &Ledger) -> Vec<WayRow> {
    let mut never = Vec::new();
    for chart in plan.setting.charts().filter(|chart| plan.of.contains(&chart.workflow)) {
        for transition in &chart.transitions {
            let Some(event) = event_of(chart, transition) else { continue };
            let from = chart.state(transition.source).path.clone();
            let ways = ledger.ways.range((chart.workflow.clone(), from.clone(), "".into())..);
            let mut ways = ways.take_while(|(workflow, path, _)| *workflow == chart.workflow && *path == from);
            let is_it = |taken: &str| match &transition.trigger {
                Trigger::Event(pattern) if !matches!(pattern, EventPattern::Exact(_)) => pattern.matches(taken),
                Trigger::Done => taken.strip_prefix("done.state.") == Some(&*from),
                _ => *taken == *event,
            };
            if !ways.any(|(_, _, taken)| is_it(taken)) {
                never.push(WayRow {
                    workflow: chart.workflow.clone(),
                    state: from,
                    event,
                });
            }
        }
    }
    never.dedup();
    never
}

/// The shortest end of a path that no other state's path has.
fn short<'p>(chart: &Chart, path: &'p str) -> &'p str {
    let begins = path.rmatch_indices('.').map(|(dot, _)| dot + 1);
    let ends = begins.filter_map(|begin| path.get(begin..));
    let is_one = |end: &&str| {
        let has = |path: &str| {
            path.strip_suffix(*end)
                .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        chart.states.iter().filter(|state| has(&state.path)).count() == 1
    };
    ends.into_iter().find(is_one).unwrap_or(path)
}

/// How much a group could have worked.
fn capacity_us(group: &Group, (from, to): (Timestamp, Timestamp)) -> i64 {
    worked_us(from, to, group.hours.as_deref()).saturating_mul(i64::from(group.people))
}
