//! `task`: what is done with a task beside finishing it, which is an event.

use axum::http::header;
use clap::Subcommand;
use statewright_core::value::Value;

use super::start::answer;
use super::*;
use crate::client::Call;
use crate::http::IDEMPOTENCY_KEY;
use crate::json::{present, text, text_or_null};

#[derive(Debug, Args)]
pub struct Task {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Take it
    Claim(Which),
    /// Take it from whoever holds it and is away, or has kept it too long
    TakeOver {
        #[command(flatten)]
        which: Which,
        /// Who holds it: who has taken it meanwhile keeps it
        #[arg(long, value_name = "USER")]
        from: String,
    },
    /// Give it back
    Release {
        #[command(flatten)]
        which: Which,
        /// What the next one should know
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Give it to somebody, whoever holds it now
    Assign(Given),
    /// Hand on what you hold yourself
    Delegate(Given),
    /// Say that you know of it
    Acknowledge(Which),
    /// Say from when on it is urgent
    FollowUp {
        #[command(flatten)]
        which: Which,
        /// A moment, such as `2026-03-02T08:00:00Z`; without it, as the workflow says
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
    },
    /// Keep a comment in the trail
    Comment {
        #[command(flatten)]
        which: Which,
        /// What is to be kept
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// The instance, as `WORKFLOW/KEY`
    instance: String,
    /// The task, by the id or the name that `tasks` gives
    task: String,
    /// Do it only on this revision (the `revision` that `show` gave)
    #[arg(long, value_name = "REVISION")]
    if_match: Option<u64>,
    /// Your name for this request: sent again under it, it is done once and gets its first answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
struct Given {
    #[command(flatten)]
    which: Which,
    /// Who is to have it: a user whom it is for
    #[arg(long, value_name = "USER")]
    to: String,
}

impl Task {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let (word, which, body) = match self.act {
            Act::Claim(which) => ("claim", which, present([])),
            Act::TakeOver { which, from } => ("take-over", which, present([("from", text(&from))])),
            Act::Release { which, note } => ("release", which, present([("note", text_or_null(note.as_deref()))])),
            Act::Assign(given) => ("assign", given.which, present([("to", text(&given.to))])),
            Act::Delegate(given) => ("delegate", given.which, present([("to", text(&given.to))])),
            Act::Acknowledge(which) => ("acknowledge", which, present([])),
            Act::FollowUp { which, at } => ("follow-up", which, present([("at", text_or_null(at.as_deref()))])),
            Act::Comment { which, note } => ("comment", which, present([("text", text(&note))])),
        };
        let call = which.call(word, body)?;
        answer(terminal, &self.target.ask(terminal, call).await?)
    }
}

impl Which {
    fn call(self, word: &str, body: Value) -> Result<Call, crate::failure::Failure> {
        let instance: InstanceName = self.instance.parse()?;
        let path = ["instances", &instance.workflow, &instance.key, "tasks", &self.task, word];
        Ok(Call::post(&path, body)
            .header(IDEMPOTENCY_KEY, self.idempotency_key)
            .header(header::IF_MATCH, self.if_match.map(|revision| format!("\"{revision}\""))))
    }
}
