//! Who does it: roles, holders, ladders, signatures, pauses.

use super::*;

#[test]
fn of_a_role_that_is_not_on_the_staff_there_are_as_many_as_are_needed() {
    let file = at_the_desk("arrivals: {a: {every: 10m, times: 9}}\ndurations: {counter: 25m}\nuntil: 1d\n");
    let report = ran(&file, &[("desk.yaml", DESK)]);
    let task = row(&report, "tasks", "task", "counter");
    assert_eq!((number(task, "done"), number(task, "waited.most_s")), (9, 0));
    let clerk = row(&report, "people", "role", "clerk");
    assert_eq!((number(clerk, "most_at_once"), number(clerk, "worked_s")), (3, 9 * 25 * 60));
}

#[test]
fn where_nobody_works_everything_waits() {
    let file = at_the_desk("staff: {clerk: 0}\narrivals: {a: {every: 10m, times: 9}}\nuntil: 1d\n");
    let report = ran(&file, &[("desk.yaml", DESK)]);
    let task = row(&report, "tasks", "task", "counter");
    assert_eq!(
        (
            number(task, "done"),
            number(task, "still_waiting"),
            number(task, "longest_queue")
        ),
        (0, 9, 9)
    );
    assert_eq!(number(task, "still_waiting_most_s"), (24 * 60 - 10) * 60);
}

#[test]
fn ladders_fire_and_deadlines_are_missed_while_things_wait() {
    let late = DESK
        .replace(
            "initial: counter",
            "sla: {answer: {during: [counter], target: 1h}}\ninitial: counter",
        )
        .replace(
            "for: [clerk]}\n",
            "for: [clerk], escalate: [{after: 30m, while: unclaimed, to: [boss]}]}\n",
        );
    let file = at_the_desk("staff: {clerk: 1}\narrivals: {a: {every: 10m, times: 4}}\ndurations: {counter: 25m}\nuntil: 90m\n");
    let report = ran(&file, &[("desk.yaml", &late)]);
    // They wait 0, 15, 30 and 45 minutes and are done after 25, 40, 55 and 70; at 90 the last one is still at it.
    let task = row(&report, "tasks", "task", "counter");
    assert_eq!((number(task, "done"), number(task, "rungs")), (3, 2));
    let clock = row(&report, "clocks", "clock", "answer");
    assert_eq!(
        (number(clock, "met"), number(clock, "missed"), number(clock, "running")),
        (3, 0, 1)
    );
    let later = ran(&file.replace("until: 90m", "until: 3h"), &[("desk.yaml", &late)]);
    let clock = row(&later, "clocks", "clock", "answer");
    assert_eq!(
        (number(clock, "met"), number(clock, "missed"), number(clock, "running")),
        (3, 1, 0)
    );
}

#[test]
fn units_and_skills_say_whose_work_it_is() {
    let here = DESK
        .replace("task: {for: [clerk]}", "task: {for: [{role: clerk, unit: B, skill: glass}]}")
        .replace(
            "DONE: {target: gone, by: [clerk]}",
            "DONE: {target: gone, by: [{role: clerk, unit: B}]}",
        );
    let file = at_the_desk(
        "staff: {clerk: [{people: 5, unit: A, skills: [glass]}, {people: 1, unit: B, skills: [glass]}, {people: 3, unit: B}]}\n\
         arrivals: {a: {every: 10m, times: 4}}\ndurations: {counter: 25m}\nuntil: 1d\n",
    );
    let report = ran(&file, &[("desk.yaml", &here)]);
    assert_eq!(number(row(&report, "tasks", "task", "counter"), "waited.most_s"), 45 * 60);
    let people = report.field("people").and_then(Value::as_list).expect("a list");
    let taken: Vec<i64> = people.iter().map(|people| number(people, "taken")).collect();
    assert_eq!(taken, [0, 4, 0]);
}

#[test]
fn whom_the_engine_gives_a_task_works_on_it() {
    let given = DESK.replace(
        "task: {for: [clerk]}",
        "task: {for: [clerk], auto_assign: {order: [least_load]}}",
    );
    let file = at_the_desk("staff: {clerk: 2}\narrivals: {a: {every: 10m, times: 4}}\ndurations: {counter: 25m}\nuntil: 1d\n");
    let report = ran(&file, &[("desk.yaml", &given)]);
    assert_eq!(number(row(&report, "tasks", "task", "counter"), "done"), 4);
    assert_eq!(number(row(&report, "people", "role", "clerk"), "most_at_once"), 2);
}

#[test]
fn what_several_must_sign_is_signed_by_several() {
    let signed = DESK.replace(
        "DONE: {target: gone, by: [clerk]}",
        "DONE: {target: gone, by: [clerk], sign: {means: So it is, people: 3}}",
    );
    let file = |people: u32| {
        at_the_desk(&format!(
            "staff: {{clerk: {people}}}\narrivals: {{a: {{every: 1h, times: 3}}}}\ndurations: {{counter: 5m}}\nuntil: 1d\n"
        ))
    };
    let report = ran(&file(3), &[("desk.yaml", &signed)]);
    assert_eq!(number(row(&report, "workflows", "workflow", "desk"), "ended"), 3);
    // two cannot do what takes three
    let report = ran(&file(2), &[("desk.yaml", &signed)]);
    assert_eq!(number(row(&report, "workflows", "workflow", "desk"), "ended"), 0);
}

#[test]
fn who_entered_it_does_not_check_it() {
    let checked = DESK
        .replace("DONE: {target: gone, by: [clerk]}", "DONE: {target: check, by: [clerk], actions: [{assign: {by: \"{{ actor.id }}\"}}]}")
        .replace("start:", "data: {by: optional user}\nstart:")
        .replace(
            "  gone:",
            "  check: {task: {for: [clerk, {not: \"{{ by }}\"}]}, on: {RIGHT: {target: gone, by: [clerk, {not: \"{{ by }}\"}]}}}\n  gone:",
        );
    let file = |people: u32| {
        at_the_desk(&format!(
            "staff: {{clerk: {people}}}\narrivals: {{a: {{every: 1h, times: 3}}}}\nuntil: 1d\n"
        ))
    };
    let ended = |people| {
        number(
            row(
                &ran(&file(people), &[("desk.yaml", &checked)]),
                "workflows",
                "workflow",
                "desk",
            ),
            "ended",
        )
    };
    assert_eq!((ended(1), ended(2)), (0, 3));
}

#[test]
fn what_is_on_hold_is_not_worked_on_and_what_is_gone_is_dropped() {
    let gone = DESK.replace("    on: {DONE", "    after: {late: {in: 15m, target: gone}}\n    on: {DONE");
    let file = at_the_desk("staff: {clerk: 1}\narrivals: {a: {every: 10m, times: 4}}\ndurations: {counter: 25m}\nuntil: 1d\n");
    let report = ran(&file, &[("desk.yaml", &gone)]);
    // They come at 10, 20, 30, 40 and are gone 15 minutes later, in hand or not: the first is dropped at 25, when the second begins.
    let task = row(&report, "tasks", "task", "counter");
    assert_eq!((number(task, "done"), number(task, "still_waiting")), (0, 0));
    assert_eq!(number(row(&report, "people", "role", "clerk"), "worked_s"), 45 * 60);
    let paused = DESK.replace("initial: counter\nstates:", "initial: both\nstates:\n  both:\n    type: parallel\n    onDone: gone\n    states:\n      one: {initial: counter, states: {counter: {task: {for: [clerk]}, on: {DONE: {target: off, by: [clerk]}}}, off: {type: final}}}\n      two: {initial: held, states: {held: {pauses: [one], after: {over: {in: 1h, target: on}}}, on: {type: final}}}\n");
    let paused = paused.split("  counter:\n").next().expect("what stands before").to_owned() + "  gone: {type: final}\n";
    let report = ran(&file, &[("desk.yaml", &paused)]);
    let task = row(&report, "tasks", "task", "both.one.counter");
    assert_eq!((number(task, "done"), number(task, "waited.most_s") >= 60 * 60), (4, true));
}

#[test]
fn what_a_ladder_takes_from_somebody_is_begun_anew() {
    let taken = DESK.replace(
        "task: {for: [clerk]}",
        "task: {for: [clerk], escalate: [{after: 30m, while: open, take: true, to: [boss]}]}",
    );
    let file = at_the_desk("staff: {clerk: 1}\narrivals: {a: {every: 10m, times: 1}}\ndurations: {counter: 45m}\nuntil: 1d\n");
    let report = ran(&file, &[("desk.yaml", &taken)]);
    let task = row(&report, "tasks", "task", "counter");
    assert_eq!((number(task, "done"), number(task, "rungs")), (1, 1));
    // half an hour for nothing, and then all of it
    assert_eq!(number(row(&report, "people", "role", "clerk"), "worked_s"), 75 * 60);
}
