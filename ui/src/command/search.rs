//! `search`: instances by a typed or scanned word, and people by their names.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{count, member, member_items, member_texts, object, text, text_or_null};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Search {
    /// An order number, a tray, a lot, what begins so, a day such as 2026-01-31, or the names and the day of birth of somebody
    word: String,
    /// Only instances of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// Only what is just that word, not what begins so
    #[arg(long)]
    whole: bool,
    /// At most so many
    #[arg(long)]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Search {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let body = object([
            ("q", text(&self.word)),
            ("workflow", text_or_null(self.workflow.as_deref())),
            ("whole", Value::Boolean(self.whole)),
            ("limit", self.limit.map_or(Value::Null, count)),
            ("after", text_or_null(self.after.as_deref())),
        ]);
        let call = Call::post(&["search"], body);
        let hits = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&hits, || table(&hits));
        let (after, more) = (member(&hits, "after"), hits.field("more").and_then(Value::as_boolean));
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after '{after}'`"));
        } else if !terminal.json && more == Some(true) {
            terminal.note(format_args!(
                "there are more than are looked at, and those looked at are not yours to see; type more of the word"
            ));
        }
        match member_items(&hits, "hits").is_empty() {
            true => Ok(Exit::No),
            false => Ok(Exit::Done),
        }
    }
}

fn table(hits: &Value) -> String {
    let mut table = Table::new(["INSTANCE", "TITLE", "STATE", "FOUND BY", "STARTED"]);
    for hit in member_items(hits, "hits") {
        let matched = member_items(hit, "matched")
            .iter()
            .map(|matched| match member(matched, "field") {
                "" => "its key".to_owned(),
                field => format!("{field} {}", member(matched, "value")),
            });
        table.row([
            format!("{}/{}", member(hit, "workflow"), member(hit, "key")),
            member(hit, "title").to_owned(),
            member_texts(hit, "states").join(", "),
            matched.collect::<Vec<_>>().join(", "),
            member(hit, "started_at").to_owned(),
        ]);
    }
    table.to_string()
}
