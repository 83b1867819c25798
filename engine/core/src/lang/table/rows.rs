//! The rows as they are written, in the file itself or in one of comma-separated values beside it.

use std::sync::Arc;

use super::{Reader, csv};
use crate::diagnostic::{Code, Diagnostic, FileId, Span};
use crate::yaml::{Entry, Kind, Mapping, Node, Scalar, Style};

/// Columns of a file of rows: what belongs to a decision's row besides its inputs and what it gives.
const OF_A_ROW: [&str; 2] = ["if", "group"];

/// One row as it is written.
pub(super) struct Draft {
    pub(super) mapping: Arc<Mapping>,
    /// Where it begins.
    pub(super) span: Span,
}

impl Reader<'_, '_> {
    /// The rows, not more than `most`. `inputs` are those of a decision; of a look-up there are none. `columns` are what else a row of a
    /// file may hold; empty where rows give what they like.
    pub(super) fn rows(&mut self, table: &Mapping, inputs: Option<&[&str]>, columns: &[&str], most: usize) -> Vec<Draft> {
        if let (Some(_), Some(second)) = (table.get("rows"), table.entry("rows_from")) {
            let message = "the rows stand under `rows` already";
            self.error(Code::KeysExclude, second.key.span, message, "keep one of the two");
        }
        let mut drafts = match table.get("rows_from").and_then(Node::as_scalar) {
            Some(path) => self.rows_from(path, inputs, columns, most),
            None => of_list(table.get("rows")),
        };
        if let Some(surplus) = drafts.get(most) {
            let message = format!("the table has more than {most} rows");
            self.error(Code::TooManyParts, surplus.span, message, "divide the table");
            drafts.truncate(most);
        }
        drafts
    }

    fn rows_from(&mut self, path: &Scalar, inputs: Option<&[&str]>, columns: &[&str], most: usize) -> Vec<Draft> {
        let Some((file, text)) = self.loader.text(path, self.out) else {
            return Vec::new();
        };
        let lines = match csv::read(&text, most + 2) {
            Ok(lines) => lines,
            Err(fault) => {
                let marked = text.get(fault.at..).and_then(|rest| rest.chars().next());
                let span = Span::new(file, fault.at..fault.at + marked.map_or(0, char::len_utf8));
                self.error(Code::RowsUnreadable, span, fault.message, fault.help);
                return Vec::new();
            }
        };
        let mut lines = lines.into_iter();
        let Some(header) = lines.next() else {
            let message = format!("`{}` is empty", path.text);
            self.error(Code::RowsUnreadable, path.span, message, "its first line names the columns");
            return Vec::new();
        };
        if !self.columns(file, &header, inputs, columns) {
            return Vec::new();
        }
        let mut drafts = Vec::new();
        for line in lines {
            let span = line.span(file);
            if line.cells.len() != header.cells.len() {
                let message = format!(
                    "the line has {} cells, and the first one {}",
                    line.cells.len(),
                    header.cells.len()
                );
                self.out.push(
                    Diagnostic::error(Code::RowsUnreadable, span, message)
                        .help("write as many cells as there are columns; a comma inside a cell asks for quotes round it"),
                );
                continue;
            }
            let cells = header
                .cells
                .iter()
                .zip(&line.cells)
                .filter(|(_, cell)| cell.quoted || !cell.text.is_empty());
            let entries = cells.map(|(name, cell)| entry(scalar(file, name), scalar(file, cell)));
            let mapping = match inputs {
                None => mapping(entries.collect()),
                Some(inputs) => deciding(entries.collect(), inputs, span),
            };
            drafts.push(Draft {
                mapping: Arc::new(mapping),
                span,
            });
        }
        drafts
    }
}

impl Reader<'_, '_> {
    /// Whether the first line of a file names columns that there are, each once.
    fn columns(&mut self, file: FileId, header: &csv::Line, inputs: Option<&[&str]>, columns: &[&str]) -> bool {
        let own: &[&str] = if inputs.is_some() { &OF_A_ROW } else { &[] };
        let known: Vec<&str> = inputs.unwrap_or_default().iter().chain(columns).chain(own).copied().collect();
        let errors = self.out.errors();
        for (place, cell) in header.cells.iter().enumerate() {
            let name = scalar(file, cell);
            // what stands under a column without a name is told where it stands
            if cell.text.is_empty() {
                continue;
            }
            if let Some(first) = header.cells.iter().take(place).find(|first| first.text == cell.text) {
                let message = format!("the column `{}` is there twice", cell.text);
                self.out.push(
                    Diagnostic::error(Code::RowsUnreadable, name.span, message)
                        .note_at(scalar(file, first).span, "the first one")
                        .help("give each column a name of its own"),
                );
            } else if !columns.is_empty() && !known.contains(&&*cell.text) {
                self.unknown(&name, "column", &known);
            }
        }
        self.out.errors() == errors
    }
}

fn of_list(node: Option<&Node>) -> Vec<Draft> {
    let items = node.and_then(Node::as_sequence).unwrap_or_default().iter();
    let draft = |item: &Node| match &item.kind {
        Kind::Mapping(mapping) => Some(Draft {
            mapping: mapping.clone(),
            span: mapping.entries.first().map_or(item.span, |entry| entry.key.span),
        }),
        _ => None,
    };
    items.filter_map(draft).collect()
}

/// A line as the row of a decision: inputs are asked for, everything else is given.
fn deciding(entries: Vec<Entry>, inputs: &[&str], span: Span) -> Mapping {
    let (own, others): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| OF_A_ROW.contains(&entry.name()));
    let (when, then): (Vec<Entry>, Vec<Entry>) = others.into_iter().partition(|entry| inputs.contains(&entry.name()));
    let part = |name: &str, entries: Vec<Entry>| {
        let key = word(name, span);
        let value = Node {
            span,
            kind: Kind::Mapping(Arc::new(mapping(entries))),
            alias: None,
        };
        Entry { key, value, colon: true }
    };
    let parts = [("when", when), ("then", then)]
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty());
    let parts = parts.map(|(name, entries)| part(name, entries));
    mapping(own.into_iter().chain(parts).collect())
}

fn mapping(entries: Vec<Entry>) -> Mapping {
    Mapping {
        entries,
        flow: false,
        incomplete: false,
    }
}

fn entry(key: Scalar, value: Scalar) -> Entry {
    Entry {
        key,
        value: Node {
            span: value.span,
            kind: Kind::Scalar(Arc::new(value)),
            alias: None,
        },
        colon: true,
    }
}

fn scalar(file: FileId, cell: &csv::Cell) -> Scalar {
    Scalar {
        text: cell.text.clone(),
        raw: cell.text.clone(),
        // a cell in quotes is text, as it is in YAML
        style: if cell.quoted { Style::DoubleQuoted } else { Style::Plain },
        span: Span::new(file, cell.range.clone()),
    }
}

fn word(text: &str, span: Span) -> Scalar {
    Scalar {
        text: text.into(),
        raw: text.into(),
        style: Style::Plain,
        span,
    }
}
