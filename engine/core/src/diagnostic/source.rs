//! The texts that spans point into.

use std::sync::Arc;

use super::{FileId, Span};

/// A line and column for people: both from 1, the column counted in characters (Unicode scalar values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// One file: its name as it is to be shown, its text, and where its lines begin.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offsets; never empty. A line ends with LF, CR LF or a lone CR, as in YAML.
    line_starts: Vec<usize>,
}

/// The files of one reading. Files are only ever added, so a [`FileId`] stays valid.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Source {
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let line_starts = line_starts(&text);
        Self {
            name: name.into(),
            text,
            line_starts,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines there are; a text that ends with a line break has an empty last line.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The line and column of a byte offset; one past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Position {
            line,
            column: column + 1,
        }
    }

    /// The line of a byte offset, without counting its column.
    pub(super) fn position_line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The text of a line, counted from 1, without its line break; empty when there is no such line.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|index| self.line_starts.get(index)) else {
            return "";
        };
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// Where a line, counted from 1, begins; the end of the text when there is no such line.
    pub fn line_start(&self, line: usize) -> usize {
        line.checked_sub(1)
            .and_then(|index| self.line_starts.get(index))
            .copied()
            .unwrap_or(self.text.len())
    }

    /// The text of a byte range, cut to the source and to character boundaries.
    pub fn slice(&self, start: usize, end: usize) -> &str {
        let start = self.boundary(start);
        let end = self.boundary(end).max(start);
        self.text.get(start..end).unwrap_or("")
    }

    /// The nearest character boundary at or before the offset.
    pub fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

impl Sources {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file under the name it is to be shown by.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        // More than 2^32 files cannot be held in memory; the last id would be shared rather than wrap round.
        let id = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(Source::new(name, text));
        FileId(id)
    }

    /// The file, unless the id is of another set of sources.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// The text of a span; empty when its file is unknown.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |source| source.slice(span.start, span.end))
    }

    /// Line and column where a span begins; 1:1 when its file is unknown.
    pub fn position(&self, span: Span) -> Position {
        self.get(span.file)
            .map_or(Position { line: 1, column: 1 }, |source| source.position(span.start))
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.files)
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (index, byte) in bytes.iter().enumerate() {
        let ends_line = *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
        if ends_line {
            starts.push(index + 1);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: usize, line: usize, column: usize) {
        assert_eq!(
            Source::new("a.yaml", text).position(offset),
            Position { line, column },
            "{text:?} at {offset}"
        );
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        check("", 0, 1, 1);
        check("ab\ncd", 4, 2, 2);
        check("äöü: x", 7, 1, 5);
        check("a\r\nb", 3, 2, 1);
        check("a\rb", 2, 2, 1);
        check("a\n", 2, 2, 1);
    }

    #[test]
    fn an_offset_outside_or_inside_a_character_is_moved_to_a_boundary() {
        check("ab", 99, 1, 3);
        check("ä", 1, 1, 1);
        assert_eq!(Source::new("a.yaml", "äb").slice(1, 99), "äb");
    }

    #[test]
    fn lines_are_given_without_their_breaks() {
        let source = Source::new("a.yaml", "one\r\ntwo\nthree");
        assert_eq!(
            [source.line(1), source.line(2), source.line(3), source.line(4), source.line(0)],
            ["one", "two", "three", "", ""]
        );
    }
}
