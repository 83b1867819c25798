//! The controls of a form, made of the fields that the workflow declares.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use statewright_core::chart::Chart;
use statewright_core::field::{DefaultValue, Field, Fields, Kind, Schema};
use statewright_core::value::Value;

use super::filled::{self, LIST_ITEMS_MAX};
use super::posted::Posted;
use super::words::{Reading, Words, label, plain};

/// Longer texts are entered in several lines.
const LINE_CHARACTERS_MAX: usize = 160;
/// More choices are picked from a list that can be searched by typing.
const RADIOS_MAX: usize = 5;

/// A control, or a group of them.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    pub id: String,
    /// As the form sends it: `with.rx.right.axis`.
    pub name: String,
    pub label: String,
    pub help: Option<String>,
    pub unit: Option<String>,
    pub required: bool,
    /// What is kept if it is left open: what the workflow proposes.
    pub left_open: Option<String>,
    pub kind: &'static str,
    pub value: String,
    pub choices: Vec<Choice>,
    pub error: Option<String>,
    /// Of a group, or the items of a list.
    pub controls: Vec<Control>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Control {
    /// Whether a file is chosen in it, or in one of its own.
    pub fn takes_files(&self) -> bool {
        self.kind == "file" || self.controls.iter().any(Control::takes_files)
    }
}

/// What a form is made with.
pub struct Filling<'a> {
    /// Whose tables are chosen from.
    pub chart: &'a Chart,
    pub posted: &'a Posted,
    /// By the control's name.
    pub errors: &'a BTreeMap<String, String>,
    pub reading: &'a Reading,
    /// The list that gets one more item.
    pub more: Option<&'a str>,
}

impl Filling<'_> {
    /// The controls of these fields; `prefix` stands before their names.
    pub fn controls(&self, fields: &Fields, prefix: &str) -> Vec<Control> {
        fields
            .list
            .iter()
            .map(|field| self.control(field, &format!("{prefix}.{}", field.name)))
            .collect()
    }

    fn control(&self, field: &Field, name: &str) -> Control {
        Control {
            label: label(field),
            help: field.help.clone(),
            unit: field.unit.clone(),
            required: field.is_required(),
            left_open: self.left_open(field),
            ..self.entry(&field.schema, field.is_required(), name)
        }
    }

    fn entry(&self, schema: &Schema, required: bool, name: &str) -> Control {
        let value = self.posted.text(name).unwrap_or_default().to_owned();
        let mut control = Control {
            id: filled::id(name),
            name: name.to_owned(),
            label: String::new(),
            help: None,
            unit: None,
            required,
            left_open: None,
            kind: "text",
            choices: Vec::new(),
            error: self.errors.get(name).cloned(),
            controls: Vec::new(),
            value,
        };
        if let Some(mut choices) = self.choices(schema, &control.value) {
            control.kind = if choices.len() <= RADIOS_MAX { "radios" } else { "select" };
            if control.kind == "radios" && !required {
                choices.push(Choice::not_said(&control.value));
            }
            control.choices = choices;
            return control;
        }
        control.kind = match &schema.kind {
            Kind::Text { max_length, .. } if max_length.is_some_and(|most| most > LINE_CHARACTERS_MAX) => "lines",
            Kind::Text { .. } | Kind::Reference { .. } | Kind::User => "text",
            Kind::Duration => "duration",
            Kind::Integer => "whole",
            Kind::Decimal { .. } => "number",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Instant => "moment",
            Kind::File => "file",
            Kind::Any => "json",
            Kind::Boolean => "radios",
            Kind::Object { fields, .. } => {
                control.controls = self.controls(fields, name);
                "group"
            }
            Kind::List { items, min_items, .. } => {
                control.controls = self.items(items, *min_items, name);
                "list"
            }
        };
        control
    }

    /// Nothing is chosen or entered for anybody: a proposal that is overlooked would pass for an answer. What the workflow proposes is said.
    fn left_open(&self, field: &Field) -> Option<String> {
        let kept = match field.default.as_ref()? {
            DefaultValue::Literal(value) => kept(&self.reading.line(field, value).value)?,
            DefaultValue::Computed(_) => return Some("If left open, it is worked out when this is sent.".to_owned()),
        };
        Some(format!("If left open: {kept}"))
    }

    fn choices(&self, schema: &Schema, chosen: &str) -> Option<Vec<Choice>> {
        let choice = |value: String, label: String| Choice {
            chosen: value == chosen,
            value,
            label,
        };
        if let Some(allowed) = &schema.allowed {
            let words = allowed.iter().map(plain);
            return Some(words.map(|word| choice(word.clone(), word.replace('_', " "))).collect());
        }
        if let Some(table) = &schema.table {
            let keys: Vec<&Value> = self.chart.tables.by_name.get(table)?.as_look_up()?.keys().collect();
            return Some(keys.into_iter().map(plain).map(|word| choice(word.clone(), word)).collect());
        }
        matches!(schema.kind, Kind::Boolean)
            .then(|| vec![choice("true".into(), "Yes".into()), choice("false".into(), "No".into())])
    }

    fn items(&self, schema: &Schema, least: Option<usize>, name: &str) -> Vec<Control> {
        let given = filled::items_of(self.posted, name);
        let more = usize::from(self.more == Some(name));
        let shown = (given + more).max(least.unwrap_or(0)).clamp(1, LIST_ITEMS_MAX);
        let item = |place: usize| Control {
            label: (place + 1).to_string(),
            ..self.entry(schema, true, &format!("{name}.{place}"))
        };
        (0..shown).map(item).collect()
    }
}

impl Choice {
    /// Nothing was said, which an optional field allows.
    fn not_said(chosen: &str) -> Self {
        Choice {
            value: String::new(),
            label: "Not said".to_owned(),
            chosen: chosen.is_empty(),
        }
    }
}

/// A proposal on one line; None: it proposes nothing.
fn kept(words: &Words) -> Option<String> {
    let text = match words {
        Words::Text(text) => text.replace('_', " "),
        Words::Moment(at) => at.absolute.clone(),
        Words::Items(items) => items.iter().filter_map(kept).collect::<Vec<_>>().join(", "),
        Words::Link { text, .. } => text.clone(),
        Words::Lines(lines) => {
            let lines = lines
                .iter()
                .filter_map(|line| Some(format!("{}: {}", line.label, kept(&line.value)?)));
            lines.collect::<Vec<_>>().join(", ")
        }
        Words::Nothing | Words::Matrix(_) => String::new(),
    };
    (!text.is_empty()).then_some(text)
}

/// A list of names and labels to choose one of.
pub fn choices<'a>(of: impl IntoIterator<Item = &'a Arc<str>>, chosen: &str) -> Vec<Choice> {
    let choice = |value: &Arc<str>| Choice {
        value: value.to_string(),
        label: value.to_string(),
        chosen: &**value == chosen,
    };
    of.into_iter().map(choice).collect()
}
