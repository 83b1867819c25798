//! `status`: how it goes.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_number, member_texts};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    target: Target,
}

impl Status {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let operations = self.target.ask(terminal, Call::get(&["operations"])).await?.value()?;
        terminal.answer(&operations, || in_words(&operations));
        match member_texts(&operations, "troubles").is_empty() {
            true => Ok(Exit::Done),
            false => Ok(Exit::No),
        }
    }
}

fn in_words(operations: &Value) -> String {
    let troubles = member_texts(operations, "troubles");
    let mut words = match troubles.is_empty() {
        true => "All goes well.\n".to_owned(),
        false => troubles.iter().map(|trouble| format!("{trouble}.\n")).collect(),
    };
    words.push_str(&format!("\n{}\n{}", nodes(operations), waiting(operations)));
    words
}

fn nodes(operations: &Value) -> String {
    let mut table = Table::new(["NODE", "STATE", "SEEN", "SINCE", "VERSION", "TAKEN/MIN", "WAITING"]);
    for node in member_items(operations, "nodes") {
        table.row([
            member(node, "node").to_owned(),
            member(node, "state").to_owned(),
            member(node, "seen_at").to_owned(),
            member(node, "started_at").to_owned(),
            member(node, "version").to_owned(),
            member_number(node, "taken_last_minute").to_string(),
            member_number(node, "waiting").to_string(),
        ]);
    }
    table.to_string()
}

fn waiting(operations: &Value) -> String {
    let mut table = Table::new(["WAITS", "COUNT", "OLDEST"]);
    let mut row = |what: String, waiting: Option<&Value>| {
        let Some(waiting) = waiting else { return };
        let more = waiting.field("more").and_then(Value::as_boolean) == Some(true);
        let count = member_number(waiting, "count");
        table.row([
            what,
            format!("{count}{}", if more { " or more" } else { "" }),
            match member(waiting, "oldest") {
                "" => "-".to_owned(),
                oldest => oldest.to_owned(),
            },
        ]);
    };
    for what in ["timers", "messages", "incidents"] {
        row(what.to_owned(), operations.field(what));
    }
    for effects in member_items(operations, "effects") {
        row(format!("effects of {}", member(effects, "adapter")), effects.field("waiting"));
    }
    table.to_string()
}
