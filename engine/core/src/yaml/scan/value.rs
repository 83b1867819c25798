//! Keys and values outside braces and brackets.

use super::extent::{Place, meant_end, template_end};
use super::text::Text;
use super::{Last, Scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::edit::{Edit, Role};
use crate::yaml::quote::quoted;

/// A key of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub start: usize,
    pub end: usize,
    pub colon: usize,
}

/// Whether a list item begins here.
pub(super) fn is_dash(text: Text<'_>, at: usize) -> bool {
    text.at(at) == b'-' && text.is_blank_or_end(at + 1)
}

/// Behind anchors and tags, where the value itself begins.
pub(super) fn skip_properties(text: Text<'_>, mut at: usize, flow: bool) -> usize {
    let ends = |at: usize| text.is_blank_or_end(at) || (flow && matches!(text.at(at), b',' | b'[' | b']' | b'{' | b'}'));
    while text.at(at) == b'!' || (text.at(at) == b'&' && !ends(at + 1)) {
        let end = (at..=text.line_end(at)).find(|end| ends(*end)).unwrap_or(at + 1);
        at = text.skip_blanks(end);
    }
    at
}

/// The key that begins here, if the line has one.
pub(super) fn key(text: Text<'_>, start: usize) -> Option<Key> {
    let colon_after = |end: usize| {
        let colon = text.skip_blanks(end);
        (text.at(colon) == b':' && text.is_blank_or_end(colon + 1)).then_some(Key { start, end, colon })
    };
    match text.at(start) {
        b'"' | b'\'' => colon_after(closing_quote_in_line(text, start)?),
        b'{' => colon_after(template_end(text, start)?),
        b'[' | b'#' => None,
        sign => {
            let end = text.line_end(start);
            let colon = (start..end)
                .take_while(|at| !text.is_hash(*at))
                .find(|at| text.at(*at) == b':' && text.is_blank_or_end(at + 1))?;
            let key = Key {
                start,
                end: text.trim_end(start, colon),
                colon,
            };
            // A sign of YAML's own begins a key only when it is a word like `*` or `prefix.*`; else it begins a value.
            let reserved = is_reserved(sign) && text.slice(start, key.end).contains([' ', '\t']);
            (!reserved && key.end > start).then_some(key)
        }
    }
}

/// The colon of a word that is followed by a value without a blank: `title:Foo`.
pub(super) fn tight_colon(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let colon = (start..end).find(|at| text.at(*at) == b':')?;
    let word = text.slice(start, colon);
    let is_word =
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_word && !text.is_blank_or_end(colon + 1) && text.at(colon + 1) != b'/').then_some(colon)
}

/// Whether a line has a key that is one word: a line of a value seldom looks so.
pub(super) fn is_word_key(text: Text<'_>, start: usize) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'*');
    key(text, start).is_some_and(|key| text.slice(key.start, key.end).bytes().all(is_word))
}

/// Signs that YAML keeps for itself at the beginning of a value.
pub(super) fn is_reserved(sign: u8) -> bool {
    matches!(
        sign,
        b'@' | b'`' | b'%' | b'|' | b'>' | b'&' | b'*' | b',' | b']' | b'}' | b'!'
    )
}

fn closing_quote_in_line(text: Text<'_>, start: usize) -> Option<usize> {
    let quote = text.at(start);
    let end = text.line_end(start);
    let mut at = start + 1;
    while at < end {
        if quote == b'"' && text.at(at) == b'\\' {
            at += 2;
        } else if text.at(at) == quote {
            if quote == b'\'' && text.at(at + 1) == b'\'' {
                at += 2;
            } else {
                return Some(at + 1);
            }
        } else {
            at += 1;
        }
    }
    None
}

impl Scan<'_> {
    /// The value that begins here, of the key or dash at a column; gives the beginning of the line after it.
    pub(super) fn value(&mut self, at: usize, owner: isize) -> usize {
        let text = self.text;
        self.last = Last::Complete(owner);
        self.owner = owner;
        if let Some(end) = template_end(text, at) {
            let silent = text.is_rest_empty(end);
            let (end, next) = self.extent(at, owner);
            self.quote_template(at..end, at, silent);
            return next;
        }
        match text.at(at) {
            b'|' | b'>' if self.is_block_header(at) => self.skip_block_scalar(at, owner),
            b'"' | b'\'' => self.quoted_value(at, owner),
            b'{' | b'[' => self.flow_value(at, owner),
            b'*' => self.alias_value(at, owner),
            b'-' | b'?' | b':' if text.is_blank_or_end(at + 1) => text.next_line(at),
            sign if is_reserved(sign) => self.reserved_value(at, owner),
            _ => self.plain_value(at, owner),
        }
    }

    /// Quotes a key that begins with a sign of YAML's own.
    pub(super) fn judge_key(&mut self, key: &Key) {
        let range = key.start..key.end;
        if self.text.at(key.start) == b'{' {
            self.quote_template(range, key.start, true);
        } else if is_reserved(self.text.at(key.start)) {
            let message = "a key that begins with a sign of YAML's own needs quotes";
            self.quote(range.clone(), range, Code::ReservedStart, false, message);
        }
    }

    /// The end of the quoted text that begins here; lines after the first must be deeper than its key. `None` when no
    /// quote closes it.
    pub(super) fn closing_quote(&mut self, start: usize, owner: isize) -> Option<usize> {
        let text = self.text;
        let quote = text.at(start);
        let mut escapes = Vec::new();
        let mut at = start + 1;
        loop {
            if at >= text.len() {
                return None;
            }
            if text.is_end(at) {
                at = self.next_quoted_line(at, owner)?;
                continue;
            }
            match text.at(at) {
                b'\\' if quote == b'"' => {
                    if !is_escape(text, at) {
                        escapes.push(at);
                    }
                    at += if text.is_end(at + 1) { 1 } else { 2 };
                }
                sign if sign == quote && quote == b'\'' && text.at(at + 1) == b'\'' => at += 2,
                sign if sign == quote => {
                    escapes.into_iter().for_each(|escape| self.escape(escape));
                    return Some(at + 1);
                }
                _ => at += 1,
            }
        }
    }

    /// Reports a quote that nothing closes, and closes it at the end of the value.
    pub(super) fn never_closed(&mut self, start: usize, end: usize) {
        let quote = self.text.slice(start, start + 1).to_owned();
        let diagnostic = Diagnostic::error(Code::NeverClosed, self.span(start..start + 1), "this quote is never closed")
            .help("close it where the text ends")
            .repair(self.span(end..end), quote.clone());
        self.fault(diagnostic, vec![Edit::insert(end, quote)], false);
    }

    /// Quotes a value that goes on behind its closing quote, from its beginning to `end`.
    pub(super) fn goes_on(&mut self, start: usize, closed: usize, end: usize) {
        let text = self.text;
        let quote = text.at(start);
        let is_quote = matches!(quote, b'"' | b'\'');
        let at_fault = text.skip_blanks(closed)..end;
        // `'Don't'`: an apostrophe has closed the quote.
        if is_quote && closed < end && text.at(end - 1) == quote && text.slice(closed, end).starts_with(char::is_alphanumeric) {
            let inner = quoted(text.slice(start + 1, end - 1));
            let diagnostic = Diagnostic::error(
                Code::ValueGoesOn,
                self.span(at_fault),
                "a quote inside the text has closed it before its end",
            )
            .help("use the other kind of quotes round it")
            .repair(self.span(start..end), inner.clone());
            self.fault(diagnostic, vec![Edit::new(start..end, inner, Role::Signs)], false);
            return;
        }
        let message = if is_quote {
            "the value begins with a quote and goes on behind the closing one"
        } else {
            "the value begins with a bracket and goes on behind the closing one"
        };
        self.quote(start..end, at_fault, Code::ValueGoesOn, false, message);
    }

    /// Passes the lines that go on with an unquoted value.
    pub(super) fn skip_continuation(&self, from: usize, owner: isize) -> usize {
        let text = self.text;
        let mut next = text.next_line(from);
        while next < text.len() && !text.is_document_mark(next) {
            let content = text.skip_blanks(next);
            if !text.is_end(content) {
                // Behind blanks enough a tab is part of the text.
                let blanks = text.slice(next, content).bytes().take_while(|b| *b == b' ').count();
                if text.at(content) == b'#' || self.column(next + blanks) <= owner || is_word_key(text, content) {
                    break;
                }
            }
            next = text.next_line(next);
        }
        next
    }

    /// Where an unquoted value ends, which may go on over deeper lines, and where the line after it begins.
    pub(super) fn extent(&self, at: usize, owner: isize) -> (usize, usize) {
        let text = self.text;
        let mut end = meant_end(text, at, Place::Block);
        if end < text.trim_end(at, text.line_end(at)) {
            // A comment ends the value.
            return (end, text.next_line(at));
        }
        let next = self.skip_continuation(at, owner);
        let mut line = text.next_line(at);
        while line < next {
            let content = text.skip_blanks(line);
            if !text.is_end(content) {
                end = meant_end(text, content, Place::Block);
            }
            line = text.next_line(line);
        }
        (end, next)
    }

    fn quoted_value(&mut self, at: usize, owner: isize) -> usize {
        let text = self.text;
        let mark = self.faults.len();
        let Some(closed) = self.closing_quote(at, owner) else {
            let (end, next) = self.extent(at, owner);
            self.never_closed(at, end);
            return next;
        };
        let same_line = text.line_end(closed) == text.line_end(at);
        if same_line && !text.is_rest_empty(closed) {
            self.faults.truncate(mark);
            let (end, next) = self.extent(at, owner);
            self.goes_on(at, closed, end);
            return next;
        }
        text.next_line(closed)
    }

    fn alias_value(&mut self, at: usize, owner: isize) -> usize {
        let text = self.text;
        let end = (at..=text.line_end(at))
            .find(|end| text.is_blank_or_end(*end))
            .unwrap_or(at + 1);
        if end == at + 1 || !text.is_rest_empty(end) {
            return self.reserved_value(at, owner);
        }
        text.next_line(at)
    }

    fn reserved_value(&mut self, at: usize, owner: isize) -> usize {
        let text = self.text;
        let sign = text.slice(at, at + 1).to_owned();
        let message = format!("a value that begins with `{sign}` needs quotes: YAML keeps the sign for itself");
        let (end, next) = self.extent(at, owner);
        self.quote(at..end, at..at + 1, Code::ReservedStart, false, message);
        next
    }

    fn plain_value(&mut self, at: usize, owner: isize) -> usize {
        let text = self.text;
        let end = text.line_end(at);
        let colon = (at..end)
            .take_while(|at| !text.is_hash(*at))
            .find(|at| text.at(*at) == b':' && text.is_blank_or_end(at + 1));
        let (end, next) = self.extent(at, owner);
        if let Some(colon) = colon {
            let message = "a colon and a blank inside an unquoted value: YAML takes what is before it for a key";
            self.quote(at..end, colon..colon + 1, Code::ColonInValue, false, message);
        }
        next
    }

    /// Whether a literal or folded block begins here: the sign, its options, and nothing but a comment.
    fn is_block_header(&self, at: usize) -> bool {
        let options = (at + 1..self.text.line_end(at))
            .take_while(|at| matches!(self.text.at(*at), b'0'..=b'9' | b'+' | b'-'))
            .count();
        self.text.is_rest_empty(at + 1 + options)
    }

    fn skip_block_scalar(&self, at: usize, owner: isize) -> usize {
        let text = self.text;
        let mut next = text.next_line(at);
        while next < text.len() && !text.is_document_mark(next) {
            let blanks = text
                .slice(next, text.line_end(next))
                .bytes()
                .take_while(|b| *b == b' ')
                .count();
            if !text.is_end(text.skip_blanks(next)) && self.column(next + blanks) <= owner {
                break;
            }
            next = text.next_line(next);
        }
        next
    }

    fn next_quoted_line(&self, at: usize, owner: isize) -> Option<usize> {
        let text = self.text;
        let next = text.next_line(at);
        let content = text.skip_blanks(next);
        if next >= text.len() || text.is_document_mark(next) {
            return None;
        }
        (text.is_end(content) || self.column(content) > owner).then_some(content)
    }

    fn escape(&mut self, at: usize) {
        let text = self.text;
        let end = at + 1 + text.slice(at + 1, text.line_end(at)).chars().next().map_or(0, char::len_utf8);
        let sign = text.slice(at, end).to_owned();
        let diagnostic = Diagnostic::error(
            Code::Escape,
            self.span(at..end),
            format!("`{sign}` is no escape of double-quoted text"),
        )
        .help("write `\\\\` for a backslash, or put the text in single quotes")
        .repair(self.span(at..at + 1), "\\\\");
        self.fault(diagnostic, vec![Edit::new(at..at + 1, "\\\\", Role::Signs)], false);
    }
}

/// Whether the backslash here begins an escape that YAML knows.
fn is_escape(text: Text<'_>, at: usize) -> bool {
    let digits = match text.at(at + 1) {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'/' | b'\\' | b'N' | b'_'
        | b'L' | b'P' => 0,
        _ => return text.is_end(at + 1),
    };
    (at + 2..at + 2 + digits).all(|at| text.at(at).is_ascii_hexdigit())
}
