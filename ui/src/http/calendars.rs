//! Calendars: which version of each is live, and making another one live.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::error::EngineError;

use super::OPERATOR;
use super::authentication::Caller;
use super::deployment::examined;
use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Reply, Route};
use super::service::Shared;
use crate::json::{object, text};

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
    let kept = examined(&service, request, "calendar", |compiled| compiled.calendar.is_some()).await?;
    let deployed = service.engine.deploy_calendar(&kept.source, &caller.actor).await?;
    Ok(kept.answer("calendar", &deployed))
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
