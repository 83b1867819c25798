//! Instances that are put into states: told from those that came there, and proven all the same.

use super::run;

fn check(steps: &[&str], failures: &[&str]) {
    assert_eq!(run("", steps).0, failures, "{steps:?}");
}

#[test]
fn what_is_placed_goes_on_like_any_other() {
    check(
        &[
            "{place: a = door/A, in: open, with: {name: A, opened: 3}}",
            "expect: {a: {timers: {draught: 2026-03-26 09:10}}, trail: {a: [{what: place, as: engine}]}}",
            "{send: BRICK, to: a, as: ann, reason: old}",
            "expect: {a: {in: gone, output: {opened: 3}}}",
            // and one that has ended may be placed anew
            "{place: a, in: repair}",
            "expect: {a: {in: repair, output: null, waiting: [mend]}}",
            "{place: a, in: shut, with: {lock: L}}",
            "expect: {a: {waiting: {}, timers: [yearly]}}",
            "{start: door, as: ann, with: {name: B, lock: L}, refused: lock L is held by door/A}",
        ],
        &[],
    );
}

#[test]
fn what_cannot_be_placed_is_told() {
    check(
        &["{place: door/A, in: opened}"],
        &["1: `door` has no state `opened`; did you mean `open`?"],
    );
    check(
        &["{place: door/A, in: open, with: {opened: many}}"],
        &["1: opened must be a whole number within ±2^53"],
    );
    check(
        &["{place: door/A, in: [open, shut], with: {name: A}}"],
        &["1: `shut` and `open` are never active together"],
    );
    check(
        &["{place: x, in: open}"],
        &["1: no instance is called `x` here: write `workflow/key`, or give it a name with `id` where it is started"],
    );
}
