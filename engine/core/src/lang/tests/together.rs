//! What workflows say of one another.

use super::*;
use crate::diagnostic::Diagnostics;
use crate::lang::check_together;

const TWO: &str = "workflow: two
data: {unit: {type: string, index: true}, note: optional string, patient: {type: optional string, phi: true}, name: {type: optional string, phi: true, index: true}}
let: {noted: note is not none, known: patient is not none}
start: {by: [x, {workflow: one}], input: [unit]}
access: [{for: [x]}]
initial: open
states: {open: {on: {GO: {by: [{workflow: one}], input: {right: integer}, target: shut}, SHUT: {target: shut}}}, shut: {type: final}}
";

/// What is told of a workflow `one` with these reads, in which an event has this guard and these actions.
fn told_of(reads: &str, guard: &str, actions: &str) -> String {
    let one = format!(
        "workflow: one
data: {{other: {{type: ref, workflow: two}}, unit: {{type: string, index: true}}}}
reads: {{{reads}}}
start: {{by: [x], input: [other, unit]}}
access: [{{for: [x]}}]
initial: a
states:
  a: {{on: {{DO: {{by: [x], input: {{patient: {{type: optional string, phi: true}}}}, guard: {guard}, actions: [{actions}]}}}}}}
"
    );
    let mut sources = Sources::default();
    let charts: Vec<crate::chart::Chart> = [("one.yaml", one.as_str()), ("two.yaml", TWO)]
        .into_iter()
        .map(|(name, text)| {
            let main = sources.add(name, text);
            let compiled = compile(&mut sources, main, &Files::default());
            let told = crate::diagnostic::concise(&sources, &compiled.diagnostics);
            compiled.chart.unwrap_or_else(|| panic!("{told}"))
        })
        .collect();
    let mut found = Diagnostics::new();
    check_together(&charts.iter().collect::<Vec<_>>(), &[], &mut found);
    let lines = found
        .iter()
        .map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.message));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_look_up_that_would_find_nobody_is_told() {
    let reads = |reads: &str, expected: &str| assert_eq!(told_of(reads, "\"true\"", ""), expected, "{reads}");
    reads("all: {workflow: two, where: {unit: \"{{ unit }}\"}, in: [open]}", "");
    reads(
        "all: {workflow: two, where: {unti: \"{{ unit }}\", note: x, patient: y}, in: [opne]}",
        "SW-0302 `two` is found by no field `unti`\n\
         SW-0302 `two` is found by no field `note`\n\
         SW-0302 `two` is found by no field `patient`\n\
         SW-0301 `two` has no state `opne`",
    );
    // personal data is looked for where it is kept apart, and there only
    let personal = |field: &str| format!("all: {{workflow: two, where: {{{field}: \"{{{{ event.patient }}}}\"}}}}");
    reads(&personal("unit"), "SW-0302 `two` is found by no personal field `unit`");
    reads(&personal("nobody"), "SW-0302 `two` is found by no personal field `nobody`");
    reads(&personal("patient"), "SW-0302 `two` is found by no personal field `patient`");
    reads(&personal("name"), "");
    // of a workflow that is not there nothing is known
    reads("all: {workflow: three, where: {unti: \"{{ unit }}\"}, in: [opne]}", "");
}

#[test]
fn what_is_asked_of_a_view_is_shown_by_its_workflow() {
    let asks = |field: &str, expected: &str| {
        let guard = format!("it.data.{field} is not none");
        let reads = "it: {workflow: two, key: \"{{ other }}\"}";
        assert_eq!(told_of(reads, &guard, ""), expected, "{field}");
    };
    for shown in ["unit", "note", "noted"] {
        asks(shown, "");
    }
    asks("nonsense", "SW-0302 `two` has no field `nonsense`, and `it` asks for it");
    asks(
        "patient",
        "SW-0604 `it.data.patient` is personal in `two`, and shown to no other",
    );
    asks(
        "known",
        "SW-0302 `it.data.known` rests on more than what `two` shows to others",
    );
}

#[test]
fn what_is_sent_is_taken_there() {
    let does = |action: &str, expected: &str| assert_eq!(told_of("", "\"true\"", action), expected, "{action}");
    let send = |rest: &str| format!("{{send: {{to: {{workflow: two, key: \"{{{{ other }}}}\"}}, {rest}}}}}");
    does(&send("event: GO, with: {right: 1}"), "");
    does(&send("event: NOBODY"), "SW-0209 `two` takes no event `NOBODY` from outside");
    does(&send("event: SHUT"), "SW-0209 `two` takes no event `SHUT` from outside");
    does(
        &send("event: GO, with: {wrong: 1}"),
        "SW-0302 `GO` of `two` takes no `wrong`\nSW-0208 `GO` of `two` needs `right`",
    );
    does("{start: {workflow: two, key: k, with: {unit: u}}}", "");
    does(
        "{start: {workflow: two, key: k, with: {nope: 1}}}",
        "SW-0302 the start of `two` takes no `nope`\nSW-0208 the start of `two` needs `unit`",
    );
}

#[test]
fn a_role_that_looks_like_another_is_doubted_where_no_file_says_which_there_are() {
    let told = |role: &str, file: Option<&str>| {
        let source = format!(
            "workflow: w
start: {{by: [inspector]}}
access: [{{for: [inspector, lead]}}]
initial: a
states: {{a: {{on: {{GO: {{by: [{role}], target: b}}}}}}, b: {{type: final}}}}
"
        );
        let chart = chart(&source);
        let roles = file.and_then(|file| compiled(file, &[]).1.roles);
        let roles: Vec<_> = roles.into_iter().map(|version| version.roles).collect();
        let mut found = Diagnostics::new();
        check_together(&[&chart], &roles, &mut found);
        let lines = found
            .iter()
            .map(|found| format!("{} {}", found.severity.as_str(), found.message));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        told("inspecter", None),
        "warning the role `inspecter` stands here and nowhere else in `w`"
    );
    // another word, and one that is near only to what stands once itself
    assert_eq!(told("clerk", None), "");
    assert_eq!(told("leads", None), "");
    assert_eq!(told("inspector", None), "");
    let file = "roles:\n  inspector: {}\n  lead: {}\n";
    assert_eq!(told("inspecter", Some(file)), "error there is no role `inspecter`");
    assert_eq!(
        told("inspecter", Some("roles:\n  inspector: {}\n  lead: {}\n  inspecter: {}\n")),
        ""
    );
}

#[test]
fn somebody_reviews_what_may_be_opened() {
    let chart = chart("workflow: w\naccess: [{for: [doctor], break_glass: 4h}]\nstates: {a: {type: final}}\n");
    let told = |file: Option<&str>| {
        let roles = file.and_then(|file| compiled(file, &[]).1.roles);
        let roles: Vec<_> = roles.into_iter().map(|version| version.roles).collect();
        let mut found = Diagnostics::new();
        check_together(&[&chart], &roles, &mut found);
        found.iter().map(|found| found.message.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(None), "");
    assert_eq!(told(Some("roles: {doctor: {}, privacy_officer: {}}\n")), "");
    assert_eq!(
        told(Some("roles: {doctor: {}, guardian: {}}\naccess_reviewer: guardian\n")),
        ""
    );
    assert_eq!(
        told(Some("roles: {doctor: {}, guardian: {}}\n")),
        "who opens an instance of `w` is reviewed by nobody: there is no role `privacy_officer`"
    );
}
