//! The operators: what they give for which types, and the sentence when the types do not fit.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::ast::{Arithmetic, Comparison, Node};
use super::evaluate::{Evaluation, fault, is_number};
use super::scope::{FaultKind, Stop};
use super::wording::{arithmetic_advice, comparison_advice};
use crate::time::{CALENDAR_DAYS_MAX, Duration, TimeError, add_to_date, add_to_instant, between_dates, between_instants};
use crate::value::number::{self, NumberError};
use crate::value::{Decimal, Value, limits, order};

impl Evaluation<'_> {
    pub(super) fn negate(&mut self, operand: &Node, node: &Node) -> Result<Value, Stop> {
        match self.present(operand)? {
            Value::Duration(duration) => self.timed(duration.times(-1).map(Value::Duration), node),
            value if is_number(value.kind()) => self.counted(number::negate(&value), node),
            value => Err(self.mismatch(operand, &value, "`-` takes numbers and durations")),
        }
    }

    pub(super) fn arithmetic(&mut self, operator: Arithmetic, left: &Node, right: &Node, node: &Node) -> Result<Value, Stop> {
        let first = self.present(left)?;
        let second = self.present(right)?;
        if is_number(first.kind()) && is_number(second.kind()) {
            return self.counted(numbers(operator, &first, &second), node);
        }
        match self.measured(operator, &first, &second, node)? {
            Some(value) => Ok(value),
            None => Err(self.unfit(operator, (left, &first), (right, &second), node)),
        }
    }

    /// Arithmetic with moments, days, durations and lists; `None` where the types do not fit.
    fn measured(&mut self, operator: Arithmetic, left: &Value, right: &Value, node: &Node) -> Result<Option<Value>, Stop> {
        let (zone, calendar) = (self.scope.zone(), self.scope.calendar());
        let instant = |moment, duration: Duration| add_to_instant(moment, duration, zone, calendar).map(Value::from_instant);
        let date = |day, duration: Duration| add_to_date(day, duration, calendar).map(Value::Date);
        let result = match (operator, left, right) {
            (Arithmetic::Add, Value::Instant(moment), Value::Duration(duration))
            | (Arithmetic::Add, Value::Duration(duration), Value::Instant(moment)) => instant(*moment, *duration),
            (Arithmetic::Subtract, Value::Instant(moment), Value::Duration(duration)) => {
                duration.times(-1).and_then(|duration| instant(*moment, duration))
            }
            (Arithmetic::Add, Value::Date(day), Value::Duration(duration))
            | (Arithmetic::Add, Value::Duration(duration), Value::Date(day)) => date(*day, *duration),
            (Arithmetic::Subtract, Value::Date(day), Value::Duration(duration)) => {
                duration.times(-1).and_then(|duration| date(*day, duration))
            }
            (Arithmetic::Subtract, Value::Instant(later), Value::Instant(earlier)) => {
                between_instants(*later, *earlier).map(Value::Duration)
            }
            (Arithmetic::Subtract, Value::Date(later), Value::Date(earlier)) => {
                between_dates(*later, *earlier).map(Value::Duration)
            }
            (_, Value::Duration(_), _) | (_, _, Value::Duration(_)) => return self.durations(operator, left, right, node),
            (Arithmetic::Add, Value::List(first), Value::List(second)) => {
                self.expect_items(first.len() + second.len(), node.span)?;
                Ok(Value::from_items(first.iter().chain(second.iter()).cloned().collect()))
            }
            _ => return Ok(None),
        };
        self.burn_business(left, right, &result, node)?;
        self.timed(result, node).map(Some)
    }

    fn durations(&mut self, operator: Arithmetic, left: &Value, right: &Value, node: &Node) -> Result<Option<Value>, Stop> {
        let result = match (operator, left, right) {
            (Arithmetic::Add, Value::Duration(first), Value::Duration(second)) => first.plus(*second),
            (Arithmetic::Subtract, Value::Duration(first), Value::Duration(second)) => {
                second.times(-1).and_then(|second| first.plus(second))
            }
            (Arithmetic::Multiply, Value::Duration(duration), Value::Integer(factor))
            | (Arithmetic::Multiply, Value::Integer(factor), Value::Duration(duration)) => duration.times(*factor),
            (Arithmetic::Multiply, Value::Duration(duration), Value::Decimal(factor))
            | (Arithmetic::Multiply, Value::Decimal(factor), Value::Duration(duration)) => duration.scaled(*factor),
            (Arithmetic::Divide | Arithmetic::FloorDivide, Value::Duration(first), Value::Duration(second)) => {
                return self.ratio(operator, *first, *second, node).map(Some);
            }
            (Arithmetic::Divide, Value::Duration(duration), divisor) if is_number(divisor.kind()) => {
                return self.share(*duration, divisor, node).map(Some);
            }
            _ => return Ok(None),
        };
        self.timed(result.map(Value::Duration), node).map(Some)
    }

    /// How many times one duration goes into another: both exact, both of days or both of months.
    fn ratio(&self, operator: Arithmetic, left: Duration, right: Duration, node: &Node) -> Result<Value, Stop> {
        if let Some((left, right)) = left.in_one_calendar_unit(right) {
            let amount = |count: i32| Value::Integer(i64::from(count));
            let result = match operator {
                Arithmetic::Divide => number::divide(&amount(left), &amount(right)),
                _ => number::floor_divide(&amount(left), &amount(right)),
            };
            return self.counted(result, node);
        }
        let inexact = [left, right].into_iter().find(|duration| !duration.is_exact());
        if let Some(duration) = inexact {
            return self.timed(Err(TimeError::NotExact(duration)), node);
        }
        let amount = |duration: Duration| Value::Decimal(Decimal::from(duration.microseconds));
        let result = match operator {
            Arithmetic::Divide => number::divide(&amount(left), &amount(right)),
            _ => number::floor_divide(&amount(left), &amount(right)),
        };
        let whole = |value: Value| match (operator, value) {
            (Arithmetic::FloorDivide, Value::Decimal(decimal)) => number::from_whole(decimal.normalize()),
            (_, value) => value,
        };
        self.counted(result.map(whole), node)
    }

    /// An exact duration divided by a number, to the nearest microsecond.
    fn share(&self, duration: Duration, divisor: &Value, node: &Node) -> Result<Value, Stop> {
        if !duration.is_exact() {
            return self.timed(Err(TimeError::NotExact(duration)), node);
        }
        let amount = Value::Decimal(Decimal::from(duration.microseconds));
        let quotient = self.counted(number::divide(&amount, divisor), node)?;
        let whole = quotient
            .as_decimal()
            .and_then(|decimal| i64::try_from(decimal.round().mantissa()).ok());
        self.timed(
            whole
                .map(|whole| Value::Duration(Duration::exact(whole)))
                .ok_or(TimeError::OutOfRange),
            node,
        )
    }

    pub(super) fn join(&mut self, left: &Node, right: &Node, node: &Node) -> Result<Value, Stop> {
        let mut text = String::new();
        for part in [left, right] {
            let value = self.value(part)?;
            self.append_text(&value, part, &mut text)?;
        }
        self.expect_text(text.len(), node.span)?;
        Ok(Value::Text(text.into()))
    }

    pub(super) fn compare(&mut self, comparison: Comparison, left: &Node, right: &Node, node: &Node) -> Result<Value, Stop> {
        let first = self.value(left)?;
        let second = self.value(right)?;
        let truth = if comparison.is_equality() {
            let equal = self.equal((left, &first), (right, &second), comparison, node)?;
            equal == (comparison == Comparison::Equal)
        } else {
            let order = self.order((left, &first), (right, &second), comparison, node)?;
            match comparison {
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                _ => order.is_ge(),
            }
        };
        Ok(Value::Boolean(truth))
    }

    /// `==`: null equals only null; otherwise both must be of one type, numbers being one type.
    pub(super) fn equal(
        &mut self,
        (left, first): (&Node, &Value),
        (right, second): (&Node, &Value),
        comparison: Comparison,
        node: &Node,
    ) -> Result<bool, Stop> {
        match (first, second) {
            (Value::Null, other) | (other, Value::Null) => Ok(other.is_null()),
            (Value::Duration(first), Value::Duration(second)) => self.timed(first.compare(*second), node).map(Ordering::is_eq),
            _ if is_one_type(first, second) => self.same(first, second, node),
            _ => Err(self.incomparable(comparison.symbol(), (left, first), (right, second), node)),
        }
    }

    /// The order of two values of one type that has an order.
    pub(super) fn order(
        &mut self,
        (left, first): (&Node, &Value),
        (right, second): (&Node, &Value),
        comparison: Comparison,
        node: &Node,
    ) -> Result<Ordering, Stop> {
        if let Some((side, _)) = [(left, first), (right, second)]
            .into_iter()
            .find(|(_, value)| value.is_null())
        {
            return Err(self.empty(side));
        }
        match rank(first, second) {
            Some(order) => self.timed(order, node),
            None => Err(self.incomparable(comparison.symbol(), (left, first), (right, second), node)),
        }
    }

    /// Whether two values are the same, paid for by their size.
    pub(super) fn same(&mut self, first: &Value, second: &Value, node: &Node) -> Result<bool, Stop> {
        self.burn(self.weight(first), node.span)?;
        Ok(order::same(first, second))
    }

    /// The size of a value for the budget, counted no further than the budget goes.
    pub(super) fn weight(&self, value: &Value) -> usize {
        let most = usize::try_from(self.fuel()).unwrap_or(usize::MAX);
        limits::weight(value, most.saturating_add(1))
    }

    pub(super) fn membership(&mut self, negated: bool, item: &Node, container: &Node, node: &Node) -> Result<Value, Stop> {
        let needle = self.present(item)?;
        let hay = self.present(container)?;
        let found = match (&hay, &needle) {
            (Value::List(items), _) => self.is_among((item, &needle), (container, items), node)?,
            (Value::Text(text), Value::Text(part)) => {
                self.expect_text(text.len(), node.span)?;
                text.contains(&**part)
            }
            (Value::Object(fields), Value::Text(name)) => fields.contains_key(name),
            (Value::Text(_) | Value::Object(_), _) => {
                return Err(self.mismatch(item, &needle, "text is needed before `in`"));
            }
            _ => return Err(self.mismatch(container, &hay, "`in` takes a list, text or an object")),
        };
        Ok(Value::Boolean(found != negated))
    }

    /// As with `==`, an item of another type is an error; an empty one is none.
    fn is_among(
        &mut self,
        (item, needle): (&Node, &Value),
        (container, items): (&Node, &[Value]),
        node: &Node,
    ) -> Result<bool, Stop> {
        for candidate in items.iter().filter(|candidate| !candidate.is_null()) {
            self.burn(1, node.span)?;
            if !is_one_type(needle, candidate) {
                let kinds = (needle.kind().described(), candidate.kind().described());
                let message = format!(
                    "{} is {} and an item of {} is {}, which `in` does not compare",
                    self.quoted(item),
                    kinds.0,
                    self.quoted(container),
                    kinds.1
                );
                return Err(fault(FaultKind::Type, node.span, message));
            }
            if self.equal((item, needle), (container, candidate), Comparison::Equal, node)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A fault of a number, as a sentence about the node.
    pub(super) fn counted<T>(&self, result: Result<T, NumberError>, node: &Node) -> Result<T, Stop> {
        result.map_err(|error| fault(FaultKind::Number, node.span, format!("{}: {error}", self.quoted(node))))
    }

    /// Counting along a calendar costs a unit for each day that was looked at: how many there are between two hours of business only the
    /// calendar knows, so it is paid afterwards. Nothing is counted for more than [`CALENDAR_DAYS_MAX`] days.
    fn burn_business(&mut self, left: &Value, right: &Value, result: &Result<Value, TimeError>, node: &Node) -> Result<(), Stop> {
        let (from, duration) = match (left, right) {
            (from, Value::Duration(duration)) | (Value::Duration(duration), from) => (from, duration),
            _ => return Ok(()),
        };
        if !duration.counts_business_time() {
            return Ok(());
        }
        let days = match (from, result) {
            (Value::Instant(from), Ok(Value::Instant(to))) => to.duration_since(*from).as_hours().unsigned_abs() / 24,
            (Value::Date(from), Ok(Value::Date(to))) => {
                u64::from(from.until(*to).map_or(0, |span| span.get_days()).unsigned_abs())
            }
            (_, Err(TimeError::CalendarTooFar)) => CALENDAR_DAYS_MAX.into(),
            _ => 0,
        };
        self.burn(usize::try_from(days + 1).unwrap_or(usize::MAX), node.span)
    }

    /// The same for all days between two moments.
    pub(super) fn burn_days(&mut self, from: Timestamp, to: Timestamp, node: &Node) -> Result<(), Stop> {
        let days = to.duration_since(from).as_hours().unsigned_abs() / 24;
        let passed = days.min(CALENDAR_DAYS_MAX.into());
        self.burn(usize::try_from(passed).unwrap_or(usize::MAX), node.span)
    }

    /// A fault of time, as a sentence about the node.
    pub(super) fn timed<T>(&self, result: Result<T, TimeError>, node: &Node) -> Result<T, Stop> {
        result.map_err(|error| fault(FaultKind::Time, node.span, format!("{}: {error}", self.quoted(node))))
    }

    fn incomparable(&self, symbol: &str, (left, first): (&Node, &Value), (right, second): (&Node, &Value), node: &Node) -> Stop {
        let (one, other) = (first.kind(), second.kind());
        let kinds = format!(
            "{} is {} and {} is {}",
            self.quoted(left),
            one.described(),
            self.quoted(right),
            other.described()
        );
        let reason = if one == other {
            "which have no order".to_owned()
        } else {
            format!("which `{symbol}` does not compare")
        };
        let advice = comparison_advice(one, other);
        fault(FaultKind::Type, node.span, format!("{kinds}, {reason}{advice}"))
    }

    fn unfit(&self, operator: Arithmetic, (left, first): (&Node, &Value), (right, second): (&Node, &Value), node: &Node) -> Stop {
        let (one, other) = (first.kind(), second.kind());
        let kinds = format!(
            "{} is {} and {} is {}",
            self.quoted(left),
            one.described(),
            self.quoted(right),
            other.described()
        );
        let advice = arithmetic_advice(operator, one, other);
        fault(
            FaultKind::Type,
            node.span,
            format!("{kinds}, which `{}` does not take{advice}", operator.symbol()),
        )
    }
}

/// Whether two values are of one type, numbers being one type.
fn is_one_type(left: &Value, right: &Value) -> bool {
    left.kind() == right.kind() || (is_number(left.kind()) && is_number(right.kind()))
}

fn numbers(operator: Arithmetic, left: &Value, right: &Value) -> Result<Value, NumberError> {
    match operator {
        Arithmetic::Add => number::add(left, right),
        Arithmetic::Subtract => number::subtract(left, right),
        Arithmetic::Multiply => number::multiply(left, right),
        Arithmetic::Divide => number::divide(left, right),
        Arithmetic::FloorDivide => number::floor_divide(left, right),
        Arithmetic::Remainder => number::remainder(left, right),
    }
}

/// The order of two values, if their types have one between them.
pub(super) fn rank(left: &Value, right: &Value) -> Option<Result<Ordering, TimeError>> {
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Instant(left), Value::Instant(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => return Some(left.compare(*right)),
        _ => number::compare(left, right)?,
    };
    Some(Ok(order))
}
