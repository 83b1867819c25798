//! JSON documents as the interface writes them: values of the core, so that no number ever passes through a binary fraction.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::value::{Object, Value};

/// An object of these members.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::from_fields(members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

/// An object of those members that are not null.
pub fn present<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::from_fields(members.map(|(name, value)| (Arc::from(name), value)).collect())
}

pub fn text(text: &str) -> Value {
    Value::from_text(text)
}

pub fn text_or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from_text)
}

pub fn texts<T: AsRef<str>>(texts: &[T]) -> Value {
    Value::from_items(texts.iter().map(|text| Value::from_text(text.as_ref())).collect())
}

/// A count or a sequence number: none of them comes near ±2^53.
pub fn count(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A moment that a store keeps in microseconds.
pub fn instant(microseconds: i64) -> Value {
    Timestamp::from_microsecond(microseconds).map_or(Value::Null, Value::from_instant)
}

/// The members of an object; none if it is something else.
pub fn members(value: &Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}

/// The text of a member; empty if there is none.
pub fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.field(name).and_then(Value::as_text).unwrap_or("")
}

/// The texts of a member that is a list.
pub fn member_texts<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    let items = value.field(name).and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_text).collect()
}

/// The items of a member that is a list.
pub fn member_items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.field(name).and_then(Value::as_list).unwrap_or_default()
}

/// The whole number of a member; 0 if there is none.
pub fn member_number(value: &Value, name: &str) -> i64 {
    value.field(name).and_then(Value::as_integer).unwrap_or(0)
}
