//! `incidents`: what waits for a person, and what the person decides.

use clap::Subcommand;
use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_number, present, text_or_null};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Incidents {
    #[command(subcommand)]
    decision: Option<Decision>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Decision {
    /// Try again, with the attempts counted anew
    Retry(Settle),
    /// Give up: an effect fails, a sender is told that it was refused
    Skip(Settle),
    /// Say what an effect's result is, because it was performed or is not needed
    Repair(Repair),
}

#[derive(Debug, Args)]
struct Settle {
    /// The incident's id, as `incidents` lists it
    id: String,
    /// Why, for the trail
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
struct Repair {
    #[command(flatten)]
    settle: Settle,
    /// The result: FIELD=TEXT, FIELD:=JSON, {…}, @FILE or @-; `{}` for one without fields
    #[arg(long = "with", value_name = "RESULT", required = true)]
    with: Vec<String>,
}

impl Incidents {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let (word, settle, result) = match &self.decision {
            None => return list(&self.target, terminal).await,
            Some(Decision::Retry(settle)) => ("retry", settle, None),
            Some(Decision::Skip(settle)) => ("skip", settle, None),
            Some(Decision::Repair(repair)) => ("repair", &repair.settle, Some(super::input::read_input(&repair.with)?)),
        };
        let body = present([
            ("reason", text_or_null(settle.reason.as_deref())),
            ("result", result.map_or(Value::Null, Value::from_fields)),
        ]);
        self.target
            .ask(terminal, Call::post(&["incidents", &settle.id, word], body))
            .await?;
        terminal.note(format_args!("settled: {word} {}", settle.id));
        Ok(Exit::Done)
    }
}

async fn list(target: &Target, terminal: Terminal) -> Outcome {
    let incidents = target.ask(terminal, Call::get(&["incidents"])).await?.value()?;
    terminal.answer(&incidents, || {
        let mut table = Table::new(["ID", "INSTANCE", "KIND", "ATTEMPTS", "SINCE", "WHY"]);
        for incident in member_items(&incidents, "incidents") {
            table.row([
                member(incident, "id").to_owned(),
                format!("{}/{}", member(incident, "workflow"), member(incident, "key")),
                member(incident, "kind").to_owned(),
                member_number(incident, "attempts").to_string(),
                member(incident, "since").to_owned(),
                member(incident, "error").to_owned(),
            ]);
        }
        table.to_string()
    });
    Ok(Exit::Done)
}
