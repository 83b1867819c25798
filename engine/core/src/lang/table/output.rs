//! What a decision answers: fields with their types, or parts put together from rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decision::Placed;
use super::{Reader, entries};
use crate::chart::{Answer, Combined, Combining, ValueTemplate};
use crate::diagnostic::{Code, Span};
use crate::expression::Type;
use crate::field::{Fields, Schema};
use crate::lang::grammar::{COMBINED_FIELDS, DECIDED_FIELDS};
use crate::lang::scope::{Known, Scope};
use crate::lang::shape;
use crate::yaml::{Entry, Mapping, Node, Scalar};

/// What `output` says, before the rows are known.
pub(super) enum Output {
    /// The fields that a row gives.
    Fields(Fields),
    /// How rows are collected, still to be read.
    Parts(Arc<Mapping>),
}

impl Output {
    /// What a row gives, where it is declared.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Output::Fields(fields) => fields.list.iter().map(|field| &*field.name).collect(),
            Output::Parts(_) => Vec::new(),
        }
    }

    /// Whether a row may apply and say nothing.
    pub(super) fn may_be_silent(&self) -> bool {
        matches!(self, Output::Parts(_))
    }
}

impl Reader<'_, '_> {
    pub(super) fn output(&mut self, node: &Node, mode: &str) -> Output {
        if mode == "collect" {
            shape::check_value(node, COMBINED_FIELDS, "`output`", self.out);
            let parts = match &node.kind {
                crate::yaml::Kind::Mapping(mapping) => mapping.clone(),
                _ => Arc::default(),
            };
            return Output::Parts(parts);
        }
        shape::check_value(node, DECIDED_FIELDS, "`output`", self.out);
        let fields = self.fields(node);
        self.refuse_personal(node, &fields, "what the table answers");
        Output::Fields(fields)
    }

    /// The declaration of a field that a row gives; the outer None: there is none.
    pub(super) fn given_field<'o>(&mut self, entry: &Entry, output: &'o Output, scope: &Scope) -> Option<Option<&'o Schema>> {
        match output {
            Output::Fields(fields) => match fields.get(entry.name()) {
                Some(field) => Some(Some(&field.schema)),
                None => {
                    let names: Vec<&str> = fields.list.iter().map(|field| &*field.name).collect();
                    self.unknown(&entry.key, "output", &names);
                    None
                }
            },
            Output::Parts(_) if scope.contains(entry.name()) => {
                let message = format!("`{}` is the name of an input or a `let` value", entry.name());
                self.error(
                    Code::NameClash,
                    entry.key.span,
                    message,
                    "choose another name: `output` could not tell them apart",
                );
                None
            }
            Output::Parts(_) => Some(None),
        }
    }

    /// Fields that a row must give.
    pub(super) fn refuse_missing(&mut self, output: &Output, then: &[(Arc<str>, ValueTemplate)], place: Span) {
        let Output::Fields(fields) = output else { return };
        for field in fields.list.iter().filter(|field| field.is_required()) {
            if !then.iter().any(|(name, _)| *name == field.name) {
                let message = format!("the row gives no `{}`", field.name);
                self.error(
                    Code::RowMisfit,
                    place,
                    message,
                    "add it under `then`, or declare it `optional`",
                );
            }
        }
    }

    /// The answer, with its type, once the rows are known.
    pub(super) fn answer(&mut self, output: Output, rows: &[Placed], scope: &Scope, mode: &str) -> (Answer, Type) {
        let parts = match output {
            Output::Fields(fields) => {
                let gives = fields.expression_type();
                let answer = match mode {
                    "unique" => Answer::Unique(fields),
                    _ => Answer::First(fields),
                };
                return (answer, gives);
            }
            Output::Parts(parts) => parts,
        };
        let scope = with_given(scope, rows);
        let mut combined = Vec::new();
        let mut fields = BTreeMap::new();
        for entry in entries(&parts) {
            let Some((part, kind)) = entry.value.as_mapping().and_then(|mapping| self.part(mapping, rows, &scope)) else {
                fields.insert(entry.key.text.clone(), Type::Any);
                continue;
            };
            fields.insert(entry.key.text.clone(), kind);
            combined.push((entry.key.text.clone(), part));
        }
        (Answer::Collect(combined), Type::Object { fields, open: false })
    }

    fn part(&mut self, mapping: &Mapping, rows: &[Placed], scope: &Scope) -> Option<(Combined, Type)> {
        let from = match &*mapping.get("from")?.as_scalar()?.text {
            "list" => Combining::List,
            "all" => Combining::All,
            "any" => Combining::Any,
            "sum" => Combining::Sum,
            "max" => Combining::Max,
            "min" => Combining::Min,
            _ => return None,
        };
        let of = mapping.get("of")?.as_scalar()?;
        let condition = mapping.get("if").and_then(Node::as_scalar);
        for scalar in std::iter::once(of).chain(condition) {
            self.refuse_ungiven(scalar, rows);
        }
        let condition = match condition {
            Some(scalar) => Some(self.condition(scalar, scope)?),
            None => None,
        };
        let (of, kind) = match from {
            Combining::All | Combining::Any => (self.condition(of, scope)?, Type::Boolean),
            _ => {
                let (expression, kind) = self.expression(of, scope)?;
                self.refuse_uncombinable(from, of, &kind);
                (expression, kind)
            }
        };
        let gives = match from {
            Combining::List => Type::list(kind),
            Combining::Max | Combining::Min => Type::optional(kind.present().clone()),
            Combining::Sum | Combining::All | Combining::Any => kind.present().clone(),
        };
        Some((Combined { from, of, condition }, gives))
    }

    /// Every row that says something gives what the answer is made of.
    fn refuse_ungiven(&mut self, scalar: &Scalar, rows: &[Placed]) {
        let Ok(expression) = crate::expression::Expression::parse(&scalar.text) else {
            return;
        };
        let references = expression.references();
        let given: Vec<&Arc<str>> = rows
            .iter()
            .flat_map(|placed| placed.then.iter().map(|(name, _)| name))
            .collect();
        for name in references.variables.keys().filter(|name| given.contains(name)) {
            let silent = |placed: &&Placed| placed.row.then.is_some() && !placed.then.iter().any(|(known, _)| known == name);
            for placed in rows.iter().filter(silent) {
                let message = format!("row {} gives no `{name}`, of which the answer is made", placed.row.number);
                self.error(Code::RowMisfit, placed.span, message, "add it under `then`");
            }
        }
    }

    fn refuse_uncombinable(&mut self, from: Combining, of: &Scalar, kind: &Type) {
        let kind = kind.present();
        let (fits, wanted) = match from {
            Combining::Sum => (kind.is_number(), "numbers"),
            Combining::Max | Combining::Min => (
                kind.is_number() || matches!(kind, Type::Date | Type::Time | Type::Instant),
                "numbers, dates or moments",
            ),
            _ => (true, ""),
        };
        if !fits && !matches!(kind, Type::Any | Type::Null) {
            let message = format!("this is {kind}, and {wanted} are put together this way");
            self.error(
                Code::WrongType,
                of.span,
                message,
                "name something that rows give as a number, or write `from: list`",
            );
        }
    }
}

/// The scope of `output`: what rows give besides what they see.
fn with_given(scope: &Scope, rows: &[Placed]) -> Scope {
    let mut given: BTreeMap<Arc<str>, Type> = BTreeMap::new();
    for (name, kind) in rows.iter().flat_map(|placed| &placed.then) {
        let kind = match given.remove(name) {
            Some(known) => known.or(kind.clone()),
            None => kind.clone(),
        };
        given.insert(name.clone(), kind);
    }
    let mut scope = scope.clone();
    for (name, kind) in given {
        scope.insert(name, Known::Let { kind, personal: false });
    }
    scope
}
