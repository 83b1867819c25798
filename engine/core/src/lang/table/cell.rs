//! What stands in one cell of a table: a literal of its column's type, or a condition on an input.

use crate::chart::{Bound, Condition};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expression::Type;
use crate::field::{Kind as FieldKind, Schema};
use crate::lang::fields::literal_of;
use crate::lang::shape;
use crate::value::order::order;
use crate::value::{Kind, Value};
use crate::yaml::{Kind as NodeKind, Node, Scalar, Style};

/// Signs before a value, longer ones first: which end of a range it is, and whether it belongs to it.
const SIGNS: [(&str, End, bool); 4] = [
    (">=", End::Least, true),
    ("<=", End::Most, true),
    (">", End::Least, false),
    ("<", End::Most, false),
];

#[derive(Clone, Copy)]
enum End {
    Least,
    Most,
}

/// Whether something in a structure is computed.
pub(super) fn holds_computed(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar(scalar) => shape::is_computed(scalar),
        NodeKind::Sequence(items) => items.iter().any(holds_computed),
        NodeKind::Mapping(mapping) => mapping.iter().any(|entry| holds_computed(&entry.value)),
        NodeKind::Empty | NodeKind::Broken => false,
    }
}

/// A literal of that type; a plain `null` is null. None with a diagnostic where it does not fit.
pub(super) fn literal(schema: &Schema, node: &Node, out: &mut Diagnostics) -> Option<Value> {
    if is_null(node) {
        return Some(Value::Null);
    }
    let value = match (&schema.kind, node.as_scalar()) {
        // where text is declared a word is that text, whatever it looks like
        (FieldKind::Text { .. } | FieldKind::Reference { .. } | FieldKind::User | FieldKind::Unit, Some(scalar)) => {
            Value::Text(scalar.text.clone())
        }
        (kind, _) => literal_of(kind, node, out)?,
    };
    accepted(schema, &value, node, out)
}

fn accepted(schema: &Schema, value: &Value, node: &Node, out: &mut Diagnostics) -> Option<Value> {
    match schema.accept(value) {
        Ok(value) => Some(value),
        Err(problems) => {
            for problem in problems {
                let message = format!("the value {problem}");
                out.push(Diagnostic::error(Code::RowMisfit, node.span, message).help("write a value of the declared type"));
            }
            None
        }
    }
}

pub(super) fn is_null(node: &Node) -> bool {
    let null = |scalar: &Scalar| scalar.style == Style::Plain && &*scalar.text == "null";
    node.as_scalar().is_some_and(null)
}

/// A condition on an input of that type: a value, `>= 65`, `2.00..3.50`, or a list of these.
pub(super) fn condition(schema: &Schema, node: &Node, out: &mut Diagnostics) -> Option<Condition> {
    if let Some(items) = node.as_sequence() {
        let conditions: Option<Vec<Condition>> = items.iter().map(|item| condition(schema, item, out)).collect();
        return conditions.map(Condition::AnyOf);
    }
    if is_null(node) {
        return Some(Condition::Null);
    }
    let Some(scalar) = node.as_scalar() else {
        let message = "a condition is a value, a range, or a list of these";
        out.push(
            Diagnostic::error(Code::ConditionUnreadable, node.span, message)
                .help("write `5`, `'>= 65'`, `2.00..3.50` or `[a, b]`"),
        );
        return None;
    };
    match schema.kind {
        FieldKind::Integer | FieldKind::Decimal { .. } | FieldKind::Date | FieldKind::Time | FieldKind::Instant => {
            ordered(schema, scalar, node, out)
        }
        FieldKind::Text { .. }
        | FieldKind::Reference { .. }
        | FieldKind::User
        | FieldKind::Unit
        | FieldKind::Boolean
        | FieldKind::Duration => literal(schema, node, out).map(Condition::Is),
        FieldKind::Any | FieldKind::File | FieldKind::Object { .. } | FieldKind::List { .. } => {
            let message = format!("this input is {}, of which `when` can ask nothing", schema.expression_type());
            out.push(
                Diagnostic::error(Code::ConditionUnreadable, node.span, message)
                    .help("write the condition as an expression under `if`"),
            );
            None
        }
    }
}

fn ordered(schema: &Schema, scalar: &Scalar, node: &Node, out: &mut Diagnostics) -> Option<Condition> {
    let text = scalar.text.trim();
    for (sign, end, inclusive) in SIGNS {
        let Some(rest) = text.strip_prefix(sign) else { continue };
        let bound = Some(Bound {
            value: end_of(schema, rest.trim(), node, out)?,
            inclusive,
        });
        return Some(match end {
            End::Least => Condition::Within {
                least: bound,
                most: None,
            },
            End::Most => Condition::Within {
                least: None,
                most: bound,
            },
        });
    }
    let Some((least, most)) = text.split_once("..") else {
        return end_of(schema, text, node, out).map(Condition::Is);
    };
    let ends = [least, most].map(|text| end_of(schema, text.trim(), node, out));
    let [Some(least), Some(most)] = ends else { return None };
    if order(&least, &most).is_gt() {
        let message = format!("nothing is within `{text}`: it ends before it begins");
        out.push(Diagnostic::error(Code::ConditionUnreadable, node.span, message).help("write the smaller value first"));
        return None;
    }
    let inclusive = |value| Some(Bound { value, inclusive: true });
    Some(Condition::Within {
        least: inclusive(least),
        most: inclusive(most),
    })
}

/// A value at the end of a range. The limits of the type are those of what is given; a range may go beyond them.
fn end_of(schema: &Schema, text: &str, node: &Node, out: &mut Diagnostics) -> Option<Value> {
    let plain = Schema::of(match &schema.kind {
        FieldKind::Decimal { .. } => FieldKind::Decimal { scale: None },
        kind => kind.clone(),
    });
    let given = match schema.kind {
        FieldKind::Integer => crate::value::number::parse_number(text).ok(),
        _ => Some(Value::from_text(text)),
    };
    let value = given.and_then(|given| plain.accept(&given).ok());
    if value.is_none() {
        let message = format!("`{text}` is not {}", plain.expression_type());
        let help = "write a value, a comparison such as `'>= 65'`, a range such as `2.00..3.50`, or a list of these";
        out.push(Diagnostic::error(Code::ConditionUnreadable, node.span, message).help(help));
    }
    value
}

/// The type of a value that stands in a file.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::List(items) => Type::list(items.iter().map(type_of).reduce(Type::or).unwrap_or(Type::Any)),
        Value::Object(fields) => Type::Object {
            fields: fields.iter().map(|(name, value)| (name.clone(), type_of(value))).collect(),
            open: false,
        },
        value => match value.kind() {
            Kind::Boolean => Type::Boolean,
            Kind::Integer => Type::Integer,
            Kind::Decimal => Type::Decimal,
            Kind::Date => Type::Date,
            Kind::Time => Type::Time,
            Kind::Instant => Type::Instant,
            Kind::Duration => Type::Duration,
            _ => Type::Text,
        },
    }
}
