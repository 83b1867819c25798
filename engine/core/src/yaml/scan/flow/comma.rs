//! Commas between braces and brackets: missing, too many, and splitting what was one value.

use super::{Part, Parts, Stop};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::edit::{Edit, Role};
use crate::yaml::scan::{Scan, value};

impl Scan<'_> {
    /// Keeps what a comma may have split: an unquoted value and the words without a colon behind it.
    pub(super) fn note_part(&mut self, parts: &mut Parts, start: usize, part: &Part) {
        parts.end = part.end;
        parts.comma_may_follow = true;
        if part.colon || !parts.mapping {
            self.flush_split(parts);
            parts.value = part.plain;
            return;
        }
        if let Some(colon) = value::tight_colon(self.text, start, part.end) {
            let word = self.text.slice(start, colon);
            let message = format!("behind the colon of `{word}` a blank is missing, so this is a key without a value");
            let diagnostic = Diagnostic::error(Code::YamlSyntax, self.span(start..colon + 1), message)
                .help("write a blank behind the colon")
                .repair(self.span(colon + 1..colon + 1), " ");
            self.fault(diagnostic, vec![Edit::insert(colon + 1, " ")], true);
            return;
        }
        parts.split.push((start, part.end));
    }

    /// Reports a value that commas have split, when what they split off cannot be keys.
    pub(super) fn flush_split(&mut self, parts: &mut Parts) {
        let split = std::mem::take(&mut parts.split);
        let text = self.text;
        let is_key = |(start, end): &(usize, usize)| {
            let word = text.slice(*start, *end);
            matches!(text.at(*start), b'"' | b'\'' | b'*')
                || word
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        };
        let (Some(value), Some((first, _)), Some((_, end))) = (parts.value, split.first(), split.last()) else {
            return;
        };
        let known = self.faults.iter().any(|fault| {
            fault
                .edits
                .iter()
                .any(|edit| edit.range.start >= value && edit.range.end <= *end)
        });
        if split.iter().all(is_key) || known || text.line_end(value) != text.line_end(*end) {
            return;
        }
        let comma = (value..*first).rev().find(|at| text.at(*at) == b',').unwrap_or(value);
        let message = "the comma splits this value: between braces it begins the next key";
        self.quote(value..*end, comma..comma + 1, Code::CommaSplitsValue, true, message);
    }

    /// After an entry only a comma or the closing bracket can come; on the next line a comma may have been forgotten.
    pub(super) fn expect_comma(&mut self, parts: &mut Parts, end: usize, colon: bool) -> Result<(), Stop> {
        let text = self.text;
        let Some(next) = self.token(end) else {
            return Ok(());
        };
        if matches!(text.at(next), b',' | b']' | b'}') {
            return Ok(());
        }
        if text.line_end(next) == text.line_end(end) {
            return Err(Stop::Lost);
        }
        parts.missing.get_or_insert((end, self.faults.len()));
        let diagnostic = Diagnostic::error(
            Code::YamlSyntax,
            self.span(end..end),
            "between braces or brackets a comma is missing here",
        )
        .help("write a comma behind the entry")
        .repair(self.span(end..end), ",");
        // A key alone and the key on the next line are one key to YAML, a quote after unquoted text is part of it; nobody means that.
        let silent = !colon || matches!(text.at(next), b'"' | b'\'');
        self.fault(diagnostic, vec![Edit::insert(end, ",")], silent);
        Ok(())
    }

    pub(super) fn stray_comma(&mut self, comma: usize) {
        let diagnostic = Diagnostic::error(
            Code::YamlSyntax,
            self.span(comma..comma + 1),
            "a comma with nothing before it",
        )
        .help("delete it, or write what is missing")
        .repair(self.span(comma..comma + 1), "");
        self.fault(diagnostic, vec![Edit::new(comma..comma + 1, "", Role::Signs)], false);
    }
}
