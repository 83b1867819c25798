//! What a row of a decision table asks of one input: a value, a range, one of several.

use std::cmp::Ordering;

use crate::value::Value;
use crate::value::order::{order, same};

/// A condition on one input. Null fulfils none but [`Condition::Null`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing was given.
    Null,
    Is(Value),
    /// Between two ends, of which at least one is there.
    Within {
        least: Option<Bound>,
        most: Option<Bound>,
    },
    AnyOf(Vec<Condition>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub value: Value,
    /// Whether the value itself belongs to the range.
    pub inclusive: bool,
}

impl Condition {
    /// Whether a value of the input's type fulfils it.
    pub fn holds(&self, value: &Value) -> bool {
        match self {
            Condition::AnyOf(conditions) => conditions.iter().any(|condition| condition.holds(value)),
            Condition::Null => value.is_null(),
            _ if value.is_null() => false,
            Condition::Is(wanted) => same(value, wanted),
            Condition::Within { least, most } => {
                let above = least.as_ref().is_none_or(|bound| bound.admits(order(value, &bound.value)));
                let below = most.as_ref().is_none_or(|bound| bound.admits(order(&bound.value, value)));
                above && below
            }
        }
    }

    /// Every value that it names.
    pub fn values(&self) -> Vec<&Value> {
        match self {
            Condition::Null => Vec::new(),
            Condition::Is(value) => vec![value],
            Condition::Within { least, most } => least.iter().chain(most).map(|bound| &bound.value).collect(),
            Condition::AnyOf(conditions) => conditions.iter().flat_map(Condition::values).collect(),
        }
    }
}

impl Bound {
    fn admits(&self, beyond: Ordering) -> bool {
        beyond.is_gt() || (self.inclusive && beyond.is_eq())
    }
}
