//! The text as the scan looks at it: by byte offset, never failing. Every sign that YAML gives a meaning to is ASCII.

/// A text and the questions asked of it. Offsets beyond the end read as 0, which no text holds.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    text: &'a str,
    /// Where its lines end, in order: a question about a line must not cost the length of the line.
    breaks: &'a [usize],
}

/// Where the lines of a text end.
pub(super) fn breaks(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let is_break = |at: &usize| match bytes.get(*at) {
        Some(b'\r') => true,
        Some(b'\n') => at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'\r'),
        _ => false,
    };
    (0..bytes.len()).filter(is_break).collect()
}

impl<'a> Text<'a> {
    pub fn new(text: &'a str, breaks: &'a [usize]) -> Self {
        Self { text, breaks }
    }

    pub fn at(self, offset: usize) -> u8 {
        self.text.as_bytes().get(offset).copied().unwrap_or(0)
    }

    pub fn len(self) -> usize {
        self.text.len()
    }

    pub fn slice(self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub fn starts_with(self, offset: usize, word: &str) -> bool {
        self.text.get(offset..).is_some_and(|rest| rest.starts_with(word))
    }

    /// The nearest character boundary at or before the offset.
    pub fn boundary(self, mut offset: usize) -> usize {
        offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// The end of the line an offset stands in, before its line break.
    pub fn line_end(self, offset: usize) -> usize {
        let index = self.breaks.partition_point(|end| *end < offset);
        self.breaks.get(index).copied().unwrap_or(self.text.len().max(offset))
    }

    /// The beginning of the line an offset stands in.
    pub fn line_start(self, offset: usize) -> usize {
        let index = self.breaks.partition_point(|end| *end < offset);
        index
            .checked_sub(1)
            .and_then(|before| self.breaks.get(before))
            .map_or(0, |end| self.after_break(*end))
    }

    /// The beginning of the next line; the end of the text after the last.
    pub fn next_line(self, offset: usize) -> usize {
        self.after_break(self.line_end(offset))
    }

    pub fn is_blank(self, offset: usize) -> bool {
        matches!(self.at(offset), b' ' | b'\t')
    }

    /// Whether a line or the text ends here.
    pub fn is_end(self, offset: usize) -> bool {
        offset >= self.len() || matches!(self.at(offset), b'\n' | b'\r')
    }

    pub fn is_blank_or_end(self, offset: usize) -> bool {
        self.is_blank(offset) || self.is_end(offset)
    }

    /// The first sign of the line from here on that is no blank.
    pub fn skip_blanks(self, mut offset: usize) -> usize {
        while self.is_blank(offset) {
            offset += 1;
        }
        offset
    }

    /// Where a range ends without the blanks at its end.
    pub fn trim_end(self, start: usize, end: usize) -> usize {
        start + self.slice(start, end).trim_end_matches([' ', '\t']).len()
    }

    /// Whether nothing but blanks and a comment follows in the line.
    pub fn is_rest_empty(self, offset: usize) -> bool {
        let at = self.skip_blanks(offset);
        self.is_end(at) || self.is_hash(at)
    }

    /// Whether a `#` here would begin a comment, and the comment looks like one: a blank, a sign or the line's end follows.
    pub fn is_comment(self, offset: usize) -> bool {
        self.is_hash(offset)
            && !self
                .slice(offset + 1, self.line_end(offset))
                .starts_with(char::is_alphanumeric)
    }

    /// Whether a `#` here begins what YAML takes for a comment.
    pub fn is_hash(self, offset: usize) -> bool {
        self.at(offset) == b'#' && self.is_after_blank(offset)
    }

    /// Whether the line is empty but for blanks and a comment.
    pub fn is_idle(self, line_start: usize) -> bool {
        let at = self.skip_blanks(line_start);
        self.is_end(at) || self.at(at) == b'#'
    }

    /// `---` or `...` at the beginning of a line.
    pub fn is_document_mark(self, line_start: usize) -> bool {
        (self.starts_with(line_start, "---") || self.starts_with(line_start, "...")) && self.is_blank_or_end(line_start + 3)
    }

    fn after_break(self, end: usize) -> usize {
        match (self.at(end), self.at(end + 1)) {
            (b'\r', b'\n') => end + 2,
            (b'\r' | b'\n', _) => end + 1,
            _ => end,
        }
    }

    fn is_after_blank(self, offset: usize) -> bool {
        offset == 0 || matches!(self.at(offset - 1), b' ' | b'\t' | b'\n' | b'\r')
    }
}
