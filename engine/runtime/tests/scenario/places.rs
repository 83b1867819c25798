//! Instances that are put into states: told from those that came there, and proven all the same.

use super::{Files, line, ran, run};

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

const LENS: &str = "workflow: lens
key: '{{ tray }}'
data: {tray: string}
start: {by: [bench], input: [tray]}
access: [{for: [bench]}]
initial: ready
states: {ready: {on: {MEASURE: {by: [bench], actions: [{mark: {measured: {machine: LM1}}}]}}}}
";

const MACHINE: &str = "workflow: machine
key: '{{ name }}'
data: {name: string, seen: optional integer}
start: {by: [bench], input: [name]}
access: [{for: [bench]}]
reads:
  lately: {marks: measured, where: {machine: '{{ name }}'}, since: '{{ now - days(30) }}', take: count}
initial: free
states:
  free:
    on:
      COUNT: {by: [bench], actions: [{assign: {seen: \"{{ lately }}\"}}]}
";

const MARKS: &str = "marks:\n  measured: {machine: {type: ref, workflow: machine}, sphere: optional decimal}\n";

/// The failures of one scenario, or what is wrong with the file: a machine counts what it measured in the last thirty days.
fn counted(marks: &str, seen: u64) -> Result<Vec<String>, String> {
    let text = format!(
        "test: t\nuses: [lens.yaml, machine.yaml]\ngiven:\n  clock: 2026-03-01 10:00\n  people: {{ann: [bench]}}\n  instances:\n    - {{workflow: machine, key: LM1, data: {{name: LM1}}}}\n    - {{workflow: lens, key: 'X-{{n}}', count: 2, marks: {marks}}}\nscenarios:\n  s:\n    - {{send: COUNT, to: machine/LM1, as: ann}}\n    - expect: {{machine/LM1: {{data: {{seen: {seen}}}}}}}\n"
    );
    let files = Files::new(&[("lens.yaml", LENS), ("machine.yaml", MACHINE), ("marks.yaml", MARKS)]);
    let (report, sources) = ran(&text, &files)?;
    let scenario = report.scenarios.first().expect("there is one");
    Ok(scenario.failures.iter().map(|failed| line(failed, &sources)).collect())
}

#[test]
fn what_is_placed_may_have_marks_of_its_own_time() {
    let check = |marks: &str, seen: u64| assert_eq!(counted(marks, seen), Ok(Vec::new()), "{marks}");
    check("[]", 0);
    check("[{measured: {machine: LM1}}]", 2);
    check("[{measured: {machine: LM1}}, {measured: {machine: LM2}}]", 2);
    check(
        "[{at: 2026-02-20, measured: {machine: LM1}}, {measured: {machine: LM1}, at: 2025-02-01T10:00:00Z}]",
        2,
    );
    check(
        "[{measured: {machine: 'LM{{ 1 }}', sphere: '-0.47'}}, {measured: {machine: LM1}, at: 2026-02-27 10:00}]",
        4,
    );
}

#[test]
fn marks_that_do_not_fit_are_told() {
    let check = |marks: &str, told: &str| {
        let failures = counted(marks, 0).unwrap_or_else(|problem| vec![problem]);
        assert!(failures.iter().any(|failure| failure.contains(told)), "{marks}: {failures:?}");
    };
    check(
        "[{measured: {machine: LM1, sphere: much}}]",
        "sphere must be a number in plain decimal notation",
    );
    check("[{measured: {machine: LM1}, at: soon}]", "`soon` is not a moment");
    check("[{at: 2026-02-20}]", "a mark has one name");
    check("{measured: {machine: LM1}}", "`marks` takes a list");
}
