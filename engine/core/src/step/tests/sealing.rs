//! Sealing is apart from the step, and says of it all that is recorded.

use super::*;
use crate::trail::verify_entries;

const CHART: &str = "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {n: {type: integer, default: 0}}
let: {shown: \"'Round ' ~ n\"}
initial: a
states:
  a: {label: '{{ shown }}', on: {GO: {target: a, by: [staff], reenter: true, actions: [{assign: {n: '{{ n + 1 }}'}}]}}}
";

fn event(name: &str) -> Input {
    Input {
        signed: None,
        key: None,
        actor: ada(),
        reason: None,
        kind: InputKind::Event {
            name: name.into(),
            payload: Default::default(),
            task: None,
        },
    }
}

fn stepped(life: &Life, before: &Snapshot, input: &Input) -> Outcome {
    match step(&life.chart, Some(before), input, &life.facts, life.now) {
        Ok(Stepped::Done(outcome)) => *outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn steps_may_be_taken_first_and_sealed_afterwards_in_order() {
    let life = Life::begun(CHART, "{}");
    let begun = life.snapshot.as_ref().expect("begun");
    let input = event("GO");
    let mut first = stepped(&life, begun, &input);
    let mut second = stepped(&life, &first.next, &input);

    let mut entries = vec![life.entry().to_owned()];
    let mut head = begun.head;
    for outcome in [&mut first, &mut second] {
        let entry = seal(&life.chart, outcome, &input, head).expect("it leaves a trace");
        assert_eq!(
            seal(&life.chart, outcome, &input, head).as_ref(),
            Some(&entry),
            "the same bytes again"
        );
        assert_eq!(outcome.next.head, entry.digest);
        head = entry.digest;
        entries.push(entry.bytes);
    }
    let numbered = entries
        .iter()
        .enumerate()
        .map(|(index, bytes)| (index as u64 + 1, bytes.as_str()));
    let end = crate::trail::Head {
        sequence: 3,
        digest: head,
    };
    assert_eq!(verify_entries(begun.instance, numbered, Some(end)), []);
}

#[test]
fn a_label_may_rest_on_named_values() {
    let mut life = Life::begun(CHART, "{}");
    assert_eq!(life.send("GO"), "taken");
    assert!(life.entry().contains(r#""label":"Round 1""#), "{}", life.entry());
}
