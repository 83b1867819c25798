//! Values on one line: words, numbers, durations, and text in which something may be computed.

use super::super::grammar::Shape;
use super::{Check, name};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::time::{parse_duration, parse_duration_range};
use crate::yaml::{Scalar, read};

pub(super) fn check(check: &mut Check<'_>, scalar: &Scalar, shape: Shape) {
    match shape {
        Shape::Literal => refuse_braces(check, scalar),
        Shape::Boolean => drop(read::boolean(scalar, check.out)),
        Shape::Integer(least, most) => drop(read::integer(scalar, least..=most, check.out)),
        Shape::Number => drop(read::number(scalar, check.out)),
        Shape::Word(words) => word(check, scalar, words),
        Shape::Name(name) => name::check(check.out, scalar, name),
        Shape::Computed(name) if !is_computed(scalar) => name::check(check.out, scalar, name),
        Shape::Duration if !is_computed(scalar) => duration(check, scalar, &scalar.text, 0),
        Shape::Due if !is_computed(scalar) => duration(check, scalar, &scalar.text, 0),
        Shape::Backoff => backoff(check, scalar),
        Shape::Share => share(check, scalar),
        // what is computed is read where it is lowered
        _ => {}
    }
}

/// Whether something in the text is computed.
pub(in crate::lang) fn is_computed(scalar: &Scalar) -> bool {
    scalar.text.contains("{{")
}

fn refuse_braces(check: &mut Check<'_>, scalar: &Scalar) {
    if is_computed(scalar) {
        let message = "nothing is computed here: the braces stand in the text as they are";
        check
            .out
            .push(Diagnostic::warning(Code::LiteralBraces, scalar.span, message).help("write the text without braces"));
    }
}

fn word(check: &mut Check<'_>, scalar: &Scalar, words: &[&str]) {
    if words.contains(&&*scalar.text) {
        return;
    }
    let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let message = format!("`{}` is none of the words known here", scalar.text);
    let diagnostic =
        Diagnostic::error(Code::UnknownWord, scalar.span, message).help(format!("write one of {}", listed.join(", ")));
    check.out.push(match nearest(&scalar.text, words.iter().copied()) {
        Some(meant) => diagnostic.repair(scalar.span, meant),
        None => diagnostic,
    });
}

/// A duration that stands at `offset` of the scalar's text.
fn duration(check: &mut Check<'_>, scalar: &Scalar, text: &str, offset: usize) {
    let span = scalar.span_of(offset..offset + text.len());
    match parse_duration(text) {
        Ok(_) => {}
        Err(error) => check.out.push(Diagnostic::error(
            Code::NotADuration,
            span,
            format!("not a duration: {error}"),
        )),
    }
}

fn backoff(check: &mut Check<'_>, scalar: &Scalar) {
    if let Err(error) = parse_duration_range(&scalar.text) {
        let message = format!("`{}` cannot be waited by: {error}", scalar.text);
        check.out.push(
            Diagnostic::error(Code::NotADuration, scalar.span, message).help("write the first and the longest wait: `5s..5m`"),
        );
    }
}

fn share(check: &mut Check<'_>, scalar: &Scalar) {
    let (percent, more) = match scalar.text.split_once('+') {
        Some((percent, more)) => (percent.trim(), Some(more.trim())),
        None => (scalar.text.trim(), None),
    };
    let is_percent = percent.strip_suffix('%').is_some_and(|digits| digits.parse::<u16>().is_ok());
    if !is_percent {
        let message = format!("`{}` is not a share of the target", scalar.text);
        check
            .out
            .push(Diagnostic::error(Code::NotADuration, scalar.span, message).help("write `80%`, or `100% + 15m`"));
    } else if let Some(more) = more {
        duration(check, scalar, more, scalar.text.len() - more.len());
    }
}
