//! The filters that make values presentable: `round`, `format`, `duration`, `text`.

use super::Filter;
use super::ast::Node;
use super::evaluate::{Evaluation, fault, is_number};
use super::scope::{FaultKind, Stop};
use crate::time::in_words;
use crate::value::rounding::{self, Whole};
use crate::value::{Value, interface, limits, text};

/// Digits between the separators of `#,##0`.
const GROUP_DIGITS: usize = 3;

/// The pattern of a number: `0`, `0.00`, `#,##0`, `#,##0.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumberPattern {
    grouped: bool,
    places: u32,
}

impl NumberPattern {
    /// Reads a pattern.
    pub(super) fn parse(pattern: &str) -> Option<NumberPattern> {
        let (whole, fraction) = pattern.split_once('.').unwrap_or((pattern, ""));
        let grouped = match whole {
            "#,##0" => true,
            "0" => false,
            _ => return None,
        };
        let complete = pattern.contains('.') != fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
        let places = u32::try_from(fraction.len()).ok()?;
        complete.then_some(NumberPattern { grouped, places })
    }

    /// Writes a number whose text is in plain notation.
    fn write(self, plain: &str) -> String {
        if !self.grouped {
            return plain.to_owned();
        }
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
        let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        let mut grouped = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(GROUP_DIGITS) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped + fraction
    }
}

impl Evaluation<'_> {
    pub(super) fn presented(
        &mut self,
        filter: Filter,
        value: &Value,
        operand: &Node,
        arguments: &[Node],
        node: &Node,
    ) -> Result<Value, Stop> {
        match (filter, value, arguments) {
            (Filter::Text, _, _) => self.as_text(value, node),
            (Filter::Duration, Value::Duration(duration), _) => Ok(Value::Text(in_words(duration).into())),
            (Filter::Duration, _, _) => Err(self.mismatch(operand, value, "`duration` takes a duration")),
            (Filter::Round, _, _) if !is_number(value.kind()) => Err(self.mismatch(operand, value, "`round` takes a number")),
            (Filter::Round, _, [places]) => self.rounded(value, places, node),
            (Filter::Round, _, _) => self.counted(rounding::make_whole(value, Whole::Nearest), node),
            (_, _, [pattern]) => self.formatted(value, operand, pattern),
            // Arities are checked when the expression is read.
            _ => Err(fault(
                FaultKind::Type,
                node.span,
                format!("{} has the wrong arguments", self.quoted(node)),
            )),
        }
    }

    fn as_text(&mut self, value: &Value, node: &Node) -> Result<Value, Stop> {
        let text = match value {
            Value::List(_) | Value::Object(_) => {
                limits::check(value).map_err(|error| fault(FaultKind::Limit, node.span, error.to_string()))?;
                interface::to_interface(value)
            }
            _ => text::to_text(value, Some(self.scope.zone())),
        };
        self.expect_text(text.len(), node.span)?;
        Ok(Value::Text(text.into()))
    }

    fn formatted(&mut self, value: &Value, operand: &Node, pattern: &Node) -> Result<Value, Stop> {
        let wanted = self.text(pattern)?;
        let zone = self.scope.zone();
        let result = match value {
            Value::Instant(instant) => jiff::fmt::strtime::format(&*wanted, &instant.to_zoned(zone.clone())),
            Value::Date(date) => jiff::fmt::strtime::format(&*wanted, *date),
            Value::Time(time) => jiff::fmt::strtime::format(&*wanted, *time),
            number if is_number(number.kind()) => return self.formatted_number(number, &wanted, pattern),
            _ => return Err(self.mismatch(operand, value, "`format` takes dates, times, instants and numbers")),
        };
        match result {
            Ok(text) => {
                self.expect_text(text.len(), pattern.span)?;
                Ok(Value::Text(text.into()))
            }
            Err(error) => {
                let message = format!("{} cannot format {}: {error}", self.quoted(pattern), value.kind().described());
                Err(fault(FaultKind::Type, pattern.span, message))
            }
        }
    }

    fn formatted_number(&mut self, number: &Value, wanted: &str, pattern: &Node) -> Result<Value, Stop> {
        let Some(form) = NumberPattern::parse(wanted) else {
            let message = format!(
                "{} is no pattern of a number; write `0`, `0.00`, `#,##0` or `#,##0.00`",
                self.quoted(pattern)
            );
            return Err(fault(FaultKind::Type, pattern.span, message));
        };
        let rounded = self.counted(rounding::round_to(number, form.places), pattern)?;
        Ok(Value::Text(form.write(&text::to_text(&rounded, None)).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::NumberPattern;

    #[test]
    fn patterns_of_numbers_are_a_closed_set() {
        let write = |pattern: &str, plain: &str| NumberPattern::parse(pattern).map(|form| (form.write(plain), form.places));
        assert_eq!(write("0", "1234"), Some(("1234".to_owned(), 0)));
        assert_eq!(write("#,##0.00", "-1234567.50"), Some(("-1,234,567.50".to_owned(), 2)));
        assert_eq!(write("#,##0", "123"), Some(("123".to_owned(), 0)));
        for wrong in ["", "0.", "#.##0", "00", "0.0#", "0,00", ".00", "%Y"] {
            assert_eq!(write(wrong, "1"), None, "{wrong}");
        }
    }
}
