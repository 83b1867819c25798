//! Opening in need what is not one's to see: with a reason, for a time, and reviewed.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::chart::Grant;
use statewright_core::step::{RefusalKind, Verdict};
use statewright_core::time::in_words;
use statewright_engine::OpenRequest;
use statewright_engine::error::EngineError;

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::route::{Access, Page};
use crate::http::{Answered, Problem};
use crate::percent::path;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/instances/{workflow}/{key}/open",
        operation: "pageOpening",
        access: Access::Person,
        handler: |asked| Box::pin(async move { show(&asked, "", StatusCode::OK).await }),
    },
    Page {
        method: Method::POST,
        path: "/instances/{workflow}/{key}/open",
        operation: "pageOpen",
        access: Access::Person,
        handler: |asked| Box::pin(open(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    workflow: String,
    key: String,
    action: String,
    /// For how long it is opened, in words; the workflow may say several, by who somebody is.
    lengths: Vec<String>,
    reason: String,
    error: String,
}

/// The page on which somebody may open this.
pub fn page_of(workflow: &str, key: &str) -> String {
    format!("/instances{}", path(&[workflow, key, "open"]))
}

/// The same for what is there and what is not: what there is, is found out by giving a reason, and by that alone.
async fn show(asked: &Asked, error: &str, status: StatusCode) -> Answered<Answer> {
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    if !asked.engine().may_open(workflow, asked.actor()?).await? {
        return Err(Problem::nothing(format_args!("{workflow}/{key}")));
    }
    let known = asked.engine().registry().live(workflow).await?;
    let granted = known.chart.access.iter().filter_map(|rule| match rule.grant {
        Grant::BreakGlass(length) => Some(in_words(&length)),
        Grant::Sight | Grant::CountsOnly(_) => None,
    });
    let mut lengths: Vec<String> = granted.collect();
    lengths.dedup();
    let model = Model {
        workflow: workflow.to_owned(),
        key: key.to_owned(),
        action: page_of(workflow, key),
        lengths,
        reason: asked.posted.text("reason").unwrap_or_default().to_owned(),
        error: error.to_owned(),
    };
    Ok(View::new("open.html", "Open in need", model).status(status).into())
}

async fn open(asked: Asked) -> Answered<Answer> {
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    let request = OpenRequest {
        workflow: workflow.into(),
        key: key.into(),
        reason: asked.posted.text("reason").map(Arc::from),
        actor: asked.actor()?.clone(),
        input_key: asked.input_key()?,
    };
    let answer = match asked.engine().open(request).await {
        Ok(answer) => answer,
        Err(EngineError::NoSuchInstance { .. }) => return Err(Problem::nothing(format_args!("{workflow}/{key}"))),
        Err(error) => return Err(error.into()),
    };
    match answer.verdict {
        Verdict::Taken => Ok(see_other(format!("/instances{}", path(&[workflow, key])))),
        Verdict::Refused(refusals) => match refusals.iter().find(|refusal| refusal.kind == RefusalKind::Reason) {
            Some(refusal) => show(&asked, &refusal.sentence, StatusCode::UNPROCESSABLE_ENTITY).await,
            None => Err(Problem::refused(refusals)),
        },
        _ => Err(Problem::nothing(format_args!("{workflow}/{key}"))),
    }
}
