//! Which ways instances go: by weights, by guards, by those who answer, and by nobody.

use super::*;

const FORK: &str = "workflow: fork
zone: Europe/Berlin
data: {size: integer, note: {type: optional string, maxLength: 9}}
start: {by: [clerk], input: [size]}
access: [{for: [clerk, boss, customer]}]
initial: work
states:
  work:
    initial: desk
    on: {STOP: {target: stopped, by: [customer]}}
    states:
      desk:
        task: {for: [clerk]}
        on:
          LEFT: {target: left, by: [clerk], input: [optional note], guard: {if: event.note != 'nay', otherwise: Not so}}
          RIGHT: {target: right, by: [clerk], guard: {if: size < 5, otherwise: Too large}}
          ASK: {target: asked, by: [clerk], reason: required}
      asked: {on: {ANSWER: {target: desk, by: [customer], input: {again: boolean}}}}
  left: {type: final}
  right: {type: final}
  stopped: {type: final}
";

/// How many of two hundred came to each end, and how many were left on the way.
fn ends(more: &str) -> (BTreeMap<String, i64>, i64) {
    let file = format!(
        "simulation: s\nof: fork\ngiven: {{clock: 2026-03-02 08:00}}\narrivals: {{a: {{every: 1m, times: 200, with: {{size: 3}}}}}}\nuntil: 60d\n{more}"
    );
    let report = ran(&file, &[("fork.yaml", FORK)]);
    let flow = row(&report, "workflows", "workflow", "fork");
    let ends = flow.field("ends").and_then(Value::as_object).expect("there are ends");
    let ends = ends
        .iter()
        .map(|(end, count)| (end.to_string(), count.as_integer().unwrap_or(0)));
    (ends.collect(), number(flow, "under_way"))
}

fn share(more: &str, end: &str) -> i64 {
    ends(more).0.get(end).copied().unwrap_or(0)
}

#[test]
fn events_are_chosen_by_their_weights() {
    let left = share("choices: {desk: {LEFT: 3, RIGHT: 1}}\n", "left");
    assert!((130..=170).contains(&left), "{left}");
    assert_eq!(
        ends("choices: {desk: {LEFT: 1, RIGHT: 0}}\n").0,
        BTreeMap::from([("left".into(), 200)])
    );
}

#[test]
fn without_choices_each_event_of_the_task_is_as_likely_as_another() {
    // a third asks, and nobody says that anybody answers
    let (ends, waiting) = ends("");
    assert!((45..=90).contains(&waiting), "{ends:?} {waiting}");
    let left = ends.get("left").copied().unwrap_or(0);
    assert!((45..=90).contains(&left) && !ends.contains_key("stopped"), "{ends:?}");
}

#[test]
fn what_a_guard_refuses_is_not_chosen() {
    let file = "simulation: s\nof: fork\narrivals: {a: {every: 1m, times: 50, with: {size: 7}}}\nuntil: 1d\nchoices: {desk: {LEFT: 1, RIGHT: 9}}\n";
    let report = ran(file, &[("fork.yaml", FORK)]);
    let flow = row(&report, "workflows", "workflow", "fork");
    assert_eq!(number(flow, "ends.left"), 50);
}

#[test]
fn somebody_answers_only_where_it_is_said_how_long_that_takes() {
    let choices = "choices: {desk: {ASK: 1, LEFT: 1}}\n";
    let (_, waiting) = ends(choices);
    assert!(waiting > 70, "{waiting}");
    let answered = ends(&format!("durations: {{asked: 1h..2d}}\n{choices}"));
    assert_eq!(answered, (BTreeMap::from([("left".into(), 200)]), 0));
}

#[test]
fn an_event_of_the_states_around_comes_only_with_a_weight_or_a_time_of_its_own() {
    let stopped = share("choices: {desk: {LEFT: 1}, work: {STOP: 1}}\n", "stopped");
    assert!((75..=125).contains(&stopped), "{stopped}");
    // after an hour whoever is not served is gone
    let late = "staff: {clerk: 1}\ndurations: {desk: 2m, work: 1h}\nchoices: {desk: {LEFT: 1}, work: {STOP: 1}}\n";
    // the n-th comes at n, begins at 2n - 1 and is done two minutes later: before n + 60 as long as n is less than 59; from then on
    // whoever is begun is gone in the middle of it
    let expected = BTreeMap::from([("left".into(), 58), ("stopped".into(), 142)]);
    assert_eq!(ends(late), (expected, 0));
}

#[test]
fn what_a_form_needs_is_given_or_drawn_and_what_does_not_fit_is_told() {
    let refused = "choices: {desk: {LEFT: {weight: 1, with: {note: nay}}, RIGHT: 1}}\n";
    let file = format!("simulation: s\nof: fork\narrivals: {{a: {{every: 1m, times: 20}}}}\nuntil: 1d\n{refused}");
    let report = ran(&file, &[("fork.yaml", FORK)]);
    let why = row(&report, "refused", "about", "desk LEFT");
    assert_eq!(why.field("why").and_then(Value::as_text), Some("Not so"));
    let long = file.replace("note: nay", "note: far too long");
    let told = simulated(&long, &[("fork.yaml", FORK)]).expect_err("no form takes it");
    assert!(
        told.contains("error[SW-0414]: `note` must have at most 9 characters"),
        "{told}"
    );
    // sizes are drawn, so that some fit the other way; those that do not wait for somebody who knows better
    let flow = row(&report, "workflows", "workflow", "fork");
    assert!(number(flow, "ends.right") > 0 && number(flow, "under_way") > 0, "{report:?}");
}

#[test]
fn what_nobody_took_is_named() {
    let file =
        "simulation: s\nof: fork\narrivals: {a: {every: 1m, times: 9, with: {size: 3}}}\nuntil: 1d\nchoices: {desk: {LEFT: 1}}\n";
    let report = ran(file, &[("fork.yaml", FORK)]);
    let never = report.field("never_taken").and_then(Value::as_list).expect("a list");
    let events: Vec<&str> = never
        .iter()
        .filter_map(|way| way.field("event").and_then(Value::as_text))
        .collect();
    assert_eq!(events, ["STOP", "RIGHT", "ASK", "ANSWER"]);
}

#[test]
fn work_that_goes_round_in_a_circle_and_takes_no_time_is_told() {
    let circle = DESK.replace("DONE: {target: gone", "DONE: {target: counter, reenter: true");
    let file = at_the_desk("arrivals: {a: {every: 1m, times: 1}}\nuntil: 1d\n");
    let report = simulated(&file, &[("desk.yaml", &circle)]).expect("it can be begun");
    let why = report.stopped().expect("it stops");
    assert!(
        why.starts_with("people acted in more than 1000 rounds at one moment"),
        "{why}"
    );
    assert!(why.ends_with("(it is 2026-03-02 08:01)"), "{why}");
}
