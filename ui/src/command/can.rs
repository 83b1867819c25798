//! `can`: what is possible now, for whom, and why not.

use statewright_core::value::Value;

use super::show::shortly;
use super::*;
use crate::client::{Call, refusal_line};
use crate::failure::Exit;
use crate::json::{member, member_items, member_texts, members};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Can {
    /// The instance, as `WORKFLOW/KEY`
    instance: String,
    /// Only this event, with its form; the command ends with 1 if it cannot be sent
    event: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Can {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: InstanceName = self.instance.parse()?;
        let call = Call::get(&["instances", &instance.workflow, &instance.key, "can"]).query("event", self.event.as_deref());
        let offers = self.target.ask(terminal, call).await?.value()?;
        let events = member_items(&offers, "events");
        let Some(event) = &self.event else {
            terminal.answer(&offers, || table(events));
            return Ok(Exit::Done);
        };
        let allowed = events.iter().any(is_allowed);
        terminal.answer(&offers, || match events.first() {
            Some(offer) => words(offer),
            None => format!("no: nothing in {instance} answers to {event} now\n"),
        });
        Ok(if allowed { Exit::Done } else { Exit::No })
    }
}

fn is_allowed(offer: &Value) -> bool {
    offer.field("allowed").and_then(Value::as_boolean) == Some(true)
}

fn why(offer: &Value) -> String {
    let refusals: Vec<String> = member_items(offer, "refusals").iter().map(refusal_line).collect();
    match refusals.as_slice() {
        [] => "yes".to_owned(),
        refusals => format!("no: {}", refusals.join("; ")),
    }
}

fn table(offers: &[Value]) -> String {
    let mut table = Table::new(["EVENT", "TITLE", "CAN"]);
    for offer in offers {
        table.row([
            member(offer, "event").to_owned(),
            member(offer, "title").to_owned(),
            why(offer),
        ]);
    }
    table.to_string()
}

fn words(offer: &Value) -> String {
    let mut out = format!("{}  {}\n", member(offer, "event"), why(offer));
    for condition in member_texts(offer, "open") {
        out.push_str(&format!("  depends on the form: {condition}\n"));
    }
    let task = member(offer, "task");
    if !task.is_empty() {
        out.push_str(&format!("  finishes the task: {task}\n"));
    }
    if let Some(sign) = offer.field("sign").filter(|sign| !sign.is_null()) {
        let with = member(sign, "with").replace('_', " ");
        let (means, people) = (member(sign, "means"), member(sign, "people"));
        out.push_str(&format!("  to be signed by {people}, with a {with}: {means}\n"));
        let signed = member_texts(sign, "signed");
        if !signed.is_empty() {
            out.push_str(&format!("  signed already: {}\n", signed.join(", ")));
        }
    }
    if let Some(reason) = offer.field("reason").filter(|reason| !reason.is_null()) {
        out.push_str(&format!("  reason: {}\n", shortly(reason)));
    }
    let form = offer.field("form").unwrap_or(&Value::Null);
    let required = member_texts(form, "required");
    for (name, schema) in members(form.field("properties").unwrap_or(&Value::Null)) {
        let needed = if required.contains(&&*name) { "" } else { " (optional)" };
        out.push_str(&format!("  {name}{needed}: {}\n", shortly(&schema)));
    }
    out
}
