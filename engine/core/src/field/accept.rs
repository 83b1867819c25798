//! From a value as an interface gives it, or an expression computes it, to what the declared type keeps.
//!
//! Decimals, dates, times, instants and durations may come as text (that is how JSON has them) or as themselves. Everything that
//! is wrong is told at once, each with its field.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::problem::{Problems, finish};
use super::{DefaultValue, Field, FieldProblem, Fields, Kind, Schema, file, scalar};
use crate::value::{Object, Value, limits};

impl Fields {
    /// Takes what was given for these fields: every declared field stands in the result, null where nothing was given and
    /// nothing is needed. A default that is computed is left null: see [`Fields::computed_defaults`].
    ///
    /// # Errors
    /// All that is wrong, in the order in which the fields were declared, then what was not declared.
    pub fn accept(&self, given: &Value) -> Result<Object, Vec<FieldProblem>> {
        match given {
            Value::Object(object) => self
                .accept_object(object)
                .map(|taken| taken.unwrap_or_else(|| (**object).clone())),
            _ => {
                let mut found = Vec::new();
                Problems::into(&mut found).push("must be an object of fields");
                Err(found)
            }
        }
    }

    /// The same of an object; None where it is taken as it was given, which is the rule.
    ///
    /// # Errors
    /// As [`Fields::accept`].
    pub fn accept_object(&self, given: &Object) -> Result<Option<Object>, Vec<FieldProblem>> {
        let mut found = Vec::new();
        let mut problems = Problems::into(&mut found);
        let taken = match limits::check_fields(given) {
            Ok(()) => take_fields(&mut problems, self, given, false),
            Err(too_large) => {
                problems.push(format!("is too large: {too_large}"));
                None
            }
        };
        finish(found, taken)
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
        let mut found = Vec::new();
        let taken = Problems::into(&mut found).within(&self.name, |problems| match given {
            Value::Null if self.optional => Taken::AsGiven,
            Value::Null => missing(problems),
            given => take_limited(problems, &self.schema, given),
        });
        finish(found, taken.or(given))
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
        let mut found = Vec::new();
        let taken = take_limited(&mut Problems::into(&mut found), self, given);
        finish(found, taken.or(given))
    }
}

/// What is kept of a value: mostly the value itself, which is then shared and not built anew. The other is boxed, so that the rule is
/// told in a register.
pub(super) enum Taken {
    AsGiven,
    Instead(Box<Value>),
}

impl Taken {
    pub(super) fn instead(value: Value) -> Taken {
        Taken::Instead(Box::new(value))
    }

    fn or(self, given: &Value) -> Value {
        match self {
            Taken::AsGiven => given.clone(),
            Taken::Instead(value) => *value,
        }
    }
}

fn take_limited(problems: &mut Problems<'_>, schema: &Schema, given: &Value) -> Taken {
    match limits::check(given) {
        Ok(()) => take(problems, schema, given),
        Err(too_large) => refuse(problems, &format!("is too large: {too_large}")),
    }
}

/// None: every field as given, and nothing else.
fn take_fields(problems: &mut Problems<'_>, fields: &Fields, given: &Object, open: bool) -> Option<Object> {
    let mut instead = Object::new();
    let mut declared = 0;
    for field in &fields.list {
        let present = given.get(&field.name);
        declared += usize::from(present.is_some());
        let taken = problems.within(&field.name, |problems| take_field(problems, field, present));
        if let Taken::Instead(value) = taken {
            instead.insert(field.name.clone(), *value);
        }
    }
    if !open && declared < given.len() {
        for name in given.keys().filter(|name| fields.get(name).is_none()) {
            problems.undeclared(name, fields.list.iter().map(|field| &*field.name));
        }
    }
    if instead.is_empty() {
        return None;
    }
    let kept = given.iter().filter(|(name, _)| !instead.contains_key(&**name));
    let kept: Vec<_> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    instead.extend(kept);
    Some(instead)
}

fn take_field(problems: &mut Problems<'_>, field: &Field, given: Option<&Value>) -> Taken {
    match (given, &field.default) {
        (Some(given), _) if !given.is_null() => take(problems, &field.schema, given),
        // An optional field that is set to null is meant to be empty; one that is left out has its default.
        (Some(_), _) if field.optional => Taken::AsGiven,
        (_, Some(DefaultValue::Literal(value))) => Taken::instead(value.clone()),
        (_, Some(DefaultValue::Computed(_))) => Taken::instead(Value::Null),
        _ if field.optional => Taken::instead(Value::Null),
        _ => missing(problems),
    }
}

fn take(problems: &mut Problems<'_>, schema: &Schema, given: &Value) -> Taken {
    let taken = match &schema.kind {
        Kind::Any => Taken::AsGiven,
        Kind::Object { fields, open } => take_object(problems, fields, *open, given),
        Kind::File => take_object(problems, file::fields(), false, given),
        Kind::List { .. } => take_list(problems, &schema.kind, given),
        kind => scalar::take(problems, kind, given),
    };
    let kept = match &taken {
        Taken::AsGiven => given,
        Taken::Instead(value) => value,
    };
    if !kept.is_null() {
        scalar::check_limits(problems, schema, kept);
    }
    taken
}

fn take_object(problems: &mut Problems<'_>, fields: &Fields, open: bool, given: &Value) -> Taken {
    match given {
        Value::Object(object) => match take_fields(problems, fields, object, open) {
            Some(taken) => Taken::instead(Value::from_fields(taken)),
            None => Taken::AsGiven,
        },
        _ => refuse(problems, "must be an object of fields"),
    }
}

fn take_list(problems: &mut Problems<'_>, kind: &Kind, given: &Value) -> Taken {
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
    let mut instead: Option<Vec<Value>> = None;
    for (index, item) in list.iter().enumerate() {
        let taken = problems.at(index, |problems| take(problems, items, item));
        match (&mut instead, taken) {
            (None, Taken::AsGiven) => {}
            (None, Taken::Instead(value)) => {
                let before = list.iter().take(index).cloned();
                instead = Some(before.chain([*value]).collect());
            }
            (Some(items), taken) => items.push(taken.or(item)),
        }
    }
    let kept = instead.as_deref().unwrap_or(list);
    if let Some(key) = keyed {
        refuse_repeated_keys(problems, key, kept);
    }
    if *unique_items {
        refuse_repeated_items(problems, kept);
    }
    instead.map_or(Taken::AsGiven, |items| Taken::instead(Value::from_items(items)))
}

fn refuse_repeated_keys(problems: &mut Problems<'_>, key: &Arc<str>, items: &[Value]) {
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

fn refuse_repeated_items(problems: &mut Problems<'_>, items: &[Value]) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if !seen.insert(crate::value::canonical::to_canonical(item)) {
            problems.at(index, |problems| problems.push("stands in the list already"));
        }
    }
}

fn missing(problems: &mut Problems<'_>) -> Taken {
    refuse(problems, "is required")
}

pub(super) fn refuse(problems: &mut Problems<'_>, sentence: &str) -> Taken {
    problems.push(sentence);
    Taken::instead(Value::Null)
}

/// `1 item`, `3 items`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
