//! Migrations, checked against the definition in which they stand.

use super::*;
use crate::chart::{TimerPolicy, Timers};

const ORDER: &str = "workflow: order
data: {code: string, grams: decimal, note: optional string, place: {type: object, properties: {street: string}}}
migrate:
  - from: 5f3759df
    states: {waiting: open, on_way.packed: sent.packed}
    data: {grams: old.kilos * 1000, place.street: old.street, note: none}
    timers: {late: remaining}
    drop: [remind]
  - {from: v1, timers: restart}
initial: open
states:
  open: {after: {late: {in: 3d, target: sent}}, on: {AGAIN: sent.back}}
  sent: {initial: packed, states: {packed: {}, back: {type: history, target: packed}}, on: {DONE: done}}
  done: {type: final}
";

#[test]
fn what_a_migration_leads_to_is_there() {
    assert_eq!(told(ORDER), "");
    let check = |part: &str, by: &str, expected: &str| {
        assert!(ORDER.contains(part), "{part}");
        assert_eq!(told(&ORDER.replace(part, by)), expected, "{by}");
    };
    check(
        "waiting: open",
        "waiting: opne",
        "SW-0301 ‹opne› there is no state `opne` here or further out",
    );
    check(
        "waiting: open",
        "waiting: back",
        "SW-0301 ‹back› `back` is a history state, in which no instance is",
    );
    check("{grams: old", "{gramms: old", "SW-0302 ‹gramms› there is no field `gramms`");
    check(
        "place.street: old",
        "place.town: old",
        "SW-0302 ‹town› there is no field `town`",
    );
    check(
        "old.kilos * 1000",
        "today",
        "SW-0414 ‹today› this is a date, and the field `grams` takes a decimal",
    );
    check("old.kilos * 1000", "none", "SW-0414 ‹none› the field `grams` cannot be empty");
    check("old.kilos", "kilos", "SW-0409 ‹kilos› there is no variable `kilos`");
    check(
        "{late: remaining}",
        "{lat: remaining}",
        "SW-0209 ‹lat› there is no timer `lat`",
    );
    check(
        "{late: remaining}",
        "{late: later}",
        "SW-0209 ‹later› `later` is none of the words known here",
    );
    check(
        "drop: [remind]",
        "drop: [late]",
        "SW-0211 ‹late› `late` is dropped, and goes on under `timers`",
    );
    check(
        "from: v1",
        "from: 5f3759df",
        "SW-0304 ‹5f3759df› there is a migration from `5f3759df` already",
    );
}

#[test]
fn a_migration_is_kept_with_the_definition() {
    let chart = chart(ORDER);
    let [first, second] = chart.migrations.as_slice() else {
        panic!("{:?}", chart.migrations)
    };
    let states: Vec<(&str, &str)> = first
        .states
        .iter()
        .map(|(old, new)| (&**old, &*chart.state(*new).path))
        .collect();
    assert_eq!(states, [("waiting", "open"), ("on_way.packed", "sent.packed")]);
    assert_eq!(first.data.len(), 3);
    assert!(matches!(&first.timers, Timers::Each(each) if each.get("late") == Some(&TimerPolicy::Remaining)));
    assert!(matches!(second.timers, Timers::All(TimerPolicy::Restart)));
    assert_eq!(first.dropped, ["remind".into()]);
}
