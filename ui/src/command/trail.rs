//! `trail`: what happened to an instance, or to all of them.

mod history;

use axum::http::header;
use statewright_core::diagnostic::Code;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;

use self::history::Filters;
use super::*;
use crate::client::Call;
use crate::failure::{Exit, Failure};
use crate::http::{JSON_LINES, TRAIL_LINES_MAX};
use crate::json::{member, member_items, member_number, member_texts};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Trail {
    /// The instance, as `WORKFLOW/KEY`; without it, what happened to all of them, the newest first
    instance: Option<String>,
    /// Write the entries' own bytes, a line each, and the head line behind them: what `verify` takes
    #[arg(long, requires = "instance", conflicts_with = "Filters")]
    export: bool,
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    target: Target,
}

impl Trail {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: Option<InstanceName> = self.instance.as_deref().map(str::parse).transpose()?;
        let Some(instance) = instance.as_ref().filter(|_| !self.filters.are_given()) else {
            let call = self.filters.call(instance.as_ref());
            let page = self.target.ask(terminal, call).await?.value()?;
            history::tell(&page, terminal);
            return Ok(Exit::Done);
        };
        let desk = self.target.open(terminal).await?;
        let written = if self.export || terminal.json {
            export(&desk, instance, terminal).await
        } else {
            tell(&desk, instance, terminal).await
        };
        desk.close().await;
        written.map(|()| Exit::Done)
    }
}

/// Page after page, each as it comes.
async fn export(desk: &Desk, instance: &InstanceName, terminal: Terminal) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let call = Call::get(&["instances", &instance.workflow, &instance.key, "trail"])
            .query("after", Some(after))
            .query("limit", Some(TRAIL_LINES_MAX))
            .header(header::ACCEPT, Some(JSON_LINES));
        let reply = desk.client.call(call).await?;
        terminal.data(&reply.body);
        let last = reply
            .body
            .trim_ascii_end()
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if last.is_empty() || last.starts_with(b"{\"head\":") {
            return Ok(());
        }
        // Entries may be missing, so that how many there are does not say how far they go.
        after = sequence(last).filter(|reached| *reached > after).ok_or_else(|| {
            let sentence = format!("The trail of {instance} cannot be read beyond entry {after}");
            Failure::no(Code::Damaged, sentence)
                .hint("Run `statewright verify` on the store: it says what is wrong with each entry")
        })?;
    }
}

fn sequence(entry: &[u8]) -> Option<u64> {
    let entry = EntryText::read(std::str::from_utf8(entry).ok()?).ok()?;
    entry.sequence().ok()
}

async fn tell(desk: &Desk, instance: &InstanceName, terminal: Terminal) -> Result<(), Failure> {
    let mut after = Some(0);
    while let Some(sequence) = after {
        let call = Call::get(&["instances", &instance.workflow, &instance.key, "trail"]).query("after", Some(sequence));
        let page = desk.client.call(call).await?.value()?;
        terminal.data(table(member_items(&page, "entries"), sequence == 0));
        after = page.field("after").and_then(Value::as_integer);
    }
    Ok(())
}

fn table(entries: &[Value], first: bool) -> String {
    let heads = if first {
        ["#", "AT", "BY", "INPUT", "VERDICT", "THEN IN"]
    } else {
        [""; 6]
    };
    let mut table = Table::new(heads);
    for entry in entries {
        table.row([
            member_number(entry, "sequence").to_string(),
            moment(entry.field("at")),
            entry.field("actor").map_or_else(String::new, who),
            entry.field("input").map_or_else(String::new, what),
            verdict(entry),
            entry
                .field("after")
                .map(|after| member_texts(after, "states").join(", "))
                .unwrap_or_default(),
        ]);
    }
    let text = table.to_string();
    if first { text } else { text.trim_start().to_owned() }
}

/// Moments stand in an entry in the tagged form, or as plain text.
fn moment(value: Option<&Value>) -> String {
    let tagged = value.and_then(|value| value.field("$instant")).or(value);
    tagged.and_then(Value::as_text).unwrap_or_default().to_owned()
}

fn who(actor: &Value) -> String {
    let name = match member(actor, "name") {
        "" => member(actor, "id"),
        name => name,
    };
    match member(actor, "kind") {
        "person" | "engine" => name.to_owned(),
        kind => format!("{kind} {name}"),
    }
}

fn what(input: &Value) -> String {
    let detail = ["event", "name", "effect", "send"]
        .into_iter()
        .map(|name| member(input, name))
        .find(|text| !text.is_empty());
    match (member(input, "kind"), detail) {
        ("event", Some(event)) => event.to_owned(),
        ("act", _) => act(input),
        ("send_answer", Some(send)) => format!("send_answer {send}: {}", outcome(input)),
        (kind, Some(detail)) => format!("{kind} {detail}"),
        (kind, None) => kind.to_owned(),
    }
}

/// What became of what was sent, and why, if it was not taken.
fn outcome(input: &Value) -> String {
    match member(input, "why") {
        "" => member(input, "outcome").to_owned(),
        why => format!("{} ({why})", member(input, "outcome")),
    }
}

/// One of the system's own acts: its name, and what it was about.
fn act(input: &Value) -> String {
    let Some(members) = input.field("act").and_then(Value::as_object) else {
        return "act".to_owned();
    };
    let mut words = vec![members.get("act").and_then(Value::as_text).unwrap_or("act").to_owned()];
    for (name, value) in members.iter().filter(|(name, _)| &***name != "act") {
        words.push(match value.as_text() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={}", to_interface(value)),
        });
    }
    words.join(" ")
}

fn verdict(entry: &Value) -> String {
    let reasons: Vec<String> = member_items(entry, "reasons")
        .iter()
        .map(|reason| match member(reason, "field") {
            "" => member(reason, "sentence").to_owned(),
            field => format!("{field}: {}", member(reason, "sentence")),
        })
        .collect();
    match reasons.as_slice() {
        [] => member(entry, "verdict").to_owned(),
        reasons => format!("{}: {}", member(entry, "verdict"), reasons.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::value::json;

    use super::*;

    fn check(entry: &str, expected: [&str; 2]) {
        let entry = json::read(entry).expect("our own");
        let said = [entry.field("input").map_or_else(String::new, what), verdict(&entry)];
        assert_eq!(said, expected);
    }

    #[test]
    fn an_entry_says_what_came_and_what_became_of_it() {
        check(
            r#"{"input": {"act": {"act": "deployed", "definition": "ab", "workflow": "ticket"}, "kind": "act"}, "verdict": "recorded"}"#,
            ["deployed definition=ab workflow=ticket", "recorded"],
        );
        check(
            r#"{"input": {"kind": "send_answer", "outcome": "refused", "send": "3:1", "why": "no stock"}, "verdict": "taken"}"#,
            ["send_answer 3:1: refused (no stock)", "taken"],
        );
        check(
            r#"{"input": {"event": "SET", "kind": "event"}, "reasons": [{"field": "qty", "sentence": "must be a whole number"}], "verdict": "refused"}"#,
            ["SET", "refused: qty: must be a whole number"],
        );
    }
}
