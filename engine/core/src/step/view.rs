//! What others see of an instance.

use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, Facts, Snapshot, Status};
use crate::chart::{Chart, StateSet};
use crate::value::{Object, Value};

/// `key id workflow label states tags done paused output data busy since`, reduced to `paths` (all if none). `data` holds the fields
/// and those `let` values that need only own data and states. Personal fields are left out.
pub fn view(chart: &Chart, snapshot: &Snapshot, paths: Option<&[Vec<Arc<str>>]>, now: Timestamp) -> Value {
    let wanted =
        |name: &str| paths.is_none_or(|paths| paths.iter().any(|path| path.first().is_some_and(|first| **first == *name)));
    let mut fields = Object::new();
    let mut put = |name: &str, value: &dyn Fn() -> Value| {
        if wanted(name) {
            fields.insert(name.into(), value());
        }
    };
    put("key", &|| Value::Text(snapshot.key.clone()));
    put("id", &|| Value::from_text(&snapshot.instance.to_string()));
    put("workflow", &|| Value::Text(snapshot.workflow.clone()));
    put("label", &|| Value::from_text(&label(chart, snapshot, now)));
    put("states", &|| states_value(chart, snapshot));
    put("tags", &|| tags_value(chart, snapshot));
    put("done", &|| Value::Boolean(snapshot.status == Status::Done));
    put("paused", &|| Value::Boolean(!snapshot.paused(chart).is_empty()));
    put("output", &|| snapshot.output.clone());
    put("busy", &|| Value::Boolean(false));
    put("since", &|| Value::from_instant(snapshot.started_at));
    put("data", &|| data_value(chart, snapshot, paths, now));
    Value::from_fields(fields)
}

fn data_value(chart: &Chart, snapshot: &Snapshot, paths: Option<&[Vec<Arc<str>>]>, now: Timestamp) -> Value {
    // `x.data` alone wants everything
    let wanted = |name: &str| {
        paths.is_none_or(|paths| {
            paths
                .iter()
                .filter(|path| path.first().is_some_and(|first| &**first == "data"))
                .any(|path| match path.get(1) {
                    Some(field) => **field == *name || &**field == "*",
                    None => true,
                })
        })
    };
    let mut data = Object::new();
    for field in &chart.data.list {
        if wanted(&field.name) && !field.is_personal() {
            data.insert(
                field.name.clone(),
                snapshot.data.get(&field.name).cloned().unwrap_or(Value::Null),
            );
        }
    }
    let facts = Facts::default();
    let actor = Actor::engine();
    let machine = Machine::new(chart, snapshot.clone(), &actor, None, &facts, now);
    for (name, expression) in &chart.lets {
        if wanted(name) && chart.is_public_let(name) {
            let value = machine
                .scope(&[], &Locals::default())
                .value(expression)
                .unwrap_or(Value::Null);
            data.insert(name.clone(), value);
        }
    }
    Value::from_fields(data)
}

/// Every active state's name and path, in document order.
pub(super) fn states_value(chart: &Chart, snapshot: &Snapshot) -> Value {
    let mut names: Vec<Value> = Vec::new();
    for state in snapshot
        .active
        .iter()
        .map(|state| chart.state(state))
        .filter(|state| state.parent.is_some())
    {
        names.push(Value::Text(state.name.clone()));
        if state.path != state.name {
            names.push(Value::Text(state.path.clone()));
        }
    }
    Value::from_items(names)
}

pub(super) fn tags_value(chart: &Chart, snapshot: &Snapshot) -> Value {
    let mut tags: Vec<Arc<str>> = Vec::new();
    for tag in snapshot.active.iter().flat_map(|state| &chart.state(state).tags) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    Value::from_items(tags.into_iter().map(Value::Text).collect())
}

/// What a customer sees: the innermost label of the first active state that has one; a paused instance shows why it is.
pub fn label(chart: &Chart, snapshot: &Snapshot, now: Timestamp) -> String {
    let facts = Facts::default();
    let actor = Actor::engine();
    match Machine::new(chart, snapshot.clone(), &actor, None, &facts, now).label() {
        Some(label) => label.to_string(),
        None => label_in_words(chart, &snapshot.active),
    }
}

/// What stands for a label where there is none: the name of the first active state.
pub(super) fn label_in_words(chart: &Chart, active: &StateSet) -> String {
    let first = chart.atomic_states(active).next();
    first.map(|leaf| in_words(&chart.state(leaf).name)).unwrap_or_default()
}

impl Machine<'_> {
    /// None: no active state has one that can be said.
    pub(super) fn label(&self) -> Option<Arc<str>> {
        let chart = self.chart;
        if let Some(why) = &self.next.held {
            return Some(why.clone());
        }
        let leaves = || chart.atomic_states(&self.next.active);
        // who pauses the rest is what matters to whoever asks
        let pausing = leaves().filter(|leaf| !chart.state(*leaf).pauses.is_empty());
        for leaf in pausing.chain(leaves()) {
            for state in std::iter::once(leaf).chain(chart.ancestors(leaf)) {
                let Some(template) = &chart.state(state).label else {
                    continue;
                };
                if let Some(text) = template.literal_text() {
                    return Some(text);
                }
                if let Ok(text) = self.scope(&[], &Locals::default()).text(template) {
                    return Some(text.into());
                }
            }
        }
        None
    }
}

/// What people see an instance called: `title`, or the workflow's name in words and the key.
pub fn title(chart: &Chart, snapshot: &Snapshot, now: Timestamp) -> String {
    let facts = Facts::default();
    let actor = Actor::engine();
    let machine = Machine::new(chart, snapshot.clone(), &actor, None, &facts, now);
    let titled = chart
        .title
        .as_ref()
        .map(|title| machine.scope(&[], &Locals::default()).text(title));
    match titled {
        Some(Ok(title)) => title,
        Some(Err(NoValue::Needs | NoValue::Fault(_))) | None => format!("{} {}", in_words(&chart.workflow), snapshot.key),
    }
}

/// `final_inspection` → `Final inspection`.
pub fn in_words(name: &str) -> String {
    let mut words = name.to_lowercase();
    if words.contains(['_', '-']) {
        words = words.replace(['_', '-'], " ");
    }
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if first.is_ascii() => {
            words[..1].make_ascii_uppercase();
            words
        }
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}
