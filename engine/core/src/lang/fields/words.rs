//! The names of types.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::field::{Fields, Kind, Schema};
use crate::yaml::Scalar;

pub(in crate::lang) const TYPES: [&str; 14] = [
    "string", "boolean", "integer", "decimal", "date", "time", "instant", "duration", "ref", "user", "unit", "file", "object",
    "list",
];

/// Names that other languages have for them.
const ELSEWHERE: [(&str, &str); 14] = [
    ("text", "string"),
    ("str", "string"),
    ("bool", "boolean"),
    ("int", "integer"),
    ("long", "integer"),
    ("number", "decimal"),
    ("float", "decimal"),
    ("double", "decimal"),
    ("money", "decimal"),
    ("datetime", "instant"),
    ("timestamp", "instant"),
    ("array", "list"),
    ("map", "object"),
    ("reference", "ref"),
];

/// The name of the type, and whether the word `optional` stands before it.
pub(super) fn split(text: &str) -> (&str, bool) {
    match text.strip_prefix("optional ") {
        Some(word) => (word.trim_start(), true),
        None => (text, false),
    }
}

/// The kind that a name means, without limits; None with a diagnostic when there is none.
pub(super) fn kind(word: &str, place: &Scalar, out: &mut Diagnostics) -> Option<Kind> {
    Some(match word {
        "string" => text(),
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "decimal" => Kind::Decimal { scale: None },
        "date" => Kind::Date,
        "time" => Kind::Time,
        "instant" => Kind::Instant,
        "duration" => Kind::Duration,
        "ref" => Kind::Reference { workflow: None },
        "user" => Kind::User,
        "unit" => Kind::Unit,
        "file" => Kind::File,
        "object" => Kind::Object {
            fields: Fields::default(),
            open: true,
        },
        "list" => list(),
        _ => {
            refuse(word, place, out);
            return None;
        }
    })
}

pub(super) fn text() -> Kind {
    Kind::Text {
        min_length: None,
        max_length: None,
        pattern: None,
    }
}

pub(super) fn list() -> Kind {
    Kind::List {
        items: Box::new(Schema::of(Kind::Any)),
        keyed: None,
        min_items: None,
        max_items: None,
        unique_items: false,
    }
}

pub(super) fn listed() -> String {
    TYPES.map(|word| format!("`{word}`")).join(", ")
}

fn refuse(word: &str, place: &Scalar, out: &mut Diagnostics) {
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, own)| *own);
    let meant = elsewhere.or_else(|| nearest(word, TYPES));
    let at = place.text.len() - word.len();
    let span = place.span_of(at..place.text.len());
    let diagnostic = Diagnostic::error(Code::UnknownType, span, format!("there is no type `{word}`"));
    out.push(match meant {
        Some(meant) => diagnostic
            .help(format!("write `{meant}`, if that is meant"))
            .repair(span, meant),
        None => diagnostic.help(format!("the types are {}", listed())),
    });
}
