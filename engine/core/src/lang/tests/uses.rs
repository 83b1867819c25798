//! What stands in a file, key by key.

use std::collections::BTreeSet;

use crate::diagnostic::FileId;
use crate::lang::{ShapeKind, keys, uses};
use crate::yaml::parse;

/// Each use on a line: construct, key, form, and what stands there.
fn check(text: &str, expected: &[&str]) {
    let (node, found) = parse(FileId(0), text);
    assert!(!found.has_errors(), "{found:?}");
    let lines: Vec<String> = uses(&node)
        .iter()
        .map(|each| {
            let value = text.get(each.value.range()).unwrap_or("");
            let first = value.lines().next().unwrap_or("");
            assert_eq!(text.get(each.name.range()), Some(each.key.name));
            format!("{}: {} ({:?}) {first}", each.key.construct, each.key.name, each.shape)
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn each_key_is_found_with_its_construct_and_the_form_it_is_written_in() {
    check(
        "workflow: w
x-note: {on: nothing}
states:
  a:
    on:
      GO: b
      STAY: [{by: [{unit: u}], guard: 1 < 2}, {guard: {if: 2 < 1}}]
",
        &[
            "a workflow: workflow (Name) w",
            "a workflow: states (Names) a:",
            "a state: on (Names) GO: b",
            "a transition: by (List) [{unit: u}]",
            "who may send an event: unit (Text) u",
            "a transition: guard (Expression) 1 < 2",
            "a transition: guard (Mapping) {if: 2 < 1}",
            "a guard: if (Expression) 2 < 1",
        ],
    );
}

#[test]
fn items_and_types_are_read_as_the_reader_reads_them() {
    check(
        "schema: s
type: list
items: {type: list, items: {code: {scale: 2}, kind: string}}
",
        &[
            "a schema: schema (Name) s",
            "a schema: type (Literal) list",
            "a schema: items (Mapping) {type: list, items: {code: {scale: 2}, kind: string}}",
            "a field: type (Literal) list",
            "a field: items (Names) {code: {scale: 2}, kind: string}",
            "a field: scale (Integer { least: 0, most: 28 }) 2",
        ],
    );
}

#[test]
fn the_output_and_the_rows_of_a_table_are_what_its_other_keys_make_of_them() {
    check(
        "table: t
mode: collect
inputs: {n: integer}
output: {all: {from: list, of: x}}
rows: [{when: {n: 1}, then: {x: 2}}]
",
        &[
            "a table: table (Name) t",
            "a table: mode (Word([\"first\", \"unique\", \"collect\"])) collect",
            "a table: inputs (Names) {n: integer}",
            "a table: output (Names) {all: {from: list, of: x}}",
            "a part of an answer: from (Word([\"list\", \"all\", \"any\", \"sum\", \"max\", \"min\"])) list",
            "a part of an answer: of (Expression) x",
            "a table: rows (List) [{when: {n: 1}, then: {x: 2}}]",
            "a row of a decision: when (Names) {n: 1}",
            "a row of a decision: then (Names) {x: 2}",
        ],
    );
    check(
        "table: t
key: code
columns: {code: string, when: string}
rows: [{code: a, when: b}]
",
        &[
            "a table: table (Name) t",
            "a table: key (Name) code",
            "a table: columns (Names) {code: string, when: string}",
            "a table: rows (List) [{code: a, when: b}]",
        ],
    );
}

#[test]
fn an_alias_stands_where_its_anchor_does() {
    check(
        "workflow: w
states:
  a: &a {tags: [t]}
  b: *a
",
        &[
            "a workflow: workflow (Name) w",
            "a workflow: states (Names) a: &a {tags: [t]}",
            "a state: tags (List) [t]",
            "a state: tags (List) [t]",
        ],
    );
}

#[test]
fn what_is_of_no_kind_holds_nothing() {
    check("hat: a\nstates: {}\n", &[]);
    check("- workflow: a\n", &[]);
}

#[test]
fn construct_and_name_are_one_key_and_no_other() {
    let all = keys();
    let distinct: BTreeSet<(&str, &str)> = all.iter().map(|key| (&*key.construct, key.name)).collect();
    assert_eq!(distinct.len(), all.len());
    let known = |construct: &str, name: &str| {
        let mut found = all.iter().filter(|key| &*key.construct == construct && key.name == name);
        found.next().unwrap_or_else(|| panic!("no `{name}` of {construct}"))
    };
    assert!(known("a workflow", "workflow").required && !known("a workflow", "title").required);
    assert_eq!(known("what is sent by a schedule", "event").meaning, "the event");
    assert_eq!(known("an initial transition", "target").shape, ShapeKind::Forms);
}
