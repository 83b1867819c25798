//! What came to an instance and who was behind it, in words.

use statewright_core::step::{TimerOf, in_words};
use statewright_core::value::Value;

use super::words::{Reading, plain};
use crate::json::{member, member_number};

/// What is written in so many hexadecimal digits, or more, was drawn or is a digest: it says nothing to people.
const DIGEST_CHARACTERS_MIN: usize = 16;

/// What came.
pub fn what(input: &Value, reading: &Reading) -> String {
    let text = |name: &str| member(input, name);
    let with_why = |words: String, why: &str| match why {
        "" => words,
        why => format!("{words}: {why}"),
    };
    match text("kind") {
        "start" => "Started".to_owned(),
        "event" => event_words(text("event")),
        "task" => task_words(input, reading),
        "timer" => timer_fell_due(text("name")),
        "acknowledge" => format!("Acknowledged that the clock {} runs out", in_quotes(text("clock"))),
        "withdraw" => format!("Took back the signature of {}", in_quotes(text("event"))),
        "open" => "Opened it in need, by breaking the glass".to_owned(),
        "adapter_answer" => match input.field("failure") {
            None => format!("{} was answered", effect_words(text("effect"))),
            Some(failure) => with_why(format!("{} failed", effect_words(text("effect"))), member(failure, "message")),
        },
        "adapter_report" => match text("report") {
            "undone" => format!("{}: the answer does not stand any more", effect_words(text("effect"))),
            _ => format!("{} is under way", effect_words(text("effect"))),
        },
        "send_answer" => with_why(format!("What it sent was {}", text("outcome")), text("why")),
        "child_ended" => format!("Its part {} ended", text("child")),
        "stop" => "Ended by what it is part of".to_owned(),
        "hold" => match text("why") {
            "" => "Went on after having been on hold".to_owned(),
            why => format!("Put on hold by what it is part of: {why}"),
        },
        "wake" => "Something that it watches changed".to_owned(),
        "place" => "Placed by a test, without having gone the way".to_owned(),
        "duplicate" => format!(
            "The same as entry {} came again; nothing was done twice",
            member_number(input, "of")
        ),
        "erasure" => "Personal data was erased".to_owned(),
        "act" => input.field("act").map(act_words).unwrap_or_default(),
        kind => in_words(kind),
    }
}

/// `ACCEPT_ORDER` is "Accept order".
pub fn event_words(event: &str) -> String {
    in_words(&event.to_lowercase())
}

/// Who did it; None where nobody did.
pub fn by(entry: &Value) -> Option<String> {
    let actor = entry.field("actor")?;
    let id = member(actor, "id");
    let person = || match member(actor, "name") {
        "" => id.to_owned(),
        name if name == id => id.to_owned(),
        name => format!("{name} ({id})"),
    };
    let who = match member(actor, "kind") {
        "person" => person(),
        "workflow" => id.to_owned(),
        "adapter" => format!("the adapter {}", in_words(id).to_lowercase()),
        "schedule" => format!("the schedule {id}"),
        "engine" => {
            let input = entry.field("input").unwrap_or(&Value::Null);
            return matches!(member(input, "kind"), "task" | "event" | "start").then(|| "by the engine".to_owned());
        }
        kind => format!("{kind} {id}"),
    };
    Some(match member(actor, "on_behalf_of") {
        "" => format!("by {who}"),
        away => format!("by {who}, on behalf of {away}"),
    })
}

/// What a timer is about: `in_lab.on_tray/remind` is "On tray: remind".
pub fn timer_words(name: &str) -> String {
    let last = |path: &str| in_words(path.rsplit('.').next().unwrap_or(path));
    match TimerOf::read(name) {
        Some(TimerOf::State { path, name }) => format!("{}: {}", last(path), last(name).to_lowercase()),
        Some(TimerOf::Invoke { key }) => format!("{}: the longest that is waited for it", effect_words(key)),
        Some(TimerOf::Task { path, rung }) => format!("Task {}: step {} of what is done if it stays open", last(path), rung + 1),
        Some(TimerOf::Clock { clock, rung: None }) => format!("{}: the target", in_words(clock)),
        Some(TimerOf::Clock { clock, rung: Some(rung) }) => format!("{}: step {} on the way", in_words(clock), rung + 1),
        None => last(name),
    }
}

fn timer_fell_due(name: &str) -> String {
    let last = |path: &str| in_words(path.rsplit('.').next().unwrap_or(path));
    match TimerOf::read(name) {
        Some(TimerOf::State { path, name }) => format!("The time of “{}” was up in {}", last(name), last(path)),
        Some(TimerOf::Invoke { key }) => format!("{} took too long", effect_words(key)),
        Some(TimerOf::Task { path, rung }) => format!("The task {} stayed open: step {} was due", in_quotes(path), rung + 1),
        Some(TimerOf::Clock { clock, rung: None }) => format!("The target of {} was missed", in_words(clock)),
        Some(TimerOf::Clock { clock, rung: Some(rung) }) => format!("{}: step {} was due", in_words(clock), rung + 1),
        None => format!("The time of {} was up", in_quotes(name)),
    }
}

/// Of an effect's key, `INSTANCE:SEQUENCE:NAME`, what was asked for.
fn effect_words(key: &str) -> String {
    let name = key.splitn(3, ':').nth(2).unwrap_or(key);
    in_words(name.split('~').next().unwrap_or(name))
}

/// The last name of a path.
fn in_quotes(path: &str) -> String {
    format!("“{}”", in_words(path.rsplit('.').next().unwrap_or(path)))
}

fn task_words(input: &Value, reading: &Reading) -> String {
    let text = |name: &str| member(input, name);
    let task = in_quotes(text("task"));
    let to = input.field("to").map(|actor| match member(actor, "name") {
        "" => member(actor, "id"),
        name => name,
    });
    let to = to.unwrap_or("nobody");
    match text("act") {
        "claim" => format!("Claimed the task {task}"),
        "take_over" => format!("Took over the task {task} from {}", text("from")),
        "release" => format!("Gave back the task {task}"),
        "assign" => format!("Assigned the task {task} to {to}"),
        "delegate" => format!("Handed the task {task} on to {to}"),
        "acknowledge" => format!("Acknowledged that the task {task} runs late"),
        "follow_up" => match input.field("at") {
            Some(Value::Instant(at)) => format!("Put the task {task} off until {}", reading.exact(*at)),
            _ => format!("Took back that the task {task} was put off"),
        },
        "comment" => format!("Commented on the task {task}: {}", text("text")),
        "give" => match to {
            "nobody" => format!("Nobody was there to be given the task {task}"),
            to => format!("Gave the task {task} to {to}"),
        },
        "hand_over" => format!("Took the task {task} from {}", text("holder")),
        act => format!("{} the task {task}", in_words(act)),
    }
}

/// One of the system's own acts: what it is called, and what it was about.
fn act_words(act: &Value) -> String {
    let about = act.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let is_digest = value
            .as_text()
            .is_some_and(|text| text.len() >= DIGEST_CHARACTERS_MIN && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let words = match value.as_list() {
            Some(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
            None => plain(value),
        };
        (&**name != "act" && !is_digest && !words.is_empty()).then(|| format!("{}: {words}", in_words(name).to_lowercase()))
    });
    let about: Vec<String> = about.collect();
    match about.is_empty() {
        true => in_words(member(act, "act")),
        false => format!("{} ({})", in_words(member(act, "act")), about.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::value::json;

    use super::*;

    fn reading() -> Reading {
        let now = "2026-03-02T08:00:00Z".parse().expect("a moment");
        Reading {
            now,
            zone: jiff::tz::TimeZone::UTC,
        }
    }

    #[test]
    fn what_came_is_said_in_words() {
        let check = |input: &str, expected: &str| {
            assert_eq!(what(&json::read(input).expect("our own"), &reading()), expected, "{input}");
        };
        check(r#"{"kind": "start"}"#, "Started");
        check(r#"{"kind": "event", "event": "ACCEPT_ORDER"}"#, "Accept order");
        check(
            r#"{"kind": "task", "act": "claim", "task": "lab.inspect"}"#,
            "Claimed the task “Inspect”",
        );
        check(
            r#"{"kind": "task", "act": "give", "task": "lab.inspect", "to": {"id": "ben"}}"#,
            "Gave the task “Inspect” to ben",
        );
        check(
            r#"{"kind": "timer", "name": "lab.on_tray/remind"}"#,
            "The time of “Remind” was up in On tray",
        );
        check(
            r#"{"kind": "timer", "name": "invoke/9752aa:4:lens_calculation"}"#,
            "Lens calculation took too long",
        );
        check(
            r#"{"kind": "timer", "name": "task/lab.inspect/2"}"#,
            "The task “Inspect” stayed open: step 2 was due",
        );
        check(
            r#"{"kind": "timer", "name": "sla/turnaround/breach"}"#,
            "The target of Turnaround was missed",
        );
        check(
            r#"{"kind": "timer", "name": "sla/turnaround/1"}"#,
            "Turnaround: step 1 was due",
        );
        check(
            r#"{"kind": "adapter_answer", "effect": "9752aa:4:lens_calculation~1", "result": {}}"#,
            "Lens calculation was answered",
        );
        check(
            r#"{"kind": "adapter_answer", "effect": "9752aa:4:pay", "failure": {"message": "no such card"}}"#,
            "Pay failed: no such card",
        );
        check(
            r#"{"kind": "hold", "invoke": "9752aa:4:lens", "why": "no blank"}"#,
            "Put on hold by what it is part of: no blank",
        );
        check(
            r#"{"kind": "act", "act": {"act": "deployed", "workflow": "ticket", "definition": "0000000000000000000000000000000000000000000000000000000000000000"}}"#,
            "Deployed (workflow: ticket)",
        );
    }

    #[test]
    fn who_did_it_is_said_where_somebody_did() {
        let check = |entry: &str, expected: Option<&str>| {
            assert_eq!(by(&json::read(entry).expect("our own")).as_deref(), expected, "{entry}");
        };
        check(r#"{"actor": {"kind": "person", "id": "nora"}}"#, Some("by nora"));
        check(
            r#"{"actor": {"kind": "person", "id": "nora", "name": "Nora Berg", "on_behalf_of": "ada"}}"#,
            Some("by Nora Berg (nora), on behalf of ada"),
        );
        check(
            r#"{"actor": {"kind": "adapter", "id": "lens_design"}}"#,
            Some("by the adapter lens design"),
        );
        check(
            r#"{"actor": {"kind": "engine", "id": "engine"}, "input": {"kind": "timer"}}"#,
            None,
        );
        check(
            r#"{"actor": {"kind": "engine", "id": "engine"}, "input": {"kind": "task", "act": "give"}}"#,
            Some("by the engine"),
        );
    }

    #[test]
    fn what_a_timer_is_about_is_said_in_words() {
        let check = |name: &str, expected: &str| assert_eq!(timer_words(name), expected, "{name}");
        check("in_lab.on_tray/remind", "On tray: remind");
        check(
            "invoke/9752aa:4:lens_calculation",
            "Lens calculation: the longest that is waited for it",
        );
        check("sla/turnaround/breach", "Turnaround: the target");
        check("sla/turnaround/2", "Turnaround: step 2 on the way");
    }
}
