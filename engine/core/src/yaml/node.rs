//! The tree of a YAML text: what was written, and where. Nothing is typed here.

use std::sync::Arc;

use crate::diagnostic::{Source, Span};

/// One value. Cloning is cheap: what it holds is shared, which is also how an alias stands for its anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands. For an alias the place of the `*name`; what it holds has the places of the anchored text.
    pub span: Span,
    pub kind: Kind,
    /// Set when this place is a `*name`.
    pub alias: Option<Alias>,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Scalar(Arc<Scalar>),
    Sequence(Arc<[Node]>),
    Mapping(Arc<Mapping>),
    /// Nothing was written: `key:` with no value, or an entry `- ` alone.
    Empty,
    /// Could not be read, and a diagnostic says so already: whoever meets it stays silent.
    Broken,
}

/// A `*name`: which anchor it means, and where the anchored value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub name: Arc<str>,
    pub definition: Span,
}

/// A word, a sentence, a number: text, whatever it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text that is meant: without quotes, escapes resolved, lines folded.
    pub text: Arc<str>,
    /// The text as it stands in the source, with its quotes or block header.
    pub raw: Arc<str>,
    pub style: Style,
    /// Where `raw` stands.
    pub span: Span,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
}

/// Keys with their values, in the order they were written; no key stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    pub entries: Vec<Entry>,
    /// Written on one line between braces (or over several, between braces).
    pub flow: bool,
    /// Something in it could not be read or was refused, so a key that is not here may not be missing.
    pub incomplete: bool,
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: Scalar,
    pub value: Node,
    /// False for a bare `{key}` between braces: perhaps what a comma split off from the value before it.
    pub colon: bool,
}

impl Node {
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value under a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    pub fn is_empty(&self) -> bool {
        matches!(self.kind, Kind::Empty)
    }

    /// Whether a diagnostic has been given for it already.
    pub fn is_broken(&self) -> bool {
        matches!(self.kind, Kind::Broken)
    }

    /// The line of the source it begins in, without its line break.
    pub fn raw_line<'s>(&self, source: &'s Source) -> &'s str {
        source.line(source.position(self.span.start).line)
    }

    /// What it is, for a sentence: `a list`, `text`.
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Scalar(_) => "text",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
            Kind::Empty => "nothing",
            Kind::Broken => "something unreadable",
        }
    }
}

impl Mapping {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.key.text == key)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl Entry {
    pub fn name(&self) -> &str {
        &self.key.text
    }

    /// From the key to the end of the value.
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}
