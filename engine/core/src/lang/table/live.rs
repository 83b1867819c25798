//! Live tables as a workflow knows them: their declaration without rows, and the text of it, which stands in the definition in place of
//! the file.
//!
//! The text is written anew from what was read, so that neither remarks nor the form of the file are part of any definition. It is YAML
//! on one line, and is read as the file is.

use super::{Reader, entries};
use crate::chart::{Answer, Body, Decision, LookUp};
use crate::diagnostic::Code;
use crate::yaml::{Kind, Mapping, Node, Style, quoted};

/// What of a live table's file belongs to its declaration, in the order in which it is written.
const DECLARED: [&str; 6] = ["table", "live", "key", "columns", "inputs", "output"];

/// Whether a table's file says that it is live.
pub(in crate::lang) fn is_live(table: &Mapping) -> bool {
    let live = table.get("live").and_then(Node::as_scalar);
    live.is_some_and(|live| &*live.text == "true")
}

/// The text of the declaration.
pub(in crate::lang) fn declaration(table: &Mapping) -> String {
    let mut text = String::from("{");
    for entry in DECLARED.iter().filter_map(|key| table.entry(key)) {
        write_entry(entry.name(), &entry.value, &mut text);
    }
    text.push_str("}\n");
    text
}

impl Reader<'_, '_> {
    /// What a workflow knows of a live table: all but its rows.
    pub(super) fn declared(&mut self, table: &Mapping) -> Option<Body> {
        if table.get("columns").is_some() {
            let (key, columns) = self.key_and_columns(table)?;
            return Some(Body::LookUp(LookUp::new(key, columns)));
        }
        let inputs = self.fields(table.get("inputs")?);
        let node = table.get("output")?;
        let gives = self.fields(node);
        self.refuse_personal(node, &gives, "what the table answers");
        Some(Body::Decision(Box::new(Decision {
            inputs,
            lets: Vec::new(),
            rows: Vec::new(),
            gives: gives.expression_type(),
            answer: Answer::First(gives),
            // nobody knows what the rows of later versions repeat
            repeats_inputs: true,
        })))
    }

    /// A table that collects is declared by its rows, and those of a live one change. Whether it is one that collects.
    pub(super) fn refuse_collecting(&mut self, table: &Mapping) -> bool {
        let mode = table.entry("mode");
        let collects = |mode: &Node| mode.as_scalar().is_some_and(|mode| &*mode.text == "collect");
        let Some(mode) = mode.filter(|mode| collects(&mode.value)) else {
            return false;
        };
        let message = "what a table that collects answers is told by its rows, and those of a live table may change";
        let help = "take `live` away, or let the first row answer with fields that `output` declares";
        self.error(Code::LiveMisplaced, mode.key.span, message, help);
        true
    }
}

fn write(node: &Node, text: &mut String) {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.style == Style::Plain && is_plain(&scalar.text) => text.push_str(&scalar.text),
        Kind::Scalar(scalar) => text.push_str(&quoted(&scalar.text)),
        Kind::Sequence(items) => {
            text.push('[');
            for item in items.iter() {
                separate(text);
                write(item, text);
            }
            text.push(']');
        }
        Kind::Mapping(mapping) => {
            text.push('{');
            entries(mapping).for_each(|entry| write_entry(entry.name(), &entry.value, text));
            text.push('}');
        }
        Kind::Empty | Kind::Broken => text.push_str("null"),
    }
}

fn write_entry(name: &str, value: &Node, text: &mut String) {
    separate(text);
    match is_plain(name) {
        true => text.push_str(name),
        false => text.push_str(&quoted(name)),
    }
    text.push_str(": ");
    write(value, text);
}

fn separate(text: &mut String) {
    if !text.ends_with(['{', '[']) {
        text.push_str(", ");
    }
}

/// Whether it is the same between braces without quotes.
fn is_plain(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let begins = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_number = text
        .strip_prefix('-')
        .is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    (begins || is_number) && text.bytes().all(is_word)
}
