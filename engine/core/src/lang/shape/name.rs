//! Names in the form their place asks for.

use super::super::grammar::Name;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::time::parse_duration;
use crate::yaml::{Scalar, read};

/// Parts of a dotted path: deeper ones are not read by anybody.
const PATH_PARTS_MAX: usize = 16;

pub(super) fn check(out: &mut Diagnostics, scalar: &Scalar, name: Name) {
    let text = &*scalar.text;
    match name {
        Name::Snake => drop(read::name(scalar, out)),
        Name::File => drop(read::file_name(scalar, out)),
        Name::Event if is_dotted_event(text) => {}
        Name::Event => drop(read::event(scalar, out)),
        Name::EventPattern if is_pattern(text) || is_dotted_event(text) => {}
        Name::EventPattern => drop(read::event(scalar, out)),
        Name::State => path(
            out,
            scalar,
            text.strip_prefix('.').unwrap_or(text),
            "a state: a name, `.child` or a path `a.b`",
        ),
        Name::Pausable => path(out, scalar, text.strip_prefix('.').unwrap_or(text), "a state or `sla.name`"),
        Name::Path => path(out, scalar, text, "a field: names in `snake_case`, joined by points"),
        Name::FormField => path(
            out,
            scalar,
            form_field(text).0,
            "a field, perhaps with the word `optional` before it",
        ),
        Name::Timer
            if text
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) =>
        {
            let message = format!("`{text}` has passed before the state is entered");
            out.push(
                Diagnostic::error(Code::NotADuration, scalar.span, message).help("a timer waits: write the duration without `-`"),
            );
        }
        Name::Timer if text.starts_with(|c: char| c.is_ascii_digit()) => {
            if let Err(error) = parse_duration(text) {
                let message = format!("`{text}` is not a duration: {error}");
                out.push(
                    Diagnostic::error(Code::NotADuration, scalar.span, message)
                        .help("a timer with a name of its own has `in`, `at` or `every`"),
                );
            }
        }
        Name::Timer => drop(read::name(scalar, out)),
        Name::Any => {}
    }
}

/// The field's name, and whether the word `optional` stands before it.
pub(in crate::lang) fn form_field(text: &str) -> (&str, bool) {
    match text.strip_prefix("optional ") {
        Some(name) => (name.trim_start(), true),
        None => (text, false),
    }
}

/// `*`, or a prefix that ends with `.*`.
fn is_pattern(text: &str) -> bool {
    text == "*"
        || text
            .strip_suffix(".*")
            .is_some_and(|prefix| prefix.split('.').all(is_event_part))
}

/// An event that the engine makes, such as `done.lenses`.
fn is_dotted_event(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_event_part)
}

fn is_event_part(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn path(out: &mut Diagnostics, scalar: &Scalar, path: &str, wanted: &str) {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let parts = path.split('.').count();
    if parts > PATH_PARTS_MAX || !path.split('.').all(is_name) {
        let message = format!("`{}` does not name {wanted}", scalar.text);
        out.push(
            Diagnostic::error(Code::NotAName, scalar.span, message)
                .help("names are small letters, digits and `_`, and begin with a letter"),
        );
    }
}
