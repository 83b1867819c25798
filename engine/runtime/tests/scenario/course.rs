//! Steps: who sends what, what becomes of it, and how the clock moves.

use super::{BELL, DOOR, Files, file_of, ran, run};

fn check(given: &str, steps: &[&str], failures: &[&str]) {
    assert_eq!(run(given, steps).0, failures, "{steps:?}");
}

const BEGUN: &str = "{start: door, as: ann, with: {name: A}, id: a}";

#[test]
fn what_becomes_of_an_input_is_compared() {
    check(
        "",
        &[
            BEGUN,
            "{send: CLOSE, to: a, as: ann, ignored: true}",
            "{send: OPEN, to: a, as: gus, refused: GUS MAY NOT}",
            "{send: OPEN, to: a, as: {roles: [clerk]}}",
            // in a form the author's own keys are no fields
            "{start: door, as: ann, with: {name: B, x-note: another one}}",
            "{send: BRICK, to: a, as: ann, reason: old, refused: Opened only 1 times}",
        ],
        &[],
    );
    check(
        "",
        &[BEGUN, "{send: CLOSE, to: a, as: ann}"],
        &["2: it came out differently; outcome: taken / ignored: nothing answers to it in the states it is in"],
    );
    check(
        "",
        &[BEGUN, "{send: OPNE, to: a, as: ann}"],
        &["2: it came out differently; outcome: taken / ignored: no state of `door` answers to `OPNE`; did you mean `OPEN`?"],
    );
    check(
        "",
        &[BEGUN, "{send: OPEN, to: a, as: gus}"],
        &["2: it came out differently; outcome: taken / refused: gus may not do this"],
    );
    check(
        "",
        &[BEGUN, "{send: OPEN, to: a, as: ann, refused: never}"],
        &["2: it came out differently; outcome: refused: … never … / taken"],
    );
    check(
        "",
        &["{start: door, as: gus, with: {name: A}}"],
        &["1: it came out differently; outcome: taken / refused: gus may not do this (start door)"],
    );
    check("", &["{send: OPEN, to: door/Z, as: ann, refused: no door/Z}"], &[]);
}

#[test]
fn a_refusal_names_what_stands_in_the_way() {
    let lock = |more: &'static str| {
        let steps = ["{start: door, as: ann, id: a, with: {name: A, lock: L}}", more];
        run("", &steps).0
    };
    assert_eq!(
        lock("{start: door, as: ann, with: {name: B, lock: L}, refused: lock L is held by door/A, blockers: [a]}"),
        Vec::<String>::new()
    );
    assert_eq!(
        lock("{start: door, as: ann, with: {name: B, lock: L}, refused: held, blockers: [door/C]}"),
        ["2: it came out differently; blockers: door/C / door/A"]
    );
    // named alone they say that it is refused
    assert_eq!(
        lock("{start: door, as: ann, with: {name: B, lock: L}, blockers: [a]}"),
        Vec::<String>::new()
    );
    assert_eq!(
        lock("{start: door, as: ann, with: {name: B, lock: M}, blockers: [a]}"),
        ["2: it came out differently; outcome: refused / taken"]
    );
}

#[test]
fn a_step_that_comes_often_counts_its_copies() {
    let given = "  instances:\n    - {workflow: door, key: \"D-{n:02}\", count: 3, in: open, data: {name: \"D-{n}\"}}\n";
    check(
        given,
        &[
            "{start: door, as: ann, with: {name: \"E-{n}\"}, times: 2}",
            "{send: CLOSE, to: \"door/D-0{n}\", as: ann, times: 2}",
            "expect: {door: {in: shut, keys: [E-1, E-2, D-01, D-02]}, door/D-03: {data: {name: D-3}}}",
        ],
        &[],
    );
}

#[test]
fn a_failing_action_ends_the_scenario_and_a_failing_expectation_does_not() {
    check(
        "",
        &[
            BEGUN,
            "expect: {a: {in: open}}",
            "{send: CLOSE, to: a, as: ann}",
            "expect: {a: {in: gone}}",
        ],
        &[
            "2: door/A is otherwise; in: open / shut",
            "3: it came out differently; outcome: taken / ignored: nothing answers to it in the states it is in",
        ],
    );
}

#[test]
fn the_clock_stops_at_every_moment_at_which_something_is_due() {
    check(
        "",
        &[
            BEGUN,
            "{send: OPEN, to: a, as: ann}",
            "{wait: 9m}",
            "expect: {a: {in: open}}",
            "{wait: 1m}",
            "expect: {a: {in: shut}, clock: 2026-03-26 09:10}",
            // the clocks go forward on Sunday: three days by the calendar are 71 hours
            "{wait: 3d}",
            "expect: {clock: 2026-03-29 09:10}",
            "{wait: 24h}",
            "expect: {clock: 2026-03-30 09:10}",
            "{at: 2026-03-30T07:10:00Z}",
        ],
        &[],
    );
    check(
        "",
        &["{at: 2026-03-26 08:59}"],
        &["1: the clock is past that moment: it is 2026-03-26 09:00"],
    );
    check(
        "",
        &["{wait: 2 business days}"],
        &["1: business time needs a calendar, and none is set (`calendar:` of the workflow)"],
    );
}

#[test]
fn ten_years_pass_from_one_inspection_to_the_next() {
    check(
        "",
        &[
            BEGUN,
            "{wait: 10y}",
            "expect: {a: {in: shut, marks: {inspected: 10}, timers: {yearly: {due: 2037-03-26 09:00, fired: 10}}}}",
            "expect: {a: {marks: {inspected: {name: A}}}}",
        ],
        &[],
    );
}

#[test]
fn what_repeats_without_end_on_the_way_is_told() {
    let text = file_of("", &["{place: clock/C, in: ticking}", "{wait: 1d}"]).replace("[door.yaml, bell.yaml]", "[clock.yaml]");
    let clock = "workflow: clock
access: [{for: [clerk]}]
initial: ticking
states: {ticking: {after: {tick: {every: 1s, actions: []}}}}
";
    let (report, sources) = ran(&text, &Files::new(&[("clock.yaml", clock)])).expect("it can be read");
    let failures: Vec<String> = report.scenarios[0]
        .failures
        .iter()
        .map(|failed| super::line(failed, &sources))
        .collect();
    assert_eq!(
        failures,
        [
            "2: something was due at more than 10000 moments on the way: wait for less at once, or look for what repeats so often (it is 2026-03-26 11:46:40)"
        ]
    );
}

#[test]
fn instances_tell_one_another() {
    check(
        "  instances: [{workflow: bell, key: B}]\n",
        &[
            BEGUN,
            "{send: RING, to: a, as: ann}",
            "expect: {bell/B: {data: {last: A, rung: 1}}, a: {waiting: {}}}",
            "{send: RING, to: bell/B, as: {workflow: door}, with: {door: X}}",
            "expect: {bell/B: {data: {last: X, rung: 2}}}",
        ],
        &[],
    );
}

#[test]
fn an_adapter_answers_in_order_and_by_hand() {
    let given = "  adapters: {joiner.mend: [{fails: {temporary: busy}}, {after: 1h, returns: {part: \"{{ input.name }}'s hinge\"}, times: 1}]}\n";
    check(
        given,
        &[
            BEGUN,
            "{send: REPAIR, to: a, as: ann}",
            "{wait: 1h}",
            "expect: {a: {in: repair}, effects: {joiner.mend: {attempts: 2, key: same}}}",
            "{wait: 2s}",
            "expect: {a: {in: shut, data: {part: A's hinge}}}",
            // its answers are used up: from here on it waits for a step
            "{send: REPAIR, to: a, as: ann}",
            "{wait: 1h}",
            "{adapter: joiner.mend, of: a, fails: no hinge}",
            "expect: {a: {in: open}}",
        ],
        &[],
    );
    check(
        "",
        &[BEGUN, "{adapter: joiner.mend, of: a, returns: {part: x}}"],
        &["2: no attempt at `joiner.mend` waits for an answer"],
    );
    check(
        "",
        &[
            BEGUN,
            "{send: REPAIR, to: a, as: ann}",
            "{wait: 1d}",
            "expect: {a: {in: open}}",
        ],
        &[],
    );
}

#[test]
fn fragments_are_played_for_each() {
    let text = file_of(
        "",
        &[
            BEGUN,
            "{start: door, as: ann, with: {name: C}, id: c}",
            "{play: to and fro, for: [a, door/C]}",
            "expect: {door: {in: shut}, a: {data: {opened: 2}}}",
        ],
    ) + "fragments:
  to and fro:
    - {play: once}
    - {play: once}
  once:
    - {send: OPEN, as: ann}
    - expect: {it: {in: open}}
    - {send: CLOSE, as: ann}
";
    let files = Files::new(&[("door.yaml", DOOR), ("bell.yaml", BELL)]);
    let (report, sources) = ran(&text, &files).expect("it can be read");
    assert_eq!(report.failed(), 0, "{}", report.words(&sources));
}

#[test]
fn the_same_file_gives_the_same_report() {
    let steps = [
        BEGUN,
        "{race: [{send: OPEN, to: a, as: ann}, {send: REPAIR, to: a, as: ann}]}",
        "expect: {a: {in: shut}}",
    ];
    let files = Files::new(&[("door.yaml", DOOR), ("bell.yaml", BELL)]);
    let told = || {
        let (report, sources) = ran(&file_of("", &steps), &files).expect("it can be read");
        (report.words(&sources), report.value(&sources))
    };
    assert_eq!(told(), told());
}

#[test]
fn a_trail_says_each_reason_once_and_of_which_field() {
    const CLAIM: &str = "workflow: claim
key: \"{{ name }}\"
data: {name: string, sum: optional integer}
start: {by: [clerk], input: [name]}
access: [{for: [clerk]}]
initial: open
states:
  open: {on: {PAY: {by: [clerk], input: [sum]}, CLOSE: {by: [clerk], choose: [{guard: sum > 3}, {}]}}}
";
    let steps = "[{start: claim, as: ann, with: {name: A}, id: a}, {send: PAY, to: a, as: ann, refused: required}, {send: CLOSE, to: a, as: ann, refused: empty}, {expect: {a: {data: {sum: 1}}}}]";
    let text = format!("test: t\nuses: [claim.yaml]\ngiven: {{people: {{ann: [clerk]}}}}\nscenarios: {{s: {steps}}}\n");
    let (report, _) = super::ran(&text, &super::Files::new(&[("claim.yaml", CLAIM)])).unwrap_or_else(|told| panic!("{told}"));
    let failures = &report.scenarios.first().expect("there is one").failures;
    let trail = &failures
        .last()
        .expect("nothing was paid")
        .trails
        .first()
        .expect("its trail")
        .1;
    let said: Vec<&str> = trail
        .iter()
        .filter_map(|line| line.split_once("ann  "))
        .map(|(_, said)| said)
        .collect();
    assert_eq!(
        said,
        [
            "start → open  [name]",
            "PAY: refused (sum is required)",
            "CLOSE: refused (`sum` is empty)"
        ]
    );
}
