//! A condition as people say it: what must be, under the names that fields have on forms.
//!
//! Only what has plain words is said. A condition of which one part has none is not said at all: half of it would mislead.

use std::sync::Arc;

use super::ast::{Comparison, Node, Term};
use super::{Expression, Filter};
use crate::value::{Value, text};

/// What people call the places that a condition names.
pub trait Names {
    /// Of a path such as `event`, `lot`: what its field is called; None where people know no name for it.
    fn field(&self, path: &[Arc<str>]) -> Option<String>;

    /// Of a state.
    fn state(&self, name: &str) -> String;
}

impl Expression {
    /// What must be for it to hold, a sentence for each of its clauses; None where one of them has no plain words.
    #[must_use]
    pub fn said(&self, names: &dyn Names) -> Option<Vec<String>> {
        match &self.root.term {
            Term::And(clauses) => clauses.iter().map(|clause| said(clause, false, names)).collect(),
            _ => said(&self.root, false, names).map(|sentence| vec![sentence]),
        }
    }
}

fn said(node: &Node, negated: bool, names: &dyn Names) -> Option<String> {
    match &node.term {
        Term::Not(operand) => said(operand, !negated, names),
        Term::And(parts) => joined(parts, negated, if negated { ", or " } else { ", and " }, names),
        Term::Or(parts) => joined(parts, negated, if negated { ", and " } else { ", or " }, names),
        Term::IsNone {
            negated: is_not,
            operand,
        } => {
            let what = if *is_not == negated {
                "must be left empty"
            } else {
                "must be filled in"
            };
            Some(format!("{} {what}", named(operand, names)?))
        }
        Term::Compare { comparison, left, right } => {
            let comparison = if negated { opposite(*comparison) } else { *comparison };
            compared(left, comparison, right, names).or_else(|| compared(right, mirrored(comparison), left, names))
        }
        Term::Membership {
            negated: is_not,
            item,
            container,
        } => among(item, *is_not != negated, container, names),
        Term::Variable(_) | Term::Field { .. } => {
            let what = if negated { "no" } else { "yes" };
            Some(format!("{} must be {what}", named(node, names)?))
        }
        _ => None,
    }
}

fn joined(parts: &[Node], negated: bool, by: &str, names: &dyn Names) -> Option<String> {
    let parts: Option<Vec<String>> = parts.iter().map(|part| said(part, negated, names)).collect();
    Some(parts?.join(by))
}

fn compared(subject: &Node, comparison: Comparison, object: &Node, names: &dyn Names) -> Option<String> {
    if let Term::Filter {
        filter: Filter::Length,
        operand,
        ..
    } = &subject.term
    {
        let (of, count) = (named(operand, names)?, word(object, names)?);
        let items = if count == "1" { "item" } else { "items" };
        return Some(format!("{of} must have {}{count} {items}", amount(comparison)?));
    }
    let (name, other) = (named(subject, names)?, word(object, names));
    // two fields that people call alike: which of them is meant could not be told
    if other.as_ref() == Some(&name) {
        return None;
    }
    Some(format!("{name} must {}", compared_with(object, comparison, names)?))
}

/// `be at most 6`, `be today or later`.
fn compared_with(object: &Node, comparison: Comparison, names: &dyn Names) -> Option<String> {
    let time = match &object.term {
        Term::Variable(name) if &**name == "today" => Some("today"),
        Term::Variable(name) if &**name == "now" => Some("now"),
        _ => None,
    };
    if let Some(time) = time {
        return Some(match comparison {
            Comparison::Equal => format!("be {time}"),
            Comparison::NotEqual => format!("not be {time}"),
            Comparison::Less => format!("be before {time}"),
            Comparison::LessOrEqual => format!("be {time} or earlier"),
            Comparison::Greater => format!("be after {time}"),
            Comparison::GreaterOrEqual => format!("be {time} or later"),
        });
    }
    let object = word(object, names)?;
    Some(match comparison {
        Comparison::Equal => format!("be {object}"),
        Comparison::NotEqual => format!("not be {object}"),
        other => format!("be {}{object}", amount(other)?),
    })
}

/// Before a number.
fn amount(comparison: Comparison) -> Option<&'static str> {
    Some(match comparison {
        Comparison::Equal => "exactly ",
        Comparison::NotEqual => return None,
        Comparison::Less => "less than ",
        Comparison::LessOrEqual => "at most ",
        Comparison::Greater => "more than ",
        Comparison::GreaterOrEqual => "at least ",
    })
}

fn among(item: &Node, is_not: bool, container: &Node, names: &dyn Names) -> Option<String> {
    let not = if is_not { "not " } else { "" };
    if let (Term::Constant(Value::Text(state)), Term::Variable(of)) = (&item.term, &container.term)
        && &**of == "states"
    {
        return Some(format!("It must {not}be in “{}”", names.state(state)));
    }
    let choices = match &container.term {
        Term::List(items) => items.iter().map(|item| word(item, names)).collect::<Option<Vec<String>>>()?,
        Term::Constant(Value::List(items)) => items.iter().map(plain).collect::<Option<Vec<String>>>()?,
        _ => {
            return Some(format!(
                "{} must {not}contain {}",
                named(container, names)?,
                word(item, names)?
            ));
        }
    };
    let (last, others) = choices.split_last()?;
    let choices = match others {
        [] => last.clone(),
        others => format!("{} or {last}", others.join(", ")),
    };
    Some(format!("{} must {not}be {choices}", named(item, names)?))
}

/// A place under its own name.
fn named(node: &Node, names: &dyn Names) -> Option<String> {
    names.field(&node.path()?).map(|name| format!("“{name}”"))
}

fn word(node: &Node, names: &dyn Names) -> Option<String> {
    match &node.term {
        Term::Constant(value) => plain(value),
        Term::Negate(operand) => word(operand, names).map(|number| format!("-{number}")),
        _ => named(node, names),
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Text(of) => Some(of.replace('_', " ")).filter(|of| !of.is_empty()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
        value => Some(text::to_text(value, None)),
    }
}

fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

/// With its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Form;

    impl Names for Form {
        fn field(&self, path: &[Arc<str>]) -> Option<String> {
            match path.iter().map(|part| &**part).collect::<Vec<_>>().as_slice() {
                ["event", "lot"] => Some("Lot".into()),
                ["event", "amount"] => Some("Amount".into()),
                ["day"] | ["event", "day"] => Some("Day".into()),
                ["lines"] => Some("Lines".into()),
                ["fit"] => Some("Measures right".into()),
                _ => None,
            }
        }

        fn state(&self, name: &str) -> String {
            name.replace('_', " ")
        }
    }

    /// An empty expectation: there are no plain words for it.
    fn check(source: &str, expected: &[&str]) {
        let expression = Expression::parse(source).expect("an expression");
        let said = expression.said(&Form).unwrap_or_default();
        assert_eq!(said, expected, "{source}");
    }

    #[test]
    fn a_condition_is_said_as_what_must_be() {
        check("event.amount <= 6", &["“Amount” must be at most 6"]);
        check("6 >= event.amount", &["“Amount” must be at most 6"]);
        check("not (event.amount <= 6)", &["“Amount” must be more than 6"]);
        check("event.lot is not none", &["“Lot” must be filled in"]);
        check("not (event.lot is not none)", &["“Lot” must be left empty"]);
        check(
            "fit and event.lot != 'L_0'",
            &["“Measures right” must be yes", "“Lot” must not be L 0"],
        );
        check("not fit", &["“Measures right” must be no"]);
        check("fit == true", &["“Measures right” must be yes"]);
        check("day > today", &["“Day” must be after today"]);
        check("event.lot in ['a', 'b', 'c']", &["“Lot” must be a, b or c"]);
        check("event.lot not in ['a', 'b']", &["“Lot” must not be a or b"]);
        check("'in_work' in states", &["It must be in “in work”"]);
        check("'a' not in lines", &["“Lines” must not contain a"]);
        check("lines | length >= 1", &["“Lines” must have at least 1 item"]);
        check(
            "fit or event.amount > 2",
            &["“Measures right” must be yes, or “Amount” must be more than 2"],
        );
        check(
            "not (fit or event.amount > 2)",
            &["“Measures right” must be no, and “Amount” must be at most 2"],
        );
    }

    #[test]
    fn what_has_no_plain_words_is_not_half_said() {
        check("event.amount <= limit", &[]);
        check("fit and unknown", &[]);
        check("event.day != day", &[]);
        check("event.amount + 1 < 6", &[]);
        check("lines | all(item > 2)", &[]);
        check("fit or (lines | any(item == event.lot))", &[]);
    }
}
