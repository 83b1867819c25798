//! `inbox`: what somebody was told, and the conversation of an instance.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Inbox {
    /// The conversation of this instance (`WORKFLOW/KEY`) instead, the oldest first
    #[arg(long, value_name = "INSTANCE")]
    thread: Option<String>,
    /// At most so many
    #[arg(long)]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Inbox {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: Option<InstanceName> = self.thread.as_deref().map(str::parse).transpose()?;
        let call = match &instance {
            Some(instance) => Call::get(&["instances", &instance.workflow, &instance.key, "thread"]),
            None => Call::get(&["inbox"]),
        };
        let call = call.query("limit", self.limit).query("after", self.after);
        let page = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&page, || table(member_items(&page, "notices")));
        let after = member(&page, "after");
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after {after}`"));
        }
        Ok(Exit::Done)
    }
}

fn table(notices: &[Value]) -> String {
    let cells = |notice: &Value| {
        [
            format!("{}/{}", member(notice, "workflow"), member(notice, "key")),
            member(notice, "text").to_owned(),
            member(notice, "at").to_owned(),
        ]
    };
    if notices.iter().all(|notice| member(notice, "quiet_until").is_empty()) {
        let mut table = Table::new(["INSTANCE", "NOTICE", "AT"]);
        notices.iter().for_each(|notice| table.row(cells(notice)));
        return table.to_string();
    }
    let mut table = Table::new(["INSTANCE", "NOTICE", "AT", "QUIET UNTIL"]);
    for notice in notices {
        let [instance, text, at] = cells(notice);
        table.row([instance, text, at, member(notice, "quiet_until").to_owned()]);
    }
    table.to_string()
}
