//! Timers: armed with their state, gone with it, moved with their data, by the calendar of their zone.

use super::*;

fn life(after: &str) -> Life {
    Life::begun(
        &format!(
            "workflow: w
zone: Europe/Berlin
start: {{by: [staff]}}
access: [{{for: [staff]}}]
data: {{due_on: optional date, fired: {{type: integer, default: 0}}}}
initial: a
states:
  a:
    after:
{after}
    on:
      GO: {{target: b, by: [staff]}}
      PLAN: {{by: [staff], input: [due_on]}}
  b: {{on: {{BACK: {{target: a, by: [staff]}}}}}}
  late: {{}}
"
        ),
        "{}",
    )
}

#[test]
fn calendar_days_follow_the_clock_change() {
    // the clock goes forward on 29 March 2026: three calendar days are 71 hours
    let mut life = life("      3d: late");
    life.until("2026-03-29T06:59:59Z");
    assert_eq!(life.states(), "a");
    life.until("2026-03-29T07:00:00Z");
    assert_eq!(life.states(), "late");
}

#[test]
fn leaving_the_state_ends_its_timers_and_coming_back_begins_them_anew() {
    let mut life = life("      2h: late");
    life.until("2026-03-26T09:00:00Z");
    life.send("GO");
    assert_eq!(life.last().timers, [TimerChange::Cancel { name: "a/2h".into() }]);
    life.send("BACK");
    life.until("2026-03-26T10:30:00Z");
    assert_eq!(life.states(), "a");
    life.until("2026-03-26T11:00:00Z");
    assert_eq!(life.states(), "late");
}

#[test]
fn a_moment_follows_its_data() {
    let mut life = life("      due: {at: start_of_day(due_on), target: late}");
    assert!(life.last().timers.is_empty(), "no date, no timer");
    life.send_with("PLAN", r#"{"due_on":"2026-04-02"}"#);
    assert_eq!(
        life.last().timers,
        [TimerChange::Arm {
            name: "a/due".into(),
            due: moment("2026-04-01T22:00:00Z")
        }]
    );
    life.send_with("PLAN", r#"{"due_on":"2026-03-30"}"#);
    life.until("2026-03-29T22:00:00Z");
    assert_eq!(life.states(), "late");
}

#[test]
fn repeats_count_and_missed_ones_are_one() {
    let mut life = life("      remind: {in: 1d, every: 1d, times: 3, actions: [{assign: {fired: '{{ fired + 1 }}'}}]}");
    life.until("2026-03-27T08:00:00Z");
    assert_eq!(life.data("fired"), "1");
    // nobody was there for ten days: the timer that was due is taken late, and stands for all that were missed
    let due = life
        .snapshot
        .as_ref()
        .and_then(|snapshot| snapshot.timers.get("a/remind"))
        .map(|timer| timer.due)
        .expect("armed");
    life.now = moment("2026-04-06T12:00:00Z");
    assert_eq!(
        life.take(
            Actor::engine(),
            None,
            InputKind::Timer {
                name: "a/remind".into(),
                due
            }
        ),
        "taken"
    );
    assert_eq!(life.data("fired"), "2");
    life.until("2026-04-30T00:00:00Z");
    assert_eq!(life.data("fired"), "3", "three times in all");
}

#[test]
fn a_timer_that_was_cancelled_or_moved_is_stale() {
    let mut life = life("      2h: late");
    life.send("GO");
    life.now = moment("2026-03-26T12:00:00Z");
    assert_eq!(
        life.take(
            Actor::engine(),
            None,
            InputKind::Timer {
                name: "a/2h".into(),
                due: moment("2026-03-26T10:00:00Z")
            }
        ),
        "stale"
    );
}

#[test]
fn a_moment_that_names_now_is_not_moved_by_what_comes_later() {
    let mut life = life("      late: {at: \"now + hours(2)\", target: late}");
    life.until("2026-03-26T09:30:00Z");
    assert_eq!(life.send_with("PLAN", r#"{"due_on":"2026-04-01"}"#), "taken");
    life.until("2026-03-26T09:59:59Z");
    assert_eq!(life.states(), "a");
    life.until("2026-03-26T10:00:00Z");
    assert_eq!(life.states(), "late");
}
