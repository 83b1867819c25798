//! A forgiving look at the text, line by line: what a person meant where YAML reads something else, or nothing at all.
//!
//! The strict reader stops at its first failure and never doubts what it can read. This scan knows less of YAML and more
//! of people: it follows lines, indentation, quotes and brackets, and proposes an edit for each fault it knows. Its
//! proposals count only when the strict reader has failed, except for the silent ones: what can be read, and is never meant.

mod extent;
mod flow;
mod indentation;
mod text;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use self::extent::{Place, VALUE_BYTES_MAX, meant_end, plain_end, template_end};
use self::text::{Text, breaks};
use super::edit::{Edit, Role};
use super::quote::{quoted, quoted_lines};
use crate::diagnostic::{Code, DIAGNOSTICS_MAX, Diagnostic, FileId, Span};

/// One fault with the edits that let the rest be read.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub diagnostic: Diagnostic,
    pub edits: Vec<Edit>,
    /// YAML can read it, as something nobody means.
    pub silent: bool,
}

/// The faults of a text, in the order they were found.
pub(super) fn faults(file: FileId, text: &str) -> Vec<Fault> {
    let breaks = breaks(text);
    let mut scan = Scan {
        file,
        text: Text::new(text, &breaks),
        faults: Vec::new(),
        levels: Vec::new(),
        last: Last::Nothing,
        moved: BTreeMap::new(),
        owner: -1,
        searched: 0,
        lost: false,
    };
    scan.run();
    scan.faults
}

/// Where a line without its value would go on, for the recovery: behind its key, or behind its dash.
pub(super) fn value_start(text: &str, line_content: usize) -> Option<usize> {
    let breaks = breaks(text);
    let text = Text::new(text, &breaks);
    let mut at = line_content;
    while value::is_dash(text, at) {
        at = text.skip_blanks(at + 1);
    }
    let key = value::key(text, at);
    key.map(|key| text.skip_blanks(key.colon + 1))
        .or((at > line_content).then_some(at))
}

/// A mapping or list that is open, by the column of its keys or dashes. Columns count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    column: isize,
    kind: LevelKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LevelKind {
    Mapping,
    Sequence,
}

/// What the line before leaves open, by the column of its key or dash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    /// No value yet: deeper lines are its value.
    Open(isize),
    /// A value: nothing deeper can follow.
    Complete(isize),
}

struct Scan<'a> {
    file: FileId,
    text: Text<'a>,
    faults: Vec<Fault>,
    levels: Vec<Level>,
    last: Last,
    /// By the beginning of a line: how many columns an edit has moved it.
    moved: BTreeMap<usize, isize>,
    /// The column of the key or dash whose value is being read: what stands deeper belongs to it.
    owner: isize,
    /// Bytes looked at in search of the ends of values.
    searched: usize,
    /// Nothing more can be said about the rest.
    lost: bool,
}

/// Bytes looked at in search of the ends of values: many times what a file of people needs, and answered in a moment.
const SEARCHED_BYTES_MAX: usize = 16 << 20;

impl Scan<'_> {
    fn run(&mut self) {
        let mut start = 0;
        if self.text.starts_with(0, "\u{feff}") {
            start = '\u{feff}'.len_utf8();
            self.moved.insert(0, -3);
        }
        while start < self.text.len() && !self.lost && self.faults.len() < DIAGNOSTICS_MAX {
            // Every line is left behind, whatever is found in it.
            start = self.line(start).max(self.text.next_line(start)).max(start + 1);
        }
    }

    /// Looks at the line that begins here and at all that belongs to its value; gives the beginning of the next.
    fn line(&mut self, start: usize) -> usize {
        let text = self.text;
        if text.is_idle(start) {
            return text.next_line(start);
        }
        if text.is_document_mark(start) {
            self.levels.clear();
            self.last = Last::Nothing;
            return text.next_line(start);
        }
        let content = text.skip_blanks(start);
        if text.at(start) == b'%' && self.levels.is_empty() {
            return self.directive(start);
        }
        if text.slice(start, content).contains('\t') && !self.moved.contains_key(&start) {
            self.tabs(start);
        }
        match self.settle(content) {
            Some(sibling) => self.node(content, sibling),
            None => self.pass_over(content, "the value above is complete, and nothing can be added to it here"),
        }
    }

    /// A key with its value, an item, or the text of a value that began on the line before.
    fn node(&mut self, content: usize, sibling: bool) -> usize {
        let text = self.text;
        if let Some(message) = self.misplaced(content, sibling) {
            return self.pass_over(content, message);
        }
        let mut at = content;
        while value::is_dash(text, at) {
            let column = self.column(at);
            self.enter(column, LevelKind::Sequence);
            self.last = Last::Open(column);
            at = text.skip_blanks(at + 1);
        }
        if matches!(text.at(at), b'?' | b':') && text.is_blank_or_end(at + 1) {
            // The long form of a key, which nobody writes by hand: the strict reader alone judges such a file.
            self.lost = true;
            return text.len();
        }
        let first = at;
        at = value::skip_properties(text, at, false);
        if text.is_rest_empty(at) {
            return text.next_line(at);
        }
        if let Some(key) = value::key(text, at) {
            let column = self.column(first);
            self.enter(column, LevelKind::Mapping);
            self.last = Last::Open(column);
            self.judge_key(&key);
            let value = value::skip_properties(text, text.skip_blanks(key.colon + 1), false);
            return if text.is_rest_empty(value) {
                text.next_line(value)
            } else {
                self.value(value, column)
            };
        }
        if sibling && first == content && self.is_tight_dash(first) {
            return self.tight_dash(first);
        }
        let in_mapping = sibling && first == content && self.levels.last().is_some_and(|level| level.kind == LevelKind::Mapping);
        if in_mapping || self.begins_mapping(content, first) {
            return self.keyless(first);
        }
        let owner = if let Last::Open(column) = self.last { column } else { -1 };
        self.value(at, owner)
    }

    /// Why a line cannot stand beside the lines it is indented like.
    fn misplaced(&self, content: usize, sibling: bool) -> Option<&'static str> {
        let kind = self.levels.last().filter(|_| sibling)?.kind;
        match kind {
            LevelKind::Mapping if value::is_dash(self.text, content) => {
                Some("a list item stands here among the keys of a mapping")
            }
            LevelKind::Mapping => None,
            LevelKind::Sequence if self.text.at(content) == b'-' => None,
            LevelKind::Sequence if value::key(self.text, content).is_some() => {
                Some("a key stands here among the items of a list")
            }
            LevelKind::Sequence => Some("this line is neither an item of the list nor part of the item above"),
        }
    }

    /// A line among the items of a list that begins with a dash and no blank.
    fn is_tight_dash(&self, at: usize) -> bool {
        self.text.at(at) == b'-' && self.levels.last().is_some_and(|level| level.kind == LevelKind::Sequence)
    }

    fn tight_dash(&mut self, dash: usize) -> usize {
        let diagnostic = Diagnostic::error(
            Code::YamlSyntax,
            self.span(dash..dash + 1),
            "behind the dash of a list item a blank is missing",
        )
        .help("write a blank behind the dash")
        .repair(self.span(dash + 1..dash + 1), " ");
        self.fault(diagnostic, vec![Edit::insert(dash + 1, " ")], false);
        let column = self.column(dash);
        self.last = Last::Complete(column);
        self.skip_continuation(dash, column)
    }

    /// The first line of a file that has no key although the line after it, as far to the left, has one.
    fn begins_mapping(&self, content: usize, first: usize) -> bool {
        let text = self.text;
        let next = text.next_line(content);
        let plain = !matches!(text.at(first), b'"' | b'\'' | b'{' | b'[' | b'|' | b'>' | b'*');
        self.levels.is_empty()
            && self.last == Last::Nothing
            && first == content
            && plain
            && next < text.len()
            && self.column(text.skip_blanks(next)) == self.column(content)
            && value::key(text, text.skip_blanks(next)).is_some()
    }

    /// A line among the keys of a mapping that is no key.
    fn keyless(&mut self, start: usize) -> usize {
        let text = self.text;
        let column = self.column(start);
        self.enter(column, LevelKind::Mapping);
        self.last = Last::Complete(column);
        let end = meant_end(text, start, Place::Block);
        if let Some(colon) = value::tight_colon(text, start, end) {
            let word = text.slice(start, colon);
            let diagnostic = Diagnostic::error(
                Code::YamlSyntax,
                self.span(start..colon + 1),
                format!("behind the colon of `{word}` a blank is missing, so this is text and not a key"),
            )
            .help("write a blank behind the colon")
            .repair(self.span(colon + 1..colon + 1), " ");
            self.fault(diagnostic, vec![Edit::insert(colon + 1, " ")], false);
            return self.skip_continuation(start, column);
        }
        self.pass_over(start, "this line is neither a key with its value nor part of the value above")
    }

    fn directive(&mut self, start: usize) -> usize {
        let end = self.text.line_end(start);
        let diagnostic = Diagnostic::error(
            Code::Directive,
            self.span(start..end),
            "a line that begins with `%` is a YAML directive, which this file may not have",
        )
        .help("delete the line")
        .repair(self.span(start..self.text.next_line(start)), "");
        self.fault(diagnostic, vec![Edit::new(start..end, "", Role::Signs)], false);
        self.text.next_line(start)
    }

    /// Reports a line and leaves it out, with the deeper lines below it.
    fn pass_over(&mut self, content: usize, message: &str) -> usize {
        let end = self.text.trim_end(content, self.text.line_end(content));
        let (block_end, next) = self.block(content);
        let diagnostic = Diagnostic::error(Code::YamlSyntax, self.span(content..end), message)
            .help("indent it like the lines it belongs to, or write it as `key: value`");
        self.fault(diagnostic, vec![Edit::new(content..block_end, "", Role::Removed)], false);
        next
    }

    /// Where the line here and the deeper lines below it end, and where the line after them begins.
    fn block(&self, content: usize) -> (usize, usize) {
        let text = self.text;
        let column = self.column(content);
        let mut end = text.line_end(content);
        let mut next = text.next_line(content);
        while next < text.len() && !text.is_document_mark(next) {
            if !text.is_end(text.skip_blanks(next)) {
                if self.column(text.skip_blanks(next)) <= column {
                    break;
                }
                end = text.line_end(next);
            }
            next = text.next_line(next);
        }
        (end, next)
    }

    /// Where a value ends for who wrote it.
    fn plain_meant_end(&mut self, start: usize, place: Place) -> usize {
        self.searched += (self.text.line_end(start) - start).min(VALUE_BYTES_MAX);
        if self.searched > SEARCHED_BYTES_MAX {
            self.lost = true;
            return self.text.trim_end(start, plain_end(self.text, start).0);
        }
        meant_end(self.text, start, place)
    }

    /// Proposes quotes round a value.
    fn quote(&mut self, value: Range<usize>, at_fault: Range<usize>, code: Code, silent: bool, message: impl Into<String>) {
        let whole = self.text.slice(value.start, value.end);
        // Over several lines the text is the folded one, and not as it was written.
        let (repair, role) = if whole.contains(['\n', '\r']) {
            (quoted_lines(whole), Role::Signs)
        } else {
            (quoted(whole), Role::Quotes)
        };
        let diagnostic = Diagnostic::error(code, self.span(at_fault), message)
            .help("put the value in quotes")
            .repair(self.span(value.clone()), repair.clone());
        self.fault(diagnostic, vec![Edit::new(value, repair, role)], silent);
    }

    /// Proposes quotes round a value that begins with a template or holds one.
    fn quote_template(&mut self, value: Range<usize>, template: usize, silent: bool) {
        let end = template_end(self.text, template).unwrap_or(template + 1);
        let message = if self.text.starts_with(template, "{{") {
            "a template needs quotes here: YAML reads `{` as the beginning of a mapping"
        } else {
            "a bracket inside an unquoted value ends it here"
        };
        self.quote(value, template..end, Code::UnquotedTemplate, silent, message);
    }

    fn fault(&mut self, diagnostic: Diagnostic, edits: Vec<Edit>, silent: bool) {
        self.faults.push(Fault {
            diagnostic,
            edits,
            silent,
        });
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }
}
