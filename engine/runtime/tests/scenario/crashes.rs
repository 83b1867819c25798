//! Crashes: the engine stops at an effect and is started anew; the effect is repeated under its key.

use super::run;

fn check(given: &str, steps: &[&str], failures: &[&str]) {
    let mut all = vec!["{start: door, as: ann, with: {name: A}, id: a}"];
    all.extend(steps);
    assert_eq!(run(given, &all).0, failures, "{steps:?}");
}

const LATER: &str = "  adapters: {joiner.mend: {after: 2m, returns: {part: x}}}\n";
const AT_ONCE: &str = "  adapters: {joiner.mend: {returns: {part: x}}}\n";

#[test]
fn before_the_effect_it_is_done_once_and_only_afterwards() {
    check(
        AT_ONCE,
        &[
            "{crash: before joiner.mend}",
            "{send: REPAIR, to: a, as: ann}",
            "expect: {a: {in: repair}, effects: {joiner.mend: {performed: 0, attempts: 1}}}",
            "{wait: 1m}",
            "expect: {a: {in: shut, data: {part: x}}, effects: {joiner.mend: {key: same, performed: 1, attempts: 2}}}",
        ],
        &[],
    );
}

#[test]
fn after_the_effect_it_is_asked_for_again_and_not_done_again() {
    check(
        LATER,
        &[
            "{send: REPAIR, to: a, as: ann}",
            "{crash: after joiner.mend is sent, of: a}",
            "expect: {a: {in: repair}, effects: {joiner.mend: {performed: 1, attempts: 1}}}",
            "{wait: 59s}",
            "expect: {a: {in: repair}}",
            "{wait: 1s}",
            "expect: {a: {in: shut}, effects: {joiner.mend: {key: same, performed: 1, attempts: 2}}}",
        ],
        &[],
    );
}

#[test]
fn an_answer_that_was_not_given_comes_after_the_crash() {
    let answers = "  adapters: {joiner.mend: [{after: 5m, returns: {part: x}}, {returns: {part: y}}]}\n";
    check(
        answers,
        &[
            "{crash: before joiner.mend}",
            "{send: REPAIR, to: a, as: ann}",
            "{wait: 10m}",
            "expect: {a: {data: {part: x}}}",
        ],
        &[],
    );
    // what was done has its answer, whether anybody heard it or not
    check(
        answers,
        &[
            "{crash: after joiner.mend}",
            "{send: REPAIR, to: a, as: ann}",
            "{wait: 1m}",
            "expect: {a: {data: {part: x}}}",
            "{send: REPAIR, to: a, as: ann}",
            "expect: {a: {data: {part: y}}}",
        ],
        &[],
    );
}

#[test]
fn what_was_under_way_beside_a_crash_has_its_answer_afterwards() {
    check(
        "  instances: [{workflow: door, key: C, data: {name: C}}]
  adapters: {joiner.mend: [{after: 5m, returns: {part: x}}, {returns: {part: y}}], joiner.find: {returns: {}}}\n",
        &[
            "{send: REPAIR, to: a, as: ann}",
            "{crash: before joiner.find}",
            "{send: LOSE, to: door/C, as: ann}",
            "{wait: 1m}",
            "expect: {a: {in: repair}}",
            "{wait: 5m}",
            "expect: {a: {in: shut, data: {part: x}}}",
        ],
        &[],
    );
}

#[test]
fn timers_and_messages_outlive_it() {
    check(
        "  instances: [{workflow: bell, key: B}, {workflow: door, key: C, in: open, data: {name: C}}]\n",
        &[
            "{send: REPAIR, to: a, as: ann}",
            "{crash: before joiner.mend}",
            "{wait: 10m}",
            "expect: {door/C: {in: shut}}",
            "{send: RING, to: door/C, as: ann}",
            "expect: {bell/B: {data: {rung: 1}}}",
            "{adapter: joiner.mend, of: a, returns: {part: y}}",
            "expect: {a: {data: {part: y}}}",
        ],
        &[],
    );
}

#[test]
fn a_crash_that_never_comes_and_a_repetition_that_is_not_waited_for_are_told() {
    check(
        AT_ONCE,
        &["{crash: before joiner.find}"],
        &["0: the engine was to stop at `joiner.find`, and nothing ever came there"],
    );
    check(
        LATER,
        &["{send: REPAIR, to: a, as: ann}", "{crash: before joiner.mend}"],
        &[
            "0: `joiner.mend` was not performed again after the crash: it is when the lease has ended, a minute later (`wait: 1m`)",
        ],
    );
}
