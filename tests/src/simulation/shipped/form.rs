//! Forms that are made up: a value for each field that its type takes, or what whoever knows their work would write.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::chart::Chart;
use statewright_core::field::{Field, Fields, Kind, Schema};
use statewright_core::step::Actor;
use statewright_core::time::Duration;
use statewright_core::value::{Decimal, Object, Value};
use statewright_engine::testing::Chance;

use super::audit::Audit;
use super::known::{Entered, WARDS, entered};

/// How far from the least value that is allowed a number may be.
const SPREAD: i64 = 10;

/// What a form is made up from.
pub struct Maker<'m> {
    pub audit: &'m Audit,
    pub cast: &'m [Actor],
    pub chart: &'m Chart,
    /// Data of the instance that is asked; nothing of one that is started.
    pub data: &'m Object,
    pub event: &'m str,
    pub now: Timestamp,
}

impl Maker<'_> {
    pub fn fill(&self, fields: &Fields, chance: &mut Chance) -> Object {
        let mut filled = Object::new();
        for field in &fields.list {
            let value = match entered(self, &field.name, chance) {
                Entered::Left => None,
                Entered::As(value) => Some(value),
                Entered::MadeUp => self.made_up(field, chance),
            };
            if let Some(value) = value {
                filled.insert(field.name.clone(), value);
            }
        }
        filled
    }

    /// None: it is left empty.
    fn made_up(&self, field: &Field, chance: &mut Chance) -> Option<Value> {
        let may_be_left = field.optional || field.default.is_some();
        match may_be_left && chance.happens(600) {
            true => None,
            false => Some(self.value(&field.schema, chance)),
        }
    }

    fn value(&self, schema: &Schema, chance: &mut Chance) -> Value {
        if let Some(allowed) = &schema.allowed {
            return chance.pick(allowed).cloned().unwrap_or(Value::Null);
        }
        if let Some(table) = schema.table.as_ref().and_then(|name| self.chart.tables.by_name.get(name)) {
            let keys: Vec<&Value> = table.as_look_up().into_iter().flat_map(|rows| rows.keys()).collect();
            return chance.pick(&keys).map_or(Value::Null, |key| (*key).clone());
        }
        match &schema.kind {
            Kind::Any | Kind::File => Value::Null,
            Kind::Text { min_length, .. } => text(min_length.unwrap_or(0)),
            Kind::Boolean => Value::Boolean(chance.happens(500)),
            Kind::Integer | Kind::Decimal { .. } => Value::Integer(number(schema, chance)),
            Kind::Date => Value::Date(self.later(chance).to_zoned(jiff::tz::TimeZone::UTC).date()),
            Kind::Time => Value::Time(jiff::civil::time(8, 0, 0, 0)),
            Kind::Instant => Value::from_instant(self.later(chance)),
            Kind::Duration => Value::Duration(Duration {
                microseconds: 3_600_000_000,
                ..Duration::default()
            }),
            Kind::Reference { workflow } => self.reference(workflow.as_deref().unwrap_or_default(), chance),
            Kind::Unit => chance.pick(&WARDS).map_or(Value::Null, |unit| Value::from_text(unit)),
            Kind::User => chance
                .pick(self.cast)
                .map_or(Value::Null, |actor| Value::Text(actor.id.clone())),
            Kind::Object { fields, .. } => Value::from_fields(self.fill(fields, chance)),
            Kind::List { items, min_items, .. } => {
                let count = min_items.unwrap_or(0).max(1);
                Value::from_items((0..count).map(|_| self.value(items, chance)).collect())
            }
        }
    }

    /// One that there is; now and then one that there is not.
    pub fn reference(&self, workflow: &str, chance: &mut Chance) -> Value {
        let keys = self.audit.keys(workflow);
        let key = chance.pick(&keys);
        match key.filter(|_| !chance.happens(30)) {
            Some(key) => Value::Text(key.clone()),
            None => Value::from_text("X-404"),
        }
    }

    fn later(&self, chance: &mut Chance) -> Timestamp {
        let hours = i64::try_from(1 + chance.below(60)).unwrap_or(1);
        self.now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(self.now)
    }
}

fn text(min_length: usize) -> Value {
    let words = "as it was said at the desk this morning ";
    let times = min_length / words.len() + 1;
    Value::Text(Arc::from(words.repeat(times).trim_end()))
}

fn number(schema: &Schema, chance: &mut Chance) -> i64 {
    let whole = |decimal: &Option<Decimal>| decimal.and_then(|decimal| decimal.ceil().to_string().parse::<i64>().ok());
    let (least, most) = (whole(&schema.minimum), whole(&schema.maximum));
    let least = least.unwrap_or(0).max(0);
    let most = most.unwrap_or(least + SPREAD).min(least + SPREAD);
    least + i64::try_from(chance.below(u64::try_from(most - least + 1).unwrap_or(1))).unwrap_or(0)
}
