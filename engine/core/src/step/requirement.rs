//! What an effect requires at the moment of doing.
//!
//! A requirement travels with its effect: its text, and of `event` and the names that `each` bound what it needs.

use std::sync::Arc;

use jiff::Timestamp;

use super::event::Event;
use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, Facts, Needs, Snapshot};
use crate::chart::Chart;
use crate::expression::Expression;
use crate::value::canonical::{read_canonical, to_canonical};
use crate::value::{Object, Value};

/// The canonical text that [`requirement`] reads back.
pub(super) fn written(expression: &Expression, event: &Value, locals: &Locals) -> Arc<str> {
    let references = expression.references();
    let kept = locals
        .to_fields()
        .into_iter()
        .filter(|(name, _)| references.touches(name))
        .collect();
    // the reads of a requirement may be looked up by what the event said
    let fields = Object::from([
        ("event".into(), event.clone()),
        ("locals".into(), Value::from_fields(kept)),
        ("require".into(), Value::from_text(expression.source())),
    ]);
    to_canonical(&Value::from_fields(fields)).into()
}

/// Whether what an effect requires holds now (`Effect::require`). What cannot be decided does not hold.
pub fn requirement(chart: &Chart, snapshot: &Snapshot, require: &str, facts: &Facts, now: Timestamp) -> Result<bool, Needs> {
    let Ok(value) = read_canonical(require) else {
        return Ok(false);
    };
    let text = value.field("require").and_then(Value::as_text).unwrap_or_default();
    let Ok(expression) = Expression::parse(text) else {
        return Ok(false);
    };
    let actor = Actor::engine();
    let mut machine = Machine::new(chart, snapshot.clone(), &actor, None, facts, now);
    machine.event = Event::whole(value.field("event").cloned().unwrap_or(Value::Null));
    let locals = value
        .field("locals")
        .and_then(Value::as_object)
        .map(Locals::from_fields)
        .unwrap_or_default();
    let value = machine.scope(&[], &locals).value(&expression);
    if machine.lacks_facts() {
        return Err(machine.take_needs());
    }
    match value {
        Ok(value) => Ok(value == Value::Boolean(true)),
        Err(NoValue::Needs) => Err(machine.take_needs()),
        Err(NoValue::Fault(_)) => Ok(false),
    }
}

/// Whether the chart says what happens when this effect fails (`onError`, `error.ID`, `error.call.ID`) in its present configuration.
pub fn handles_failure(chart: &Chart, snapshot: &Snapshot, effect: &str) -> bool {
    let answers = |name: &str| {
        let mut on = snapshot.active.iter().flat_map(|state| &chart.state(state).on);
        on.any(|index| match &chart.transition(*index).trigger {
            crate::chart::Trigger::Event(pattern) => pattern.matches(name),
            _ => false,
        })
    };
    if let Some(invoke) = snapshot.invokes.get(effect) {
        let declared = chart.state(invoke.state).invokes.get(invoke.position);
        return declared.is_some_and(|declared| declared.on_error.is_some() || answers(&format!("error.{}", declared.id)));
    }
    match snapshot.calls.get(effect) {
        Some(id) if Machine::is_compensation(id) => answers(&format!("error.{id}")),
        Some(id) => answers(&format!("error.call.{id}")),
        // nobody waits for it any more: its failure is only to be recorded
        None => true,
    }
}

/// Whether the instance waits for this effect and would, told that it failed, wait on without end.
pub fn would_strand(chart: &Chart, snapshot: &Snapshot, effect: &str) -> bool {
    let undoes = snapshot.calls.get(effect).is_some_and(|id| Machine::is_compensation(id));
    (undoes || snapshot.invokes.contains_key(effect)) && !handles_failure(chart, snapshot, effect)
}
