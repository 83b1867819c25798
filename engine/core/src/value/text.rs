//! The text form of a value: how it reads in a sentence, in `~`, in `join` and in templates.
//!
//! Numbers as written, dates and times as ISO 8601 (`2026-01-05`; `08:30`, with seconds only if there are any), instants as
//! RFC 3339 in a zone to whole seconds (`2026-01-05T08:30:00+01:00`) or in UTC with `Z` where none is given, durations as the
//! language writes them, booleans `true` and `false`, lists and objects as interface JSON. Null has no text form.

use jiff::tz::TimeZone;

use super::Value;
use super::interface::write_interface;
use super::write::write_formatted;

/// Writes the text form of a value; nothing for null, which callers refuse or leave empty as they must.
pub fn write_text(value: &Value, zone: Option<&TimeZone>, out: &mut String) {
    match value {
        Value::Null => {}
        Value::Boolean(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
        Value::Integer(integer) => write_formatted(out, format_args!("{integer}")),
        Value::Decimal(decimal) => write_formatted(out, format_args!("{decimal}")),
        Value::Text(text) => out.push_str(text),
        Value::Date(date) => write_formatted(out, format_args!("{date}")),
        Value::Time(time) => write_time(*time, out),
        Value::Instant(instant) => write_instant(*instant, zone, out),
        Value::Duration(duration) => write_formatted(out, format_args!("{duration}")),
        Value::List(_) | Value::Object(_) => write_interface(value, out),
    }
}

/// The text form of a value.
#[must_use]
pub fn to_text(value: &Value, zone: Option<&TimeZone>) -> String {
    let mut out = String::new();
    write_text(value, zone, &mut out);
    out
}

fn write_time(time: jiff::civil::Time, out: &mut String) {
    if time.second() == 0 && time.subsec_nanosecond() == 0 {
        write_formatted(out, format_args!("{:02}:{:02}", time.hour(), time.minute()));
    } else {
        write_formatted(out, format_args!("{time}"));
    }
}

fn write_instant(instant: jiff::Timestamp, zone: Option<&TimeZone>, out: &mut String) {
    let second = if instant.subsec_nanosecond() < 0 {
        instant.as_second() - 1
    } else {
        instant.as_second()
    };
    let whole = jiff::Timestamp::from_second(second).unwrap_or(instant);
    match zone {
        Some(zone) => {
            let offset = zone.to_offset(whole);
            write_formatted(out, format_args!("{}", whole.display_with_offset(offset)));
        }
        None => write_formatted(out, format_args!("{whole}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::number::parse_number;

    #[test]
    fn values_read_as_people_write_them() {
        let instant: jiff::Timestamp = "2026-07-05T06:30:00.75Z".parse().expect("a moment");
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        let decimal = parse_number("1.10").expect("a number");
        assert_eq!(to_text(&decimal, None), "1.10");
        assert_eq!(to_text(&Value::Boolean(true), None), "true");
        assert_eq!(to_text(&Value::from_instant(instant), None), "2026-07-05T06:30:00Z");
        assert_eq!(
            to_text(&Value::from_instant(instant), Some(&berlin)),
            "2026-07-05T08:30:00+02:00"
        );
        assert_eq!(to_text(&Value::Time(jiff::civil::time(8, 30, 0, 0)), None), "08:30");
        assert_eq!(to_text(&Value::Time(jiff::civil::time(8, 30, 5, 0)), None), "08:30:05");
        assert_eq!(
            to_text(&Value::from_items(vec![decimal, Value::from_text("x")]), None),
            r#"["1.10","x"]"#
        );
        assert_eq!(to_text(&Value::Null, None), "");
    }
}
