//! Steps and expectations about people: tasks, signatures, clocks, notices, and the calendar they are counted along.

use statewright_core::diagnostic::{Sources, concise};
use statewright_engine::scenario;

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
      CALL: {by: [clerk], input: {word: string}, actions: [{mark: {called: {word: \"{{ event.word }}\"}}}]}
      FORGET: {by: [clerk], actions: [{unmark: called}]}
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
        &[
            "{claim: review, of: c, as: ann}",
            "expect: {c: {tasks: {review: {holder: ann, title: Review 1}, pay: null}}, tasks: {review: {holder: ann}}}",
        ],
        &[],
    );
    check(
        &["expect: {c: {tasks: {review: {holder: bob}}}}"],
        &["2: claim/1 is otherwise; tasks.review.holder: bob / none"],
    );
    check(
        &["expect: {c: {tasks: {pay: {holder: bob}}}}"],
        &["2: claim/1 is otherwise; tasks.pay: {\"holder\":\"bob\"} / only review"],
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

/// What a file about deeds says: a review with two signers, in parts of its own.
const DEED: &str = "workflow: deed
zone: Europe/Berlin
key: \"{{ no }}\"
data: {no: string, owner: {type: ref, workflow: owner}}
start: {by: [clerk], input: [no, owner]}
access: [{for: [clerk]}]
reads: {whose: {workflow: owner, key: \"{{ owner }}\"}}
initial: open
states:
  open:
    task: {title: \"Seal for {{ whose.data.name }}\", for: [clerk], escalate: [{after: 1h, to: [clerk]}]}
    on:
      SEAL: {target: parts, by: [clerk], sign: {means: I was there, people: 2}}
      TELL: {by: [clerk], actions: [{notify: {to: [clerk], text: \"{{ no }} waits\", thread: true}}]}
  parts:
    invoke: {id: part, workflow: part, key: \"{{ no }}-{{ item }}\", each: \"['a', 'b']\", onDone: filed}
  filed: {type: final}
";

const PART: &str = "workflow: part
start: {by: [{workflow: deed}]}
access: [{for: [clerk]}]
initial: open
states: {open: {on: {CLOSE: {target: closed, by: [clerk]}}}, closed: {type: final}}
";

const OWNER: &str = "workflow: owner
data: {name: string}
access: [{for: [clerk]}]
initial: known
states: {known: {}}
";

const DEEDS: &str = "test: t
uses: [deed.yaml, part.yaml, owner.yaml]
given:
  people: {ann: [clerk], bob: [clerk], eve: [guest]}
  instances: [{workflow: owner, key: O, in: known, data: {name: Ida}}]
scenarios:
  s:
    - {start: deed, as: ann, with: {no: D, owner: O}, id: d}
";

fn check_deed(steps: &[&str], failures: &[&str]) {
    let steps: String = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let files = Files::new(&[("deed.yaml", DEED), ("part.yaml", PART), ("owner.yaml", OWNER)]);
    let (report, sources) = ran(&format!("{DEEDS}{steps}"), &files).unwrap_or_else(|problems| panic!("{problems}"));
    let scenario = report.scenarios.first().expect("there is one");
    let found: Vec<String> = scenario.failures.iter().map(|failed| line(failed, &sources)).collect();
    assert_eq!(found, failures, "{steps}");
}

#[test]
fn a_task_whose_title_looks_something_up_is_found() {
    check_deed(&["expect: {d: {tasks: [{title: Seal for Ida}]}}"], &[]);
    check_deed(&["expect: {tasks: []}"], &["2: other tasks are open; tasks: none / open"]);
}

#[test]
fn one_of_two_who_claim_at_once_has_it() {
    check_deed(
        &[
            "{race: [{claim: open, of: d, as: ann}, {claim: open, of: d, as: bob}, {expect: {d: {tasks: [open]}}}], one: taken, other: {refused: holds this task}}",
        ],
        &[],
    );
    check_deed(
        &["{race: [{claim: open, of: d, as: ann}, {claim: open, of: d, as: bob}], one: taken, other: taken}"],
        &[
            "2: in this order it came out differently; outcomes: one: taken, other: taken / claim open of d: taken; claim open of d: refused: ann holds this task",
        ],
    );
}

#[test]
fn signatures_that_are_missing_are_waited_for() {
    let sign = "{send: SEAL, to: d, as: ann, sign: true}";
    check_deed(
        &[sign, "expect: {d: {in: open, waiting: {SEAL: {signed: [ann], missing: 1}}}}"],
        &[],
    );
    check_deed(
        &[sign, "expect: {d: {waiting: {SEAL: {signed: [bob], missing: 2}}}}"],
        &["3: deed/D is otherwise; waiting.SEAL.missing: 2 / 1; waiting.SEAL.signed[0]: bob / ann"],
    );
}

#[test]
fn children_stand_by_their_names() {
    let sign = |who: &str| format!("{{send: SEAL, to: d, as: {who}, sign: true}}");
    let (ann, bob) = (sign("ann"), sign("bob"));
    let close = "{send: CLOSE, to: part/D-a, as: ann}";
    check_deed(
        &[
            &ann,
            &bob,
            close,
            "expect: {d: {children: {part/D-a: ended, part/D-b: running}}}",
        ],
        &[],
    );
    check_deed(
        &[&ann, &bob, "expect: {d: {children: {part/D-a: ended, part/D-c: running}}}"],
        &["4: deed/D is otherwise; children.part/D-a: ended / running; children.part/D-c: running / only part/D-a + part/D-b"],
    );
}

#[test]
fn notices_are_known_by_whom_they_reach_and_some_of_their_words() {
    let tell = "{send: TELL, to: d, as: ann}";
    check_deed(
        &[tell, "expect: {notices: [{of: d, to: bob, text: D waits, via: inbox}]}"],
        &[],
    );
    check_deed(
        &[
            tell,
            tell,
            "expect: {notices: [{to: ann, count: 2}, {to: eve, count: 0}, {to: clerk}]}",
        ],
        &[],
    );
    check_deed(
        &[tell, "expect: {notices: [{to: eve, count: 1}]}"],
        &["3: people were told something else; notices[0].count: 1 / 0"],
    );
    check_deed(
        &[tell, "expect: {notices: [{text: D sleeps}]}"],
        &["3: people were told something else; notices[0].text: D sleeps / D waits"],
    );
    check_deed(
        &["expect: {notices: [{text: D waits}]}"],
        &["2: people were told something else; notices: D waits / none"],
    );
}

#[test]
fn a_rung_says_what_its_title_looks_up() {
    let told = "expect: {notices: [{to: bob, text: \"Waits: Seal for Ida\"}]}";
    check_deed(&["{wait: 1h}", told], &[]);
    check_deed(
        &["{wait: 59m}", told],
        &["3: people were told something else; notices: Waits: Seal for Ida / none"],
    );
}

#[test]
fn what_is_acknowledged_reaches_nobody_else() {
    check_deed(
        &[
            "{acknowledge: open, of: d, as: ann}",
            "{wait: 1h}",
            "expect: {notices: [], d: {tasks: [{holder: none}]}}",
        ],
        &[],
    );
    check_deed(
        &["{acknowledge: open, of: d, as: eve}"],
        &["2: it came out differently; outcome: taken / refused: there is no deed/D"],
    );
    let race = "{race: [{acknowledge: open, of: d, as: ann}, {release: open, of: d, as: ann}], one: taken, other: taken}";
    check_deed(
        &[race],
        &[
            "2: in this order it came out differently; outcomes: one: taken, other: taken / acknowledge open of d: taken; release open of d: refused: nobody holds this task",
        ],
    );
}

#[test]
fn words_and_numbers_of_notices_and_tasks_are_compared() {
    let tell = "{send: TELL, to: d, as: ann}";
    check_deed(
        &[
            tell,
            "expect: {notices: [D waits], tasks: {count: 1}}",
            "expect: {notices: {count: 1}}",
        ],
        &[],
    );
    check_deed(
        &[tell, "expect: {notices: [D sleeps]}"],
        &["3: people were told something else; notices[0].text: D sleeps / D waits"],
    );
    check_deed(
        &[tell, "expect: {notices: {count: 2}}"],
        &["3: people were told something else; notices.count: 2 / 1"],
    );
    check_deed(
        &["expect: {notices: {count: 1}}"],
        &["2: people were told something else; notices.count: 1 / 0"],
    );
    check_deed(
        &["expect: {notices: [2]}"],
        &["2: people were told something else; notices: 2 / none"],
    );
    check_deed(
        &[tell, "expect: {notices: [null]}"],
        &[
            r#"3: people were told something else; notices[0]: nothing (null) / {"at":"2026-01-05T08:00:00Z","of":"deed/D","text":"D waits","thread":true,"to":{"any_of":[{"role":["clerk"]}]},"via":["inbox"]}"#,
        ],
    );
    check_deed(
        &["expect: {tasks: {count: 2}}"],
        &["2: other tasks are open; tasks.count: 2 / 1"],
    );
}

#[test]
fn whom_a_notice_reaches_is_somebody() {
    let problems = |step: &str| {
        let files = Files::new(&[("deed.yaml", DEED), ("part.yaml", PART), ("owner.yaml", OWNER)]);
        ran(&format!("{DEEDS}    - {step}\n"), &files).err().unwrap_or_default()
    };
    assert_eq!(
        problems("expect: {notices: [{to: evr, count: 0}]}"),
        "t.test.yaml:9:31: error[SW-2019]: nobody under `given.people` is called `evr`, and nobody has that role or is told as such\n"
    );
    for known in ["ann", "guest", "clerk"] {
        assert_eq!(
            problems(&format!("expect: {{notices: [{{to: {known}, count: 0}}]}}")),
            "",
            "{known}"
        );
    }
    // computed, it is found out when it comes
    check_deed(
        &["expect: {notices: [{to: \"{{ d.key }}\", count: 0}]}"],
        &["2: `D` is neither one of `given.people` nor a role that anybody has or is told as"],
    );
}

#[test]
fn coverage_counts_rungs_and_goes_on_along_a_calendar() {
    let files = Files::new(&[("desk.yaml", DESK), ("claim.yaml", CLAIM)]);
    let untaken = |steps: &str| {
        let mut sources = Sources::new();
        let main = sources.add("t.test.yaml", format!("{FILE}{steps}").as_str());
        let (file, found) = scenario::read(&mut sources, main, &files);
        let file = file.unwrap_or_else(|| panic!("{}", concise(&sources, &found)));
        let report = scenario::run(&file, &sources).expect("a thread for the scenarios");
        let untaken = report.taken.untaken(std::slice::from_ref(&file));
        // what only another test sends is no matter here
        let words = untaken
            .iter()
            .map(|each| each.words())
            .filter(|words| !words.ends_with("CALL") && !words.ends_with("FORGET"));
        words.collect::<Vec<_>>()
    };
    let rungs = ["claim the workflow itself, sla.answered rung 1", "claim review, task rung 1"];
    assert_eq!(
        untaken("    - {claim: review, of: c, as: ann}\n    - {send: PAY, to: c, as: ann, with: {amount: 5}, sign: true}\n"),
        rungs
    );
    assert_eq!(untaken("    - {wait: 7d}\n"), ["claim review, PAY"]);
    assert_eq!(
        untaken("    - {claim: review, of: c, as: ann}\n    - {wait: 7d}\n"),
        ["claim review, task rung 1", "claim review, PAY"],
        "a rung that was not needed was not reached"
    );
}

#[test]
fn a_mark_that_was_taken_back_is_none() {
    check(
        &[
            "{send: CALL, to: c, as: ann, with: {word: one}}",
            "{send: CALL, to: c, as: ann, with: {word: two}}",
            "expect: {c: {marks: {called: 2}}}",
            "{send: FORGET, to: c, as: ann}",
            "expect: {c: {marks: {called: 1}}}",
            "expect: {c: {marks: {called: {word: one}}}}",
            "expect: {c: {marks: {called: 2}}}",
        ],
        &["8: claim/1 is otherwise; marks.called: 2 / 1"],
    );
}

#[test]
fn a_priority_is_said_in_words_and_a_refused_form_names_its_field() {
    check(
        &[
            "expect: {c: {tasks: [{priority: normal}]}, tasks: [{of: c, priority: 4}]}",
            "{send: PAY, to: c, as: ann, sign: password, with: {amount: much}, refused: amount must be}",
            "expect: {c: {tasks: [{priority: high}]}}",
        ],
        &["4: claim/1 is otherwise; tasks[0].priority: 6 / 4"],
    );
}
