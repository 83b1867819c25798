//! Evaluating a tree: paths, logic, literals, and the budget; operators, functions and filters stand in modules of their own.

use std::sync::Arc;

use super::ast::{Node, Term};
use super::limits::{FUEL_MAX, LIST_ITEMS_MAX, PARTS_PER_FUEL, RESULT_TEXT_BYTES_MAX, STEP_FUEL_MAX, TEXT_BYTES_PER_FUEL};
use super::problem::nearest;
use super::scope::{Fault, FaultKind, Meter, Scope, Stop};
use super::wording::quoted;
use super::{Expression, Span};
use crate::time::local_date;
use crate::value::{Kind, Object, Value, limits, text};

impl Expression {
    /// The value in that scope.
    ///
    /// # Errors
    /// [`Stop::Fault`] with a sentence and its place; [`Stop::Needs`] unchanged from the scope.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, Stop> {
        Evaluation::new(&self.source, scope).value(&self.root)
    }

    /// The value, which must be true or false: a guard.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and a fault if it is not a boolean.
    pub fn evaluate_truth(&self, scope: &dyn Scope) -> Result<bool, Stop> {
        Evaluation::new(&self.source, scope).truth(&self.root)
    }
}

/// One run of one expression.
pub(super) struct Evaluation<'a> {
    pub(super) source: &'a str,
    pub(super) scope: &'a dyn Scope,
    fuel: u64,
    /// What others take from too.
    meter: Option<&'a Meter>,
    /// `item` and `index` of the list filters we are in, innermost last.
    locals: Vec<(Value, usize)>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(source: &'a str, scope: &'a dyn Scope) -> Evaluation<'a> {
        Evaluation::with_fuel(source, scope, FUEL_MAX)
    }

    /// With what is left of a budget that several expressions share.
    pub(super) fn with_fuel(source: &'a str, scope: &'a dyn Scope, fuel: u64) -> Evaluation<'a> {
        Evaluation {
            source,
            scope,
            fuel,
            meter: scope.meter(),
            locals: Vec::new(),
        }
    }

    /// What is left of the budget.
    pub(super) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// The value of a node.
    pub(super) fn value(&mut self, node: &Node) -> Result<Value, Stop> {
        self.burn(1, node.span)?;
        match &node.term {
            Term::Constant(value) => Ok(value.clone()),
            Term::Variable(name) => self.variable(name, node),
            Term::Field { base, name, .. } => {
                if let Some(value) = self.member(base, name)? {
                    return Ok(value);
                }
                let object = self.value(base)?;
                self.field(&object, base, name, node)
            }
            Term::Index { base, index } => self.index(base, index, node),
            Term::Negate(operand) => self.negate(operand, node),
            Term::Not(operand) => self.truth(operand).map(|truth| Value::Boolean(!truth)),
            Term::Arithmetic { operator, left, right } => self.arithmetic(*operator, left, right, node),
            Term::Join(left, right) => self.join(left, right, node),
            Term::Compare { comparison, left, right } => self.compare(*comparison, left, right, node),
            Term::Membership {
                negated,
                item,
                container,
            } => self.membership(*negated, item, container, node),
            Term::IsNone { negated, operand } => Ok(Value::Boolean(self.value(operand)?.is_null() != *negated)),
            Term::And(clauses) => self.all(clauses),
            Term::Or(clauses) => self.any(clauses),
            Term::Choice {
                condition,
                then,
                otherwise,
            } => {
                let chosen = if self.truth(condition)? { then } else { otherwise };
                self.value(chosen)
            }
            Term::List(items) => {
                let items: Result<Vec<Value>, Stop> = items.iter().map(|item| self.value(item)).collect();
                self.sized(Value::from_items(items?), node)
            }
            Term::Object(fields) => self.object(fields, node),
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
                pattern,
                ..
            } => self.filter(*filter, operand, arguments, pattern.as_ref(), node),
        }
    }

    /// The value of a node that must be true or false.
    pub(super) fn truth(&mut self, node: &Node) -> Result<bool, Stop> {
        match self.value(node)? {
            Value::Boolean(truth) => Ok(truth),
            other => Err(self.mismatch(node, &other, "true or false is needed")),
        }
    }

    /// The value of a node that must not be null.
    pub(super) fn present(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.value(node)?;
        if value.is_null() { Err(self.empty(node)) } else { Ok(value) }
    }

    /// Evaluates a node with an item as `item` and its place as `index`.
    pub(super) fn with_item<T>(
        &mut self,
        item: Value,
        index: usize,
        evaluate: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.locals.push((item, index));
        let result = evaluate(self);
        self.locals.pop();
        result
    }

    /// Takes from the budget.
    pub(super) fn burn(&mut self, amount: usize, span: Span) -> Result<(), Stop> {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        let Some(left) = self.fuel.checked_sub(amount) else {
            let message = format!("the expression takes more than {FUEL_MAX} steps");
            return Err(fault(FaultKind::Limit, span, message));
        };
        self.fuel = left;
        if self.meter.is_some_and(|meter| !meter.burn(amount)) {
            let message = format!("all expressions together take more than {STEP_FUEL_MAX} steps");
            return Err(fault(FaultKind::Limit, span, message));
        }
        Ok(())
    }

    /// Checks the size of a list that is about to be made.
    pub(super) fn expect_items(&mut self, count: usize, span: Span) -> Result<(), Stop> {
        if count > LIST_ITEMS_MAX {
            return Err(fault(
                FaultKind::Limit,
                span,
                format!("the list has more than {LIST_ITEMS_MAX} items"),
            ));
        }
        self.burn(count, span)
    }

    /// Checks the size of a text that is about to be made.
    pub(super) fn expect_text(&mut self, bytes: usize, span: Span) -> Result<(), Stop> {
        if bytes > RESULT_TEXT_BYTES_MAX {
            return Err(fault(
                FaultKind::Limit,
                span,
                format!("the text is longer than {RESULT_TEXT_BYTES_MAX} bytes"),
            ));
        }
        self.burn(bytes / TEXT_BYTES_PER_FUEL, span)
    }

    /// A value that was put together from others, if it is not too deep or too large: `[x, x]` in one `let` after another
    /// doubles each time, and costs nothing until it is written.
    pub(super) fn sized(&mut self, value: Value, node: &Node) -> Result<Value, Stop> {
        self.burn(self.weight(&value) / PARTS_PER_FUEL, node.span)?;
        limits::check(&value).map_err(|error| fault(FaultKind::Limit, node.span, format!("{}: {error}", self.quoted(node))))?;
        Ok(value)
    }

    /// Appends the text form of a value that must have one.
    pub(super) fn append_text(&mut self, value: &Value, node: &Node, out: &mut String) -> Result<(), Stop> {
        match value {
            Value::Null => return Err(self.empty(node)),
            Value::List(_) | Value::Object(_) => {
                let advice = "text is needed; use `| join(', ')`, `| map(…)` or `| text`";
                return Err(self.mismatch(node, value, advice));
            }
            _ => {}
        }
        let before = out.len();
        text::write_text(value, Some(self.scope.zone()), out);
        if out.len() > RESULT_TEXT_BYTES_MAX {
            return self.expect_text(out.len(), node.span);
        }
        self.burn((out.len() - before) / TEXT_BYTES_PER_FUEL, node.span)
    }

    /// "`rx.left.add` is empty".
    pub(super) fn empty(&self, node: &Node) -> Stop {
        fault(FaultKind::Empty, node.span, format!("{} is empty", self.quoted(node)))
    }

    /// "`note` is text, and …"; of null only that it is empty.
    pub(super) fn mismatch(&self, node: &Node, value: &Value, wanted: &str) -> Stop {
        if value.is_null() {
            return self.empty(node);
        }
        let message = format!("{} is {}, and {wanted}", self.quoted(node), value.kind().described());
        fault(FaultKind::Type, node.span, message)
    }

    /// The text of a node in backquotes.
    pub(super) fn quoted(&self, node: &Node) -> String {
        quoted(self.source, node)
    }

    fn variable(&mut self, name: &Arc<str>, node: &Node) -> Result<Value, Stop> {
        match (&**name, self.locals.last()) {
            ("item", Some((item, _))) => Ok(item.clone()),
            ("index", Some((_, index))) => Ok(Value::Integer(i64::try_from(*index).unwrap_or(i64::MAX))),
            ("now", _) => Ok(Value::from_instant(self.scope.now())),
            ("today", _) => Ok(Value::Date(local_date(self.scope.now(), self.scope.zone()))),
            _ => match self.scope.variable(name).map_err(|stop| stop.placed(node.span))? {
                Some(value) => Ok(value),
                None => Err(fault(FaultKind::Missing, node.span, format!("there is no variable `{name}`"))),
            },
        }
    }

    /// A field that the scope has at hand; the base costs what it costs otherwise.
    fn member(&mut self, base: &Node, name: &str) -> Result<Option<Value>, Stop> {
        let Term::Variable(variable) = &base.term else {
            return Ok(None);
        };
        if !self.locals.is_empty() {
            return Ok(None);
        }
        let member = self.scope.member(variable, name);
        if member.is_some() {
            self.burn(1, base.span)?;
        }
        Ok(member)
    }

    fn field(&self, object: &Value, base: &Node, name: &str, node: &Node) -> Result<Value, Stop> {
        let Value::Object(fields) = object else {
            return Err(self.mismatch(base, object, &format!("has no field `{name}`")));
        };
        match fields.get(name) {
            Some(value) => Ok(value.clone()),
            None => Err(self.no_field(fields, base, name, node)),
        }
    }

    fn no_field(&self, fields: &Object, base: &Node, name: &str, node: &Node) -> Stop {
        let near = match nearest(name, fields.keys().map(|key| &**key)) {
            Some(near) => format!("; the nearest is `{near}`"),
            None => String::new(),
        };
        fault(
            FaultKind::Missing,
            node.span,
            format!("{} has no field `{name}`{near}", self.quoted(base)),
        )
    }

    fn index(&mut self, base: &Node, index: &Node, node: &Node) -> Result<Value, Stop> {
        let container = self.present(base)?;
        let place = self.present(index)?;
        match (&container, &place) {
            (Value::List(items), Value::Integer(number)) => {
                let found = usize::try_from(*number).ok().and_then(|number| items.get(number));
                found.cloned().ok_or_else(|| {
                    let count = items.len();
                    let message = format!("{} has no item {number}: it has {count}, counted from 0", self.quoted(base));
                    fault(FaultKind::Missing, node.span, message)
                })
            }
            (Value::Object(_), Value::Text(name)) => self.field(&container, base, name, node),
            (Value::List(_), _) => Err(self.mismatch(index, &place, "the place of an item is an integer")),
            (Value::Object(_), _) => Err(self.mismatch(index, &place, "the name of a field is text")),
            _ => Err(self.mismatch(base, &container, "only lists and objects have parts")),
        }
    }

    fn all(&mut self, clauses: &[Node]) -> Result<Value, Stop> {
        for clause in clauses {
            if !self.truth(clause)? {
                return Ok(Value::Boolean(false));
            }
        }
        Ok(Value::Boolean(true))
    }

    fn any(&mut self, clauses: &[Node]) -> Result<Value, Stop> {
        for clause in clauses {
            if self.truth(clause)? {
                return Ok(Value::Boolean(true));
            }
        }
        Ok(Value::Boolean(false))
    }

    fn object(&mut self, fields: &[(Arc<str>, Node)], node: &Node) -> Result<Value, Stop> {
        let mut object = Object::new();
        for (name, field) in fields {
            object.insert(Arc::clone(name), self.value(field)?);
        }
        self.sized(Value::from_fields(object), node)
    }
}

/// A fault with its place.
pub(super) fn fault(kind: FaultKind, span: Span, message: impl Into<String>) -> Stop {
    Stop::Fault(Box::new(Fault {
        kind,
        message: message.into(),
        span,
    }))
}

/// Whether values of these kinds are numbers.
pub(super) fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Decimal)
}
