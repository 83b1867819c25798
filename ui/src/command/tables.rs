//! `tables`: which live tables there are, what stands in one, and who made which version live.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_number};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Tables {
    /// When which version of this table was made live, and by whom; without it, the live version of each table
    name: Option<String>,
    /// What stands in it: as it is live, or as this version has it
    #[arg(long, value_name = "VERSION", num_args = 0..=1, requires = "name")]
    file: Option<Option<String>>,
    #[command(flatten)]
    target: Target,
}

impl Tables {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let call = match (&self.name, self.file) {
            (None, _) => Call::get(&["tables"]),
            (Some(name), None) => Call::get(&["tables", name, "history"]),
            (Some(name), Some(version)) => Call::get(&["tables", name]).query("version", version),
        };
        let answer = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&answer, || match answer.field("files") {
            Some(files) => files_of(&answer, files),
            None if self.name.is_some() => history(&answer),
            None => live(&answer),
        });
        Ok(Exit::Done)
    }
}

fn live(answer: &Value) -> String {
    let mut table = Table::new(["TABLE", "VERSION"]);
    for row in member_items(answer, "tables") {
        table.row([member(row, "name"), member(row, "version")].map(str::to_owned));
    }
    table.to_string()
}

/// The latest first; more are asked for with the API.
fn history(answer: &Value) -> String {
    let mut table = Table::new(["VERSION", "ENTRY", "BY", "LIVE SINCE"]);
    for row in member_items(answer, "deployments") {
        table.row([
            member(row, "version").to_owned(),
            member_number(row, "entry").to_string(),
            member(row, "by").to_owned(),
            member(row, "at").to_owned(),
        ]);
    }
    table.to_string()
}

/// Its own file first, as it was deployed; of several each has its name before it.
fn files_of(answer: &Value, files: &Value) -> String {
    let main = member(answer, "main");
    let files: Vec<(&str, &str)> = files
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, text)| (&**path, text.as_text().unwrap_or_default()))
        .collect();
    if let [(_, text)] = files.as_slice() {
        return (*text).to_owned();
    }
    let (own, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| *path == main);
    let each = own.into_iter().chain(others);
    each.map(|(path, text)| format!("# {path}\n{}\n", text.trim_end())).collect()
}
