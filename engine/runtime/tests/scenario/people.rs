//! Steps and expectations about people: tasks, signatures, clocks, notices, and the calendar they are counted along.

use super::{Files, line, ran};

const DESK: &str = "calendar: desk
zone: Europe/Berlin
hours: {monday: [08:00-17:00], tuesday: [08:00-17:00], wednesday: [08:00-17:00], thursday: [08:00-17:00], friday: [08:00-17:00]}
";

const CLAIM: &str = "workflow: claim
zone: Europe/Berlin
calendar: desk
data: {amount: {type: integer, default: 0}}
start: {by: [clerk]}
access: [{for: [clerk, boss]}]
sla: {answered: {during: [review], target: 4 business hours, escalate: [{at: 50%, to: [boss]}]}}
initial: review
states:
  review:
    task:
      title: \"Review {{ key }}\"
      for: [clerk]
      due: 2 business hours
      escalate: [{after: 1 business hours, while: unclaimed, to: [boss], via: [mail]}]
    on:
      PAY: {target: paid, by: [clerk], sign: I have seen the lens, input: {amount: integer}}
  paid: {type: final}
";

/// Friday, an hour before the desk closes.
const FILE: &str = "test: t
uses: [desk.yaml, claim.yaml]
given:
  clock: 2026-03-27 16:00
  people: {ann: [clerk], bob: [clerk], sue: [boss]}
scenarios:
  s:
    - {start: claim, as: ann, id: c}
";

fn check(steps: &[&str], failures: &[&str]) {
    let steps: String = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let files = Files::new(&[("desk.yaml", DESK), ("claim.yaml", CLAIM)]);
    let (report, sources) = ran(&format!("{FILE}{steps}"), &files).unwrap_or_else(|problems| panic!("{problems}"));
    let scenario = report.scenarios.first().expect("there is one");
    let found: Vec<String> = scenario.failures.iter().map(|failed| line(failed, &sources)).collect();
    assert_eq!(found, failures, "{steps}");
}

#[test]
fn a_task_is_claimed_by_one_and_handed_on() {
    check(
        &[
            "{claim: review, of: c, as: ann}",
            "{claim: review, of: c, as: bob, refused: ann holds this task}",
            "expect: {c: {tasks: [{name: review, holder: ann, title: Review 1}]}, tasks: [{of: c, holder: ann}]}",
            "{delegate: review, of: c, as: ann, to: bob}",
            "{release: review, of: c, as: bob}",
            "expect: {c: {tasks: [{holder: none}]}}",
            "expect: {c: {tasks: [review]}}",
        ],
        &[],
    );
    check(
        &["{claim: review, of: c, as: sue}"],
        &["2: it came out differently; outcome: taken / refused: sue is not among those whom this task is for"],
    );
    check(
        &["expect: {c: {tasks: [pay]}}"],
        &[r#"2: claim/1 is otherwise; tasks: ["pay"] / ["review"]"#],
    );
}

#[test]
fn business_hours_are_counted_over_the_weekend() {
    check(
        &[
            "expect: {c: {tasks: [{due: 2026-03-30 09:00}]}}",
            "{at: 2026-03-27 17:30}",
            "expect: {notices: [{text: Waits: Review 1, via: [mail]}]}"
                .replace("Waits: Review 1", "\"Waits: Review 1\"")
                .as_str(),
            "{claim: review, of: c, as: sue}",
            "{at: 2026-03-30 08:30}",
            "expect: {c: {sla: {answered: {running: true, breached: false, used: 90m business}}}}"
                .replace("90m business", "\"{{ business_hours(1) + business_hours(0.5) }}\"")
                .as_str(),
        ],
        &[],
    );
}

#[test]
fn what_is_to_be_signed_is_signed_or_refused() {
    check(
        &[
            "{send: PAY, to: c, as: ann, with: {amount: 5}, task: review, refused: to be signed with a password}",
            "{send: PAY, to: c, as: ann, with: {amount: 5}, task: review, sign: password}",
            "expect: {c: {in: paid, tasks: []}, tasks: []}",
        ],
        &[],
    );
    check(
        &["{send: PAY, to: c, as: ann, with: {amount: 5}}"],
        &["2: it came out differently; outcome: taken / refused: this is to be signed with a password: I have seen the lens"],
    );
}
