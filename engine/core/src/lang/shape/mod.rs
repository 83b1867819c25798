//! What is written against what may be written: every key and the shape of every value, by the tables of the grammar.
//!
//! After this pass the modules that lower a file may pass over what has the wrong shape without a word: it has been told.

mod name;
mod scalar;

use super::grammar::{Construct, Empty, FIELD, Forms, Name, Shape, TYPE};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::yaml::{Entry, Kind, Mapping, Node, comma_split, is_extension, read, unknown_key};

/// Checks a mapping against a construct.
pub(super) fn check(node: &Node, construct: &Construct, out: &mut Diagnostics) {
    Check { out }.construct(node, construct, construct.noun);
}

/// Checks a value whose shape another key decides.
pub(super) fn check_value(node: &Node, shape: Shape, what: &str, out: &mut Diagnostics) {
    Check { out }.value(node, shape, what);
}

struct Check<'a> {
    out: &'a mut Diagnostics,
}

impl Check<'_> {
    fn construct(&mut self, node: &Node, construct: &Construct, what: &str) {
        let Some(mapping) = self.mapping(node, construct.noun, what) else {
            return;
        };
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let Some(key) = construct.key(entry.name()) else {
                self.unknown_key(mapping, entry, construct);
                continue;
            };
            self.value(&entry.value, key.shape, &quoted(entry.name()));
        }
        self.missing_keys(node, mapping, construct);
    }

    fn missing_keys(&mut self, node: &Node, mapping: &Mapping, construct: &Construct) {
        if mapping.incomplete {
            return;
        }
        for key in construct.all().filter(|key| key.required && mapping.get(key.name).is_none()) {
            let place = mapping.entries.first().map_or(node.span, |entry| entry.key.span);
            let message = format!("{} needs `{}`", construct.noun, key.name);
            self.out
                .push(Diagnostic::error(Code::MissingKey, place, message).help(format!("add `{}`: {}", key.name, key.meaning)));
        }
    }

    fn unknown_key(&mut self, mapping: &Mapping, entry: &Entry, construct: &Construct) {
        let known: Vec<&str> = construct.all().map(|key| key.name).collect();
        let event = || event_beside_on(mapping, entry, construct);
        let diagnostic = comma_split(mapping, entry)
            .or_else(event)
            .unwrap_or_else(|| unknown_key(&entry.key, &known));
        self.out.push(diagnostic);
    }

    fn value(&mut self, node: &Node, shape: Shape, what: &str) {
        match shape {
            Shape::Map(construct) => self.construct(node, construct, what),
            Shape::Names(name, shape, empty) => self.names(node, (name, shape, empty), what),
            Shape::List(item) => self.list(node, *item, what),
            Shape::Either(forms) => self.either(node, forms, what),
            Shape::Type => self.value(node, TYPE, what),
            Shape::Fields => self.names(node, (Name::Snake, &TYPE, Empty::Refused), what),
            Shape::Items => self.items(node, what),
            Shape::Value => self.free(node, what),
            Shape::Anything => {}
            scalar_shape => {
                if let Some(scalar) = read::text(node, what, self.out) {
                    scalar::check(self, scalar, scalar_shape);
                }
            }
        }
    }

    fn names(&mut self, node: &Node, (name, shape, empty): (Name, &Shape, Empty), what: &str) {
        let Some(mapping) = self.mapping(node, "a mapping", what) else {
            return;
        };
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            if let Some(split) = comma_split(mapping, entry) {
                self.out.push(split);
                continue;
            }
            name::check(self.out, &entry.key, name);
            if !(entry.value.is_empty() && empty == Empty::Allowed) {
                self.value(&entry.value, *shape, &quoted(entry.name()));
            }
        }
    }

    fn list(&mut self, node: &Node, item: Shape, what: &str) {
        let what_item = format!("an item of {what}");
        for node in read::sequence(node, what, self.out).into_iter().flatten() {
            self.value(node, item, &what_item);
        }
    }

    fn either(&mut self, node: &Node, forms: &Forms, what: &str) {
        let form = match node.kind {
            Kind::Scalar(_) => forms.scalar,
            Kind::Sequence(_) => forms.list,
            Kind::Mapping(_) => forms.mapping,
            Kind::Empty | Kind::Broken => None,
        };
        match form {
            Some(shape) => self.value(node, shape, what),
            None => self.refuse(node, forms.noun, what),
        }
    }

    fn items(&mut self, node: &Node, what: &str) {
        match &node.kind {
            Kind::Scalar(_) => {}
            Kind::Mapping(mapping) if is_type(mapping) => self.construct(node, &FIELD, what),
            Kind::Mapping(_) => self.value(node, Shape::Fields, what),
            _ => self.refuse(node, "a type, or a map of fields", what),
        }
    }

    /// Any structure. Scalars in it are read where it is lowered, and here where it is not.
    fn free(&mut self, node: &Node, what: &str) {
        match &node.kind {
            Kind::Empty => self.out.push(
                Diagnostic::error(
                    Code::EmptyValue,
                    node.span,
                    format!("{what} takes a value, and nothing stands here"),
                )
                .help("write `null` for no value"),
            ),
            Kind::Scalar(_) | Kind::Broken => {}
            Kind::Sequence(items) => items.iter().for_each(|item| self.free(item, what)),
            Kind::Mapping(mapping) => {
                for entry in mapping.iter() {
                    match comma_split(mapping, entry) {
                        Some(split) => self.out.push(split),
                        None => self.free(&entry.value, &quoted(entry.name())),
                    }
                }
            }
        }
    }

    fn mapping<'n>(&mut self, node: &'n Node, noun: &str, what: &str) -> Option<&'n Mapping> {
        if node.as_mapping().is_none() {
            let wanted = if noun == what { "a mapping" } else { noun };
            self.refuse(node, wanted, what);
        }
        node.as_mapping()
    }

    fn refuse(&mut self, node: &Node, wanted: &str, what: &str) {
        let diagnostic = match node.kind {
            Kind::Broken => return,
            Kind::Empty => Diagnostic::error(
                Code::EmptyValue,
                node.span,
                format!("{what} takes {wanted}, and nothing stands here"),
            ),
            _ => {
                let message = format!("{what} takes {wanted}, and here stands {}", node.describe());
                Diagnostic::error(Code::WrongShape, node.span, message)
            }
        };
        self.out.push(diagnostic.help(format!("write {wanted}")));
    }
}

/// Whether a mapping under `items` is a type, and not a map of fields.
pub(super) fn is_type(mapping: &Mapping) -> bool {
    let is = |key: &str, fits: fn(&Node) -> bool| mapping.get(key).is_some_and(fits);
    is("type", |node| node.as_scalar().is_some())
        || is("$ref", |node| node.as_scalar().is_some())
        || is("table", |node| node.as_scalar().is_some())
        || is("enum", |node| node.as_sequence().is_some())
        || is("properties", |node| node.as_mapping().is_some())
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

pub(super) use name::form_field;
pub(super) use scalar::is_computed;

/// The scalar, if something in it is computed.
pub(super) fn computed_scalar(node: &Node) -> Option<&crate::yaml::Scalar> {
    node.as_scalar().filter(|scalar| is_computed(scalar))
}

/// An event that is not indented far enough, and so stands beside the `on` that it belongs to.
fn event_beside_on(mapping: &Mapping, entry: &Entry, construct: &Construct) -> Option<Diagnostic> {
    let in_capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_event = entry.name().starts_with(|c: char| c.is_ascii_uppercase()) && entry.name().chars().all(in_capitals);
    let beside_on = construct.key("on").is_some() && mapping.get("on").is_some();
    let message = format!("`{}` is an event, and stands beside `on`", entry.name());
    let help = match mapping.flow {
        true => "put it into the braces of `on`",
        false => "put it under `on`, two blanks further in",
    };
    (is_event && beside_on).then(|| Diagnostic::error(Code::MisplacedKey, entry.key.span, message).help(help))
}
