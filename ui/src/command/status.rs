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
        Ok(exit_of(&operations))
    }
}

/// What somebody should look at though nothing fails is no trouble of the system's.
fn exit_of(operations: &Value) -> Exit {
    match member_texts(operations, "troubles").is_empty() {
        true => Exit::Done,
        false => Exit::No,
    }
}

fn in_words(operations: &Value) -> String {
    let mut sentences = member_texts(operations, "troubles");
    sentences.extend(member_texts(operations, "warnings"));
    let mut words = match sentences.is_empty() {
        true => "All goes well.\n".to_owned(),
        false => sentences.iter().map(|sentence| format!("{sentence}.\n")).collect(),
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
    row("overdue tasks".to_owned(), operations.field("overdue_tasks"));
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{count, object, text, texts};

    fn operations(troubles: &[&str], warnings: &[&str]) -> Value {
        let late = object([
            ("count", count(3)),
            ("more", Value::Boolean(false)),
            ("oldest", text("2026-03-02T08:00:00Z")),
        ]);
        object([
            ("overdue_tasks", late),
            ("troubles", texts(troubles)),
            ("warnings", texts(warnings)),
        ])
    }

    #[track_caller]
    fn check(troubles: &[&str], warnings: &[&str], words: &str, exit: Exit) {
        let operations = operations(troubles, warnings);
        let said = in_words(&operations);
        assert_eq!(
            (said.split("\n\n").next(), exit_of(&operations)),
            (Some(words), exit),
            "{said}"
        );
        assert!(said.contains("overdue tasks  3      2026-03-02T08:00:00Z"), "{said}");
    }

    #[test]
    fn late_work_is_said_and_is_no_failure_of_the_system() {
        check(&[], &[], "All goes well.", Exit::Done);
        check(&[], &["People's work is late"], "People's work is late.", Exit::Done);
        check(&["Late timers"], &[], "Late timers.", Exit::No);
        let both = "Late timers.\nPeople's work is late.";
        check(&["Late timers"], &["People's work is late"], both, Exit::No);
    }
}
