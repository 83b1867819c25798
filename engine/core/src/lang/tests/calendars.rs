//! Calendars: what may stand in one, what becomes of those that extend others, and where business time may stand.

use super::*;
use crate::time::{Calendar, CalendarVersion};

fn check(source: &str, expected: &str) {
    assert_eq!(told(source), expected, "{source}");
}

const LAB: &str = "calendar: lab
zone: Europe/Berlin
hours:
  mon: ['08:00-12:00', '13:00-17:00']
  tue: [08:00-17:00]
  friday: [22:00-06:00]
holidays: {2026-05-01: Labour Day}
exceptions: {2026-12-24: ['08:00-12:00'], 2026-12-31: []}
";

fn calendar(source: &str, others: &[(&str, &str)]) -> CalendarVersion {
    let (sources, compiled) = compiled(source, others);
    assert_eq!(concise(&sources, &compiled.diagnostics), "", "{source}");
    let bundle = compiled.bundle.expect("a calendar is kept as its files");
    let calendar = compiled.calendar.expect("there is a calendar where nothing is wrong");
    assert_eq!(bundle.digest(), calendar.version);
    calendar
}

#[test]
fn hours_holidays_and_exceptions_are_read() {
    let lab = calendar(LAB, &[]).calendar;
    let open = |moment: &str| lab.is_open(moment.parse().expect("a moment")).expect("it is near");
    assert!(open("2026-05-04T08:00:00+02:00") && !open("2026-05-04T12:30:00+02:00") && open("2026-05-04T13:00:00+02:00"));
    assert!(open("2026-05-05T12:30:00+02:00") && !open("2026-05-06T12:30:00+02:00"));
    assert!(open("2026-05-09T05:00:00+02:00") && !open("2026-05-01T23:00:00+02:00"));
    assert!(open("2026-12-24T11:00:00+01:00") && !open("2026-12-24T13:00:00+01:00"));
}

#[test]
fn what_cannot_be_counted_along_is_told() {
    let with = |hours: &str, expected: &str| {
        check(
            &format!("calendar: c\nzone: UTC\nhours: {{tue: ['08:00-17:00'], mon: {hours}}}\n"),
            expected,
        );
    };
    with("['00:00-24:00']", "");
    with("[]", "");
    with("['8:00-17:00']", "SW-0911 ‹'8:00-17:00'› `8:00-17:00` is not hours of a day");
    with(
        "['08:00-08:00']",
        "SW-0911 ‹'08:00-08:00'› `08:00-08:00` is not hours of a day",
    );
    with(
        "['08:00-24:30']",
        "SW-0911 ‹'08:00-24:30'› `08:00-24:30` is not hours of a day",
    );
    with(
        "['08:00-12:00', '11:00-13:00']",
        "SW-0911 ‹'11:00-13:00'› `11:00-13:00` overlaps hours that stand before it",
    );
    with(
        "['22:00-06:00', '23:00-24:00']",
        "SW-0911 ‹'23:00-24:00'› `23:00-24:00` overlaps hours that stand before it",
    );
    check(
        "calendar: c\nzone: UTC\nhours: {mnday: ['08:00-17:00']}\n",
        "SW-0209 ‹mnday› `mnday` is no weekday",
    );
    check(
        "calendar: c\nzone: UTC\nhours: {mon: []}\n",
        "SW-0912 ‹calendar› the calendar has no business hours on any weekday",
    );
    check(
        "calendar: c\nhours: {mon: ['08:00-17:00']}\n",
        "SW-0208 ‹calendar› a calendar needs `zone`",
    );
    check(
        "calendar: c\nzone: Europe/Berln\nhours: {mon: ['08:00-17:00']}\nholidays: [2026-02-30]\nexceptions: {24.12.2026: []}\n",
        "SW-1007 ‹Europe/Berln› there is no time zone `Europe/Berln`\nSW-0911 ‹2026-02-30› `2026-02-30` is not a date\n\
         SW-0911 ‹24.12.2026› `24.12.2026` is not a date",
    );
}

#[test]
fn a_calendar_adds_to_the_one_it_extends() {
    let national = "calendar: national\nzone: Europe/Berlin\nhours: {mon: ['09:00-10:00'], wed: ['09:00-10:00']}\nholidays: [2026-05-06, 2026-05-13]\n";
    let own = "calendar: lab\nextends: national\nhours: {mon: ['08:00-17:00']}\nexceptions: {2026-05-13: ['10:00-11:00']}\n";
    let beside = [("calendars/national.yaml", national)];
    let lab = calendar(own, &beside);
    let open = |moment: &str| lab.calendar.is_open(moment.parse().expect("a moment")).expect("it is near");
    assert!(open("2026-05-04T16:00:00+02:00") && open("2026-05-20T09:30:00+02:00") && !open("2026-05-06T09:30:00+02:00"));
    assert!(!open("2026-05-13T09:30:00+02:00") && open("2026-05-13T10:30:00+02:00"));
    // another holiday in the other file is another version
    let more = national.replace("[2026-05-06", "[2026-05-20, 2026-05-06");
    assert_ne!(calendar(own, &[("calendars/national.yaml", &more)]).version, lab.version);
    assert_eq!(told(own), "SW-0305 ‹national› there is no calendar `national`");
    assert_eq!(
        told_beside(own, &[("national.yaml", &national.replace("zone: Europe/Berlin\n", ""))]),
        "SW-0208 ‹calendar› a calendar needs `zone`, and `national` names none"
    );
    let circle = "calendar: national\nzone: UTC\nextends: lab\nhours: {mon: ['09:00-10:00']}\n";
    assert_eq!(
        told_beside(own, &[("national.yaml", circle)]),
        "national.yaml SW-0306 ‹lab› the calendar `lab` extends itself, by way of lab, national"
    );
}

#[test]
fn business_time_stands_where_a_calendar_is_named() {
    let body = "data: {opened: optional instant}
let: {late: \"opened is not none and business_between(opened, now) > business_hours(8)\"}
initial: a
states:
  a:
    after:
      2 business hours: b
      remind: {every: 1 business day, times: 2, actions: [{assign: {opened: \"{{ opened + business_days(1) }}\"}}]}
      check: {at: \"opened + business_days(3)\", target: b}
    on: {GO: {by: [x], guard: in_business_hours(now), actions: [{send: {to: parent, event: HI, in: 2 business days}}]}}
  b: {}
";
    let unnamed = |place: &str| format!("SW-0910 ‹{place}› business time needs a calendar, and the workflow names none");
    let all = [
        "business_between",
        "business_hours",
        "2 business hours",
        "1 business day",
        "business_days",
        "business_days",
        "in_business_hours",
        "2 business days",
    ];
    check(&format!("workflow: w\n{body}"), &all.map(unnamed).join("\n"));
    check(&format!("workflow: w\ncalendar: lab\n{body}"), "");
    let chart = chart(&format!("workflow: w\ncalendar: lab\n{body}"));
    assert_eq!(chart.calendar.as_deref(), Some("lab"));
}
