//! What the whole module promises: the traps, the recovery, the limits, and that nothing panics.

mod limits;
mod pages;
mod property;
mod recovery;
mod studies;
mod traps;

use super::{Kind, Node, parse};
use crate::diagnostic::{Diagnostic, Severity, Sources};

/// Sound files in the ways people write them: block and one-line, every kind of quote, comments, anchors, blocks of text.
const SAMPLES: &[&str] = &[include_str!("samples/order.yaml"), include_str!("samples/styles.yaml")];

/// The problems of a source: `line:column code repair`, errors unless said otherwise.
fn problems(source: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add("a.yaml", source);
    let (_, diagnostics) = parse(file, source);
    let words = |d: &Diagnostic| {
        let at = sources.position(d.span);
        let severity = if d.severity == Severity::Warning { " warning" } else { "" };
        let repair = d
            .repair
            .as_ref()
            .map_or_else(String::new, |repair| format!(" {}", repair.text));
        format!("{}:{}{severity} {}{repair}", at.line, at.column, d.code)
    };
    diagnostics.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The source with every repair made, and how many there were.
fn repaired(source: &str) -> (String, usize) {
    let (_, diagnostics) = parse(Default::default(), source);
    let mut repairs: Vec<_> = diagnostics
        .into_iter()
        .filter(|d| d.severity == Severity::Error)
        .filter_map(|d| d.repair)
        .collect();
    repairs.sort_by_key(|repair| repair.span.start);
    let mut text = source.to_owned();
    for repair in repairs.iter().rev() {
        text.replace_range(repair.span.range(), &repair.text);
    }
    (text, repairs.len())
}

/// The tree as one line: scalars as the text that is meant, `!` for what could not be read.
fn outline(source: &str) -> String {
    let (node, _) = parse(Default::default(), source);
    write(&node)
}

fn write(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.to_string(),
        Kind::Sequence(items) => format!("[{}]", items.iter().map(write).collect::<Vec<_>>().join(", ")),
        Kind::Mapping(mapping) => {
            let entries = mapping
                .iter()
                .map(|entry| format!("{}: {}", entry.name(), write(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Kind::Empty => "-".to_owned(),
        Kind::Broken => "!".to_owned(),
    }
}
