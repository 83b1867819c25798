//! JSON as interfaces show it: decimals and everything of time as text, integers as numbers, no tags.
//!
//! It does not say of a text whether it was a date; a client knows that from the schema. Instants are RFC 3339 in UTC.

use super::Value;
use super::write::{write_formatted, write_sequence, write_string};

/// Writes a value as JSON for an API or a page.
pub fn write_interface(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(true) => out.push_str("true"),
        Value::Boolean(false) => out.push_str("false"),
        Value::Integer(integer) => write_formatted(out, format_args!("{integer}")),
        Value::Decimal(decimal) => write_formatted(out, format_args!("\"{decimal}\"")),
        Value::Text(text) => write_string(text, out),
        Value::Date(date) => write_formatted(out, format_args!("\"{date}\"")),
        Value::Time(time) => write_formatted(out, format_args!("\"{time}\"")),
        Value::Instant(instant) => write_formatted(out, format_args!("\"{instant}\"")),
        Value::Duration(duration) => write_formatted(out, format_args!("\"{duration}\"")),
        Value::List(items) => write_sequence(items.iter(), ('[', ']'), out, write_interface),
        Value::Object(fields) => write_sequence(fields.iter(), ('{', '}'), out, |(name, field), out| {
            write_string(name, out);
            out.push(':');
            write_interface(field, out);
        }),
    }
}

/// A value as JSON for an API or a page.
#[must_use]
pub fn to_interface(value: &Value) -> String {
    let mut out = String::new();
    write_interface(value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Object, number};
    use super::*;

    #[test]
    fn numbers_that_json_could_lose_and_time_are_text() {
        let decimal = number::parse_number("1.10").expect("a number");
        let instant: jiff::Timestamp = "2026-03-28T23:30:00.5+01:00".parse().expect("a moment");
        let fields = Object::from([
            ("amount".into(), decimal),
            ("count".into(), Value::Integer(-3)),
            ("when".into(), Value::from_instant(instant)),
            ("on".into(), Value::Date(jiff::civil::date(2026, 1, 5))),
            ("at".into(), Value::Time(jiff::civil::time(8, 30, 0, 0))),
            (
                "in".into(),
                Value::Duration(crate::time::parse_duration("1h30m").expect("a duration")),
            ),
            ("none".into(), Value::from_items(vec![Value::Null, Value::Boolean(true)])),
            ("\"$x\"".into(), Value::from_text("a\u{1}\n")),
        ]);
        assert_eq!(
            to_interface(&Value::from_fields(fields)),
            r#"{"\"$x\"":"a\u0001\n","amount":"1.10","at":"08:30:00","count":-3,"in":"1h30m","none":[null,true],"on":"2026-01-05","when":"2026-03-28T22:30:00.5Z"}"#
        );
    }
}
