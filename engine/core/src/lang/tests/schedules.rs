//! Schedules: what they become, and what is told of them.

use super::*;
use crate::chart::{Schedule, Scheduled};
use crate::time::{Gap, Missed, Overlap};

const REPORT: &str = "workflow: report
zone: Europe/Berlin
data: {machine: {type: string, index: true}, note: optional string}
start: {by: [{schedule: daily}], input: [machine, optional note]}
initial: planned
states:
  planned:
    on:
      REMIND: {by: [{schedule: daily}], input: {on: date}}
      CANCEL: {by: [clerk], target: gone}
  gone: {type: final}
schedules:
  daily: ";

const START: &str = "start: {with: {machine: coater}}";

fn with(schedule: &str) -> String {
    format!("{REPORT}{schedule}\n")
}

fn check(schedule: &str, expected: &str) {
    assert_eq!(told(&with(schedule)), expected, "{schedule}");
}

fn schedule(text: &str) -> Schedule {
    let chart = chart(&with(text));
    chart.schedules.into_iter().next().expect("there is one")
}

#[test]
fn what_is_not_said_is_the_default() {
    let plain = schedule(&format!("{{cron: 30 6 * * MON-FRI, {START}}}"));
    assert_eq!(
        (&*plain.name, plain.cron.text(), plain.zone),
        ("daily", "30 6 * * MON-FRI", None)
    );
    assert_eq!((plain.gap, plain.overlap), (Gap::Shift, Overlap::First));
    assert_eq!((plain.catch_up.missed, plain.catch_up.within), (Missed::Once, None));
}

#[test]
fn every_key_means_what_it_says() {
    let all = format!("{{cron: '@daily', zone: UTC, dst: {{gap: skip, overlap: both}}, missed: all, within: 2d, {START}}}");
    let whole = schedule(&all);
    assert_eq!((whole.gap, whole.overlap), (Gap::Skip, Overlap::Both));
    assert_eq!((whole.zone.as_deref(), whole.catch_up.missed), (Some("UTC"), Missed::All));
    assert_eq!(whole.catch_up.within.map(|within| within.to_string()), Some("2d".into()));
    assert_eq!(
        schedule(
            &all.replace("both", "last")
                .replace(": all", ": skip")
                .replace("within: 2d, ", "")
        )
        .catch_up
        .missed,
        Missed::Skip
    );
    let sending =
        schedule("{cron: 0 7 * * *, send: {where: {machine: [a, b]}, in: [planned], event: REMIND, with: {on: '{{ today }}'}}}");
    let Scheduled::Send {
        conditions,
        states,
        event,
        with,
    } = sending.work
    else {
        panic!("it sends");
    };
    assert_eq!((conditions.len(), &*event, with.len()), (1, "REMIND", 1));
    assert_eq!(states, ["planned".into()]);
}

#[test]
fn a_schedule_knows_its_moment_and_nothing_of_any_instance() {
    let key = |key: &str| format!("{{cron: 0 7 * * *, start: {{key: \"{key}\", with: {{machine: coater}}}}}}");
    check(&key("{{ schedule.at | format('%G-W%V') }}-{{ date(schedule.at) }}"), "");
    check(&key("{{ machine }}"), "SW-0409 ‹machine› there is no variable `machine`");
    check(&key("{{ now }} {{ today }}"), "");
    check(&key("{{ actor.id }}"), "SW-0409 ‹actor› there is no variable `actor`");
    check(&key("{{ schedule.on }}"), "SW-0410 ‹on› `schedule` has no field `on`");
    let with_field = REPORT
        .replace("note: optional string", "schedule: optional string")
        .replace("optional note", "optional schedule");
    assert_eq!(
        told(&format!("{with_field}{{cron: 0 7 * * *, {START}}}\n")),
        "",
        "a field may be called so"
    );
}

#[test]
fn what_is_no_time_is_told() {
    let timed = |time: &str| format!("{{{time}, {START}}}");
    check(
        &timed("cron: 0 0 7 * * *"),
        "SW-0913 ‹0 0 7 * * *› `0 0 7 * * *` is no cron expression: it has 6 fields, and a cron expression has five: minute, hour, day of the month, month, day of the week",
    );
    check(
        &timed("cron: 0 25 * * *"),
        "SW-0913 ‹0 25 * * *› `0 25 * * *` is no cron expression: number out of bounds",
    );
    check(
        &timed("cron: 0 7 31 4 *"),
        "SW-0914 ‹0 7 31 4 *› `0 7 31 4 *` never comes: there is no such day",
    );
    check(&timed("cron: 30 2 * 3 SUN#L"), "");
    check(
        &timed("cron: 30 2 * 3 SUN#L, dst: {gap: skip}"),
        "SW-0914 ‹30 2 * 3 SUN#L› `30 2 * 3 SUN#L` never comes: there is no such day, or the clocks of Europe/Berlin always jump over it and `gap` skips it",
    );
    check(&timed("cron: 30 2 * 3 SUN#L, dst: {gap: skip}, zone: Asia/Tokyo"), "");
    check(
        &timed("cron: 0 7 * * *, zone: Europe/Berlim"),
        "SW-1007 ‹Europe/Berlim› there is no time zone `Europe/Berlim`",
    );
    check(
        &timed("cron: 0 7 * * *, within: 2 business hours"),
        "SW-0210 ‹2 business hours› business time is counted along an instance's calendar, and a schedule belongs to no instance",
    );
    check(
        &timed("cron: 0 7 * * *, within: 0s"),
        "SW-0210 ‹0s› no run is ever that little late",
    );
    check(
        &timed("cron: 0 7 * * *, within: \"{{ hours(2) }}\""),
        "SW-0210 ‹\"{{ hours(2) }}\"› nothing is computed here: a schedule belongs to no instance",
    );
    check(
        &timed("cron: 0 7 * * *, missed: skip, within: 2h"),
        "SW-0211 ‹within› `within` says how late a missed run may be, and `missed: skip` makes up for none",
    );
    check(&timed("zone: UTC"), "SW-0208 ‹zone› a schedule needs `cron`");
}

#[test]
fn what_would_be_refused_each_time_is_told() {
    let doing = |what: &str| format!("{{cron: 0 7 * * *, {what}}}");
    check("{cron: 0 7 * * *}", "SW-0208 ‹daily› the schedule `daily` does nothing");
    check(
        &doing(&format!("{START}, send: {{event: REMIND, with: {{on: 2026-01-01}}}}")),
        "SW-0211 ‹send› a schedule either starts an instance or sends an event",
    );
    check(&doing("send: {event: REMID}"), "SW-0303 ‹REMID› no state answers to `REMID`");
    check(
        &doing("send: {event: CANCEL}"),
        "SW-0915 ‹CANCEL› `by` of `CANCEL` does not admit the schedule `daily`",
    );
    check(
        &doing("send: {event: REMIND}"),
        "SW-0208 ‹REMIND› the form needs `on`, and nothing is given for it",
    );
    check(
        &doing("send: {event: REMIND, with: {on: 5}}"),
        "SW-0414 ‹5› on must be a date such as 2026-01-05",
    );
    check(
        &doing("send: {where: {note: x, machin: z}, in: [planed], event: REMIND, with: {on: '{{ today }}'}}"),
        "SW-0309 ‹note› no instance is found by `note`: the field is not indexed\n\
         SW-0302 ‹machin› there is no field `machin`\n\
         SW-0301 ‹planed› there is no state `planed` here or further out",
    );
    check(
        &doing("start: {with: {machine: a, nte: b}}"),
        "SW-0302 ‹nte› the form has no field `nte`",
    );
    check(
        &doing("start: {}"),
        "SW-0208 ‹start› the form needs `machine`, and nothing is given for it",
    );
    let by = |start: &str| {
        let source = REPORT.replace(
            "by: [{schedule: daily}], input: [machine",
            &format!("{start}, input: [machine"),
        );
        told(&format!("{source}{}\n", doing(START)))
    };
    assert_eq!(
        by("by: [clerk]"),
        "SW-0915 ‹start› `start.by` does not admit the schedule `daily`"
    );
    assert_eq!(
        by("by: [{schedule: daily}], reason: required"),
        "SW-0915 ‹start› a reason is asked for, and the schedule `daily` gives none"
    );
    assert_eq!(
        by("by: [{schedule: daily}], sign: I start this"),
        "SW-0915 ‹start› a signature is asked for, and the schedule `daily` is nobody who could sign"
    );
    assert_eq!(
        by("by: [{schedule: daily}, {schedule: dayly}]"),
        "SW-0308 ‹dayly› there is no schedule `dayly`"
    );
}
