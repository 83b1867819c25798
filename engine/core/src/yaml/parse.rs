//! From a text to its tree and all its problems: read, mend what cannot be read, and read again.

use super::edit::{Edit, Mended, Role};
use super::event::Failure;
use super::limit::{BYTES_MAX, RECOVERIES_MAX};
use super::scan::{self, Fault};
use super::tree::tree;
use super::{Kind, Node};
use crate::diagnostic::{Code, DIAGNOSTICS_MAX, Diagnostic, Diagnostics, FileId, Span};

/// Reads a file. The tree holds all that could be read, with places in the text as it is; the problems are sorted by place.
///
/// Never fails: what cannot be read is [`Kind::Broken`] and has its diagnostic.
pub fn parse(file: FileId, text: &str) -> (Node, Diagnostics) {
    let mut reading = Reading {
        file,
        text,
        edits: Vec::new(),
        diagnostics: Diagnostics::new(),
    };
    let node = reading.read();
    (node, reading.diagnostics.sorted())
}

struct Reading<'a> {
    file: FileId,
    text: &'a str,
    edits: Vec<Edit>,
    diagnostics: Diagnostics,
}

impl Reading<'_> {
    fn read(&mut self) -> Node {
        if self.text.len() > BYTES_MAX {
            let message = format!("the file has {} bytes; at most {BYTES_MAX} are read", self.text.len());
            let place = Span::at(self.file, 0);
            self.diagnostics
                .push(Diagnostic::error(Code::TooLarge, place, message).help("split the file"));
            return self.broken();
        }
        self.forbidden_characters();
        let faults = scan::faults(self.file, self.text);
        let known = self.edits.len();
        self.accept(faults.iter().filter(|fault| fault.silent));
        let failure = match self.attempt() {
            Ok((node, found)) => {
                self.report(faults.into_iter().filter(|fault| fault.silent));
                self.diagnostics.append(found);
                return node;
            }
            Err(failure) => failure,
        };
        self.edits.truncate(known);
        self.accept(faults.iter());
        let mended = !faults.is_empty();
        self.report(faults.into_iter());
        self.recover(if mended { None } else { Some(failure) })
    }

    fn accept<'f>(&mut self, faults: impl Iterator<Item = &'f Fault>) {
        self.edits.extend(faults.flat_map(|fault| fault.edits.iter().cloned()));
    }

    fn report(&mut self, faults: impl Iterator<Item = Fault>) {
        self.diagnostics.extend(faults.map(|fault| fault.diagnostic));
    }

    /// Reads the text with the edits made so far; gives the tree with the problems it shows.
    fn attempt(&self) -> Result<(Node, Diagnostics), Failure> {
        let mended = Mended::new(self.text, &self.edits);
        tree(self.file, self.text, &mended).map_err(|mut failure| {
            failure.offset = mended.start(failure.offset);
            failure
        })
    }

    /// Passes over one place after the other that the strict reader refuses, until it comes to the end.
    fn recover(&mut self, mut failure: Option<Failure>) -> Node {
        for _ in 0..RECOVERIES_MAX {
            let failed = match failure.take() {
                Some(failed) => failed,
                None => match self.attempt() {
                    Ok((node, found)) => {
                        self.diagnostics.append(found);
                        return node;
                    }
                    Err(failed) => failed,
                },
            };
            if failed.hopeless {
                self.report_failure(&failed, Span::at(self.file, failed.offset.min(self.text.len())));
                break;
            }
            if !self.pass_over(&failed) {
                break;
            }
        }
        self.broken()
    }

    /// Takes out the value, or the lines, where reading stopped. False when there is nothing left to take out.
    fn pass_over(&mut self, failure: &Failure) -> bool {
        let Some(line) = self.failing_line(failure.offset) else {
            self.report_failure(failure, Span::at(self.file, failure.offset.min(self.text.len())));
            return false;
        };
        let value = scan::value_start(self.text, line.content)
            .filter(|value| *value < line.end && *value <= failure.offset.max(line.content));
        let edit = match value {
            Some(value) if !self.is_touched(value) => Edit::new(value..line.block_end, "~", Role::Broken),
            _ => Edit::new(line.content..line.block_end, "", Role::Removed),
        };
        let span = Span::new(self.file, failure.offset.clamp(line.content, line.end)..line.end);
        if !self.is_consequence(&edit) {
            self.report_failure(failure, span);
        }
        self.edits
            .retain(|known| known.range.end <= edit.range.start || known.range.start >= edit.range.end);
        self.edits.push(edit);
        true
    }

    /// Whether what is to be taken out holds a value that was quoted or taken out already: then this fault follows from
    /// that one.
    fn is_consequence(&self, edit: &Edit) -> bool {
        let overlaps = |known: &Edit| known.range.start < edit.range.end && known.range.end > edit.range.start;
        self.edits.iter().any(|known| known.role != Role::Signs && overlaps(known))
    }

    /// Whether a value was taken out here already.
    fn is_touched(&self, value: usize) -> bool {
        self.edits
            .iter()
            .any(|edit| edit.role == Role::Broken && edit.range.start == value)
    }

    /// The line with the offset, or the last one above it that still holds something.
    fn failing_line(&self, offset: usize) -> Option<Line> {
        let mut start = line_start(self.text, offset.min(self.text.len()));
        loop {
            let line = Line::new(self.text, start);
            let removed = self
                .edits
                .iter()
                .any(|edit| edit.role == Role::Removed && edit.range.contains(&line.content));
            if line.content < line.end && !removed && self.text.as_bytes().get(line.content) != Some(&b'#') {
                return Some(line);
            }
            start = line_start(self.text, start.checked_sub(1)?);
        }
    }

    fn report_failure(&mut self, failure: &Failure, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(failure.code, span, failure.message)
                .help(failure.help)
                .note(format!("the YAML reader says: {}", failure.detail)),
        );
    }

    /// Control characters and other signs that no text holds: each is reported and left out.
    fn forbidden_characters(&mut self) {
        for (offset, character) in self.text.char_indices() {
            if !is_forbidden(character) || self.diagnostics.len() >= DIAGNOSTICS_MAX {
                continue;
            }
            let range = offset..offset + character.len_utf8();
            let message = format!("the character U+{:04X} cannot stand in a text file", u32::from(character));
            let span = Span::new(self.file, range.clone());
            self.diagnostics.push(
                Diagnostic::error(Code::ForbiddenCharacter, span, message)
                    .help("delete it; in double quotes it can be written as an escape")
                    .repair(span, ""),
            );
            self.edits.push(Edit::new(range, "", Role::Signs));
        }
    }

    fn broken(&self) -> Node {
        Node {
            span: Span::new(self.file, 0..self.text.len()),
            kind: Kind::Broken,
            alias: None,
        }
    }
}

/// A line with the deeper lines below it.
struct Line {
    /// The first sign that is no blank.
    content: usize,
    /// The end of the line, without blanks.
    end: usize,
    /// The end of the last deeper line below it.
    block_end: usize,
}

impl Line {
    fn new(text: &str, start: usize) -> Self {
        let (content, end, next) = bounds(text, start);
        let indentation = content - start;
        let (mut block_end, mut at) = (end, next);
        while at < text.len() {
            let (first, last, next) = bounds(text, at);
            if first < last {
                if first - at <= indentation {
                    break;
                }
                block_end = last;
            }
            at = next;
        }
        Self { content, end, block_end }
    }
}

/// The first sign of a line that is no blank, the end of its text, and the beginning of the next line.
fn bounds(text: &str, start: usize) -> (usize, usize, usize) {
    let rest = text.get(start..).unwrap_or("");
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let line = rest.get(..length).unwrap_or("");
    let blanks = length - line.trim_start_matches([' ', '\t']).len();
    let trimmed = line.trim_end_matches([' ', '\t']).len().max(blanks);
    let after = rest.get(length..).unwrap_or("");
    let line_break = if after.starts_with("\r\n") {
        2
    } else {
        usize::from(!after.is_empty())
    };
    (start + blanks, start + trimmed, start + length + line_break)
}

fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset)
        .and_then(|before| before.rfind(['\n', '\r']))
        .map_or(0, |at| at + 1)
}

/// What YAML calls not printable, and the mark that stands for what could not be decoded.
fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        other => other.is_control(),
    }
}
