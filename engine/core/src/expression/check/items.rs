//! What the filters take and give, by type.

use super::Checking;
use super::operators::has_order;
use crate::expression::ast::Node;
use crate::expression::problem::{Problem, ProblemKind};
use crate::expression::{Filter, Type};

impl Checking<'_> {
    pub(super) fn filter(&mut self, filter: Filter, operand: &Node, arguments: &[Node], node: &Node) -> Type {
        if filter == Filter::Default {
            let found = self.node(operand);
            let fallback = arguments.first().map_or(Type::Null, |argument| self.node(argument));
            return match found {
                Type::Null => fallback,
                found => found.present().clone().or(fallback),
            };
        }
        let found = self.present(operand);
        if filter.is_over_items() {
            let item = match &found {
                Type::List(item) => (**item).clone(),
                Type::Any => Type::Any,
                other => return self.mismatch(operand, other, &format!("`{}` takes a list", filter.name())),
            };
            return self.over_items(filter, found, item, arguments.first(), node);
        }
        match filter {
            Filter::Length => {
                let fits = matches!(found, Type::Any | Type::List(_) | Type::Object { .. } | Type::Text);
                if !fits {
                    self.mismatch(operand, &found, "only lists, objects and text have a length");
                }
                Type::Integer
            }
            Filter::Last | Filter::Join | Filter::Reverse | Filter::Slice => self.of_list(filter, found, operand, arguments),
            Filter::Keys | Filter::Values => self.of_object(filter, &found, operand),
            Filter::Round | Filter::Format | Filter::Duration | Filter::Text => {
                self.presented(filter, &found, operand, arguments)
            }
            _ => self.of_text(filter, &found, operand, arguments),
        }
    }

    fn over_items(&mut self, filter: Filter, list: Type, item: Type, argument: Option<&Node>, node: &Node) -> Type {
        let key = match argument {
            None => item.clone(),
            Some(argument) => {
                self.items.push(item.clone());
                let found = if takes_truth(filter) {
                    self.truth(argument);
                    Type::Boolean
                } else {
                    self.node(argument)
                };
                self.items.pop();
                found
            }
        };
        match filter {
            Filter::Where | Filter::Unique => list,
            Filter::Any | Filter::All => Type::Boolean,
            Filter::Count => Type::Integer,
            Filter::First => Type::optional(item),
            Filter::Map => Type::list(key),
            Filter::Sum => self.sum(key.present(), node),
            Filter::Sort => {
                if !has_order(key.present()) {
                    let message = format!("{} sorts by {}, which has no order", self.quoted(node), key.present());
                    self.report(Problem::new(ProblemKind::TypeMismatch, node.span, message));
                }
                list
            }
            _ => Type::list(Type::object([("key", key), ("items", Type::list(item))])),
        }
    }

    /// Of no items the sum is the number 0, whatever they would have been: only a sum of numbers has a known type.
    fn sum(&mut self, key: &Type, node: &Node) -> Type {
        match key {
            Type::Integer | Type::Decimal => key.clone(),
            Type::Any | Type::Null | Type::Duration => Type::Any,
            other => {
                let message = format!("{} sums {other}, and numbers or durations are summed", self.quoted(node));
                self.report(Problem::new(ProblemKind::TypeMismatch, node.span, message))
            }
        }
    }

    fn of_list(&mut self, filter: Filter, found: Type, operand: &Node, arguments: &[Node]) -> Type {
        if filter == Filter::Slice {
            arguments.iter().for_each(|argument| self.number(argument));
            return match found {
                Type::List(_) | Type::Text | Type::Any => found,
                other => self.mismatch(operand, &other, "`slice` takes a list or text"),
            };
        }
        if let Some(separator) = arguments.first() {
            self.text(separator);
        }
        match (filter, &found) {
            (Filter::Join, Type::List(item)) if matches!(item.present(), Type::List(_) | Type::Object { .. }) => {
                let message = format!("{} is {found}, and `join` needs items with a text form", self.quoted(operand));
                let problem = Problem::new(ProblemKind::TypeMismatch, operand.span, message);
                self.report(problem.advise("choose a field first: `| map(item.key) | join(', ')`"));
                Type::Text
            }
            (Filter::Join, Type::List(_) | Type::Any) => Type::Text,
            (Filter::Last, Type::List(item)) => Type::optional((**item).clone()),
            (Filter::Reverse, Type::List(_)) => found,
            (_, Type::Any) => Type::Any,
            (_, other) => self.mismatch(operand, &other.clone(), &format!("`{}` takes a list", filter.name())),
        }
    }

    fn of_object(&mut self, filter: Filter, found: &Type, operand: &Node) -> Type {
        match (filter, found) {
            (Filter::Keys, Type::Object { .. } | Type::Any) => Type::list(Type::Text),
            (_, Type::Object { fields, open: false }) => {
                Type::list(fields.values().cloned().reduce(Type::or).unwrap_or(Type::Any))
            }
            (_, Type::Object { .. } | Type::Any) => Type::list(Type::Any),
            (_, other) => self.mismatch(operand, other, &format!("`{}` takes an object", filter.name())),
        }
    }

    fn of_text(&mut self, filter: Filter, found: &Type, operand: &Node, arguments: &[Node]) -> Type {
        if !matches!(found, Type::Text | Type::Any) {
            self.mismatch(operand, found, &format!("`{}` takes text", filter.name()));
        }
        arguments.iter().for_each(|argument| self.text(argument));
        match filter {
            Filter::StartsWith | Filter::EndsWith | Filter::Matches => Type::Boolean,
            Filter::Split => Type::list(Type::Text),
            _ => Type::Text,
        }
    }

    fn presented(&mut self, filter: Filter, found: &Type, operand: &Node, arguments: &[Node]) -> Type {
        match (filter, arguments.first()) {
            (Filter::Round, places) => {
                self.must(found, operand, Type::is_number, "`round` takes a number");
                match places {
                    Some(places) => {
                        self.number(places);
                        Type::Decimal
                    }
                    None => Type::Integer,
                }
            }
            (Filter::Format, pattern) => {
                let fits = |found: &Type| matches!(found, Type::Date | Type::Time | Type::Instant) || found.is_number();
                self.must(found, operand, fits, "`format` takes dates, times, instants and numbers");
                if let Some(pattern) = pattern {
                    self.text(pattern);
                }
                Type::Text
            }
            (Filter::Duration, _) => {
                self.must(
                    found,
                    operand,
                    |found| *found == Type::Duration,
                    "`duration` takes a duration",
                );
                Type::Text
            }
            _ => Type::Text,
        }
    }

    fn must(&mut self, found: &Type, node: &Node, fits: impl Fn(&Type) -> bool, wanted: &str) {
        if *found != Type::Any && !fits(found) {
            self.mismatch(node, found, wanted);
        }
    }

    fn text(&mut self, node: &Node) {
        self.expect(node, |found| *found == Type::Text, "text is needed");
    }
}

/// Whether the filter's expression must be true or false.
fn takes_truth(filter: Filter) -> bool {
    matches!(
        filter,
        Filter::Where | Filter::Any | Filter::All | Filter::Count | Filter::First
    )
}
