//! One mapping of the configuration: each key is taken once, and what is left over is refused.

use std::ops::RangeInclusive;

use statewright_core::diagnostic::Diagnostics;
use statewright_core::yaml::read::{boolean, integer, mapping, sequence, text};
use statewright_core::yaml::{Entry, Mapping, Node, Scalar, is_extension, unknown_key};

use super::unusable;

pub struct Section<'n> {
    mapping: &'n Mapping,
    known: Vec<&'static str>,
}

impl<'n> Section<'n> {
    /// `what` names it, for the sentence if it is no mapping.
    pub fn of(node: &'n Node, what: &str, problems: &mut Diagnostics) -> Option<Self> {
        let mapping = mapping(node, what, problems)?;
        Some(Section {
            mapping,
            known: Vec::new(),
        })
    }

    /// The value under a key, if anything was written.
    pub fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        self.mapping.get(key).filter(|node| !node.is_empty())
    }

    pub fn text(&mut self, key: &'static str, problems: &mut Diagnostics) -> Option<&'n Scalar> {
        let node = self.take(key)?;
        text(node, &format!("`{key}`"), problems)
    }

    /// Text that means something else; `wanted` says what, if it does not.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        problems: &mut Diagnostics,
    ) -> Option<T> {
        let scalar = self.text(key, problems)?;
        let parsed = parse(&scalar.text);
        if parsed.is_none() {
            problems.push(
                unusable(scalar.span, format!("`{}` is not what `{key}` asks for", scalar.text)).help(format!("write {wanted}")),
            );
        }
        parsed
    }

    pub fn boolean(&mut self, key: &'static str, problems: &mut Diagnostics) -> Option<bool> {
        let scalar = self.text(key, problems)?;
        boolean(scalar, problems)
    }

    pub fn count(&mut self, key: &'static str, range: RangeInclusive<i64>, problems: &mut Diagnostics) -> Option<usize> {
        let scalar = self.text(key, problems)?;
        integer(scalar, range, problems).and_then(|count| usize::try_from(count).ok())
    }

    pub fn section(&mut self, key: &'static str, problems: &mut Diagnostics) -> Option<Section<'n>> {
        let node = self.take(key)?;
        Section::of(node, &format!("`{key}`"), problems)
    }

    pub fn texts(&mut self, key: &'static str, problems: &mut Diagnostics) -> Option<Vec<String>> {
        let node = self.take(key)?;
        let what = format!("`{key}`");
        let items = sequence(node, &what, problems)?;
        Some(
            items
                .iter()
                .filter_map(|item| text(item, &what, problems))
                .map(|item| item.text.to_string())
                .collect(),
        )
    }

    /// A mapping whose keys are names of the author's own: what `read` makes of each.
    pub fn each<T>(self, problems: &mut Diagnostics, mut read: impl FnMut(&'n Entry, &mut Diagnostics) -> Option<T>) -> Vec<T> {
        let entries = self.mapping.iter().filter(|entry| !is_extension(entry.name()));
        entries.filter_map(|entry| read(entry, problems)).collect()
    }

    /// Refuses keys that nobody took.
    pub fn finish(self, problems: &mut Diagnostics) {
        for entry in self.mapping {
            if !self.known.contains(&entry.name()) && !is_extension(entry.name()) {
                problems.push(unknown_key(&entry.key, &self.known));
            }
        }
    }
}
