//! `show` and `list`: where instances stand.

use std::fmt::Write;

use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;

use super::*;
use crate::client::Call;
use crate::failure::{Exit, Failure};
use crate::json::{member, member_items, member_number, member_texts, members};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Show {
    /// The instance, as `WORKFLOW/KEY`
    instance: String,
    /// As it stood at this moment, in the deployment's zone: `2026-11-03T14:05`; or at a moment such as `2026-11-03T13:05:00Z`
    #[arg(long, value_name = "MOMENT", conflicts_with_all = ["entry", "conversation"])]
    at: Option<String>,
    /// As it stood after the entry of this number
    #[arg(long, value_name = "NUMBER", conflicts_with = "conversation")]
    entry: Option<u64>,
    /// What was said about it instead, the oldest first
    #[arg(long)]
    conversation: bool,
    /// Of the conversation, at most so many messages
    #[arg(long, requires = "conversation")]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR", requires = "conversation")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only instances of this workflow
    workflow: Option<String>,
    /// Only those that have ended
    #[arg(long, conflicts_with = "active")]
    done: bool,
    /// Only those that have not
    #[arg(long)]
    active: bool,
    /// Only those in this state
    #[arg(long, requires = "workflow")]
    state: Option<String>,
    /// Only those in whose indexed field this stands: `tray=12`, `order_no=A-1*`, `due=2026-01-01..2026-01-31`; may be repeated
    #[arg(long = "where", value_name = "FIELD=VALUE", requires = "workflow")]
    fields: Vec<String>,
    /// Only those started on this day, or from one day to another: `2026-01-01..2026-01-31`
    #[arg(long, value_name = "DAY")]
    started: Option<String>,
    /// At most so many
    #[arg(long)]
    limit: Option<u64>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Show {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: InstanceName = self.instance.parse()?;
        if self.conversation {
            return self.conversation_of(&instance, terminal).await;
        }
        let call = Call::get(&["instances", &instance.workflow, &instance.key])
            .query("at", self.at.as_deref())
            .query("entry", self.entry);
        let is_past = self.at.is_some() || self.entry.is_some();
        let desk = self.target.open(terminal).await?;
        let shown = desk.client.call(call).await.and_then(|reply| reply.value());
        let incidents = match &shown {
            Ok(shown) if !terminal.json && !is_past => incidents_of(&desk, shown).await,
            _ => Vec::new(),
        };
        desk.close().await;
        let shown = shown?;
        terminal.answer(&shown, || words(&shown, &incidents));
        Ok(Exit::Done)
    }

    async fn conversation_of(self, instance: &InstanceName, terminal: Terminal) -> Outcome {
        let call = Call::get(&["instances", &instance.workflow, &instance.key, "thread"]);
        let call = call.query("limit", self.limit).query("after", self.after);
        let page = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&page, || conversation::words(&page));
        let after = member(&page, "after");
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after {after}`"));
        }
        Ok(Exit::Done)
    }
}

impl List {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let done = match (self.done, self.active) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let workflow = self.workflow;
        let mut call = Call::get(&["instances"])
            .query("workflow", workflow.as_deref())
            .query("done", done)
            .query("state", self.state)
            .query("started", self.started)
            .query("limit", self.limit)
            .query("after", self.after);
        for condition in &self.fields {
            let Some((field, value)) = condition.split_once('=') else {
                let message = format!("`{condition}` is not of the form FIELD=VALUE");
                return Err(Failure::misused(Code::ParameterUnreadable, message));
            };
            call = call.query(&format!("data.{field}"), Some(value));
        }
        let desk = self.target.open(terminal).await?;
        let page = page_of(&desk, call, workflow.as_deref()).await;
        desk.close().await;
        let page = page?;
        terminal.answer(&page, || table(&page));
        let after = member(&page, "after");
        if !terminal.json && !after.is_empty() {
            terminal.note(format_args!("there are more; go on with `--after '{after}'`"));
        } else if !terminal.json && page.field("more").and_then(Value::as_boolean) == Some(true) {
            terminal.note(format_args!(
                "there are more than are looked at, and those looked at are not yours to see; say it more narrowly"
            ));
        }
        Ok(Exit::Done)
    }
}

/// What waits for a person at an instance; nothing for those who may not know.
async fn incidents_of(desk: &Desk, shown: &Value) -> Vec<Value> {
    let listed = desk
        .client
        .call(Call::get(&["incidents"]))
        .await
        .and_then(|reply| reply.value());
    let listed = listed.unwrap_or(Value::Null);
    let of_it = |incident: &&Value| {
        let same = |name: &str| member(incident, name) == member(shown, name);
        same("workflow") && same("key")
    };
    member_items(&listed, "incidents").iter().filter(of_it).cloned().collect()
}

/// A page of instances. One without any is no answer where there is no such workflow.
async fn page_of(desk: &Desk, call: Call, workflow: Option<&str>) -> Result<Value, Failure> {
    let page = desk.client.call(call).await?.value()?;
    if let Some(workflow) = workflow.filter(|_| member_items(&page, "instances").is_empty()) {
        desk.client.call(Call::get(&["workflows", workflow])).await?;
    }
    Ok(page)
}

fn words(shown: &Value, incidents: &[Value]) -> String {
    let mut out = format!(
        "{}/{}  {}\n",
        member(shown, "workflow"),
        member(shown, "key"),
        member(shown, "title")
    );
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing into a String cannot fail.
            let _ = writeln!(out, "{name:<10} {value}");
        }
    };
    let then = shown.field("as_it_stood").unwrap_or(&Value::Null);
    line("as of", member(then, "at"));
    for (name, of) in [("led there", "entry"), ("then came", "next")] {
        if let Some(entry) = then.field(of).filter(|entry| !entry.is_null()) {
            line(
                name,
                &format!("entry {} of {}", member_number(entry, "number"), member(entry, "at")),
            );
        }
    }
    if then.field("stepped").and_then(Value::as_boolean) == Some(false) {
        line("so far as", "its entries name it: it could not be stepped again");
    }
    line("revision", &member_number(shown, "revision").to_string());
    line("states", &member_texts(shown, "states").join(", "));
    line("label", member(shown, "label"));
    line("paused", &member_texts(shown, "paused").join(", "));
    line("tags", &member_texts(shown, "tags").join(", "));
    line("open until", member(shown, "open_until"));
    line("started", member(shown, "started_at"));
    line(
        "ended",
        if shown.field("done").and_then(Value::as_boolean) == Some(true) {
            "yes"
        } else {
            ""
        },
    );
    for timer in member_items(shown, "timers") {
        line("timer", &format!("{} due {}", member(timer, "name"), member(timer, "due")));
    }
    for timer in member_items(shown, "paused_timers") {
        line(
            "timer",
            &format!("{} paused, {} left", member(timer, "name"), member(timer, "remaining")),
        );
    }
    line("tasks", &member_texts(shown, "tasks").join(", "));
    for pending in member_items(shown, "signatures") {
        let signed = member_items(pending, "signed").iter().map(|signer| member(signer, "user"));
        let signed: Vec<&str> = signed.collect();
        line(
            "signed",
            &format!("{} by {}; others are to sign", member(pending, "event"), signed.join(", ")),
        );
    }
    for child in member_items(shown, "children") {
        line(
            "child",
            &format!(
                "{}/{} {}",
                member(child, "workflow"),
                member(child, "key"),
                member(child, "standing")
            ),
        );
    }
    if let Some(parent) = shown.field("parent").filter(|parent| !parent.is_null()) {
        line("parent", &format!("{}/{}", member(parent, "workflow"), member(parent, "key")));
    }
    for incident in incidents {
        line(
            "incident",
            &format!("{}  {}", member(incident, "id"), member(incident, "error")),
        );
    }
    for (name, value) in members(shown.field("data").unwrap_or(&Value::Null)) {
        if !value.is_null() {
            let _ = writeln!(out, "  {name:<16} {}", shortly(&value));
        }
    }
    for (of, words) in [("erased", "(erased since)"), ("withheld", "(personal)")] {
        for name in member_texts(then, of) {
            let _ = writeln!(out, "  {name:<16} {words}");
        }
    }
    out
}

fn table(page: &Value) -> String {
    let mut table = Table::new(["INSTANCE", "REVISION", "STATE", "LABEL", "STARTED"]);
    for instance in member_items(page, "instances") {
        table.row([
            format!("{}/{}", member(instance, "workflow"), member(instance, "key")),
            member_number(instance, "revision").to_string(),
            member_texts(instance, "states").join(", "),
            member(instance, "label").to_owned(),
            member(instance, "started_at").to_owned(),
        ]);
    }
    table.to_string()
}

/// Text as it is, anything else as JSON.
pub fn shortly(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => to_interface(other),
    }
}
