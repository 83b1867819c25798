//! What the functions take and give, by type.

use std::sync::Arc;

use super::operators::is_ordered;
use super::{Checking, TypedCall};
use crate::expression::ast::{Node, Term};
use crate::expression::problem::{Problem, ProblemKind};
use crate::expression::{Function, Type};
use crate::value::Value;

impl Checking<'_> {
    pub(super) fn call(&mut self, function: Function, arguments: &[Node], named: &[(Arc<str>, Node)], node: &Node) -> Type {
        match (function, arguments) {
            (Function::Decide | Function::Table, _) => self.ask_scope(function, arguments, named, node),
            // Its argument is the name of a field, not a value.
            (Function::HmacRef, _) => {
                arguments.iter().for_each(|argument| drop(self.node(argument)));
                Type::Text
            }
            (Function::Min | Function::Max, _) => self.extreme(arguments, node),
            (Function::Abs, [argument]) => match self.present(argument) {
                found @ (Type::Any | Type::Integer | Type::Decimal | Type::Duration) => found,
                other => self.mismatch(argument, &other, "`abs` takes numbers and exact durations"),
            },
            (Function::Diff, [left, right, paths @ ..]) => {
                self.expect(left, |found| matches!(found, Type::Object { .. }), "`diff` compares objects");
                self.expect(right, |found| matches!(found, Type::Object { .. }), "`diff` compares objects");
                if let Some(paths) = paths.first() {
                    self.expect(paths, is_list_of_text, "a list of dotted paths is needed");
                }
                Type::list(Type::object([("path", Type::Text), ("from", Type::Any), ("to", Type::Any)]))
            }
            (Function::Instant, [argument]) => {
                let wanted = "`instant` takes a date and a time, or text such as 2026-01-05T08:30:00Z";
                self.expect(argument, |found| matches!(found, Type::Instant | Type::Text), wanted);
                Type::Instant
            }
            (Function::Round, [number, places]) => {
                self.number(number);
                self.number(places);
                Type::Decimal
            }
            _ => self.plain(function, arguments),
        }
    }

    /// Functions whose arguments are all of one sort.
    fn plain(&mut self, function: Function, arguments: &[Node]) -> Type {
        for argument in arguments {
            match function {
                Function::Date => {
                    let wanted = "`date` takes an instant or text such as 2026-01-05";
                    self.expect(
                        argument,
                        |found| matches!(found, Type::Date | Type::Instant | Type::Text),
                        wanted,
                    );
                }
                Function::Time => {
                    let wanted = "`time` takes an instant or text such as 08:30";
                    self.expect(
                        argument,
                        |found| matches!(found, Type::Time | Type::Instant | Type::Text),
                        wanted,
                    );
                }
                Function::StartOfDay | Function::EndOfDay => {
                    let wanted = "a date or an instant is needed";
                    self.expect(argument, |found| matches!(found, Type::Date | Type::Instant), wanted);
                }
                Function::Decimal => {
                    let wanted = "`decimal` takes text such as 1.25";
                    self.expect(argument, |found| *found == Type::Text || found.is_number(), wanted);
                }
                Function::BusinessBetween | Function::InBusinessHours => {
                    self.expect(argument, |found| *found == Type::Instant, "an instant is needed");
                }
                // A day and a time of day, each also as text or as a moment it is taken from.
                Function::Instant => {
                    let fits = |found: &Type| matches!(found, Type::Date | Type::Time | Type::Instant | Type::Text);
                    self.expect(argument, fits, "`instant` takes a date and a time");
                }
                _ => self.number(argument),
            }
        }
        given(function)
    }

    pub(super) fn number(&mut self, node: &Node) {
        self.expect(node, Type::is_number, "a number is needed");
    }

    /// Checks that the node can be of a fitting type.
    pub(super) fn expect(&mut self, node: &Node, fits: impl Fn(&Type) -> bool, wanted: &str) {
        let found = self.present(node);
        if found != Type::Any && !fits(&found) {
            self.mismatch(node, &found, wanted);
        }
    }

    fn ask_scope(&mut self, function: Function, arguments: &[Node], named: &[(Arc<str>, Node)], node: &Node) -> Type {
        let types: Vec<Type> = arguments.iter().map(|argument| self.node(argument)).collect();
        let named: Vec<(Arc<str>, Type)> = named
            .iter()
            .map(|(name, value)| (Arc::clone(name), self.node(value)))
            .collect();
        if let (Some(first), Some(found)) = (arguments.first(), types.first())
            && !matches!(found, Type::Text | Type::Any)
        {
            return self.mismatch(first, found, "the name of a table is text");
        }
        let table = match arguments.first().map(|argument| &argument.term) {
            Some(Term::Constant(Value::Text(name))) => Some(&**name),
            _ => None,
        };
        let call = TypedCall {
            function,
            table,
            arguments: types.get(1..).unwrap_or(&[]),
            named: &named,
        };
        match self.scope.call(&call) {
            Ok(found) => found,
            Err(message) => self.report(Problem::new(ProblemKind::Call, node.span, message)),
        }
    }

    /// `min` and `max`, of several values or of one list; of a list it is null if the list is empty.
    fn extreme(&mut self, arguments: &[Node], node: &Node) -> Type {
        if let [only] = arguments {
            return match self.present(only) {
                Type::List(item) if is_ordered(item.present(), item.present()) => Type::optional(item.present().clone()),
                Type::List(item) => {
                    let message = format!("{}: {} has no order", self.quoted(node), item.present());
                    self.report(Problem::new(ProblemKind::TypeMismatch, node.span, message))
                }
                other => other,
            };
        }
        let types: Vec<Type> = arguments.iter().map(|argument| self.present(argument)).collect();
        for pair in types.windows(2) {
            if !is_ordered(&pair[0], &pair[1]) {
                let message = format!("{}: {} and {} have no order", self.quoted(node), pair[0], pair[1]);
                return self.report(Problem::new(ProblemKind::TypeMismatch, node.span, message));
            }
        }
        types.into_iter().reduce(Type::or).unwrap_or(Type::Any)
    }
}

/// What a function gives, whatever it is given.
fn given(function: Function) -> Type {
    match function {
        Function::Days
        | Function::Weeks
        | Function::Months
        | Function::Hours
        | Function::Minutes
        | Function::Seconds
        | Function::BusinessDays
        | Function::BusinessHours
        | Function::BusinessBetween => Type::Duration,
        Function::Date => Type::Date,
        Function::Time => Type::Time,
        Function::Instant | Function::StartOfDay | Function::EndOfDay => Type::Instant,
        Function::InBusinessHours => Type::Boolean,
        Function::Round | Function::Floor | Function::Ceil => Type::Integer,
        Function::Decimal | Function::AxisOff => Type::Decimal,
        Function::RandomHex | Function::HmacRef => Type::Text,
        Function::Decide | Function::Table | Function::Abs | Function::Min | Function::Max | Function::Diff => Type::Any,
    }
}

fn is_list_of_text(found: &Type) -> bool {
    matches!(found, Type::List(item) if matches!(item.present(), Type::Text | Type::Any))
}
