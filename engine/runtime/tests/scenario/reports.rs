//! What adapters report beside their answers: steps on the way, and answers that do not stand any more.

use super::{Files, line, ran};

const RELEASE: &str = r#"
workflow: release
key: "{{ code }}"
data: {code: string, seen: {type: list, items: string, default: []}, tx: optional string}
start: {by: [clerk], input: [code]}
access: [{for: [clerk]}]
type: parallel
states:
  work:
    initial: sending
    states:
      sending:
        invoke:
          id: send
          adapter: chain
          action: release
          input: {code: "{{ code }}"}
          onProgress: {actions: [{put: {seen: "{{ event.state }}"}}]}
          onDone: {target: sent, actions: [{assign: {tx: "{{ event.result.tx }}"}}]}
      sent: {on: {send.undone: {target: sending, reenter: true, actions: [{assign: {tx: null}}]}}}
  hold:
    initial: free
    states:
      free: {on: {HOLD: {target: held, by: [clerk]}}}
      held: {pauses: [work], on: {GO_ON: {target: free, by: [clerk]}}}
"#;

const CHAIN: &str = "adapter: chain
actions:
  release: {input: {code: string}, output: {tx: string}, progress: {state: {enum: [broadcast, mined]}}, undone: true}
";

/// What did not hold of the scenario, a line each.
fn failures(adapters: &str, steps: &[&str]) -> Vec<String> {
    let steps: Vec<String> = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let text = format!(
        "test: t\nuses: [release.yaml]\ngiven:\n  clock: 2026-03-26 09:00\n  people: {{ann: [clerk]}}\n{adapters}scenarios:\n  s:\n    - {{start: release, as: ann, with: {{code: R}}, id: r}}\n{}",
        steps.concat()
    );
    let files = Files::new(&[("release.yaml", RELEASE), ("adapters/chain.yaml", CHAIN)]);
    match ran(&text, &files) {
        Ok((report, sources)) => {
            let scenario = report.scenarios.first().expect("there is one");
            scenario.failures.iter().map(|failed| line(failed, &sources)).collect()
        }
        Err(problems) => vec![problems],
    }
}

fn check(adapters: &str, steps: &[&str]) {
    assert_eq!(failures(adapters, steps), Vec::<String>::new(), "{steps:?}");
}

const GIVEN: &str = "  adapters: {chain.release: {progress: [{state: broadcast, after: 5s}, {state: mined, after: 2m}], after: 3m, returns: {tx: '0x1'}}}\n";

#[test]
fn steps_on_the_way_come_when_they_are_due() {
    check(
        GIVEN,
        &[
            "expect: {r: {data: {seen: []}}}",
            "{wait: 5s}",
            "expect: {r: {in: sending, data: {seen: [broadcast]}}}",
            "{wait: 3m}",
            "expect: {r: {in: sent, data: {seen: [broadcast, mined], tx: '0x1'}}}",
        ],
    );
}

#[test]
fn a_step_is_heard_once_whatever_happens_to_us() {
    check(
        GIVEN,
        &[
            "{wait: 10s}",
            "{crash: before chain.release}",
            "{wait: 10m}",
            "expect: {r: {in: sent, data: {seen: [broadcast, mined]}}, effects: {chain.release: {key: same, attempts: 2, performed: 1}}}",
        ],
    );
}

#[test]
fn a_step_waits_for_the_end_of_a_pause() {
    check(
        GIVEN,
        &[
            "{send: HOLD, to: r, as: ann}",
            "{wait: 1m}",
            "expect: {r: {data: {seen: []}}}",
            "{send: GO_ON, to: r, as: ann}",
            "{wait: 10m}",
            "expect: {r: {in: sent, data: {seen: [broadcast, mined]}}}",
        ],
    );
}

#[test]
fn what_is_reported_by_hand_is_taken_ignored_or_refused() {
    check(
        "",
        &[
            "{adapter: chain.release, of: r, progress: {state: broadcast}}",
            "{adapter: chain.release, of: r, progress: {state: lost}, refused: must be one of}",
            "expect: {r: {data: {seen: [broadcast]}, waiting: {send: chain.release}}}",
            "{adapter: chain.release, of: r, returns: {tx: '0x1'}}",
            "{adapter: chain.release, of: r, undone: true}",
            "expect: {r: {in: sending, data: {tx: null}, waiting: {send: chain.release}}}",
            "{adapter: chain.release, of: r, returns: {tx: '0x2'}}",
            "expect: {r: {in: sent, data: {tx: '0x2'}}}",
        ],
    );
    let early = failures("", &["{adapter: chain.release, of: r, undone: true}"]);
    assert_eq!(
        early,
        ["2: `chain.release` was not answered, so that there is no answer to take back"]
    );
}

#[test]
fn a_report_and_a_person_come_in_either_order() {
    check(
        "",
        &[
            "race: [{adapter: chain.release, of: r, progress: {state: mined}}, {send: HOLD, to: r, as: ann}, expect: {r: {in: held}}]",
            "{send: GO_ON, to: r, as: ann}",
        ],
    );
}

#[test]
fn an_answer_that_is_not_as_agreed_waits_for_a_person() {
    let told = failures("", &["{adapter: chain.release, of: r, returns: {}}"]);
    assert!(
        told.iter()
            .any(|line| line.contains("the answer is not as agreed: tx is required")),
        "{told:?}"
    );
}

#[test]
fn a_step_stands_alone() {
    let files = Files::new(&[("release.yaml", RELEASE), ("adapters/chain.yaml", CHAIN)]);
    let text = "test: t\nuses: [release.yaml]\nscenarios:\n  s:\n    - {adapter: chain.release, progress: {state: mined}, returns: {tx: x}}\n";
    let told = ran(text, &files).err().unwrap_or_default();
    assert!(
        told.contains("one step reports or answers: `returns` is another one"),
        "{told}"
    );
}
