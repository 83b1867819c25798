//! The conversation of an instance in words: `show --conversation`.

use std::fmt::Write;

use statewright_core::value::Value;

use crate::json::{member, member_items, member_number};

/// Each message under who said it, to whom, when, and who has read it.
pub fn words(page: &Value) -> String {
    let messages = member_items(page, "messages");
    let mut out = String::new();
    for message in messages {
        let to = member(message, "to");
        let to = if to.is_empty() { String::new() } else { format!(" to {to}") };
        let new = if is(message, "read") { "" } else { "  new" };
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}  {}{to}{new}", member(message, "at"), author(message));
        for line in member(message, "text").lines() {
            let _ = writeln!(out, "  {line}");
        }
        let _ = write!(out, "{}", read_by(message));
    }
    let unread = page.field("unread").unwrap_or(&Value::Null);
    let more = if is(unread, "more") { "+" } else { "" };
    let _ = match (messages.is_empty(), member_number(unread, "count")) {
        (true, _) => writeln!(out, "nothing was said"),
        (false, 0) => Ok(()),
        (false, unread) => writeln!(out, "{unread}{more} unread"),
    };
    out
}

fn author(message: &Value) -> String {
    let by = message.field("by").unwrap_or(&Value::Null);
    let id = member(by, "id");
    match (member(by, "kind"), member(by, "on_behalf_of")) {
        ("person", "") | ("adapter" | "workflow", _) => id.to_owned(),
        ("person", other) => format!("{id} for {other}"),
        ("engine" | "schedule", _) => "by itself".to_owned(),
        _ => "somebody".to_owned(),
    }
}

fn read_by(message: &Value) -> String {
    let Some(readers) = message.field("readers").filter(|readers| !readers.is_null()) else {
        return String::new();
    };
    let named = member_items(readers, "named").iter();
    let mut named: Vec<String> = named
        .map(|reader| format!("{} {}", member(reader, "user"), member(reader, "at")))
        .collect();
    if is(readers, "more") {
        named.push("others".to_owned());
    }
    match named.is_empty() {
        true => String::new(),
        false => format!("  read by {}\n", named.join(", ")),
    }
}

fn is(value: &Value, name: &str) -> bool {
    value.field(name).and_then(Value::as_boolean) == Some(true)
}
