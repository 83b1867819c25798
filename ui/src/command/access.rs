//! `access`: who has read personal data, and who was refused.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_texts};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Access {
    /// Only of this workflow, or of this instance, `WORKFLOW/KEY`
    of: Option<String>,
    /// Only readings of this person, or on their behalf
    #[arg(long, value_name = "USER")]
    who: Option<String>,
    /// Only those of this field
    #[arg(long)]
    field: Option<String>,
    /// Only those that were refused
    #[arg(long)]
    refused: bool,
    /// From this day or moment on
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Up to the end of this day, or to this moment
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// At most so many
    #[arg(long)]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Access {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let of = self
            .of
            .as_deref()
            .map(|of| of.split_once('/').map_or((of, None), |(of, key)| (of, Some(key))));
        let call = Call::get(&["access"])
            .query("workflow", of.map(|(workflow, _)| workflow))
            .query("key", of.and_then(|(_, key)| key))
            .query("who", self.who.as_deref())
            .query("field", self.field.as_deref())
            .query("refused", self.refused.then_some(true))
            .query("from", self.from.as_deref())
            .query("to", self.to.as_deref())
            .query("limit", self.limit)
            .query("after", self.after.as_deref());
        let page = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&page, || table(&page));
        let after = member(&page, "after");
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after {after}`"));
        }
        Ok(Exit::Done)
    }
}

fn table(page: &Value) -> String {
    let mut table = Table::new(["AT", "WHO", "BY", "OF", "FIELDS", "WHY"]);
    for reading in member_items(page, "readings") {
        let who = match member(reading, "on_behalf_of") {
            "" => member(reading, "who").to_owned(),
            away => format!("{} for {away}", member(reading, "who")),
        };
        let refused = reading.field("refused").and_then(Value::as_boolean) == Some(true);
        let keys = if refused {
            member(reading, "instance").to_owned()
        } else {
            member_texts(reading, "keys").join(", ")
        };
        table.row([
            member(reading, "at").to_owned(),
            who,
            member(reading, "by").to_owned(),
            format!("{} {keys}", member(reading, "workflow")),
            member_texts(reading, "fields").join(", "),
            if refused { "refused" } else { member(reading, "why") }.to_owned(),
        ]);
    }
    table.to_string()
}
