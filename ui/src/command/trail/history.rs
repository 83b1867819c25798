//! What happened to all instances, by what is looked for.

use statewright_core::value::Value;

use super::super::*;
use super::{moment, verdict, what, who};
use crate::client::Call;
use crate::json::{member, member_items, member_number};
use crate::table::Table;

#[derive(Debug, Args)]
#[group(multiple = true)]
#[command(next_help_heading = "What is looked for, by auditors")]
pub struct Filters {
    /// Only what this person did, by their user or name, or what was done on their behalf
    #[arg(long, value_name = "USER")]
    actor: Option<String>,
    /// Only where this came: an event, what was done with a task, a timer, or a kind of input such as `start`
    #[arg(long)]
    event: Option<String>,
    /// From this day or moment on
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Up to the end of this day, or to this moment
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Only of this workflow
    #[arg(long, conflicts_with = "instance")]
    workflow: Option<String>,
    /// Only what changed this field, or what stands in it under a path such as `rx.right`
    #[arg(long)]
    field: Option<String>,
    /// At most so many
    #[arg(long)]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Filters {
    pub fn are_given(&self) -> bool {
        let texts = [
            &self.actor,
            &self.event,
            &self.from,
            &self.until,
            &self.workflow,
            &self.field,
            &self.after,
        ];
        self.limit.is_some() || texts.into_iter().any(Option::is_some)
    }

    pub fn call(&self, instance: Option<&InstanceName>) -> Call {
        let workflow = instance.map(|instance| &*instance.workflow).or(self.workflow.as_deref());
        Call::get(&["trail"])
            .query("actor", self.actor.as_deref())
            .query("event", self.event.as_deref())
            .query("from", self.from.as_deref())
            .query("until", self.until.as_deref())
            .query("workflow", workflow)
            .query("key", instance.map(|instance| &*instance.key))
            .query("field", self.field.as_deref())
            .query("limit", self.limit)
            .query("after", self.after.as_deref())
    }
}

pub fn tell(page: &Value, terminal: Terminal) {
    terminal.answer(page, || table(page));
    if terminal.json {
        return;
    }
    let unreadable = member_number(page, "unreadable");
    if unreadable > 0 {
        terminal.note(format_args!(
            "{unreadable} entries cannot be read; `statewright verify` says what is wrong with them"
        ));
    }
    let after = member(page, "after");
    if !after.is_empty() {
        let (looked_at, back_to) = (member_number(page, "looked_at"), member(page, "looked_back_to"));
        terminal.note(format_args!(
            "looked through {looked_at} entries, back to {back_to}; go on with `--after {after}`"
        ));
    }
}

fn table(page: &Value) -> String {
    let mut table = Table::new(["AT", "OF", "#", "BY", "INPUT", "VERDICT", "CHANGED"]);
    for entry in member_items(page, "entries") {
        let changed: Vec<&str> = member_items(entry, "changed")
            .iter()
            .map(|change| member(change, "path"))
            .collect();
        table.row([
            moment(entry.field("at")),
            format!("{}/{}", member(entry, "workflow"), member(entry, "instance_key")),
            member_number(entry, "sequence").to_string(),
            entry.field("actor").map_or_else(String::new, who),
            entry.field("input").map_or_else(String::new, what),
            verdict(entry),
            changed.join(", "),
        ]);
    }
    table.to_string()
}
