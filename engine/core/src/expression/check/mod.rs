//! Checking an expression before it runs: unknown names, and operands that can never fit.
//!
//! What may be null is not a problem here, since every declared field may be empty: an expression that meets null says so
//! when it runs. What is of unknown type is not a problem either. So everything reported is wrong whenever it is reached.

mod calls;
mod items;
mod operators;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Node, Term};
use super::problem::{Problem, ProblemKind};
use super::wording::quoted;
use super::{Expression, Function, Part, Template, Type};

/// The names that an expression may use, with their types.
pub trait TypeScope {
    /// The type of a variable; `None` if there is none of that name. `item` and `index` of list filters, `now` and `today`
    /// are not asked for.
    fn variable(&self, name: &str) -> Option<Type>;

    /// Every name there is, for proposals.
    fn names(&self) -> Vec<Arc<str>>;

    /// The type of what `decide` or `table` answer.
    ///
    /// # Errors
    /// What is wrong with the call, as a sentence without a full stop.
    fn call(&self, call: &TypedCall<'_>) -> Result<Type, String>;
}

/// A call of `decide` or `table`, with what is known of its arguments.
#[derive(Debug)]
pub struct TypedCall<'a> {
    pub function: Function,
    /// The table's name, if it is written out.
    pub table: Option<&'a str>,
    /// The types of the arguments after the table's name.
    pub arguments: &'a [Type],
    /// Of `decide` only.
    pub named: &'a [(Arc<str>, Type)],
}

impl Expression {
    /// The type of its value, and everything that is wrong with it.
    #[must_use]
    pub fn check(&self, scope: &dyn TypeScope) -> (Type, Vec<Problem>) {
        let mut checking = Checking::new(&self.source, scope);
        let found = checking.node(&self.root);
        (found, checking.problems)
    }

    /// Everything that is wrong with it as a guard, which must be true or false.
    #[must_use]
    pub fn check_truth(&self, scope: &dyn TypeScope) -> Vec<Problem> {
        let mut checking = Checking::new(&self.source, scope);
        checking.truth(&self.root);
        checking.problems
    }
}

impl Template {
    /// The type of its value, and everything that is wrong with it; spans are within the template.
    #[must_use]
    pub fn check(&self, scope: &dyn TypeScope) -> (Type, Vec<Problem>) {
        if let Some((offset, expression)) = self.single() {
            let (found, problems) = expression.check(scope);
            return (found, shifted(problems, offset).collect());
        }
        (Type::Text, self.check_text(scope))
    }

    /// Everything that is wrong with it where its value has to be text.
    #[must_use]
    pub fn check_text(&self, scope: &dyn TypeScope) -> Vec<Problem> {
        let mut all = Vec::new();
        for part in self.parts() {
            if let Part::Expression { offset, expression } = part {
                let mut checking = Checking::new(&expression.source, scope);
                checking.text_form(&expression.root);
                all.extend(shifted(checking.problems, *offset));
            }
        }
        all
    }
}

fn shifted(problems: Vec<Problem>, offset: usize) -> impl Iterator<Item = Problem> {
    problems.into_iter().map(move |problem| problem.shifted(offset))
}

/// One check of one expression.
struct Checking<'a> {
    source: &'a str,
    scope: &'a dyn TypeScope,
    /// The types of `item` in the list filters we are in, innermost last.
    items: Vec<Type>,
    problems: Vec<Problem>,
}

impl<'a> Checking<'a> {
    fn new(source: &'a str, scope: &'a dyn TypeScope) -> Checking<'a> {
        Checking {
            source,
            scope,
            items: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The type of a node. Where something is wrong it is [`Type::Any`], so that one mistake is reported once.
    fn node(&mut self, node: &Node) -> Type {
        match &node.term {
            Term::Constant(value) => constant(value),
            Term::Variable(name) => self.variable(name, node),
            Term::Field { base, name, name_span } => {
                let object = self.present(base);
                self.field(&object, base, name, *name_span)
            }
            Term::Index { base, index } => self.index(base, index),
            Term::Negate(operand) => self.negate(operand),
            Term::Not(operand) => {
                self.truth(operand);
                Type::Boolean
            }
            Term::Arithmetic { operator, left, right } => self.arithmetic(*operator, left, right, node),
            Term::Join(left, right) => {
                self.text_form(left);
                self.text_form(right);
                Type::Text
            }
            Term::Compare { comparison, left, right } => self.compare(*comparison, left, right, node),
            Term::Membership { item, container, .. } => self.membership(item, container, node),
            Term::IsNone { operand, .. } => {
                self.node(operand);
                Type::Boolean
            }
            Term::And(clauses) | Term::Or(clauses) => {
                clauses.iter().for_each(|clause| self.truth(clause));
                Type::Boolean
            }
            Term::Choice {
                condition,
                then,
                otherwise,
            } => {
                self.truth(condition);
                self.node(then).or(self.node(otherwise))
            }
            Term::List(items) => {
                let types = items.iter().map(|item| self.node(item)).collect::<Vec<_>>();
                Type::list(types.into_iter().reduce(Type::or).unwrap_or(Type::Any))
            }
            Term::Object(fields) => {
                let fields: BTreeMap<Arc<str>, Type> = fields
                    .iter()
                    .map(|(name, field)| (Arc::clone(name), self.node(field)))
                    .collect();
                Type::Object { fields, open: false }
            }
            Term::Call {
                function,
                arguments,
                named,
                ..
            } => self.call(*function, arguments, named, node),
            Term::Filter {
                filter,
                operand,
                arguments,
                ..
            } => self.filter(*filter, operand, arguments, node),
        }
    }

    /// The type of a node that must not be null, without "or null".
    fn present(&mut self, node: &Node) -> Type {
        match self.node(node) {
            Type::Null => {
                let message = format!("{} is always empty, and a value is needed", self.quoted(node));
                self.report(Problem::new(ProblemKind::NullOperand, node.span, message).advise("test for null with `is none`"))
            }
            Type::Optional(inner) => *inner,
            other => other,
        }
    }

    /// A node that must be true or false.
    fn truth(&mut self, node: &Node) {
        let found = self.present(node);
        if !matches!(found, Type::Boolean | Type::Any) {
            let message = format!("{} is {found}, and true or false is needed", self.quoted(node));
            let problem = Problem::new(ProblemKind::NotBoolean, node.span, message);
            self.problems.push(match truth_advice(&found) {
                Some(advice) => problem.advise(advice),
                None => problem,
            });
        }
    }

    /// A node whose value must have a text form.
    fn text_form(&mut self, node: &Node) {
        let found = self.present(node);
        if matches!(found, Type::List(_) | Type::Object { .. }) {
            let message = format!("{} is {found}, and text is needed", self.quoted(node));
            let problem = Problem::new(ProblemKind::TypeMismatch, node.span, message);
            self.problems
                .push(problem.advise("use `| join(', ')`, `| map(…)` or `| text`"));
        }
    }

    fn quoted(&self, node: &Node) -> String {
        quoted(self.source, node)
    }

    /// Records a problem; its place has no known type.
    fn report(&mut self, problem: Problem) -> Type {
        self.problems.push(problem);
        Type::Any
    }

    /// "`x` is text, and a number is needed".
    fn mismatch(&mut self, node: &Node, found: &Type, wanted: &str) -> Type {
        let message = format!("{} is {found}, and {wanted}", self.quoted(node));
        self.report(Problem::new(ProblemKind::TypeMismatch, node.span, message))
    }

    fn variable(&mut self, name: &str, node: &Node) -> Type {
        match (name, self.items.last()) {
            ("item", Some(item)) => return item.clone(),
            ("index", Some(_)) => return Type::Integer,
            ("now", _) => return Type::Instant,
            ("today", _) => return Type::Date,
            _ => {}
        }
        match self.scope.variable(name) {
            Some(found) => found,
            None => {
                let known = self.scope.names();
                let local: &[&str] = if self.items.is_empty() {
                    &["now", "today"]
                } else {
                    &["now", "today", "item", "index"]
                };
                let names = known.iter().map(|name| &**name).chain(local.iter().copied());
                let problem = Problem::new(
                    ProblemKind::UnknownVariable,
                    node.span,
                    format!("there is no variable `{name}`"),
                );
                self.report(problem.nearest(name, names))
            }
        }
    }

    fn field(&mut self, object: &Type, base: &Node, name: &str, name_span: super::Span) -> Type {
        match object {
            Type::Any => Type::Any,
            Type::Object { fields, open } => match fields.get(name) {
                Some(field) => field.clone(),
                None if *open => Type::Any,
                None => {
                    let message = format!("{} has no field `{name}`", self.quoted(base));
                    let problem = Problem::new(ProblemKind::UnknownField, name_span, message);
                    let known: Vec<Arc<str>> = fields.keys().cloned().collect();
                    let written = name_span.text(self.source);
                    // In `x['name']` the place has quotes, which the proposal must keep.
                    if written == name {
                        self.report(problem.nearest(name, known.iter().map(|key| &**key)))
                    } else {
                        let quoted_names: Vec<String> = known.iter().map(|key| format!("'{key}'")).collect();
                        self.report(problem.nearest(written, quoted_names.iter().map(String::as_str)))
                    }
                }
            },
            other => self.mismatch(base, other, &format!("has no field `{name}`")),
        }
    }

    fn index(&mut self, base: &Node, index: &Node) -> Type {
        let container = self.present(base);
        let place = self.present(index);
        match (&container, &place) {
            (Type::Any, _) => Type::Any,
            (Type::List(item), Type::Integer | Type::Any) => (**item).clone(),
            (Type::Object { fields, open }, Type::Text | Type::Any) => {
                let known = fields.values().cloned().reduce(Type::or);
                if *open { Type::Any } else { known.unwrap_or(Type::Any) }
            }
            (Type::List(_), _) => self.mismatch(index, &place, "the place of an item is an integer"),
            (Type::Object { .. }, _) => self.mismatch(index, &place, "the name of a field is text"),
            _ => self.mismatch(base, &container, "only lists and objects have parts"),
        }
    }
}

fn constant(value: &crate::value::Value) -> Type {
    use crate::value::Kind;
    match value.kind() {
        Kind::Null => Type::Null,
        Kind::Boolean => Type::Boolean,
        Kind::Integer => Type::Integer,
        Kind::Decimal => Type::Decimal,
        Kind::Text => Type::Text,
        // The grammar has no other constants.
        _ => Type::Any,
    }
}

fn truth_advice(found: &Type) -> Option<&'static str> {
    match found {
        Type::List(_) => Some("write `x | length > 0`"),
        Type::Object { .. } => Some("write `x is not none`"),
        Type::Text => Some("write `x != ''`, or compare it"),
        found if found.is_number() => Some("write `x != 0`, or compare it"),
        _ => None,
    }
}
