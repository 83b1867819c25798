//! Free values: under `assign`, `with` and `default` a plain word is `true`, `false`, `null` or a plain number, otherwise text.
//! (Reference, section 1, rule 1.)

use crate::diagnostic::Diagnostics;
use crate::value::{Object, Value};
use crate::yaml::read::{self, Free};
use crate::yaml::{Kind, Node, Scalar};

/// A literal value; None where something could not be read, which has been told.
pub(super) fn value(node: &Node, out: &mut Diagnostics) -> Option<Value> {
    match &node.kind {
        Kind::Scalar(scalar) => Some(self::scalar(scalar, out)),
        Kind::Sequence(items) => items
            .iter()
            .map(|item| value(item, out))
            .collect::<Option<Vec<_>>>()
            .map(Value::from_items),
        Kind::Mapping(mapping) => {
            let fields = mapping
                .iter()
                .map(|entry| value(&entry.value, out).map(|value| (entry.key.text.clone(), value)));
            fields.collect::<Option<Object>>().map(Value::from_fields)
        }
        Kind::Empty | Kind::Broken => None,
    }
}

/// A literal on one line.
pub(super) fn scalar(scalar: &Scalar, out: &mut Diagnostics) -> Value {
    match read::free(scalar, out) {
        Free::Value(value) => value,
        Free::Text(scalar) => Value::Text(scalar.text.clone()),
    }
}
