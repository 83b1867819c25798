//! The language as tables: every construct with its keys, and the shape of each value.
//!
//! One table serves the reader (unknown keys, wrong shapes), the published schema for editors.
//! The tables say what may be *written*; what it means, and what fits together, is for the modules that lower it.

mod action;
mod adapter;
mod clock;
mod data;
mod kind;
mod map;
mod people;
mod simulation;
mod state;
mod task;
mod test_file;
mod view;
mod workflow;

pub(super) use data::{FIELD, TYPE};
pub(super) use kind::{COMBINED_FIELDS, DECIDED_FIELDS, DECISION_ROW, DECISION_ROWS, KINDS, Kind};
pub(super) use map::Map;
#[cfg(test)]
pub(super) use map::{Place, constructs};

/// A mapping with known keys.
pub(super) struct Construct {
    /// With its article, for a sentence: `a state`.
    pub noun: &'static str,
    pub keys: &'static [Key],
    /// Keys that it has in common with other constructs.
    pub shared: &'static [&'static [Key]],
}

/// One key of a construct.
pub(super) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// A line for people, without a full stop.
    pub meaning: &'static str,
}

/// What a value looks like.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Text in which something may be computed.
    Text,
    /// Text as it stands.
    Literal,
    /// A bare expression.
    Expression,
    Boolean,
    /// A whole number within these bounds.
    Integer(i64, i64),
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
    Name(Name),
    /// A name, or text that computes it.
    Computed(Name),
    /// A literal, something computed, or a structure of these.
    Value,
    /// Any structure, of which nobody reads more here.
    Anything,
    /// A mapping with these keys.
    Map(&'static Construct),
    /// A mapping from names to values of one shape; true if an empty value is one, too.
    Names(Name, &'static Shape, Empty),
    List(&'static Shape),
    /// What may be written as one line, as a list, or as a mapping.
    Either(&'static Forms),
    /// A field's type.
    Type,
    /// A map from fields to types.
    Fields,
    /// The type of a list's items: a field's type, or the fields of an object.
    Items,
}

/// Whether nothing at all may be written for a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    Refused,
    Allowed,
}

/// The forms of a value that has several, told apart by how they are written.
pub(super) struct Forms {
    /// For a sentence: `the name of a state, or a transition`.
    pub noun: &'static str,
    pub scalar: Option<Shape>,
    pub list: Option<Shape>,
    pub mapping: Option<Shape>,
}

/// The kinds of names, which are told apart by how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `snake_case`: fields, values, reads, roles, timers, tags.
    Snake,
    /// `kebab-case`: workflows, tables, calendars, …
    File,
    /// `UPPER_SNAKE`, or an event of the engine's such as `sent.refused.join`.
    Event,
    /// An event, `*` or `prefix.*`.
    EventPattern,
    /// A state by its name, `.child`, or a path `a.b`.
    State,
    /// A field by its dotted path.
    Path,
    /// A key under `after`: a duration or a name.
    Timer,
    /// A state or `sla.name`.
    Pausable,
    /// A field's name, which may have the word `optional` before it.
    FormField,
    /// Anything (keys of instances, free texts).
    Any,
}

impl Construct {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.all().find(|key| key.name == name)
    }

    /// Its own keys, then the shared ones.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().chain(self.shared.iter().copied().flatten())
    }
}

/// A key with its shape and meaning; optional.
const fn key(name: &'static str, shape: Shape, meaning: &'static str) -> Key {
    Key {
        name,
        shape,
        required: false,
        meaning,
    }
}

impl Key {
    const fn required(self) -> Key {
        Key { required: true, ..self }
    }
}
