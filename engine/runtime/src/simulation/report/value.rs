//! A report as a document. Lengths of time are whole seconds, rounded; what there is none of is null.

use statewright_core::value::{Object, Value};

use super::Report;
use super::figures::{FlowRow, PeopleRow, Spread, StateRow, TaskRow};

impl Report {
    /// The whole report.
    pub fn value(&self) -> Value {
        let text = |text: &str| Value::from_text(text);
        let flow = |flow: &FlowRow| {
            let ends = flow.ends.iter().map(|(end, number)| (end.clone(), count(*number)));
            object([
                ("begun", count(flow.begun)),
                ("ended", count(flow.ended)),
                ("ends", Value::from_fields(ends.collect())),
                ("lasted", spread(&flow.lasted)),
                ("under_way", count(flow.under_way)),
                ("workflow", text(&flow.workflow)),
            ])
        };
        let clocks = self.clocks.iter().map(|clock| {
            object([
                ("clock", text(&clock.clock)),
                ("met", count(clock.figures.met)),
                ("missed", count(clock.figures.missed)),
                ("running", count(clock.figures.running)),
                ("workflow", text(&clock.workflow)),
            ])
        });
        let actions = self.actions.iter().map(|action| {
            object([
                ("action", text(&action.name)),
                ("asked", count(action.attempts)),
                ("failed", count(action.failures)),
            ])
        });
        let never = self.never.iter().map(|way| {
            object([
                ("event", text(&way.event)),
                ("state", Value::Text(way.state.clone())),
                ("workflow", Value::Text(way.workflow.clone())),
            ])
        });
        let refused = self.refused.iter().map(|(about, sentence, number)| {
            object([("about", text(about)), ("count", count(*number)), ("why", text(sentence))])
        });
        object([
            ("actions", list(actions)),
            ("clocks", list(clocks)),
            ("from", Value::from_instant(self.from)),
            ("incidents", list(self.incidents.iter().map(|incident| text(incident)))),
            ("never_taken", list(never)),
            ("people", list(self.people.iter().map(people))),
            ("refused", list(refused)),
            ("seed", count(self.seed)),
            ("simulation", Value::Text(self.name.clone())),
            ("states", list(self.states.iter().map(state))),
            ("stopped", self.stopped.as_deref().map_or(Value::Null, text)),
            ("tasks", list(self.tasks.iter().map(task))),
            ("to", Value::from_instant(self.to)),
            ("workflows", list(self.flows.iter().map(flow))),
        ])
    }
}

fn task(task: &TaskRow) -> Value {
    object([
        ("done", count(task.done)),
        ("longest_queue", count(task.longest)),
        ("longest_queue_at", task.longest_at.map_or(Value::Null, Value::from_instant)),
        ("rungs", count(task.rungs)),
        ("still_waiting", count(task.still)),
        ("still_waiting_most_s", seconds(task.still_most)),
        ("task", Value::Text(task.place.1.clone())),
        ("waited", spread(&task.waited)),
        ("waited_in_all_s", seconds(Some(task.waited_us))),
        ("worked", spread(&task.worked)),
        ("workflow", Value::Text(task.place.0.clone())),
    ])
}

fn state(state: &StateRow) -> Value {
    object([
        ("lasted", spread(&state.lasted)),
        ("most_at_once", count(state.most)),
        ("now", count(state.now)),
        ("state", Value::Text(state.place.1.clone())),
        ("visits", count(state.visits)),
        ("workflow", Value::Text(state.place.0.clone())),
    ])
}

fn people(people: &PeopleRow) -> Value {
    object([
        ("busy_per_mille", people.busy.map_or(Value::Null, Value::Integer)),
        ("most_at_once", count(people.most)),
        ("people", people.people.map_or(Value::Null, |people| count(people.into()))),
        ("role", Value::from_text(&people.name)),
        ("taken", count(people.taken)),
        ("worked_s", seconds(Some(people.worked_us))),
    ])
}

fn spread(spread: &Spread) -> Value {
    object([
        ("median_s", seconds(spread.median)),
        ("most_s", seconds(spread.most)),
        ("p90_s", seconds(spread.p90)),
    ])
}

fn seconds(length_us: Option<i64>) -> Value {
    length_us.map_or(Value::Null, |length| Value::Integer((length + 500_000) / 1_000_000))
}

fn count(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.into(), value));
    Value::from_fields(members.collect::<Object>())
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::from_items(items.collect())
}
