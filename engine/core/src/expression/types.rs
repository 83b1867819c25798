//! Types of expressions, as far as they are known before anything runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::value::{Kind, Value};

/// What a value can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Not known: everything is allowed, and nothing is promised.
    Any,
    /// Always null.
    Null,
    Boolean,
    /// A whole number; a computed one may outgrow ±2^53 and then be held as a decimal.
    Integer,
    /// A number.
    Decimal,
    Text,
    Date,
    Time,
    Instant,
    Duration,
    List(Box<Type>),
    Object {
        fields: BTreeMap<Arc<str>, Type>,
        /// May have other fields too.
        open: bool,
    },
    /// This or null.
    Optional(Box<Type>),
}

impl Type {
    /// A list of items of that type.
    #[must_use]
    pub fn list(item: Type) -> Type {
        Type::List(Box::new(item))
    }

    /// That type or null.
    #[must_use]
    pub fn optional(inner: Type) -> Type {
        match inner {
            Type::Any | Type::Null | Type::Optional(_) => inner,
            _ => Type::Optional(Box::new(inner)),
        }
    }

    /// An object with exactly these fields.
    #[must_use]
    pub fn object<'name>(fields: impl IntoIterator<Item = (&'name str, Type)>) -> Type {
        let fields = fields.into_iter().map(|(name, field)| (Arc::from(name), field)).collect();
        Type::Object { fields, open: false }
    }

    /// Without "or null".
    #[must_use]
    pub fn present(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }

    /// The kind of its values; `None` for [`Type::Any`].
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Type::Any => None,
            Type::Null => Some(Kind::Null),
            Type::Boolean => Some(Kind::Boolean),
            Type::Integer => Some(Kind::Integer),
            Type::Decimal => Some(Kind::Decimal),
            Type::Text => Some(Kind::Text),
            Type::Date => Some(Kind::Date),
            Type::Time => Some(Kind::Time),
            Type::Instant => Some(Kind::Instant),
            Type::Duration => Some(Kind::Duration),
            Type::List(_) => Some(Kind::List),
            Type::Object { .. } => Some(Kind::Object),
            Type::Optional(inner) => inner.kind(),
        }
    }

    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Type::Integer | Type::Decimal)
    }

    /// The narrowest type for a value of either.
    #[must_use]
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (left, right) if left == right => left,
            (Type::Any, _) | (_, Type::Any) => Type::Any,
            (Type::Null, other) | (other, Type::Null) => Type::optional(other),
            (Type::Optional(left), Type::Optional(right)) => Type::optional(left.or(*right)),
            (Type::Optional(inner), other) | (other, Type::Optional(inner)) => Type::optional(inner.or(other)),
            (Type::Integer, Type::Decimal) | (Type::Decimal, Type::Integer) => Type::Decimal,
            (Type::List(left), Type::List(right)) => Type::list(left.or(*right)),
            (
                Type::Object {
                    fields: left,
                    open: first,
                },
                Type::Object {
                    fields: right,
                    open: second,
                },
            ) => either_object(left, first, right, second),
            _ => Type::Any,
        }
    }

    /// Whether the value is one of this type.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Type::Any, _) | (Type::Null | Type::Optional(_), Value::Null) => true,
            (Type::Optional(inner), value) => inner.admits(value),
            (Type::Integer, Value::Decimal(decimal)) => decimal.is_integer(),
            (Type::Decimal, Value::Integer(_)) => true,
            (Type::List(item), Value::List(items)) => items.iter().all(|value| item.admits(value)),
            (Type::Object { fields, open }, Value::Object(values)) => {
                let known = fields
                    .iter()
                    .all(|(name, field)| values.get(name).is_some_and(|value| field.admits(value)));
                known && (*open || values.keys().all(|name| fields.contains_key(name)))
            }
            _ => self.kind() == Some(value.kind()),
        }
    }
}

/// Fields that only one of the two has are not known of the other: they are left out, and the object is open.
fn either_object(
    mut left: BTreeMap<Arc<str>, Type>,
    first_open: bool,
    right: BTreeMap<Arc<str>, Type>,
    second_open: bool,
) -> Type {
    let alike = left.keys().eq(right.keys());
    let mut fields = BTreeMap::new();
    for (name, field) in right {
        if let Some(other) = left.remove(&name) {
            fields.insert(name, other.or(field));
        }
    }
    Type::Object {
        fields,
        open: first_open || second_open || !alike,
    }
}

/// As a noun phrase: "a list of text", "an object".
impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => formatter.write_str("anything"),
            Type::List(item) => match item.present() {
                Type::Any => formatter.write_str("a list"),
                Type::List(_) => formatter.write_str("a list of lists"),
                item => write!(formatter, "a list of {}", item.plural()),
            },
            other => formatter.write_str(other.kind().map_or("anything", Kind::described)),
        }
    }
}

impl Type {
    fn plural(&self) -> &'static str {
        match self.kind() {
            Some(Kind::Boolean) => "booleans",
            Some(Kind::Integer) => "integers",
            Some(Kind::Decimal) => "decimals",
            Some(Kind::Text) => "text",
            Some(Kind::Date) => "dates",
            Some(Kind::Time) => "times",
            Some(Kind::Instant) => "instants",
            Some(Kind::Duration) => "durations",
            Some(Kind::List) => "lists",
            Some(Kind::Object) => "objects",
            Some(Kind::Null) | None => "nothing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_of_two_types_keeps_what_both_have() {
        assert_eq!(Type::Integer.or(Type::Decimal), Type::Decimal);
        assert_eq!(Type::Null.or(Type::Text), Type::optional(Type::Text));
        assert_eq!(Type::optional(Type::Text).or(Type::Date), Type::Any);
        assert_eq!(
            Type::list(Type::Integer).or(Type::list(Type::Null)),
            Type::list(Type::optional(Type::Integer))
        );
        let left = Type::object([("a", Type::Integer), ("b", Type::Text)]);
        let right = Type::object([("a", Type::Null)]);
        let Type::Object { fields, open } = left.or(right) else {
            panic!("an object")
        };
        assert!(open);
        assert_eq!(fields, BTreeMap::from([(Arc::from("a"), Type::optional(Type::Integer))]));
    }

    #[test]
    fn types_read_as_words() {
        assert_eq!(Type::list(Type::optional(Type::Text)).to_string(), "a list of text");
        assert_eq!(Type::list(Type::Any).to_string(), "a list");
        assert_eq!(Type::optional(Type::Instant).to_string(), "an instant");
    }
}
