//! Which line belongs to which: columns, and lines that stand in none.

use super::super::edit::{Edit, Role};
use super::{Last, Level, LevelKind, Scan, value};
use crate::diagnostic::{Code, Diagnostic};

/// Blanks that a tab may have stood for, the likeliest first.
const TAB_WIDTHS: [usize; 4] = [2, 4, 8, 1];

impl Scan<'_> {
    /// The column of an offset, as the edits leave it. Only meaningful before the first sign that is not ASCII.
    pub(super) fn column(&self, offset: usize) -> isize {
        let start = self.text.line_start(offset);
        let moved = self.moved.get(&start).copied().unwrap_or(0);
        isize::try_from(offset.saturating_sub(start))
            .unwrap_or(isize::MAX)
            .saturating_add(moved)
    }

    /// Opens a mapping or list at a column, unless it is open already.
    pub(super) fn enter(&mut self, column: isize, kind: LevelKind) {
        let level = Level { column, kind };
        if self.levels.last() != Some(&level) {
            self.levels.push(level);
        }
    }

    /// Finds the mapping or list a line belongs to, moving the line where it fits none. Gives whether the line stands
    /// beside others of that mapping or list (and is not the value of the line above); `None` when it can belong to nothing.
    pub(super) fn settle(&mut self, content: usize) -> Option<bool> {
        let mut column = self.column(content);
        match self.last {
            Last::Open(owner) if column > owner => return Some(false),
            Last::Open(owner) if column == owner && self.begins_indentless_list(content, owner) => {
                return Some(false);
            }
            // Text at the root: there is no key that a line could belong to.
            Last::Complete(-1) => return Some(false),
            Last::Complete(owner) if column > owner => {
                value::key(self.text, content)?;
                self.move_block(
                    content,
                    owner,
                    "this line is indented deeper than its siblings, and the value above is complete",
                );
                column = owner;
            }
            _ => {}
        }
        let columns = self.levels.iter().map(|level| level.column);
        // The nearest column; of two as near the deeper one, beside the line above.
        let nearest = columns.min_by_key(|known| ((known - column).abs(), -known));
        if let Some(nearest) = nearest.filter(|nearest| *nearest != column) {
            self.move_block(
                content,
                nearest,
                "this line is indented like none of the lines it could belong to",
            );
            column = nearest;
        }
        while self.levels.last().is_some_and(|level| level.column > column) {
            self.levels.pop();
        }
        let indentless = self.levels.len() > 1
            && self.levels.iter().rev().take(2).all(|level| level.column == column)
            && !value::is_dash(self.text, content);
        if indentless {
            self.levels.pop();
        }
        Some(!self.levels.is_empty())
    }

    /// Tabs before the first sign of a line, and of the lines below it: one fault for all of them.
    pub(super) fn tabs(&mut self, start: usize) {
        let text = self.text;
        let width = self.tab_width(start);
        let mut edits = Vec::new();
        let mut repaired = String::new();
        let (mut line, mut last) = (start, start);
        while line < text.len() {
            let content = text.skip_blanks(line);
            let indentation = text.slice(line, content);
            if !text.is_idle(line) {
                if !indentation.contains('\t') {
                    break;
                }
                let blanks = indentation.replace('\t', &" ".repeat(width));
                let (new, old) = (blanks.len(), indentation.len());
                let difference = isize::try_from(new).unwrap_or(0) - isize::try_from(old).unwrap_or(0);
                self.moved.insert(line, difference);
                edits.push(Edit::new(line..content, blanks.clone(), Role::Signs));
                repaired.push_str(text.slice(last, line));
                repaired.push_str(&blanks);
                last = content;
            }
            line = text.next_line(line);
        }
        let count = edits.len();
        let mut diagnostic = Diagnostic::error(
            Code::TabIndentation,
            self.span(start..text.skip_blanks(start)),
            "a tab in the indentation: YAML counts only blanks",
        )
        .help("indent with blanks")
        .repair(self.span(start..last), repaired);
        if count > 1 {
            diagnostic = diagnostic.note(format!("{count} lines from here on begin with tabs"));
        }
        // Behind blanks the reader takes a tab for one of them, which is not what anybody sees.
        let first = text.skip_blanks(start);
        let structure = value::is_dash(text, first) || value::key(text, first).is_some();
        self.fault(diagnostic, edits, structure);
    }

    /// A list may stand as far to the left as its key.
    fn begins_indentless_list(&self, content: usize, owner: isize) -> bool {
        let mapping = Level {
            column: owner,
            kind: LevelKind::Mapping,
        };
        value::is_dash(self.text, content) && self.levels.last() == Some(&mapping)
    }

    /// The number of blanks for a tab that lets the line fit what is above it, and what is below it.
    fn tab_width(&self, start: usize) -> usize {
        let text = self.text;
        let indentation = text.slice(start, text.skip_blanks(start));
        let tabs = indentation.matches('\t').count();
        let column = |width: usize| isize::try_from(indentation.len() - tabs + tabs * width).unwrap_or(isize::MAX);
        let fits_above = |width: usize| match self.last {
            Last::Open(owner) if column(width) > owner => true,
            _ => self.levels.iter().any(|level| level.column == column(width)),
        };
        let fitting = || TAB_WIDTHS.into_iter().filter(|width| fits_above(*width));
        // Beside the line above, if that has a value; else beside the next line that is indented with blanks.
        let beside = match self.last {
            Last::Open(_) => self.first_line_without_tabs(start).map(|content| self.column(content)),
            _ => self.levels.last().map(|level| level.column),
        };
        fitting()
            .find(|width| beside == Some(column(*width)))
            .or_else(|| fitting().next())
            .unwrap_or(TAB_WIDTHS[0])
    }

    /// The first sign of the first line below that is indented with blanks alone.
    fn first_line_without_tabs(&self, start: usize) -> Option<usize> {
        let text = self.text;
        let mut line = text.next_line(start);
        while line < text.len() {
            let content = text.skip_blanks(line);
            if !text.is_idle(line) && !text.slice(line, content).contains('\t') {
                return Some(content);
            }
            line = text.next_line(line);
        }
        None
    }

    /// Moves a line and all that is as deep or deeper below it to another column.
    fn move_block(&mut self, content: usize, to: isize, message: &str) {
        let text = self.text;
        let from = self.column(content);
        let start = text.line_start(content);
        let mut edits = Vec::new();
        let mut repaired = String::new();
        let (mut line, mut last) = (start, start);
        while line < text.len() && !text.is_document_mark(line) {
            let first = text.skip_blanks(line);
            if !text.is_end(first) {
                let column = self.column(first);
                // A deeper line that stands in the right column already is a sibling, and not part of the block.
                if column < from || (from < column && column <= to) {
                    break;
                }
                let Some(edit) = self.move_line(line, to - from) else {
                    break;
                };
                repaired.push_str(text.slice(last, edit.range.start));
                repaired.push_str(&edit.text);
                last = edit.range.end;
                edits.push(edit);
            }
            line = text.next_line(line);
        }
        let end = text.trim_end(content, text.line_end(content));
        let diagnostic = Diagnostic::error(Code::Indentation, self.span(content..end), message)
            .help(format!(
                "indent it by {to} blanks, if it stands beside the line above it that is indented so"
            ))
            .repair(self.span(start..last), repaired);
        self.fault(diagnostic, edits, false);
    }

    /// The edit that moves one line; `None` for a line that has been moved already.
    fn move_line(&mut self, line: usize, difference: isize) -> Option<Edit> {
        if self.moved.contains_key(&line) {
            return None;
        }
        self.moved.insert(line, difference);
        let count = difference.unsigned_abs();
        if difference > 0 {
            return Some(Edit::insert(line, " ".repeat(count)));
        }
        let first = self.text.skip_blanks(line);
        Some(Edit::new(line..(line + count).min(first), "", Role::Signs))
    }
}
