//! Transitions, guards, branches, timers and invokes.

use super::*;
use crate::chart::{Call, Invoke, ReadOf};

fn in_state(body: &str) -> String {
    format!(
        "workflow: w\ndata: {{rush: {{type: boolean, default: false}}, due: optional instant}}\ninitial: a\nstates:\n  a:\n{body}\n  b: {{on: {{BACK: a}}}}\n"
    )
}

fn check(body: &str, expected: &str) {
    let told = told(&in_state(body));
    let told: Vec<&str> = told.lines().filter(|line| !line.contains("SW-0801")).collect();
    assert_eq!(told.join("\n"), expected, "{body}");
}

#[test]
fn short_forms_objects_and_lists_mean_the_same_things() {
    let source = in_state(
        "    on:
      GO: b
      MAYBE: {guard: rush, target: b, actions: [{assign: {rush: false}}]}
      EITHER: [{guard: rush, target: b}, a]
      HERE: {actions: [{raise: GO}]}
      BRANCH:
        guard: [rush, {if: not rush, otherwise: Rush}]
        actions: [{assign: {rush: true}}]
        choose: [{guard: rush, target: b, actions: [{mark: {m: {}}}]}, {}]
      AGAIN: {target: a, reenter: true}
      order.*: b
      '*': {}
    always: {guard: rush, target: b}
    after:
      3d: b
      soon: {at: due, target: b}
      remind: {in: 1h, every: 2h, times: 3, actions: [{raise: GO}]}",
    );
    let expected = "\
(root) compound
  initial -> a
a
  GO -> b
  MAYBE [rush] / assign -> b
  EITHER [rush] -> b
  EITHER -> a
  HERE / raise -> stay
  BRANCH [rush, not rush] / assign -> [rush] b / mark | stay
  AGAIN -> a reenter
  order.* -> b
  * -> stay
  always [rush] -> b
  after 3d in 3d -> b
  after soon at due -> b
  after remind in 1h every 2h 3 times / raise -> stay
b
  BACK -> a";
    assert_eq!(drawn(&source), expected);
}

#[test]
fn what_belongs_to_the_event_is_the_same_for_all_its_transitions() {
    let source = in_state(
        "    on:\n      GO: [{guard: rush, target: b, by: [x], reason: required}, {target: a, by: [x], reason: required}]",
    );
    assert_eq!(drawn(&source).matches("by role=x").count(), 2);
    check(
        "    on:\n      GO: [{guard: rush, target: b, by: [x], reason: required}, {target: a, by: [x]}]",
        "SW-0506 ‹reason› the transitions of `GO` differ in `reason`, which belongs to the event",
    );
}

#[test]
fn contradictions_within_a_transition_are_told() {
    check(
        "    on: {GO: {target: b, choose: [{target: a}]}}",
        "SW-0211 ‹target› with `choose` the branches have the targets",
    );
    check("    on: {GO: {choose: []}}", "SW-0206 ‹[]› `choose` has no branch");
    check(
        "    on: {GO: {reenter: true}}",
        "SW-0211 ‹reenter› without a `target` nothing is left, so nothing is entered again",
    );
    check(
        "    on: {GO: [b, {guard: rush, target: a}]}",
        "SW-0505 ‹guard› never tried: what stands before it is always taken",
    );
    check("    always: {target: b, by: [x]}", "SW-0201 ‹by› unknown key `by`");
    check(
        "    on: {GO: {target: b, guard: rush and, by: [x]}}",
        "SW-0401 ‹and› unexpected end of input, expected expression",
    );
}

#[test]
fn a_guard_is_true_or_false() {
    check(
        "    on: {GO: {guard: due, target: b}}",
        "SW-0412 ‹due› `due` is an instant, and true or false is needed",
    );
    check(
        "    on: {GO: {guard: [{if: rsh, otherwise: No}], target: b}}",
        "SW-0409 ‹rsh› there is no variable `rsh`",
    );
    check(
        "    on: {GO: {guard: {otherwise: No}, target: b}}",
        "SW-0208 ‹otherwise› a guard needs `if`",
    );
}

#[test]
fn a_timer_says_when_exactly_once() {
    check("    after: {soon: b}", "SW-0216 ‹b› the timer `soon` does not say when");
    check(
        "    after: {soon: {target: b}}",
        "SW-0216 ‹soon› the timer `soon` does not say when",
    );
    check(
        "    after: {3d: {in: 2d, target: b}}",
        "SW-0216 ‹in› the key says already after how long",
    );
    check(
        "    after: {soon: {at: due, in: 2d, target: b}}",
        "SW-0216 ‹at› `at` names the moment: nothing else can",
    );
    check(
        "    after: {soon: {every: 2d, target: b}}",
        "SW-0216 ‹every› a timer that leaves its state does not repeat",
    );
    check(
        "    after: {soon: {in: 2d, times: 3, target: b}}",
        "SW-0216 ‹times› `times` counts how often `every` fires, and there is no `every`",
    );
    check(
        "    after: {3 days: b}",
        "SW-0210 ‹3 days› `3 days` is not a duration: `days` is written `d`",
    );
    check(
        "    after: {soon: {in: 2 business days, target: b}}",
        "SW-0910 ‹2 business days› business time needs a calendar, and the workflow names none",
    );
    check(
        "    after: {soon: {in: \"{{ rush }}\", target: b}}",
        "SW-0414 ‹\"{{ rush }}\"› this is a boolean, and a duration is needed",
    );
    check(
        "    after: {soon: {at: rush, target: b}}",
        "SW-0414 ‹rush› this is a boolean, and a moment or a date is needed",
    );
}

fn call(invoke: &Invoke) -> &Call {
    invoke.call().unwrap_or_else(|| panic!("an adapter's work, not {invoke:?}"))
}

#[test]
fn an_adapter_is_invoked_while_a_state_is_active() {
    let source = in_state(
        "    invoke:
      - {adapter: lens_design, action: calculate, input: {job: \"{{ key }}\"}, timeout: 10m, retry: {attempts: 3, backoff: 1s..1m}, onDone: b, onError: {target: a}}
      - {id: ship, adapter: carrier, action: ship, require: not rush, expires: 5m}",
    );
    let chart = chart(&source);
    assert!(
        sketch(&chart).contains("a\n  done.a -> b\n  error.a -> a"),
        "{}",
        sketch(&chart)
    );
    let invokes: Vec<String> = chart.states[1]
        .invokes
        .iter()
        .map(|invoke| {
            format!(
                "{} {} {:?} {}",
                invoke.id,
                call(invoke).adapter,
                call(invoke).retry,
                call(invoke).require.is_some()
            )
        })
        .collect();
    assert_eq!(invokes.len(), 2);
    assert!(
        invokes[0].starts_with("a lens_design Some(Retry { attempts: 3,"),
        "{invokes:?}"
    );
    assert_eq!(invokes[1], "ship carrier None true");
    check(
        "    invoke: {adapter: x}",
        "SW-0208 ‹adapter› an invoke needs `adapter` and `action`, or `workflow`",
    );
    check(
        "    invoke: {adapter: x, action: y, each: due}",
        "SW-0211 ‹each› `each` is for children, and this invoke has no `workflow`",
    );
    check(
        "    invoke: [{adapter: x, action: y}, {adapter: x, action: z}]",
        "SW-0304 ‹adapter› there is an invoke `a` already, so `done.a` could mean either",
    );
    check(
        "    invoke: {adapter: x, action: y, retry: {backoff: 5m..5s}}",
        "SW-0210 ‹5m..5s› `5m..5s` cannot be waited by: `5m` is longer than `5s`",
    );
}

#[test]
fn children_are_a_read_of_the_invokes_name() {
    let source = in_state(
        "    invoke: {workflow: lens, each: \"eye in ['left']\", key: \"{{ key }}-{{ eye }}\", input: {eye: \"{{ eye }}\"}, onStart: {actions: [{mark: {begun: {}}}]}, onDone: b}
    always: {guard: \"a | all('ready' in item.states and item.data.eye == 'x')\", target: b}",
    );
    let chart = chart(&source);
    let drawn = sketch(&chart);
    assert!(drawn.contains("started.a / mark -> stay"), "{drawn}");
    let read = chart.reads.get("a").expect("the read of the children");
    assert!(matches!(read.of, ReadOf::Children { each: true, .. }), "{read:?}");
    let paths: Vec<String> = read.paths.iter().map(|path| path.join(".")).collect();
    assert_eq!(paths, ["data.eye", "states"]);
    check(
        "    invoke: {workflow: lens, each: \"['left']\", key: same}",
        "SW-0414 ‹same› each child would have the same key",
    );
    check(
        "    invoke: {workflow: lens, retry: {attempts: 3}}",
        "SW-0211 ‹retry› `retry` is for adapters, and this invoke starts other instances",
    );
    check(
        "    invoke: {id: rush, workflow: lens}",
        "SW-0304 ‹rush› `rush` is the name of a field already",
    );
}

#[test]
fn undo_names_invokes_that_say_how() {
    let invoke = "    invoke: {id: room, adapter: x, action: y, compensate: {adapter: x, action: z}, onDone: b}\n";
    check(&format!("{invoke}    exit: [{{undo: all}}, {{undo: [room]}}]"), "");
    check(
        &format!("{invoke}    exit: [{{undo: [rom]}}]"),
        "SW-0209 ‹rom› there is no invoke `rom`",
    );
    check(
        "    invoke: {id: room, adapter: x, action: y, onDone: b}\n    exit: [{undo: [room]}]",
        "SW-0208 ‹room› the invoke `room` does not say how it is undone",
    );
}

#[test]
fn an_event_says_what_is_signed_and_by_whom() {
    let on = |sign: &str| format!("    on: {{GO: {{target: b, by: [x], sign: {sign}}}}}");
    check(&on("I saw it"), "");
    check(
        &on("{means: \"Seen {{ due }}\", people: 2, with: second_factor, over: \"{{ rush }}\"}"),
        "",
    );
    check(&on("{means: Seen, people: [engineer, manager]}"), "");
    check(&on("{means: Seen, people: 0}"), "SW-0414 ‹0› `0` is no number of people");
    check(
        &on("{means: Seen, people: \"{{ rush }}\"}"),
        "SW-0414 ‹\"{{ rush }}\"› this is a boolean, and a number of people is needed",
    );
    // it is compared again when the event has gone by
    check(
        &on("{means: Seen, over: \"{{ event.amount }}\"}"),
        "SW-0409 ‹event› there is no variable `event`",
    );
    check(&on("{people: 2}"), "SW-0208 ‹people› a signature needs `means`");
}
