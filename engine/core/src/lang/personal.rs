//! Where personal data flows: into which values of a workflow a field marked `phi` would be carried.
//!
//! Followed are values, not verdicts: a comparison says something about a person and is not a person's data, and the answer of a
//! decision table comes from the table, unless its rows repeat what the table was given, and so does a row that is looked up, but for its
//! key. What is joined, formatted, computed or picked out of personal data is personal data.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::scope::Scope;
use crate::expression::ast::{Node, Term};
use crate::expression::{Expression, Filter, Function, Template};
use crate::value::Value;

/// Follows values through expressions.
pub(super) struct Flow<'s> {
    pub(super) scope: &'s Scope,
    /// Names of the personal fields of all forms.
    pub(super) elsewhere: &'s BTreeSet<Arc<str>>,
}

/// Where a value comes from.
#[derive(Clone)]
enum Origin {
    /// A place below a name; items of lists stand at their list's path.
    Place(Arc<str>, Vec<Arc<str>>),
    /// The row of a table that was found by a personal key: of its fields the key alone says again what was given.
    Row {
        key: Arc<str>,
    },
    Computed {
        personal: bool,
    },
}

impl Flow<'_> {
    /// Whether the template's value holds personal data.
    pub(super) fn template(&self, template: &Template) -> bool {
        template.expressions().any(|(_, expression)| self.expression(expression))
    }

    /// Whether the expression's value holds personal data.
    pub(super) fn expression(&self, expression: &Expression) -> bool {
        self.is_personal(&self.origin(expression.root(), &[]))
    }

    /// Inputs of tables, by table and name, that the expression gives personal data.
    pub(super) fn personal_inputs(&self, expression: &Expression) -> Vec<(Arc<str>, Arc<str>)> {
        let mut found = Vec::new();
        self.gather_inputs(expression.root(), &[], &mut found);
        found
    }

    /// The key of a live table that is looked up by personal data: entries keep what it was given.
    fn personal_key(&self, node: &Node, items: &[Origin]) -> Option<(Arc<str>, Arc<str>)> {
        let Term::Call {
            function: Function::Table,
            arguments,
            ..
        } = &node.term
        else {
            return None;
        };
        let table = self.scope.table(table_name(arguments)?).filter(|table| table.live)?;
        let key = table.as_look_up()?.key.clone();
        let given = arguments.get(1)?;
        self.is_personal(&self.origin(given, items))
            .then(|| (table.name.clone(), key))
    }

    fn gather_inputs(&self, node: &Node, items: &[Origin], found: &mut Vec<(Arc<str>, Arc<str>)>) {
        if let Term::Call {
            function: Function::Decide,
            arguments,
            named,
            ..
        } = &node.term
            && let Some(Term::Constant(Value::Text(table))) = arguments.first().map(|name| &name.term)
        {
            let personal = named.iter().filter(|(_, value)| self.is_personal(&self.origin(value, items)));
            found.extend(personal.map(|(input, _)| (table.clone(), input.clone())));
        }
        found.extend(self.personal_key(node, items));
        match &node.term {
            Term::Filter {
                filter,
                operand,
                arguments,
                ..
            } if filter.is_over_items() => {
                self.gather_inputs(operand, items, found);
                let mut inner = items.to_vec();
                inner.push(self.origin(operand, items));
                arguments
                    .iter()
                    .for_each(|argument| self.gather_inputs(argument, &inner, found));
            }
            _ => node
                .children()
                .into_iter()
                .for_each(|child| self.gather_inputs(child, items, found)),
        }
    }

    fn is_personal(&self, origin: &Origin) -> bool {
        match origin {
            Origin::Place(name, path) => self.scope.is_personal(name, path, self.elsewhere),
            Origin::Row { .. } => true,
            Origin::Computed { personal } => *personal,
        }
    }

    /// `items`: what `item` stands for, innermost filter last.
    fn origin(&self, node: &Node, items: &[Origin]) -> Origin {
        match &node.term {
            Term::Variable(name) => self.variable(name, items),
            Term::Field { base, name, .. } => match self.origin(base, items) {
                Origin::Place(variable, mut path) => {
                    path.push(name.clone());
                    Origin::Place(variable, path)
                }
                Origin::Row { key } => Origin::Computed { personal: key == *name },
                computed => computed,
            },
            Term::Index { base, .. } => self.origin(base, items),
            Term::Choice { then, otherwise, .. } => self.any([&**then, &**otherwise], items),
            Term::List(nodes) => self.any(nodes, items),
            Term::Object(fields) => self.any(fields.iter().map(|(_, node)| node), items),
            Term::Negate(operand) => self.any([&**operand], items),
            Term::Arithmetic { left, right, .. } | Term::Join(left, right) => self.any([&**left, &**right], items),
            Term::Call {
                function,
                arguments,
                named,
                ..
            } => self.call(*function, arguments, named, items),
            Term::Filter {
                filter,
                operand,
                arguments,
                ..
            } => self.filter(*filter, operand, arguments, items),
            Term::Constant(_)
            | Term::Not(_)
            | Term::Compare { .. }
            | Term::Membership { .. }
            | Term::IsNone { .. }
            | Term::And(_)
            | Term::Or(_) => Origin::Computed { personal: false },
        }
    }

    fn variable(&self, name: &Arc<str>, items: &[Origin]) -> Origin {
        match (&**name, items.last()) {
            ("item", Some(item)) => item.clone(),
            _ => Origin::Place(name.clone(), Vec::new()),
        }
    }

    fn any<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>, items: &[Origin]) -> Origin {
        let personal = nodes.into_iter().any(|node| self.is_personal(&self.origin(node, items)));
        Origin::Computed { personal }
    }

    fn call(&self, function: Function, arguments: &[Node], named: &[(Arc<str>, Node)], items: &[Origin]) -> Origin {
        match function {
            // A commitment says nothing once its salt is gone.
            Function::HmacRef => Origin::Computed { personal: false },
            Function::Table => self.row(arguments, items),
            Function::Decide => self.answer(arguments, named, items),
            _ => self.any(arguments.iter().chain(named.iter().map(|(_, node)| node)), items),
        }
    }

    /// What a row says is the table's own, but for the key by which it was found.
    fn row(&self, arguments: &[Node], items: &[Origin]) -> Origin {
        let is_personal = |key: &Node| self.is_personal(&self.origin(key, items));
        if !arguments.get(1).is_some_and(is_personal) {
            return Origin::Computed { personal: false };
        }
        let Some(name) = table_name(arguments) else {
            return Origin::Computed { personal: true };
        };
        let table = self.scope.table(name);
        match table.as_ref().and_then(|table| table.as_look_up()) {
            Some(look_up) => Origin::Row {
                key: look_up.key.clone(),
            },
            // what is wrong was told at the name
            None => Origin::Computed { personal: false },
        }
    }

    /// What a table answers is its own, unless it says again what it was given, and that is personal: here, or wherever it is given.
    fn answer(&self, arguments: &[Node], named: &[(Arc<str>, Node)], items: &[Origin]) -> Origin {
        let given = || self.any(arguments.iter().chain(named.iter().map(|(_, node)| node)), items);
        let Some(name) = table_name(arguments) else { return given() };
        let table = self.scope.table(name);
        match table.as_ref().and_then(|table| table.as_decision()) {
            Some(decision) if !decision.repeats_inputs => Origin::Computed { personal: false },
            Some(decision) if decision.inputs.any_is_personal() => Origin::Computed { personal: true },
            Some(_) => given(),
            None => Origin::Computed { personal: false },
        }
    }

    fn filter(&self, filter: Filter, operand: &Node, arguments: &[Node], items: &[Origin]) -> Origin {
        let list = self.origin(operand, items);
        let over_item = |argument: &Node| {
            let mut items = items.to_vec();
            items.push(list.clone());
            self.origin(argument, &items)
        };
        match filter {
            Filter::Any
            | Filter::All
            | Filter::Count
            | Filter::Length
            | Filter::Keys
            | Filter::Matches
            | Filter::StartsWith
            | Filter::EndsWith => Origin::Computed { personal: false },
            Filter::Map => arguments.first().map_or(list.clone(), over_item),
            Filter::Sum => {
                let summed = arguments.first().map_or(list.clone(), over_item);
                Origin::Computed {
                    personal: self.is_personal(&summed),
                }
            }
            Filter::Where | Filter::Sort | Filter::Unique | Filter::First | Filter::Last | Filter::Reverse | Filter::Slice => {
                list
            }
            Filter::Default => {
                let fallback = self.any(arguments, items);
                Origin::Computed {
                    personal: self.is_personal(&list) || self.is_personal(&fallback),
                }
            }
            _ => Origin::Computed {
                personal: self.is_personal(&list) || self.is_personal(&self.any(arguments, items)),
            },
        }
    }
}

/// The name of the table that is asked, where it is written out.
fn table_name(arguments: &[Node]) -> Option<&str> {
    match arguments.first().map(|name| &name.term) {
        Some(Term::Constant(Value::Text(name))) => Some(name),
        _ => None,
    }
}
