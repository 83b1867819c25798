//! Mappings and lists between braces and brackets.

mod comma;

use super::extent::{Place, is_flow_colon, meant_end, plain_end, template_end};
use super::value::{self, is_reserved};
use super::{Last, Scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::edit::{Edit, Role};
use crate::yaml::limit::DEPTH_MAX;

/// Why a collection has no end.
enum Stop {
    /// The text it belongs to ends before it does.
    Unclosed(Unclosed),
    /// What follows cannot be told.
    Lost,
}

struct Unclosed {
    /// The innermost bracket that is not closed.
    open: usize,
    /// Where its content ends.
    end: usize,
    /// The brackets that are missing there.
    closers: String,
}

/// The parts of a collection as they are read.
struct Parts {
    open: usize,
    mapping: bool,
    /// Where the last part ends.
    end: usize,
    /// Whether an entry stands since the last comma.
    comma_may_follow: bool,
    /// Where a comma was missing for the first time, and how many faults were known before.
    missing: Option<(usize, usize)>,
    /// The unquoted value of the last key, which a comma may have split.
    value: Option<usize>,
    /// What the commas split off from it: words without a colon.
    split: Vec<(usize, usize)>,
}

/// One entry of a collection.
struct Part {
    end: usize,
    colon: bool,
    /// Where its value begins, if that is unquoted text.
    plain: Option<usize>,
}

impl Scan<'_> {
    /// A value that begins with a brace or bracket; gives the beginning of the line after it.
    pub(super) fn flow_value(&mut self, at: usize, owner: isize) -> usize {
        let text = self.text;
        let mark = self.faults.len();
        let closed = match self.collection(at, 1) {
            Ok(closed) => closed,
            Err(Stop::Lost) => {
                // The strict reader will say more about this value than can be guessed here.
                self.faults.truncate(mark);
                return self.skip_continuation(at, owner);
            }
            Err(Stop::Unclosed(unclosed)) => {
                self.unclosed(&unclosed);
                return text.next_line(unclosed.end);
            }
        };
        self.last = Last::Complete(owner);
        let same_line = text.line_end(closed) == text.line_end(at);
        if text.is_rest_empty(closed) || !same_line {
            return text.next_line(closed);
        }
        let rest = text.skip_blanks(closed);
        let stray = (rest..text.line_end(at))
            .take_while(|at| matches!(text.at(*at), b']' | b'}' | b' '))
            .count();
        let stray = text.trim_end(rest, rest + stray);
        if stray > rest && text.is_rest_empty(stray) {
            let diagnostic = Diagnostic::error(
                Code::StrayClosing,
                self.span(rest..stray),
                "a closing bracket without an opening one",
            )
            .help("delete it")
            .repair(self.span(rest..stray), "");
            self.fault(diagnostic, vec![Edit::new(rest..stray, "", Role::Signs)], false);
        } else if text.at(rest) != b':' && self.withdraw(mark) {
            let (end, next) = self.extent(at, owner);
            self.goes_on(at, closed, end);
            return next;
        }
        text.next_line(closed)
    }

    /// Everything between two brackets; gives the place behind the closing one.
    fn collection(&mut self, open: usize, depth: usize) -> Result<usize, Stop> {
        let text = self.text;
        if depth > DEPTH_MAX {
            self.lost = true;
            return Err(Stop::Lost);
        }
        let mapping = text.at(open) == b'{';
        let mut parts = Parts {
            open,
            mapping,
            end: open + 1,
            comma_may_follow: false,
            missing: None,
            value: None,
            split: Vec::new(),
        };
        let mut at = open + 1;
        loop {
            let Some(token) = self.token(at) else {
                return Err(Stop::Unclosed(self.leave_open(&parts)));
            };
            match text.at(token) {
                b']' | b'}' => {
                    self.flush_split(&mut parts);
                    return Ok(self.close(open, token, depth));
                }
                b',' => {
                    if !parts.comma_may_follow {
                        self.stray_comma(token);
                    }
                    parts.comma_may_follow = false;
                    at = token + 1;
                    parts.end = at;
                }
                _ => {
                    let part = match self.part(token, depth) {
                        Ok(part) => part,
                        Err(stop) => return Err(self.pass_on(stop, &parts)),
                    };
                    at = part.end.max(token + 1);
                    self.note_part(&mut parts, token, &part);
                    self.expect_comma(&mut parts, at, part.colon)?;
                }
            }
        }
    }

    /// A key with its value, a key alone, or an item.
    fn part(&mut self, token: usize, depth: usize) -> Result<Part, Stop> {
        let text = self.text;
        let start = self.behind_properties(token);
        if text.at(start) == b'?' && text.is_blank_or_end(start + 1) {
            // The long form of a key: the strict reader alone judges such a file.
            self.lost = true;
            return Err(Stop::Lost);
        }
        if matches!(text.at(start), b',' | b']' | b'}') || text.is_end(start) {
            return Ok(Part {
                end: start,
                colon: false,
                plain: None,
            });
        }
        let end = self.atom(start, Place::FlowItem, depth)?;
        let adjacent = matches!(text.at(end.saturating_sub(1)), b'"' | b'\'' | b']' | b'}');
        let colon = self
            .token(end)
            .filter(|at| text.at(*at) == b':' && (adjacent || is_flow_colon(text, *at)));
        let Some(colon) = colon else {
            return Ok(Part {
                end,
                colon: false,
                plain: None,
            });
        };
        let Some(value) = self.token(colon + 1) else {
            return Ok(Part {
                end: colon + 1,
                colon: true,
                plain: None,
            });
        };
        let value = self.behind_properties(value);
        if matches!(text.at(value), b',' | b']' | b'}') || text.is_end(value) {
            return Ok(Part {
                end: value.max(colon + 1),
                colon: true,
                plain: None,
            });
        }
        let plain = !matches!(text.at(value), b'"' | b'\'' | b'{' | b'[' | b'*');
        let end = self.atom(value, Place::FlowValue, depth)?;
        Ok(Part {
            end,
            colon: true,
            plain: plain.then_some(value),
        })
    }

    /// Behind anchors and tags, perhaps on a later line.
    fn behind_properties(&self, mut token: usize) -> usize {
        loop {
            let behind = value::skip_properties(self.text, token, true);
            if behind == token || !self.text.is_rest_empty(behind) {
                return behind;
            }
            match self.token(behind) {
                Some(next) => token = next,
                None => return behind,
            }
        }
    }

    /// One value that holds no comma of the collection; gives its end.
    fn atom(&mut self, start: usize, place: Place, depth: usize) -> Result<usize, Stop> {
        let text = self.text;
        if let Some(template) = template_end(text, start) {
            let end = meant_end(text, start, place);
            self.quote_template(start..end, start, self.is_followed_well(template, place));
            return Ok(end);
        }
        let mark = self.faults.len();
        let closed = match text.at(start) {
            b'{' | b'[' => self.collection(start, depth + 1)?,
            b'"' | b'\'' => match self.closing_quote(start, self.owner) {
                Some(closed) => closed,
                None => {
                    let end = meant_end(text, start + 1, place);
                    self.never_closed(start, end);
                    return Ok(end);
                }
            },
            b'*' => return Ok(self.flow_alias(start, place)),
            b'-' if matches!(text.at(start + 1), b' ' | b'\t' | b',' | b'[' | b']' | b'{' | b'}') || text.is_end(start + 1) => {
                return Ok(self.reserved_atom(start, place));
            }
            sign if is_reserved(sign) || sign == b'#' => {
                return Ok(self.reserved_atom(start, place));
            }
            _ => return Ok(self.plain_atom(start, place)),
        };
        let same_line = text.line_end(closed) == text.line_end(start);
        if self.is_followed_well(closed, place) || !same_line {
            return Ok(closed);
        }
        if !self.withdraw(mark) {
            return Err(Stop::Lost);
        }
        let end = meant_end(text, start, place).max(closed);
        self.goes_on(start, closed, end);
        Ok(end)
    }

    /// Unquoted text, which may go on over several lines.
    fn plain_atom(&mut self, start: usize, place: Place) -> usize {
        let text = self.text;
        let (stop, sign) = plain_end(text, start);
        let meant = self.plain_meant_end(start, place);
        let value = start..meant;
        match sign {
            b'{' | b'[' => self.quote_template(value, stop, false),
            b',' if meant > stop => {
                let message = "the comma splits this value: between braces or brackets it begins the next entry";
                self.quote(value, stop..stop + 1, Code::CommaSplitsValue, true, message);
            }
            b':' if place == Place::FlowValue => {
                let message = "a colon and a blank inside an unquoted value";
                self.quote(value, stop..stop + 1, Code::ColonInValue, false, message);
            }
            // A comment that takes no bracket with it may be one; the tree shows it, and warns.
            b'#' if !text.is_comment(stop) && text.slice(stop, text.line_end(stop)).contains([']', '}']) => {
                let message = "`#` after a blank begins a comment, which takes the rest of the line with it";
                self.quote(value, stop..stop + 1, Code::CommentCutsValue, false, message);
            }
            0 => return self.plain_lines(start, stop),
            _ => return text.trim_end(start, stop),
        }
        meant
    }

    /// Goes on with unquoted text on the lines below it.
    fn plain_lines(&self, start: usize, mut stop: usize) -> usize {
        let text = self.text;
        let mut end = text.trim_end(start, stop);
        while let Some(next) = self.token(stop) {
            let ends = matches!(text.at(next), b',' | b']' | b'}' | b'{' | b'[' | b'"' | b'\'');
            let (next_stop, sign) = plain_end(text, next);
            if ends || sign == b':' {
                break;
            }
            end = text.trim_end(next, next_stop);
            if sign != 0 {
                break;
            }
            stop = next_stop;
        }
        end
    }

    fn flow_alias(&mut self, start: usize, place: Place) -> usize {
        let text = self.text;
        let ends = |at: &usize| text.is_blank_or_end(*at) || matches!(text.at(*at), b',' | b'[' | b']' | b'{' | b'}');
        let end = (start + 1..=text.line_end(start)).find(ends).unwrap_or(start + 1);
        let is_name = end > start + 1 && text.at(end - 1) != b':';
        if is_name && self.is_followed_well(end, place) {
            end
        } else {
            self.reserved_atom(start, place)
        }
    }

    fn reserved_atom(&mut self, start: usize, place: Place) -> usize {
        let text = self.text;
        let end = meant_end(text, start, place).max(start + 1);
        let sign = text.slice(start, start + 1).to_owned();
        let message = format!("a value that begins with `{sign}` needs quotes: YAML keeps the sign for itself");
        self.quote(start..end, start..start + 1, Code::ReservedStart, false, message);
        end
    }

    /// Whether what follows a value in its line can follow one.
    fn is_followed_well(&self, end: usize, place: Place) -> bool {
        let text = self.text;
        let next = text.skip_blanks(end);
        text.is_end(next)
            || text.is_hash(next)
            || matches!(text.at(next), b',' | b']' | b'}')
            || (place == Place::FlowItem && text.at(next) == b':')
    }

    /// The next sign that is no blank, line break or comment, as long as the lines are deeper than the key.
    fn token(&self, mut at: usize) -> Option<usize> {
        let text = self.text;
        loop {
            at = text.skip_blanks(at);
            if text.is_hash(at) {
                at = text.line_end(at);
            }
            if !text.is_end(at) {
                return Some(at);
            }
            let line = text.next_line(at);
            if line >= text.len() || text.is_document_mark(line) {
                return None;
            }
            let content = text.skip_blanks(line);
            let closes = matches!(text.at(content), b']' | b'}');
            if !text.is_idle(line) && self.column(content) <= self.owner && !closes {
                return None;
            }
            at = content;
        }
    }

    /// The collection meets a closing bracket, perhaps not its own.
    fn close(&mut self, open: usize, token: usize, depth: usize) -> usize {
        let text = self.text;
        let closing = if text.at(open) == b'{' { '}' } else { ']' };
        if char::from(text.at(token)) == closing {
            return token + 1;
        }
        let (range, after) = if depth > 1 {
            (token..token, token)
        } else {
            (token..token + 1, token + 1)
        };
        let diagnostic = Diagnostic::error(
            Code::NeverClosed,
            self.span(open..open + 1),
            format!("this `{}` is not closed by its `{closing}`", text.slice(open, open + 1)),
        )
        .note_at(self.span(token..token + 1), "another bracket closes here")
        .help(format!("close it with `{closing}`"))
        .repair(self.span(range.clone()), closing);
        self.fault(diagnostic, vec![Edit::new(range, closing, Role::Signs)], false);
        after
    }

    /// Takes back what was found inside a value that will be quoted as a whole. False when a guess about commas was among
    /// it: then the guess may have been wrong, and nothing about the value is certain.
    fn withdraw(&mut self, mark: usize) -> bool {
        let guessed = self
            .faults
            .iter()
            .skip(mark)
            .any(|fault| fault.diagnostic.code == Code::CommaSplitsValue);
        self.faults.truncate(mark);
        !guessed
    }

    /// The collection ends with its text: where a comma was missing the bracket was probably forgotten.
    fn leave_open(&mut self, parts: &Parts) -> Unclosed {
        let end = match parts.missing {
            Some((end, known)) => {
                self.faults.truncate(known);
                end
            }
            None => parts.end,
        };
        Unclosed {
            open: parts.open,
            end,
            closers: if parts.mapping { "}" } else { "]" }.to_owned(),
        }
    }

    fn pass_on(&mut self, stop: Stop, parts: &Parts) -> Stop {
        match stop {
            Stop::Unclosed(_) if parts.missing.is_some() => Stop::Unclosed(self.leave_open(parts)),
            Stop::Unclosed(mut inner) => {
                inner.closers.push(if parts.mapping { '}' } else { ']' });
                Stop::Unclosed(inner)
            }
            Stop::Lost => Stop::Lost,
        }
    }

    fn unclosed(&mut self, unclosed: &Unclosed) {
        let Unclosed { open, end, closers } = unclosed;
        let bracket = self.text.slice(*open, open + 1).to_owned();
        let diagnostic = Diagnostic::error(
            Code::NeverClosed,
            self.span(*open..open + 1),
            format!("this `{bracket}` is never closed"),
        )
        .help(format!(
            "write `{closers}` where its content ends, or put the value in quotes"
        ))
        .repair(self.span(*end..*end), closers.clone());
        self.fault(diagnostic, vec![Edit::insert(*end, closers.clone())], false);
    }
}
