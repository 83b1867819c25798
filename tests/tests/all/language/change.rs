//! Other values than those that are written: what a key would be taken for if it were not obeyed.

use std::sync::Arc;

use statewright_core::diagnostic::Span;
use statewright_core::lang::ShapeKind;
use statewright_core::yaml::{Entry, Kind, Mapping, Node, Scalar, Style};

/// Values that are tried for one entry: the first ones are the likeliest to be told from what stands there.
const CHANGES_MAX: usize = 64;

/// Parts of a structure that are changed one by one.
const PARTS_MAX: usize = 8;

/// What a type's name may be taken for.
const TYPES: [&str; 4] = ["string", "integer", "decimal", "boolean"];

/// Other values for what stands at a use, the plainest first. `others` is what the same file writes elsewhere for such a key.
pub fn changes(shape: ShapeKind, value: &Node, others: &[Arc<str>]) -> Vec<Node> {
    let mut changes = match &value.kind {
        Kind::Scalar(scalar) => scalars(shape, scalar, others),
        _ => structures(value, 2),
    };
    changes.truncate(CHANGES_MAX);
    changes
}

fn scalars(shape: ShapeKind, scalar: &Scalar, others: &[Arc<str>]) -> Vec<Node> {
    let text = &*scalar.text;
    let texts: Vec<String> = match shape {
        ShapeKind::Boolean => vec![if text == "true" { "false" } else { "true" }.to_owned()],
        ShapeKind::Integer { least, most } => {
            let number: i64 = text.parse().unwrap_or_default();
            let numbers = [number + 1, number - 1, number * 2];
            numbers
                .into_iter()
                .filter(|number| (least..=most).contains(number))
                .map(|number| number.to_string())
                .collect()
        }
        ShapeKind::Number => numbers(text),
        ShapeKind::Duration | ShapeKind::Due | ShapeKind::Share | ShapeKind::Backoff => multiplied(text),
        ShapeKind::Word(words) => words
            .iter()
            .filter(|word| **word != text)
            .map(|word| (*word).to_owned())
            .collect(),
        ShapeKind::Expression => ["true", "false", "0", "null", "[]", "['other']", "now"]
            .map(str::to_owned)
            .to_vec(),
        ShapeKind::Name => {
            let others = others.iter().filter(|other| ***other != *text).map(|other| other.to_string());
            others.chain([format!("{text}_other"), format!("{text}-other")]).collect()
        }
        _ => {
            let others = others.iter().filter(|other| ***other != *text).map(|other| other.to_string());
            literal(text).into_iter().chain(others).collect()
        }
    };
    let style = if shape == ShapeKind::Expression {
        Style::DoubleQuoted
    } else {
        Style::Plain
    };
    texts.into_iter().map(|text| of_scalar(&text, style)).collect()
}

/// A text: another one, or another number, duration, boolean or type where it is one.
fn literal(text: &str) -> Vec<String> {
    let mut texts = ["other", "0", "true"].map(str::to_owned).to_vec();
    match text {
        "true" => texts.push("false".to_owned()),
        "false" => texts.push("true".to_owned()),
        _ if !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '_') => texts.push("OTHER".to_owned()),
        _ if TYPES.contains(&text) => texts.extend(TYPES.iter().filter(|word| **word != text).map(|word| (*word).to_owned())),
        _ if text.parse::<f64>().is_ok() => texts.extend(numbers(text)),
        _ if text.starts_with(|c: char| c.is_ascii_digit()) => texts.extend(multiplied(text)),
        _ => {}
    }
    texts
}

fn numbers(text: &str) -> Vec<String> {
    let Ok(number) = text.parse::<f64>() else { return Vec::new() };
    [number + 1.0, number - 1.0, number * 2.0]
        .map(|number| number.to_string())
        .to_vec()
}

/// Every number in the text twice as great; then each of them a hundred times, and a tenth.
fn multiplied(text: &str) -> Vec<String> {
    let by = |multiply: fn(u64) -> u64| {
        let mut out = String::new();
        let mut digits = String::new();
        for character in text.chars().chain([' ']) {
            if character.is_ascii_digit() {
                digits.push(character);
                continue;
            }
            if let Ok(number) = std::mem::take(&mut digits).parse::<u64>() {
                out.push_str(&multiply(number).to_string());
            }
            out.push(character);
        }
        out.pop();
        out
    };
    let made = [by(|n| n * 2), by(|n| n * 100), by(|n| (n / 10).max(1))];
    made.into_iter().filter(|made| made != text).collect()
}

/// A structure without one of its parts, in another order, with another name or another value for one of its parts.
fn structures(value: &Node, depth: usize) -> Vec<Node> {
    let mut changes = Vec::new();
    match &value.kind {
        Kind::Sequence(items) => {
            let with = |items: Vec<Node>| node(Kind::Sequence(items.into()));
            for place in 0..items.len().min(PARTS_MAX) {
                let mut fewer = items.to_vec();
                fewer.remove(place);
                changes.push(with(fewer));
            }
            if items.len() > 1 {
                changes.push(with(items.iter().rev().cloned().collect()));
            }
            for (place, item) in items.iter().enumerate().take(PARTS_MAX) {
                for other in parts(item, depth) {
                    let mut changed = items.to_vec();
                    changed.splice(place..=place, [other]);
                    changes.push(with(changed));
                }
            }
        }
        Kind::Mapping(mapping) => {
            let with = |entries: Vec<Entry>| {
                node(Kind::Mapping(Arc::new(Mapping {
                    entries,
                    ..Mapping::default()
                })))
            };
            for place in 0..mapping.entries.len().min(PARTS_MAX) {
                let mut fewer = mapping.entries.clone();
                fewer.remove(place);
                changes.push(with(fewer));
            }
            if let Some((first, rest)) = mapping.entries.split_first() {
                let mut renamed = first.clone();
                (renamed.key.text, renamed.key.raw) = ("other".into(), "other".into());
                changes.push(with([&[renamed], rest].concat()));
            }
            for (place, entry) in mapping.iter().enumerate().take(PARTS_MAX) {
                for other in parts(&entry.value, depth) {
                    let mut changed = mapping.entries.clone();
                    let entry = Entry {
                        value: other,
                        ..entry.clone()
                    };
                    changed.splice(place..=place, [entry]);
                    changes.push(with(changed));
                }
            }
        }
        _ => {}
    }
    changes
}

fn parts(part: &Node, depth: usize) -> Vec<Node> {
    match &part.kind {
        Kind::Scalar(scalar) => literal(&scalar.text)
            .into_iter()
            .map(|text| of_scalar(&text, Style::Plain))
            .collect(),
        _ if depth > 0 => structures(part, depth - 1),
        _ => Vec::new(),
    }
}

fn of_scalar(text: &str, style: Style) -> Node {
    node(Kind::Scalar(Arc::new(Scalar {
        text: text.into(),
        raw: text.into(),
        style,
        span: Span::default(),
    })))
}

fn node(kind: Kind) -> Node {
    Node {
        span: Span::default(),
        kind,
        alias: None,
    }
}

#[test]
fn a_value_becomes_another_one_of_its_shape() {
    let check = |shape, text: &str, expected: &[&str]| {
        let value = of_scalar(text, Style::Plain);
        let made = changes(shape, &value, &["b".into()]);
        let texts: Vec<&str> = made.iter().filter_map(|node| Some(&*node.as_scalar()?.text)).collect();
        assert_eq!(texts, expected, "{text}");
    };
    check(ShapeKind::Boolean, "true", &["false"]);
    check(ShapeKind::Integer { least: 1, most: 5 }, "1", &["2", "2"]);
    check(ShapeKind::Number, "2.5", &["3.5", "1.5", "5"]);
    check(
        ShapeKind::Duration,
        "2 business hours",
        &["4 business hours", "200 business hours", "1 business hours"],
    );
    check(ShapeKind::Backoff, "5s..1m", &["10s..2m", "500s..100m", "1s..1m"]);
    check(ShapeKind::Word(&["all", "any"]), "all", &["any"]);
    check(ShapeKind::Name, "a", &["b", "a_other", "a-other"]);
    check(ShapeKind::Literal, "no", &["other", "0", "true", "b"]);
    check(
        ShapeKind::Literal,
        "integer",
        &["other", "0", "true", "string", "decimal", "boolean", "b"],
    );
}
