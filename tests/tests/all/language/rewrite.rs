//! A file written anew from its tree, with some of its entries gone or changed.

use std::collections::BTreeMap;

use statewright_core::yaml::{Kind, Mapping, Node, Scalar, Style, quoted};

/// What becomes of entries, by the byte at which their key begins. An entry that aliases repeat has one such byte, and one fate.
pub type Fates = BTreeMap<usize, Fate>;

/// What becomes of one entry.
#[derive(Clone, Debug)]
pub enum Fate {
    Gone,
    Changed(Node),
}

/// The file in block style, without comments and with its aliases written out. Quotes stay quotes, and what is written without them stays as
/// it is, so that nothing is read otherwise.
pub fn rewritten(file: &Node, fates: &Fates) -> String {
    let mut out = String::new();
    if let Kind::Mapping(mapping) = &file.kind {
        entries(mapping, fates, 0, &mut out);
    }
    out
}

fn entries(mapping: &Mapping, fates: &Fates, indent: usize, out: &mut String) {
    for entry in mapping {
        let value = match fates.get(&entry.key.span.range().start) {
            Some(Fate::Gone) => continue,
            Some(Fate::Changed(value)) => value,
            None => &entry.value,
        };
        out.push_str(&" ".repeat(indent));
        out.push_str(&entry.key.raw);
        out.push(':');
        self::value(value, fates, indent + 2, out);
    }
}

/// What stands behind a colon or a dash, with the end of the line.
fn value(node: &Node, fates: &Fates, indent: usize, out: &mut String) {
    match &node.kind {
        Kind::Empty | Kind::Broken => out.push('\n'),
        Kind::Scalar(scalar) => out.push_str(&format!(" {}\n", self::scalar(scalar))),
        Kind::Sequence(items) if items.is_empty() => out.push_str(" []\n"),
        Kind::Sequence(items) => {
            out.push('\n');
            for item in items.iter() {
                out.push_str(&" ".repeat(indent));
                out.push('-');
                value(item, fates, indent + 2, out);
            }
        }
        Kind::Mapping(mapping) => {
            let is_gone = |at: usize| matches!(fates.get(&at), Some(Fate::Gone));
            if mapping.iter().all(|entry| is_gone(entry.key.span.range().start)) {
                return out.push_str(" {}\n");
            }
            out.push('\n');
            entries(mapping, fates, indent, out);
        }
    }
}

fn scalar(scalar: &Scalar) -> String {
    match scalar.style {
        Style::Plain if !scalar.text.contains('\n') => scalar.text.to_string(),
        _ => quoted(&scalar.text),
    }
}

#[test]
fn what_is_written_anew_means_the_same_and_lacks_what_is_gone() {
    use statewright_core::diagnostic::FileId;
    use statewright_core::yaml::parse;

    let text = "a: &x {b: 2.00, c: \"2.00\", 'd e': [], f: }\ng: |\n  two\n  lines\nh: [*x, [1, {i: \"{{ j }}\"}]]\n";
    let (file, _) = parse(FileId(0), text);
    let at = |word: &str| text.find(word).expect("it stands in the text");
    assert_eq!(
        rewritten(&file, &Fates::new()),
        "a:\n  b: 2.00\n  c: \"2.00\"\n  'd e': []\n  f:\ng: \"two\\nlines\\n\"\nh:\n  -\n    b: 2.00\n    c: \"2.00\"\n    'd e': []\n    f:\n  \
         -\n    - 1\n    -\n      i: \"{{ j }}\"\n"
    );
    let fates = [
        (at("b:"), Fate::Gone),
        (at("c:"), Fate::Changed(parse(FileId(0), "k").0)),
        (at("i:"), Fate::Gone),
        (at("g:"), Fate::Gone),
    ];
    assert_eq!(
        rewritten(&file, &fates.into()),
        "a:\n  c: k\n  'd e': []\n  f:\nh:\n  -\n    c: k\n    'd e': []\n    f:\n  -\n    - 1\n    - {}\n"
    );
}
