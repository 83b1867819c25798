//! From a place in the text of a scalar back to the place in the source.

use std::ops::Range;

use super::{Scalar, Style};
use crate::diagnostic::Span;

impl Scalar {
    /// Where a byte range of [`text`](Scalar::text) stands in the source: for problems inside an expression or a template.
    ///
    /// Exact for everything but line folds, where the blanks of the fold count as one place.
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let start = self.source_offset(range.start, true);
        let end = if range.end > range.start {
            self.source_offset(range.end, false)
        } else {
            start
        };
        Span::new(self.span.file, start..end.max(start))
    }

    fn source_offset(&self, offset: usize, begins: bool) -> usize {
        let quote = usize::from(matches!(self.style, Style::SingleQuoted | Style::DoubleQuoted));
        let inside = if self.text == self.raw {
            offset.min(self.raw.len())
        } else {
            let body = self.raw.get(quote..self.raw.len().saturating_sub(quote)).unwrap_or("");
            quote
                + Alignment {
                    text: &self.text,
                    raw: body,
                    style: self.style,
                }
                .raw_offset(offset, begins)
        };
        (self.span.start + inside).min(self.span.end)
    }
}

/// The text of a scalar beside its source.
struct Alignment<'a> {
    text: &'a str,
    raw: &'a str,
    style: Style,
}

impl Alignment<'_> {
    /// The offset in the source of an offset in the text, where something begins or ends: both are followed side by side.
    fn raw_offset(&self, offset: usize, begins: bool) -> usize {
        let (mut text, mut raw) = (0, 0);
        while text < offset {
            let (Some(meant), Some(written)) = (next(self.text, text), next(self.raw, raw)) else {
                break;
            };
            if self.style == Style::DoubleQuoted && written == '\\' {
                let (length, stands) = escape(&self.raw[raw..]);
                raw += length;
                text += if stands { meant.len_utf8() } else { 0 };
            } else if self.style == Style::SingleQuoted && written == '\'' {
                raw += 2;
                text += 1;
            } else if is_blank(written) && self.fold(raw) {
                let folded = run(self.text, text);
                if text + folded > offset {
                    break;
                }
                text += folded;
                raw += run(self.raw, raw);
            } else {
                text += meant.len_utf8();
                raw += written.len_utf8();
            }
        }
        // What begins here begins behind an escaped line break.
        let may_skip = begins && self.style == Style::DoubleQuoted;
        while may_skip && next(self.raw, raw) == Some('\\') {
            let (length, stands) = escape(&self.raw[raw..]);
            if stands || length == 0 {
                break;
            }
            raw += length;
        }
        let mut raw = raw.min(self.raw.len());
        while !self.raw.is_char_boundary(raw) {
            raw -= 1;
        }
        raw
    }

    /// Whether the blanks here hold a line break.
    fn fold(&self, raw: usize) -> bool {
        let blanks = run(self.raw, raw);
        self.raw
            .get(raw..raw + blanks)
            .is_some_and(|blanks| blanks.contains(['\n', '\r']))
    }
}

fn next(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// The length of the blanks and line breaks from here on.
fn run(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    rest.len() - rest.trim_start_matches(is_blank).len()
}

/// The length of an escape, and whether it stands for a character (an escaped line break stands for none).
fn escape(raw: &str) -> (usize, bool) {
    let mut characters = raw.char_indices().skip(1);
    let Some((at, sign)) = characters.next() else {
        return (raw.len(), false);
    };
    match sign {
        'x' => ((at + 3).min(raw.len()), true),
        'u' => {
            let high = raw
                .get(at + 1..at + 5)
                .and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let is_pair = high.is_some_and(|high| (0xd800..0xdc00).contains(&high));
            ((at + if is_pair { 11 } else { 5 }).min(raw.len()), true)
        }
        'U' => ((at + 9).min(raw.len()), true),
        '\n' | '\r' => (1 + run(raw, 1), false),
        other => (at + other.len_utf8(), true),
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::FileId;
    use crate::yaml::parse;

    /// The word, as it stands in the value of the first key, is found again in the source at `expected`.
    fn check(source: &str, word: &str, expected: &str) {
        let (node, _) = parse(FileId(0), source);
        let scalar = node
            .as_mapping()
            .and_then(|m| m.entries[0].value.as_scalar())
            .expect("the value is a scalar");
        let at = scalar.text.find(word).expect("the word is in the value");
        let span = scalar.span_of(at..at + word.len());
        assert_eq!(&source[span.range()], expected, "{source:?}");
    }

    #[test]
    fn a_word_is_found_where_it_was_written() {
        check("a: one two", "two", "two");
        check("a: 'it''s {{ x }}'", "{{ x }}", "{{ x }}");
        check("a: \"\\u00e4\\n\\\"b\\\" {{ x }}\"", "{{ x }}", "{{ x }}");
        check("a: \"ä\\tö {{ x }}\"", "ö", "ö");
        check("a: \"\\uD83C\\uDFB5 x\"", "x", "x");
        check("a: one\n   two\n\n   three", "three", "three");
        check("a: \"one \\\n   two\"", "two", "two");
        check("a: |\n  x == 1\n    and y\nb: c", "and y", "and y");
        check("a: >-\n  x == 1\n  and y\nb: c", "and y", "and y");
    }

    #[test]
    fn a_repaired_value_is_where_it_was_written() {
        let source = "t: {title: Mount {{ x }}, for: [y]}";
        let (node, _) = parse(FileId(0), source);
        let scalar = node
            .get("t")
            .and_then(|t| t.get("title"))
            .and_then(|t| t.as_scalar())
            .expect("the value is a scalar");
        assert_eq!(scalar.span_of(9..10).range(), 20..21);
    }
}
