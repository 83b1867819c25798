//! Workflows: what is live, the form that starts an instance, and making a definition live.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::diagnostic::{Code, Diagnostics, Sources, concise};
use statewright_core::lang::Bundle;
use statewright_core::step::{Refusal, RefusalKind};
use statewright_core::value::Value;
use statewright_core::value::document::Document;
use statewright_engine::error::EngineError;
use statewright_engine::registry::Known;

use super::OPERATOR;
use super::authentication::Caller;
use super::body::{read_document, unreadable};
use super::limit::DEPLOYMENT_BYTES_MAX;
use super::problem::{Answered, Problem};
use super::reply::{document, form_json, joined, raw, reason_value, with_location};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::definition::examine_bundle;
use crate::json::{object, text, text_or_null, texts};
use crate::percent::path;

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/workflows",
        operation: "deployWorkflow",
        summary: "Make a workflow's definition live",
        description: "New instances take it; those that run stay with the definition they began with.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("DeploymentRequest"),
        answers: &[
            Reply {
                status: 200,
                description: "It was live already",
                content: &[("application/json", "Deployment")],
                headers: &["Location"],
            },
            Reply {
                status: 201,
                description: "It is live now",
                content: &[("application/json", "Deployment")],
                headers: &["Location"],
            },
        ],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::DefinitionRefused,
        ],
        handler: || post(deploy),
    },
    Route {
        method: "GET",
        path: "/v1/workflows",
        operation: "listWorkflows",
        summary: "List the live workflows",
        description: "",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The workflows",
            content: &[("application/json", "Workflows")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/workflows/{name}",
        operation: "showWorkflow",
        summary: "A live workflow, and the form that starts an instance of it",
        description: "The form is a JSON Schema.",
        access: Access::Token,
        parameters: &[Parameter {
            name: "name",
            place: Place::Path,
            description: "The workflow's name",
            schema: r#"{"type": "string"}"#,
        }],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The workflow",
            content: &[("application/json", "Workflow")],
            headers: &["ETag"],
        }],
        problems: &[Code::NotFound],
        handler: || get(show),
    },
];

async fn deploy(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, DEPLOYMENT_BYTES_MAX, &service.bodies).await?;
    let bundle = bundle(&mut given)?;
    let _held = given.finish()?;
    let examined = examine(bundle).await?;
    let Some((source, known)) = examined.usable else {
        return Err(refused("workflow", examined.errors, examined.lines));
    };
    let deployed = service.engine.deploy_compiled(known, &source, &caller.actor).await?;
    let made = object([
        ("changed", Value::Boolean(!deployed.unchanged)),
        ("definition", text(&deployed.hash.to_string())),
        ("warnings", texts(&examined.lines)),
        ("workflow", text(&deployed.workflow)),
    ]);
    let status = if deployed.unchanged {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok(with_location(
        document(status, &made),
        &path(&["v1", "workflows", &deployed.workflow]),
    ))
}

/// What the language says of a definition.
struct Examined {
    /// What is kept, and its chart; None: the definition is refused.
    usable: Option<(String, Known)>,
    errors: usize,
    lines: Vec<String>,
}

/// The largest definitions take seconds, in which other requests go on.
async fn examine(bundle: Bundle) -> Answered<Examined> {
    let examining = tokio::task::spawn_blocking(move || {
        let mut sources = Sources::new();
        let examined = examine_bundle(&mut sources, &bundle);
        Examined {
            // What was sent may hold files that the workflow does not name; what is kept is what it does.
            usable: examined
                .bundle
                .zip(examined.chart)
                .map(|(bundle, chart)| (bundle.canonical(), Known::of(chart))),
            errors: examined.diagnostics.errors(),
            lines: lines(&sources, &examined.diagnostics),
        }
    });
    match examining.await {
        Ok(examined) => Ok(examined),
        // It is told like a panic on the way here.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(EngineError::ShuttingDown.into()),
    }
}

async fn list(State(service): State<Shared>) -> Answered<Response> {
    let live = service.engine.store().live_hashes().await.map_err(EngineError::from)?;
    let workflows = live
        .iter()
        .map(|(name, hash)| object([("definition", text(&hash.to_string())), ("name", text(name))]));
    Ok(document(
        StatusCode::OK,
        &object([("workflows", Value::from_items(workflows.collect()))]),
    ))
}

async fn show(State(service): State<Shared>, Path(name): Path<String>) -> Answered<Response> {
    let known = service.engine.registry().live(&name).await?;
    let chart = &known.chart;
    let start = joined(&[
        ("form", form_json(&chart.start.form.fields)),
        ("reason", reason_value(chart.start.reason.as_ref()).into()),
    ]);
    let definition = chart.definition.to_string();
    let workflow = joined(&[
        ("definition", text(&definition).into()),
        ("description", text_or_null(chart.description.as_deref()).into()),
        ("name", text(&chart.workflow).into()),
        ("start", super::reply::Json(start)),
        ("title", text_or_null(chart.title.as_ref().map(|title| title.source())).into()),
    ]);
    let mut response = raw(StatusCode::OK, workflow);
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{definition}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

pub(super) fn bundle(given: &mut Document) -> Answered<Bundle> {
    let main = given.required_text("main")?;
    let files = given
        .object("files")?
        .ok_or_else(|| unreadable("`files` is missing".into()))?;
    let mut texts: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    for (name, text) in files.iter() {
        let Value::Text(text) = text else {
            return Err(unreadable(format!(
                "`files.{name}` is {}; it should be text",
                text.kind().described()
            )));
        };
        texts.insert(name.clone(), text.clone());
    }
    if !texts.contains_key(&main) {
        return Err(unreadable(format!("`main` names `{main}`, which is not among the files")));
    }
    Ok(Bundle { main, files: texts })
}

/// Every problem of the files, each as a reason of its own.
pub(super) fn refused(wanted: &str, errors: usize, lines: Vec<String>) -> Problem {
    let sentence = match errors {
        0 => format!("The main file holds no {wanted}"),
        1 => "The definition has an error".to_owned(),
        errors => format!("The definition has {errors} errors"),
    };
    let refusals = lines.into_iter().map(|sentence| Refusal::new(RefusalKind::Invalid, sentence));
    Problem::of(Code::DefinitionRefused, sentence).refusals(refusals.collect())
}

/// `file:line:column: …`, one for each problem.
pub(super) fn lines(sources: &Sources, diagnostics: &Diagnostics) -> Vec<String> {
    concise(sources, diagnostics).lines().map(str::to_owned).collect()
}
