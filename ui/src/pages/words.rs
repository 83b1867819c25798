//! Values as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use statewright_core::field::{Field, Fields, Kind, Schema};
use statewright_core::step::in_words;
use statewright_core::value::interface::to_interface;
use statewright_core::value::{Object, Value};

use super::moment::{Moment, exact};
use super::reference::Reference;

/// A value with its name.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub label: String,
    /// The field's name, for scripts and tests.
    pub name: String,
    pub value: Words,
}

/// What stands beside a name.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Words {
    Nothing,
    Text(String),
    Moment(Moment),
    Instance(Reference),
    Lines(Vec<Line>),
    Items(Vec<Words>),
    /// Objects of the same fields, beside one another: the two eyes of a prescription.
    Matrix(Matrix),
}

#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    /// What the columns are called.
    pub heads: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub label: String,
    /// Where an object has no such value, nothing.
    pub cells: Vec<Words>,
}

impl Matrix {
    /// Of several objects; None: something else is among them, or they have nothing in common.
    fn of(lines: &[Line]) -> Option<Self> {
        if lines.len() < 2 {
            return None;
        }
        let mut columns = Vec::new();
        for line in lines {
            let Words::Lines(fields) = &line.value else { return None };
            if fields
                .iter()
                .any(|field| matches!(field.value, Words::Lines(_) | Words::Items(_) | Words::Matrix(_)))
            {
                return None;
            }
            columns.push(fields);
        }
        let mut labels: Vec<&str> = Vec::new();
        for field in columns.iter().copied().flatten() {
            if !labels.contains(&field.label.as_str()) {
                labels.push(&field.label);
            }
        }
        let first = columns.first()?;
        let shared = first.iter().any(|field| {
            columns
                .iter()
                .all(|column| column.iter().any(|other| other.label == field.label))
        });
        let cell = |column: &Vec<Line>, label: &str| {
            let found = column.iter().find(|field| field.label == label);
            found.map_or(Words::Nothing, |field| field.value.clone())
        };
        shared.then(|| Matrix {
            heads: lines.iter().map(|line| line.label.clone()).collect(),
            rows: labels
                .iter()
                .map(|label| Row {
                    label: (*label).to_owned(),
                    cells: columns.iter().map(|column| cell(column, label)).collect(),
                })
                .collect(),
        })
    }
}

/// How values are read: in which zone, and from when.
#[derive(Clone)]
pub struct Reading {
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl Reading {
    pub fn moment(&self, at: Timestamp) -> Moment {
        Moment::of(at, self.now, &self.zone)
    }

    /// The same with seconds, for whoever puts what happened in order.
    pub fn exact(&self, at: Timestamp) -> String {
        exact(at, self.now, &self.zone)
    }

    /// A value of what a schema describes, or of nothing that is known.
    pub fn of_schema(&self, schema: Option<&Schema>, unit: Option<&str>, value: &Value) -> Words {
        self.words(schema, unit, value)
    }

    /// The fields that there are, in the order in which they are declared, and then what else there is.
    pub fn lines(&self, fields: &Fields, data: &Object) -> Vec<Line> {
        let declared = fields.list.iter().filter_map(|field| {
            let value = data.get(&field.name).filter(|value| !value.is_null())?;
            Some(self.line(field, value))
        });
        let beyond = data
            .iter()
            .filter(|(name, value)| fields.get(name).is_none() && !value.is_null());
        let beyond = beyond.map(|(name, value)| Line {
            label: in_words(name),
            name: name.to_string(),
            value: self.words(None, None, value),
        });
        declared.chain(beyond).collect()
    }

    /// A value of a column. `refers_to`: the workflow whose instance it names.
    pub fn value(&self, refers_to: Option<&str>, unit: Option<&str>, value: &Value) -> Words {
        match (refers_to, value) {
            (Some(workflow), Value::Text(key)) => Words::Instance(Reference::by_key(workflow, key)),
            _ => self.words(None, unit, value),
        }
    }

    pub fn line(&self, field: &Field, value: &Value) -> Line {
        Line {
            label: label(field),
            name: field.name.to_string(),
            value: self.words(Some(&field.schema), field.unit.as_deref(), value),
        }
    }

    /// What is shown under a path such as `rx.right.axis`: named by its own field, where there is one.
    pub fn named(&self, fields: &Fields, name: &str, value: &Value) -> Line {
        let steps: Vec<&str> = name.split('.').collect();
        match fields.at(&steps) {
            Some(field) => Line {
                name: name.to_owned(),
                ..self.line(field, value)
            },
            None => Line {
                label: in_words(steps.last().copied().unwrap_or(name)),
                name: name.to_owned(),
                value: self.words(None, None, value),
            },
        }
    }

    fn words(&self, schema: Option<&Schema>, unit: Option<&str>, value: &Value) -> Words {
        let with_unit = |text: String| Words::Text(unit.map_or_else(|| text.clone(), |unit| format!("{text} {unit}")));
        match (schema.map(|schema| &schema.kind), value) {
            (_, Value::Null) => Words::Nothing,
            (_, Value::Boolean(yes)) => Words::Text(if *yes { "Yes" } else { "No" }.to_owned()),
            (
                Some(Kind::Reference {
                    workflow: Some(workflow),
                }),
                Value::Text(key),
            ) => Words::Instance(Reference::by_key(workflow, key)),
            (_, Value::Text(text)) => with_unit(text.to_string()),
            (_, Value::Instant(at)) => Words::Moment(self.moment(*at)),
            (_, Value::Date(date)) => Words::Text(date.strftime("%-d %b %Y").to_string()),
            (Some(Kind::File), Value::Object(file)) => Words::Text(file.get("name").map(plain).unwrap_or_default()),
            (Some(Kind::Object { fields, .. }), Value::Object(data)) => beside(self.lines(fields, data)),
            (_, Value::Object(data)) => beside(self.lines(&Fields::default(), data)),
            // a heading with nothing under it says nothing
            (_, Value::List(items)) if items.is_empty() => Words::Nothing,
            (kind, Value::List(items)) => {
                let schema = match kind {
                    Some(Kind::List { items, .. }) => Some(&**items),
                    _ => None,
                };
                Words::Items(items.iter().map(|item| self.words(schema, unit, item)).collect())
            }
            (_, Value::Integer(_) | Value::Decimal(_)) if unit == Some(DIOPTERS) => with_unit(power(&plain(value))),
            (_, other) => with_unit(plain(other)),
        }
    }
}

/// The unit of what a lens does to light.
const DIOPTERS: &str = "D";

/// As the trade writes it, with its sign and two decimals at least: a missing plus is read as a slip of the pen. Nothing has no sign.
fn power(number: &str) -> String {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_positive = !number.starts_with('-') && number.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    format!("{}{whole}.{decimals:0<2}", if is_positive { "+" } else { "" })
}

fn beside(lines: Vec<Line>) -> Words {
    match Matrix::of(&lines) {
        _ if lines.is_empty() => Words::Nothing,
        Some(matrix) => Words::Matrix(matrix),
        None => Words::Lines(lines),
    }
}

pub fn label(field: &Field) -> String {
    field.label.clone().unwrap_or_else(|| in_words(&field.name))
}

/// Why a task is here, without the names that only workflows know: `done.lens_calculation, by lens_design` is a calculation that is done.
pub fn occasion(what: &str) -> String {
    let (event, by) = what.split_once(", by ").map_or((what, None), |(event, by)| (event, Some(by)));
    let is_event = !event.is_empty()
        && event
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let words = match event.split_once('.') {
        Some(("done", of)) if !of.contains(' ') => format!("{}: done", in_words(of)),
        Some(("error", of)) if !of.contains(' ') => format!("{}: failed", in_words(of)),
        _ if is_event => in_words(&event.to_lowercase()),
        _ => match event {
            "start" => "Started".to_owned(),
            "always" => "Went on by itself".to_owned(),
            event => event.to_owned(),
        },
    };
    match by {
        // what goes on by itself goes on after what somebody did
        Some(by) if event == "always" => format!("{words}, after {by}"),
        Some(by) => format!("{words}, by {by}"),
        None => words,
    }
}

/// A single value without quotes.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.to_string(),
        other => to_interface(other).trim_matches('"').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_is_written_with_its_sign_and_two_decimals() {
        let check = |number: &str, expected: &str| assert_eq!(power(number), expected);
        check("1.25", "+1.25");
        check("12", "+12.00");
        check("0.5", "+0.50");
        check("0.125", "+0.125");
        check("-2", "-2.00");
        check("-0.75", "-0.75");
        check("0", "0.00");
        check("0.0", "0.00");
    }

    #[test]
    fn an_occasion_is_said_in_words() {
        let check = |what: &str, expected: &str| assert_eq!(occasion(what), expected);
        check(
            "done.lens_calculation, by lens_design",
            "Lens calculation: done, by lens_design",
        );
        check("SCAN_BLANK, by stan", "Scan blank, by stan");
        check("start, by carl", "Started, by carl");
        check("always, by stan", "Went on by itself, after stan");
        check(
            "escalated from the intake desk, unclaimed for 4 working hours",
            "escalated from the intake desk, unclaimed for 4 working hours",
        );
    }
}
