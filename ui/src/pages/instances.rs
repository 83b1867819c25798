//! Lists of instances.

use std::sync::Arc;

use axum::http::Method;
use serde::Serialize;
use statewright_engine::queries::{ListRequest, Shown};

use super::answer::{Answer, View};
use super::asked::Asked;
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::Reading;
use crate::http::{Answered, read_cursor};
use crate::percent::path;

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/instances",
    operation: "pageInstances",
    access: Access::Person,
    handler: |asked| Box::pin(show(asked)),
}];

/// Instances of a page.
const PAGE: usize = 50;

#[derive(Serialize)]
struct Model {
    rows: Vec<Row>,
    workflows: Vec<Workflow>,
    after: Option<String>,
    done: bool,
}

#[derive(Serialize)]
struct Row {
    href: String,
    title: String,
    workflow: String,
    label: Option<String>,
    done: bool,
    started: Moment,
}

#[derive(Serialize)]
struct Workflow {
    name: String,
    chosen: bool,
}

impl Row {
    fn of(shown: &Shown, reading: &Reading) -> Self {
        Row {
            href: format!("/instances{}", path(&[&shown.workflow, &shown.key])),
            title: shown.title.clone(),
            workflow: shown.workflow.to_string(),
            label: shown.label.as_deref().map(str::to_owned),
            done: shown.done,
            started: reading.moment(shown.started_at),
        }
    }
}

async fn show(asked: Asked) -> Answered<Answer> {
    let chosen = asked.parameter("workflow");
    let done = asked.parameter("done").is_some();
    let request = ListRequest {
        workflow: chosen.as_deref().map(Arc::from),
        done: Some(done),
        after: asked.parameter("after").as_deref().and_then(|after| read_cursor(after).ok()),
        limit: PAGE,
        ..ListRequest::default()
    };
    let listed = asked.engine().headings(&request, asked.actor()?).await?;
    let reading = asked.reading();
    let mut names: Vec<Arc<str>> = asked
        .engine()
        .registry()
        .live_hashes()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    let model = Model {
        rows: listed.instances.iter().map(|shown| Row::of(shown, &reading)).collect(),
        workflows: names
            .iter()
            .map(|name| Workflow {
                name: name.to_string(),
                chosen: chosen.as_deref() == Some(name),
            })
            .collect(),
        after: listed.next.map(|(at, instance)| format!("{at}.{instance}")),
        done,
    };
    Ok(View::new("instances.html", "Cases", model).topic("instances").into())
}
