//! One file yields all its problems, each at its own place, and the tree of all that could be read.

use super::{outline, problems};

#[test]
fn a_file_with_many_faults_yields_each_at_its_place() {
    let source = "\
workflow: parcel
states:
  taken:
    task: {title: Weigh {{ number }}, for: [clerk], due: {{ due }}}
    task: again
    <<: *common
  sorted:
    guard: 'a' in tags
    sign: !text yes
\ton: {LOST: lost
  lost:
    title: Note: it is lost
     x: @y
    label: \"lost
  end: &end {entry: [*end, f(a, b)]}
  unread: - a
  sign: Lot #4 gone
";
    assert_eq!(
        problems(source).replace("; ", "\n"),
        "\
4:25 SW-0102 \"Weigh {{ number }}\"
4:58 SW-0102 \"{{ due }}\"
5:5 SW-0111
6:5 SW-0112
6:9 SW-0116
8:16 SW-0104 \"'a' in tags\"
9:11 SW-0113 
10:1 SW-0109     
10:6 SW-0107 }
12:16 SW-0105 \"Note: it is lost\"
13:6 SW-0110 
13:9 SW-0121 \"@y\"
14:12 SW-0107 \"
15:22 SW-0117
15:31 SW-0103 \"f(a, b)\"
16:11 SW-0101
17:13 warning SW-0106 \"Lot #4 gone\""
    );
    assert_eq!(
        outline(source),
        "{workflow: parcel, states: {taken: {task: {title: Weigh {{ number }}, for: [clerk], due: {{ due }}}}, \
         sorted: {guard: 'a' in tags, sign: yes, on: {LOST: lost}}, \
         lost: {title: Note: it is lost, x: @y, label: lost}, \
         end: {entry: [!, f(a, b)]}, unread: !, sign: Lot}}"
    );
}

/// What cannot be repaired is passed over, and the rest is read.
fn check(source: &str, expected: &str, tree: &str) {
    assert_eq!(problems(source), expected, "{source}");
    assert_eq!(outline(source), tree, "{source}");
}

#[test]
fn what_cannot_be_repaired_is_passed_over() {
    check("- a\nsome words\n- @b", "2:1 SW-0101; 3:3 SW-0121 \"@b\"", "[a, @b]");
    check(
        "a: - b\nc: {{ d }}",
        "1:4 SW-0101; 2:4 SW-0102 \"{{ d }}\"",
        "{a: !, c: {{ d }}}",
    );
    check(
        "a: b\nsome words\n  and more\nc: @d",
        "2:1 SW-0101; 4:4 SW-0121 \"@d\"",
        "{a: b, c: @d}",
    );
    check("a: b\n- c\nd: @e", "2:1 SW-0101; 3:4 SW-0121 \"@e\"", "{a: b, d: @e}");
    check(
        "a:\n  - b\n  c: d\ne: @f",
        "3:3 SW-0101; 4:4 SW-0121 \"@f\"",
        "{a: [b], e: @f}",
    );
    check("a: \"b\"\n   more\nc: @d", "2:4 SW-0101; 3:4 SW-0121 \"@d\"", "{a: b, c: @d}");
    check(
        "a: |\n   text\n more\nb: @c",
        "3:2 SW-0110; 4:4 SW-0121 \"@c\"",
        "{a: text\n, b: @c}",
    );
    check("? {a\n: b\nc: d", "1:3 SW-0107; 2:1 SW-0105", "{c: d}");
}

#[test]
fn faults_after_a_repaired_line_keep_their_columns() {
    let source = "a: [{x: {{ y }}, z: {{ w }}, v: !t u}, *no]";
    assert_eq!(
        problems(source),
        "1:9 SW-0102 \"{{ y }}\"; 1:21 SW-0102 \"{{ w }}\"; 1:33 SW-0113 ; 1:40 SW-0116"
    );
}

#[test]
fn a_mapping_that_lost_a_line_says_so() {
    use crate::yaml::parse;
    let (node, _) = parse(Default::default(), "a:\n  b: c\n  some words\nd:\n  e: f");
    let incomplete = |key: &str| {
        node.get(key)
            .and_then(|node| node.as_mapping())
            .is_some_and(|mapping| mapping.incomplete)
    };
    assert!(incomplete("a"));
    assert!(!incomplete("d"));
    assert!(!node.as_mapping().is_some_and(|mapping| mapping.incomplete));
}

#[test]
fn a_value_of_which_nothing_could_be_read_is_broken_and_not_empty() {
    check("a:\n  \"b\" c\nd: e", "2:7 SW-0104 '\"b\" c'", "{a: \"b\" c, d: e}");
    check("a:\n  - : - b: - c\n", "2:12 SW-0101", "{a: [!]}");
}

#[test]
fn line_ends_and_marks_of_other_editors() {
    check(
        "\u{feff}a: b\r\nc: {d: {{ e }}}\r\n",
        "2:8 SW-0102 \"{{ e }}\"",
        "{a: b, c: {d: {{ e }}}}",
    );
    check("a: b\rc: @d\r", "2:4 SW-0121 \"@d\"", "{a: b, c: @d}");
    check("\u{feff}", "", "-");
    check("", "", "-");
    check("# nothing\n", "", "-");
    check("a: b\u{85}c", "", "{a: b\u{85}c}");
}

#[test]
fn nothing_is_typed() {
    let source = "a: no\nb: 012\nc: 1_000\nd: 08:30\ne: 1.10\nf: 2026-01-05\ng: ~\nh:\ni: ''\nj: null\non: true";
    check(
        source,
        "",
        "{a: no, b: 012, c: 1_000, d: 08:30, e: 1.10, f: 2026-01-05, g: ~, h: -, i: , j: null, on: true}",
    );
}

#[test]
fn an_alias_has_its_own_place_and_the_anchored_text_its_own() {
    use crate::yaml::parse;
    let source = "a: &x {b: c}\nd: *x";
    let (node, _) = parse(Default::default(), source);
    let alias = node.get("d").expect("the key is there");
    assert_eq!(&source[alias.span.range()], "*x");
    assert_eq!(alias.get("b").map(|b| &source[b.span.range()]), Some("c"));
    assert_eq!(
        alias
            .alias
            .as_ref()
            .map(|alias| (&*alias.name, &source[alias.definition.range()])),
        Some(("x", "{b: c}"))
    );
}

#[test]
fn a_list_without_indentation_begins_at_its_first_dash() {
    use crate::yaml::parse;
    let source = "a:\n- b\n- c\nd: e";
    let (node, _) = parse(Default::default(), source);
    assert_eq!(node.get("a").map(|list| &source[list.span.range()]), Some("- b\n- c"));
}

#[test]
fn a_guess_that_leads_nowhere_is_taken_back() {
    check(
        "x: {on: {W:\"w, L: {l: \"{{ n }}\"}}, y: z}",
        "",
        "{x: {on: {W:\"w: -, L: {l: {{ n }}}}, y: z}}",
    );
    check(
        "on: {W:\"w, L: {t: o, a: [{s: {l: \"{{ n }}\"}}, {x: y}]}}",
        "",
        "{on: {W:\"w: -, L: {t: o, a: [{s: {l: {{ n }}}}, {x: y}]}}}",
    );
}

#[test]
fn what_follows_from_a_known_fault_is_not_reported_again() {
    let source = "a: [[%b\n}: c\nd: @e";
    let found = "1:4 SW-0107 ]; 1:5 SW-0107 ]; 1:6 SW-0121 \"%b\"; 2:1 SW-0108; 2:2 SW-0105; 3:4 SW-0121 \"@e\"";
    assert_eq!(problems(source), found);
}
