//! The names of a workflow: its fields, `let` values, reads and children. No two may be the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lowering;
use super::reads::take;
use crate::chart::{Lets, Take};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expression::{Expression, Type};
use crate::lang::builtin::BUILT_IN;
use crate::lang::scope::{Known, Scope};
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

/// `let` values of one workflow: far more than anybody keeps in mind. Each is compared with each, to find circles.
pub const LETS_MAX: usize = 1_000;

/// What a name stands for, and where it was first given.
type Places = BTreeMap<Arc<str>, (Span, &'static str)>;

impl Lowering<'_> {
    /// Makes the scope that holds everywhere in the workflow.
    pub(super) fn declare_names(&mut self, workflow: &Mapping) -> Lets {
        let mut scope = Scope::asking(self.tables.clone());
        for name in BUILT_IN.into_iter().filter(|name| !matches!(*name, "item" | "index")) {
            scope.insert(name, Known::BuiltIn);
        }
        let mut places = Places::new();
        let data = self.data.clone();
        for scalar in keys(workflow, "data") {
            if let Some(field) = data.get(&scalar.text) {
                self.declare(
                    &mut scope,
                    &mut places,
                    scalar,
                    "a field",
                    Known::Field(Arc::new(field.clone())),
                );
            }
        }
        for entry in workflow
            .get("reads")
            .and_then(Node::as_mapping)
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()))
        {
            let known = self.known_of(&entry.value);
            self.declare(&mut scope, &mut places, &entry.key, "a read", known);
            self.read_uses.declare(&entry.key.text);
        }
        for Children { id, each } in children_of(workflow, None) {
            let known = if each { Known::Views } else { Known::View };
            self.declare(&mut scope, &mut places, &id, "the children of an invoke", known);
            self.read_uses.declare(&id.text);
        }
        let lets: Vec<Scalar> = keys(workflow, "let").take(LETS_MAX).cloned().collect();
        for scalar in &lets {
            self.declare(
                &mut scope,
                &mut places,
                scalar,
                "a `let` value",
                Known::Let {
                    kind: Type::Any,
                    personal: false,
                },
            );
        }
        self.scope = scope;
        self.workflow_lets(workflow.get("let"))
    }

    /// The workflow's `let` values may use one another in any order, but not in a circle.
    fn workflow_lets(&mut self, node: Option<&Node>) -> Lets {
        let mut entries: Vec<&Entry> = node
            .and_then(Node::as_mapping)
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()))
            .collect();
        if let Some(surplus) = entries.get(LETS_MAX) {
            let message = format!("the workflow has more than {LETS_MAX} `let` values");
            self.error(Code::TooManyParts, surplus.key.span, message, "say it with less");
            entries.truncate(LETS_MAX);
        }
        let parsed: Vec<Option<Expression>> = entries.iter().map(|entry| self.parsed(&entry.value)).collect();
        let uses: Vec<Vec<usize>> = parsed
            .iter()
            .map(|expression| uses_of(expression.as_ref(), &entries))
            .collect();
        for (_, entry) in entries.iter().enumerate().filter(|(index, _)| reaches(&uses, *index)) {
            let message = format!("`{}` is made of itself", entry.name());
            self.error(
                Code::CircularReference,
                entry.key.span,
                message,
                "a `let` value may use others, but no others that use it",
            );
        }
        for index in in_order(&uses) {
            let (Some(entry), Some(Some(expression))) = (entries.get(index), parsed.get(index)) else {
                continue;
            };
            self.type_let(entry, expression);
        }
        entries
            .iter()
            .zip(parsed)
            .filter_map(|(entry, expression)| Some((entry.key.text.clone(), expression?)))
            .collect()
    }

    /// Checks a value of which all that it uses has been checked.
    fn type_let(&mut self, entry: &Entry, expression: &Expression) {
        let scope = std::mem::take(&mut self.scope);
        let known = match entry.value.as_scalar() {
            Some(scalar) => {
                let kind = self.check_expression(scalar, 0, expression, &scope);
                self.read_uses.bind(&entry.key.text, &expression.references());
                Known::Let {
                    kind,
                    personal: self.is_personal(expression, &scope),
                }
            }
            None => Known::Unknown,
        };
        self.scope = scope;
        // A name that clashes keeps its first meaning.
        if matches!(self.scope.get(entry.name()), Some(Known::Let { .. })) {
            self.scope.insert(entry.key.text.clone(), known);
        }
    }

    /// What expressions know of what a read finds.
    fn known_of(&mut self, read: &Node) -> Known {
        let Some(mapping) = read.as_mapping() else {
            return Known::Unknown;
        };
        let has = |key: &str| mapping.get(key).is_some();
        let take = take(mapping.get("take"));
        if let Some(name) = mapping.get("marks").and_then(Node::as_scalar) {
            return self.known_marks(name, &take);
        }
        match take {
            Take::Count => Known::Let {
                kind: Type::Integer,
                personal: false,
            },
            Take::List if has("tasks") => Known::Tasks,
            Take::List if !has("keys") => match has("where") || has("in") {
                true => Known::Views,
                false => Known::View,
            },
            _ => Known::Unknown,
        }
    }

    fn declare(&mut self, scope: &mut Scope, places: &mut Places, scalar: &Scalar, noun: &'static str, known: Known) {
        let earlier = places.get(&scalar.text);
        if BUILT_IN.contains(&&*scalar.text) {
            let message = format!("`{}` is a word of the language", scalar.text);
            self.error(
                Code::NameClash,
                scalar.span,
                message,
                "choose another name: expressions would not know which is meant",
            );
        } else if let Some((span, other)) = earlier {
            let message = format!("`{}` is the name of {other} already", scalar.text);
            let diagnostic =
                Diagnostic::error(Code::NameClash, scalar.span, message).note_at(*span, format!("{other} of this name"));
            self.out
                .push(diagnostic.help("choose another name: expressions would not know which is meant"));
        } else {
            scope.insert(scalar.text.clone(), known);
        }
        places.entry(scalar.text.clone()).or_insert((scalar.span, noun));
    }

    /// A name that a transition or a loop adds must not hide one that is there.
    pub(super) fn refuse_clash(&mut self, scalar: &Scalar, scope: &Scope) {
        if scope.contains(&scalar.text) || BUILT_IN.contains(&&*scalar.text) {
            let message = format!("`{}` is a name here already", scalar.text);
            self.error(
                Code::NameClash,
                scalar.span,
                message,
                "choose another name: expressions would not know which is meant",
            );
        }
    }
}

fn keys<'m>(workflow: &'m Mapping, key: &str) -> impl Iterator<Item = &'m Scalar> {
    let entries = workflow.get(key).and_then(Node::as_mapping).into_iter().flatten();
    entries.map(|entry| &entry.key).filter(|key| !is_extension(&key.text))
}

/// An invoke of children, which is a read of its name. (Reference, section 3.5.)
struct Children {
    id: Scalar,
    each: bool,
}

/// Those of a state and of all states in it. An invoke without an id is called as its state is.
fn children_of(state: &Mapping, name: Option<&Scalar>) -> Vec<Children> {
    let invokes = state.get("invoke").map_or_else(Vec::new, |node| match node.as_sequence() {
        Some(items) => items.iter().filter_map(Node::as_mapping).collect(),
        None => node.as_mapping().into_iter().collect(),
    });
    let of_children = invokes.into_iter().filter(|invoke| invoke.get("workflow").is_some());
    let own = of_children.filter_map(|invoke| {
        let id = invoke.get("id").and_then(Node::as_scalar).or(name)?.clone();
        let each = invoke.get("each").is_some();
        Some(Children { id, each })
    });
    let mut children: Vec<Children> = own.collect();
    for entry in state.get("states").and_then(Node::as_mapping).into_iter().flatten() {
        let inner = entry.value.as_mapping().map(|state| children_of(state, Some(&entry.key)));
        children.extend(inner.unwrap_or_default());
    }
    children
}

/// Which of the values an expression uses.
fn uses_of(expression: Option<&Expression>, entries: &[&Entry]) -> Vec<usize> {
    let Some(references) = expression.map(Expression::references) else {
        return Vec::new();
    };
    let used = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| references.touches(entry.name()));
    used.map(|(index, _)| index).collect()
}

/// The values in an order in which each stands behind those it uses; circles in any order.
fn in_order(uses: &[Vec<usize>]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let mut placed = vec![false; uses.len()];
    let mut waiting: Vec<usize> = (0..uses.len()).collect();
    while !waiting.is_empty() {
        let is_placed = |used: &usize| placed.get(*used).is_some_and(|placed| *placed);
        let is_ready = |index: &usize| uses.get(*index).into_iter().flatten().all(is_placed);
        let (ready, rest): (Vec<usize>, Vec<usize>) = waiting.iter().partition(|index| is_ready(index));
        if ready.is_empty() {
            order.extend(rest);
            return order;
        }
        ready.iter().for_each(|index| placed[*index] = true);
        order.extend(ready);
        waiting = rest;
    }
    order
}

/// Whether a way along the uses leads from a `let` value back to it.
fn reaches(uses: &[Vec<usize>], start: usize) -> bool {
    let mut seen = vec![false; uses.len()];
    let mut open: Vec<usize> = uses.get(start).cloned().unwrap_or_default();
    while let Some(index) = open.pop() {
        if index == start {
            return true;
        }
        if let Some(known) = seen.get_mut(index)
            && !std::mem::replace(known, true)
        {
            open.extend(uses.get(index).into_iter().flatten().copied());
        }
    }
    false
}
