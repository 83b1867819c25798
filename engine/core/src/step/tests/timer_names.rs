//! A timer is found by its name, whatever the states are called.

use super::*;

#[test]
fn a_name_says_what_its_timer_is_of() {
    for (name, of) in [
        (
            "task/late",
            TimerOf::State {
                path: "task",
                name: "late",
            },
        ),
        ("sla/1", TimerOf::State { path: "sla", name: "1" }),
        (
            "invoke/late",
            TimerOf::State {
                path: "invoke",
                name: "late",
            },
        ),
        (
            "a.b/late",
            TimerOf::State {
                path: "a.b",
                name: "late",
            },
        ),
        ("task/a.b/2", TimerOf::Task { path: "a.b", rung: 1 }),
        (
            "sla/turnaround/1",
            TimerOf::Clock {
                clock: "turnaround",
                rung: Some(0),
            },
        ),
        (
            "sla/turnaround/breach",
            TimerOf::Clock {
                clock: "turnaround",
                rung: None,
            },
        ),
        ("invoke/i:4:pay~1", TimerOf::Invoke { key: "i:4:pay~1" }),
    ] {
        assert_eq!(TimerOf::read(name), Some(of), "{name}");
        assert_eq!(&*of.name(), name);
    }
    for name in ["", "late", "task/a/0", "task/a/x", "sla/a/0"] {
        assert_eq!(TimerOf::read(name), None, "{name}");
    }
}

#[test]
fn a_state_may_be_called_what_timers_begin_with() {
    for name in ["task", "sla", "invoke"] {
        let mut life = Life::begun(
            &format!(
                "workflow: w
start: {{by: [staff]}}
initial: {name}
states:
  {name}: {{after: {{2h: over}}}}
  over: {{type: final}}
"
            ),
            "{}",
        );
        life.until("2026-03-26T10:00:00Z");
        assert_eq!(life.states(), "over", "{name}");
    }
}
