//! Workflows beside a file that declares their marks.

use super::*;
use crate::chart::{Read, ReadOf};

const MARKS: &str = "marks:
  broken: {lot: {type: ref, workflow: lot}, cause: {enum: [scratch, chip]}, at_hand: optional date, cost: decimal, note: optional string, seen_by: {type: optional string, index: true}}
  empty:
";

const LENS: &str = "workflow: lens
key: \"{{ code }}\"
data: {code: string, lot: {type: ref, workflow: lot}, total: optional decimal}
reads:
  breakages: {marks: broken, where: {lot: \"{{ lot }}\", cause: chip}, order: cost}
  worst: {marks: broken, where: {seen_by: ann}, take: {max: cost}}
start: {by: [lab], input: [code, lot]}
access: [{for: [lab]}]
initial: whole
states:
  whole:
    on:
      BREAK:
        target: broken
        by: [lab]
        input: {cause: {enum: [scratch, chip]}}
        actions:
          - mark: {broken: {lot: \"{{ lot }}\", cause: \"{{ event.cause }}\", cost: 12.50}}
          - assign: {total: \"{{ breakages | sum(item.values.cost) }}\"}
  broken: {on: {FOUND: {target: whole, by: [lab], actions: [{unmark: broken}, {assign: {total: \"{{ worst }}\"}}]}}}
";

fn replaced(part: &str, by: &str) -> String {
    assert!(LENS.contains(part), "{part}");
    told_beside(&LENS.replace(part, by), &[("marks.yaml", MARKS)])
}

#[test]
fn what_is_marked_is_what_the_file_declares() {
    assert_eq!(told_beside(LENS, &[("marks.yaml", MARKS)]), "");
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(part, by), expected, "{by}");
    check(
        "mark: {broken:",
        "mark: {brocken:",
        "SW-0209 ‹brocken› `marks.yaml` has no mark `brocken`",
    );
    check(
        "unmark: broken",
        "unmark: brokn",
        "SW-0209 ‹brokn› `marks.yaml` has no mark `brokn`",
    );
    check(
        ", cost: 12.50}",
        ", costs: 12.50}",
        "SW-0208 ‹broken› the mark `broken` needs `cost`\nSW-0302 ‹costs› the mark `broken` has no field `costs`",
    );
    check(
        "cost: 12.50",
        "cost: much",
        "SW-0414 ‹much› cost must be a number in plain decimal notation of at most 28 digits",
    );
    check(
        "cost: 12.50",
        "cost: \"{{ today }}\"",
        "SW-0414 ‹\"{{ today }}\"› this is a date, and `cost` of the mark `broken` takes a decimal",
    );
}

#[test]
fn what_is_read_of_marks_is_known_where_it_is_used() {
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(part, by), expected, "{by}");
    check(
        "item.values.cost",
        "item.values.costs",
        "SW-0410 ‹costs› `item.values` has no field `costs`",
    );
    check(
        "item.values.cost",
        "item.value.cost",
        "SW-0410 ‹value› `item` has no field `value`",
    );
    check(
        "marks: broken, where: {lot",
        "marks: brken, where: {lot",
        "SW-0209 ‹brken› `marks.yaml` has no mark `brken`",
    );
    check(
        "where: {lot:",
        "where: {lott:",
        "SW-0302 ‹lott› the mark `broken` has no field `lott`",
    );
    check(
        "where: {seen_by: ann}",
        "where: {note: ann}",
        "SW-0309 ‹note› the mark `broken` is not found by `note`",
    );
    check(
        "cause: chip}, order",
        "cause: chop}, order",
        "SW-0414 ‹chop› no mark is found by this: it must be one of scratch or chip",
    );
    check(
        "order: cost",
        "order: cots",
        "SW-0302 ‹cots› the mark `broken` has no field `cots`",
    );
    check(
        "take: {max: cost}",
        "take: {max: csot}",
        "SW-0302 ‹csot› the mark `broken` has no field `csot`",
    );
    check(
        "{assign: {total: \"{{ worst }}\"}}",
        "{assign: {code: \"{{ worst }}\"}}",
        "SW-0414 ‹\"{{ worst }}\"› this is a decimal, and the field `code` takes text",
    );
}

#[test]
fn the_file_belongs_to_the_definitions_that_use_marks_and_there_may_be_none() {
    let slips = LENS.replace("item.values.cost", "item.values.costs");
    assert_eq!(told(&slips), "", "without a file nothing is known of marks");
    let (_, first) = compiled(LENS, &[("marks.yaml", MARKS)]);
    let bundle = first.bundle.expect("a workflow has a bundle");
    assert_eq!(
        bundle.files.keys().map(|path| &**path).collect::<Vec<_>>(),
        ["marks.yaml", "w.yaml"]
    );
    let chart = first.chart.expect("it has no fault");
    let finds: Vec<&Read> = chart
        .reads
        .values()
        .filter(|read| matches!(read.of, ReadOf::Found(_)))
        .collect();
    assert_eq!(finds.len(), 2);
    assert!(chart.marks.is_some_and(|marks| marks.contains_key("broken")));
    let plain = "workflow: w\nstates: {open: {}}\n";
    let (_, without) = compiled(plain, &[("marks.yaml", MARKS)]);
    assert_eq!(
        without.bundle.expect("a workflow has a bundle").files.len(),
        1,
        "whoever marks nothing pins nothing"
    );
    let other = "table: marks\nkey: code\ncolumns: {code: string}\nrows: []\n";
    assert_eq!(
        told_beside(LENS, &[("marks.yaml", other)]),
        "",
        "another kind of file may have the name"
    );
}

#[test]
fn a_file_of_marks_by_itself_is_checked_as_a_whole() {
    assert_eq!(told(MARKS), "");
    let check = |part: &str, by: &str, expected: &str| assert_eq!(told(&MARKS.replace(part, by)), expected, "{by}");
    check(
        "note: optional string",
        "note: {type: optional string, phi: true}",
        "SW-0604 ‹note› `note` would be personal data in a mark, which is a line of the trail",
    );
    check("cost: decimal", "cost: decmal", "SW-0601 ‹decmal› there is no type `decmal`");
    check(
        "cost: decimal",
        "cost: {type: decimal, default: \"{{ 1 + 1 }}\"}",
        "SW-0603 ‹\"{{ 1 + 1 }}\"› the default of `cost` is computed, and a mark has nothing to compute it from",
    );
}
