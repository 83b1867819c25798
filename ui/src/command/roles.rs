//! `roles`: the roles that hold.

use statewright_core::value::Value;

use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member, member_items, member_texts, members};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Roles {
    #[command(flatten)]
    target: Target,
}

impl Roles {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let roles = self.target.ask(terminal, Call::get(&["roles"])).await?.value()?;
        terminal.answer(&roles, || table(&roles));
        Ok(Exit::Done)
    }
}

fn table(roles: &Value) -> String {
    let mut table = Table::new(["ROLE", "TITLE", "INCLUDES", "SIGNS IN", "QUIET"]);
    for role in member_items(roles, "roles") {
        let two = role.field("second_factor").and_then(Value::as_boolean) == Some(true);
        let session = member(role, "session");
        let ways = [
            two.then(|| "two factors".to_owned()),
            (!session.is_empty()).then(|| format!("for {session}")),
        ];
        table.row([
            member(role, "name").to_owned(),
            member(role, "title").to_owned(),
            member_texts(role, "includes").join(","),
            ways.into_iter().flatten().collect::<Vec<_>>().join(", "),
            role.field("quiet_hours").map_or_else(String::new, quiet),
        ]);
    }
    format!("{table}openings are reviewed by {}\n", member(roles, "access_reviewer"))
}

/// `mon 22:00-07:00 Europe/London but page`.
fn quiet(quiet: &Value) -> String {
    let Some(hours) = quiet.field("hours") else {
        return String::new();
    };
    let days = members(hours).into_iter().map(|(day, hours)| {
        let hours: Vec<&str> = hours
            .as_list()
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_text)
            .collect();
        format!("{day} {}", hours.join(" "))
    });
    let but = match member(quiet, "channel") {
        "" => String::new(),
        channel => format!(" but {channel}"),
    };
    format!("{} {}{but}", days.collect::<Vec<_>>().join(", "), member(quiet, "zone"))
}
