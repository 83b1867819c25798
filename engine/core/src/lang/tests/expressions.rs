//! Expressions and templates at their places: what they may name, what they must give.

use super::*;

const HEAD: &str = "workflow: w
data: {tries: {type: integer, default: 0}, lines: {type: list, items: string, default: []}, tray: optional string}
";

fn check(body: &str, expected: &str) {
    assert_eq!(told(&format!("{HEAD}{body}\n")), expected, "{body}");
}

#[test]
fn words_that_no_state_has_are_never_there() {
    let states = "initial: a\nstates:\n  a: {tags: [open], on: {PASS: b}}\n  b: {initial: c, states: {c: {}}}\n";
    let with = |expression: &str, expected: &str| check(&format!("let: {{x: \"{expression}\"}}\n{states}"), expected);
    with(
        "'a' in states and 'b.c' in states and 'open' in tags and 'PASS' in history and history.PASS.actor == 'x'",
        "",
    );
    with("'d' in states", "SW-0301 ‹'d'› no state is called `d`, so this is never true");
    with(
        "'opn' in tags",
        "SW-0307 ‹'opn'› no state has the tag `opn`, so this is never true",
    );
    with(
        "history.PAS.actor == 'x'",
        "SW-0303 ‹PAS› no state answers to `PAS`, so it is never in the history",
    );
    with(
        "lines | any('x' in states)",
        "SW-0301 ‹'x'› no state is called `x`, so this is never true",
    );
    check("let: {x: \"'ANY' in history\"}\nstates: {a: {on: {'*': {}}}}", "");
}

#[test]
fn a_field_is_compared_with_the_values_it_can_have() {
    let data = "data: {m: {enum: [plastic, glass]}, rx: {type: object, properties: {kind: {enum: [far, near]}}}, t: string}\n";
    let of = |guard: &str| {
        let form = "input: {side: {enum: [left, right]}}";
        told(&format!(
            "workflow: w\n{data}initial: a\nstates: {{a: {{on: {{GO: {{by: [x], {form}, guard: \"{guard}\"}}}}}}}}\n"
        ))
    };
    assert_eq!(of("m == 'plastik'"), "SW-0209 ‹'plastik'› `m` is never `plastik`");
    assert_eq!(of("'wood' != m"), "SW-0209 ‹'wood'› `m` is never `wood`");
    assert_eq!(of("m in ['glass', 'wood']"), "SW-0209 ‹'wood'› `m` is never `wood`");
    assert_eq!(of("rx.kind == 'mid'"), "SW-0209 ‹'mid'› `rx.kind` is never `mid`");
    assert_eq!(of("event.side == 'both'"), "SW-0209 ‹'both'› `event.side` is never `both`");
    assert_eq!(
        of("m == 'glass' and rx.kind in ['far'] and event.side == 'left' and t == 'anything' and m != t"),
        ""
    );
}

#[test]
fn one_fault_is_told_once() {
    let of = |state: &str| told(&format!("workflow: w\ninitial: a\nstates: {{a: {{{state}}}}}\n"));
    assert_eq!(
        of("after: {-1d: a}"),
        "SW-0210 ‹-1d› `-1d` has passed before the state is entered"
    );
    assert_eq!(
        of("after: {-1d: {target: a}}"),
        "SW-0210 ‹-1d› `-1d` has passed before the state is entered"
    );
    assert_eq!(
        of("entry: [{raise: lower}]"),
        "SW-0205 ‹lower› `lower` is not an event's name in `UPPER_SNAKE`"
    );
    let signed = of("always: {guard: @foo, target: a}");
    assert_eq!(
        signed,
        "SW-0121 ‹@› a value that begins with `@` needs quotes: YAML keeps the sign for itself"
    );
}

#[test]
fn places_are_found_within_quotes_and_blocks() {
    check(
        "let:\n  x: >-\n    tries > 1\n    and trys > 2\nstates: {a: {}}",
        "SW-0409 ‹trys› there is no variable `trys`",
    );
    check("title: 'it''s {{ trys }}'", "SW-0409 ‹trys› there is no variable `trys`");
    check(
        "title: \"\\u00e4 {{ trys }} \\\"x\\\"\"",
        "SW-0409 ‹trys› there is no variable `trys`",
    );
    check(
        "title: |\n  one\n  {{ trys }}\n",
        "SW-0409 ‹trys› there is no variable `trys`",
    );
    check(
        "title: {{ tries }}",
        "SW-0102 ‹{{ tries }}› a template needs quotes here: YAML reads `{` as the beginning of a mapping",
    );
}

#[test]
fn what_is_shown_as_text_has_a_text_form() {
    check(
        "title: \"{{ lines }}\"",
        "SW-0411 ‹lines› `lines` is a list of text, and text is needed",
    );
    check("title: \"{{ lines | join(', ') }}, {{ tries }}\"", "");
    check(
        "unique: {tray: \"{{ lines }}\"}",
        "SW-0411 ‹lines› `lines` is a list of text, and text is needed",
    );
}

#[test]
fn a_key_is_hardly_the_name_of_a_field() {
    check(
        "key: tray",
        "SW-0215 ‹tray› `tray` is text here, although it reads like an expression",
    );
    check(
        "unique: {tray: tray}",
        "SW-0215 ‹tray› `tray` is text here, although it reads like an expression",
    );
    check("title: tray", "");
    check(
        "title: tries + 1",
        "SW-0215 ‹tries + 1› `tries + 1` is text here, although it reads like an expression",
    );
}

#[test]
fn a_zone_that_is_written_out_is_one() {
    check("zone: Europe/Berlin", "");
    check(
        "zone: Europe/Berln",
        "SW-1007 ‹Europe/Berln› there is no time zone `Europe/Berln`",
    );
    check("zone: \"{{ tray }}\"", "");
}

#[test]
fn a_description_is_taken_as_it_stands() {
    check(
        "description: The {{ tray }}\n",
        "SW-0214 ‹The {{ tray }}› nothing is computed here: the braces stand in the text as they are",
    );
}

#[test]
fn nothing_waits_for_less_than_no_time() {
    let after = |duration: &str, expected: &str| {
        check(
            &format!("initial: a\nstates: {{a: {{after: {{t: {{in: {duration}, target: b}}}}}}, b: {{}}}}"),
            expected,
        )
    };
    after("1h", "");
    after("-1h", "SW-0210 ‹-1h› nothing waits for less than no time");
    after("\"{{ days(tries) }}\"", "");
}
