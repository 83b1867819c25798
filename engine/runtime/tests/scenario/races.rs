//! Races: every order is gone through, and the first that comes out wrong is told.

use super::run;

fn check(steps: &[&str], orders: usize, failures: &[&str]) {
    let given = "  instances: [{workflow: bell, key: B}, {workflow: door, key: A, data: {name: A}}, {workflow: door, key: C, data: {name: C}}]\n";
    assert_eq!(
        run(given, steps),
        (failures.iter().map(|line| (*line).to_owned()).collect(), orders),
        "{steps:?}"
    );
}

#[test]
fn two_inputs_of_one_instance_come_in_every_order() {
    let open_or_repair =
        "{race: [{send: OPEN, to: door/A, as: ann}, {send: REPAIR, to: door/A, as: ann}], one: taken, other: ignored}";
    // the second comes before the first is taken, after it, and once more after its effect was begun
    check(&[open_or_repair], 5, &[]);
    // only where the second order is gone through it is found that the door is not always open
    check(
        &[open_or_repair, "expect: {door/A: {in: open}}"],
        3,
        &["2: door/A is otherwise; in: open / repair"],
    );
    check(
        &["{race: [{send: OPEN, to: door/A, as: ann}, {send: REPAIR, to: door/A, as: ann}], one: taken, other: taken}"],
        1,
        &[
            "1: in this order it came out differently; outcomes: one: taken, other: taken / \
         OPEN to door/A: taken; REPAIR to door/A: ignored: nothing answers to it in the states it is in",
        ],
    );
}

#[test]
fn what_inputs_of_two_instances_cause_is_interleaved() {
    let ring =
        "{race: [{send: RING, to: door/A, as: ann}, {send: RING, to: door/C, as: ann}, {expect: {bell/B: {data: {rung: 2}}}}]}";
    let both = [ring, "expect: {bell/B: {data: {last: C}}}"];
    let given = "  instances: [{workflow: bell, key: B}, {workflow: door, key: A, data: {name: A}}, {workflow: door, key: C, data: {name: C}}]\n";
    let (failures, orders) = run(given, &[ring]);
    assert_eq!(failures, Vec::<String>::new());
    assert!(
        orders > 4,
        "the first may ring before, while and after the second comes: {orders}"
    );
    let (failures, _) = run(given, &both);
    assert_eq!(failures, ["2: bell/B is otherwise; data.last: C / A"]);
}

#[test]
fn an_answer_races_with_an_event() {
    check(
        &[
            "{send: REPAIR, to: door/A, as: ann}",
            "{race: [{adapter: joiner.mend, of: door/A, returns: {part: x}}, {send: OPEN, to: door/A, as: ann}]}",
            "expect: {door/A: {waiting: {}}}",
        ],
        7,
        &[],
    );
}

#[test]
fn too_many_at_once_are_refused_with_what_to_do() {
    let sends: Vec<String> = (0..8)
        .map(|place| format!("{{send: RING, to: door/{}, as: ann}}", if place % 2 == 0 { "A" } else { "C" }))
        .collect();
    let race = format!("{{race: [{}]}}", sends.join(", "));
    let given = "  instances: [{workflow: bell, key: B}, {workflow: door, key: A, data: {name: A}}, {workflow: door, key: C, data: {name: C}}]\n";
    let (failures, orders) = run(given, &[&race]);
    assert_eq!(
        failures,
        ["1: its races have more than 1000 orders: race fewer steps at once, or in scenarios of their own"]
    );
    assert!(orders <= statewright_engine::scenario::ORDERS_MAX);
}
