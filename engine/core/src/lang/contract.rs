//! Contracts of adapters: from their files to [`Contract`]s, with every problem on the way. (Reference, section 12.)
//!
//! A contract is found as a table is: `NAME.yaml` beside the workflow's file, or in the folder `adapters` beside it. There may be none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builtin::of_every_event;
use super::conduct;
use super::fields::FieldReader;
use super::loader::Loader;
use crate::chart::{ActionContract, Contract, EventContract};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::field::Fields;
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

/// The contract of the adapter of that name; None where there is none, or none that can be used, which was told.
pub(super) fn named(loader: &mut Loader<'_>, out: &mut Diagnostics, room: &mut usize, name: &Scalar) -> Option<Arc<Contract>> {
    let node = loader.contract(name, out)?;
    let mapping = node.as_mapping()?;
    if let Some(own) = mapping
        .get("adapter")
        .and_then(Node::as_scalar)
        .filter(|own| own.text != name.text)
    {
        let message = format!(
            "the file is that of the adapter `{}`, and calls itself `{}`",
            name.text, own.text
        );
        out.push(
            Diagnostic::error(Code::NameClash, own.span, message)
                .help(format!("write `{}`, or rename the file", name.text))
                .repair(own.span, &*name.text),
        );
    }
    read(mapping, loader, out, room).map(Arc::new)
}

/// Reads a contract whose keys and shapes were checked. None where it cannot be used.
pub(super) fn read(mapping: &Mapping, loader: &mut Loader<'_>, out: &mut Diagnostics, room: &mut usize) -> Option<Contract> {
    let errors = out.errors();
    let mut reader = Reader { loader, out, room };
    let actions = entries(mapping.get("actions"));
    let actions = actions
        .map(|entry| (entry.key.text.clone(), Arc::new(reader.action(&entry.value))))
        .collect();
    let events = entries(mapping.get("events"));
    let events = events
        .map(|entry| (entry.key.text.clone(), reader.event(&entry.value)))
        .collect();
    let contract = Contract { actions, events };
    conduct::check(mapping.get("simulate"), &contract, out);
    (out.errors() == errors).then_some(contract)
}

struct Reader<'l, 'a> {
    loader: &'l mut Loader<'a>,
    out: &'l mut Diagnostics,
    room: &'l mut usize,
}

impl Reader<'_, '_> {
    fn action(&mut self, node: &Node) -> ActionContract {
        let Some(mapping) = node.as_mapping() else {
            return ActionContract::default();
        };
        let errors: BTreeMap<Arc<str>, Fields> = entries(mapping.get("errors"))
            .map(|entry| (entry.key.text.clone(), self.fields(Some(&entry.value))))
            .collect();
        let temporary = self.temporary(mapping.get("temporary"), &errors);
        let says = |key: &str, word: &str| {
            mapping
                .get(key)
                .and_then(Node::as_scalar)
                .is_some_and(|scalar| &*scalar.text == word)
        };
        ActionContract {
            input: self.fields(mapping.get("input")),
            output: mapping.get("output").map(|node| self.fields(Some(node))),
            progress: mapping.get("progress").map(|node| self.carried(node)),
            errors,
            temporary,
            undone: match mapping.get("undone") {
                Some(node) if node.as_mapping().is_some() => Some(self.carried(node)),
                Some(_) if says("undone", "true") => Some(Fields::default()),
                _ => None,
            },
            repeat_safe: !says("repeat_safe", "false"),
        }
    }

    /// Which errors pass: some of those that are named.
    fn temporary(&mut self, node: Option<&Node>, errors: &BTreeMap<Arc<str>, Fields>) -> Vec<Arc<str>> {
        let scalars = node
            .and_then(Node::as_sequence)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_scalar);
        let mut temporary = Vec::new();
        for scalar in scalars {
            if !errors.contains_key(&scalar.text) {
                let diagnostic =
                    Diagnostic::error(Code::UnknownWord, scalar.span, format!("there is no error `{}`", scalar.text));
                self.out.push(match nearest(&scalar.text, errors.keys().map(|name| &**name)) {
                    Some(meant) => diagnostic
                        .help(format!("write `{meant}`, if that is meant"))
                        .repair(scalar.span, meant),
                    None => diagnostic.help("name it under `errors`, too"),
                });
            }
            temporary.push(scalar.text.clone());
        }
        temporary
    }

    fn event(&mut self, node: &Node) -> EventContract {
        let mapping = node.as_mapping();
        let fields = mapping.and_then(|mapping| mapping.get("fields"));
        let to = mapping.and_then(|mapping| mapping.get("to"));
        let to = match to.and_then(Node::as_sequence) {
            Some(items) => items.iter().filter_map(Node::as_scalar).collect(),
            None => to.and_then(Node::as_scalar).into_iter().collect::<Vec<_>>(),
        };
        EventContract {
            fields: fields.map_or_else(Fields::default, |node| self.carried(node)),
            to: to.into_iter().map(|scalar| scalar.text.clone()).collect(),
        }
    }

    /// Fields that stand in `event` itself, beside what every event has.
    fn carried(&mut self, node: &Node) -> Fields {
        for entry in entries(Some(node)) {
            if let Some(property) = of_every_event(entry.name()) {
                let help = "choose another name: this field could never be read";
                self.out
                    .push(Diagnostic::error(Code::NameClash, entry.key.span, property.message()).help(help));
            }
        }
        self.fields(Some(node))
    }

    /// Typed fields. What goes to an adapter and comes from it is stored, and nothing is erased from there.
    fn fields(&mut self, node: Option<&Node>) -> Fields {
        let Some(node) = node else { return Fields::default() };
        let mut reader = FieldReader::new(self.loader, self.out, self.room);
        let fields = reader.fields(node);
        for default in std::mem::take(&mut reader.computed_defaults) {
            let message = format!(
                "the default of `{}` is computed, and a contract has nothing to compute it from",
                default.field
            );
            self.out
                .push(Diagnostic::error(Code::UnusableDefault, default.scalar.span, message).help("write a value"));
        }
        for field in fields.list.iter().filter(|field| field.is_personal()) {
            let entry = node.as_mapping().and_then(|mapping| mapping.entry(&field.name));
            let place = entry.map_or(node.span, |entry| entry.key.span);
            let message = format!("`{}` would be personal data in what an adapter is given or says", field.name);
            let help = "take `phi` away, and give the adapter what identifies nobody: a key, a reference";
            self.out
                .push(Diagnostic::error(Code::PersonalData, place, message).help(help));
        }
        fields
    }
}

/// The entries of a mapping that mean something.
fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    let entries = node.and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}
