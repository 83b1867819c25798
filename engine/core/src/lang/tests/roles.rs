//! Files of roles: when a role is not disturbed, who reviews openings, and what is kept for those who sign people in.

use jiff::Timestamp;

use super::*;
use crate::chart::{Channel, Roles};

const FILE: &str = "roles:
  nurse: {title: Nurse, second_factor: true, session: 30m}
  lead: {includes: [nurse]}
  guard: {}
access_reviewer: lead
quiet_hours:
  nurse: {zone: Europe/London, hours: {mon: ['22:00-07:00'], tue: ['07:00-08:30'], sat: ['00:00-24:00'], sun: ['00:00-12:00']}, channel: page}
  guard: {zone: Europe/London, hours: {tue: ['08:00-09:00']}}
";

fn roles(source: &str) -> Roles {
    let (sources, compiled) = compiled(source, &[]);
    let version = compiled
        .roles
        .unwrap_or_else(|| panic!("{}", concise(&sources, &compiled.diagnostics)));
    version.roles
}

#[test]
fn a_role_keeps_how_its_people_sign_in() {
    let roles = roles(FILE);
    let nurse = &roles.roles["nurse"];
    assert_eq!(
        (nurse.second_factor, nurse.session),
        (true, Some(crate::time::Duration::exact(1_800_000_000)))
    );
    assert_eq!(
        (roles.roles["lead"].second_factor, roles.roles["lead"].session),
        (false, None)
    );
    assert_eq!(roles.access_reviewer.as_deref(), Some("lead"));
}

/// 2 March 2026 is a Monday; London has no summer time then, and has it from 29 March on.
#[test]
fn nobody_is_disturbed_before_their_quiet_hours_end() {
    let roles = roles(FILE);
    let check = |held: &[&str], via: &[Channel], at: &str, expected: Option<&str>| {
        let held: Vec<Arc<str>> = held.iter().map(|role| Arc::from(*role)).collect();
        let moment = |text: &str| text.parse::<Timestamp>().expect("a moment");
        assert_eq!(
            roles.quiet_until(&held, via, moment(at)),
            expected.map(moment),
            "{held:?} {via:?} {at}"
        );
    };
    let mail = [Channel::Inbox, Channel::Mail];
    check(&["nurse"], &mail, "2026-03-02T21:59:59Z", None);
    // over midnight, and on into the hours that follow
    check(&["nurse"], &mail, "2026-03-02T22:00:00Z", Some("2026-03-03T08:30:00Z"));
    check(&["nurse"], &mail, "2026-03-03T08:29:59Z", Some("2026-03-03T08:30:00Z"));
    check(&["nurse"], &mail, "2026-03-03T08:30:00Z", None);
    check(&["nurse"], &mail, "2026-03-07T10:00:00Z", Some("2026-03-08T12:00:00Z"));
    // by the clock of its zone: an hour earlier in summer
    check(&["nurse"], &mail, "2026-04-06T21:00:00Z", Some("2026-04-07T07:30:00Z"));
    // by what a role includes, and by all of somebody's roles
    check(&["lead"], &mail, "2026-03-02T23:00:00Z", Some("2026-03-03T08:30:00Z"));
    check(
        &["lead", "guard"],
        &mail,
        "2026-03-02T23:00:00Z",
        Some("2026-03-03T09:00:00Z"),
    );
    check(&["guard"], &mail, "2026-03-02T23:00:00Z", None);
    check(&["doctor"], &mail, "2026-03-02T23:00:00Z", None);
    // the channel that may, and the inbox, which rings nowhere
    check(&["nurse"], &[Channel::Page, Channel::Mail], "2026-03-02T23:00:00Z", None);
    check(&["nurse"], &[Channel::Inbox], "2026-03-02T23:00:00Z", None);
    check(
        &["guard"],
        &[Channel::Page],
        "2026-03-03T08:15:00Z",
        Some("2026-03-03T09:00:00Z"),
    );
}

/// What is told of units that this file names, beside one with these units.
fn told_of_units(units: &str, written: &str) -> String {
    let workflow = format!(
        "workflow: w\ndata: {{place: {written}}}\nstart: {{by: [{{role: nurse, unit: \"{{{{ place }}}}\"}}], input: [place]}}\naccess: [{{for: [nurse]}}]\ninitial: a\n\
         states: {{a: {{task: {{for: [{{role: nurse, unit: W9}}]}}, on: {{GO: {{by: [nurse], input: {{to: {{type: unit, default: ward}}}}}}}}}}}}\n"
    );
    let chart = chart(&workflow);
    let mut found = crate::diagnostic::Diagnostics::new();
    crate::lang::check_together(&[&chart], &[roles(&format!("roles: {{nurse: {{}}}}\n{units}"))], &mut found);
    let line = |diagnostic: &Diagnostic| {
        let help = diagnostic.help.clone().unwrap_or_default();
        format!("{} {}: {help}", diagnostic.code, diagnostic.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_unit_that_no_file_of_roles_has_is_told_wherever_it_is_written() {
    let anything = ["", "units: {}\n", "units: []\n"];
    for units in anything {
        assert_eq!(told_of_units(units, "unit"), "", "{units}");
    }
    assert_eq!(told_of_units("units: [W9, ward]\n", "unit"), "");
    assert_eq!(
        told_of_units(
            "units: {W3: {title: Ward 3}, W9: {}}\n",
            "{type: optional unit, enum: [W3, W5]}"
        ),
        "SW-0312 there is no unit `W5`: write `W3`, if that is meant\n\
         SW-0312 there is no unit `ward`: it must be one of W3 (Ward 3) or W9; or name it under `units` in the file of roles"
    );
}

#[test]
fn what_cannot_be_quiet_hours_is_told() {
    let with = |rest: &str| told(&format!("roles: {{a: {{}}}}\n{rest}"));
    let quiet = |written: &str| with(&format!("quiet_hours: {written}\n"));
    assert_eq!(quiet("{a: {zone: UTC, hours: {mon: ['22:00-07:00']}}}"), "");
    assert_eq!(
        quiet("{b: {zone: UTC, hours: {mon: ['22:00-07:00']}}}"),
        "SW-0310 ‹b› there is no role `b`"
    );
    assert_eq!(
        quiet("{a: {zone: UTC, hours: {mon: ['22-07']}}}"),
        "SW-0911 ‹'22-07'› `22-07` is not hours of a day"
    );
    assert_eq!(
        quiet("{a: {zone: UTC, hours: {mondy: ['22:00-07:00']}}}"),
        "SW-0209 ‹mondy› `mondy` is no weekday"
    );
    assert_eq!(
        quiet("{a: {zone: UTC, hours: {mon: []}}}"),
        "SW-0912 ‹a› `a` has no quiet hours on any weekday"
    );
    assert_eq!(
        quiet("{a: {zone: Mars, hours: {mon: ['22:00-07:00']}}}"),
        "SW-1007 ‹Mars› there is no time zone `Mars`"
    );
    assert_eq!(
        quiet("{a: {hours: {mon: ['22:00-07:00']}}}"),
        "SW-0208 ‹hours› quiet hours needs `zone`"
    );
    assert_eq!(
        quiet("{a: {zone: UTC, hours: {mon: ['22:00-07:00']}, channel: fax}}"),
        "SW-0209 ‹fax› `fax` is none of the words known here"
    );
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let always: Vec<String> = days.iter().map(|day| format!("{day}: ['00:00-24:00']")).collect();
    assert_eq!(
        quiet(&format!("{{a: {{zone: UTC, hours: {{{}}}}}}}", always.join(", "))),
        "SW-0912 ‹a› `a` would never be disturbed"
    );
    assert_eq!(with("access_reviewer: b\n"), "SW-0310 ‹b› there is no role `b`");
}
