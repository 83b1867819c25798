//! One cell: what stands in a column of an instance, for who may see it.

use std::sync::Arc;

use statewright_core::chart::Chart;
use statewright_core::step::{Snapshot, Status, clocks, label, title, view};
use statewright_core::value::Value;

use super::Asked;
use super::column::is_own;
use crate::error::EngineResult;
use crate::guarded::guarded;
use crate::instances::Instance;
use crate::intake::resting_states;
use crate::queries::Queries;
use crate::queries::sight::Sight;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Value(Value),
    /// The reader is not shown it.
    Withheld,
}

impl Cell {
    pub fn value(&self) -> Option<&Value> {
        match self {
            Cell::Value(value) => Some(value),
            Cell::Withheld => None,
        }
    }
}

impl Queries {
    /// What stands in a column of an instance.
    pub(super) async fn cell(&self, asked: &Asked<'_>, seen: &Sight, path: &[Arc<str>]) -> EngineResult<Cell> {
        let Some((first, rest)) = path.split_first() else {
            return Ok(Cell::Withheld);
        };
        let Instance { known, snapshot, .. } = &seen.instance;
        let chart = &known.chart;
        if is_own(chart, path) {
            if !seen.shows(first) {
                return Ok(Cell::Withheld);
            }
            let whole = guarded(|| Ok(own(chart, snapshot, first, asked)))?;
            return Ok(Cell::Value(part(&whole, rest)));
        }
        if **first == *"sla" {
            let shown = self
                .ask(&seen.instance, asked.now, |facts| clocks(chart, snapshot, facts, asked.now))
                .await?;
            let clock = shown
                .iter()
                .find(|clock| rest.first().is_some_and(|name| *name == clock.name));
            let value = clock.map_or(Value::Null, |clock| part(&clock.value, &rest[1..]));
            return Ok(Cell::Value(value));
        }
        if **first == *"output" && seen.fields.is_some() {
            return Ok(Cell::Withheld);
        }
        let whole = guarded(|| Ok(standard(chart, snapshot, first, asked)))?;
        Ok(Cell::Value(part(&whole, rest)))
    }
}

/// A field or a named value of the workflow's own. Values that are made of personal data are none.
fn own(chart: &Chart, snapshot: &Snapshot, name: &Arc<str>, asked: &Asked<'_>) -> Value {
    if chart.data.get(name).is_some() {
        return snapshot.data.get(name).cloned().unwrap_or(Value::Null);
    }
    let wanted = [vec![Arc::from("data"), name.clone()]];
    let computed = view(chart, snapshot, Some(&wanted), asked.now);
    let value = computed.field("data").and_then(|data| data.field(name));
    value.cloned().unwrap_or(Value::Null)
}

/// What every instance has.
fn standard(chart: &Chart, snapshot: &Snapshot, name: &str, asked: &Asked<'_>) -> Value {
    let texts = |texts: Vec<Arc<str>>| Value::from_items(texts.into_iter().map(Value::Text).collect());
    match name {
        "key" => Value::Text(snapshot.key.clone()),
        "id" => Value::from_text(&snapshot.instance.to_string()),
        "number" => snapshot
            .number
            .and_then(|number| i64::try_from(number).ok())
            .map_or(Value::Null, Value::Integer),
        "title" => Value::from_text(&title(chart, snapshot, asked.now)),
        "label" => Value::from_text(&label(chart, snapshot, asked.now)),
        "states" => texts(resting_states(chart, snapshot)),
        "since" | "started_at" => Value::from_instant(snapshot.started_at),
        "done" => Value::Boolean(snapshot.status == Status::Done),
        "paused" => Value::Boolean(!snapshot.paused(chart).is_empty()),
        "output" => snapshot.output.clone(),
        "tags" => {
            let wanted = [vec![Arc::from("tags")]];
            let computed = view(chart, snapshot, Some(&wanted), asked.now);
            computed.field("tags").cloned().unwrap_or(Value::Null)
        }
        _ => Value::Null,
    }
}

fn part(whole: &Value, path: &[Arc<str>]) -> Value {
    let mut value = whole;
    for name in path {
        match value.field(name) {
            Some(inner) => value = inner,
            None => return Value::Null,
        }
    }
    value.clone()
}
