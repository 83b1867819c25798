//! `inbox`: what somebody was told.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, object, text};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Inbox {
    /// Say that this notice was read, by its place in `--json`
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["limit", "after"])]
    read: Option<String>,
    /// Say that everything there is now was read
    #[arg(long, conflicts_with_all = ["limit", "after", "read"])]
    all_read: bool,
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
        if let Some(place) = &self.read {
            return mark_read(&self.target, terminal, "notice", place).await;
        }
        if self.all_read {
            let call = Call::get(&["inbox"]).query("limit", Some(1));
            let newest = self.target.ask(terminal, call).await?.value()?;
            return match member_items(&newest, "notices").first() {
                Some(newest) => mark_read(&self.target, terminal, "up_to", member(newest, "place")).await,
                None => Ok(Exit::Done),
            };
        }
        let call = Call::get(&["inbox"]).query("limit", self.limit).query("after", self.after);
        let page = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&page, || table(member_items(&page, "notices")));
        let after = member(&page, "after");
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after {after}`"));
        }
        Ok(Exit::Done)
    }
}

/// Keeps that what `name` says was read.
async fn mark_read(target: &Target, terminal: Terminal, name: &'static str, place: &str) -> Outcome {
    let call = Call::post(&["inbox", "read"], object([(name, text(place))]));
    target.ask(terminal, call).await?;
    terminal.note(format_args!("it is read"));
    Ok(Exit::Done)
}

fn table(notices: &[Value]) -> String {
    let cells = |notice: &Value| {
        [
            format!("{}/{}", member(notice, "workflow"), member(notice, "key")),
            member(notice, "text").to_owned(),
            if is_read(notice) { "yes" } else { "no" }.to_owned(),
            member(notice, "at").to_owned(),
        ]
    };
    if notices.iter().all(|notice| member(notice, "quiet_until").is_empty()) {
        let mut table = Table::new(["INSTANCE", "NOTICE", "READ", "AT"]);
        notices.iter().for_each(|notice| table.row(cells(notice)));
        return table.to_string();
    }
    let mut table = Table::new(["INSTANCE", "NOTICE", "READ", "AT", "QUIET UNTIL"]);
    for notice in notices {
        let [instance, text, read, at] = cells(notice);
        table.row([instance, text, read, at, member(notice, "quiet_until").to_owned()]);
    }
    table.to_string()
}

fn is_read(notice: &Value) -> bool {
    notice.field("read") == Some(&Value::Boolean(true))
}
