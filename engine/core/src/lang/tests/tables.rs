//! Tables: what may stand in one, what its rows must cover, and what a workflow may ask of it.

use proptest::prelude::*;

use super::table_files::FILES;
use super::*;

fn check(source: &str, expected: &str) {
    assert_eq!(told(source), expected, "{source}");
}

/// A table with one input, and rows that are asked only of it.
fn over(input: &str, rows: &str) -> String {
    let rows: String = rows
        .split(" | ")
        .map(|row| match row {
            "else" => "  - {then: {n: 0}}\n".to_owned(),
            row => format!("  - {{when: {{x: {row}}}, then: {{n: 1}}}}\n"),
        })
        .collect();
    told(&format!(
        "table: t\ninputs: {{x: {input}}}\noutput: {{n: integer}}\nrows:\n{rows}"
    ))
}

#[test]
fn a_gap_is_named_in_the_words_of_its_type() {
    let cases = [
        ("integer", "'< 5' | '> 5'", "no row answers when `x` is 5"),
        ("integer", "'< 5' | '>= 5'", ""),
        ("integer", "0..9", "no row answers when `x` is -1 or less or 10 or more"),
        ("{type: integer, minimum: 0, maximum: 9}", "0..9", ""),
        ("{type: integer, minimum: 0}", "0..4 | '>= 6'", "no row answers when `x` is 5"),
        (
            "{type: integer, exclusiveMinimum: 0, exclusiveMaximum: 4}",
            "[1, 3]",
            "no row answers when `x` is 2",
        ),
        (
            "{type: decimal, minimum: 0}",
            "0..2.00 | '> 2.01'",
            "no row answers when `x` is more than 2.00 and 2.01 or less",
        ),
        ("{type: decimal, minimum: 0}", "0..2.00 | '> 2'", ""),
        ("{type: decimal, scale: 2, minimum: 0}", "0..2.00 | '>= 2.01'", ""),
        (
            "{type: decimal, scale: 2, minimum: 0}",
            "0..2.00 | '>= 2.03'",
            "no row answers when `x` is 2.01 to 2.02",
        ),
        ("boolean", "true", "no row answers when `x` is false"),
        ("{enum: [a, b, c]}", "[a, c]", "no row answers when `x` is `b`"),
        ("{enum: [a, b]}", "a | b", ""),
        ("optional boolean", "true | false", "no row answers when `x` is empty"),
        ("optional boolean", "true | false | null", ""),
        ("string", "a | b", "no row answers when `x` is anything else"),
        ("string", "a | b | else", ""),
        (
            "date",
            "'< 2026-01-01' | '>= 2026-01-02'",
            "no row answers when `x` is 2026-01-01",
        ),
        ("date", "'<= 2025-12-31' | '>= 2026-01-01'", ""),
        ("time", "'< 08:00' | 08:00..17:00", "no row answers when `x` is after 17:00"),
        ("time", "00:00..12:00 | '> 12:00'", ""),
        ("time", "'< 08:00' | '>= 08:00'", ""),
        ("time", "'>= 08:00'", "no row answers when `x` is before 08:00"),
        ("time", "'> 00:00'", "no row answers when `x` is 00:00"),
        (
            "instant",
            "'< 2026-01-01T00:00:00Z'",
            "no row answers when `x` is 2026-01-01T00:00:00Z or later",
        ),
    ];
    for (input, rows, expected) in cases {
        let expected = if expected.is_empty() {
            String::new()
        } else {
            format!("SW-0905 ‹rows› {expected}")
        };
        assert_eq!(over(input, rows), expected, "{input}: {rows}");
    }
}

#[test]
fn an_overlap_is_named_and_a_row_that_takes_the_rest_is_none() {
    let cases = [
        (
            "integer",
            "'<= 5' | '>= 5'",
            "SW-0906 ‹when› rows 1 and 2 both answer when `x` is 5",
        ),
        (
            "{enum: [a, b]}",
            "[a, b] | b",
            "SW-0906 ‹when› rows 1 and 2 both answer when `x` is `b`",
        ),
        (
            "{type: decimal, minimum: 0}",
            "0..3 | '> 2.50'",
            "SW-0906 ‹when› rows 1 and 2 both answer when `x` is more than 2.50 and 3 or less",
        ),
        ("boolean", "true | else", ""),
        (
            "boolean",
            "true | false | else",
            "SW-0907 ‹then› row 3 never answers: rows before it take all its values",
        ),
        (
            "boolean",
            "else | true",
            "SW-0907 ‹when› row 2 never answers: rows before it take all its values",
        ),
        (
            "{type: integer, maximum: 9}",
            "'<= 9' | '>= 10'",
            "SW-0907 ‹when› row 2 never answers: no value of its inputs fulfils it",
        ),
    ];
    for (input, rows, expected) in cases {
        assert_eq!(over(input, rows), expected, "{input}: {rows}");
    }
    let two = |mode: &str, rows: &str| {
        let head = format!("table: t\nmode: {mode}\ninputs: {{a: boolean, b: {{enum: [x, z]}}}}\noutput: {{n: integer}}\n");
        told(&format!("{head}rows:\n{rows}"))
    };
    let corners = "  - {when: {a: true, b: x}, then: {n: 1}}\n  - {when: {a: false, b: z}, then: {n: 2}}\n";
    assert_eq!(
        two("first", corners),
        "SW-0905 ‹rows› no row answers when `a` is false and `b` is `x`, nor when `a` is true and `b` is `z`"
    );
    assert_eq!(two("first", &format!("{corners}  - {{then: {{n: 3}}}}\n")), "");
    assert_eq!(
        two("unique", &format!("{corners}  - {{then: {{n: 3}}}}\n")),
        "SW-0906 ‹then› rows 1 and 3 both answer when `a` is true and `b` is `x`"
    );
    // a row with `if` covers nothing, overlaps nothing, and may be hidden by what stands before it
    let rows = "  - {when: {a: true}, if: b == 'x', then: {n: 1}}\n  - {when: {a: [true, false]}, then: {n: 2}}\n";
    assert_eq!(two("first", rows), "");
    let rows = "  - {when: {a: [true, false]}, then: {n: 2}}\n  - {when: {a: true}, if: b == 'x', then: {n: 1}}\n";
    assert_eq!(
        two("first", rows),
        "SW-0907 ‹when› row 2 never answers: rows before it take all its values"
    );
    let rows = "  - {when: {a: true}, if: b == 'x', then: {n: 1}}\n";
    assert_eq!(two("first", rows), "SW-0905 ‹rows› no row answers whatever is given");
}

#[test]
fn a_row_holds_what_its_table_has() {
    let head = "table: t\ninputs: {x: boolean}\noutput: {n: integer, note: optional string}\n";
    let row = |row: &str, expected: &str| check(&format!("{head}rows:\n  - {{then: {{n: 0}}, if: x}}\n  - {row}\n"), expected);
    row("{then: {n: 1, note: no}}", "");
    row("{then: {n: '{{ 1 if x else 2 }}'}}", "");
    row("{then: {n: 1, m: 2}}", "SW-0903 ‹m› there is no output `m`");
    row("{then: {note: a}}", "SW-0903 ‹then› the row gives no `n`");
    row("{x: true, then: {n: 1}}", "SW-0903 ‹x› `x` is no part of a row");
    row("{when: {y: true}, then: {n: 1}}", "SW-0903 ‹y› there is no input `y`");
    row(
        "{then: {n: 1.5}}",
        "SW-0903 ‹1.5› the value must be a whole number within ±2^53",
    );
    row(
        "{then: {n: '{{ not x }}'}}",
        "SW-0414 ‹'{{ not x }}'› this is a boolean, and `n` takes an integer",
    );
    row(
        "{when: {x: maybe}, then: {n: 1}}",
        "SW-0903 ‹maybe› the value must be `true` or `false`",
    );
    row("{if: y, then: {n: 1}}", "SW-0409 ‹y› there is no variable `y`");
    row(
        "{if: today > date('2026-01-01'), then: {n: 1}}",
        "SW-0409 ‹today > date('2026-01-01')› a table has no `today`: it answers from its inputs alone",
    );
    row(
        "{if: \"table('u', 1) is none\", then: {n: 1}}",
        "SW-0406 ‹table('u', 1)› a table asks no other: give it the value as an input",
    );
    row(
        "{group: a, then: {n: 1}}",
        "SW-0903 ‹group› only a table that collects has groups",
    );
    row("{}", "SW-0903 ‹{}› the row gives nothing");
    check(
        "table: t\ninputs: {x: {type: object, additionalProperties: true}}\noutput: {n: integer}\nrows: [{when: {x: 1}, then: {n: 1}}]\n",
        "SW-0904 ‹1› this input is an object, of which `when` can ask nothing",
    );
    check(
        "table: t\ninputs: {x: integer}\noutput: {n: integer}\nrows: [{when: {x: 9..1}, then: {n: 1}}, {then: {n: 2}}]\n",
        "SW-0904 ‹9..1› nothing is within `9..1`: it ends before it begins",
    );
}

#[test]
fn a_collected_answer_is_made_of_what_rows_give() {
    let table =
        |output: &str, rows: &str| format!("table: t\nmode: collect\ninputs: {{x: integer}}\noutput: {output}\nrows:\n{rows}");
    let rows = "  - {group: a, if: x > 1, then: {ok: true, text: high}}\n  - {group: a, then: {ok: '{{ x > 0 }}', text: low}}\n";
    let of = |output: &str, expected: &str| check(&table(output, rows), expected);
    of(
        "{accept: {from: all, of: ok}, why: {from: list, of: text, if: not ok}, high: {from: max, of: x}}",
        "",
    );
    of(
        "{accept: {from: every, of: ok}}",
        "SW-0209 ‹every› `every` is none of the words known here",
    );
    of(
        "{accept: {from: all, of: okay}}",
        "SW-0409 ‹okay› there is no variable `okay`",
    );
    of(
        "{sum: {from: sum, of: text}}",
        "SW-0414 ‹text› this is text, and numbers are put together this way",
    );
    of("{accept: {from: all}}", "SW-0208 ‹from› a part of an answer needs `of`");
    let silent = "  - {group: a, if: x > 1, then: {ok: true}}\n  - {group: a}\n  - {group: b, then: {text: low}}\n";
    check(
        &table("{accept: {from: all, of: ok}}", silent),
        "SW-0903 ‹group› row 3 gives no `ok`, of which the answer is made",
    );
    let open = "  - {group: a, when: {x: '> 1'}, then: {ok: true}}\n  - {group: b, if: x > 1, then: {ok: true}}\n";
    check(
        &table("{accept: {from: all, of: ok}}", open),
        "SW-0905 ‹rows› no row of the group `a` answers when `x` is 1 or less",
    );
    check(
        &table("{accept: {from: all, of: ok}}", "  - {then: {x: true}}\n"),
        "SW-0304 ‹x› `x` is the name of an input or a `let` value",
    );
}

#[test]
fn a_table_is_one_of_two_things() {
    check(
        "table: t\nrows: []\n",
        "SW-0901 ‹table› the table says neither what is looked up nor what is decided",
    );
    check(
        "table: t\nkey: a\ncolumns: {a: string}\ninputs: {x: integer}\nrows: []\n",
        "SW-0901 ‹inputs› `key` is for looking up, and `inputs` for deciding: a table does one of the two",
    );
    check("table: t\nkey: a\nrows: []\n", "SW-0208 ‹table› the table needs `columns`");
    check(
        "table: t\nkey: b\ncolumns: {a: string}\nrows: []\n",
        "SW-0903 ‹b› there is no column `b`",
    );
    let head = "table: t\nkey: a\ncolumns: {a: string, n: {type: integer, minimum: 1}}\n";
    check(&format!("{head}rows:\n  - {{a: 012, n: 1}}\n  - {{a: no, n: 2}}\n"), "");
    check(
        &format!("{head}rows:\n  - {{a: x, n: 1}}\n  - {{a: x, n: 0}}\n  - {{a: x, n: 2}}\n  - {{n: 2}}\n  - {{a: y}}\n"),
        "SW-0903 ‹0› the value must be at least 1\nSW-0906 ‹x› there is a row `x` already\n\
         SW-0903 ‹n› the row's a is required\nSW-0903 ‹a› the row's n is required",
    );
}

#[test]
fn its_tests_are_asked_whenever_it_is_read() {
    let table = |tests: &str| {
        format!(
            "table: t\ninputs: {{x: integer}}\noutput: {{n: integer, d: optional decimal}}\nrows:\n  - {{when: {{x: '< 5'}}, then: {{n: 1, d: 0.10}}}}\n  - {{then: {{n: '{{{{ 10 // x }}}}'}}}}\ntests:\n{tests}"
        )
    };
    check(
        &table("  - {with: {x: 4}, gives: {n: 1, d: '0.10'}}\n  - {with: {x: 5}, gives: {n: 2, d: null}}\n"),
        "",
    );
    check(
        &table("  - {with: {x: 5}, gives: {n: 1}}\n"),
        "SW-0908 ‹n: 1› the table gives {\"d\":null,\"n\":2}, and {\"n\":1} is expected",
    );
    check(
        &table("  - {with: {x: many}, gives: {n: 1}}\n"),
        "SW-0908 ‹n: 1› the table does not answer: `t`: x must be a whole number within ±2^53",
    );
    let look_up = "table: t\nkey: a\ncolumns: {a: string, n: integer}\nrows: [{a: x, n: 1}]\ntests:\n";
    check(
        &format!("{look_up}  - {{with: {{a: x}}, gives: {{n: 1}}}}\n  - {{with: {{a: z}}, gives: null}}\n"),
        "",
    );
}

#[test]
fn a_table_that_takes_too_long_to_be_judged_is_told() {
    // each row asks for ten values of its own
    let rows: String = (0..1_000)
        .map(|row| {
            let values: Vec<String> = (0..10).map(|value| format!("v{}", row * 10 + value)).collect();
            format!("  - {{when: {{x: [{}]}}, then: {{n: 1}}}}\n", values.join(", "))
        })
        .collect();
    check(
        &format!("table: t\ninputs: {{x: string}}\noutput: {{n: integer}}\nrows:\n{rows}"),
        "SW-0217 ‹rows› the rows name too many values of `x` to be checked for gaps",
    );
    let names: Vec<String> = (0..8).map(|input| format!("x{input}")).collect();
    let rows: String = (0..1_000)
        .map(|row| {
            let when: Vec<String> = names.iter().map(|name| format!("{name}: {row}..{row}.5")).collect();
            format!("  - {{when: {{{}}}, then: {{n: 1}}}}\n", when.join(", "))
        })
        .collect();
    let inputs: Vec<String> = names.iter().map(|name| format!("{name}: decimal")).collect();
    check(
        &format!(
            "table: t\ninputs: {{{}}}\noutput: {{n: integer}}\nrows:\n{rows}",
            inputs.join(", ")
        ),
        "SW-0217 ‹rows› the rows divide their inputs in too many ways to be checked for gaps",
    );
}

#[test]
fn the_tests_of_a_table_have_one_budget() {
    let rows: String = (1..1_000)
        .map(|row| format!("  - {{if: x + 0 == {row}, then: {{n: {row}}}}}\n"))
        .collect();
    let tests: String = (0..400).map(|_| "  - {with: {x: 0}, gives: {n: 0}}\n".to_owned()).collect();
    let told = told(&format!(
        "table: t\ninputs: {{x: integer}}\noutput: {{n: integer}}\nrows:\n{rows}  - {{then: {{n: 0}}}}\ntests:\n{tests}"
    ));
    assert_eq!(
        told,
        "SW-0217 ‹n: 0› the tests take more than 2000000 steps together: this one and those after it were not tried"
    );
}

fn asked(expression: &str, expected: &str) {
    let source =
        format!("workflow: w\ndata: {{age: integer, unit: {{type: string, table: units}}}}\nlet: {{x: \"{expression}\"}}\n");
    assert_eq!(told_beside(&source, &FILES), expected, "{expression}");
}

#[test]
fn what_a_workflow_asks_is_checked_against_the_table() {
    asked("decide('triage', age=age).level + 1", "");
    asked("table('units', unit).beds > 3 and table('units', unit) is not none", "");
    asked("decide('triag', age=age)", "SW-0902 ‹'triag'› there is no table `triag`");
    asked(
        "decide(unit, age=age)",
        "SW-0406 ‹unit› the name of a table is written out, so that the table belongs to the definition",
    );
    asked(
        "decide('triage', ag=age)",
        "SW-0406 ‹decide('triage', ag=age)› `triage` has no input `ag`; is `age` meant?",
    );
    asked(
        "decide('triage', note='x')",
        "SW-0406 ‹decide('triage', note='x')› `triage` also needs `age`",
    );
    asked(
        "decide('triage', age=today)",
        "SW-0406 ‹decide('triage', age=today)› `age` is a date, and `triage` takes an integer",
    );
    asked(
        "decide('triage', age)",
        "SW-0406 ‹decide('triage', age)› `triage` takes its inputs by name: `decide('triage', input=value)`",
    );
    asked(
        "decide('triage', age=age).levle",
        "SW-0410 ‹levle› `decide('triage', age=age)` has no field `levle`",
    );
    asked(
        "decide('units', code=unit)",
        "SW-0406 ‹decide('units', code=unit)› `units` is looked up: ask it by `table('units', key)`",
    );
    asked(
        "table('units', today)",
        "SW-0406 ‹table('units', today)› the key is a date, and `units` is looked up by text",
    );
    asked("unit == 'icc'", "SW-0209 ‹'icc'› `unit` is never `icc`");
}

/// A range over the digits, as it is written, and what is in it.
fn any_range() -> impl Strategy<Value = (String, Vec<i64>)> {
    let within = |range: &dyn Fn(i64) -> bool| (0..10).filter(|digit| range(*digit)).collect::<Vec<i64>>();
    (0..10_i64, 0..10_i64, 0..6_u8).prop_map(move |(first, second, form)| {
        let (low, high) = (first.min(second), first.max(second));
        match form {
            0 => (format!("'< {low}'"), within(&|digit| digit < low)),
            1 => (format!("'<= {low}'"), within(&|digit| digit <= low)),
            2 => (format!("'> {high}'"), within(&|digit| digit > high)),
            3 => (format!("'>= {high}'"), within(&|digit| digit >= high)),
            4 => (format!("{low}..{high}"), within(&|digit| (low..=high).contains(&digit))),
            _ => (format!("[{low}, {high}]"), within(&|digit| digit == low || digit == high)),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What is told of gaps, overlaps and rows that never answer is what trying every value shows.
    #[test]
    fn rows_cover_what_trying_every_value_shows(rows in prop::collection::vec((any_range(), any::<Option<bool>>()), 1..6)) {
        let written: String = rows
            .iter()
            .map(|((range, _), truth)| {
                let truth = truth.map_or_else(String::new, |truth| format!(", b: {truth}"));
                format!("  - {{when: {{x: {range}{truth}}}, then: {{n: 1}}}}\n")
            })
            .collect();
        let input = "{x: {type: integer, minimum: 0, maximum: 9}, b: boolean}";
        let told = told(&format!("table: t\ninputs: {input}\noutput: {{n: integer}}\nrows:\n{written}"));
        let takes = |row: &((String, Vec<i64>), Option<bool>), digit: i64, truth: bool| {
            row.0.1.contains(&digit) && row.1.is_none_or(|wanted| wanted == truth)
        };
        let values: Vec<(i64, bool)> = (0..10).flat_map(|digit| [(digit, true), (digit, false)]).collect();
        let answers = |(digit, truth): &(i64, bool)| rows.iter().filter(|row| takes(row, *digit, *truth)).count();
        let is_empty = |row: &((String, Vec<i64>), Option<bool>)| !values.iter().any(|(digit, truth)| takes(row, *digit, *truth));
        prop_assert_eq!(told.contains("SW-0905"), values.iter().any(|value| answers(value) == 0), "{}{}", written, told);
        prop_assert_eq!(told.contains("SW-0906"), values.iter().any(|value| answers(value) > 1), "{}{}", written, told);
        prop_assert_eq!(told.contains("SW-0907"), rows.iter().any(is_empty), "{}{}", written, told);
    }
}
