//! Why a guard is false: which of its clauses, and what stood in the places they name.

use super::ast::{Node, Term};
use super::evaluate::Evaluation;
use super::limits::{SEEN_PER_CLAUSE_MAX, SEEN_TEXT_BYTES_MAX};
use super::scope::{Scope, Stop};
use super::{Expression, Filter, Span};
use crate::value::{Value, text};

/// The truth of a guard, and of its clauses those that were false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub value: bool,
    /// In the order in which they are written; empty if the value is true.
    pub false_clauses: Vec<FalseClause>,
}

/// A clause that was false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseClause {
    /// As written.
    pub text: String,
    pub span: Span,
    /// What stood in the places that it names, at most [`SEEN_PER_CLAUSE_MAX`] of them.
    pub seen: Vec<Seen>,
}

/// A place and what stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As written, `item` of a list filter replaced by its place in the list: `lots[2].states`.
    pub path: String,
    /// The value's text form, `empty` for null, cut to [`SEEN_TEXT_BYTES_MAX`] bytes; a list of objects is "3 items".
    pub text: String,
}

impl Expression {
    /// Evaluates a guard clause by clause: what top-level `and`s join.
    ///
    /// Up to the first false clause this is what [`Expression::evaluate_truth`] does. The clauses after it are looked at
    /// too, since all that is false is worth saying, but one that cannot be evaluated is passed over: it may rely on what
    /// the first denied, or need a read that the decision did not.
    ///
    /// # Errors
    /// As [`Expression::evaluate_truth`].
    pub fn explain(&self, scope: &dyn Scope) -> Result<Explained, Stop> {
        let mut clauses = Vec::new();
        split(&self.root, &mut clauses);
        let mut evaluation = Evaluation::new(&self.source, scope);
        let mut false_clauses = Vec::new();
        for clause in clauses {
            match evaluation.truth(clause) {
                Ok(true) => {}
                Ok(false) => false_clauses.push(self.false_clause(clause, &mut evaluation)),
                Err(stop) if false_clauses.is_empty() => return Err(stop),
                Err(_) => {}
            }
        }
        Ok(Explained {
            value: false_clauses.is_empty(),
            false_clauses,
        })
    }

    fn false_clause(&self, clause: &Node, evaluation: &mut Evaluation<'_>) -> FalseClause {
        let mut looking = Looking {
            labels: Vec::new(),
            seen: Vec::new(),
        };
        looking.look(clause, evaluation);
        FalseClause {
            text: clause.span.text(&self.source).trim().to_owned(),
            span: clause.span,
            seen: looking.seen,
        }
    }
}

fn split<'node>(node: &'node Node, clauses: &mut Vec<&'node Node>) {
    match &node.term {
        Term::And(parts) => parts.iter().for_each(|part| split(part, clauses)),
        _ => clauses.push(node),
    }
}

/// Going through a clause for the places it names.
struct Looking {
    /// What `item` is called, innermost list filter last: `lots[2]`.
    labels: Vec<String>,
    seen: Vec<Seen>,
}

impl Looking {
    fn look(&mut self, node: &Node, evaluation: &mut Evaluation<'_>) {
        if self.seen.len() >= SEEN_PER_CLAUSE_MAX {
            return;
        }
        match &node.term {
            Term::Constant(_) => {}
            Term::Variable(_) | Term::Field { .. } | Term::Index { .. } if is_place(node) => self.note(node, evaluation),
            Term::Filter {
                filter,
                operand,
                arguments,
                ..
            } if filter.is_over_items() => {
                self.look(operand, evaluation);
                if let (Filter::All, Some(argument)) = (filter, arguments.first()) {
                    self.look_at_first_false(operand, argument, evaluation);
                }
            }
            _ => node.children().into_iter().for_each(|child| self.look(child, evaluation)),
        }
    }

    fn note(&mut self, node: &Node, evaluation: &mut Evaluation<'_>) {
        let path = self.path(node, evaluation);
        if self.seen.iter().any(|seen| seen.path == path) {
            return;
        }
        if let Ok(value) = evaluation.value(node) {
            self.seen.push(Seen {
                path,
                text: shown(&value, evaluation),
            });
        }
    }

    /// The text of a place, with `item` as what it stands for.
    fn path(&self, node: &Node, evaluation: &Evaluation<'_>) -> String {
        let written = node.span.text(evaluation.source).trim();
        match (self.labels.last(), written.strip_prefix("item")) {
            (Some(label), Some(rest)) if !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') => {
                format!("{label}{rest}")
            }
            _ => written.to_owned(),
        }
    }

    /// Of `all(…)` the first item for which it was false says why.
    fn look_at_first_false(&mut self, operand: &Node, argument: &Node, evaluation: &mut Evaluation<'_>) {
        let Ok(Value::List(items)) = evaluation.value(operand) else {
            return;
        };
        for (index, item) in items.iter().enumerate() {
            let truth = evaluation.with_item(item.clone(), index, |inner| inner.truth(argument));
            if truth == Ok(false) {
                let label = format!("{}[{index}]", self.path(operand, evaluation));
                self.labels.push(label);
                // Looking at places changes nothing and cannot stop the evaluation.
                let _: Result<(), Stop> = evaluation.with_item(item.clone(), index, |inner| {
                    self.look(argument, inner);
                    Ok(())
                });
                self.labels.pop();
                return;
            }
        }
    }
}

/// Whether the node is a variable, or fields and items of one.
fn is_place(node: &Node) -> bool {
    match &node.term {
        Term::Variable(_) => true,
        Term::Field { base, .. } | Term::Index { base, .. } => is_place(base),
        _ => false,
    }
}

fn shown(value: &Value, evaluation: &Evaluation<'_>) -> String {
    let zone = Some(evaluation.scope.zone());
    let full = match value {
        Value::Null => "empty".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::List(items) if items.iter().any(|item| matches!(item, Value::List(_) | Value::Object(_))) => {
            format!("{} item{}", items.len(), if items.len() == 1 { "" } else { "s" })
        }
        Value::List(items) if items.is_empty() => "no items".to_owned(),
        Value::List(items) => {
            let most = items.iter().take(SEEN_TEXT_BYTES_MAX);
            most.map(|item| text::to_text(item, zone)).collect::<Vec<_>>().join(", ")
        }
        _ => text::to_text(value, zone),
    };
    cut(full)
}

fn cut(mut full: String) -> String {
    if full.len() > SEEN_TEXT_BYTES_MAX {
        let mut end = SEEN_TEXT_BYTES_MAX;
        while !full.is_char_boundary(end) {
            end -= 1;
        }
        full.truncate(end);
        full.push('…');
    }
    full
}
