//! `sla` clocks.

use super::*;

const ORDER: &str = "
workflow: w
zone: Europe/Berlin
data: {limit: {type: optional duration, default: 10h}, warned: {type: integer, default: 0}, late: {type: integer, default: 0}}
start: {by: [staff]}
access:
  - {for: [staff, supervisor]}
sla:
  turnaround:
    during: [work]
    target: \"{{ limit }}\"
    escalate:
      - {at: 80%, to: [supervisor]}
      - {at: 100% + 1h, while: open, to: [boss], via: [page], raise: LATE}
  answer: {during: [work.asking], target: 2h, count: visit}
type: parallel
states:
  work:
    initial: making
    on:
      sla.warn.turnaround: {actions: [{assign: {warned: \"{{ warned + 1 }}\"}}]}
      sla.breach.turnaround: {actions: [{assign: {late: \"{{ late + 1 }}\"}}]}
      sla.breach.answer: {actions: [{assign: {late: \"{{ late + 100 }}\"}}]}
      LATE: {actions: [{assign: {late: \"{{ late + 10 }}\"}}]}
      LIMIT: {by: [staff], input: {to: optional duration}, actions: [{assign: {limit: \"{{ event.to }}\"}}]}
    states:
      making: {on: {ASK: {target: asking, by: [staff]}, DONE: {target: made, by: [staff]}}}
      asking: {on: {ANSWER: {target: making, by: [staff]}}}
      made: {type: final}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [staff]}, STOP: {target: stopped, by: [staff]}}}
      held: {pauses: [work], on: {RELEASE: {target: released, by: [staff]}}}
      stopped: {pauses: [sla.turnaround], on: {RELEASE: {target: released, by: [staff]}}}
";

fn begun() -> Life {
    Life::begun(ORDER, "{}")
}

impl Life {
    fn clock(&self, name: &str) -> String {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let shown = clocks(&self.chart, snapshot, &self.facts, self.now);
        let shown = shown.into_iter().find(|shown| &*shown.name == name).expect("it has run");
        let part = |part: &str| crate::value::interface::to_interface(shown.value.field(part).unwrap_or(&Value::Null));
        format!(
            "used {} due {} running {} breached {}",
            part("used"),
            part("due"),
            part("running"),
            part("breached")
        )
    }
}

#[test]
fn it_warns_breaches_and_climbs_once() {
    let mut life = begun();
    life.until("2026-03-26T15:59:59Z");
    assert_eq!(life.data("warned"), "0");
    life.until("2026-03-26T16:00:00Z");
    assert_eq!(life.data("warned"), "1");
    assert_eq!(life.last().notices[0].text, "Turnaround: 80 % of the time is used");
    life.until("2026-03-26T18:00:00Z");
    assert_eq!(life.data("late"), "1");
    assert!(life.clock("turnaround").ends_with("running true breached true"));
    life.until("2026-03-26T19:00:00Z");
    assert_eq!(life.data("late"), "11");
    life.until("2027-03-26T19:00:00Z");
    assert_eq!((life.data("late"), life.data("warned")), ("11".into(), "1".into()));
}

#[test]
fn it_stands_still_while_its_states_are_paused_or_it_is_paused_itself() {
    for (stop, clock) in [("HOLD", "due null running false"), ("STOP", "due null running false")] {
        let mut life = begun();
        life.until("2026-03-26T10:00:00Z");
        assert_eq!(life.send(stop), "taken");
        life.until("2026-04-05T10:00:00Z");
        assert_eq!(
            life.clock("turnaround"),
            format!("used \"2h\" {clock} breached false"),
            "{stop}"
        );
        assert_eq!(life.send("RELEASE"), "taken");
        assert!(
            life.clock("turnaround").contains("due \"2026-04-05T18:00:00Z\" running true"),
            "{}",
            life.clock("turnaround")
        );
        life.until("2026-04-05T15:59:59Z");
        assert_eq!(life.data("warned"), "0");
        life.until("2026-04-05T18:00:00Z");
        assert_eq!((life.data("warned"), life.data("late")), ("1".into(), "1".into()), "{stop}");
    }
}

#[test]
fn it_follows_its_target_and_null_is_none() {
    let mut life = begun();
    assert_eq!(life.send_with("LIMIT", r#"{"to":"5h"}"#), "taken");
    assert!(life.clock("turnaround").contains("due \"2026-03-26T13:00:00Z\""));
    let timers = |life: &Life| life.snapshot.as_ref().map_or(0, |snapshot| snapshot.timers.len());
    assert_eq!(timers(&life), 3);
    assert_eq!(life.send_with("LIMIT", "{}"), "taken");
    assert_eq!(timers(&life), 0);
    // two days across the change of clocks are 47 hours
    assert_eq!(life.send_with("LIMIT", r#"{"to":"4d"}"#), "taken");
    assert!(
        life.clock("turnaround").contains("due \"2026-03-30T07:00:00Z\""),
        "{}",
        life.clock("turnaround")
    );
}

#[test]
fn each_visit_begins_anew_or_all_count_together() {
    let mut life = begun();
    for day in [26, 27] {
        assert_eq!(life.send("ASK"), "taken");
        life.until(&format!("2026-03-{day}T09:00:00Z"));
        assert_eq!(life.send("HOLD"), "taken");
        life.until(&format!("2026-03-{day}T12:00:00Z"));
        // being paused is no new visit
        assert_eq!(life.send("RELEASE"), "taken");
        assert!(life.clock("answer").starts_with("used \"1h\""), "{}", life.clock("answer"));
        assert_eq!(life.send("ANSWER"), "taken");
        life.until(&format!("2026-03-{}T08:00:00Z", day + 1));
    }
    assert_eq!(life.data("late").parse::<i64>().map(|late| late >= 100), Ok(false));
    assert_eq!(life.send("ASK"), "taken");
    life.until("2026-03-28T10:00:00Z");
    assert_eq!(life.data("late").parse::<i64>().map(|late| late >= 100), Ok(true));
}

#[test]
fn a_state_that_has_reached_its_end_is_still_active_and_counts() {
    let mut life = begun();
    assert_eq!(life.send("DONE"), "taken");
    life.until("2027-03-26T19:00:00Z");
    assert_eq!(life.data("late"), "11", "`work` stays active in its final state");
    let snapshot = life.snapshot.clone().expect("the life has begun");
    let stored = snapshot.store(&life.chart);
    let read = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &stored.personal);
    assert_eq!(read, Ok(snapshot));
}

#[test]
fn whoever_it_reaches_may_acknowledge_it() {
    let mut life = begun();
    let acknowledge = || InputKind::Acknowledge {
        clock: "turnaround".into(),
    };
    assert_eq!(
        life.take(ada(), None, acknowledge()),
        "refused: ada is not among those whom this clock reaches"
    );
    let mut sue = Actor::plain(ActorKind::Person, "sue");
    sue.roles = vec!["supervisor".into()];
    assert_eq!(life.take(sue.clone(), None, acknowledge()), "taken");
    life.until("2026-03-26T16:00:00Z");
    assert!(
        life.entry().contains("not needed: the clock is acknowledged"),
        "{}",
        life.entry()
    );
    life.until("2026-03-26T19:00:00Z");
    assert_eq!(life.data("late"), "11");
    let unknown = InputKind::Acknowledge { clock: "other".into() };
    assert_eq!(life.take(sue, None, unknown), "refused: there is no clock `other`");
}
