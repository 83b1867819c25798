//! Which entries of the language stand in a file, where, and what each is: for an editor that says what the key under the cursor
//! means, and for tests that ask whether anything notices when one is gone.
//!
//! # Invariants
//! - What is found is found by the grammar alone, as the reader goes through a file; what the grammar does not know is passed over.
//! - Nothing is told of a file that is wrong: [`compile`](super::compile) does that.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grammar::{COMBINED_FIELDS, Construct, DECIDED_FIELDS, DECISION_ROWS, FIELD, KINDS, Map, Shape, TYPE};
use super::shape::is_type;
use crate::diagnostic::Span;
use crate::yaml::{Kind, Mapping, Node, is_extension};

/// A key of the language: one line of one table of its reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageKey {
    /// What it is a key of, with an article, as the reference calls it: `a state`, `what is sent by a schedule`. With the name it is one
    /// key and no other.
    pub construct: Arc<str>,
    pub name: &'static str,
    /// A line for people, without a full stop.
    pub meaning: &'static str,
    pub shape: ShapeKind,
    pub required: bool,
}

/// What kind of value a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeKind {
    /// Text in which something may be computed.
    Text,
    /// Text as it stands.
    Literal,
    /// A bare expression.
    Expression,
    Boolean,
    /// A whole number within these bounds.
    Integer {
        least: i64,
        most: i64,
    },
    /// A number in plain decimal notation.
    Number,
    /// A duration, or text that computes one.
    Duration,
    /// A duration, or text that computes a moment or a duration.
    Due,
    /// `5s..5m`.
    Backoff,
    /// `80%`, `100% + 15m`.
    Share,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of something, perhaps computed.
    Name,
    /// A literal, something computed, or a structure of these.
    Value,
    /// A mapping with keys of the language.
    Mapping,
    /// A mapping from names that the author chooses.
    Names,
    List,
    /// Several of these, told apart by how they are written.
    Forms,
}

/// A key where it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub key: Arc<LanguageKey>,
    /// Of a key that has several forms the one that is written here.
    pub shape: ShapeKind,
    /// Where the key stands. What an alias repeats has the place of its anchor each time.
    pub name: Span,
    pub value: Span,
}

/// Every key of the language, once, in the order of the grammar.
pub fn keys() -> Vec<Arc<LanguageKey>> {
    Keys::of_the_language().all.into_values().flatten().collect()
}

/// Every key of the language that stands in a file, in the order in which they are written. Empty where the file is of no known kind.
pub fn uses(file: &Node) -> Vec<Use> {
    let mut walk = Walk {
        keys: Keys::of_the_language(),
        uses: Vec::new(),
    };
    let first = file
        .as_mapping()
        .and_then(|mapping| mapping.iter().find(|entry| !is_extension(entry.name())));
    if let Some(kind) = first.and_then(|entry| KINDS.iter().find(|kind| kind.key == entry.name())) {
        walk.construct(file, kind.construct);
    }
    walk.uses
}

/// By the place of their construct in the grammar.
struct Keys {
    all: BTreeMap<usize, Vec<Arc<LanguageKey>>>,
    /// By a construct's place in memory, which is only compared.
    places: BTreeMap<usize, usize>,
}

impl Keys {
    fn of_the_language() -> Keys {
        let map = Map::of_the_language();
        let mut keys = Keys {
            all: BTreeMap::new(),
            places: BTreeMap::new(),
        };
        for (number, place) in map.places().enumerate() {
            let construct: Arc<str> = map.title(place.construct).into();
            let of_it = place.construct.all().map(|key| {
                Arc::new(LanguageKey {
                    construct: construct.clone(),
                    name: key.name,
                    meaning: key.meaning,
                    shape: ShapeKind::of(key.shape),
                    required: key.required,
                })
            });
            keys.all.insert(number, of_it.collect());
            keys.places.insert(std::ptr::from_ref(place.construct) as usize, number);
        }
        keys
    }

    fn find(&self, construct: &'static Construct, name: &str) -> Option<&Arc<LanguageKey>> {
        let number = self.places.get(&(std::ptr::from_ref(construct) as usize))?;
        self.all.get(number)?.iter().find(|key| key.name == name)
    }
}

struct Walk {
    keys: Keys,
    uses: Vec<Use>,
}

impl Walk {
    fn construct(&mut self, node: &Node, construct: &'static Construct) {
        let Some(mapping) = node.as_mapping() else { return };
        for entry in mapping.iter().filter(|entry| !is_extension(entry.name())) {
            let Some(key) = construct.key(entry.name()) else { continue };
            let shape = told_by_others(mapping, construct, key.name).unwrap_or(key.shape);
            if let Some(known) = self.keys.find(construct, key.name) {
                self.uses.push(Use {
                    key: known.clone(),
                    shape: ShapeKind::of(as_written(shape, &entry.value).unwrap_or(shape)),
                    name: entry.key.span,
                    value: entry.value.span,
                });
            }
            self.value(&entry.value, shape);
        }
    }

    fn value(&mut self, node: &Node, shape: Shape) {
        match shape {
            Shape::Map(construct) => self.construct(node, construct),
            Shape::Names(_, shape, _) => self.named(node, *shape),
            Shape::List(item) => node
                .as_sequence()
                .into_iter()
                .flatten()
                .for_each(|node| self.value(node, *item)),
            Shape::Either(_) | Shape::Type | Shape::Items => {
                if let Some(shape) = as_written(shape, node) {
                    self.value(node, shape);
                }
            }
            Shape::Fields => self.named(node, TYPE),
            _ => {}
        }
    }

    fn named(&mut self, node: &Node, shape: Shape) {
        let entries = node.as_mapping().into_iter().flatten();
        for entry in entries.filter(|entry| !is_extension(entry.name())) {
            self.value(&entry.value, shape);
        }
    }
}

/// Shapes that the grammar leaves open, since other keys of the same mapping decide them: `inputs` and `mode` of a table.
fn told_by_others(mapping: &Mapping, construct: &'static Construct, key: &str) -> Option<Shape> {
    let is_table = KINDS
        .iter()
        .any(|kind| kind.key == "table" && std::ptr::eq(kind.construct, construct));
    if !is_table || mapping.get("inputs").is_none() {
        return None;
    }
    let mode = mapping.get("mode").and_then(Node::as_scalar);
    match key {
        "rows" => Some(DECISION_ROWS),
        "output" if mode.is_some_and(|mode| &*mode.text == "collect") => Some(COMBINED_FIELDS),
        "output" => Some(DECIDED_FIELDS),
        _ => None,
    }
}

/// Of a shape with several forms the one that is written here. None where none is.
fn as_written(shape: Shape, node: &Node) -> Option<Shape> {
    let forms = match shape {
        Shape::Either(forms) => forms,
        Shape::Type => return as_written(TYPE, node),
        Shape::Items => {
            return match &node.kind {
                Kind::Mapping(mapping) if !is_type(mapping) => Some(Shape::Fields),
                Kind::Mapping(_) => Some(Shape::Map(&FIELD)),
                _ => as_written(TYPE, node),
            };
        }
        _ => return Some(shape),
    };
    match node.kind {
        Kind::Scalar(_) => forms.scalar,
        Kind::Sequence(_) => forms.list,
        Kind::Mapping(_) => forms.mapping,
        Kind::Empty | Kind::Broken => None,
    }
}

impl ShapeKind {
    fn of(shape: Shape) -> ShapeKind {
        match shape {
            Shape::Text => ShapeKind::Text,
            Shape::Literal => ShapeKind::Literal,
            Shape::Expression => ShapeKind::Expression,
            Shape::Boolean => ShapeKind::Boolean,
            Shape::Integer(least, most) => ShapeKind::Integer { least, most },
            Shape::Number => ShapeKind::Number,
            Shape::Duration => ShapeKind::Duration,
            Shape::Due => ShapeKind::Due,
            Shape::Backoff => ShapeKind::Backoff,
            Shape::Share => ShapeKind::Share,
            Shape::Word(words) => ShapeKind::Word(words),
            Shape::Name(_) | Shape::Computed(_) => ShapeKind::Name,
            Shape::Value | Shape::Anything => ShapeKind::Value,
            Shape::Map(_) => ShapeKind::Mapping,
            Shape::Names(..) | Shape::Fields => ShapeKind::Names,
            Shape::List(_) => ShapeKind::List,
            Shape::Either(_) | Shape::Type | Shape::Items => ShapeKind::Forms,
        }
    }
}
