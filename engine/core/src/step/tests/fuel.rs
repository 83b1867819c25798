//! However a chart is written, a step ends soon.

use super::*;

/// Sixty named values, each made of the one before twice; and pairs, each made of both of the pair before.
fn doubling(operator: &str, first: &str) -> String {
    let mut lets = format!("a0: {first}, p0: {first}, q0: {first}");
    for level in 1..30 {
        let below = level - 1;
        lets += &format!(
            ", a{level}: a{below} {operator} a{below}, p{level}: p{below} {operator} q{below}, q{level}: q{below} {operator} p{below}"
        );
    }
    format!(
        "workflow: w
start: {{by: [staff]}}
access: [{{for: [staff]}}]
data: {{n: {{type: integer, default: 1}}, t: {{type: string, default: x}}, rows: {{type: list, items: integer, default: []}}}}
let: {{{lets}}}
initial: a
states:
  a:
    on:
      GO: {{target: b, by: [staff], guard: [a29 == a29, p29 == q29]}}
  b: {{}}
"
    )
}

#[test]
fn a_named_value_is_computed_once_for_an_expression() {
    let mut life = Life::begun(&doubling("+", "n"), "{}");
    assert_eq!(life.send("GO"), "taken");
    let snapshot = life.snapshot.clone().expect("it was started");
    let seen = view(&life.chart, &snapshot, None, life.now);
    assert_eq!(
        seen.field("data").and_then(|data| data.field("p29")),
        Some(&Value::Integer(1 << 29))
    );
    let before = Life::begun(&doubling("+", "n"), "{}");
    let snapshot = before.snapshot.clone().expect("it was started");
    let offered = offers(&before.chart, &snapshot, &ada(), &Facts::default(), before.now).expect("nothing is looked up");
    assert_eq!(offered.len(), 1);
}

#[test]
fn text_that_doubles_ends_where_texts_end() {
    let mut life = Life::begun(&doubling("~", "t"), "{}");
    let refused = life.send("GO");
    assert!(refused.contains("the text is longer than"), "{refused}");
}

#[test]
fn all_expressions_of_a_step_share_one_budget() {
    let mut life = Life::begun(
        "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {rows: {type: list, items: integer, default: []}, n: {type: integer, default: 0}}
initial: a
states:
  a:
    on:
      FILL: {by: [staff], input: {rows: {type: list, items: integer}}, actions: [{assign: {rows: '{{ event.rows }}'}}]}
      ONCE: {by: [staff], actions: [{assign: {n: '{{ rows | sum(item) }}'}}]}
      GO: {by: [staff], actions: [{each: rows, assign: {n: '{{ rows | sum(item) }}'}}]}
      error.execution: {target: b}
  b: {}
",
        "{}",
    );
    let rows = vec!["1"; EACH_ITEMS_MAX].join(",");
    assert_eq!(life.send_with("FILL", &format!("{{\"rows\":[{rows}]}}")), "taken");
    assert_eq!(life.send("ONCE"), "taken");
    assert_eq!(life.data("n"), "1000");
    let long = life.send("GO");
    assert!(long.starts_with("SW-1009: "), "not even the chart may answer to it: {long}");
    assert_eq!(life.states(), "a");
    assert_eq!(life.send("ONCE"), "taken", "the next one has its own");
}
