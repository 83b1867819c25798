//! Values of the type their key asks for. Each reader gives the value, or says what is wrong and proposes what is right.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::name::{Form, respell};
use super::trap::trap;
use super::{Kind, Mapping, Node, Scalar, Style, quoted};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::value::number::{parse_decimal, parse_number};
use crate::value::{Decimal, Value};

/// A value whose type nothing decides but how it is written: under `assign`, `with` and `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Free<'n> {
    /// Null, a boolean or a number.
    Value(Value),
    /// Text, which may hold templates.
    Text(&'n Scalar),
}

/// Text. `what` names what takes it, for the sentence: ``"`title`"``.
pub fn text<'n>(node: &'n Node, what: &str, out: &mut Diagnostics) -> Option<&'n Scalar> {
    let scalar = node.as_scalar();
    if scalar.is_none() {
        refuse_shape(node, what, "text", out);
    }
    scalar
}

/// A mapping.
pub fn mapping<'n>(node: &'n Node, what: &str, out: &mut Diagnostics) -> Option<&'n Mapping> {
    let mapping = node.as_mapping();
    if mapping.is_none() {
        refuse_shape(node, what, "a mapping", out);
    }
    mapping
}

/// A list.
pub fn sequence<'n>(node: &'n Node, what: &str, out: &mut Diagnostics) -> Option<&'n [Node]> {
    let sequence = node.as_sequence();
    if sequence.is_none() {
        refuse_shape(node, what, "a list", out);
    }
    sequence
}

/// A number in plain decimal notation, exact to 28 digits.
pub fn number(scalar: &Scalar, out: &mut Diagnostics) -> Option<Decimal> {
    if scalar.style == Style::Plain && is_plain_number(&scalar.text) {
        if let Ok(number) = parse_decimal(&scalar.text) {
            return Some(number);
        }
        out.push(
            Diagnostic::error(
                Code::NotANumber,
                scalar.span,
                format!("`{}` has more digits than a number can hold exactly", scalar.text),
            )
            .help("a number has at most 28 digits"),
        );
        return None;
    }
    let message = format!("`{}` is not a number in plain decimal notation", scalar.text);
    let diagnostic = Diagnostic::error(Code::NotANumber, scalar.span, message);
    out.push(match plain_number(&scalar.text) {
        Some(plain) => diagnostic
            .help(format!("write `{plain}`, if that is meant"))
            .repair(scalar.span, plain),
        None => diagnostic.help("write digits, with a point before the fraction: `1000`, `-0.25`"),
    });
    None
}

/// A whole number within a range.
pub fn integer(scalar: &Scalar, range: RangeInclusive<i64>, out: &mut Diagnostics) -> Option<i64> {
    let number = number(scalar, out)?;
    let whole = i64::try_from(number).ok().filter(|_| number.is_integer());
    let found = whole.filter(|whole| range.contains(whole));
    if found.is_none() {
        let (first, last) = (range.start(), range.end());
        let bounds = match (*first == i64::MIN, *last == i64::MAX) {
            (true, true) => "a whole number".to_owned(),
            (false, true) => format!("a whole number from {first}"),
            (true, false) => format!("a whole number up to {last}"),
            (false, false) => format!("a whole number from {first} to {last}"),
        };
        let message = format!("`{}` is not {bounds}", scalar.text);
        out.push(Diagnostic::error(Code::NotANumber, scalar.span, message).help(format!("write {bounds}")));
    }
    found
}

/// `true` or `false`.
pub fn boolean(scalar: &Scalar, out: &mut Diagnostics) -> Option<bool> {
    if scalar.style == Style::Plain {
        match &*scalar.text {
            "true" => return Some(true),
            "false" => return Some(false),
            _ => {}
        }
    }
    let meant = match scalar.text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" => Some("true"),
        "false" | "no" | "off" | "n" | "0" => Some("false"),
        _ => None,
    };
    let diagnostic = Diagnostic::error(
        Code::NotABoolean,
        scalar.span,
        format!("`{}` is neither `true` nor `false`", scalar.raw),
    );
    out.push(match meant {
        Some(meant) => diagnostic.help(format!("write `{meant}`")).repair(scalar.span, meant),
        None => diagnostic.help("write `true` or `false`"),
    });
    None
}

/// A name in `snake_case`: a state, a field, a value under `let`.
pub fn name<'n>(scalar: &'n Scalar, out: &mut Diagnostics) -> Option<&'n str> {
    formed(scalar, Form::Name, out)
}

/// The name of an event in `UPPER_SNAKE`.
pub fn event<'n>(scalar: &'n Scalar, out: &mut Diagnostics) -> Option<&'n str> {
    formed(scalar, Form::Event, out)
}

/// The name of a file of definitions in `kebab-case`.
pub fn file_name<'n>(scalar: &'n Scalar, out: &mut Diagnostics) -> Option<&'n str> {
    formed(scalar, Form::FileName, out)
}

/// A value of its own type: `true`, `false`, `null` or a plain number without quotes, otherwise text. A word that other
/// readers would take for something else is text too, with a warning that asks for quotes.
pub fn free<'n>(scalar: &'n Scalar, out: &mut Diagnostics) -> Free<'n> {
    if scalar.style != Style::Plain {
        return Free::Text(scalar);
    }
    match &*scalar.text {
        "true" => return Free::Value(Value::Boolean(true)),
        "false" => return Free::Value(Value::Boolean(false)),
        "null" => return Free::Value(Value::Null),
        _ => {}
    }
    if let (true, Ok(number)) = (is_plain_number(&scalar.text), parse_number(&scalar.text)) {
        return Free::Value(number);
    }
    if let Some(trap) = trap(&scalar.text) {
        out.push(
            Diagnostic::warning(
                Code::ReadDifferently,
                scalar.span,
                format!("`{}` is text here; {} read {}", scalar.text, trap.why, trap.reading),
            )
            .help("put it in quotes if text is meant")
            .repair(scalar.span, quoted(&scalar.text)),
        );
    }
    Free::Text(scalar)
}

fn formed<'n>(scalar: &'n Scalar, form: Form, out: &mut Diagnostics) -> Option<&'n str> {
    if form.accepts(&scalar.text) {
        return Some(&scalar.text);
    }
    let message = format!("`{}` is not {}", scalar.text, form.describe());
    let diagnostic = Diagnostic::error(Code::NotAName, scalar.span, message);
    out.push(match respell(&scalar.text, form) {
        Some(respelled) => diagnostic
            .help(format!("write `{respelled}`, and so wherever it is named"))
            .repair(scalar.span, respelled),
        None => diagnostic.help(form.rule()),
    });
    None
}

/// Says that a value has another shape than its key asks for; silent for what could not be read at all.
fn refuse_shape(node: &Node, what: &str, wanted: &str, out: &mut Diagnostics) {
    match node.kind {
        Kind::Broken => {}
        Kind::Empty => out.push(
            Diagnostic::error(
                Code::EmptyValue,
                node.span,
                format!("{what} takes {wanted}, and nothing stands here"),
            )
            .help("write a value, or take the key away"),
        ),
        _ => out.push(
            Diagnostic::error(
                Code::WrongShape,
                node.span,
                format!("{what} takes {wanted}, and here stands {}", node.describe()),
            )
            .help(format!("write {wanted}")),
        ),
    }
}

/// Digits without a leading zero, perhaps a minus, perhaps a fraction.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(all_digits)
}

/// The number that another notation means, in plain decimal notation.
fn plain_number(text: &str) -> Option<String> {
    let bare = text.trim().replace(['_', ' '], "");
    let (mantissa, exponent) = bare
        .split_once(['e', 'E'])
        .map_or((bare.as_str(), None), |(m, e)| (m, Some(e)));
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let plain = format!("{sign}{whole}{point}{fraction}");
    let plain = match exponent {
        None => plain,
        Some(exponent) => Decimal::from_scientific(&format!("{plain}e{}", i32::from_str(exponent).ok()?))
            .ok()?
            .normalize()
            .to_string(),
    };
    is_plain_number(&plain).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;
    use crate::yaml::parse;

    /// Reads the value of the key `a`; gives what was read, or the code and the repair.
    fn check<T: std::fmt::Debug>(source: &str, read: impl Fn(&Scalar, &mut Diagnostics) -> Option<T>, expected: &str) {
        let (node, _) = parse(FileId(0), source);
        let scalar = node.get("a").and_then(Node::as_scalar).expect("the value is text");
        let mut out = Diagnostics::new();
        let found = match read(scalar, &mut out) {
            Some(value) => format!("{value:?}"),
            None => String::new(),
        };
        let words = out
            .iter()
            .map(|d| format!("{} {}", d.code, d.repair.as_ref().map_or("", |repair| &repair.text)));
        let found = std::iter::once(found)
            .chain(words)
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("; ");
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn numbers_are_plain_decimal_notation() {
        for (text, expected) in [
            ("12", "12"),
            ("-0.25", "-0.25"),
            ("1.10", "1.10"),
            ("0", "0"),
            ("012", "SW-0203 12"),
            ("1_000", "SW-0203 1000"),
            ("1e3", "SW-0203 1000"),
            (".5", "SW-0203 0.5"),
            ("5.", "SW-0203 5"),
            ("+5", "SW-0203 5"),
            ("'5'", "SW-0203 5"),
            ("-2.5e-1", "SW-0203 -0.25"),
            ("1e99", "SW-0203 "),
            ("08:30", "SW-0203 "),
            ("five", "SW-0203 "),
            ("0x1f", "SW-0203 "),
            ("1.2.3", "SW-0203 "),
            ("--5", "SW-0203 "),
            ("''", "SW-0203 "),
            ("99999999999999999999999999999", "SW-0203 "),
        ] {
            check(&format!("a: {text}"), number, expected);
        }
    }

    #[test]
    fn whole_numbers_keep_to_their_range() {
        check("a: 3", |s, out| integer(s, 0..=9, out), "3");
        check("a: 3.0", |s, out| integer(s, 0..=9, out), "3");
        check("a: 10", |s, out| integer(s, 0..=9, out), "SW-0203 ");
        check("a: 0.5", |s, out| integer(s, 0..=9, out), "SW-0203 ");
        check(
            "a: 99999999999999999999",
            |s, out| integer(s, i64::MIN..=i64::MAX, out),
            "SW-0203 ",
        );
        check("a: 007", |s, out| integer(s, 0..=9, out), "SW-0203 7");
    }

    #[test]
    fn booleans_are_two_words() {
        for (text, expected) in [
            ("true", "true"),
            ("false", "false"),
            ("yes", "SW-0204 true"),
            ("Off", "SW-0204 false"),
            ("'true'", "SW-0204 true"),
            ("TRUE", "SW-0204 true"),
            ("0", "SW-0204 false"),
            ("maybe", "SW-0204 "),
        ] {
            check(&format!("a: {text}"), boolean, expected);
        }
    }

    #[test]
    fn names_have_their_form() {
        check(
            "a: final_inspection",
            |s, out| name(s, out).map(str::to_owned),
            "\"final_inspection\"",
        );
        check(
            "a: Final inspection",
            |s, out| name(s, out).map(str::to_owned),
            "SW-0205 final_inspection",
        );
        check(
            "a: break_lens",
            |s, out| event(s, out).map(str::to_owned),
            "SW-0205 BREAK_LENS",
        );
        check(
            "a: lens_order",
            |s, out| file_name(s, out).map(str::to_owned),
            "SW-0205 lens-order",
        );
        check("a: 3d", |s, out| name(s, out).map(str::to_owned), "SW-0205 ");
    }

    #[test]
    fn a_free_value_is_what_it_looks_like_and_a_trap_is_text_with_a_warning() {
        let read = |s: &Scalar, out: &mut Diagnostics| {
            Some(match free(s, out) {
                Free::Value(value) => format!("{value:?}"),
                Free::Text(scalar) => scalar.text.to_string(),
            })
        };
        for (text, expected) in [
            ("true", "\"Boolean(true)\""),
            ("null", "\"Null\""),
            ("12", "\"Integer(12)\""),
            ("1.10", "\"Decimal(1.10)\""),
            ("Lot 4", "\"Lot 4\""),
            ("'no'", "\"no\""),
            ("2026-01-05", "\"2026-01-05\""),
            ("no", "\"no\"; SW-0207 \"no\""),
            ("012", "\"012\"; SW-0207 \"012\""),
            ("08:30", "\"08:30\"; SW-0207 \"08:30\""),
            ("1_000", "\"1_000\"; SW-0207 \"1_000\""),
            ("~", "\"~\"; SW-0207 \"~\""),
        ] {
            check(&format!("a: {text}"), read, expected);
        }
    }

    #[test]
    fn a_value_of_another_shape_is_refused_and_a_broken_one_passed_over() {
        let shape = |source: &str| {
            let (node, _) = parse(FileId(0), source);
            let mut out = Diagnostics::new();
            let value = node.get("a").expect("the key is there");
            let found = (
                text(value, "`a`", &mut out).is_some(),
                mapping(value, "`a`", &mut out).is_some(),
                sequence(value, "`a`", &mut out).is_some(),
            );
            let messages: Vec<_> = out.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect();
            (found, messages.join("; "))
        };
        let refused = |found, messages: &str| (found, messages.to_owned());
        assert_eq!(
            shape("a: x"),
            refused(
                (true, false, false),
                "SW-0202 `a` takes a mapping, and here stands text; SW-0202 `a` takes a list, and here stands text"
            )
        );
        assert_eq!(shape("a: [x]").0, (false, false, true));
        assert_eq!(shape("a: {x: y}").0, (false, true, false));
        assert_eq!(shape("a: *x"), refused((false, false, false), ""));
        assert!(shape("a:").1.starts_with("SW-0206 `a` takes text, and nothing stands here"));
    }
}
