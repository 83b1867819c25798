//! What is measured: of instances and states what the trail says, of tasks and people what they did in the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::InstanceId;
use statewright_core::step::TimerOf;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

use super::cast::{Cast, MemberKind, worked_us};
use super::plan::{Place, Simulation};
use crate::scenario::trail;

/// Kinds of refusals that are kept: whoever has so many looks at the first.
const REFUSALS_MAX: usize = 100;

/// Lengths of time, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    lengths: Vec<i64>,
}

/// One workflow's instances.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    pub begun: u64,
    /// That were begun in the simulation.
    pub lasted: Sample,
    /// How many came to each end.
    pub ends: BTreeMap<Arc<str>, u64>,
    /// On their way, those that were there before among them.
    pub under_way: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct StateFigures {
    pub visits: u64,
    pub lasted: Sample,
    pub now: u64,
    pub most: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct TaskFigures {
    pub done: u64,
    pub waited: Sample,
    pub worked: Sample,
    /// Those that nobody works on, now and at most, and when it first was that many.
    pub queue: u64,
    pub longest: u64,
    pub longest_at: Option<Timestamp>,
    /// How long those have waited that wait at the end.
    pub still: Sample,
    /// How often each rung of its ladder fired, by its place.
    pub rungs: BTreeMap<usize, u64>,
}

/// People of one group, or of one role of which there are as many as are needed.
#[derive(Clone, Debug, Default)]
pub(super) struct PeopleFigures {
    pub taken: u64,
    pub worked_us: i64,
    pub now: u64,
    pub most: u64,
}

/// Whose figures these are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Group(usize),
    Given(Arc<str>),
    Role(Arc<str>),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClockFigures {
    pub met: u64,
    pub missed: u64,
    pub running: u64,
}

#[derive(Default)]
pub(super) struct Ledger {
    pub flows: BTreeMap<Arc<str>, Flow>,
    pub states: BTreeMap<Place, StateFigures>,
    pub tasks: BTreeMap<Place, TaskFigures>,
    pub people: BTreeMap<Whose, PeopleFigures>,
    pub clocks: BTreeMap<(Arc<str>, Arc<str>), ClockFigures>,
    /// Workflow, state and event of the transitions that were taken.
    pub ways: BTreeSet<(Arc<str>, Arc<str>, Arc<str>)>,
    /// Where which event was refused with which sentence, and how often.
    pub refusals: BTreeMap<(Place, Arc<str>, String), u64>,
    begun: BTreeMap<InstanceId, Timestamp>,
    inside: BTreeMap<(InstanceId, Arc<str>), Timestamp>,
    breached: BTreeSet<(InstanceId, Arc<str>)>,
    now: Timestamp,
}

impl Sample {
    fn add(&mut self, length_us: i64) {
        self.lengths.push(length_us);
    }

    pub(super) fn count(&self) -> usize {
        self.lengths.len()
    }

    pub(super) fn sum(&self) -> i64 {
        self.lengths.iter().fold(0, |sum, length| sum.saturating_add(*length))
    }

    /// The least length that so many of a hundred do not exceed; None where there is none.
    pub(super) fn percentile(&self, percent: usize) -> Option<i64> {
        let mut sorted = self.lengths.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

impl Ledger {
    pub(super) fn of(simulation: &Simulation) -> Ledger {
        let mut ledger = Ledger {
            now: simulation.setting.given.clock,
            ..Ledger::default()
        };
        for chart in simulation.setting.charts() {
            ledger.flows.entry(chart.workflow.clone()).or_default();
            for state in chart.states.iter().filter(|state| state.task.is_some()) {
                ledger.tasks.entry((chart.workflow.clone(), state.path.clone())).or_default();
            }
            for clock in &chart.clocks {
                ledger.clocks.entry((chart.workflow.clone(), clock.name.clone())).or_default();
            }
        }
        for place in 0..simulation.groups.len() {
            ledger.people.entry(Whose::Group(place)).or_default();
        }
        ledger
    }

    /// An entry that is new.
    pub(super) fn follow(&mut self, chart: &Chart, id: InstanceId, entry: &EntryText, bytes: &str) {
        let Ok(at) = entry.at() else { return };
        self.now = self.now.max(at);
        if entry.verdict() != Ok("taken") {
            return;
        }
        let workflow = &chart.workflow;
        match entry.input_kind() {
            "start" => {
                self.flow(workflow).begun += 1;
                self.flow(workflow).under_way += 1;
                self.begun.insert(id, at);
            }
            "place" if !self.inside.range((id, Arc::from(""))..).any(|((known, _), _)| *known == id) => {
                self.flow(workflow).under_way += 1;
            }
            "timer" => self.follow_timer(workflow, id, bytes),
            _ => {}
        }
        for path in paths(entry, "left") {
            self.leave(workflow, id, path, at);
        }
        let rests_in = resting(entry);
        for path in paths(entry, "entered") {
            self.enter(workflow, id, path.clone(), at);
            let within = |leaf: &Arc<str>| {
                leaf.strip_prefix(&*path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            // it was only passed through
            if !rests_in.iter().any(within) {
                self.leave(workflow, id, path, at);
            }
        }
        for transition in entry.member("transitions").and_then(Value::as_list).unwrap_or_default() {
            let text = |name: &str| transition.field(name).and_then(Value::as_text).map(Arc::<str>::from);
            if let (Some(from), Some(event)) = (text("from"), text("event")) {
                self.ways.insert((workflow.clone(), from, event));
            }
        }
        let after = entry.member("after");
        if after.and_then(|after| after.field("status")).and_then(Value::as_text) == Some("done") {
            self.end(workflow, id, entry, at);
        }
    }

    fn end(&mut self, workflow: &Arc<str>, id: InstanceId, entry: &EntryText, at: Timestamp) {
        let end = resting(entry).into_iter().next().unwrap_or_default();
        let lasted = self.begun.remove(&id).map(|begun| elapsed(begun, at));
        let inside = self
            .inside
            .range((id, Arc::from(""))..)
            .take_while(|((known, _), _)| *known == id);
        let inside: Vec<Arc<str>> = inside.map(|((_, path), _)| path.clone()).collect();
        for path in inside {
            self.leave(workflow, id, path, at);
        }
        let flow = self.flow(workflow);
        flow.under_way = flow.under_way.saturating_sub(1);
        *flow.ends.entry(end).or_default() += 1;
        if let Some(lasted) = lasted {
            flow.lasted.add(lasted);
        }
    }

    fn follow_timer(&mut self, workflow: &Arc<str>, id: InstanceId, bytes: &str) {
        let Some(name) = trail::rung(bytes) else { return };
        match TimerOf::read(&name) {
            Some(TimerOf::Task { path, rung }) => {
                let task = self.tasks.entry((workflow.clone(), path.into())).or_default();
                *task.rungs.entry(rung).or_default() += 1;
            }
            Some(TimerOf::Clock { clock, rung: None }) => drop(self.breached.insert((id, clock.into()))),
            _ => {}
        }
    }

    fn flow(&mut self, workflow: &Arc<str>) -> &mut Flow {
        self.flows.entry(workflow.clone()).or_default()
    }

    fn enter(&mut self, workflow: &Arc<str>, id: InstanceId, path: Arc<str>, at: Timestamp) {
        let state = self.states.entry((workflow.clone(), path.clone())).or_default();
        state.visits += 1;
        state.now += 1;
        state.most = state.most.max(state.now);
        self.inside.insert((id, path), at);
    }

    fn leave(&mut self, workflow: &Arc<str>, id: InstanceId, path: Arc<str>, at: Timestamp) {
        if let Some(since) = self.inside.remove(&(id, path.clone())) {
            let state = self.states.entry((workflow.clone(), path)).or_default();
            state.now = state.now.saturating_sub(1);
            state.lasted.add(elapsed(since, at));
        }
    }

    fn task(&mut self, place: Place) -> &mut TaskFigures {
        self.tasks.entry(place).or_default()
    }

    /// A task waits for somebody from now on.
    pub(super) fn waits(&mut self, place: Place) {
        let now = self.now;
        let task = self.task(place);
        task.queue += 1;
        if task.queue > task.longest {
            task.longest = task.queue;
            task.longest_at = Some(now);
        }
    }

    pub(super) fn waits_no_more(&mut self, place: Place) {
        let task = self.task(place);
        task.queue = task.queue.saturating_sub(1);
    }

    /// Somebody began to work on a task that waited since then; None: it was worked on before, and only its result could not be taken.
    pub(super) fn taken(&mut self, place: Place, cast: &Cast, member: usize, since: Option<Timestamp>, now: Timestamp) {
        self.now = self.now.max(now);
        let task = self.task(place);
        task.queue = task.queue.saturating_sub(1);
        task.waited.lengths.extend(since.map(|since| elapsed(since, now)));
        let people = self.people.entry(whose(cast, member)).or_default();
        people.taken += u64::from(since.is_some());
        people.now += 1;
        people.most = people.most.max(people.now);
    }

    /// They stopped.
    pub(super) fn worked(&mut self, place: Place, cast: &Cast, member: usize, from: Timestamp, to: Timestamp) {
        let worked_us = self.add_work(cast, member, from, to);
        self.task(place).worked.add(worked_us);
    }

    /// They looked again at what they had done, which takes no time.
    pub(super) fn looked_again(&mut self, cast: &Cast, member: usize, at: Timestamp) {
        self.add_work(cast, member, at, at);
    }

    pub(super) fn done(&mut self, place: Place) {
        self.task(place).done += 1;
    }

    /// What was still under way.
    pub(super) fn worked_at_the_end(&mut self, cast: &Cast, member: usize, from: Timestamp, to: Timestamp) {
        self.add_work(cast, member, from, to);
    }

    pub(super) fn waited_at_the_end(&mut self, place: Place, since: Timestamp, end: Timestamp) {
        self.task(place).still.add(elapsed(since, end));
    }

    fn add_work(&mut self, cast: &Cast, member: usize, from: Timestamp, to: Timestamp) -> i64 {
        let hours = cast.get(member).and_then(|member| member.hours());
        let worked_us = worked_us(from, to, hours);
        let people = self.people.entry(whose(cast, member)).or_default();
        people.now = people.now.saturating_sub(1);
        people.worked_us = people.worked_us.saturating_add(worked_us);
        worked_us
    }

    pub(super) fn refused(&mut self, place: Place, event: &str, sentence: String) {
        let refusal = (place, Arc::from(event), sentence);
        if self.refusals.len() < REFUSALS_MAX || self.refusals.contains_key(&refusal) {
            *self.refusals.entry(refusal).or_default() += 1;
        }
    }

    /// How the clocks of an instance stand at the end: `shown` is what its expressions see of them.
    pub(super) fn clocks(&mut self, chart: &Chart, id: InstanceId, shown: &Value) {
        for clock in &chart.clocks {
            let Some(state) = shown.field(&clock.name) else { continue };
            let is = |name: &str| state.field(name).and_then(Value::as_boolean) == Some(true);
            let was_breached = self.breached.contains(&(id, clock.name.clone()));
            let figures = self.clocks.entry((chart.workflow.clone(), clock.name.clone())).or_default();
            match (was_breached || is("breached"), is("running")) {
                (true, _) => figures.missed += 1,
                (false, true) => figures.running += 1,
                (false, false) => figures.met += 1,
            }
        }
    }
}

fn whose(cast: &Cast, member: usize) -> Whose {
    match cast.get(member).map(|member| (member.kind, &member.actor)) {
        Some((MemberKind::Staff(group), _)) => Whose::Group(group),
        Some((MemberKind::Given, actor)) => Whose::Given(actor.id.clone()),
        Some((MemberKind::Spare, actor)) => Whose::Role(actor.roles.first().cloned().unwrap_or_default()),
        None => Whose::Role("".into()),
    }
}

fn elapsed(from: Timestamp, to: Timestamp) -> i64 {
    to.as_microsecond().saturating_sub(from.as_microsecond())
}

/// The states without active ones in them, after an entry.
fn resting(entry: &EntryText) -> Vec<Arc<str>> {
    let states = entry.member("after").and_then(|after| after.field("states"));
    let states = states.and_then(Value::as_list).unwrap_or_default();
    states.iter().filter_map(Value::as_text).map(Arc::from).collect()
}

/// Paths of states that an entry lists.
pub(super) fn paths(entry: &EntryText, name: &str) -> Vec<Arc<str>> {
    let listed = entry.member(name).and_then(Value::as_list).unwrap_or_default();
    listed.iter().filter_map(Value::as_text).map(Arc::from).collect()
}
