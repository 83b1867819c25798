//! What is known of queues.

use super::*;

const MINUTE: i64 = 60;

/// Waits of the desk: median, nine of ten, most; the longest queue; how busy of a thousand.
fn waits(people: u32, more: &str) -> (i64, i64, i64, i64, i64) {
    let file = at_the_desk(&format!("staff: {{clerk: {people}}}\n{more}"));
    let report = ran(&file, &[("desk.yaml", DESK), ("calendars/office-hours.yaml", HOURS)]);
    let task = row(&report, "tasks", "task", "counter");
    let busy = number(row(&report, "people", "role", "clerk"), "busy_per_mille");
    (
        number(task, "waited.median_s"),
        number(task, "waited.p90_s"),
        number(task, "waited.most_s"),
        number(task, "longest_queue"),
        busy,
    )
}

#[test]
fn with_fixed_lengths_waiting_is_what_is_computed_by_hand() {
    // They come at 10, 20, 30 and 40 and take 25 each: one person begins at 10, 35, 60, 85.
    let four = "arrivals: {a: {every: 10m, times: 4}}\ndurations: {counter: 25m}\nuntil: 200m\n";
    assert_eq!(waits(1, four), (15 * MINUTE, 45 * MINUTE, 45 * MINUTE, 2, 500));
    // Two begin at 10, 20, 35, 45.
    assert_eq!(waits(2, four), (0, 5 * MINUTE, 5 * MINUTE, 1, 250));
    // Four never let anybody wait, but the task is in the queue when it is opened.
    assert_eq!(waits(4, four), (0, 0, 0, 1, 125));
}

#[test]
fn whoever_comes_first_is_served_first_and_what_is_urgent_before_that() {
    let urgent = DESK
        .replace(
            "start: {by: [clerk]}",
            "data: {sum: integer}\nstart: {by: [clerk], input: [sum]}",
        )
        .replace(
            "for: [clerk]}\n",
            "for: [clerk], priority: \"{{ 'high' if sum > 2 else 'normal' }}\"}\n",
        );
    let file = at_the_desk(
        "staff: {clerk: 1}\narrivals: {plain: {every: 10m, times: 3, with: {sum: 1}}, high: {every: 35m, times: 1, with: {sum: 3}}}\n\
         durations: {counter: 30m}\nuntil: 1d\n",
    );
    let report = ran(&file, &[("desk.yaml", &urgent)]);
    // At 40 the one that came at 35 is served before those that came at 20 and 30, which then wait 50 and 70 minutes.
    let waited = row(&report, "tasks", "task", "counter");
    assert_eq!(number(waited, "waited.median_s"), 5 * MINUTE);
    assert_eq!(number(waited, "waited.most_s"), 70 * MINUTE);
}

#[test]
fn work_goes_on_when_its_hours_go_on() {
    let file = at_the_desk(
        "staff: {clerk: {people: 1, hours: office-hours}}\narrivals: {a: {every: 475m, times: 2}}\ndurations: {counter: 10m}\nuntil: 7d\n",
    );
    let report = ran(&file, &[("desk.yaml", DESK), ("calendars/office-hours.yaml", HOURS)]);
    // The first comes at 15:55 and is done at 8:05 on Tuesday, the second comes at 23:50 and waits until then.
    let flow = row(&report, "workflows", "workflow", "desk");
    assert_eq!(number(flow, "lasted.most_s"), (16 * 60 + 10) * MINUTE);
    let task = row(&report, "tasks", "task", "counter");
    assert_eq!(number(task, "waited.most_s"), (8 * 60 + 15) * MINUTE);
    assert_eq!(number(task, "worked.most_s"), 10 * MINUTE);
    // Twenty minutes of five days of eight hours.
    assert_eq!(number(row(&report, "people", "role", "clerk"), "busy_per_mille"), 8);
}

#[test]
fn who_comes_in_hours_comes_in_no_others() {
    let file = at_the_desk("arrivals: {a: {every: 3h, hours: office-hours}}\nuntil: 3d\n");
    let report = ran(&file, &[("desk.yaml", DESK), ("calendars/office-hours.yaml", HOURS)]);
    // At 11, 14, then at 9, 12, 15, then at 10, 13, 16.
    assert_eq!(number(row(&report, "workflows", "workflow", "desk"), "begun"), 8);
}

/// Little's law: how many are inside on average is how many come in a unit of time, times how long they stay. Here the queue is never empty
/// for long, since work takes as long as there is between two arrivals.
#[test]
fn a_desk_that_is_as_fast_as_its_customers_falls_behind_where_chance_has_its_way() {
    let even = "arrivals: {a: {every: 20m, times: 300}}\ndurations: {counter: 20m}\nuntil: 6d\n";
    assert_eq!(waits(1, even).2, 0);
    let random = "arrivals: {a: {every: {mean: 20m}, times: 300}}\ndurations: {counter: {mean: 20m}}\nuntil: 6d\n";
    let (median, _, _, longest, _) = waits(1, random);
    assert!(median > 60 * MINUTE && longest > 5, "{median} {longest}");
}

#[test]
fn more_people_never_lengthen_the_median_wait() {
    for seed in 1..=4 {
        let busy = format!(
            "arrivals: {{a: {{every: {{mean: 10m}}, times: 60}}}}\ndurations: {{counter: {{least: 5m, likely: 20m, most: 90m}}}}\nuntil: 3d\nseed: {seed}\n"
        );
        let medians: Vec<i64> = (1..=5).map(|people| waits(people, &busy).0).collect();
        assert!(medians.is_sorted_by(|less, more| less >= more), "seed {seed}: {medians:?}");
        assert!(medians.first() > medians.last(), "seed {seed}: {medians:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_report_byte_for_byte() {
    let file = |seed: u64| {
        at_the_desk(&format!(
            "staff: {{clerk: 2}}\narrivals: {{a: {{every: {{mean: 10m}}}}}}\ndurations: {{counter: 5m..30m}}\nuntil: 1d\nseed: {seed}\n"
        ))
    };
    let words = |seed: u64| simulated(&file(seed), &[("desk.yaml", DESK)]).map(|report| report.words());
    assert_eq!(words(1), words(1));
    let tasks = |seed: u64| ran(&file(seed), &[("desk.yaml", DESK)]).field("tasks").cloned();
    assert_ne!(tasks(1), tasks(2));
}

/// With another staff the same work comes at the same moments and takes as long.
#[test]
fn what_is_drawn_does_not_depend_on_who_works() {
    let worked = |people: u32| {
        let file = at_the_desk(&format!(
            "staff: {{clerk: {people}}}\narrivals: {{a: {{every: {{mean: 10m}}, times: 30}}}}\ndurations: {{counter: 5m..90m}}\nuntil: 9d\n"
        ));
        let report = ran(&file, &[("desk.yaml", DESK)]);
        let task = row(&report, "tasks", "task", "counter");
        task.field("worked").cloned().map(|worked| (worked, number(task, "done")))
    };
    assert_eq!(worked(1), worked(7));
}
