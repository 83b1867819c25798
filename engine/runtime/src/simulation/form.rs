//! Forms that are filled in: what is given, and a value for each other field that is needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::chart::{Chart, Reason};
use statewright_core::field::{Fields, Kind, Schema};
use statewright_core::time::Duration;
use statewright_core::value::{Decimal, Object, Value};

use super::cast::Cast;
use crate::testing::Chance;

/// How far from its least value a number is drawn that has no greatest.
const SPREAD: i64 = 10;

/// How often a number is drawn before it is given up that none fits.
const DRAWS_MAX: usize = 50;

/// What is written where text is needed.
const WORDS: &str = "as it was said in the simulation ";

/// What a form is filled in from.
pub(super) struct Filler<'f> {
    pub chart: &'f Chart,
    /// By workflow: the keys of instances that are there.
    pub keys: &'f BTreeMap<Arc<str>, Vec<Arc<str>>>,
    pub cast: &'f Cast,
    pub now: Timestamp,
}

impl Filler<'_> {
    /// What is given stands; what may be left empty is, and so is what has a default.
    pub(super) fn fill(&self, form: &Fields, given: Object, chance: &mut Chance) -> Object {
        let mut filled = given;
        for field in &form.list {
            if field.optional || field.default.is_some() || filled.contains_key(&field.name) {
                continue;
            }
            filled.insert(field.name.clone(), self.value(&field.schema, chance));
        }
        filled
    }

    fn value(&self, schema: &Schema, chance: &mut Chance) -> Value {
        let table = schema.table.as_ref().and_then(|name| self.chart.tables.by_name.get(name));
        if let Some(rows) = table.and_then(|table| table.as_look_up()) {
            let keys: Vec<&Value> = rows.keys().collect();
            return chance.pick(&keys).map_or(Value::Null, |key| (*key).clone());
        }
        match &schema.kind {
            _ if schema.allowed.is_some() => drawn(schema, chance),
            Kind::Reference { workflow } => {
                let none = Vec::new();
                let keys = workflow
                    .as_ref()
                    .and_then(|workflow| self.keys.get(workflow))
                    .unwrap_or(&none);
                chance.pick(keys).map_or(Value::Null, |key| Value::Text(key.clone()))
            }
            Kind::User => {
                let people = chance.pick(&self.cast.members);
                people.map_or(Value::Null, |member| Value::Text(member.actor.id.clone()))
            }
            Kind::Unit => {
                let units: Vec<&Arc<str>> = self
                    .cast
                    .members
                    .iter()
                    .filter_map(|member| member.actor.unit.as_ref())
                    .collect();
                chance
                    .pick(&units)
                    .map_or_else(|| drawn(schema, chance), |unit| Value::Text((*unit).clone()))
            }
            Kind::Date => Value::Date(self.soon(chance).to_zoned(jiff::tz::TimeZone::UTC).date()),
            Kind::Instant => Value::from_instant(self.soon(chance)),
            Kind::Object { fields, .. } => Value::from_fields(self.fill(fields, Object::new(), chance)),
            Kind::List { items, min_items, .. } => {
                let count = min_items.unwrap_or(0).max(1);
                Value::from_items((0..count).map(|_| self.value(items, chance)).collect())
            }
            _ => drawn(schema, chance),
        }
    }

    fn soon(&self, chance: &mut Chance) -> Timestamp {
        let hours = i64::try_from(1 + chance.below(72)).unwrap_or(1);
        self.now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(self.now)
    }
}

/// A reason, where one is asked for.
pub(super) fn reason(asked: Option<&Reason>, given: Option<&Arc<str>>, chance: &mut Chance) -> Option<Arc<str>> {
    if given.is_some() {
        return given.cloned();
    }
    match asked? {
        Reason::Choices(choices) => chance.pick(choices).cloned(),
        Reason::Required => Some(WORDS.trim_end().into()),
        Reason::Optional => None,
    }
}

/// A value of this type that needs nothing of what is there.
pub(super) fn drawn(schema: &Schema, chance: &mut Chance) -> Value {
    if let Some(allowed) = &schema.allowed {
        return chance.pick(allowed).cloned().unwrap_or(Value::Null);
    }
    match &schema.kind {
        Kind::Text {
            min_length, max_length, ..
        } => text(min_length.unwrap_or(0), max_length.unwrap_or(usize::MAX)),
        Kind::Boolean => Value::Boolean(chance.happens(500)),
        Kind::Integer | Kind::Decimal { .. } => number(schema, chance),
        Kind::Time => Value::Time(jiff::civil::time(8, 0, 0, 0)),
        Kind::Duration => Value::Duration(Duration {
            microseconds: 3_600_000_000,
            ..Duration::default()
        }),
        Kind::Reference { .. } | Kind::User | Kind::Unit => Value::from_text("simulated"),
        Kind::Date => Value::Date(jiff::civil::date(2026, 1, 5)),
        Kind::Instant => Value::from_instant(Timestamp::UNIX_EPOCH),
        Kind::Object { fields, .. } => {
            let needed = fields.list.iter().filter(|field| !field.optional && field.default.is_none());
            Value::from_fields(
                needed
                    .map(|field| (field.name.clone(), drawn(&field.schema, chance)))
                    .collect(),
            )
        }
        Kind::List { items, min_items, .. } => {
            let count = min_items.unwrap_or(0);
            Value::from_items((0..count).map(|_| drawn(items, chance)).collect())
        }
        Kind::Any | Kind::File => Value::Null,
    }
}

fn text(least: usize, most: usize) -> Value {
    let words = WORDS.repeat(least / WORDS.len() + 1);
    let shortened: String = words.chars().take(most).collect();
    let trimmed = shortened.trim_end();
    let text = if trimmed.chars().count() < least {
        &shortened
    } else {
        trimmed
    };
    Value::from_text(text)
}

/// A whole number within the bounds; where none of those drawn fits, one of the bounds themselves.
fn number(schema: &Schema, chance: &mut Chance) -> Value {
    let whole = |bound: &Option<Decimal>| bound.and_then(|bound| bound.ceil().to_string().parse::<i64>().ok());
    let least = whole(&schema.minimum).or(whole(&schema.exclusive_minimum));
    let most = whole(&schema.maximum).or(whole(&schema.exclusive_maximum));
    let (least, most) = match (least, most) {
        (Some(least), Some(most)) => (least, most.max(least)),
        (Some(least), None) => (least, least.saturating_add(SPREAD)),
        (None, Some(most)) => (most.saturating_sub(SPREAD), most),
        (None, None) => (1, SPREAD),
    };
    let room = u64::try_from(most.saturating_sub(least)).unwrap_or(0).saturating_add(1);
    let whole = (0..DRAWS_MAX).map(|_| Value::Integer(least.saturating_add_unsigned(chance.below(room))));
    let bounds = [schema.minimum, schema.maximum, schema.multiple_of]
        .into_iter()
        .flatten()
        .map(Value::Decimal);
    whole
        .chain(bounds)
        .find(|value| schema.accept(value).is_ok())
        .unwrap_or(Value::Integer(least))
}
