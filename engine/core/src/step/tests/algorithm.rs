//! What SCXML's algorithm promises: selection, conflicts, entering and leaving, history, completion.

use super::*;

const HEAD: &str = "workflow: w\nstart: {by: [staff]}\naccess: [{for: [staff]}]\n";

/// Sends the events one after the other and compares where each leads: `EVENT → states`.
fn check(chart: &str, begins: &str, steps: &[(&str, &str)]) {
    let mut life = Life::begun(&format!("{HEAD}{chart}"), "{}");
    assert_eq!(life.states(), begins, "at the start");
    for (event, expected) in steps {
        life.send(event);
        assert_eq!(life.states(), *expected, "after {event}");
    }
}

#[test]
fn inner_transitions_win_over_outer_ones() {
    check(
        "initial: a
on: {GO: {target: out, by: [staff]}}
states:
  a:
    initial: one
    states:
      one: {on: {GO: {target: two, by: [staff]}}}
      two: {}
  out: {}
",
        "a.one",
        &[("GO", "a.two"), ("GO", "out")],
    );
}

#[test]
fn regions_take_the_same_event_together_and_a_leaving_one_preempts() {
    check(
        "initial: p
states:
  p:
    type: parallel
    states:
      left:
        initial: a
        states:
          a: {on: {GO: {target: b, by: [staff]}}}
          b: {on: {GO: {target: out, by: [staff]}}}
      right:
        initial: a
        states:
          a: {on: {GO: {target: b, by: [staff]}}}
          b: {on: {GO: {target: c, by: [staff]}}}
          c: {}
  out: {}
",
        "p.left.a p.right.a",
        &[("GO", "p.left.b p.right.b"), ("GO", "out")],
    );
}

#[test]
fn entry_goes_inwards_and_exit_outwards() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}data: {{log: {{type: list, items: string, default: []}}}}
initial: a
states:
  a:
    entry: [{{put: {{log: in a}}}}]
    exit: [{{put: {{log: out a}}}}]
    initial: one
    states:
      one:
        entry: [{{put: {{log: in one}}}}]
        exit: [{{put: {{log: out one}}}}]
        on: {{GO: {{target: b, by: [staff], actions: [{{put: {{log: between}}}}]}}}}
  b:
    entry: [{{put: {{log: in b}}}}]
"
        ),
        "{}",
    );
    life.send("GO");
    assert_eq!(life.data("log"), r#"["in a","in one","out one","out a","between","in b"]"#);
}

#[test]
fn a_self_transition_reenters_only_when_asked() {
    let chart = |reenter: bool| {
        format!(
            "{HEAD}data: {{entered: {{type: integer, default: 0}}}}
initial: a
states:
  a:
    entry: [{{assign: {{entered: '{{{{ entered + 1 }}}}'}}}}]
    on: {{GO: {{target: a, reenter: {reenter}, by: [staff]}}}}
"
        )
    };
    for (reenter, expected) in [(false, "1"), (true, "2")] {
        let mut life = Life::begun(&chart(reenter), "{}");
        assert_eq!(life.send("GO"), "taken");
        assert_eq!(life.data("entered"), expected, "reenter: {reenter}");
    }
}

#[test]
fn shallow_and_deep_history_come_back_to_where_it_was() {
    check(
        "initial: work
states:
  work:
    initial: a
    on: {PAUSE: {target: away, by: [staff]}}
    states:
      a: {on: {NEXT: {target: b, by: [staff]}}}
      b:
        initial: one
        states:
          one: {on: {NEXT: {target: two, by: [staff]}}}
          two: {}
      shallow: {type: history, history: shallow, target: a}
      deep: {type: history, history: deep, target: a}
  away:
    on:
      BACK: {target: work.shallow, by: [staff]}
      EXACTLY: {target: work.deep, by: [staff]}
",
        "work.a",
        &[
            ("NEXT", "work.b.one"),
            ("NEXT", "work.b.two"),
            ("PAUSE", "away"),
            ("EXACTLY", "work.b.two"),
            ("PAUSE", "away"),
            ("BACK", "work.b.one"),
        ],
    );
}

#[test]
fn a_parallel_state_is_done_when_all_its_regions_are() {
    check(
        "initial: p
states:
  p:
    type: parallel
    onDone: over
    states:
      left: {initial: a, states: {a: {on: {L: {target: end, by: [staff]}}}, end: {type: final}}}
      right: {initial: a, states: {a: {on: {R: {target: end, by: [staff]}}}, end: {type: final}}}
  over: {type: final}
",
        "p.left.a p.right.a",
        &[("L", "p.left.end p.right.a"), ("R", "over")],
    );
}

#[test]
fn eventless_transitions_come_before_raised_events() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}data: {{log: {{type: list, items: string, default: []}}}}
initial: a
states:
  a: {{on: {{GO: {{target: b, by: [staff], actions: [{{raise: HELLO}}]}}}}}}
  b:
    always: c
    on: {{HELLO: {{target: wrong}}}}
  c:
    on: {{HELLO: {{target: right}}}}
  wrong: {{}}
  right: {{}}
"
        ),
        "{}",
    );
    life.send("GO");
    assert_eq!(life.states(), "right");
}

#[test]
fn a_circle_is_named_and_changes_nothing() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}data: {{n: {{type: integer, default: 0}}}}\ninitial: a\nstates:\n  a: {{on: {{GO: {{target: b, by: [staff]}}}}}}\n  b: {{always: {{guard: n >= 0, target: c, actions: [{{assign: {{n: '{{{{ n + 1 }}}}'}}}}]}}}}\n  c: {{always: {{guard: n >= 0, target: b}}}}\n"
        ),
        "{}",
    );
    let said = life.send("GO");
    assert!(
        said.starts_with("SW-1001") && said.contains("b on always") && said.contains("c on always"),
        "{said}"
    );
    assert_eq!(life.states(), "a");
}

#[test]
fn the_end_is_rested_in_and_takes_nothing_more() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}initial: a\nstates:\n  a: {{on: {{GO: {{target: end, by: [staff]}}}}}}\n  end: {{type: final, output: {{said: bye}}}}\n"
        ),
        "{}",
    );
    life.send("GO");
    let snapshot = life.snapshot.as_ref().expect("begun");
    assert_eq!(snapshot.status, Status::Done);
    assert_eq!(crate::value::canonical::to_canonical(&snapshot.output), r#"{"said":"bye"}"#);
    assert_eq!(life.send("GO"), "ignored");
}

#[test]
fn prefixes_and_stars_match_as_in_scxml() {
    check(
        "initial: a
states:
  a:
    on:
      order.*: {target: b, by: [staff]}
  b:
    on:
      '*': {target: c, by: [staff]}
  c: {}
",
        "a",
        &[("orders", "a"), ("order.paid", "b"), ("ANYTHING", "c")],
    );
}

#[test]
fn what_is_raised_on_the_way_to_the_end_is_heard_by_nobody() {
    let life = Life::begun(
        "workflow: w\nstart: {by: [staff]}\ninitial: a\nstates:\n  a: {always: {target: b}, exit: [{raise: LATE}]}\n  b: {type: final, entry: [{raise: LATER}]}\n",
        "{}",
    );
    assert_eq!(life.states(), "b");
    assert_eq!(life.last().next.status, Status::Done);
}
