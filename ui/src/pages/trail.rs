//! The trail of an instance, as people read it.

use axum::http::Method;
use serde::Serialize;
use statewright_core::step::in_words;
use statewright_core::value::{Value, json};

use super::answer::{Answer, View};
use super::asked::Asked;
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::{Reading, plain};
use crate::http::{Answered, about_instance};
use crate::json::{member, member_items, member_number, member_texts};
use crate::percent::path;

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/instances/{workflow}/{key}/trail",
    operation: "pageTrail",
    access: Access::Person,
    handler: |asked| Box::pin(show(asked)),
}];

/// Entries of a page.
const PAGE: usize = 50;

#[derive(Serialize)]
struct Model {
    title: String,
    href: String,
    entries: Vec<Entry>,
    after: Option<u64>,
}

/// An entry, in words.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub sequence: i64,
    pub at: Moment,
    pub who: String,
    pub behalf: Option<String>,
    pub what: String,
    pub verdict: String,
    pub reason: Option<String>,
    pub signed: Option<String>,
    pub refusals: Vec<String>,
    pub left: Vec<String>,
    pub entered: Vec<String>,
    pub changes: Vec<Change>,
    pub effects: Vec<String>,
    pub notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Change {
    pub path: String,
    pub from: String,
    pub to: String,
}

async fn show(asked: Asked) -> Answered<Answer> {
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    let (engine, caller) = (asked.engine(), asked.caller()?);
    let after = asked.parameter("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let rows = engine.trail(workflow, key, &caller.actor, after, PAGE).await;
    let rows = about_instance(&asked.service, caller, rows, workflow, key).await?;
    let heading = engine.heading(workflow, key, &caller.actor).await;
    let heading = about_instance(&asked.service, caller, heading, workflow, key).await?;
    let reading = asked.reading();
    let last = rows.last().map(|row| row.sequence);
    let model = Model {
        title: heading.title.clone(),
        href: format!("/instances{}", path(&[workflow, key])),
        entries: rows.iter().filter_map(|row| Entry::read(&row.bytes, &reading)).collect(),
        after: last.filter(|last| *last < heading.sequence),
    };
    Ok(View::new("trail.html", format!("Trail of {}", heading.title), model).into())
}

impl Entry {
    /// None: the bytes are no entry; `verify` says more.
    pub fn read(bytes: &str, reading: &Reading) -> Option<Self> {
        let entry = json::read(bytes).ok()?;
        let at = member(&entry, "at").parse().ok()?;
        let input = entry.field("input").unwrap_or(&Value::Null);
        let actor = entry.field("actor").unwrap_or(&Value::Null);
        let texts = |name: &str| member_texts(&entry, name).into_iter().map(in_words_of_path).collect();
        let sentences = |name: &str, what: &str| {
            member_items(&entry, name)
                .iter()
                .map(|item| member(item, what).to_owned())
                .collect()
        };
        let present = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Entry {
            sequence: member_number(&entry, "sequence"),
            at: reading.moment(at),
            who: who(actor),
            behalf: present(member(actor, "on_behalf_of")),
            what: what(input),
            verdict: member(&entry, "verdict").to_owned(),
            reason: present(member(input, "reason")),
            signed: entry
                .field("signature")
                .map(|signature| member(signature, "means").to_owned()),
            refusals: sentences("reasons", "sentence"),
            left: texts("left"),
            entered: texts("entered"),
            changes: member_items(&entry, "changed").iter().map(Change::of).collect(),
            effects: member_items(&entry, "effects")
                .iter()
                .map(|effect| format!("{}.{}", member(effect, "adapter"), member(effect, "action")))
                .collect(),
            notes: sentences("notes", "text"),
        })
    }
}

impl Change {
    fn of(change: &Value) -> Self {
        let value = |name: &str| change.field(name).map(untagged).unwrap_or_default();
        Change {
            path: match change.field("path") {
                Some(Value::List(steps)) => steps.iter().map(plain).collect::<Vec<_>>().join("."),
                Some(path) => plain(path),
                None => String::new(),
            },
            from: value("from"),
            to: value("to"),
        }
    }
}

/// A value of an entry's tagged form (docs/trail-format.md): what stands in `{"$decimal": "1.50"}` is what people read.
fn untagged(value: &Value) -> String {
    let Some(object) = value.as_object() else {
        return plain(value);
    };
    let mut members = object.iter();
    match (members.next(), members.next()) {
        (Some((tag, _)), None) if &**tag == "$personal" => "personal".to_owned(),
        (Some((tag, held)), None) if tag.starts_with('$') => plain(held),
        _ => plain(value),
    }
}

fn who(actor: &Value) -> String {
    let name = match member(actor, "name") {
        "" => member(actor, "id"),
        name => name,
    };
    match member(actor, "kind") {
        "person" => name.to_owned(),
        "engine" => "the engine".to_owned(),
        kind => format!("{kind} {name}"),
    }
}

/// What came, in words.
fn what(input: &Value) -> String {
    let named = |name: &str| in_words(&member(input, name).to_lowercase());
    match member(input, "kind") {
        "start" => "Started".to_owned(),
        "event" => named("event"),
        "task" => format!("{} the task {}", named("act"), in_words_of_path(member(input, "task"))),
        "timer" => format!("Timer {}", in_words_of_path(member(input, "name"))),
        "act" => input.field("act").map(|act| in_words(member(act, "act"))).unwrap_or_default(),
        kind => match ["name", "effect", "send", "clock"]
            .into_iter()
            .map(|name| member(input, name))
            .find(|name| !name.is_empty())
        {
            Some(name) => format!("{} {name}", in_words(kind)),
            None => in_words(kind),
        },
    }
}

fn in_words_of_path(path: &str) -> String {
    in_words(path.rsplit('.').next().unwrap_or(path))
}
