//! `diff(a, b, paths)`: where two objects differ.

use std::sync::Arc;

use super::ast::Node;
use super::evaluate::{Evaluation, fault};
use super::scope::{FaultKind, Stop};
use crate::value::{Object, Value, order};

impl Evaluation<'_> {
    /// A list of `{path, from, to}`: for each given dotted path whose values differ; without paths for every leaf below
    /// two objects. A path that leads nowhere is null. Numbers that are equal by size do not differ.
    pub(super) fn diff(&mut self, left: &Node, right: &Node, paths: Option<&Node>, node: &Node) -> Result<Value, Stop> {
        let (before, after) = (self.object_of(left)?, self.object_of(right)?);
        let cost = self.weight(&before).saturating_add(self.weight(&after));
        let mut differences = Vec::new();
        match paths {
            Some(paths) => {
                for path in self.paths(paths)? {
                    self.burn(cost, node.span)?;
                    let (from, to) = (at_path(&before, &path), at_path(&after, &path));
                    if !order::same(from, to) {
                        differences.push(difference(&path, from, to));
                    }
                }
            }
            None => {
                self.burn(cost, node.span)?;
                leaves("", &before, &after, &mut differences);
            }
        }
        self.expect_items(differences.len(), node.span)?;
        Ok(Value::from_items(differences))
    }

    fn object_of(&mut self, node: &Node) -> Result<Value, Stop> {
        let value = self.present(node)?;
        match value {
            Value::Object(_) => Ok(value),
            other => Err(self.mismatch(node, &other, "`diff` compares objects")),
        }
    }

    fn paths(&mut self, node: &Node) -> Result<Vec<Arc<str>>, Stop> {
        let value = self.present(node)?;
        let Value::List(items) = &value else {
            return Err(self.mismatch(node, &value, "a list of dotted paths is needed"));
        };
        let path = |item: &Value| match item {
            Value::Text(path) => Ok(Arc::clone(path)),
            _ => {
                let message = format!(
                    "{} has an item that is {}, and a path is text",
                    self.quoted(node),
                    item.kind().described()
                );
                Err(fault(FaultKind::Type, node.span, message))
            }
        };
        items.iter().map(path).collect()
    }
}

fn at_path<'value>(value: &'value Value, path: &str) -> &'value Value {
    path.split('.')
        .try_fold(value, |value, name| value.field(name))
        .unwrap_or(&Value::Null)
}

fn difference(path: &str, from: &Value, to: &Value) -> Value {
    Value::from_fields(Object::from([
        (Arc::from("path"), Value::from_text(path)),
        (Arc::from("from"), from.clone()),
        (Arc::from("to"), to.clone()),
    ]))
}

/// Objects are gone through field by field; everything else is a leaf.
fn leaves(path: &str, before: &Value, after: &Value, differences: &mut Vec<Value>) {
    let (Value::Object(left), Value::Object(right)) = (before, after) else {
        if !order::same(before, after) {
            differences.push(difference(path, before, after));
        }
        return;
    };
    let mut names: Vec<&Arc<str>> = left
        .keys()
        .chain(right.keys().filter(|name| !left.contains_key(*name)))
        .collect();
    names.sort();
    for name in names {
        let below = if path.is_empty() {
            name.to_string()
        } else {
            format!("{path}.{name}")
        };
        let (from, to) = (
            left.get(name).unwrap_or(&Value::Null),
            right.get(name).unwrap_or(&Value::Null),
        );
        leaves(&below, from, to, differences);
    }
}
