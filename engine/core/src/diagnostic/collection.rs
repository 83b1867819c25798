//! The problems of one reading.

use std::collections::BTreeSet;

use super::{Diagnostic, Severity};

/// How many problems are kept; more are only counted. A file with this many is wrong in its whole, and nobody reads on.
pub const DIAGNOSTICS_MAX: usize = 1_000;

/// Problems as they are found. Each is kept once; [`Diagnostics::sorted`] gives them in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    /// What was pushed beyond [`DIAGNOSTICS_MAX`].
    dropped: usize,
}

impl Diagnostics {
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a problem, unless the same code with the same words stands at the same place already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.dropped += 1;
            return;
        }
        self.items.push(diagnostic);
    }

    /// Takes over all problems of another reading.
    pub fn append(&mut self, other: Diagnostics) {
        self.dropped += other.dropped;
        for diagnostic in other.items {
            self.push(diagnostic);
        }
    }

    /// Sorts by file and position (errors before warnings at the same place) and removes repeats.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.items.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.span.file, d.span.start, d.severity, d.code, d.span.end);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        let mut seen = BTreeSet::new();
        self.items.retain(|d| seen.insert((d.span, d.code, d.message.clone())));
        self
    }

    /// Whether what is pushed from here on is only counted.
    pub fn is_full(&self) -> bool {
        self.items.len() >= DIAGNOSTICS_MAX
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many were found beyond those kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    pub fn errors(&self) -> usize {
        self.items.iter().filter(|d| d.severity == Severity::Error).count()
    }

    pub fn warnings(&self) -> usize {
        self.items.iter().filter(|d| d.severity == Severity::Warning).count()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        for diagnostic in diagnostics {
            self.push(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, FileId, Span};

    fn at(start: usize, code: Code) -> Diagnostic {
        Diagnostic::error(code, Span::new(FileId(0), start..start + 1), "wrong")
    }

    #[test]
    fn sorted_by_position_and_each_only_once() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend([
            at(9, Code::DuplicateKey),
            at(2, Code::MergeKey),
            at(9, Code::DuplicateKey),
            at(2, Code::DuplicateKey),
        ]);
        let found: Vec<_> = diagnostics.sorted().into_iter().map(|d| (d.span.start, d.code)).collect();
        assert_eq!(found, [(2, Code::DuplicateKey), (2, Code::MergeKey), (9, Code::DuplicateKey)]);
    }

    #[test]
    fn what_is_beyond_the_limit_is_counted() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend((0..DIAGNOSTICS_MAX + 3).map(|start| at(start, Code::MergeKey)));
        assert_eq!(
            (diagnostics.len(), diagnostics.dropped(), diagnostics.errors()),
            (DIAGNOSTICS_MAX, 3, DIAGNOSTICS_MAX)
        );
    }
}
