//! The functions: numbers, durations, conversions, and what the scope answers.

use std::sync::Arc;

use super::Function;
use super::ast::Node;
use super::evaluate::{Evaluation, fault, is_number};
use super::operators::rank;
use super::scope::{Call, FaultKind, Stop};
use crate::time::{
    Duration, TimeError, at_time_of_day, end_of_day, local_date, local_time, parse_date, parse_instant, parse_time, start_of_day,
};
use crate::value::Value;
use crate::value::number::{self, DECIMAL_DIGITS_MAX};
use crate::value::rounding::{self, Whole};

/// An axis and its opposite are the same: a half turn.
const HALF_TURN_DEGREES: i64 = 180;

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const MICROSECONDS_PER_MINUTE: i64 = 60 * MICROSECONDS_PER_SECOND;
const MICROSECONDS_PER_HOUR: i64 = 60 * MICROSECONDS_PER_MINUTE;

impl Evaluation<'_> {
    pub(super) fn call(
        &mut self,
        function: Function,
        arguments: &[Node],
        named: &[(Arc<str>, Node)],
        node: &Node,
    ) -> Result<Value, Stop> {
        match (function, arguments) {
            _ if function.is_answered_by_scope() => self.ask_scope(function, arguments, named, node),
            (Function::Days, [count]) => self.calendar_units(count, node, |days| Duration {
                days,
                ..Duration::default()
            }),
            (Function::Weeks, [count]) => self.calendar_weeks(count, node),
            (Function::Months, [count]) => self.calendar_units(count, node, |months| Duration {
                months,
                ..Duration::default()
            }),
            (Function::BusinessDays, [count]) => self.calendar_units(count, node, |business_days| Duration {
                business_days,
                ..Duration::default()
            }),
            (Function::Hours, [count]) => self.exact_units(count, MICROSECONDS_PER_HOUR, node).map(exact),
            (Function::Minutes, [count]) => self.exact_units(count, MICROSECONDS_PER_MINUTE, node).map(exact),
            (Function::Seconds, [count]) => self.exact_units(count, MICROSECONDS_PER_SECOND, node).map(exact),
            (Function::BusinessHours, [count]) => {
                let business_microseconds = self.exact_units(count, MICROSECONDS_PER_HOUR, node)?;
                Ok(Value::Duration(Duration {
                    business_microseconds,
                    ..Duration::default()
                }))
            }
            (Function::BusinessBetween, [from, to]) => self.business_between(from, to, node),
            (Function::InBusinessHours, [at]) => self.in_business_hours(at, node),
            (Function::Date, [value]) => self.date_of(value),
            (Function::Time, [value]) => self.time_of(value),
            (Function::Instant, [value]) => self.instant_of(value),
            (Function::Instant, [date, time]) => self.moment(date, time, node),
            (Function::StartOfDay, [day]) => {
                let date = self.day(day)?;
                self.timed(start_of_day(date, self.scope.zone()).map(Value::from_instant), node)
            }
            (Function::EndOfDay, [day]) => {
                let date = self.day(day)?;
                self.timed(end_of_day(date, self.scope.zone()).map(Value::from_instant), node)
            }
            (Function::Abs, [value]) => self.absolute(value, node),
            (Function::Min, values) => self.extreme(values, true, node),
            (Function::Max, values) => self.extreme(values, false, node),
            (Function::Round, [value]) => self.whole(value, Whole::Nearest, node),
            (Function::Round, [value, places]) => {
                let number = self.number(value)?;
                self.rounded(&number, places, node)
            }
            (Function::Floor, [value]) => self.whole(value, Whole::Floor, node),
            (Function::Ceil, [value]) => self.whole(value, Whole::Ceiling, node),
            (Function::Decimal, [value]) => self.decimal_of(value),
            (Function::AxisOff, [left, right]) => self.axis_off(left, right, node),
            (Function::Diff, [left, right, paths @ ..]) => self.diff(left, right, paths.first(), node),
            // Arities are checked when the expression is read.
            _ => Err(fault(
                FaultKind::Type,
                node.span,
                format!("{} has the wrong arguments", self.quoted(node)),
            )),
        }
    }

    /// A number that is not null.
    pub(super) fn number(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.present(node)?;
        if is_number(value.kind()) {
            Ok(value)
        } else {
            Err(self.mismatch(node, &value, "a number is needed"))
        }
    }

    /// A whole number that is not null: an integer, or a decimal without a fraction.
    pub(super) fn whole_number(&mut self, node: &Node) -> Result<i64, Stop> {
        let value = self.number(node)?;
        let whole = match &value {
            Value::Decimal(decimal) if decimal.is_integer() => number::from_whole(decimal.normalize()).as_integer(),
            other => other.as_integer(),
        };
        whole.ok_or_else(|| {
            let message = format!(
                "{} is {}, and a whole number is needed",
                self.quoted(node),
                crate::value::text::to_text(&value, None)
            );
            fault(FaultKind::Number, node.span, message)
        })
    }

    /// A number of places after the point.
    pub(super) fn rounded(&mut self, number: &Value, places: &Node, node: &Node) -> Result<Value, Stop> {
        let count = self.whole_number(places)?;
        match u32::try_from(count) {
            Ok(count) if count <= DECIMAL_DIGITS_MAX => self.counted(rounding::round_to(number, count), node),
            _ => {
                let message = format!(
                    "{} is {count}, and 0 to {DECIMAL_DIGITS_MAX} places can be kept",
                    self.quoted(places)
                );
                Err(fault(FaultKind::Number, places.span, message))
            }
        }
    }

    fn ask_scope(
        &mut self,
        function: Function,
        arguments: &[Node],
        named: &[(Arc<str>, Node)],
        node: &Node,
    ) -> Result<Value, Stop> {
        let arguments: Result<Vec<Value>, Stop> = if function == Function::HmacRef {
            let path = arguments.first().and_then(Node::path).unwrap_or_default();
            Ok(vec![Value::from_text(&path.join("."))])
        } else {
            arguments.iter().map(|argument| self.value(argument)).collect()
        };
        let named: Result<Vec<(Arc<str>, Value)>, Stop> = named
            .iter()
            .map(|(name, value)| Ok((Arc::clone(name), self.value(value)?)))
            .collect();
        let (arguments, named) = (arguments?, named?);
        let call = Call {
            function,
            arguments: &arguments,
            named: &named,
        };
        self.scope.call(&call).map_err(|stop| stop.placed(node.span))
    }

    fn calendar_units(&mut self, count: &Node, node: &Node, unit: impl Fn(i32) -> Duration) -> Result<Value, Stop> {
        let whole = self.whole_number(count)?;
        match i32::try_from(whole) {
            Ok(whole) => Ok(Value::Duration(unit(whole))),
            Err(_) => Err(fault(
                FaultKind::Time,
                node.span,
                format!("{}: the duration is too long", self.quoted(node)),
            )),
        }
    }

    fn calendar_weeks(&mut self, count: &Node, node: &Node) -> Result<Value, Stop> {
        let whole = self.whole_number(count)?;
        self.timed(
            Duration {
                days: 7,
                ..Duration::default()
            }
            .times(whole)
            .map(Value::Duration),
            node,
        )
    }

    /// A number of exact units in microseconds, to the nearest.
    fn exact_units(&mut self, count: &Node, unit: i64, node: &Node) -> Result<i64, Stop> {
        let number = self.number(count)?;
        let amount = number.as_decimal().unwrap_or_default();
        let scaled = Duration::exact(unit).scaled(amount);
        self.timed(scaled.map(|duration| duration.microseconds), node)
    }

    fn date_of(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.present(node)?;
        let date = match &value {
            Value::Date(date) => Some(*date),
            Value::Instant(instant) => Some(local_date(*instant, self.scope.zone())),
            Value::Text(text) => parse_date(text),
            _ => return Err(self.mismatch(node, &value, "`date` takes an instant or text such as 2026-01-05")),
        };
        date.map(Value::Date)
            .ok_or_else(|| self.unreadable(node, "a date such as 2026-01-05"))
    }

    fn time_of(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.present(node)?;
        let time = match &value {
            Value::Time(time) => Some(*time),
            Value::Instant(instant) => Some(local_time(*instant, self.scope.zone())),
            Value::Text(text) => parse_time(text),
            _ => return Err(self.mismatch(node, &value, "`time` takes an instant or text such as 08:30")),
        };
        time.map(Value::Time)
            .ok_or_else(|| self.unreadable(node, "a time of day such as 08:30"))
    }

    fn instant_of(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.present(node)?;
        match &value {
            Value::Instant(_) => Ok(value),
            Value::Text(text) => match parse_instant(text) {
                Some(instant) => Ok(Value::from_instant(instant)),
                None => Err(self.unreadable(node, "a moment with its offset, such as 2026-01-05T08:30:00Z")),
            },
            Value::Date(_) => Err(self.mismatch(
                node,
                &value,
                "a time of day is needed: `instant(date, time)` or `start_of_day(date)`",
            )),
            _ => Err(self.mismatch(
                node,
                &value,
                "`instant` takes a date and a time, or text such as 2026-01-05T08:30:00Z",
            )),
        }
    }

    fn moment(&mut self, date: &Node, time: &Node, node: &Node) -> Result<Value, Stop> {
        let day = match self.date_of(date)? {
            Value::Date(day) => day,
            other => return Err(self.mismatch(date, &other, "a date is needed")),
        };
        let clock = match self.time_of(time)? {
            Value::Time(clock) => clock,
            other => return Err(self.mismatch(time, &other, "a time of day is needed")),
        };
        self.timed(at_time_of_day(day, clock, self.scope.zone()).map(Value::from_instant), node)
    }

    fn day(&mut self, node: &Node) -> Result<jiff::civil::Date, Stop> {
        match self.present(node)? {
            Value::Date(date) => Ok(date),
            Value::Instant(instant) => Ok(local_date(instant, self.scope.zone())),
            other => Err(self.mismatch(node, &other, "a date or an instant is needed")),
        }
    }

    fn unreadable(&self, node: &Node, wanted: &str) -> Stop {
        fault(FaultKind::Type, node.span, format!("{} is not {wanted}", self.quoted(node)))
    }

    /// Business hours between two moments, as a duration of that kind.
    fn business_between(&mut self, from: &Node, to: &Node, node: &Node) -> Result<Value, Stop> {
        let (first, second) = (self.instant_at(from)?, self.instant_at(to)?);
        self.burn_days(first, second, node)?;
        let calendar = self.timed(self.scope.calendar().ok_or(TimeError::NoCalendar), node)?;
        let business_microseconds = self.timed(calendar.business_between(first, second), node)?;
        Ok(Value::Duration(Duration {
            business_microseconds,
            ..Duration::default()
        }))
    }

    fn in_business_hours(&mut self, at: &Node, node: &Node) -> Result<Value, Stop> {
        let moment = self.instant_at(at)?;
        let calendar = self.timed(self.scope.calendar().ok_or(TimeError::NoCalendar), node)?;
        self.timed(calendar.is_open(moment), node).map(Value::Boolean)
    }

    fn instant_at(&mut self, node: &Node) -> Result<jiff::Timestamp, Stop> {
        match self.present(node)? {
            Value::Instant(moment) => Ok(moment),
            other => Err(self.mismatch(node, &other, "an instant is needed")),
        }
    }

    fn absolute(&mut self, value: &Node, node: &Node) -> Result<Value, Stop> {
        match self.present(value)? {
            Value::Duration(duration) if duration.is_exact() && duration.microseconds < 0 => {
                self.timed(duration.times(-1).map(Value::Duration), node)
            }
            Value::Duration(duration) if duration.is_exact() => Ok(Value::Duration(duration)),
            number if is_number(number.kind()) => self.counted(number::absolute(&number), node),
            other => Err(self.mismatch(value, &other, "`abs` takes numbers and exact durations")),
        }
    }

    fn whole(&mut self, value: &Node, way: Whole, node: &Node) -> Result<Value, Stop> {
        let number = self.number(value)?;
        self.counted(rounding::make_whole(&number, way), node)
    }

    fn decimal_of(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.present(node)?;
        match (&value, value.as_decimal()) {
            (_, Some(decimal)) => Ok(Value::Decimal(decimal)),
            (Value::Text(text), None) => match number::parse_decimal(text) {
                Ok(decimal) => Ok(Value::Decimal(decimal)),
                Err(error) => Err(fault(
                    FaultKind::Number,
                    node.span,
                    format!("{}: `{text}` {error}", self.quoted(node)),
                )),
            },
            _ => Err(self.mismatch(node, &value, "`decimal` takes text such as 1.25")),
        }
    }

    /// The least or greatest of the arguments, or of the items of the only argument.
    fn extreme(&mut self, nodes: &[Node], least: bool, node: &Node) -> Result<Value, Stop> {
        if let [only] = nodes {
            let value = self.present(only)?;
            let Value::List(items) = &value else { return Ok(value) };
            let places: Vec<(&Node, Value)> = items.iter().map(|item| (only, item.clone())).collect();
            return self.extreme_of(&places, least, node);
        }
        let values: Result<Vec<(&Node, Value)>, Stop> = nodes.iter().map(|node| Ok((node, self.present(node)?))).collect();
        self.extreme_of(&values?, least, node)
    }

    fn extreme_of(&mut self, values: &[(&Node, Value)], least: bool, node: &Node) -> Result<Value, Stop> {
        let mut best: Option<&(&Node, Value)> = None;
        for candidate in values {
            self.burn(1, node.span)?;
            if candidate.1.is_null() {
                return Err(self.empty(candidate.0).noted(|| " (one of its items)".to_owned()));
            }
            let Some(known) = best else {
                best = Some(candidate);
                continue;
            };
            let Some(order) = rank(&candidate.1, &known.1) else {
                let kinds = format!("{} and {}", known.1.kind().described(), candidate.1.kind().described());
                return Err(fault(
                    FaultKind::Type,
                    node.span,
                    format!("{}: {kinds} have no order", self.quoted(node)),
                ));
            };
            let order = self.timed(order, node)?;
            if if least { order.is_lt() } else { order.is_gt() } {
                best = Some(candidate);
            }
        }
        Ok(best.map_or(Value::Null, |(_, value)| value.clone()))
    }

    fn axis_off(&mut self, left: &Node, right: &Node, node: &Node) -> Result<Value, Stop> {
        let (first, second) = (self.number(left)?, self.number(right)?);
        let half_turn = Value::Integer(HALF_TURN_DEGREES);
        let angle = number::subtract(&first, &second)
            .and_then(|difference| number::remainder(&difference, &half_turn))
            .and_then(|angle| Ok((number::subtract(&half_turn, &angle)?, angle)));
        let (opposite, angle) = self.counted(angle, node)?;
        let smaller = if number::compare(&angle, &opposite).is_some_and(std::cmp::Ordering::is_le) {
            angle
        } else {
            opposite
        };
        Ok(smaller)
    }
}

fn exact(microseconds: i64) -> Value {
    Value::Duration(Duration::exact(microseconds))
}
