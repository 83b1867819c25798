//! Crashes: the engine stops at an effect and is started anew; the effect is repeated under its key.

use super::{Files, line, ran, run};

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

const PAYMENT: &str = "workflow: payment
key: '{{ bill }}'
data: {bill: string, why: optional string}
start: {by: [clerk], input: [bill]}
access: [{for: [clerk]}]
initial: paying
states:
  paying:
    invoke: {id: pay, adapter: bank, action: ACTION, input: {bill: '{{ bill }}'}, onDone: paid, onError: {target: unsure, actions: [{assign: {why: '{{ event.error.why }}'}}]}}
  paid: {type: final}
  unsure: {}
";

const BANK: &str = "adapter: bank
actions:
  transfer: {input: {bill: string}, repeat_safe: false}
  remind: {input: {bill: string}}
";

/// The failures of a scenario in which a bill is paid.
fn paid(action: &str, crash: &str, expected: &str) -> Vec<String> {
    let text = format!(
        "test: t\nuses: [payment.yaml]\ngiven:\n  people: {{ann: [clerk]}}\n  adapters: {{bank.{action}: {{after: 10s, returns: {{}}}}}}\nscenarios:\n  s:\n    - {crash}\n    - {{start: payment, as: ann, with: {{bill: B}}, id: b}}\n    - {{wait: 5m}}\n    - expect: {expected}\n"
    );
    let payment = PAYMENT.replace("ACTION", action);
    let files = Files::new(&[("payment.yaml", &payment), ("adapters/bank.yaml", BANK)]);
    let (report, sources) = ran(&text, &files).expect("the files are sound");
    let scenario = report.scenarios.first().expect("there is one");
    scenario.failures.iter().map(|failed| line(failed, &sources)).collect()
}

#[test]
fn what_must_not_be_asked_twice_is_not_and_its_instance_hears_that_nobody_knows() {
    let check = |action: &str, crash: &str, expected: &str| {
        assert_eq!(paid(action, crash, expected), Vec::<String>::new(), "{action}, {crash}");
    };
    let unsure = |performed: u32| {
        format!(
            "{{b: {{in: unsure, data: {{why: unknown}}}}, effects: {{bank.transfer: {{attempts: 1, performed: {performed}}}}}}}"
        )
    };
    check("transfer", "{crash: before bank.transfer}", &unsure(0));
    check("transfer", "{crash: after bank.transfer is sent}", &unsure(1));
    // nothing went wrong
    check(
        "transfer",
        "{wait: 1s}",
        "{b: {in: paid}, effects: {bank.transfer: {attempts: 1, performed: 1}}}",
    );
    // the other may be repeated, and is
    check(
        "remind",
        "{crash: after bank.remind is sent}",
        "{b: {in: paid}, effects: {bank.remind: {key: same, attempts: 2, performed: 1}}}",
    );
}
