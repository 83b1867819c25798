//! How large a value may be: bounds that hold for whatever is read, computed or stored.

use super::{Object, Value};

/// How deep lists and objects may be nested: no record of a lifecycle needs more, and readers and writers recurse.
pub const VALUE_DEPTH_MAX: usize = 64;

/// How many bytes of JSON text are read at once: above the largest import, below what would stall a node.
pub const JSON_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How many values (items, fields and what they hold) one value may have in all: a snapshot stays readable in one piece.
pub const VALUE_NODES_MAX: usize = 200_000;

/// How many bytes of text one value may hold in all: a snapshot is written with every step.
pub const VALUE_TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A value that is too large to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    #[error("the value is nested deeper than {VALUE_DEPTH_MAX} levels")]
    Depth,
    #[error("the value has more than {VALUE_NODES_MAX} parts")]
    Nodes,
    #[error("the value holds more than {VALUE_TEXT_BYTES_MAX} bytes of text")]
    Text,
}

/// Checks a value that is about to be kept against all limits of this module.
///
/// # Errors
/// The first limit that is exceeded.
pub fn check(value: &Value) -> Result<(), TooLarge> {
    Room::default().take(value, VALUE_DEPTH_MAX)
}

/// The same of an object's fields.
///
/// # Errors
/// As [`check`].
pub fn check_fields(fields: &Object) -> Result<(), TooLarge> {
    let mut room = Room {
        nodes: VALUE_NODES_MAX - 1,
        ..Room::default()
    };
    room.take_fields(fields, VALUE_DEPTH_MAX)
}

/// How many values there are in this one, counted no further than `most`.
#[must_use]
pub fn weight(value: &Value, most: usize) -> usize {
    let mut counted = 1;
    let mut add = |part: &Value| {
        if counted < most {
            counted += weight(part, most - counted);
        }
    };
    match value {
        Value::List(items) => items.iter().for_each(&mut add),
        Value::Object(fields) => fields.values().for_each(&mut add),
        _ => {}
    }
    counted
}

struct Room {
    nodes: usize,
    text: usize,
}

impl Default for Room {
    fn default() -> Self {
        Room {
            nodes: VALUE_NODES_MAX,
            text: VALUE_TEXT_BYTES_MAX,
        }
    }
}

impl Room {
    fn take(&mut self, value: &Value, depth: usize) -> Result<(), TooLarge> {
        self.nodes = self.nodes.checked_sub(1).ok_or(TooLarge::Nodes)?;
        match value {
            Value::Text(text) => self.take_text(text),
            Value::List(items) => {
                let depth = depth.checked_sub(1).ok_or(TooLarge::Depth)?;
                items.iter().try_for_each(|item| self.take(item, depth))
            }
            Value::Object(fields) => self.take_fields(fields, depth),
            _ => Ok(()),
        }
    }

    fn take_fields(&mut self, fields: &Object, depth: usize) -> Result<(), TooLarge> {
        let depth = depth.checked_sub(1).ok_or(TooLarge::Depth)?;
        fields.iter().try_for_each(|(name, field)| {
            self.take_text(name)?;
            self.take(field, depth)
        })
    }

    fn take_text(&mut self, text: &str) -> Result<(), TooLarge> {
        self.text = self.text.checked_sub(text.len()).ok_or(TooLarge::Text)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Null, |inner, _| Value::from_items(vec![inner]))
    }

    #[test]
    fn weight_stops_counting_where_it_is_told_to() {
        let shared = (0..40).fold(Value::Null, |inner, _| Value::from_items(vec![inner.clone(), inner]));
        assert_eq!(weight(&shared, 1_000), 1_000);
        assert_eq!(
            weight(
                &Value::from_items(vec![Value::Null, Value::from_items(vec![Value::Null])]),
                1_000
            ),
            4
        );
        assert_eq!(check(&shared), Err(TooLarge::Nodes));
    }

    #[test]
    fn each_limit_is_the_last_size_allowed() {
        assert_eq!(check(&nested(VALUE_DEPTH_MAX)), Ok(()));
        assert_eq!(check(&nested(VALUE_DEPTH_MAX + 1)), Err(TooLarge::Depth));
        let list = |length| Value::from_items(vec![Value::Null; length]);
        assert_eq!(check(&list(VALUE_NODES_MAX - 1)), Ok(()));
        assert_eq!(check(&list(VALUE_NODES_MAX)), Err(TooLarge::Nodes));
        let text = |length: usize| Value::from_text(&"x".repeat(length));
        assert_eq!(check(&text(VALUE_TEXT_BYTES_MAX)), Ok(()));
        assert_eq!(check(&text(VALUE_TEXT_BYTES_MAX + 1)), Err(TooLarge::Text));
    }
}
