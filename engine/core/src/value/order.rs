//! One order over all values, in which numbers stand by size: for finding equal ones, sorting and grouping.
//!
//! What the language may compare with `<` is narrower and is the expression evaluator's business. Durations of different
//! units have a place here, and no meaning in it.

use std::cmp::Ordering;

use super::{Value, number};

/// Whether two values are the same: numbers by size, lists and objects by their parts.
#[must_use]
pub fn same(left: &Value, right: &Value) -> bool {
    order(left, right).is_eq()
}

/// The order: null, booleans, numbers, text, dates, times, instants, durations, lists, objects.
#[must_use]
pub fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Instant(left), Value::Instant(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => parts(left).cmp(&parts(right)),
        (Value::List(left), Value::List(right)) => order_lists(left, right),
        (Value::Object(left), Value::Object(right)) => {
            let fields = left
                .iter()
                .zip(right.iter())
                .map(|((left_name, left), (right_name, right))| left_name.cmp(right_name).then_with(|| order(left, right)));
            first_difference(fields).then_with(|| left.len().cmp(&right.len()))
        }
        _ => number::compare(left, right).unwrap_or_else(|| rank(left).cmp(&rank(right))),
    }
}

/// A value with that order, for the keys of maps and sets.
#[derive(Clone, Debug)]
pub struct Ordered(pub Value);

impl PartialEq for Ordered {
    fn eq(&self, other: &Ordered) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Ordered) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Ordered) -> Ordering {
        order(&self.0, &other.0)
    }
}

fn order_lists(left: &[Value], right: &[Value]) -> Ordering {
    let items = left.iter().zip(right).map(|(left, right)| order(left, right));
    first_difference(items).then_with(|| left.len().cmp(&right.len()))
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn parts(duration: &crate::time::Duration) -> (i32, i32, i64, i32, i64) {
    (
        duration.months,
        duration.days,
        duration.microseconds,
        duration.business_days,
        duration.business_microseconds,
    )
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Integer(_) | Value::Decimal(_) => 2,
        Value::Text(_) => 3,
        Value::Date(_) => 4,
        Value::Time(_) => 5,
        Value::Instant(_) => 6,
        Value::Duration(_) => 7,
        Value::List(_) => 8,
        Value::Object(_) => 9,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Decimal;
    use super::super::canonical::tests::any_value;
    use super::*;

    #[test]
    fn numbers_are_the_same_by_size_at_any_depth() {
        let list = |value| Value::from_items(vec![value]);
        assert!(same(&list(Value::Integer(1)), &list(Value::Decimal(Decimal::new(100, 2)))));
        assert!(!same(&Value::Integer(1), &Value::from_text("1")));
        assert!(!same(&Value::Null, &Value::Boolean(false)));
        let durations = [1, 2].map(|days| {
            Value::Duration(crate::time::Duration {
                days,
                ..Default::default()
            })
        });
        assert_eq!(order(&durations[0], &durations[1]), Ordering::Less);
    }

    proptest! {
        #[test]
        fn it_is_an_order(mut values in prop::collection::vec(any_value(), 3)) {
            values.sort_by(order);
            prop_assert!(order(&values[0], &values[2]).is_le());
            for left in &values {
                prop_assert!(same(left, left));
                for right in &values {
                    prop_assert_eq!(order(left, right), order(right, left).reverse());
                }
            }
        }
    }
}
