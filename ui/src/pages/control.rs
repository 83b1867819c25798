//! The controls of a form, made of the fields that the workflow declares.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use statewright_core::chart::Chart;
use statewright_core::expression::{Step, Template};
use statewright_core::field::{DefaultValue, Field, Fields, Kind, Schema, Units};
use statewright_core::step::{KeptField, NeededField, Offer, in_words};
use statewright_core::value::{Object, Value};

use super::event::WITH;
use super::filled::{self, LIST_ITEMS_MAX};
use super::posted::Posted;
use super::referable::Referable;
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
    /// A rule asks for it in some cases, though not in all.
    pub sometimes: bool,
    /// What is known now, which the form corrects.
    pub now: Option<String>,
    /// What is kept if it is left open.
    pub left_open: Option<String>,
    pub kind: &'static str,
    pub value: String,
    pub choices: Vec<Choice>,
    /// Not all of what could be chosen stands there: another one is typed.
    pub more: bool,
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

/// Fields of the instance that a form corrects, as the reader sees them now.
#[derive(Default)]
pub struct Known {
    pub data: Object,
    /// Those of them that stand in the form already.
    pub opens: Vec<Arc<str>>,
    /// Those of them that stay as they are if they are left open.
    pub stays: Vec<Arc<str>>,
}

impl Known {
    /// Of what is seen of an instance. What an event asks for anew is not repeated for its sender: an old measurement would pass for a
    /// new one. It is what may be left out that is corrected, and everything of an event that asks for a reason.
    pub fn of(seen: &Object, offer: &Offer) -> Self {
        let field = |kept: &KeptField| seen.get(&kept.name).map(|value| (kept.name.clone(), value.clone()));
        let is_corrected = |kept: &&KeptField| {
            let field = offer.form.get(&kept.name);
            offer.reason.is_some() || field.is_some_and(|field| !field.is_required())
        };
        let stays = offer.kept.iter().filter(|kept| kept.stays);
        Known {
            data: offer.kept.iter().filter_map(field).collect(),
            opens: offer.kept.iter().filter(is_corrected).map(|kept| kept.name.clone()).collect(),
            stays: stays.map(|kept| kept.name.clone()).collect(),
        }
    }
}

/// What a form is made with.
pub struct Filling<'a> {
    /// Whose tables are chosen from.
    pub chart: &'a Chart,
    /// What the form sends.
    pub event: &'a str,
    pub fields: &'a Fields,
    pub posted: &'a Posted,
    /// By the control's name.
    pub errors: &'a BTreeMap<String, String>,
    pub reading: &'a Reading,
    /// What is known of the fields that the form corrects.
    pub known: &'a Known,
    /// Fields that only a guard asks for.
    pub needed: &'a [NeededField],
    /// What references may name.
    pub referable: &'a Referable,
    /// Those that there are; none, where any name is one.
    pub units: &'a Units,
    /// Before the ids of the controls.
    pub ids: &'a str,
    /// The list that gets one more item.
    pub more: Option<&'a str>,
}

impl Filling<'_> {
    /// The controls of a form's fields.
    pub fn form(&self, prefix: &str) -> Vec<Control> {
        let controls = self.fields.list.iter().map(|field| {
            let known = self.known.data.get(&field.name);
            let opens = self.known.opens.contains(&field.name) && !self.is_only_proposed(field, known);
            let mut control = self.control(field, known, opens, &format!("{prefix}.{}", field.name));
            let needed = self.needed.iter().find(|needed| needed.name == field.name);
            control.sometimes = needed.is_some_and(|needed| !needed.always);
            if known.is_some() && self.known.stays.contains(&field.name) {
                control.left_open = Some("If left open, it stays as it is.".to_owned());
            }
            control
        });
        controls.collect()
    }

    /// A choice that stands as the workflow proposes it was nobody's answer yet.
    fn is_only_proposed(&self, field: &Field, known: Option<&Value>) -> bool {
        let own = self.chart.data.get(&field.name).and_then(|kept| kept.default.as_ref());
        let mut proposals = field.default.iter().chain(own);
        is_choice(&field.schema)
            && proposals
                .any(|proposal| matches!((proposal, known), (DefaultValue::Literal(value), Some(known)) if value == known))
    }

    /// The controls of fields within another.
    fn controls(&self, fields: &Fields, known: Option<&Value>, opens: bool, prefix: &str) -> Vec<Control> {
        let controls = fields.list.iter().map(|field| {
            let known = known.and_then(|known| known.field(&field.name));
            self.control(field, known, opens, &format!("{prefix}.{}", field.name))
        });
        controls.collect()
    }

    fn control(&self, field: &Field, known: Option<&Value>, opens: bool, name: &str) -> Control {
        let known = known.filter(|known| !known.is_null());
        let is_single = !matches!(field.schema.kind, Kind::Object { .. } | Kind::List { .. });
        let now = known
            .filter(|_| is_single)
            .and_then(|known| on_a_line(&self.reading.line(field, known).value));
        Control {
            label: label(field),
            help: field.help.clone(),
            unit: field.unit.clone(),
            now,
            left_open: self.left_open(field),
            ..self.entry(&field.schema, self.is_asked_for(field, name), known, opens, name)
        }
    }

    /// The form's own field that a control is of.
    fn own_field<'n>(&self, name: &'n str) -> Option<&'n str> {
        let field = name.strip_prefix(WITH)?.strip_prefix('.')?;
        self.fields.get(field).is_some().then_some(field)
    }

    /// By its type, or by a guard that is false without it. Only of the form's own fields is known what guards ask for.
    fn is_asked_for(&self, field: &Field, name: &str) -> bool {
        let mut needed = self.needed.iter().filter(|needed| needed.always);
        field.is_required() || (self.own_field(name).is_some() && needed.any(|needed| needed.name == field.name))
    }

    fn entry(&self, schema: &Schema, required: bool, known: Option<&Value>, opens: bool, name: &str) -> Control {
        let mut control = Control {
            id: format!("{}{}", self.ids, filled::id(name)),
            name: name.to_owned(),
            label: String::new(),
            help: None,
            unit: None,
            required,
            sometimes: false,
            now: None,
            left_open: None,
            kind: "text",
            choices: Vec::new(),
            more: false,
            error: self.errors.get(name).cloned(),
            controls: Vec::new(),
            value: self.value(&schema.kind, known.filter(|_| opens), name),
        };
        if let Some(mut choices) = self.choices(schema, &control.value) {
            // a house gets more units, and the form that is known by heart stays as it is
            let is_short = choices.len() <= RADIOS_MAX && !matches!(schema.kind, Kind::Unit);
            control.kind = if is_short { "radios" } else { "select" };
            if control.kind == "radios" && !required {
                choices.push(Choice::not_said(&control.value));
            }
            control.choices = choices;
            return control;
        }
        control.kind = match &schema.kind {
            Kind::Text { max_length, .. } if max_length.is_some_and(|most| most > LINE_CHARACTERS_MAX) => "lines",
            Kind::Reference {
                workflow: Some(workflow),
            } => {
                let offered = self.referable.to(self.event, self.own_field(name), workflow);
                (control.choices, control.more) = (offered.choices, offered.more);
                "reference"
            }
            Kind::Text { .. } | Kind::Reference { workflow: None } | Kind::User | Kind::Unit => "text",
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
                control.controls = self.controls(fields, known, opens, name);
                "group"
            }
            Kind::List { items, min_items, .. } => {
                control.controls = self.items(items, *min_items, known.filter(|_| opens), name);
                "list"
            }
        };
        control
    }

    /// What was sent; in a form that nobody has touched yet, what is known.
    fn value(&self, kind: &Kind, known: Option<&Value>, name: &str) -> String {
        match (kind, known) {
            _ if self.is_touched() => self.posted.text(name).unwrap_or_default().to_owned(),
            (Kind::Instant, Some(Value::Instant(at))) => {
                let here = at.to_zoned(self.reading.zone.clone());
                here.strftime("%Y-%m-%dT%H:%M").to_string()
            }
            // the file that is there is named beside it, and another one is chosen
            (Kind::File | Kind::Object { .. } | Kind::List { .. }, _) | (_, None) => String::new(),
            (_, Some(known)) => plain(known),
        }
    }

    fn is_touched(&self) -> bool {
        self.posted.pairs().next().is_some()
    }

    /// Nothing is chosen or entered for anybody: a proposal that is overlooked would pass for an answer. What the workflow proposes is said.
    fn left_open(&self, field: &Field) -> Option<String> {
        let kept = match field.default.as_ref()? {
            DefaultValue::Literal(value) => on_a_line(&self.reading.line(field, value).value)?,
            DefaultValue::Computed(template) => {
                let from = self
                    .source(template)
                    .map(|names| format!(" from {names}"))
                    .unwrap_or_default();
                return Some(format!("If left open, it is worked out{from} when this is sent."));
            }
        };
        Some(format!("If left open: {kept}"))
    }

    /// What a value is worked out from, where all of it has a name that people know.
    fn source(&self, template: &Template) -> Option<String> {
        let references = template.references();
        let tables = references.calls.iter().filter_map(|(_, table)| table.as_ref());
        let mut names: Vec<String> = tables.map(|table| in_words(table).to_lowercase()).collect();
        for (variable, paths) in &references.variables {
            for path in paths.keys() {
                let step = match path.0.first() {
                    Some(Step::Field(step)) => Some(step),
                    _ => None,
                };
                names.push(match (&**variable, step.map(|step| &**step)) {
                    ("actor", Some("organisation")) => "your organisation".to_owned(),
                    ("actor", Some("unit")) => "your unit".to_owned(),
                    ("actor", Some("id" | "name")) => "who you are".to_owned(),
                    ("now" | "today", None) => "the time".to_owned(),
                    ("event", Some(step)) => format!("“{}”", label(self.fields.get(step)?)),
                    (name, _) => format!("“{}”", label(self.chart.data.get(name)?)),
                });
            }
        }
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
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
        if matches!(schema.kind, Kind::Unit) && !self.units.is_empty() {
            let units = self.units.iter().map(|(name, title)| {
                let label = title
                    .as_ref()
                    .map_or_else(|| name.to_string(), |title| format!("{title} ({name})"));
                choice(name.to_string(), label)
            });
            return Some(units.collect());
        }
        matches!(schema.kind, Kind::Boolean)
            .then(|| vec![choice("true".into(), "Yes".into()), choice("false".into(), "No".into())])
    }

    fn items(&self, schema: &Schema, least: Option<usize>, known: Option<&Value>, name: &str) -> Vec<Control> {
        let known = known.filter(|_| !self.is_touched()).and_then(Value::as_list);
        // a part of a list would be taken for the whole
        let known = known.filter(|known| known.len() <= LIST_ITEMS_MAX).unwrap_or_default();
        let given = filled::items_of(self.posted, name).max(known.len());
        let more = usize::from(self.more == Some(name));
        let shown = (given + more).max(least.unwrap_or(0)).clamp(1, LIST_ITEMS_MAX);
        let item = |place: usize| Control {
            label: (place + 1).to_string(),
            ..self.entry(schema, true, known.get(place), true, &format!("{name}.{place}"))
        };
        (0..shown).map(item).collect()
    }
}

/// Whether it is answered by choosing.
fn is_choice(schema: &Schema) -> bool {
    schema.allowed.is_some() || schema.table.is_some() || matches!(schema.kind, Kind::Boolean | Kind::Unit)
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

/// A value on one line; None: there is nothing.
fn on_a_line(words: &Words) -> Option<String> {
    let text = match words {
        Words::Text(text) => text.replace('_', " "),
        Words::Moment(at) => at.absolute.clone(),
        Words::Items(items) => items.iter().filter_map(on_a_line).collect::<Vec<_>>().join(", "),
        Words::Instance(reference) => reference.name.clone(),
        Words::Lines(lines) => {
            let lines = lines
                .iter()
                .filter_map(|line| Some(format!("{}: {}", line.label, on_a_line(&line.value)?)));
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
