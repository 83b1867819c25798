//! No text panics, none is read for long, and there is a chart exactly where no error was found.

use proptest::prelude::*;

use super::*;

/// Pieces that make trouble where they stand.
const PIECES: [&str; 24] = [
    "{{",
    "}}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "- ",
    "#",
    "'",
    "\"",
    "\n",
    "  ",
    "&a",
    "*a",
    "|",
    ">",
    "null",
    "states",
    "type: history",
    "optional ",
    "ü",
    "\u{0}",
];

fn shipped() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows/lab");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the workflow ships");
    vec![read("lens-order.yaml"), read("practice.yaml"), read("schemas/rx.yaml")]
}

/// A cut, a doubled part or a piece put in, each at a place given in thousandths of the text.
fn mutated(text: &str, edits: &[(usize, usize, usize)]) -> String {
    let mut text = text.to_owned();
    for (at, length, kind) in edits {
        let boundary = |mut offset: usize| {
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let start = boundary(text.len() * at / 1_000);
        let end = boundary((start + length).min(text.len()));
        match kind % 3 {
            0 => text.replace_range(start..end, ""),
            1 => {
                let part = text[start..end].to_owned();
                text.insert_str(start, &part);
            }
            _ => text.insert_str(start, PIECES[kind % PIECES.len()]),
        }
    }
    text
}

fn read(source: &str) {
    let (_, compiled) = compiled(source, &[("schemas/rx.yaml", "schema: rx\ntype: object\n")]);
    if compiled.chart.is_some() {
        assert!(!compiled.diagnostics.has_errors());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_damaged_workflow_is_read_to_its_end(which in 0..3usize, edits in prop::collection::vec((0..1_000usize, 0..60usize, any::<usize>()), 1..6)) {
        read(&mutated(&shipped()[which], &edits));
    }

    #[test]
    fn any_lines_are_read(lines in prop::collection::vec("[ ]{0,6}[a-z]{1,8}: ?[ -~]{0,20}", 0..20)) {
        read(&format!("workflow: w\n{}", lines.join("\n")));
    }
}
