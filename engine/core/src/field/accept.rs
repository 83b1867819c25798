//! From a value as an interface gives it, or an expression computes it, to what the declared type keeps.
//!
//! Decimals, dates, times, instants and durations may come as text (that is how JSON has them) or as themselves. Everything that
//! is wrong is told at once, each with its field.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::problem::Problems;
use super::{DefaultValue, Field, FieldProblem, Fields, Kind, Schema, file, scalar};
use crate::value::{Object, Value, limits};

impl Fields {
    /// Takes what was given for these fields: every declared field stands in the result, null where nothing was given and
    /// nothing is needed. A default that is computed is left null: see [`Fields::computed_defaults`].
    ///
    /// # Errors
    /// All that is wrong, in the order in which the fields were declared, then what was not declared.
    pub fn accept(&self, given: &Value) -> Result<Object, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        let object = match given {
            Value::Object(object) => object,
            _ => {
                problems.push("must be an object of fields");
                return problems.finish(Object::new());
            }
        };
        if let Err(too_large) = limits::check(given) {
            problems.push(format!("is too large: {too_large}"));
            return problems.finish(Object::new());
        }
        let taken = take_fields(&mut problems, self, object, false);
        problems.finish(taken)
    }

    /// The fields of a record when its instance starts: what was taken from the form, else the default, else null.
    pub fn record(&self, mut taken: Object) -> Object {
        let mut record = Object::new();
        for field in &self.list {
            let value = match (taken.remove(&field.name), &field.default) {
                (Some(value), _) if !value.is_null() => value,
                (None, Some(DefaultValue::Literal(value))) => value.clone(),
                _ => Value::Null,
            };
            record.insert(field.name.clone(), value);
        }
        record
    }

    /// Fields whose default is to be computed, because nothing was given for them.
    pub fn computed_defaults<'a>(&'a self, given: &'a Value) -> impl Iterator<Item = &'a Field> {
        self.list.iter().filter(|field| {
            matches!(field.default, Some(DefaultValue::Computed(_))) && given.field(&field.name).is_none_or(Value::is_null)
        })
    }
}

impl Field {
    /// Takes one value for this field, which may be null only if the field is optional.
    ///
    /// # Errors
    /// All that is wrong with it; paths begin with the field's name.
    pub fn accept(&self, given: &Value) -> Result<Value, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        let taken = problems.within(&self.name, |problems| match given {
            Value::Null if self.optional => Value::Null,
            Value::Null => missing(problems),
            given => take_limited(problems, &self.schema, given),
        });
        problems.finish(taken)
    }

    /// Whether a form cannot be sent without it.
    pub fn is_required(&self) -> bool {
        !self.optional && self.default.is_none()
    }
}

impl Schema {
    /// Takes one value of this type. Null is no value of any type.
    ///
    /// # Errors
    /// All that is wrong with it; paths are relative to the value.
    pub fn accept(&self, given: &Value) -> Result<Value, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        let taken = take_limited(&mut problems, self, given);
        problems.finish(taken)
    }
}

fn take_limited(problems: &mut Problems, schema: &Schema, given: &Value) -> Value {
    match limits::check(given) {
        Ok(()) => take(problems, schema, given),
        Err(too_large) => refuse(problems, &format!("is too large: {too_large}")),
    }
}

fn take_fields(problems: &mut Problems, fields: &Fields, given: &Object, open: bool) -> Object {
    let mut taken = Object::new();
    for field in &fields.list {
        let value = problems.within(&field.name, |problems| take_field(problems, field, given.get(&field.name)));
        taken.insert(field.name.clone(), value);
    }
    for (name, value) in given.iter().filter(|(name, _)| fields.get(name).is_none()) {
        if open {
            taken.insert(name.clone(), value.clone());
        } else {
            problems.undeclared(name, fields.list.iter().map(|field| &*field.name));
        }
    }
    taken
}

fn take_field(problems: &mut Problems, field: &Field, given: Option<&Value>) -> Value {
    match (given, &field.default) {
        (Some(given), _) if !given.is_null() => take(problems, &field.schema, given),
        // An optional field that is set to null is meant to be empty; one that is left out has its default.
        (Some(_), _) if field.optional => Value::Null,
        (_, Some(DefaultValue::Literal(value))) => value.clone(),
        (_, Some(DefaultValue::Computed(_))) => Value::Null,
        _ if field.optional => Value::Null,
        _ => missing(problems),
    }
}

fn take(problems: &mut Problems, schema: &Schema, given: &Value) -> Value {
    let taken = match &schema.kind {
        Kind::Any => given.clone(),
        Kind::Object { fields, open } => take_object(problems, fields, *open, given),
        Kind::File => take_object(problems, file::fields(), false, given),
        Kind::List { .. } => take_list(problems, &schema.kind, given),
        kind => scalar::take(problems, kind, given),
    };
    if !taken.is_null() {
        scalar::check_limits(problems, schema, &taken);
    }
    taken
}

fn take_object(problems: &mut Problems, fields: &Fields, open: bool, given: &Value) -> Value {
    match given {
        Value::Object(object) => Value::from_fields(take_fields(problems, fields, object, open)),
        _ => refuse(problems, "must be an object of fields"),
    }
}

fn take_list(problems: &mut Problems, kind: &Kind, given: &Value) -> Value {
    let (
        Kind::List {
            items,
            keyed,
            min_items,
            max_items,
            unique_items,
        },
        Value::List(list),
    ) = (kind, given)
    else {
        return refuse(problems, "must be a list");
    };
    if let Some(least) = min_items.filter(|least| list.len() < *least) {
        problems.push(format!("must have at least {}", count(least, "item")));
    }
    if let Some(most) = max_items.filter(|most| list.len() > *most) {
        problems.push(format!("must have at most {}", count(most, "item")));
    }
    let taken: Vec<Value> = list
        .iter()
        .enumerate()
        .map(|(index, item)| problems.at(index, |problems| take(problems, items, item)))
        .collect();
    if let Some(key) = keyed {
        refuse_repeated_keys(problems, key, &taken);
    }
    if *unique_items {
        refuse_repeated_items(problems, &taken);
    }
    Value::from_items(taken)
}

fn refuse_repeated_keys(problems: &mut Problems, key: &Arc<str>, items: &[Value]) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        // A missing key has its problem already, by the item's own type.
        let Some(value) = item.field(key).filter(|value| !value.is_null()) else {
            continue;
        };
        if !seen.insert(crate::value::canonical::to_canonical(value)) {
            problems.at(index, |problems| {
                problems.within(key, |problems| problems.push("stands in the list already"))
            });
        }
    }
}

fn refuse_repeated_items(problems: &mut Problems, items: &[Value]) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if !seen.insert(crate::value::canonical::to_canonical(item)) {
            problems.at(index, |problems| problems.push("stands in the list already"));
        }
    }
}

fn missing(problems: &mut Problems) -> Value {
    refuse(problems, "is required")
}

pub(super) fn refuse(problems: &mut Problems, sentence: &str) -> Value {
    problems.push(sentence);
    Value::Null
}

/// `1 item`, `3 items`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
