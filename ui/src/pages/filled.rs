//! A form that was filled in, as the object that the workflow's fields take.
//!
//! What was left empty is absent, not an empty text: so a field that may be left out can be. What cannot be read as its type stays the
//! text that it is, so that the fields' own words say what is wrong with it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::field::{Fields, Kind, Schema};
use statewright_core::value::{Object, Value, json};

use super::posted::Posted;

/// Items of one list that a form shows and takes: more are sent by a program.
pub const LIST_ITEMS_MAX: usize = 200;

/// The object under `prefix`.
pub fn object(fields: &Fields, prefix: &str, posted: &Posted, zone: &TimeZone) -> Object {
    let entries = fields.list.iter().filter_map(|field| {
        let value = value(&field.schema, &format!("{prefix}.{}", field.name), posted, zone)?;
        Some((field.name.clone(), value))
    });
    entries.collect()
}

fn value(schema: &Schema, name: &str, posted: &Posted, zone: &TimeZone) -> Option<Value> {
    match &schema.kind {
        Kind::Object { fields, .. } => {
            let object = object(fields, name, posted, zone);
            (!object.is_empty()).then(|| Value::from_fields(object))
        }
        Kind::List { items, .. } => {
            let given = (0..items_of(posted, name)).filter_map(|place| value(items, &format!("{name}.{place}"), posted, zone));
            let given: Vec<Value> = given.collect();
            (!given.is_empty()).then(|| Value::from_items(given))
        }
        kind => Some(scalar(kind, posted.text(name)?, zone)),
    }
}

fn scalar(kind: &Kind, text: &str, zone: &TimeZone) -> Value {
    let read = match kind {
        Kind::Boolean => match text {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        // Rust's own reading takes a plus as well
        Kind::Integer => text.parse().ok().map(Value::Integer),
        Kind::Decimal { .. } => Some(Value::from_text(&plain_number(text))),
        Kind::Instant => moment(text, zone).map(Value::from_instant),
        Kind::Any => json::read(text).ok(),
        // what an upload is named by; the engine puts its record there
        Kind::File => Some(Value::from_fields(Object::from([("file".into(), Value::from_text(text))]))),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from_text(text))
}

/// As people write it: `+2,25` is 2.25.
fn plain_number(text: &str) -> String {
    let unsigned = text
        .strip_prefix('+')
        .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    let text = unsigned.unwrap_or(text);
    with_point(text).unwrap_or_else(|| text.to_owned())
}

/// A comma before the decimals, as half of the world writes them. Where it could as well stand between thousands, it is not guessed.
fn with_point(text: &str) -> Option<String> {
    let (whole, decimals) = text.split_once(',')?;
    let digits = whole.trim_start_matches('-');
    let are_digits = |text: &str| !text.is_empty() && text.chars().all(|each| each.is_ascii_digit());
    let is_thousands = decimals.len() == 3 && !digits.starts_with('0');
    (are_digits(digits) && are_digits(decimals) && !is_thousands).then(|| format!("{whole}.{decimals}"))
}

/// What a browser's control for day and time gives, in the deployment's zone. A time that a change of clocks skips is moved on, one that
/// it repeats is the first.
pub fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    zone.to_ambiguous_timestamp(civil).compatible().ok()
}

/// How many items of a list were sent, empty ones among them.
pub fn items_of(posted: &Posted, name: &str) -> usize {
    let place = |given: &str| -> Option<usize> {
        let rest = given.strip_prefix(name)?.strip_prefix('.')?;
        rest.split('.').next()?.parse().ok()
    };
    let last = posted.pairs().filter_map(|(given, _)| place(given)).max();
    last.map_or(0, |last| (last + 1).min(LIST_ITEMS_MAX))
}

/// The control that a problem of the input is about: `lines[0].lot` stands at `with.lines.0.lot`.
pub fn control_of(prefix: &str, field: &str) -> String {
    let dotted = field.replace('[', ".").replace(']', "");
    format!("{prefix}.{}", dotted.trim_start_matches('.'))
}

/// An element's id, of a control's name.
pub fn id(name: &str) -> String {
    name.replace('.', "-")
}

#[cfg(test)]
mod tests {
    use statewright_core::field::Field;
    use statewright_core::value::interface::to_interface;

    use super::*;

    fn fields() -> Fields {
        let field = |name: &str, kind: Kind| Field::of(name, Schema::of(kind));
        let text = || Kind::Text {
            min_length: None,
            max_length: None,
            pattern: None,
        };
        let line = Fields {
            list: vec![field("lot", text()), field("count", Kind::Integer)],
        };
        Fields {
            list: vec![
                field("note", text()),
                field("ready", Kind::Boolean),
                field("sphere", Kind::Decimal { scale: None }),
                field("at", Kind::Instant),
                field(
                    "lines",
                    Kind::List {
                        items: Box::new(Schema::of(Kind::Object {
                            fields: line,
                            open: false,
                        })),
                        keyed: None,
                        min_items: None,
                        max_items: None,
                        unique_items: false,
                    },
                ),
            ],
        }
    }

    fn check(pairs: &[(&str, &str)], expected: &str) {
        let posted = Posted::of(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
        let zone = statewright_core::time::zone("Europe/Berlin").expect("a zone");
        let object = object(&fields(), "with", &posted, &zone);
        assert_eq!(to_interface(&Value::from_fields(object)), expected, "{pairs:?}");
    }

    #[test]
    fn what_was_left_empty_is_absent() {
        check(&[("with.note", "  "), ("with.ready", ""), ("with.lines.0.lot", "")], "{}");
    }

    #[test]
    fn what_was_entered_has_its_type() {
        check(
            &[
                ("with.note", " a "),
                ("with.ready", "false"),
                ("with.at", "2026-03-29T03:30"),
                ("note", "not of the form"),
            ],
            r#"{"at":"2026-03-29T01:30:00Z","note":"a","ready":false}"#,
        );
        // what is no number is refused in the field's own words
        check(&[("with.lines.0.count", "x")], r#"{"lines":[{"count":"x"}]}"#);
    }

    #[test]
    fn decimals_stand_after_a_point_or_a_comma() {
        check(&[("with.sphere", "-2,25")], r#"{"sphere":"-2.25"}"#);
        check(&[("with.sphere", "0,125")], r#"{"sphere":"0.125"}"#);
        check(&[("with.sphere", "+2.25")], r#"{"sphere":"2.25"}"#);
        check(&[("with.sphere", "+3,5")], r#"{"sphere":"3.5"}"#);
        check(&[("with.sphere", "+-3")], r#"{"sphere":"+-3"}"#);
        // could be a thousand
        check(&[("with.sphere", "1,250")], r#"{"sphere":"1,250"}"#);
        check(&[("with.sphere", "1,000,5")], r#"{"sphere":"1,000,5"}"#);
        check(&[("with.sphere", ",5")], r#"{"sphere":",5"}"#);
    }

    #[test]
    fn empty_items_are_left_out() {
        check(
            &[
                ("with.lines.0.lot", ""),
                ("with.lines.1.lot", "L-7"),
                ("with.lines.1.count", "3"),
                ("with.lines.2.count", ""),
            ],
            r#"{"lines":[{"count":3,"lot":"L-7"}]}"#,
        );
    }

    #[test]
    fn a_problem_stands_at_its_control() {
        assert_eq!(control_of("with", "lines[0].lot"), "with.lines.0.lot");
        assert_eq!(id("with.lines.0.lot"), "with-lines-0-lot");
    }
}
