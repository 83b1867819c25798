//! One faulty line at a time: exactly one diagnostic, at its own place, with a repair that reads as what was meant.

use super::{outline, problems, repaired};

/// The line gives exactly this problem, and the tree is as if the repair had been made.
fn check(source: &str, expected: &str, meant: &str) {
    assert_eq!(problems(source), expected, "{source}");
    assert_eq!(outline(source), meant, "{source}");
    let (text, count) = repaired(source);
    if count > 0 {
        assert_eq!(outline(&text), meant, "repaired: {text}");
        assert_eq!(problems(&text), "", "repaired: {text}");
    }
}

#[test]
fn templates_without_quotes() {
    check(
        "task: {title: Mount {{ order_no }}, for: [x]}",
        "1:21 SW-0102 \"Mount {{ order_no }}\"",
        "{task: {title: Mount {{ order_no }}, for: [x]}}",
    );
    check("h: {{ x }}", "1:4 SW-0102 \"{{ x }}\"", "{h: {{ x }}}");
    check(
        "h: {{ x }} and {{ y }}  # both",
        "1:4 SW-0102 \"{{ x }} and {{ y }}\"",
        "{h: {{ x }} and {{ y }}}",
    );
    check(
        "- {a: {{ x | join(', ') }}, b: c}",
        "1:7 SW-0102 \"{{ x | join(', ') }}\"",
        "[{a: {{ x | join(', ') }}, b: c}]",
    );
    check(
        "a: [{{ x }}, {{ y }}.z]",
        "1:5 SW-0102 \"{{ x }}\"; 1:14 SW-0102 \"{{ y }}.z\"",
        "{a: [{{ x }}, {{ y }}.z]}",
    );
    check("{{ x }}: y", "1:1 SW-0102 \"{{ x }}\"", "{{{ x }}: y}");
    check(
        "a: {b: lenses[0].x, c: d}",
        "1:14 SW-0102 \"lenses[0].x\"",
        "{a: {b: lenses[0].x, c: d}}",
    );
}

#[test]
fn commas_that_split_a_value() {
    check(
        "{max: table('p', severity).max}",
        "1:16 SW-0103 \"table('p', severity).max\"",
        "{max: table('p', severity).max}",
    );
    check(
        "{otherwise: No, it is not}",
        "1:15 SW-0103 \"No, it is not\"",
        "{otherwise: No, it is not}",
    );
    check(
        "g: {if: x, otherwise: Stop, look, and listen now, to: [a]}",
        "1:27 SW-0103 \"Stop, look, and listen now\"",
        "{g: {if: x, otherwise: Stop, look, and listen now, to: [a]}}",
    );
    check("g: [max(a, b), c]", "1:10 SW-0103 \"max(a, b)\"", "{g: [max(a, b), c]}");
}

#[test]
fn values_that_go_on() {
    check("guard: 'a' in tags", "1:12 SW-0104 \"'a' in tags\"", "{guard: 'a' in tags}");
    check(
        "guard: 'a' in x or y == 'b'",
        "1:12 SW-0104 \"'a' in x or y == 'b'\"",
        "{guard: 'a' in x or y == 'b'}",
    );
    check("g: [1] | length", "1:8 SW-0104 \"[1] | length\"", "{g: [1] | length}");
    check(
        "x: {guard: 'a' in tags, target: b}",
        "1:16 SW-0104 \"'a' in tags\"",
        "{x: {guard: 'a' in tags, target: b}}",
    );
    check(
        "x: {guard: [1] | length, target: b}",
        "1:16 SW-0104 \"[1] | length\"",
        "{x: {guard: [1] | length, target: b}}",
    );
    check(
        "x: [{{ a }}] | length",
        "1:14 SW-0104 \"[{{ a }}] | length\"",
        "{x: [{{ a }}] | length}",
    );
    check("a: 'Don't do it'", "1:9 SW-0104 \"Don't do it\"", "{a: Don't do it}");
}

#[test]
fn colons_in_a_value() {
    check(
        "guard: x == \"a: b\"",
        "1:15 SW-0105 'x == \"a: b\"'",
        "{guard: x == \"a: b\"}",
    );
    check(
        "title: Note: bring it   # why",
        "1:12 SW-0105 \"Note: bring it\"",
        "{title: Note: bring it}",
    );
    check("title: Note:", "1:12 SW-0105 \"Note:\"", "{title: Note:}");
    check(
        "x: {title: Note: bring it, y: z}",
        "1:16 SW-0105 \"Note: bring it\"",
        "{x: {title: Note: bring it, y: z}}",
    );
}

#[test]
fn comments_that_cut_a_value() {
    check(
        "sign: Lot #4 released",
        "1:11 warning SW-0106 \"Lot #4 released\"",
        "{sign: Lot}",
    );
    check(
        "x: {sign: Lot #4 released, y: z}",
        "1:15 SW-0106 \"Lot #4 released\"",
        "{x: {sign: Lot #4 released, y: z}}",
    );
    check("sign: Lot # 4 released", "", "{sign: Lot}");
    check("sign: Lot #", "", "{sign: Lot}");
}

#[test]
fn brackets_and_quotes_that_are_not_closed() {
    check("for: [a, b", "1:6 SW-0107 ]", "{for: [a, b]}");
    check("x: {for: [a, b}", "1:10 SW-0107 ]", "{x: {for: [a, b]}}");
    check("x: {y: {z: [a, b", "1:12 SW-0107 ]}}", "{x: {y: {z: [a, b]}}}");
    check("x: [a, b}", "1:4 SW-0107 ]", "{x: [a, b]}");
    check("title: \"Mount it", "1:8 SW-0107 \"", "{title: Mount it}");
    check(
        "x: {title: \"Mount it, for: [a]}",
        "1:12 SW-0107 \"",
        "{x: {title: Mount it, for: [a]}}",
    );
    check("for: [a, b]]", "1:12 SW-0108 ", "{for: [a, b]}");
}

#[test]
fn signs_of_yaml_itself() {
    check("amount: >= 65", "1:9 SW-0121 \">= 65\"", "{amount: >= 65}");
    check(
        "when: {amount: >= 65, b: c}",
        "1:16 SW-0121 \">= 65\"",
        "{when: {amount: >= 65, b: c}}",
    );
    check("on: {*: x}", "1:6 SW-0121 \"*\"", "{on: {*: x}}");
    check("'on':\n  done.*: x\n  *: y", "3:3 SW-0121 \"*\"", "{on: {done.*: x, *: y}}");
    check("a: @nurse", "1:4 SW-0121 \"@nurse\"", "{a: @nurse}");
    check("a: %d items", "1:4 SW-0121 \"%d items\"", "{a: %d items}");
    check("a: *x y", "1:4 SW-0121 \"*x y\"", "{a: *x y}");
    check("a: [- b]", "1:5 SW-0121 \"- b\"", "{a: [- b]}");
    check("a: \"\\d+\"", "1:5 SW-0122 \\\\", "{a: \\d+}");
}

#[test]
fn blanks_commas_and_indentation() {
    check("title:Foo\nfor: [x]", "1:1 SW-0101  ", "{title: Foo, for: [x]}");
    check("for: [x]\ntitle:Foo", "2:1 SW-0101  ", "{for: [x], title: Foo}");
    check("x: {title:Foo, for: y}", "1:5 SW-0101  ", "{x: {title: Foo, for: y}}");
    check("- a\n-b", "2:1 SW-0101  ", "[a, b]");
    check("x: {a: b,, c: d}", "1:10 SW-0101 ", "{x: {a: b, c: d}}");
    check("x: {\n  a: b\n  c: d\n}", "2:7 SW-0101 ,", "{x: {a: b, c: d}}");
    check("a:\n    b: 1\n  c: 2\nd: 3", "3:3 SW-0110   ", "{a: {b: 1, c: 2}, d: 3}");
    check("a: 1\n  b: 2", "2:3 SW-0110 ", "{a: 1, b: 2}");
    check("a:\n  - b\n - c\n  - d", "3:2 SW-0110  ", "{a: [b, c, d]}");
    check(
        "a:\n\tb: 1\n\tc:\n\t\td: 2",
        "2:1 SW-0109   b: 1\n  c:\n    ",
        "{a: {b: 1, c: {d: 2}}}",
    );
    check("a:\n    b: 1\n\tc: 2", "3:1 SW-0109     ", "{a: {b: 1, c: 2}}");
}

#[test]
fn values_over_several_lines() {
    check(
        "a: {{ x }} and\n  more\nb: c",
        "1:4 SW-0102 \"{{ x }} and\n  more\"",
        "{a: {{ x }} and more, b: c}",
    );
    check(
        "a: 'x' in y\n  or z\nb: c",
        "1:8 SW-0104 \"'x' in y\n  or z\"",
        "{a: 'x' in y or z, b: c}",
    );
    check(
        "a: x == \"b: c\"\n  and y",
        "1:11 SW-0105 'x == \"b: c\"\n  and y'",
        "{a: x == \"b: c\" and y}",
    );
    check("a: \"one\n  two\nb: c", "1:4 SW-0107 \"", "{a: one two, b: c}");
    check("a: @x # why\nb: c", "1:4 SW-0121 \"@x\"", "{a: @x, b: c}");
    check("x: {\n  a\n  b: c\n}", "2:4 SW-0101 ,", "{x: {a: -, b: c}}");
    check("x: [a\n  \"b\"]", "1:6 SW-0101 ,", "{x: [a, b]}");
}

#[test]
fn what_a_file_may_not_hold() {
    check("a: !!str 12", "1:4 SW-0113 ", "{a: 12}");
    check("%YAML 1.1\n---\na: b", "1:1 SW-0115 ", "{a: b}");
    check("a: b\u{7}c", "1:5 SW-0119 ", "{a: bc}");
    check("a: b\n---\nc: d", "2:1 SW-0114", "{a: b}");
    check("a: 1\nb: 2\na: 3", "3:1 SW-0111", "{a: 1, b: 2}");
    check("a: {<<: *b, c: d}", "1:5 SW-0112; 1:9 SW-0116", "{a: {c: d}}");
    check("a: &x [b, *x]", "1:11 SW-0117", "{a: [b, !]}");
    check("a: *x", "1:4 SW-0116", "{a: !}");
    check("[a]: b", "1:1 SW-0118", "{}");
    check(": b", "1:1 SW-0118", "{}");
    check("guard: !ready", "1:8 SW-0113", "{guard: !}");
}
