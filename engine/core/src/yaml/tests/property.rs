//! Nothing panics, and no place lies outside.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::super::event::is_strictly_indented;
use super::super::scan;
use super::super::tree::tree;
use super::super::{Kind, Node, edit::Mended, parse};
use super::SAMPLES;
use crate::diagnostic::{Colour, FileId, Sources, Span, concise, json, text};

/// Pieces that YAML and the scan give a meaning to, to be thrown into a text.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "{{",
    "}}",
    "(",
    ")",
    ",",
    ":",
    ": ",
    "- ",
    "-",
    "? ",
    "'",
    "\"",
    "#",
    " #",
    " # ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "|",
    "|\n",
    ">",
    ">-\n",
    "&a ",
    "*a",
    "!t ",
    "<<: ",
    "---\n",
    "...\n",
    "%Y\n",
    "@",
    "`",
    "\\",
    "\\q",
    "\u{feff}",
    "\u{0}",
    "ä",
    "🜨",
    "a: ",
    "a:b",
    "~",
    "null",
    "\n  b: c",
    "\n- d",
    "x == \"a: b\"",
    "{{ x }}",
    "{a, b}",
    "[a, b]",
];

fn place_is_sound(source: &str, span: Span) -> bool {
    span.start <= span.end && source.get(span.range()).is_some()
}

fn check_node(source: &str, node: &Node) {
    assert!(place_is_sound(source, node.span), "{:?} in {source:?}", node.span);
    match &node.kind {
        Kind::Scalar(scalar) => {
            assert!(place_is_sound(source, scalar.span), "{scalar:?} in {source:?}");
            for (at, character) in scalar.text.char_indices() {
                let span = scalar.span_of(at..at + character.len_utf8());
                assert!(
                    span.start >= scalar.span.start && span.end <= scalar.span.end,
                    "{span:?} of {scalar:?}"
                );
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| check_node(source, item)),
        Kind::Mapping(mapping) => mapping.iter().for_each(|entry| {
            assert!(place_is_sound(source, entry.key.span), "{:?} in {source:?}", entry.key);
            check_node(source, &entry.value);
        }),
        Kind::Empty | Kind::Broken => {}
    }
}

fn check(source: &str) {
    let mut sources = Sources::new();
    let file = sources.add("a.yaml", source);
    let (node, diagnostics) = parse(file, source);
    check_node(source, &node);
    for diagnostic in &diagnostics {
        let places = diagnostic
            .notes
            .iter()
            .filter_map(|note| note.span)
            .chain(diagnostic.repair.as_ref().map(|repair| repair.span));
        for span in places.chain([diagnostic.span]) {
            assert!(place_is_sound(source, span), "{span:?} of {diagnostic:?} in {source:?}");
        }
    }
    for rendered in [
        concise(&sources, &diagnostics),
        json(&sources, &diagnostics),
        text(&sources, &diagnostics, Colour::Coloured),
    ] {
        assert!(!rendered.is_empty() || diagnostics.is_empty());
    }
}

/// What the strict reader takes without a complaint the scan must not call a fault.
fn check_no_false_alarm(source: &str) {
    let file = FileId(0);
    let Ok((_, diagnostics)) = tree(file, source, &Mended::new(source, &[])) else {
        return;
    };
    if diagnostics.has_errors() || !is_strictly_indented(source) {
        return;
    }
    let faults = scan::faults(file, source);
    // Where the scan reads something else than the reader on purpose, what follows may differ too.
    if faults.iter().any(|fault| fault.silent) {
        return;
    }
    let words: Vec<_> = faults
        .iter()
        .map(|f| (f.diagnostic.code, &source[f.diagnostic.span.range()], &f.diagnostic.message))
        .collect();
    assert!(words.is_empty(), "{words:#?} in\n{source}");
}

/// A sample with a few pieces put into it, or taken out.
fn mutated() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(PIECES), 0..4_usize), 1..4);
    (prop::sample::select(SAMPLES), edits).prop_map(|(sample, edits)| {
        let mut text = sample.to_owned();
        for (index, piece, removed) in edits {
            let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let first = index.index(boundaries.len());
            let last = (first + removed).min(boundaries.len() - 1);
            text.replace_range(boundaries[first]..boundaries[last], piece);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(source in any::<String>()) {
        check(&source);
    }

    #[test]
    fn any_heap_of_pieces_is_read(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
        check(&pieces.concat());
    }

    #[test]
    fn a_damaged_sample_is_read(source in mutated()) {
        check(&source);
    }

}

proptest! {
    // Scan and reader agree on what people write; a fixed seed keeps what only a generator writes from failing now and then.
    #![proptest_config(ProptestConfig { cases: 1024, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_scan_raises_no_false_alarm(source in mutated()) {
        check_no_false_alarm(&source);
    }
}
