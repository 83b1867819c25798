//! The canonical form: how values are stored, hashed and compared byte for byte.
//!
//! It is JSON with no blanks, keys in byte order, only the escapes JSON demands, and a tag where JSON has no type:
//! `{"$decimal":"1.25"}`, `{"$date":"2026-01-05"}`, `{"$time":"08:30:00"}`, `{"$instant":"2026-01-05T07:30:00.5Z"}`,
//! `{"$duration":"3d"}`. An object with a key that begins with `$` is wrapped, `{"$object":{…}}`, so that no data can pass
//! for a tag. Every value has exactly one canonical text, and [`read_canonical`] takes no other: two different stored bytes
//! are two different values.

use std::sync::Arc;

use super::digits::{write_decimal, write_instant, write_integer};
use super::json::{JsonError, JsonFault};
use super::limits::VALUE_DEPTH_MAX;
use super::number;
use super::read::Scanner;
use super::write::{write_formatted, write_sequence, write_string};
use super::{Object, Value};

/// The tag of a commitment that stands for a personal value.
pub const PERSONAL_TAG: &str = "$personal";

/// Writes the canonical form of a value.
pub fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(true) => out.push_str("true"),
        Value::Boolean(false) => out.push_str("false"),
        Value::Integer(integer) => write_integer(*integer, out),
        Value::Decimal(decimal) => {
            out.push_str("{\"$decimal\":\"");
            write_decimal(*decimal, out);
            out.push_str("\"}");
        }
        Value::Text(text) => write_string(text, out),
        Value::Date(date) => write_formatted(out, format_args!("{{\"$date\":\"{date}\"}}")),
        Value::Time(time) => write_formatted(out, format_args!("{{\"$time\":\"{time}\"}}")),
        Value::Instant(instant) => {
            out.push_str("{\"$instant\":\"");
            write_instant(*instant, out);
            out.push_str("\"}");
        }
        Value::Duration(duration) => write_formatted(out, format_args!("{{\"$duration\":\"{duration}\"}}")),
        Value::List(items) => write_sequence(items.iter(), ('[', ']'), out, write_canonical),
        Value::Object(fields) if fields.keys().any(|name| name.starts_with('$')) => {
            out.push_str("{\"$object\":");
            write_canonical_fields(fields, out);
            out.push('}');
        }
        Value::Object(fields) => write_canonical_fields(fields, out),
    }
}

/// Writes text as a canonical JSON string.
pub fn write_canonical_text(text: &str, out: &mut String) {
    write_string(text, out);
}

/// Writes an object's fields without regard to keys that look like tags: for records whose keys the caller chose.
fn write_canonical_fields(fields: &Object, out: &mut String) {
    write_sequence(fields.iter(), ('{', '}'), out, |(name, field), out| {
        write_string(name, out);
        out.push(':');
        write_canonical(field, out);
    });
}

/// The canonical form of a value.
#[must_use]
pub fn to_canonical(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

/// Reads canonical text back into the value it came from.
///
/// # Errors
/// What is wrong and at which byte; also for JSON that is well formed but not canonical.
pub fn read_canonical(text: &str) -> Result<Value, JsonError> {
    let mut scanner = Scanner::new(text)?;
    let value = read_value(&mut scanner, VALUE_DEPTH_MAX)?;
    if scanner.peek().is_some() {
        scanner.fault(JsonFault::Trailing)
    } else {
        Ok(value)
    }
}

/// Like [`read_canonical`], but `{"$personal":"…"}`, which stands for a value kept elsewhere, is replaced by what `personal` finds.
///
/// # Errors
/// As [`read_canonical`].
pub fn read_canonical_with(text: &str, personal: &dyn Fn(&str) -> Value) -> Result<Value, JsonError> {
    let mut scanner = Scanner::new(text)?;
    scanner.personal = Some(personal);
    let value = read_value(&mut scanner, VALUE_DEPTH_MAX)?;
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
        Some(b'"') => read_string(scanner).map(Value::Text),
        Some(b'-' | b'0'..=b'9') => read_integer(scanner),
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
    let mut items = Vec::new();
    if scanner.take(b']') {
        return Ok(Value::from_items(items));
    }
    loop {
        items.push(read_value(scanner, depth)?);
        if scanner.take(b']') {
            return Ok(Value::from_items(items));
        }
        scanner.expect(b',', "`,` or `]`")?;
    }
}

/// An object, a tagged value or a wrapped object: the first key tells which.
fn read_object(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, JsonError> {
    scanner.advance();
    if scanner.take(b'}') {
        return enter(scanner, depth).map(|_| Value::from_fields(Object::new()));
    }
    let name_at = scanner.position();
    let name = read_string(scanner)?;
    scanner.expect(b':', "`:`")?;
    if !name.starts_with('$') {
        let depth = enter(scanner, depth)?;
        return read_fields(scanner, depth, name, name_at, false);
    }
    let value = if &*name == "$object" {
        read_wrapped(scanner, depth)?
    } else {
        read_tagged(scanner, &name, name_at)?
    };
    scanner.expect(b'}', "`}`")?;
    Ok(value)
}

fn enter(scanner: &Scanner<'_>, depth: usize) -> Result<usize, JsonError> {
    match depth.checked_sub(1) {
        Some(depth) => Ok(depth),
        None => scanner.fault(JsonFault::TooDeep),
    }
}

fn read_wrapped(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, JsonError> {
    let depth = enter(scanner, depth)?;
    let start = scanner.position();
    scanner.expect(b'{', "`{`")?;
    if scanner.peek() == Some(b'}') {
        return Scanner::fault_at(start, JsonFault::NotCanonical("nothing to wrap"));
    }
    let name_at = scanner.position();
    let name = read_string(scanner)?;
    scanner.expect(b':', "`:`")?;
    let value = read_fields(scanner, depth, name, name_at, true)?;
    match &value {
        Value::Object(fields) if fields.keys().any(|name| name.starts_with('$')) => Ok(value),
        _ => Scanner::fault_at(start, JsonFault::NotCanonical("nothing to wrap")),
    }
}

/// The rest of an object whose first name has been read.
fn read_fields(
    scanner: &mut Scanner<'_>,
    depth: usize,
    mut name: Arc<str>,
    mut name_at: usize,
    wrapped: bool,
) -> Result<Value, JsonError> {
    let mut fields = Object::new();
    loop {
        if !wrapped && name.starts_with('$') {
            return Scanner::fault_at(name_at, JsonFault::NotCanonical("a key with `$` outside `$object`"));
        }
        if fields.last_key_value().is_some_and(|(last, _)| *last > name) {
            return Scanner::fault_at(name_at, JsonFault::NotCanonical("keys out of order"));
        }
        let value = read_value(scanner, depth)?;
        scanner.insert(&mut fields, name, value, name_at)?;
        if scanner.take(b'}') {
            return Ok(Value::from_fields(fields));
        }
        scanner.expect(b',', "`,` or `}`")?;
        name_at = scanner.position();
        name = read_string(scanner)?;
        scanner.expect(b':', "`:`")?;
    }
}

fn read_tagged(scanner: &mut Scanner<'_>, tag: &str, tag_at: usize) -> Result<Value, JsonError> {
    let start = scanner.position();
    let text = read_string(scanner)?;
    if let Some(personal) = scanner.personal.filter(|_| tag == PERSONAL_TAG) {
        return Ok(personal(&text));
    }
    let value = match tag {
        "$decimal" => number::parse_decimal(&text).ok().map(Value::Decimal),
        "$date" => text.parse().ok().map(Value::Date),
        "$time" => text.parse().ok().map(Value::Time),
        "$instant" => text.parse().ok().map(Value::Instant),
        "$duration" => crate::time::parse_duration(&text).ok().map(Value::Duration),
        _ => return Scanner::fault_at(tag_at, JsonFault::NotCanonical("an unknown tag")),
    };
    match value {
        Some(value) if tagged_text(&value) == *text => Ok(value),
        _ => Scanner::fault_at(start, JsonFault::NotCanonical("the tag's text is not in its one spelling")),
    }
}

/// The text that stands behind the tag of a value; empty for untagged ones.
fn tagged_text(value: &Value) -> String {
    match value {
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Instant(instant) => instant.to_string(),
        Value::Duration(duration) => duration.to_string(),
        _ => String::new(),
    }
}

fn read_integer(scanner: &mut Scanner<'_>) -> Result<Value, JsonError> {
    let start = scanner.position();
    match scanner.number()? {
        Value::Integer(integer) if integer != 0 || scanner.since(start) == "0" => Ok(Value::Integer(integer)),
        _ => Scanner::fault_at(
            start,
            JsonFault::NotCanonical("a number that is no integer stands without its tag"),
        ),
    }
}

fn read_string(scanner: &mut Scanner<'_>) -> Result<Arc<str>, JsonError> {
    let start = scanner.position();
    let text = scanner.string()?;
    let raw = scanner.since(start);
    if raw.contains('\\') {
        let mut written = String::new();
        write_string(&text, &mut written);
        if written != raw {
            return Scanner::fault_at(start, JsonFault::NotCanonical("an escape that is not needed"));
        }
    }
    Ok(text)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Duration;
    use crate::value::Decimal;

    fn check(value: Value, expected: &str) {
        assert_eq!(to_canonical(&value), expected);
        assert_eq!(
            read_canonical(expected).map(|value| format!("{value:?}")),
            Ok(format!("{value:?}"))
        );
    }

    fn refused(text: &str, sentence: &str) {
        assert_eq!(
            read_canonical(text).map_err(|error| error.to_string()),
            Err(sentence.to_owned()),
            "{text}"
        );
    }

    #[test]
    fn each_type_has_its_spelling() {
        check(Value::Integer(-5), "-5");
        check(Value::Decimal(Decimal::new(1250, 3)), r#"{"$decimal":"1.250"}"#);
        check(Value::Decimal(Decimal::from(5)), r#"{"$decimal":"5"}"#);
        check(Value::Date(jiff::civil::date(2026, 1, 5)), r#"{"$date":"2026-01-05"}"#);
        check(Value::Time(jiff::civil::time(8, 30, 0, 0)), r#"{"$time":"08:30:00"}"#);
        let instant: jiff::Timestamp = "2026-03-28T22:30:00.000001Z".parse().expect("a moment");
        check(Value::Instant(instant), r#"{"$instant":"2026-03-28T22:30:00.000001Z"}"#);
        check(
            Value::Duration(Duration {
                days: 3,
                ..Duration::default()
            }),
            r#"{"$duration":"3d"}"#,
        );
        check(Value::from_text("é\u{7f}\"\\\n\u{1}"), "\"é\u{7f}\\\"\\\\\\n\\u0001\"");
        check(Value::from_items(vec![Value::Null, Value::Boolean(false)]), "[null,false]");
        check(Value::from_fields(Object::new()), "{}");
    }

    #[test]
    fn data_cannot_pass_for_a_tag() {
        let forged = |key: &str| Value::from_fields(Object::from([(key.into(), Value::from_text("1.25"))]));
        check(forged("$decimal"), r#"{"$object":{"$decimal":"1.25"}}"#);
        check(forged("$object"), r#"{"$object":{"$object":"1.25"}}"#);
        check(forged("$"), r#"{"$object":{"$":"1.25"}}"#);
    }

    #[test]
    fn no_value_has_a_second_spelling() {
        refused("[1, 2]", "at byte 3: found ` ` where a value was expected");
        refused(r#"{"b":1,"a":2}"#, "at byte 7: not in canonical form: keys out of order");
        refused(r#"{"a":1,"a":2}"#, "at byte 7: the key `a` stands twice");
        refused(
            "1.5",
            "at byte 0: not in canonical form: a number that is no integer stands without its tag",
        );
        refused(
            "-0",
            "at byte 0: not in canonical form: a number that is no integer stands without its tag",
        );
        refused(
            "9007199254740993",
            "at byte 0: not in canonical form: a number that is no integer stands without its tag",
        );
        refused(
            r#""\u0041""#,
            "at byte 0: not in canonical form: an escape that is not needed",
        );
        refused(
            r#"{"$decimal":"01.5"}"#,
            "at byte 12: not in canonical form: the tag's text is not in its one spelling",
        );
        refused(
            r#"{"$date":"20260105"}"#,
            "at byte 9: not in canonical form: the tag's text is not in its one spelling",
        );
        refused(
            r#"{"$instant":"2026-01-05T00:00:00+01:00"}"#,
            "at byte 12: not in canonical form: the tag's text is not in its one spelling",
        );
        refused(
            r#"{"$duration":"90s"}"#,
            "at byte 13: not in canonical form: the tag's text is not in its one spelling",
        );
        refused(r#"{"$money":"1"}"#, "at byte 1: not in canonical form: an unknown tag");
        refused(r#"{"$object":{}}"#, "at byte 11: not in canonical form: nothing to wrap");
        refused(r#"{"$object":{"a":1}}"#, "at byte 11: not in canonical form: nothing to wrap");
        refused(
            r#"{"$date":"2026-01-05","x":1}"#,
            "at byte 21: found `,` where `}` was expected",
        );
        refused(
            r#"{"!":1,"$a":2}"#,
            "at byte 7: not in canonical form: a key with `$` outside `$object`",
        );
    }

    #[test]
    fn wrapping_costs_no_depth() {
        let nested = (0..VALUE_DEPTH_MAX).fold(Value::Null, |inner, _| {
            Value::from_fields(Object::from([("$x".into(), inner)]))
        });
        assert_eq!(read_canonical(&to_canonical(&nested)), Ok(nested.clone()));
        let deeper = Value::from_items(vec![nested]);
        assert!(read_canonical(&to_canonical(&deeper)).is_err());
    }

    /// Any value of the language, up to a few levels deep.
    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Boolean),
            (-number::INTEGER_MAX..=number::INTEGER_MAX).prop_map(Value::Integer),
            (-10_i128.pow(27)..10_i128.pow(27), 0_u32..=28)
                .prop_map(|(coefficient, scale)| { Value::Decimal(Decimal::from_i128_with_scale(coefficient, scale)) }),
            ".{0,8}".prop_map(|text| Value::from_text(&text)),
            (1_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| Value::Date(jiff::civil::date(year, month, day))),
            (0_i8..24, 0_i8..60, 0_i8..60, 0_i32..1_000_000)
                .prop_map(|(hour, minute, second, micro)| Value::Time(jiff::civil::time(hour, minute, second, micro * 1000))),
            (-60_000_000_000_000_000_i64..250_000_000_000_000_000)
                .prop_map(|micro| Value::Instant(jiff::Timestamp::from_microsecond(micro).expect("within the range of moments"))),
            (-1000_i32..1000, -4000_i32..4000, any::<i32>(), -400_i32..400, any::<i32>()).prop_map(
                |(months, days, seconds, business_days, business_seconds)| Value::Duration(Duration {
                    months,
                    days,
                    microseconds: i64::from(seconds) * 7,
                    business_days,
                    business_microseconds: i64::from(business_seconds) * 1_000,
                })
            ),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from_items),
                prop::collection::btree_map("[$a-c]{0,3}".prop_map(|name| Arc::from(name.as_str())), inner, 0..6)
                    .prop_map(Value::from_fields),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_to_the_same(value in any_value()) {
            let text = to_canonical(&value);
            let back = read_canonical(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            prop_assert_eq!(format!("{back:?}"), format!("{value:?}"));
            prop_assert_eq!(to_canonical(&back), text);
        }

        #[test]
        fn what_is_read_is_written_the_same(text in r#"[\[\]{}",:0-9.a$\\ -]{0,24}"#) {
            if let Ok(value) = read_canonical(&text) {
                prop_assert_eq!(to_canonical(&value), text);
            }
        }
    }
}
