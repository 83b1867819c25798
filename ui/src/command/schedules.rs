//! `schedules`: what is planned.

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_number};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Schedules {
    /// Only those of this workflow
    workflow: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Schedules {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let call = Call::get(&["schedules"]).query("workflow", self.workflow);
        let schedules = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&schedules, || {
            let mut table = Table::new(["WORKFLOW", "SCHEDULE", "CRON", "ZONE", "LAST", "NEXT", "SKIPPED"]);
            for schedule in member_items(&schedules, "schedules") {
                let moment = |name: &str| match member(schedule, name) {
                    "" => "-".to_owned(),
                    moment => moment.to_owned(),
                };
                table.row([
                    member(schedule, "workflow").to_owned(),
                    member(schedule, "name").to_owned(),
                    member(schedule, "cron").to_owned(),
                    member(schedule, "zone").to_owned(),
                    moment("last"),
                    moment("next"),
                    member_number(schedule, "skipped").to_string(),
                ]);
            }
            table.to_string()
        });
        Ok(Exit::Done)
    }
}
