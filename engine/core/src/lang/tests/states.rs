//! States: kinds, names and where they are looked up, history, pauses.

use super::*;

#[test]
fn names_are_looked_up_among_siblings_then_outwards() {
    let source = "
workflow: w
initial: a
on: {R: {target: b, by: [x]}, S: {target: .b.c, by: [x]}}
states:
  a:
    initial: c
    on: {CHILD: {target: .d, by: [x]}, OUT: {target: b.d, by: [x]}}
    states:
      c: {on: {SIBLING: {target: d, by: [x]}, OUTER: {target: b, by: [x]}, SAME: {target: a.d, by: [x]}}}
      d:
  b:
    initial: c
    states: {c: {on: {NEXT: d}}, d: {}}
";
    let expected = "\
(root) compound
  initial -> a
  R by role=x -> b
  S by role=x -> b.c
a compound
  initial -> a.c
  CHILD by role=x -> a.d
  OUT by role=x -> b.d
a.c
  SIBLING by role=x -> a.d
  OUTER by role=x -> b
  SAME by role=x -> a.d
a.d
b compound
  initial -> b.c
b.c
  NEXT -> b.d
b.d";
    assert_eq!(drawn(source), expected);
}

#[test]
fn a_path_does_not_jump_over_a_nearer_state_of_its_first_name() {
    let source = "
workflow: w
initial: a
states:
  a:
    initial: b
    states:
      b: {on: {GO: {target: b.far, by: [x]}}}
  b: {states: {far: {}}}
";
    assert_eq!(told(source), "SW-0301 ‹b.far› there is no state `b.far` here or further out");
}

#[test]
fn what_was_probably_meant_is_named() {
    let help = |target: &str| {
        let source = format!(
            "workflow: w\ninitial: a\nstates:\n  a: {{states: {{inner: {{}}}}, on: {{GO: {{target: {target}, by: [x]}}}}}}\n  finished: {{}}\n"
        );
        let (_, compiled) = compiled(&source, &[]);
        let found = compiled
            .diagnostics
            .into_iter()
            .find(|diagnostic| diagnostic.code.as_str() == "SW-0301")
            .expect("the target is unknown");
        format!(
            "{} -> {}",
            found.help.unwrap_or_default(),
            found.repair.map_or_else(String::new, |repair| repair.text)
        )
    };
    assert_eq!(help("finishd"), "write `finished`, if that is meant -> finished");
    assert_eq!(help("inner"), "write `.inner`, if that is meant -> .inner");
    assert_eq!(help("nowhere"), "from here one sees `a`, `finished`, `.inner` -> ");
}

#[test]
fn a_list_enters_several_regions() {
    let source = "
workflow: w
initial: [p.one.b, p.two.b]
states:
  p:
    type: parallel
    states:
      one: {initial: a, states: {a: {}, b: {on: {BACK: {target: [one.a, two.a], by: [x]}}}}}
      two: {initial: a, states: {a: {}, b: {}}}
";
    let drawn = drawn(source);
    assert!(
        drawn.contains("initial -> p.one.b, p.two.b") && drawn.contains("BACK by role=x -> p.one.a, p.two.a"),
        "{drawn}"
    );
    let apart = |targets: &str| told(&source.replace("[p.one.b, p.two.b]", targets));
    assert_eq!(
        apart("[p.one.b, p.one.a]"),
        "SW-0504 ‹p.one.a› `p.one.b` and `p.one.a` can never be active at once"
    );
    assert_eq!(
        apart("[p.one, p.one.a]"),
        "SW-0504 ‹p.one.a› `p.one` and `p.one.a` lie one inside the other"
    );
    assert_eq!(apart("[p.one.b, p.one.b]"), "SW-0504 ‹p.one.b› `p.one.b` stands here twice");
}

#[test]
fn history_goes_back_or_to_its_target() {
    let source = "
workflow: w
initial: away
states:
  work:
    initial: one
    states:
      one: {on: {NEXT: {target: two, by: [x]}}}
      two:
      back: {type: history, history: deep, target: one}
  away: {on: {RESUME: {target: work.back, by: [x]}}}
";
    let drawn = drawn(source);
    assert!(drawn.contains("work.back deep history\n  first -> work.one"), "{drawn}");
    let with = |history: &str| told(&source.replace("{type: history, history: deep, target: one}", history));
    assert_eq!(
        with("{type: history, target: away}"),
        "SW-0502 ‹away› the first time leads out of the state whose history is kept"
    );
    assert_eq!(
        with("{type: history, target: one, on: {X: one}}"),
        "SW-0502 ‹on› a history state is never active: it has no `on`"
    );
    assert_eq!(with("{target: one}"), "SW-0213 ‹target› only a history state has `target`");
}

#[test]
fn each_kind_of_state_has_its_own_keys() {
    let with = |state: &str| told(&format!("workflow: w\ninitial: a\nstates:\n  a: {state}\n"));
    assert_eq!(
        with("{type: final, after: {3d: a}}"),
        "SW-0501 ‹after› a final state goes nowhere: it has no `after`"
    );
    assert_eq!(
        with("{initial: b}"),
        "SW-0213 ‹initial› a state without `states` has no `initial`"
    );
    assert_eq!(
        with("{type: parallel, initial: b, states: {b: {}}}"),
        "SW-0213 ‹initial› a parallel state begins in all its regions: it has no `initial`"
    );
    assert_eq!(
        with("{type: parallel}"),
        "SW-0208 ‹a› a parallel state needs `states`: its regions"
    );
    assert_eq!(with("{output: x}"), "SW-0213 ‹output› only a final state has an `output`");
    assert_eq!(
        told("workflow: w\ntype: final\n"),
        "SW-0213 ‹final› the workflow itself is neither final nor a history state"
    );
}

#[test]
fn a_hold_pauses_the_region_beside_it_and_nothing_else() {
    let with = |pauses: &str| {
        format!(
            "workflow: w\ninitial: p\nstates:\n  p:\n    type: parallel\n    states:\n      work: {{initial: a, states: {{a: {{}}}}}}\n      hold: {{initial: held, states: {{held: {{pauses: [{pauses}]}}, other: {{on: {{X: held}}}}}}}}\n"
        )
    };
    let told = |pauses: &str| {
        told(&with(pauses))
            .lines()
            .filter(|line| !line.contains("SW-0801"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(told("work"), "");
    assert_eq!(told("work.a"), "");
    assert_eq!(
        told("hold"),
        "SW-0507 ‹hold› `hold` is around this state, which would pause itself"
    );
    assert_eq!(told("other"), "SW-0507 ‹other› `other` is never active beside this state");
    assert_eq!(
        told("sla.turnaround"),
        "SW-0209 ‹sla.turnaround› there is no clock `turnaround`"
    );
}

#[test]
fn too_many_states_are_refused_once() {
    use crate::chart::STATES_MAX;
    let states: String = (0..STATES_MAX).map(|index| format!("  s{index}:\n")).collect();
    let source = format!("workflow: w\ninitial: s0\nstates:\n{states}");
    let told = told(&source);
    assert_eq!(told.lines().filter(|line| line.contains("SW-0217")).count(), 1, "{told}");
}

#[test]
fn a_task_says_for_whom_it_is_and_its_ladder_when() {
    let state = |task: &str| {
        format!(
            "workflow: w\ndata: {{rush: {{type: boolean, default: false}}, name: {{type: optional string, phi: true}}}}\nstates:\n  a:\n    task: {task}\n    on: {{LATE: {{}}}}\n"
        )
    };
    let check = |task: &str, expected: &str| assert_eq!(told(&state(task)), expected, "{task}");
    check(
        "{for: [x], title: Do it, due: 2h, follow_up: 1h, priority: \"{{ 9 if rush else 'low' }}\", show: [rush], escalate: [{at: 80%, to: [y]}, {at: 100% + 15m, take: true}, {after: 3h, raise: LATE}]}",
        "",
    );
    check("{title: Do it}", "SW-0208 ‹title› a task needs `for`");
    check(
        "{for: [x], due: \"{{ rush }}\"}",
        "SW-0414 ‹\"{{ rush }}\"› this is a boolean, and a duration, a moment or a date is needed",
    );
    check("{for: [x], priority: soon}", "SW-0209 ‹soon› `soon` is no priority");
    check("{for: [x], show: [rusch]}", "SW-0302 ‹rusch› there is no field `rusch`");
    check(
        "{for: [x], title: \"{{ name }}\"}",
        "SW-0604 ‹\"{{ name }}\"› personal data would stand in the title of a task, which notices carry",
    );
    check(
        "{for: [x], escalate: [{at: 80%, to: [y]}]}",
        "SW-0216 ‹80%› a share of the deadline, and the task has none: this rung can never fire",
    );
    check(
        "{for: [x], due: 1h, escalate: [{at: 100% + 2 business hours, take: true}]}",
        "SW-0910 ‹100% + 2 business hours› business time needs a calendar, and the workflow names none",
    );
    check(
        "{for: [x], escalate: [{to: [y]}]}",
        "SW-0216 ‹to› the rung does not say when it fires",
    );
    check(
        "{for: [x], escalate: [{after: 1h}]}",
        "SW-0208 ‹after› this rung does nothing",
    );
    check(
        "{for: [x], escalate: [{after: 1h, raise: LAET}]}",
        "SW-0303 ‹LAET› no state answers to `LAET`",
    );
}

#[test]
fn a_path_that_no_index_could_hold_is_refused() {
    let long = "a".repeat(99);
    let mut source = String::from("workflow: w\n");
    for depth in 0..5 {
        let indent = "  ".repeat(depth * 2);
        source.push_str(&format!("{indent}initial: {long}\n{indent}states:\n{indent}  {long}:\n"));
    }
    let told = told(&source);
    assert!(told.contains("the path of this state has 499 bytes; at most 400"), "{told}");
}

#[test]
fn an_event_that_stands_beside_on_is_told_as_one() {
    let told_of = |body: &str| {
        let (_, compiled) = compiled(&format!("workflow: w\nstates:\n  a:\n{body}"), &[]);
        let told = compiled
            .diagnostics
            .iter()
            .filter(|found| found.severity == crate::diagnostic::Severity::Error);
        let told = told.map(|found| format!("{}; {}", found.message, found.help.clone().unwrap_or_default()));
        told.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        told_of("    on:\n      GO: {by: [x]}\n    REPAIR: {by: [x]}\n"),
        "`REPAIR` is an event, and stands beside `on`; put it under `on`, two blanks further in"
    );
    assert_eq!(
        told_of("    {on: {GO: {by: [x]}}, REPAIR_2: {by: [x]}}\n"),
        "`REPAIR_2` is an event, and stands beside `on`; put it into the braces of `on`"
    );
    // without `on` it may be meant for something else, and other words are no events
    assert!(told_of("    REPAIR: {by: [x]}\n").starts_with("unknown key `REPAIR`"));
    assert!(told_of("    on: {GO: {by: [x]}}\n    Repair: {by: [x]}\n").starts_with("unknown key `Repair`"));
}
