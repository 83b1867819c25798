//! Edits that make a text readable, and the way back from the mended text to the places of the original.

use std::collections::BTreeMap;
use std::ops::Range;

/// What an edit does to the value it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Inserts, deletes or replaces signs.
    Signs,
    /// Replaces a value by the same value in quotes: the tree shows it as it was written.
    Quotes,
    /// Stands for something that could not be read.
    Broken,
    /// Takes whole lines away that could not be read.
    Removed,
}

/// Replaces a range of the original text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub range: Range<usize>,
    pub text: String,
    pub role: Role,
}

impl Edit {
    pub fn new(range: Range<usize>, text: impl Into<String>, role: Role) -> Self {
        Self {
            range,
            text: text.into(),
            role,
        }
    }

    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::new(offset..offset, text, Role::Signs)
    }
}

/// A stretch of the mended text and where it comes from.
#[derive(Clone, Copy, Debug)]
struct Piece {
    mended: usize,
    original: usize,
    mended_len: usize,
    original_len: usize,
    copied: bool,
}

/// The mended text.
#[derive(Debug)]
pub(super) struct Mended {
    text: String,
    /// In order, without gaps, covering both texts.
    pieces: Vec<Piece>,
    /// By the offset in the mended text where the edit's own text begins.
    edits: BTreeMap<usize, (Role, Range<usize>)>,
    /// The ranges taken away, in the original text, in order.
    removed: Vec<Range<usize>>,
}

impl Mended {
    /// Applies the edits in the order of their places; one that overlaps an earlier one is left out.
    pub fn new(original: &str, edits: &[Edit]) -> Self {
        let mut sorted: Vec<&Edit> = edits.iter().collect();
        sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut mended = Self {
            text: String::with_capacity(original.len()),
            pieces: Vec::new(),
            edits: BTreeMap::new(),
            removed: Vec::new(),
        };
        let mut done = 0;
        for edit in sorted {
            let Some(between) = original.get(done..edit.range.start) else {
                continue;
            };
            if original.get(edit.range.clone()).is_none() {
                continue;
            }
            mended.push(between, done, between.len(), true);
            match edit.role {
                Role::Quotes | Role::Broken => {
                    mended.edits.insert(mended.text.len(), (edit.role, edit.range.clone()));
                }
                Role::Removed => mended.removed.push(edit.range.clone()),
                Role::Signs => {}
            }
            mended.push(&edit.text, edit.range.start, edit.range.len(), false);
            done = edit.range.end;
        }
        let rest = original.get(done..).unwrap_or("");
        mended.push(rest, done, rest.len(), true);
        mended
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The ranges of the original that were taken away, in order.
    pub fn removed(&self) -> &[Range<usize>] {
        &self.removed
    }

    /// The place in the original where something begins that begins here in the mended text.
    pub fn start(&self, offset: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.mended <= offset);
        self.map(index.saturating_sub(1), offset)
    }

    /// The place in the original where something ends that ends here in the mended text.
    pub fn end(&self, offset: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.mended < offset);
        self.map(index.saturating_sub(1), offset)
    }

    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.start(range.start);
        start..if range.is_empty() {
            start
        } else {
            self.end(range.end).max(start)
        }
    }

    /// What the value that begins here was in the original, when an edit put it here.
    pub fn edit_at(&self, offset: usize) -> Option<(Role, Range<usize>)> {
        self.edits.get(&offset).cloned()
    }

    fn push(&mut self, text: &str, original: usize, original_len: usize, copied: bool) {
        if text.is_empty() && original_len == 0 {
            return;
        }
        let mended = self.text.len();
        self.pieces.push(Piece {
            mended,
            original,
            mended_len: text.len(),
            original_len,
            copied,
        });
        self.text.push_str(text);
    }

    fn map(&self, index: usize, offset: usize) -> usize {
        let Some(piece) = self.pieces.get(index) else {
            return 0;
        };
        let inside = offset.saturating_sub(piece.mended);
        if piece.copied {
            return piece.original + inside.min(piece.original_len);
        }
        if inside >= piece.mended_len {
            piece.original + piece.original_len
        } else {
            piece.original
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, edits: &[Edit], text: &str, places: &[(&str, &str)]) {
        let mended = Mended::new(original, edits);
        assert_eq!(mended.text(), text);
        for (word, was) in places {
            let at = text.find(word).expect("the word is in the mended text");
            let range = mended.range(at..at + word.len());
            assert_eq!(&original[range], *was, "{word}");
        }
    }

    #[test]
    fn places_after_an_edit_map_back() {
        let edits = [Edit::new(4..10, "\"{{ x}}\"", Role::Quotes), Edit::insert(12, "]")];
        check(
            "a: {{{ x}}, b }",
            &edits,
            "a: {\"{{ x}}\", ]b }",
            &[("\"{{ x}}\"", "{{ x}}"), ("b", "b"), ("a", "a")],
        );
    }

    #[test]
    fn an_overlapping_edit_is_left_out() {
        let edits = [Edit::new(1..3, "-", Role::Signs), Edit::new(2..4, "+", Role::Signs)];
        check("abcdef", &edits, "a-def", &[("def", "def"), ("-", "bc")]);
    }

    #[test]
    fn nothing_maps_outside() {
        let mended = Mended::new("", &[]);
        assert_eq!((mended.start(0), mended.end(5), mended.start(9)), (0, 0, 0));
    }
}
