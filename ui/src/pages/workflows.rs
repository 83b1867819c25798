//! The workflows: which are live, how they are drawn, and where their instances stand.

use axum::http::Method;
use serde::Serialize;
use statewright_core::step::in_words;
use statewright_engine::error::EngineError;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::drawn;
use super::moment::Moment;
use super::route::{Access, Page};
use crate::http::{Answered, moment_of};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/workflows",
        operation: "pageWorkflows",
        access: Access::Person,
        handler: |asked| Box::pin(list(asked)),
    },
    Page {
        method: Method::GET,
        path: "/workflows/{name}",
        operation: "pageWorkflow",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked)),
    },
];

#[derive(Serialize)]
struct Listed {
    href: String,
    name: String,
    title: String,
    description: Option<String>,
}

#[derive(Serialize)]
struct Workflows {
    workflows: Vec<Listed>,
}

#[derive(Serialize)]
struct Model {
    name: String,
    title: String,
    description: Option<String>,
    definition: String,
    diagram: Result<String, String>,
    /// It is shown in its whole size.
    whole: bool,
    href: String,
    counted: drawn::Counted,
    counted_max: usize,
    files: Vec<File>,
    cases: String,
    /// Since when it is live, and by whom; None: it is longer ago than is looked back.
    live: Option<Live>,
    /// When this version was there first.
    first: Option<Moment>,
}

#[derive(Serialize)]
struct Live {
    since: Moment,
    by: String,
}

#[derive(Serialize)]
struct File {
    name: String,
    text: String,
}

async fn list(asked: Asked) -> Answered<Answer> {
    let registry = asked.engine().registry();
    registry.refresh().await?;
    let mut workflows = Vec::new();
    for (name, hash) in registry.live_hashes() {
        let known = registry.chart(hash).await?;
        workflows.push(Listed {
            href: format!("/workflows{}", path(&[&name])),
            title: in_words(&name),
            name: name.to_string(),
            description: known.chart.description.clone(),
        });
    }
    Ok(View::new("workflows.html", "Workflows", Workflows { workflows }).into())
}

async fn show(asked: Asked) -> Answered<Answer> {
    let (engine, name) = (asked.engine(), asked.segment("name"));
    let known = engine.registry().live(name).await?;
    let chart = &known.chart;
    let stored = engine.store().definition(chart.definition).await.map_err(EngineError::from)?;
    let reading = asked.reading();
    let first = stored.as_ref().map(|stored| reading.moment(moment_of(stored.deployed_at_us)));
    let live = engine.live_since(name, chart.definition).await?.map(|live| Live {
        since: reading.moment(live.at),
        by: live.by.name.unwrap_or(live.by.id).to_string(),
    });
    let files = stored.map(|stored| files(&stored.source)).unwrap_or_default();
    let (diagram, counted) = drawn::of_workflow(&asked, chart).await?;
    let model = Model {
        name: name.to_owned(),
        title: in_words(name),
        description: chart.description.clone(),
        definition: chart.definition.to_string(),
        diagram,
        whole: drawn::is_wanted_whole(&asked),
        href: format!("/workflows{}", path(&[name])),
        counted,
        counted_max: drawn::COUNTED_MAX,
        files,
        cases: query("/instances", &[("workflow", name)]),
        live,
        first,
    };
    Ok(View::new("workflow.html", in_words(name), model).into())
}

/// The files that a definition is kept as.
fn files(source: &str) -> Vec<File> {
    match statewright_core::lang::Bundle::read(source) {
        Ok(bundle) => bundle
            .files
            .into_iter()
            .map(|(name, text)| File {
                name: name.to_string(),
                text: text.to_string(),
            })
            .collect(),
        Err(_) => Vec::new(),
    }
}
