//! Lists as arguments: JSON, which `json_each` makes rows of.

use std::sync::Arc;

use statewright_core::value::Value;
use statewright_core::value::canonical::write_canonical;

use crate::store::FieldCondition;

/// As an array of [number, field, value], the conditions numbered.
pub(super) fn conditions(conditions: &[FieldCondition]) -> String {
    let triples = (0..).zip(conditions).flat_map(|(number, (field, values))| {
        let triple =
            move |value: &Arc<str>| list([Value::Integer(number), Value::Text(field.clone()), Value::Text(value.clone())]);
        values.iter().map(triple)
    });
    json(&list(triples))
}

pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    json(&list(texts.into_iter().map(|text| Value::Text(text.into()))))
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(Arc::new(values.into_iter().collect()))
}

fn json(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}
