//! A trail for people: one line an entry.

use std::sync::Arc;

use jiff::tz::TimeZone;
use statewright_core::step::{NOT_NEEDED, TimerOf};
use statewright_core::trail::EntryText;
use statewright_core::value::{Object, Value};

use super::moment::shown;
use crate::store::TrailRow;

/// Lines of one trail that are shown: the last ones, which led there.
const LINES_MAX: usize = 40;

/// The last entries, a line each.
pub(super) fn lines(rows: &[TrailRow], zone: &TimeZone) -> Vec<String> {
    let skipped = rows.len().saturating_sub(LINES_MAX);
    let entries = rows.iter().skip(skipped);
    let lines = entries.map(|row| match EntryText::read(&row.bytes) {
        Ok(entry) => line(row.sequence, &entry, zone),
        Err(error) => format!("{:>4}  unreadable: {error}", row.sequence),
    });
    let first = (skipped > 0).then(|| format!("   …  {skipped} entries before"));
    first.into_iter().chain(lines).collect()
}

fn line(sequence: u64, entry: &EntryText, zone: &TimeZone) -> String {
    let at = entry.at().map_or_else(|_| "?".into(), |at| shown(at, zone));
    let who = entry.actor().map_or_else(|_| "?".into(), |actor| actor.id);
    let mut line = format!("{sequence:>4}  {at}  {who}  {}", what(entry));
    let to = entry.input().and_then(|input| input.get("to")?.field("id")?.as_text());
    line.extend(to.map(|to| format!(" to {to}")));
    match entry.verdict() {
        Ok("taken") | Err(_) => {}
        Ok(verdict) => {
            line.push_str(&format!(": {verdict}"));
            let reasons = reasons(entry);
            if !reasons.is_empty() {
                line.push_str(&format!(" ({})", reasons.join("; ")));
            }
        }
    }
    if entry.member("entered").is_some() {
        let states = entry.member("after").and_then(|after| after.field("states"));
        line.push_str(&format!(" → {}", texts(states, |state| Some(state)).join(" + ")));
    }
    let changed = texts(entry.member("changed"), |change| change.field("path"));
    if !changed.is_empty() {
        line.push_str(&format!("  [{}]", changed.join(", ")));
    }
    let told = reasons(entry);
    let notes = texts(entry.member("notes"), |note| note.field("text"));
    let notes: Vec<String> = notes.into_iter().filter(|note| !told.contains(note)).collect();
    if !notes.is_empty() {
        line.push_str(&format!("  ({})", notes.join("; ")));
    }
    line
}

/// Why it was refused, a sentence each: of a field with its name.
fn reasons(entry: &EntryText) -> Vec<String> {
    let text = |reason: &Value, member: &str| reason.field(member).and_then(Value::as_text).map(str::to_owned);
    let mut reasons: Vec<String> = Vec::new();
    for reason in entry.member("reasons").and_then(Value::as_list).unwrap_or_default() {
        let Some(sentence) = text(reason, "sentence") else { continue };
        let said = match text(reason, "field") {
            Some(field) => format!("{field} {sentence}"),
            None => sentence,
        };
        if !reasons.contains(&said) {
            reasons.push(said);
        }
    }
    reasons
}

/// What came, by one name: `start`, `place`, an event, `after.NAME`, `done.ID`, `error.ID`, `sent.taken.ID`, `task.ACT`, `wake`.
pub(super) fn what(entry: &EntryText) -> String {
    let nothing = Object::new();
    let input = entry.input().unwrap_or(&nothing);
    let text = |name: &str| input.get(name).and_then(Value::as_text).unwrap_or_default();
    let transitions = entry.member("transitions").and_then(Value::as_list).unwrap_or_default();
    let first = transitions.first().and_then(|transition| transition.field("event"));
    let first = first
        .and_then(Value::as_text)
        .filter(|event| *event != "always")
        .map(str::to_owned);
    match entry.input_kind() {
        "event" => text("event").into(),
        "timer" => first.unwrap_or_else(|| {
            let name = text("name");
            match TimerOf::read(name) {
                Some(TimerOf::State { name, .. }) => format!("after.{name}"),
                _ => name.into(),
            }
        }),
        "adapter_answer" => first.unwrap_or_else(|| {
            let ended = if input.contains_key("failure") { "error" } else { "done" };
            format!("{ended}.{}", effect_name(text("effect")))
        }),
        "adapter_report" => first.unwrap_or_else(|| {
            let name = effect_name(text("effect"));
            match text("report") {
                "undone" => format!("{name}.undone"),
                report => format!("{report}.{name}"),
            }
        }),
        "send_answer" => first.unwrap_or_else(|| format!("sent.{}", text("outcome"))),
        "task" => format!("task.{}", text("act")),
        kind => kind.into(),
    }
}

/// The name of the timer of the rung that fired here, of a task (`task/PATH/1`) or of a clock (`sla/NAME/1`). One that was not needed any
/// more did not.
pub(crate) fn rung(bytes: &str) -> Option<Arc<str>> {
    let entry = EntryText::read(bytes).ok()?;
    let name = entry.input()?.get("name")?.as_text()?;
    let is_rung = entry.input_kind() == "timer" && TimerOf::read(name).is_some_and(|of| of.is_of_a_ladder());
    let notes = entry.member("notes").and_then(Value::as_list).unwrap_or_default();
    let is_needed = !notes
        .iter()
        .any(|note| note.field("kind").and_then(Value::as_text) == Some(NOT_NEEDED));
    (is_rung && is_needed && entry.verdict() == Ok("taken")).then(|| name.into())
}

/// The `ID` of an effect's key: of `instance:sequence:name~ordinal` the name.
pub(super) fn effect_name(key: &str) -> &str {
    let name = key.splitn(3, ':').nth(2).unwrap_or(key);
    name.split_once('~').map_or(name, |(name, _)| name)
}

fn texts(list: Option<&Value>, part: fn(&Value) -> Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_list).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| part(item)?.as_text().map(str::to_owned))
        .collect()
}
