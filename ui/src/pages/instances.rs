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
use crate::http::{Answered, read_cursor, read_search_place, search_place_text};
use crate::naming::state_at;
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
    /// Only those in this state, by its path and in words.
    state: Option<(String, String)>,
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
    let chosen = asked.parameter("workflow").filter(|workflow| !workflow.is_empty());
    let state = chosen
        .as_deref()
        .zip(asked.parameter("state"))
        .filter(|(_, state)| !state.is_empty());
    let done = asked.parameter("done").is_some();
    let (rows, after) = match &state {
        Some((workflow, state)) => in_state(&asked, workflow, state).await?,
        None => all(&asked, chosen.as_deref(), done).await?,
    };
    let mut names: Vec<Arc<str>> = asked
        .engine()
        .registry()
        .live_hashes()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    let model = Model {
        rows,
        workflows: names
            .iter()
            .map(|name| Workflow {
                name: name.to_string(),
                chosen: chosen.as_deref() == Some(name),
            })
            .collect(),
        after,
        done,
        state: match state {
            Some((workflow, state)) => {
                let known = asked.engine().registry().live(workflow).await?;
                Some((state.clone(), state_at(Some(&known.chart), &state)))
            }
            None => None,
        },
    };
    Ok(View::new("instances.html", "Cases", model).topic("instances").into())
}

/// Rows, and where the next ones begin.
type Rows = (Vec<Row>, Option<String>);

/// Newest first.
async fn all(asked: &Asked, workflow: Option<&str>, done: bool) -> Answered<Rows> {
    let request = ListRequest {
        workflow: workflow.map(Arc::from),
        done: Some(done),
        after: asked.parameter("after").as_deref().and_then(|after| read_cursor(after).ok()),
        limit: PAGE,
        ..ListRequest::default()
    };
    let (listed, reading) = (asked.engine().headings(&request, asked.actor()?).await?, asked.reading());
    let rows = listed.instances.iter().map(|shown| Row::of(shown, &reading)).collect();
    Ok((rows, listed.next.map(|(at, instance)| format!("{at}.{instance}"))))
}

/// Those that are in this state now, in no order that means anything.
async fn in_state(asked: &Asked, workflow: &str, state: &str) -> Answered<Rows> {
    let after = asked
        .parameter("after")
        .as_deref()
        .and_then(|after| read_search_place(after).ok());
    let found = asked
        .engine()
        .headings_in(workflow, state, after, PAGE, asked.actor()?)
        .await?;
    let reading = asked.reading();
    let rows = found.hits.iter().map(|hit| Row::of(&hit.shown, &reading)).collect();
    Ok((rows, found.next.as_ref().map(search_place_text)))
}
