//! What is done with a task beside finishing it: claimed, given back, handed on, acknowledged, commented.

use std::sync::Arc;

use axum::http::Method;
use statewright_core::diagnostic::Code;
use statewright_core::step::{TaskAct, TaskRef, Verdict};
use statewright_engine::TaskRequest;

use super::answer::{Answer, see_other};
use super::asked::Asked;
use super::route::{Access, Page};
use crate::http::{Answered, Problem, about_instance, receiver};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[Page {
    method: Method::POST,
    path: "/tasks/{workflow}/{key}/{task}/{act}",
    operation: "pageActOnTask",
    access: Access::Person,
    handler: |asked| Box::pin(act(asked)),
}];

async fn act(asked: Asked) -> Answered<Answer> {
    let (workflow, key, task) = (asked.segment("workflow"), asked.segment("key"), asked.segment("task"));
    let request = TaskRequest {
        workflow: workflow.into(),
        key: key.into(),
        task: TaskRef::read(task),
        act: read(&asked).await?,
        actor: asked.actor()?.clone(),
        input_key: asked.input_key()?,
        expected: None,
    };
    let answer = asked.engine().act(request).await;
    let answer = about_instance(&asked.service, asked.caller()?, answer, workflow, key).await?;
    let page = format!("/tasks{}", path(&[workflow, key, task]));
    match answer.verdict {
        Verdict::Taken => Ok(see_other(match asked.segment("act") {
            // it is somebody else's now, or nobody's
            "release" | "delegate" | "assign" => "/tasks".to_owned(),
            _ => page,
        })),
        Verdict::Refused(refusals) => Err(Problem::refused(refusals)),
        _ => Ok(see_other(query(
            &format!("/instances{}", path(&[workflow, key])),
            &[("ended", task)],
        ))),
    }
}

async fn read(asked: &Asked) -> Answered<TaskAct> {
    let text = |name| asked.posted.text(name).map(Arc::from);
    let to = |sentence: &'static str| {
        asked
            .posted
            .text("to")
            .ok_or_else(|| Problem::of(Code::InputInvalid, sentence))
    };
    Ok(match asked.segment("act") {
        "claim" => TaskAct::Claim,
        "take-over" => TaskAct::TakeOver {
            from: text("from").ok_or_else(|| Problem::of(Code::InputInvalid, "Say from whom the task is taken"))?,
            away: false,
        },
        "release" => TaskAct::Release { note: text("note") },
        "acknowledge" => TaskAct::Acknowledge,
        "delegate" => TaskAct::Delegate {
            to: receiver(&asked.service, to("Say whom the task goes to")?).await?,
        },
        "assign" => TaskAct::Assign {
            to: receiver(&asked.service, to("Say whom the task goes to")?).await?,
        },
        "comment" => TaskAct::Comment {
            text: text("text").ok_or_else(|| Problem::of(Code::InputInvalid, "There is nothing to be kept"))?,
        },
        act => return Err(Problem::nothing(format_args!("act `{}` of a task", act.escape_debug()))),
    })
}
