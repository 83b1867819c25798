//! Comma-separated values (RFC 4180): lines of cells, each with its place. Line ends may be those of any system.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{FileId, Span};

/// Cells of one line: more columns than anybody reads.
const CELLS_MAX: usize = 200;

/// One cell.
#[derive(Debug)]
pub(super) struct Cell {
    /// Without its quotes; blanks round a cell without quotes are not part of it.
    pub(super) text: Arc<str>,
    /// Where the text stands.
    pub(super) range: Range<usize>,
    pub(super) quoted: bool,
}

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) cells: Vec<Cell>,
}

impl Line {
    pub(super) fn span(&self, file: FileId) -> Span {
        let start = self.cells.first().map_or(0, |cell| cell.range.start);
        Span::new(file, start..self.cells.last().map_or(start, |cell| cell.range.end))
    }
}

/// A text that cannot be read.
#[derive(Debug)]
pub(super) struct Fault {
    /// The byte at which it shows.
    pub(super) at: usize,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

/// The lines, not more than `most`; empty lines are passed over.
///
/// # Errors
/// The first place that is not comma-separated values.
pub(super) fn read(text: &str, most: usize) -> Result<Vec<Line>, Fault> {
    let mut reading = Reading {
        text,
        // a mark of the byte order is no part of the first name
        at: if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        },
    };
    let mut lines = Vec::new();
    while reading.at < text.len() && lines.len() < most {
        let line = reading.line()?;
        let is_blank = matches!(line.cells.as_slice(), [only] if only.text.is_empty() && !only.quoted);
        if !is_blank {
            lines.push(line);
        }
    }
    Ok(lines)
}

struct Reading<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reading<'t> {
    fn line(&mut self) -> Result<Line, Fault> {
        let mut cells = Vec::new();
        loop {
            if cells.len() >= CELLS_MAX {
                return Err(Fault {
                    at: self.at,
                    message: "the line has more cells than a table has columns",
                    help: "a table has at most 200 columns",
                });
            }
            cells.push(self.cell()?);
            match self.rest().chars().next() {
                Some(',') => self.at += 1,
                Some('\r') if self.rest().starts_with("\r\n") => {
                    self.at += 2;
                    break;
                }
                Some(_) => {
                    self.at += 1;
                    break;
                }
                None => break,
            }
        }
        Ok(Line { cells })
    }

    fn cell(&mut self) -> Result<Cell, Fault> {
        let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        if self.rest().get(blanks..).is_some_and(|rest| rest.starts_with('"')) {
            self.at += blanks + 1;
            return self.quoted();
        }
        let start = self.at;
        let length = self.rest().find([',', '\n', '\r']).unwrap_or(self.rest().len());
        let raw = self.rest().get(..length).unwrap_or_default();
        if let Some(quote) = raw.find('"') {
            return Err(Fault {
                at: start + quote,
                message: "a quote in the middle of a cell",
                help: "put the whole cell in quotes, and write a quote within it twice",
            });
        }
        let text = raw.trim();
        let begins = start + (raw.len() - raw.trim_start().len());
        self.at = start + length;
        Ok(Cell {
            text: text.into(),
            range: begins..begins + text.len(),
            quoted: false,
        })
    }

    /// A cell of which the first quote was read.
    fn quoted(&mut self) -> Result<Cell, Fault> {
        let start = self.at;
        let mut text = String::new();
        loop {
            let Some(length) = self.rest().find('"') else {
                return Err(Fault {
                    at: start.saturating_sub(1),
                    message: "a quote that is never closed",
                    help: "close it, and write a quote within the cell twice",
                });
            };
            text.push_str(self.rest().get(..length).unwrap_or_default());
            self.at += length + 1;
            if !self.rest().starts_with('"') {
                break;
            }
            text.push('"');
            self.at += 1;
        }
        let end = self.at - 1;
        let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        self.at += blanks;
        if !matches!(self.rest().chars().next(), None | Some(',' | '\n' | '\r')) {
            return Err(Fault {
                at: self.at,
                message: "something follows a closed quote",
                help: "write a quote within a cell twice",
            });
        }
        Ok(Cell {
            text: text.into(),
            range: start..end,
            quoted: true,
        })
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match read(text, 100) {
            Err(fault) => format!("{}: {}", fault.at, fault.message),
            Ok(lines) => lines
                .iter()
                .map(|line| {
                    let cells = line.cells.iter().map(|cell| {
                        let marked = text.get(cell.range.clone()).unwrap_or("?");
                        if marked == &*cell.text {
                            marked.to_owned()
                        } else {
                            format!("{marked}={}", cell.text)
                        }
                    });
                    cells.collect::<Vec<_>>().join("|")
                })
                .collect::<Vec<_>>()
                .join(" / "),
        };
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn cells_are_read_with_their_places() {
        check("a,b\n1,2\n", "a|b / 1|2");
        check("a, b \r\n\r\n1,\n", "a|b / 1|");
        check("\u{feff}a\r1", "a / 1");
        check("\"a, b\" ,\"c \"\"d\"\"\"\n\"\"", "a, b|c \"\"d\"\"=c \"d\" / ");
        check("\"two\nlines\",x", "two\nlines|x");
        check("é,ü\n", "é|ü");
    }

    #[test]
    fn what_is_no_row_is_told_with_its_place() {
        check("a,\"b", "2: a quote that is never closed");
        check("a\"b", "1: a quote in the middle of a cell");
        check("\"a\"b", "3: something follows a closed quote");
    }
}
