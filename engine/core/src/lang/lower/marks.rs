//! Marks that are written, taken back and looked for, compared with the file that declares them.

use std::sync::Arc;

use super::Lowering;
use super::value::Sink;
use crate::chart::{Marks, Take, ValueTemplate, finds_marks};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::expression::Type;
use crate::field::{Fields, Kind, Schema};
use crate::lang::marks;
use crate::lang::scope::{Known, Scope};
use crate::yaml::{Mapping, Node, Scalar, is_extension};

const MARK: Sink<'static> = Sink::Public("a mark, which is a line of the trail");

/// What every mark has besides its values.
const OF_MARKS: [&str; 3] = ["instance", "at", "actor"];

impl Lowering<'_> {
    /// The marks that are declared beside the workflow; None where no file does so, or none that can be used.
    fn declared_marks(&mut self) -> Option<Arc<Marks>> {
        if let Some(known) = &self.marks {
            return known.clone();
        }
        let node = self.loader.marks(&mut self.out);
        let mapping = node.as_ref().and_then(Node::as_mapping);
        let read = mapping.and_then(|mapping| marks::read(mapping, &mut self.loader, &mut self.out, &mut self.fields_left));
        let read = read.map(Arc::new);
        self.marks = Some(read.clone());
        read
    }

    /// Every mark of the definition, if it names any and a file declares them.
    pub(super) fn pinned_marks(&mut self) -> Option<Arc<Marks>> {
        self.marks.take().flatten()
    }

    /// The fields of a mark. None where nothing is declared, and with a diagnostic where others are.
    fn mark_fields(&mut self, name: &Scalar) -> Option<Fields> {
        let declared = self.declared_marks()?;
        if let Some(fields) = declared.get(&name.text) {
            return Some(fields.clone());
        }
        let message = format!("`marks.yaml` has no mark `{}`", name.text);
        let diagnostic = Diagnostic::error(Code::UnknownWord, name.span, message);
        self.out.push(match nearest(&name.text, declared.keys().map(|name| &**name)) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(name.span, meant),
            None => diagnostic.help("add it there, with its fields"),
        });
        None
    }

    /// What `mark` writes.
    pub(super) fn written_marks(&mut self, mapping: &Mapping, scope: &Scope) -> Vec<(Arc<str>, ValueTemplate)> {
        let mut written = Vec::new();
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let value = match self.mark_fields(&entry.key) {
                Some(fields) => self.mark(&entry.key, &entry.value, &fields, scope),
                None => self.value(&entry.value, scope, MARK),
            };
            written.extend(value.map(|value| (entry.key.text.clone(), value)));
        }
        written
    }

    fn mark(&mut self, name: &Scalar, node: &Node, fields: &Fields, scope: &Scope) -> Option<ValueTemplate> {
        let Some(mapping) = node.as_mapping() else {
            let value = self.value(node, scope, MARK)?;
            let schema = Schema::of(Kind::Object {
                fields: fields.clone(),
                open: false,
            });
            self.check_value_fit(&schema, node, &value, scope, &format!("the mark `{}`", name.text));
            return Some(value);
        };
        let mut written = Vec::new();
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let Some(value) = self.value(&entry.value, scope, MARK) else {
                continue;
            };
            let place = format!("`{}` of the mark `{}`", entry.name(), name.text);
            let value = match fields.get(entry.name()) {
                Some(field) => self.fitting(field, &entry.value, value, scope, &place),
                None => {
                    let message = format!("the mark `{}` has no field `{}`", name.text, entry.name());
                    let known = fields.list.iter().map(|field| &*field.name);
                    self.tell_nearest(&entry.key, message, Code::UnknownField, known, "add it in `marks.yaml`");
                    None
                }
            };
            written.extend(value.map(|value| (entry.key.text.clone(), value)));
        }
        for field in fields.list.iter().filter(|field| field.is_required()) {
            if mapping.get(&field.name).is_none() {
                let message = format!("the mark `{}` needs `{}`", name.text, field.name);
                let help = "write it, or make it optional in `marks.yaml`";
                self.error(Code::MissingKey, name.span, message, help);
            }
        }
        Some(ValueTemplate::Object(written))
    }

    /// Tells of marks that are taken back and that nothing declares.
    pub(super) fn check_unmarked(&mut self, name: &Scalar) {
        self.mark_fields(name);
    }

    /// What expressions know of the marks that a read finds.
    pub(super) fn known_marks(&mut self, name: &Scalar, take: &Take) -> Known {
        let Some(fields) = self.declared_marks().and_then(|marks| marks.get(&name.text).cloned()) else {
            return Known::Unknown;
        };
        let kind = match take {
            Take::Count => Type::Integer,
            Take::List => Type::list(Type::object([
                ("instance", Type::Text),
                ("at", Type::Instant),
                ("actor", Type::Text),
                ("values", fields.expression_type()),
            ])),
            // of none there is no greatest, and the sum of none is nothing but a number
            Take::Sum(_) => return Known::Unknown,
            Take::Min(field) | Take::Max(field) => match fields.get(field) {
                Some(field) => Type::optional(field.schema.expression_type()),
                None => return Known::Unknown,
            },
        };
        Known::Let { kind, personal: false }
    }

    /// What a read of marks looks for and puts in order are fields that are declared, and that marks are found by.
    pub(super) fn check_sought_marks(&mut self, name: &Scalar, read: &Mapping) {
        let Some(fields) = self.mark_fields(name) else { return };
        let sought = read.get("where").and_then(Node::as_mapping).into_iter().flatten();
        for entry in sought.filter(|entry| !is_extension(entry.name())) {
            match fields.get(entry.name()) {
                None => self.unknown_mark_field(name, &entry.key, &fields),
                Some(field) if !finds_marks(field) => {
                    let message = format!("the mark `{}` is not found by `{}`", name.text, field.name);
                    let help = "references, dates and fields with `enum` or `table` are indexed; another one needs `index: true` in `marks.yaml`";
                    self.error(Code::NotIndexed, entry.key.span, message, help);
                }
                Some(field) => self.check_sought_word(&field.schema, &entry.value),
            }
        }
        let taken = read.get("take");
        let of_take = ["sum", "min", "max"].map(|key| taken.and_then(|take| take.get(key)));
        let arranged = ["order", "one_per"].map(|key| read.get(key));
        for scalar in of_take.into_iter().chain(arranged).flatten().filter_map(Node::as_scalar) {
            let first = scalar.text.split('.').next().unwrap_or_default();
            if fields.get(first).is_none() && !OF_MARKS.contains(&first) {
                self.unknown_mark_field(name, scalar, &fields);
            }
        }
    }

    /// A word that is written out and that the field never holds.
    fn check_sought_word(&mut self, schema: &Schema, node: &Node) {
        let words = node.as_sequence().map_or_else(|| vec![node], |items| items.iter().collect());
        for scalar in words
            .into_iter()
            .filter_map(Node::as_scalar)
            .filter(|scalar| !scalar.text.contains("{{"))
        {
            let problems = schema.accept(&crate::value::Value::Text(scalar.text.clone())).err();
            if let Some(problem) = problems.and_then(|problems| problems.into_iter().next()) {
                self.error(
                    Code::WrongType,
                    scalar.span,
                    format!("no mark is found by this: it {problem}"),
                    "write a value that it may have",
                );
            }
        }
    }

    fn unknown_mark_field(&mut self, name: &Scalar, written: &Scalar, fields: &Fields) {
        let message = format!("the mark `{}` has no field `{}`", name.text, written.text);
        let known = fields.list.iter().map(|field| &*field.name);
        self.tell_nearest(written, message, Code::UnknownField, known, "add it in `marks.yaml`");
    }
}
