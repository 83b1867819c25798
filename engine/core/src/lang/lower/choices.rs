//! Values that an expression compares a field with, where the field is one of a list: `material == 'plastic'`.

use std::sync::Arc;

use super::Lowering;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::expression::Expression;
use crate::expression::ast::{Node as Term, Term as Kind};
use crate::lang::scope::Scope;
use crate::value::Value;
use crate::yaml::Scalar;

/// Values that are listed when none is near: more would not be read.
const VALUES_LISTED_MAX: usize = 12;

/// A word that a field is compared with.
struct Compared<'e> {
    /// The variable and fields of the field's path.
    path: Vec<Arc<str>>,
    word: &'e Arc<str>,
    span: crate::expression::Span,
}

impl Lowering<'_> {
    /// Tells of words that a field is compared with and can never be.
    pub(super) fn check_choices(&mut self, scalar: &Scalar, offset: usize, expression: &Expression, scope: &Scope) {
        let mut compared = Vec::new();
        gather(expression.root(), &mut compared);
        for Compared { path, word, span } in compared {
            let Some(values) = scope.field(&path).and_then(|field| field.schema.allowed.as_ref()) else {
                continue;
            };
            let known: Vec<&str> = values.iter().filter_map(Value::as_text).collect();
            if known.len() < values.len() || known.contains(&&**word) {
                continue;
            }
            let message = format!("`{}` is never `{word}`", path.join("."));
            let span = scalar.span_of(span.start + offset..span.end + offset);
            let listed: Vec<String> = known.iter().take(VALUES_LISTED_MAX).map(|word| format!("`{word}`")).collect();
            let more = if known.len() > VALUES_LISTED_MAX { ", …" } else { "" };
            let help = match nearest(word, known) {
                Some(meant) => format!("write `{meant}`, if that is meant"),
                None => format!("it is one of {}{more}", listed.join(", ")),
            };
            self.out.push(Diagnostic::error(Code::UnknownWord, span, message).help(help));
        }
    }
}

fn gather<'e>(node: &'e Term, compared: &mut Vec<Compared<'e>>) {
    match &node.term {
        Kind::Compare {
            comparison, left, right, ..
        } if comparison.is_equality() => {
            note(left, right, compared);
            note(right, left, compared);
        }
        Kind::Membership { item, container, .. } => {
            if let Kind::List(values) = &container.term {
                values.iter().for_each(|value| note(item, value, compared));
            }
        }
        _ => {}
    }
    node.children().into_iter().for_each(|child| gather(child, compared));
}

fn note<'e>(field: &Term, value: &'e Term, compared: &mut Vec<Compared<'e>>) {
    if let (Some(path), Kind::Constant(Value::Text(word))) = (field.path(), &value.term) {
        compared.push(Compared {
            path,
            word,
            span: value.span,
        });
    }
}
