//! Keys that no scenario holds, each with what holds it, and why no scenario can.

use std::collections::BTreeSet;

use regex::Regex;
use statewright_core::diagnostic::Code;
use statewright_tests::repository;

use super::judge::{Judgement, KeyName};

/// Keys of one construct that a test elsewhere holds.
struct Elsewhere {
    construct: &'static str,
    keys: &'static [&'static str],
    /// The file, and the test in it, which names each of the keys.
    held_by: (&'static str, &'static str),
    /// Why no scenario can see it.
    why: &'static str,
}

/// Keys whose promise is that a wrong value is refused.
struct Refused {
    construct: &'static str,
    keys: &'static [&'static str],
    /// With which code.
    code: Code,
    why: &'static str,
}

/// Keys whose absence no scenario can tell, and another value can.
struct Untold {
    construct: &'static str,
    keys: &'static [&'static str],
    why: &'static str,
}

const ELSEWHERE: &[Elsewhere] = &[];

const REFUSED: &[Refused] = &[];

const UNTOLD: &[Untold] = &[];

/// Keys that nothing holds yet. The list only shrinks.
const NOT_YET: &[(&str, &[&str])] = &[
    ("a branch", &["actions", "guard", "let", "target"]),
    ("a brand", &["colour", "logo", "name"]),
    (
        "a calendar",
        &["calendar", "exceptions", "extends", "holidays", "hours", "zone"],
    ),
    ("a call", &["action", "adapter", "expires", "id", "input", "require", "retry"]),
    ("a clock", &["count", "during", "escalate", "target"]),
    ("a column", &["field", "title"]),
    ("a compensation", &["action", "adapter", "input"]),
    (
        "a field",
        &[
            "$ref",
            "description",
            "examples",
            "help",
            "index",
            "label",
            "phi",
            "properties",
            "title",
            "type",
            "unit",
            "workflow",
        ],
    ),
    ("a file of marks", &["marks"]),
    ("a file of roles", &["apart", "roles", "roster", "substitutes", "units"]),
    ("a guard", &["if", "otherwise"]),
    ("a hand-over", &["holder", "note"]),
    ("a lane", &["in", "title"]),
    ("a migration", &["data", "drop", "from", "states", "timers"]),
    ("a notice", &["text", "thread", "to", "via"]),
    ("a page", &["start", "title", "view"]),
    ("a part of an answer", &["from", "if", "of"]),
    ("a person", &["not", "organisation", "role", "skill", "unit", "user"]),
    (
        "a portal",
        &["brand", "description", "for", "home", "pages", "portal", "title"],
    ),
    (
        "a read",
        &[
            "exact", "in", "key", "keys", "limit", "marks", "one_per", "order", "since", "take", "tasks", "where", "workflow",
        ],
    ),
    ("a retry", &["attempts", "backoff"]),
    ("a role", &["includes", "second_factor", "session", "title"]),
    ("a roster", &["from", "in", "person", "to", "unit", "workflow"]),
    ("a row of a decision", &["group", "if", "then", "when"]),
    ("a rung", &["after", "at", "raise", "take", "to", "via", "while"]),
    ("a schedule", &["cron", "dst", "missed", "send", "start", "within", "zone"]),
    ("a schema", &["schema"]),
    ("a signature", &["means", "over", "people", "with"]),
    ("a start", &["by", "guard", "input", "reason", "sign"]),
    (
        "a state",
        &[
            "after",
            "always",
            "description",
            "entry",
            "exit",
            "history",
            "initial",
            "invoke",
            "label",
            "onDone",
            "output",
            "pauses",
            "tags",
            "target",
            "task",
            "title",
            "type",
            "unique",
        ],
    ),
    (
        "a step",
        &[
            "acknowledge",
            "adapter",
            "as",
            "at",
            "blockers",
            "claim",
            "crash",
            "delegate",
            "fails",
            "for",
            "id",
            "ignored",
            "in",
            "of",
            "one",
            "other",
            "place",
            "play",
            "progress",
            "race",
            "reason",
            "release",
            "returns",
            "sign",
            "start",
            "task",
            "times",
            "undone",
            "wait",
        ],
    ),
    ("a step on the way", &["actions"]),
    ("a sum", &["max", "min", "sum"]),
    (
        "a table",
        &[
            "inputs",
            "key",
            "let",
            "mode",
            "output",
            "rows_from",
            "table",
            "tests",
            "title",
        ],
    ),
    (
        "a task",
        &[
            "auto_assign",
            "due",
            "escalate",
            "follow_up",
            "for",
            "help",
            "priority",
            "show",
            "title",
        ],
    ),
    ("a test file", &["fragments", "test", "uses"]),
    (
        "a timer",
        &[
            "actions", "at", "choose", "every", "guard", "in", "let", "reenter", "target", "times",
        ],
    ),
    (
        "a transition",
        &["choose", "guard", "let", "reason", "reenter", "sign", "target", "title"],
    ),
    (
        "a transition that no one sends",
        &["actions", "choose", "guard", "let", "reenter", "target"],
    ),
    ("a unit", &["organisation", "title"]),
    (
        "a view",
        &[
            "actions",
            "columns",
            "description",
            "for",
            "group",
            "in",
            "kind",
            "lanes",
            "measure",
            "of",
            "scan",
            "sort",
            "title",
            "view",
            "where",
        ],
    ),
    (
        "a workflow",
        &[
            "calendar",
            "key",
            "let",
            "migrate",
            "reads",
            "schedules",
            "sla",
            "start",
            "workflow",
            "zone",
        ],
    ),
    ("an access rule", &["if", "show"]),
    (
        "an action",
        &[
            "assign", "call", "drop", "each", "if", "notify", "raise", "reoffer", "send", "start", "undo", "unmark",
        ],
    ),
    (
        "an adapter's action",
        &[
            "description",
            "errors",
            "input",
            "output",
            "progress",
            "repeat_safe",
            "temporary",
            "undone",
        ],
    ),
    (
        "an adapter's contract",
        &["actions", "adapter", "description", "events", "simulate", "title"],
    ),
    ("an adapter's event", &["description", "fields", "to"]),
    ("an assignment", &["max", "on_shift", "order", "sticky"]),
    ("an initial transition", &["actions", "target"]),
    ("an instance", &["key", "workflow"]),
    (
        "an invoke",
        &[
            "action",
            "adapter",
            "compensate",
            "each",
            "expires",
            "id",
            "input",
            "key",
            "onDone",
            "onError",
            "onProgress",
            "onStart",
            "require",
            "retry",
            "timeout",
            "workflow",
        ],
    ),
    ("an order", &["by", "descending"]),
    ("what happens when clocks change", &["gap", "overlap"]),
    (
        "what is given",
        &["adapters", "calendars", "clock", "common", "on_shift", "tables"],
    ),
    ("what is raised", &["event", "with"]),
    ("what is sent by a schedule", &["event", "in", "where", "with"]),
    ("what is sent by an action", &["event", "id", "in", "start", "to", "with"]),
    ("what is started by a schedule", &["key", "with"]),
    ("what is started by an action", &["key", "with", "workflow"]),
    (
        "who may send an event",
        &[
            "adapter",
            "not",
            "organisation",
            "role",
            "schedule",
            "skill",
            "unit",
            "user",
            "workflow",
        ],
    ),
];

fn names(key: &KeyName, construct: &str, keys: &[&str]) -> bool {
    *key.0 == *construct && keys.contains(&key.1)
}

pub fn is_untold(key: &KeyName) -> bool {
    UNTOLD.iter().any(|row| names(key, row.construct, row.keys))
}

/// What is wrong with a key: nothing holds it, or a row speaks of it that need not.
pub fn problem(key: &KeyName, judgement: &Judgement) -> Option<String> {
    let elsewhere = ELSEWHERE.iter().find(|row| names(key, row.construct, row.keys));
    let refused = REFUSED.iter().find(|row| names(key, row.construct, row.keys));
    let untold = UNTOLD.iter().find(|row| names(key, row.construct, row.keys));
    let not_yet = NOT_YET.iter().any(|(construct, keys)| names(key, construct, keys));
    let held = judgement.by_absence || judgement.by_change;
    let told = refused.is_some_and(|row| judgement.codes.contains(&row.code));
    let name = format!("`{}` of {}", key.1, key.0);
    let rows = usize::from(elsewhere.is_some()) + usize::from(refused.is_some()) + usize::from(not_yet);
    if held && rows > 0 {
        return Some(format!(
            "{name}: a scenario holds it, so take it out of the lists of what none does"
        ));
    }
    if rows > 1 {
        return Some(format!("{name}: it stands in several lists"));
    }
    if untold.is_some() && !judgement.by_change {
        return Some(format!("{name}: it need not stand in `UNTOLD`"));
    }
    if let Some(row) = refused.filter(|_| !told) {
        let words = judgement.words();
        return Some(format!("{name}: no sample is refused with {}: {words}", row.code.as_str()));
    }
    if held || rows > 0 {
        return None;
    }
    let words = judgement.words();
    Some(format!("{name}: nothing fails when it breaks: {words}"))
}

/// Rows that speak of what is no key of the language, or not built.
pub fn strangers(known: &BTreeSet<KeyName>) -> Vec<String> {
    let rows = ELSEWHERE.iter().map(|row| (row.construct, row.keys));
    let rows = rows.chain(REFUSED.iter().map(|row| (row.construct, row.keys)));
    let rows = rows.chain(UNTOLD.iter().map(|row| (row.construct, row.keys)));
    let mut problems = Vec::new();
    for (construct, keys) in rows.chain(NOT_YET.iter().copied()) {
        let strange = keys
            .iter()
            .filter(|name| !known.iter().any(|key| *key.0 == *construct && key.1 == **name));
        problems.extend(strange.map(|name| format!("`{name}` of {construct} stands in a list and is no key that is built")));
    }
    problems
}

/// Rows whose test is not there, or does not speak of the key; rows without a reason.
pub fn unfounded() -> Vec<String> {
    let mut problems = Vec::new();
    for row in ELSEWHERE {
        let (file, test) = row.held_by;
        let text = std::fs::read_to_string(repository::root().join(file)).unwrap_or_default();
        let Some(body) = body_of(&text, test) else {
            problems.push(format!(
                "{file} has no test `{test}`, which is to hold {} of {}",
                row.keys.join(", "),
                row.construct
            ));
            continue;
        };
        let silent = row.keys.iter().filter(|key| {
            let word = Regex::new(&format!(r"\b{key}\b")).expect("keys are words");
            !word.is_match(body)
        });
        problems.extend(silent.map(|key| {
            format!(
                "{file}: `{test}` is to hold `{key}` of {}, and does not name it",
                row.construct
            )
        }));
    }
    let whys = ELSEWHERE.iter().map(|row| (row.construct, row.why));
    let whys = whys.chain(REFUSED.iter().map(|row| (row.construct, row.why)));
    let whys = whys.chain(UNTOLD.iter().map(|row| (row.construct, row.why)));
    let bare = whys.filter(|(_, why)| why.is_empty());
    problems.extend(bare.map(|(construct, _)| format!("a row of {construct} says no reason")));
    problems
}

/// What stands between the head of a test and its end.
fn body_of<'t>(text: &'t str, test: &str) -> Option<&'t str> {
    let head = Regex::new(&format!(r"#\[test\]\n(async )?fn {test}\(")).expect("the name is one of Rust's");
    let begin = head.find(text)?.start();
    let end = text.get(begin..)?.find("\n}\n").map_or(text.len(), |end| begin + end);
    text.get(begin..end)
}

#[test]
fn the_body_of_a_test_ends_where_it_ends() {
    let text = "#[test]\nfn a() {\n    one\n}\n\n#[test]\nfn b() {\n    two\n}\n";
    assert!(body_of(text, "a").is_some_and(|body| body.contains("one") && !body.contains("two")));
    assert_eq!(body_of(text, "c"), None);
}
