//! The limits of a type: each must say something about it, be usable, and leave some value allowed.

use std::sync::Arc;

use super::words;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::field::{Kind, Pattern, Schema};
use crate::lang::free;
use crate::value::{Decimal, Value, number};
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, quoted, read, trap};

/// Keywords with what they are about.
const TEXT: [&str; 3] = ["minLength", "maxLength", "pattern"];
const NUMBERS: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const LISTS: [&str; 5] = ["items", "minItems", "maxItems", "uniqueItems", "keyed"];
const OBJECTS: [&str; 3] = ["properties", "required", "additionalProperties"];

/// What stands beside `$ref` describes the field; limits belong into the file.
pub(super) fn refuse_beside_reference(mapping: &Mapping, out: &mut Diagnostics) {
    let limits = ["enum", "const", "scale", "workflow", "table"];
    let all = TEXT.iter().chain(&NUMBERS).chain(&LISTS).chain(&OBJECTS).chain(&limits);
    for entry in all.filter_map(|key| mapping.entry(key)) {
        let message = format!("`{}` stands beside `$ref`, where it would have no effect", entry.name());
        out.push(Diagnostic::error(Code::KeysExclude, entry.key.span, message).help("write it in the file that `$ref` names"));
    }
}

/// Reads every limit of a type but its structure.
pub(super) fn fill(schema: &mut Schema, mapping: &Mapping, out: &mut Diagnostics) {
    refuse_what_says_nothing(schema, mapping, out);
    fill_kind(&mut schema.kind, mapping, out);
    schema.minimum = number(mapping, "minimum");
    schema.maximum = number(mapping, "maximum");
    schema.exclusive_minimum = number(mapping, "exclusiveMinimum");
    schema.exclusive_maximum = number(mapping, "exclusiveMaximum");
    schema.multiple_of = number(mapping, "multipleOf");
    schema.table = word(mapping, "table");
    schema.allowed = allowed(schema, mapping, out);
    refuse_what_nothing_fits(schema, mapping, out);
}

/// The kind of a type that only lists its values.
pub(super) fn kind_of_values(mapping: &Mapping) -> Kind {
    let mut unheard = Diagnostics::new();
    let listed = mapping.get("enum").and_then(Node::as_sequence).unwrap_or_default().iter();
    let values: Vec<Value> = listed
        .chain(mapping.get("const"))
        .filter_map(|node| free::value(node, &mut unheard))
        .collect();
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
    match () {
        () if all(|value| matches!(value, Value::Integer(_))) => Kind::Integer,
        () if all(|value| value.as_decimal().is_some()) => Kind::Decimal { scale: None },
        () if all(|value| value.as_boolean().is_some()) => Kind::Boolean,
        () => words::text(),
    }
}

fn fill_kind(kind: &mut Kind, mapping: &Mapping, out: &mut Diagnostics) {
    match kind {
        Kind::Text {
            min_length,
            max_length,
            pattern,
        } => {
            *min_length = size(mapping, "minLength");
            *max_length = size(mapping, "maxLength");
            *pattern = mapping.entry("pattern").and_then(|entry| read_pattern(entry, out));
        }
        Kind::Decimal { scale } => *scale = size(mapping, "scale").and_then(|scale| u32::try_from(scale).ok()),
        Kind::Reference { workflow } => *workflow = word(mapping, "workflow"),
        Kind::List {
            items,
            keyed,
            min_items,
            max_items,
            unique_items,
        } => {
            *min_items = size(mapping, "minItems");
            *max_items = size(mapping, "maxItems");
            *unique_items = word(mapping, "uniqueItems").is_some_and(|word| &*word == "true");
            *keyed = mapping.entry("keyed").and_then(|entry| key_of(&items.kind, entry, out));
        }
        _ => {}
    }
}

fn read_pattern(entry: &Entry, out: &mut Diagnostics) -> Option<Pattern> {
    let scalar = entry.value.as_scalar()?;
    match Pattern::new(&scalar.text) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            // The reader of regular expressions draws the place over several lines; the last one says what is wrong.
            let why = error.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
            let message = format!("not a regular expression that can be used: {why}");
            out.push(Diagnostic::error(Code::UnusableLimit, scalar.span, message));
            None
        }
    }
}

/// The field that identifies an item, which must be one of its fields.
fn key_of(items: &Kind, entry: &Entry, out: &mut Diagnostics) -> Option<Arc<str>> {
    let name = entry.value.as_scalar()?;
    match items {
        Kind::Object { fields, open: false } if fields.get(&name.text).is_some() => Some(name.text.clone()),
        _ => {
            let message = format!("the items have no field `{}` to be identified by", name.text);
            out.push(
                Diagnostic::error(Code::UnknownField, name.span, message).help("`keyed` names one of the fields under `items`"),
            );
            None
        }
    }
}

fn refuse_what_says_nothing(schema: &Schema, mapping: &Mapping, out: &mut Diagnostics) {
    let (noun, own): (&str, &[&[&str]]) = match &schema.kind {
        Kind::Text { .. } => ("text", &[&TEXT, &["table"]]),
        Kind::Integer => ("a whole number", &[&NUMBERS]),
        Kind::Decimal { .. } => ("a number", &[&NUMBERS, &["scale"]]),
        Kind::List { .. } => ("a list", &[&LISTS]),
        Kind::Object { .. } => ("an object", &[&OBJECTS]),
        Kind::Reference { .. } => ("a ref", &[&["workflow"]]),
        Kind::Boolean => ("a boolean", &[]),
        _ => ("this type", &[]),
    };
    let all = TEXT
        .iter()
        .chain(&NUMBERS)
        .chain(&LISTS)
        .chain(&OBJECTS)
        .chain(&["scale", "workflow", "table"]);
    let others = all.filter(|key| !own.iter().any(|group| group.contains(key)));
    for entry in others.filter_map(|key| mapping.entry(key)) {
        let message = format!("`{}` says nothing about {noun}", entry.name());
        out.push(Diagnostic::error(Code::UnusableLimit, entry.key.span, message).help("take it away, or correct the type"));
    }
}

fn allowed(schema: &Schema, mapping: &Mapping, out: &mut Diagnostics) -> Option<Vec<Value>> {
    let constant = mapping.get("const");
    let listed = mapping.get("enum").map(|node| node.as_sequence().unwrap_or_default());
    if constant.is_none() && listed.is_none() {
        return None;
    }
    let mut values = Vec::new();
    let is_declared = mapping.get("type").is_some();
    for node in listed.unwrap_or_default().iter().chain(constant) {
        let value = match (&schema.kind, node.as_scalar()) {
            (Kind::Text { .. }, Some(scalar)) => {
                // Where text is declared, a word is that text, whatever it looks like.
                if !is_declared {
                    warn_of_another_reading(scalar, out);
                }
                Some(Value::Text(scalar.text.clone()))
            }
            (kind, _) => literal(kind, node, out),
        };
        let plain = Schema::of(schema.kind.clone());
        match value.map(|value| plain.accept(&value)) {
            Some(Ok(value)) => values.push(value),
            Some(Err(problems)) => {
                for problem in problems {
                    out.push(Diagnostic::error(
                        Code::UnusableLimit,
                        node.span,
                        format!("a value listed here {problem}"),
                    ));
                }
            }
            None => {}
        }
    }
    Some(values)
}

/// A literal where a type is declared: what only looks like one of that type is told with what would be one.
pub(in crate::lang) fn literal(kind: &Kind, node: &Node, out: &mut Diagnostics) -> Option<Value> {
    let trapped = node
        .as_scalar()
        .filter(|scalar| scalar.style == Style::Plain && trap(&scalar.text).is_some());
    match (kind, trapped) {
        (Kind::Integer | Kind::Decimal { .. }, Some(scalar)) if !is_null(scalar) => read::number(scalar, out).map(Value::Decimal),
        (Kind::Boolean, Some(scalar)) if !is_null(scalar) => read::boolean(scalar, out).map(Value::Boolean),
        _ => free::value(node, out),
    }
}

/// Other readers take these for null, which a field may be: it is text here, as everywhere.
fn is_null(scalar: &Scalar) -> bool {
    scalar.text.eq_ignore_ascii_case("null") || &*scalar.text == "~"
}

/// Among words everything is a word, here; other readers see a number or a boolean, where the word looks like one.
fn warn_of_another_reading(scalar: &Scalar, out: &mut Diagnostics) {
    if let read::Free::Value(value) = read::free(scalar, out) {
        let message = format!(
            "`{}` is text here, among words; other readers take it for {}",
            scalar.text,
            value.kind().described()
        );
        out.push(
            Diagnostic::warning(Code::ReadDifferently, scalar.span, message)
                .help("put it in quotes")
                .repair(scalar.span, quoted(&scalar.text)),
        );
    }
}

fn refuse_what_nothing_fits(schema: &Schema, mapping: &Mapping, out: &mut Diagnostics) {
    let least = [(schema.minimum, "minimum"), (schema.exclusive_minimum, "exclusiveMinimum")];
    let most = [(schema.maximum, "maximum"), (schema.exclusive_maximum, "exclusiveMaximum")];
    for (low, low_key) in least {
        for (high, high_key) in most {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                empty(mapping, low_key, &format!("`{low_key}` is above `{high_key}`"), out);
            }
        }
    }
    if schema.multiple_of.is_some_and(|step| step <= Decimal::ZERO) {
        empty(mapping, "multipleOf", "a step is more than 0", out);
    }
    let sizes = [("minLength", "maxLength"), ("minItems", "maxItems")];
    for (low_key, high_key) in sizes {
        if let (Some(low), Some(high)) = (size(mapping, low_key), size(mapping, high_key))
            && low > high
        {
            empty(mapping, low_key, &format!("`{low_key}` is above `{high_key}`"), out);
        }
    }
}

fn empty(mapping: &Mapping, key: &str, message: &str, out: &mut Diagnostics) {
    if let Some(entry) = mapping.entry(key) {
        out.push(
            Diagnostic::error(Code::UnusableLimit, entry.value.span, message.to_owned()).help("no value could ever stand here"),
        );
    }
}

fn scalar<'m>(mapping: &'m Mapping, key: &str) -> Option<&'m Scalar> {
    mapping.get(key).and_then(Node::as_scalar)
}

fn word(mapping: &Mapping, key: &str) -> Option<Arc<str>> {
    scalar(mapping, key).map(|scalar| scalar.text.clone())
}

fn number(mapping: &Mapping, key: &str) -> Option<Decimal> {
    scalar(mapping, key).and_then(|scalar| number::parse_decimal(&scalar.text).ok())
}

fn size(mapping: &Mapping, key: &str) -> Option<usize> {
    scalar(mapping, key).and_then(|scalar| scalar.text.parse().ok())
}
