//! What is expected against what is there: in part, and by the types of what is there.
//!
//! A mapping may leave keys out; a list must have the same length. Text is read as whatever it is compared with: a moment, a duration, a
//! number, a date.

use jiff::tz::TimeZone;
use statewright_core::time::parse_duration;
use statewright_core::value::interface::to_interface;
use statewright_core::value::number::parse_number;
use statewright_core::value::order::same;
use statewright_core::value::text::to_text;
use statewright_core::value::{Kind, Value};

use crate::scenario::moment::{moment, shown};
use crate::scenario::report::Difference;

/// Of a thing that has several parts the one that stands for it where text is expected.
pub(super) const WHAT: &str = "what";

/// Differences are added to `out`, each with the path to it.
pub(super) fn compare(expected: &Value, actual: &Value, zone: &TimeZone, path: &str, out: &mut Vec<Difference>) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (name, wanted) in wanted.iter() {
                let inner = joined(path, name);
                match found.get(name) {
                    Some(found) => compare(wanted, found, zone, &inner, out),
                    None if wanted.is_null() => {}
                    None => out.push(Difference {
                        path: inner,
                        expected: words(wanted, zone),
                        actual: "nothing of that name".into(),
                    }),
                }
            }
        }
        (Value::Object(wanted), Value::List(found)) if is_count(expected) => {
            let count = Value::Integer(i64::try_from(found.len()).unwrap_or(i64::MAX));
            if let Some(wanted) = wanted.get("count") {
                compare(wanted, &count, zone, &joined(path, "count"), out);
            }
        }
        (Value::List(wanted), Value::List(found)) if wanted.len() == found.len() => {
            for (place, (wanted, found)) in wanted.iter().zip(found.iter()).enumerate() {
                compare(wanted, found, zone, &format!("{path}[{place}]"), out);
            }
        }
        (Value::List(_) | Value::Object(_), _) => out.push(difference(expected, actual, zone, path)),
        (_, Value::Object(parts)) => match parts.get(WHAT) {
            Some(what) => compare(expected, what, zone, path, out),
            None => out.push(difference(expected, actual, zone, path)),
        },
        _ if equal(expected, actual, zone) => {}
        _ => out.push(difference(expected, actual, zone, path)),
    }
}

fn is_count(expected: &Value) -> bool {
    expected
        .as_object()
        .is_some_and(|wanted| wanted.len() == 1 && wanted.contains_key("count"))
}

fn equal(expected: &Value, actual: &Value, zone: &TimeZone) -> bool {
    if expected.kind() == actual.kind() || expected.as_decimal().is_some() && actual.as_decimal().is_some() {
        return same(expected, actual);
    }
    match (expected, actual.kind()) {
        (Value::Text(text), Kind::Instant) => moment(text, zone).is_some_and(|moment| same(&Value::from_instant(moment), actual)),
        (Value::Text(text), Kind::Duration) => {
            parse_duration(text).is_ok_and(|duration| same(&Value::Duration(duration), actual))
        }
        (Value::Text(text), _) if actual.as_decimal().is_some() => parse_number(text).is_ok_and(|number| same(&number, actual)),
        (Value::Text(_), Kind::Null) => false,
        (Value::Text(text), _) => **text == *to_text(actual, Some(zone)),
        // A number where text is kept was meant as it is written.
        (_, Kind::Text) if expected.as_decimal().is_some() => actual.as_text() == Some(&to_text(expected, Some(zone))),
        _ => false,
    }
}

pub(super) fn difference(expected: &Value, actual: &Value, zone: &TimeZone, path: &str) -> Difference {
    Difference {
        path: path.to_owned(),
        expected: words(expected, zone),
        actual: words(actual, zone),
    }
}

pub(super) fn joined(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// A value for people: moments by the clock of the zone, structures as JSON.
pub(super) fn words(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Null => "nothing (null)".into(),
        Value::Instant(moment) => shown(*moment, zone),
        Value::List(_) | Value::Object(_) => to_interface(value),
        value => to_text(value, Some(zone)),
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::value::json;

    use super::*;

    #[track_caller]
    fn check(expected: &str, actual: &str, differences: &[&str]) {
        let read = |text: &str| json::read(text).expect("the value is JSON");
        let mut out = Vec::new();
        compare(&read(expected), &read(actual), &TimeZone::UTC, "", &mut out);
        let found: Vec<String> = out
            .iter()
            .map(|each| format!("{}: {} / {}", each.path, each.expected, each.actual))
            .collect();
        assert_eq!(found, differences, "{expected} against {actual}");
    }

    #[test]
    fn a_mapping_may_leave_keys_out_and_a_list_has_the_same_length() {
        check(r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#, &[]);
        check(r#"{"c": null}"#, r#"{"a": 1}"#, &[]);
        check(r#"{"c": 1}"#, r#"{"a": 1}"#, &["c: 1 / nothing of that name"]);
        check(r#"[{"a": 1}, 2]"#, r#"[{"a": 1, "b": 2}, 2]"#, &[]);
        check("[1]", "[1, 2]", &[": [1] / [1,2]"]);
        check("[1, 3]", "[1, 2]", &["[1]: 3 / 2"]);
        check(r#"{"count": 2}"#, "[1, 2]", &[]);
        check(r#"{"count": 3}"#, "[1, 2]", &["count: 3 / 2"]);
        check("1", "[1]", &[": 1 / [1]"]);
        check(r#""a.b""#, r#"{"what": "a.b", "of": "x"}"#, &[]);
    }

    #[test]
    fn text_is_read_as_what_it_is_compared_with() {
        let zone = statewright_core::time::zone("Europe/Berlin").expect("a zone");
        let text = Value::from_text;
        let moment = Value::from_instant("2026-03-26T08:00:00Z".parse().expect("a moment"));
        let duration = Value::Duration(parse_duration("90m").expect("a duration"));
        let number = parse_number("1.50").expect("a number");
        for (expected, actual, holds) in [
            (text("2026-03-26 09:00"), &moment, true),
            (text("2026-03-26T08:00:00Z"), &moment, true),
            (text("2026-03-26 08:00"), &moment, false),
            (text("1h30m"), &duration, true),
            (text("91m"), &duration, false),
            (text("1.5"), &number, true),
            (text("1.51"), &number, false),
            (Value::Integer(104), &text("104"), true),
            (text("true"), &Value::Boolean(true), true),
            (text(""), &Value::Null, false),
            (Value::Null, &Value::Null, true),
        ] {
            assert_eq!(equal(&expected, actual, &zone), holds, "{expected:?} against {actual:?}");
        }
    }
}
