//! `start` and `send`: inputs for an instance.

use axum::http::{Method, header};
use statewright_core::value::{Object, Value};

use super::input::{amend_input, hint_at_json, read_input};
use super::order_file::read_order;
use super::*;
use crate::client::{Call, Reply};
use crate::failure::Exit;
use crate::http::IDEMPOTENCY_KEY;
use crate::json::{member, member_number, member_texts, present, text, text_or_null};

#[derive(Debug, Args)]
pub struct Start {
    /// The workflow, such as `lens-order`
    workflow: String,
    /// The instance's key, for workflows that do not make it themselves
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    input: Input,
    /// Take the order's fields from a DCS (OMA) file; what `--with` says wins
    #[arg(long, value_name = "FILE")]
    from_dcs: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Send {
    /// The instance, as `WORKFLOW/KEY`
    instance: String,
    /// The event, such as `ACCEPT`
    event: String,
    #[command(flatten)]
    input: Input,
    /// Finish this task with it, by the id or the name that `tasks` gives
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Take it only on this revision (the `revision` that `show` gave)
    #[arg(long, value_name = "REVISION")]
    if_match: Option<u64>,
    #[command(flatten)]
    target: Target,
}

/// What a start and an event have in common.
#[derive(Debug, Args)]
struct Input {
    /// Input: FIELD=TEXT, FIELD:=JSON, {…}, @FILE or @-; may be given more than once, dots reach inside objects
    #[arg(long = "with", value_name = "INPUT")]
    with: Vec<String>,
    /// Why, for the trail
    #[arg(long)]
    reason: Option<String>,
    /// Sign it: with the token in use once more, or, where the command line opens the store itself, by its word
    #[arg(long)]
    sign: bool,
    /// Your name for this request: sent again under it, it is done once and gets its first answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub struct Withdraw {
    /// The instance, as `WORKFLOW/KEY`
    instance: String,
    /// The event that was signed
    event: String,
    #[command(flatten)]
    target: Target,
}

impl Input {
    fn signature(&self, target: &Target) -> Value {
        match self.sign {
            true => text(target.proof()),
            false => Value::Null,
        }
    }
}

impl Start {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let given = match &self.from_dcs {
            Some(file) => read_order(file, terminal)?,
            None => Object::new(),
        };
        let with = amend_input(given, &self.input.with)?;
        let body = present([
            ("key", text_or_null(self.key.as_deref())),
            ("reason", text_or_null(self.input.reason.as_deref())),
            ("sign", self.input.signature(&self.target)),
            ("with", Value::from_fields(with)),
        ]);
        let call = Call::post(&["instances", &self.workflow], body).header(IDEMPOTENCY_KEY, self.input.idempotency_key);
        let reply = self.target.ask(terminal, call).await;
        let reply = reply.map_err(|failure| hint_at_json(failure, &self.input.with))?;
        answer(terminal, &reply)
    }
}

impl Send {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: InstanceName = self.instance.parse()?;
        let body = present([
            ("event", text(&self.event)),
            ("reason", text_or_null(self.input.reason.as_deref())),
            ("sign", self.input.signature(&self.target)),
            ("task", text_or_null(self.task.as_deref())),
            ("with", Value::from_fields(read_input(&self.input.with)?)),
        ]);
        let call = Call::post(&["instances", &instance.workflow, &instance.key, "events"], body)
            .header(IDEMPOTENCY_KEY, self.input.idempotency_key)
            .header(header::IF_MATCH, self.if_match.map(|revision| format!("\"{revision}\"")));
        let reply = self.target.ask(terminal, call).await;
        let reply = reply.map_err(|failure| hint_at_json(failure, &self.input.with))?;
        answer(terminal, &reply)
    }
}

impl Withdraw {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let instance: InstanceName = self.instance.parse()?;
        let path = ["instances", &instance.workflow, &instance.key, "signatures", &self.event];
        answer(terminal, &self.target.ask(terminal, Call::new(Method::DELETE, &path)).await?)
    }
}

/// What became of an input.
pub fn answer(terminal: Terminal, reply: &Reply) -> Outcome {
    let answer = reply.value()?;
    terminal.answer(&answer, || {
        let label = match member(&answer, "label") {
            "" => String::new(),
            label => format!("  ({label})"),
        };
        let repeated = answer.field("repeated").and_then(Value::as_boolean) == Some(true);
        format!(
            "{}/{}  revision {}  {}{label}{}\n",
            member(&answer, "workflow"),
            member(&answer, "key"),
            member_number(&answer, "revision"),
            member_texts(&answer, "states").join(", "),
            if repeated { "  (as answered before)" } else { "" }
        )
    });
    Ok(Exit::Done)
}
