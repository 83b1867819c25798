//! Reading JSON text, strictly: the scanner that the plain and the canonical reader share.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::json::{JsonError, JsonFault};
use super::limits::{JSON_BYTES_MAX, VALUE_NODES_MAX};
use super::number::{self, NumberError};
use super::{Object, Value};

/// Digits of the largest exponent read; with more, no number fits anyway.
const EXPONENT_DIGITS_MAX: usize = 4;

/// A position in JSON text.
pub(super) struct Scanner<'text> {
    text: &'text str,
    position: usize,
    nodes: usize,
    /// Finds what a commitment stands for, where the reader was given the means.
    pub(super) personal: Option<&'text dyn Fn(&str) -> Value>,
}

/// What a number's digits were, before anything is decided about its type.
struct NumberText<'text> {
    negative: bool,
    whole: &'text str,
    fraction: &'text str,
    exponent: Option<i32>,
}

impl<'text> Scanner<'text> {
    pub(super) fn new(text: &'text str) -> Result<Scanner<'text>, JsonError> {
        if text.len() > JSON_BYTES_MAX {
            return Err(JsonError {
                offset: JSON_BYTES_MAX,
                fault: JsonFault::TooLong,
            });
        }
        Ok(Scanner {
            text,
            position: 0,
            nodes: 0,
            personal: None,
        })
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(super) fn advance(&mut self) {
        self.position += 1;
    }

    pub(super) fn fault<T>(&self, fault: JsonFault) -> Result<T, JsonError> {
        Err(JsonError {
            offset: self.position,
            fault,
        })
    }

    pub(super) fn fault_at<T>(offset: usize, fault: JsonFault) -> Result<T, JsonError> {
        Err(JsonError { offset, fault })
    }

    /// The text from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'text str {
        self.text.get(start..self.position).unwrap_or("")
    }

    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.advance();
        }
    }

    /// Takes `byte` if it stands here.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        if self.take(byte) { Ok(()) } else { self.unexpected(expected) }
    }

    pub(super) fn unexpected<T>(&self, expected: &'static str) -> Result<T, JsonError> {
        match self.text.get(self.position..).and_then(|rest| rest.chars().next()) {
            Some(found) => self.fault(JsonFault::Unexpected { found, expected }),
            None => self.fault(JsonFault::Ended { expected }),
        }
    }

    /// Counts one more value against the limit.
    pub(super) fn count_node(&mut self) -> Result<(), JsonError> {
        self.nodes += 1;
        if self.nodes > VALUE_NODES_MAX {
            self.fault(JsonFault::TooManyNodes)
        } else {
            Ok(())
        }
    }

    /// `true`, `false` or `null`, if one stands here.
    pub(super) fn word(&mut self) -> Option<Value> {
        let rest = self.text.as_bytes().get(self.position..)?;
        let (length, value) = if rest.starts_with(b"true") {
            (4, Value::Boolean(true))
        } else if rest.starts_with(b"false") {
            (5, Value::Boolean(false))
        } else if rest.starts_with(b"null") {
            (4, Value::Null)
        } else {
            return None;
        };
        self.position += length;
        Some(value)
    }

    /// Text in quotes, with its escapes resolved.
    pub(super) fn string(&mut self) -> Result<Arc<str>, JsonError> {
        self.expect(b'"', "text in double quotes")?;
        let start = self.position;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let plain = self.since(start);
                    self.advance();
                    return Ok(Arc::from(plain));
                }
                b'\\' => {
                    let begun = self.since(start).to_owned();
                    return self.escaped_string(begun);
                }
                0..=0x1f => return self.fault(JsonFault::ControlCharacter),
                _ => self.advance(),
            }
        }
        self.fault(JsonFault::Ended { expected: "`\"`" })
    }

    fn escaped_string(&mut self, mut text: String) -> Result<Arc<str>, JsonError> {
        let mut start = self.position;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    text.push_str(self.since(start));
                    self.advance();
                    return Ok(Arc::from(text));
                }
                b'\\' => {
                    text.push_str(self.since(start));
                    self.advance();
                    text.push(self.escape()?);
                    start = self.position;
                }
                0..=0x1f => return self.fault(JsonFault::ControlCharacter),
                _ => self.advance(),
            }
        }
        self.fault(JsonFault::Ended { expected: "`\"`" })
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.advance();
                return self.unicode_escape();
            }
            _ => return self.unexpected("an escape such as `\\n` or `\\u00e9`"),
        };
        self.advance();
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let start = self.position;
        let first = self.code_unit()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !(self.take(b'\\') && self.take(b'u')) {
                    return Self::fault_at(start, JsonFault::LoneSurrogate);
                }
                let second = self.code_unit()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Self::fault_at(start, JsonFault::LoneSurrogate);
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or(JsonError {
            offset: start,
            fault: JsonFault::LoneSurrogate,
        })
    }

    fn code_unit(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            match digit {
                Some(digit) => code = code * 16 + digit,
                None => return self.unexpected("four hexadecimal digits"),
            }
            self.advance();
        }
        Ok(code)
    }

    /// A number by JSON's grammar, kept exact.
    pub(super) fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.position;
        let number = self.number_text()?;
        let result = if number.fraction.is_empty() && number.exponent.is_none() {
            number::parse_number(self.since(start))
        } else {
            number.decimal().map(Value::Decimal)
        };
        result.or_else(|error| Self::fault_at(start, JsonFault::Number(error)))
    }

    fn number_text(&mut self) -> Result<NumberText<'text>, JsonError> {
        let negative = self.take(b'-');
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return Self::fault_at(self.position - whole.len(), JsonFault::LeadingZero);
        }
        let fraction = if self.take(b'.') { self.digits()? } else { "" };
        let exponent = if self.take(b'e') || self.take(b'E') {
            Some(self.exponent()?)
        } else {
            None
        };
        Ok(NumberText {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    fn exponent(&mut self) -> Result<i32, JsonError> {
        let negative = self.take(b'-');
        if !negative {
            self.take(b'+');
        }
        let start = self.position;
        let digits = self.digits()?.trim_start_matches('0');
        if digits.len() > EXPONENT_DIGITS_MAX {
            return Self::fault_at(start, JsonFault::Number(NumberError::TooManyDigits));
        }
        let exponent: i32 = digits.parse().unwrap_or(0);
        Ok(if negative { -exponent } else { exponent })
    }

    fn digits(&mut self) -> Result<&'text str, JsonError> {
        let start = self.position;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.advance();
        }
        if self.position == start {
            self.unexpected("a digit")
        } else {
            Ok(self.since(start))
        }
    }

    /// Adds a field, refusing a name that stands twice.
    pub(super) fn insert(&self, fields: &mut Object, name: Arc<str>, value: Value, name_at: usize) -> Result<(), JsonError> {
        match fields.entry(name) {
            Entry::Vacant(vacant) => {
                vacant.insert(value);
                Ok(())
            }
            Entry::Occupied(occupied) => Self::fault_at(name_at, JsonFault::DuplicateKey(occupied.key().to_string())),
        }
    }
}

impl NumberText<'_> {
    /// The decimal with its point moved by the exponent.
    fn decimal(&self) -> Result<super::Decimal, NumberError> {
        let places = i32::try_from(self.fraction.len()).map_err(|_| NumberError::TooManyDigits)?;
        let scale = places - self.exponent.unwrap_or(0);
        let digits = self.whole.bytes().chain(self.fraction.bytes());
        match u32::try_from(scale) {
            Ok(scale) => number::assemble(self.negative, digits, scale),
            Err(_) => {
                let zeros = usize::try_from(-scale).unwrap_or(0);
                number::assemble(self.negative, digits.chain(std::iter::repeat_n(b'0', zeros)), 0)
            }
        }
    }
}
