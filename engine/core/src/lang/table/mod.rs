//! Tables: from their files to [`Table`]s, with every problem on the way. (Reference, section 12.)
//!
//! A table is named by its name alone. Its file is `NAME.yaml` beside the workflow's file, or in the folder `tables` beside it; one name
//! is one table throughout a definition, whichever of its files names it. The file belongs to the definition, and so to its digest.

mod cell;
mod coverage;
mod csv;
mod decision;
mod live;
mod look_up;
mod output;
mod region;
mod rows;
mod trial;

use std::sync::Arc;

pub(super) use live::{declaration, is_live};

use super::fields::FieldReader;
use super::loader::{Loader, TableSlot};
use super::scope::Scope;
use super::{computed, free, shape};
use crate::chart::{Body, Table, ValueTemplate};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use crate::expression::{Expression, Function, References, Type};
use crate::field::{Fields, Schema};
use crate::yaml::{Kind, Mapping, Node, Scalar, is_extension};

/// Rows of a look-up table: a catalogue. What is larger lives in a database, and is read.
pub const TABLE_ROWS_MAX: usize = 10_000;

/// Rows of a decision table, which are tried one after another, and compared each with each.
pub const DECISION_ROWS_MAX: usize = 1_000;

/// Keys that say that a table is looked up, and that it decides.
const LOOK_UP: [&str; 2] = ["key", "columns"];
const DECISION: [&str; 4] = ["inputs", "output", "mode", "let"];

/// The table of that name, which is named at `place`; None with a diagnostic, the first time, when there is none that can be used.
pub(super) fn named(
    loader: &mut Loader<'_>,
    out: &mut Diagnostics,
    room: &mut usize,
    name: &str,
    place: Span,
) -> Option<Arc<Table>> {
    match loader.tables.get(name) {
        Some(TableSlot::Read(table)) => return table.clone(),
        Some(TableSlot::Reading) => {
            let message = format!("the table `{name}` names itself");
            out.push(Diagnostic::error(Code::CircularReference, place, message).help("take one `table` away"));
            return None;
        }
        None => {}
    }
    let name: Arc<str> = name.into();
    loader.tables.insert(name.clone(), TableSlot::Reading);
    let node = loader.table(&name, place, out);
    let table = node.and_then(|node| {
        let mapping = node.as_mapping()?;
        refuse_other_name(mapping, &name, out);
        let rows = if is_live(mapping) { Rows::Apart } else { Rows::Within };
        read(mapping, rows, loader, out, room)
    });
    let table = table.map(Arc::new);
    loader.tables.insert(name, TableSlot::Read(table.clone()));
    table
}

/// The file is found by its name, which must be what it says of itself.
fn refuse_other_name(mapping: &Mapping, name: &str, out: &mut Diagnostics) {
    if let Some(own) = mapping
        .get("table")
        .and_then(Node::as_scalar)
        .filter(|own| *own.text != *name)
    {
        let message = format!("the file is that of the table `{name}`, and calls itself `{}`", own.text);
        out.push(
            Diagnostic::error(Code::NameClash, own.span, message)
                .help(format!("write `{name}`, or rename the file"))
                .repair(own.span, name),
        );
    }
}

/// What of a table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// All of it.
    Within,
    /// Its declaration alone: it is live, and its rows belong to no definition.
    Apart,
}

/// Reads a table whose keys and shapes were checked. None where it cannot be used.
pub(super) fn read(
    mapping: &Mapping,
    rows: Rows,
    loader: &mut Loader<'_>,
    out: &mut Diagnostics,
    room: &mut usize,
) -> Option<Table> {
    let errors = out.errors();
    let name = mapping.entry("table")?;
    let has = |key: &&&str| mapping.get(key).is_some();
    let (looks_up, decides) = (LOOK_UP.iter().find(has), DECISION.iter().find(has));
    if let (Some(first), Some(second)) = (looks_up, decides) {
        let place = mapping.entry(second).map_or(name.key.span, |entry| entry.key.span);
        let message = format!("`{first}` is for looking up, and `{second}` for deciding: a table does one of the two");
        out.push(Diagnostic::error(Code::TableOfNoKind, place, message).help("make two tables of it"));
        return None;
    }
    let needed: &[&str] = match (looks_up, decides) {
        (Some(_), _) => &LOOK_UP,
        (_, Some(_)) => &["inputs", "output"],
        _ if mapping.incomplete => return None,
        _ => {
            let message = "the table says neither what is looked up nor what is decided";
            let help = "write `key` and `columns` to look up rows, or `inputs` and `output` to decide";
            out.push(Diagnostic::error(Code::TableOfNoKind, name.key.span, message).help(help));
            return None;
        }
    };
    if let Some(missing) = needed.iter().find(|key| mapping.get(key).is_none()) {
        if !mapping.incomplete {
            let message = format!("the table needs `{missing}`");
            out.push(
                Diagnostic::error(Code::MissingKey, name.key.span, message)
                    .help(format!("add `{missing}` beside `{}`", needed[0])),
            );
        }
        return None;
    }
    let mut reader = Reader { loader, out, room };
    let live = is_live(mapping);
    if live && reader.refuse_collecting(mapping) {
        return None;
    }
    let body = match rows {
        Rows::Apart => reader.declared(mapping)?,
        Rows::Within if looks_up.is_some() => Body::LookUp(reader.look_up(mapping)?),
        Rows::Within => Body::Decision(Box::new(reader.decision(mapping)?)),
    };
    let table = Table {
        name: name.value.as_scalar()?.text.clone(),
        title: mapping
            .get("title")
            .and_then(Node::as_scalar)
            .map(|title| title.text.to_string()),
        live,
        body,
    };
    if out.errors() > errors {
        return None;
    }
    if rows == Rows::Within {
        trial::run(&table, mapping, out);
    }
    Some(table)
}

/// Reads the parts of a table.
struct Reader<'l, 'a> {
    loader: &'l mut Loader<'a>,
    out: &'l mut Diagnostics,
    room: &'l mut usize,
}

impl Reader<'_, '_> {
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.out.push(Diagnostic::error(code, span, message).help(help));
    }

    /// Typed columns or inputs.
    fn fields(&mut self, node: &Node) -> Fields {
        let mut reader = FieldReader::new(self.loader, self.out, self.room);
        let fields = reader.fields(node);
        for default in std::mem::take(&mut reader.computed_defaults) {
            let message = format!(
                "the default of `{}` is computed, and a table has nothing to compute it from",
                default.field
            );
            self.error(Code::UnusableDefault, default.scalar.span, message, "write a value");
        }
        fields
    }

    /// What a table says of itself belongs to the definition, from which nothing is erased.
    fn refuse_personal(&mut self, node: &Node, fields: &Fields, whose: &str) {
        for field in fields.list.iter().filter(|field| field.is_personal()) {
            let entry = node.as_mapping().and_then(|mapping| mapping.entry(&field.name));
            let phi = entry.and_then(|entry| entry.value.as_mapping()?.entry("phi"));
            let place = phi.or(entry).map_or(node.span, |entry| entry.key.span);
            let message = format!(
                "`{}` is {whose}: it stands in the definition, and cannot be personal data",
                field.name
            );
            let help = "take `phi` away; it belongs to inputs, and an answer that repeats a personal one is personal without it";
            self.error(Code::PersonalData, place, message, help);
        }
    }

    /// A name that is none of those known here.
    fn unknown(&mut self, scalar: &Scalar, noun: &str, known: &[&str]) {
        let message = format!("there is no {noun} `{}`", scalar.text);
        let diagnostic = Diagnostic::error(Code::RowMisfit, scalar.span, message);
        self.out.push(match nearest(&scalar.text, known.iter().copied()) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(scalar.span, meant),
            None => diagnostic.help(format!("the table has {}", listed(known))),
        });
    }

    /// A bare expression, with its type.
    fn expression(&mut self, scalar: &Scalar, scope: &Scope) -> Option<(Expression, Type)> {
        let expression = computed::expression(scalar, self.out)?;
        let (kind, problems) = expression.check(scope);
        computed::report(scalar, problems, self.out);
        self.refuse_outside(scalar, &expression.references());
        Some((expression, kind))
    }

    /// A bare expression that is true or false.
    fn condition(&mut self, scalar: &Scalar, scope: &Scope) -> Option<Expression> {
        let expression = computed::expression(scalar, self.out)?;
        computed::report(scalar, expression.check_truth(scope), self.out);
        self.refuse_outside(scalar, &expression.references());
        Some(expression)
    }

    /// A value that a row gives: computed, or a literal of its field's type.
    fn value(&mut self, node: &Node, schema: Option<&Schema>, scope: &Scope) -> Option<(ValueTemplate, Type)> {
        match &node.kind {
            Kind::Scalar(scalar) if shape::is_computed(scalar) => {
                let template = computed::template(scalar, self.out)?;
                let (kind, problems) = template.check(scope);
                computed::report(scalar, problems, self.out);
                self.refuse_outside(scalar, &template.references());
                Some((ValueTemplate::Computed(template), kind))
            }
            Kind::Sequence(items) if cell::holds_computed(node) => {
                let items: Option<Vec<_>> = items.iter().map(|item| self.value(item, None, scope)).collect();
                let (items, kinds): (Vec<_>, Vec<Type>) = items?.into_iter().unzip();
                let kind = kinds.into_iter().reduce(Type::or).unwrap_or(Type::Any);
                Some((ValueTemplate::List(items), Type::list(kind)))
            }
            Kind::Mapping(mapping) if cell::holds_computed(node) => {
                let mut fields = Vec::new();
                let mut kinds = std::collections::BTreeMap::new();
                for entry in mapping.iter() {
                    let (value, kind) = self.value(&entry.value, None, scope)?;
                    kinds.insert(entry.key.text.clone(), kind);
                    fields.push((entry.key.text.clone(), value));
                }
                let kind = Type::Object {
                    fields: kinds,
                    open: false,
                };
                Some((ValueTemplate::Object(fields), kind))
            }
            _ => {
                let value = match schema {
                    Some(schema) => cell::literal(schema, node, self.out)?,
                    None => free::value(node, self.out)?,
                };
                let kind = cell::type_of(&value);
                Some((ValueTemplate::Literal(value), kind))
            }
        }
    }

    /// A table answers from its inputs alone, so that the same inputs always have the same answer.
    fn refuse_outside(&mut self, scalar: &Scalar, references: &References) {
        for name in ["now", "today"].into_iter().filter(|name| references.touches(name)) {
            let message = format!("a table has no `{name}`: it answers from its inputs alone");
            self.error(Code::UnknownVariable, scalar.span, message, "give it the moment as an input");
        }
        let outside = [
            Function::RandomHex,
            Function::HmacRef,
            Function::BusinessDays,
            Function::BusinessHours,
            Function::BusinessBetween,
            Function::InBusinessHours,
        ];
        for function in outside {
            if references.calls.iter().any(|(called, _)| *called == function) {
                let message = format!("a table has no `{}`: it answers from its inputs alone", function.name());
                self.error(Code::UnknownFunction, scalar.span, message, "give it the value as an input");
            }
        }
    }
}

/// The entries of a mapping that mean something.
fn entries(mapping: &Mapping) -> impl Iterator<Item = &crate::yaml::Entry> {
    mapping.iter().filter(|entry| !is_extension(entry.name()))
}

/// `` `a`, `b` ``.
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
