//! Calendars: which version of each is live, and making another one live.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::diagnostic::{Code, Sources};
use statewright_core::lang::{Bundle, Compiled};
use statewright_core::value::Value;
use statewright_engine::error::EngineError;

use super::OPERATOR;
use super::authentication::Caller;
use super::body::read_document;
use super::limit::DEPLOYMENT_BYTES_MAX;
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Reply, Route};
use super::service::Shared;
use super::workflows::{bundle, lines, refused};
use crate::definition::examine_bundle;
use crate::json::{object, text, texts};

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/calendars",
        operation: "deployCalendar",
        summary: "Make a version of a calendar live",
        description: "Business time is counted along it from now on, whatever definition an instance is pinned to; deadlines that are armed stay. Another server follows within a second.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("DeploymentRequest"),
        answers: &[
            Reply {
                status: 200,
                description: "It was live already",
                content: &[("application/json", "CalendarDeployment")],
                headers: &[],
            },
            Reply {
                status: 201,
                description: "It is live now",
                content: &[("application/json", "CalendarDeployment")],
                headers: &[],
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
        path: "/v1/calendars",
        operation: "listCalendars",
        summary: "List the live calendars",
        description: "",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The calendars",
            content: &[("application/json", "Calendars")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
];

async fn deploy(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, DEPLOYMENT_BYTES_MAX, &service.bodies).await?;
    let bundle = bundle(&mut given)?;
    let _held = given.finish()?;
    let (source, warnings) = examine(bundle, "calendar", |compiled| compiled.calendar.is_some()).await?;
    let deployed = service.engine.deploy_calendar(&source, &caller.actor).await?;
    let made = object([
        ("calendar", text(&deployed.name)),
        ("changed", Value::Boolean(!deployed.unchanged)),
        ("version", text(&deployed.version.to_string())),
        ("warnings", texts(&warnings)),
    ]);
    let status = if deployed.unchanged {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok(document(status, &made))
}

/// What is kept of files that stand outside the definitions of workflows, and what the language warns of.
pub(super) async fn examine(
    bundle: Bundle,
    wanted: &'static str,
    is_wanted: fn(&Compiled) -> bool,
) -> Answered<(String, Vec<String>)> {
    let examining = tokio::task::spawn_blocking(move || -> Result<(String, Vec<String>), Problem> {
        let mut sources = Sources::new();
        let examined = examine_bundle(&mut sources, &bundle);
        let told = lines(&sources, &examined.diagnostics);
        let is_wanted = is_wanted(&examined);
        match examined.bundle.filter(|_| is_wanted) {
            Some(bundle) => Ok((bundle.canonical(), told)),
            None => Err(refused(wanted, examined.diagnostics.errors(), told)),
        }
    });
    match examining.await {
        Ok(examined) => examined,
        // It is told like a panic on the way here.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(EngineError::ShuttingDown.into()),
    }
}

async fn list(State(service): State<Shared>) -> Answered<Response> {
    let live = service.engine.store().live_calendars().await.map_err(EngineError::from)?;
    let calendars = live
        .iter()
        .map(|(name, version)| object([("name", text(name)), ("version", text(&version.to_string()))]));
    Ok(document(
        StatusCode::OK,
        &object([("calendars", Value::from_items(calendars.collect()))]),
    ))
}
