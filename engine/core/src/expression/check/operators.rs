//! What the operators take and give, by type.

use super::Checking;
use crate::expression::Type;
use crate::expression::ast::{Arithmetic, Comparison, Node};
use crate::expression::problem::{Problem, ProblemKind};
use crate::expression::wording::{arithmetic_advice, comparison_advice};
use crate::value::Kind;

impl Checking<'_> {
    pub(super) fn negate(&mut self, operand: &Node) -> Type {
        let found = self.present(operand);
        match found {
            Type::Any | Type::Integer | Type::Decimal | Type::Duration => found,
            other => self.mismatch(operand, &other, "`-` takes numbers and durations"),
        }
    }

    pub(super) fn arithmetic(&mut self, operator: Arithmetic, left: &Node, right: &Node, node: &Node) -> Type {
        let first = self.present(left);
        let second = self.present(right);
        if first != Type::Any && second != Type::Any {
            return match result(operator, &first, &second) {
                Some(found) => found,
                None => self.unfit(
                    operator.symbol(),
                    "take",
                    (left, &first),
                    (right, &second),
                    node,
                    |one, other| arithmetic_advice(operator, one, other),
                ),
            };
        }
        for (side, found) in [(left, &first), (right, &second)] {
            if !ever_takes(operator, found) {
                let wanted = format!("`{}` does not take it", operator.symbol());
                return self.mismatch(side, found, &wanted);
            }
        }
        Type::Any
    }

    pub(super) fn compare(&mut self, comparison: Comparison, left: &Node, right: &Node, node: &Node) -> Type {
        let (first, second) = if comparison.is_equality() {
            (self.node(left), self.node(right))
        } else {
            (self.present(left), self.present(right))
        };
        let (one, other) = (first.present(), second.present());
        let compares = if comparison.is_equality() {
            is_one_type(one, other)
        } else {
            is_ordered(one, other)
        };
        if !compares {
            self.unfit(
                comparison.symbol(),
                "compare",
                (left, one),
                (right, other),
                node,
                comparison_advice,
            );
        }
        Type::Boolean
    }

    pub(super) fn membership(&mut self, item: &Node, container: &Node, node: &Node) -> Type {
        let needle = self.present(item);
        let hay = self.present(container);
        match &hay {
            Type::Any => {}
            Type::List(candidate) => {
                let candidate = candidate.present();
                if !is_one_type(&needle, candidate) {
                    let kinds = format!(
                        "{} is {needle} and the items of {} are {candidate}",
                        self.quoted(item),
                        self.quoted(container)
                    );
                    let message = format!("{kinds}, which `in` does not compare");
                    self.report(Problem::new(ProblemKind::TypeMismatch, node.span, message));
                }
            }
            Type::Text | Type::Object { .. } if matches!(needle, Type::Text | Type::Any) => {}
            Type::Text | Type::Object { .. } => {
                self.mismatch(item, &needle, "text is needed before `in`");
            }
            _ => {
                self.mismatch(container, &hay, "`in` takes a list, text or an object");
            }
        }
        Type::Boolean
    }

    fn unfit(
        &mut self,
        symbol: &str,
        verb: &str,
        (left, first): (&Node, &Type),
        (right, second): (&Node, &Type),
        node: &Node,
        advice: impl Fn(Kind, Kind) -> &'static str,
    ) -> Type {
        let kinds = format!("{} is {first} and {} is {second}", self.quoted(left), self.quoted(right));
        let problem = Problem::new(
            ProblemKind::TypeMismatch,
            node.span,
            format!("{kinds}, which `{symbol}` does not {verb}"),
        );
        let words = first.kind().zip(second.kind()).map_or("", |(one, other)| advice(one, other));
        let words = words.trim_start_matches("; ");
        self.report(if words.is_empty() { problem } else { problem.advise(words) })
    }
}

/// What an operator gives for two known types; `None` if it does not take them.
fn result(operator: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, FloorDivide, Multiply, Subtract};
    let found = match (operator, left, right) {
        (Divide, left, right) if left.is_number() && right.is_number() => Type::Decimal,
        (_, Type::Integer, Type::Integer) => Type::Integer,
        (_, left, right) if left.is_number() && right.is_number() => Type::Decimal,
        (Add, Type::Instant, Type::Duration) | (Add, Type::Duration, Type::Instant) => Type::Instant,
        (Add, Type::Date, Type::Duration) | (Add, Type::Duration, Type::Date) => Type::Date,
        (Add | Subtract, Type::Duration, Type::Duration) => Type::Duration,
        (Add, Type::List(first), Type::List(second)) => Type::list((**first).clone().or((**second).clone())),
        (Subtract, Type::Instant, Type::Duration) => Type::Instant,
        (Subtract, Type::Date, Type::Duration) => Type::Date,
        (Subtract, Type::Instant, Type::Instant) | (Subtract, Type::Date, Type::Date) => Type::Duration,
        (Multiply, Type::Duration, number) | (Multiply, number, Type::Duration) if number.is_number() => Type::Duration,
        (Divide, Type::Duration, Type::Duration) => Type::Decimal,
        (FloorDivide, Type::Duration, Type::Duration) => Type::Integer,
        (Divide, Type::Duration, number) if number.is_number() => Type::Duration,
        _ => return None,
    };
    Some(found)
}

/// Whether an operator takes that type together with any other.
fn ever_takes(operator: Arithmetic, operand: &Type) -> bool {
    match operand {
        Type::Any | Type::Integer | Type::Decimal => true,
        Type::Duration => operator != Arithmetic::Remainder,
        Type::Date | Type::Instant => matches!(operator, Arithmetic::Add | Arithmetic::Subtract),
        Type::List(_) => operator == Arithmetic::Add,
        _ => false,
    }
}

/// Whether `==` may compare these: null with everything, and within one type.
fn is_one_type(left: &Type, right: &Type) -> bool {
    match (left.kind(), right.kind()) {
        (None | Some(Kind::Null), _) | (_, None | Some(Kind::Null)) => true,
        (Some(one), Some(other)) => one == other || (left.is_number() && right.is_number()),
    }
}

/// Whether `<` may compare these.
pub(super) fn is_ordered(left: &Type, right: &Type) -> bool {
    has_order(left) && has_order(right) && is_one_type(left, right)
}

pub(super) fn has_order(found: &Type) -> bool {
    !matches!(found, Type::Boolean | Type::List(_) | Type::Object { .. })
}
