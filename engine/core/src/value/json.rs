//! Reading JSON text into values, strictly and exactly.
//!
//! A number without fraction and exponent that fits ±2^53 is an integer, any other a decimal with the digits as written;
//! one that needs more than 28 digits is refused. Duplicate keys, lone surrogates and the character NUL (which stores cannot
//! hold) are refused. Text stays text: what a field's type makes of it is that type's business.

use std::sync::Arc;

use super::limits::{JSON_BYTES_MAX, VALUE_DEPTH_MAX, VALUE_NODES_MAX};
use super::number::NumberError;
use super::read::Scanner;
use super::{Object, Value};

/// Why JSON text could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {fault}")]
pub struct JsonError {
    /// Byte offset into the text.
    pub offset: usize,
    pub fault: JsonFault,
}

/// What was wrong at that place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    #[error("found `{found}` where {expected} was expected")]
    Unexpected { found: char, expected: &'static str },
    #[error("the text ends where {expected} was expected")]
    Ended { expected: &'static str },
    #[error("something follows after the value")]
    Trailing,
    #[error("the key `{0}` stands twice")]
    DuplicateKey(String),
    #[error("the number {0}")]
    Number(NumberError),
    #[error("a number does not begin with a zero before another digit")]
    LeadingZero,
    #[error("a control character must be escaped")]
    ControlCharacter,
    #[error("the character NUL cannot be stored")]
    Nul,
    #[error("half of a surrogate pair is not a character")]
    LoneSurrogate,
    #[error("nested deeper than {VALUE_DEPTH_MAX} levels")]
    TooDeep,
    #[error("more than {VALUE_NODES_MAX} values")]
    TooManyNodes,
    #[error("longer than {JSON_BYTES_MAX} bytes")]
    TooLong,
    #[error("not in canonical form: {0}")]
    NotCanonical(&'static str),
}

/// Reads one JSON value; blanks may stand round it.
///
/// # Errors
/// What is wrong and at which byte.
pub fn read(text: &str) -> Result<Value, JsonError> {
    let mut scanner = Scanner::new(text)?;
    scanner.skip_blanks();
    let value = read_value(&mut scanner, VALUE_DEPTH_MAX)?;
    scanner.skip_blanks();
    if scanner.peek().is_some() {
        scanner.fault(JsonFault::Trailing)
    } else {
        Ok(value)
    }
}

fn read_value(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, JsonError> {
    scanner.count_node()?;
    match scanner.peek() {
        Some(b'{') => read_object(scanner, depth),
        Some(b'[') => read_list(scanner, depth),
        Some(b'"') => read_text(scanner).map(Value::Text),
        Some(b'-' | b'0'..=b'9') => scanner.number(),
        _ => match scanner.word() {
            Some(value) => Ok(value),
            None => scanner.unexpected("a value"),
        },
    }
}

fn read_list(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, JsonError> {
    let Some(depth) = depth.checked_sub(1) else {
        return scanner.fault(JsonFault::TooDeep);
    };
    scanner.advance();
    scanner.skip_blanks();
    let mut items = Vec::new();
    if scanner.take(b']') {
        return Ok(Value::from_items(items));
    }
    loop {
        scanner.skip_blanks();
        items.push(read_value(scanner, depth)?);
        scanner.skip_blanks();
        if scanner.take(b']') {
            return Ok(Value::from_items(items));
        }
        scanner.expect(b',', "`,` or `]`")?;
    }
}

fn read_object(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, JsonError> {
    let Some(depth) = depth.checked_sub(1) else {
        return scanner.fault(JsonFault::TooDeep);
    };
    scanner.advance();
    scanner.skip_blanks();
    let mut fields = Object::new();
    if scanner.take(b'}') {
        return Ok(Value::from_fields(fields));
    }
    loop {
        scanner.skip_blanks();
        let name_at = scanner.position();
        let name = read_text(scanner)?;
        scanner.skip_blanks();
        scanner.expect(b':', "`:`")?;
        scanner.skip_blanks();
        let value = read_value(scanner, depth)?;
        scanner.insert(&mut fields, name, value, name_at)?;
        scanner.skip_blanks();
        if scanner.take(b'}') {
            return Ok(Value::from_fields(fields));
        }
        scanner.expect(b',', "`,` or `}`")?;
    }
}

fn read_text(scanner: &mut Scanner<'_>) -> Result<Arc<str>, JsonError> {
    let start = scanner.position();
    let text = scanner.string()?;
    if text.contains('\0') {
        Scanner::fault_at(start, JsonFault::Nul)
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let result = match read(text) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(result, expected, "{text}");
    }

    #[test]
    fn numbers_keep_every_digit() {
        check("1", "Integer(1)");
        check("-9007199254740992", "Integer(-9007199254740992)");
        check("9007199254740993", "Decimal(9007199254740993)");
        check("1.10", "Decimal(1.10)");
        check("1.0", "Decimal(1.0)");
        check("1e3", "Decimal(1000)");
        check("1.5E+1", "Decimal(15)");
        check("25e-3", "Decimal(0.025)");
        check("-0", "Integer(0)");
        check("0.1e-27", "Decimal(0.0000000000000000000000000001)");
        check("1e28", "at byte 0: the number has more than 28 digits");
        check("1e-29", "at byte 0: the number has more than 28 digits");
        check("1e99999", "at byte 2: the number has more than 28 digits");
        check(
            "[12345678901234567890123456789]",
            "at byte 1: the number has more than 28 digits",
        );
    }

    #[test]
    fn structure_is_read_with_text_unescaped() {
        check(" { \"b\" : [ ] , \"a\":{} } ", r#"Object({"a": Object({}), "b": List([])})"#);
        check(
            r#"["\u00e9\n\"\/", "\ud83d\ude00", true, false, null]"#,
            r#"List([Text("é\n\"/"), Text("😀"), Boolean(true), Boolean(false), Null])"#,
        );
        check(r#"{"$decimal":"1"}"#, r#"Object({"$decimal": Text("1")})"#);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        check("", "at byte 0: the text ends where a value was expected");
        check("[1,]", "at byte 3: found `]` where a value was expected");
        check("{\"a\":1,\"a\":2}", "at byte 7: the key `a` stands twice");
        check("01", "at byte 0: a number does not begin with a zero before another digit");
        check("+1", "at byte 0: found `+` where a value was expected");
        check("NaN", "at byte 0: found `N` where a value was expected");
        check("1 2", "at byte 2: something follows after the value");
        check("\"a\nb\"", "at byte 2: a control character must be escaped");
        check("\"a", "at byte 2: the text ends where `\"` was expected");
        check(r#""\u0000""#, "at byte 0: the character NUL cannot be stored");
        check(r#""\ud800""#, "at byte 3: half of a surrogate pair is not a character");
        check(r#""\udc00""#, "at byte 3: half of a surrogate pair is not a character");
        check("{é:1}", "at byte 1: found `é` where text in double quotes was expected");
        check("truely", "at byte 4: something follows after the value");
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(VALUE_DEPTH_MAX)).is_ok());
        check(&nested(VALUE_DEPTH_MAX + 1), "at byte 64: nested deeper than 64 levels");
        check(&"[".repeat(100_000), "at byte 64: nested deeper than 64 levels");
        check(&" ".repeat(JSON_BYTES_MAX + 1), "at byte 8388608: longer than 8388608 bytes");
        let list = format!("[{}1]", "1,".repeat(VALUE_NODES_MAX));
        check(&list, "at byte 399999: more than 200000 values");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = read(&text);
        }

        #[test]
        fn no_text_of_json_pieces_panics(pieces in prop::collection::vec(
            prop::sample::select(vec!["{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "d83d", "1", "-", ".", "e", "true", "nul", "é", "\"a\""]), 0..30)
        ) {
            let _ = read(&pieces.concat());
        }
    }
}
