//! Incidents: timers, messages, effects and mails that wait for a person, and what an operator decides.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::identity::InstanceId;
use statewright_core::value::Value;
use statewright_core::value::document::Document;
use statewright_engine::error::EngineError;
use statewright_engine::incidents::{Decision, IncidentName};
use statewright_engine::store::{Incident, IncidentKind, InstanceRow};
use statewright_engine::unreached::UnreachedTask;

use super::OPERATOR;
use super::authentication::Caller;
use super::body::{read_document, unreadable};
use super::limit::BODY_BYTES_MAX;
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{count, instant, object, text, text_or_null};

/// The kind of a task that nobody in the directory could do.
const UNREACHED: &str = "unreached";

const ID: Parameter = Parameter {
    name: "id",
    place: Place::Path,
    description: "The incident's id, percent-encoded",
    schema: r#"{"type": "string"}"#,
};

const SETTLED: Reply = Reply {
    status: 204,
    description: "It is settled",
    content: &[],
    headers: &[],
};

const PROBLEMS: &[Code] = &[
    Code::BodyUnreadable,
    Code::NotFound,
    Code::BodyTooLarge,
    Code::MediaUnsupported,
];

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/incidents",
        operation: "listIncidents",
        summary: "What waits for a person",
        description: "Also tasks that nobody in the directory could do (`unreached`): these are not decided on, and end as soon as somebody is there.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The incidents",
            content: &[("application/json", "Incidents")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "POST",
        path: "/v1/incidents/{id}/retry",
        operation: "retryIncident",
        summary: "Try again, with the attempts counted anew",
        description: "",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: Some("Reason"),
        answers: &[SETTLED],
        problems: PROBLEMS,
        handler: || post(retry),
    },
    Route {
        method: "POST",
        path: "/v1/incidents/{id}/skip",
        operation: "skipIncident",
        summary: "Give up: an effect fails, a sender is told that it was refused, a mail is not sent",
        description: "",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: Some("Reason"),
        answers: &[SETTLED],
        problems: PROBLEMS,
        handler: || post(skip),
    },
    Route {
        method: "POST",
        path: "/v1/incidents/{id}/repair",
        operation: "repairIncident",
        summary: "Say what an effect's result is",
        description: "Because it was performed by other means, or is not needed. Only effects have results.",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: Some("Repair"),
        answers: &[SETTLED],
        problems: PROBLEMS,
        handler: || post(repair),
    },
];

async fn list(State(service): State<Shared>) -> Answered<Response> {
    let incidents = service.engine.incidents().await?;
    let ids: Vec<InstanceId> = incidents.iter().map(|incident| incident.instance).collect();
    let rows = service.engine.store().load(&ids).await.map_err(EngineError::from)?;
    let names: BTreeMap<InstanceId, InstanceRow> = rows.into_iter().flatten().map(|row| (row.instance, row)).collect();
    let incidents = incidents
        .iter()
        .map(|incident| incident_value(incident, names.get(&incident.instance)));
    let unreached = service.engine.unreached().await?;
    let all = incidents.chain(unreached.iter().map(unreached_value)).collect();
    Ok(document(StatusCode::OK, &object([("incidents", Value::from_items(all))])))
}

async fn retry(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answered<Response> {
    settle(&service, &caller, &id, request, |_| Ok(Decision::Retry)).await
}

async fn skip(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answered<Response> {
    settle(&service, &caller, &id, request, |_| Ok(Decision::Skip)).await
}

async fn repair(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answered<Response> {
    settle(&service, &caller, &id, request, |given| {
        let result = given.take("result");
        result
            .map(Decision::Repair)
            .ok_or_else(|| unreadable("`result` is missing".into()))
    })
    .await
}

async fn settle(
    service: &Service,
    caller: &Caller,
    id: &str,
    request: Request,
    decide: impl FnOnce(&mut Document) -> Answered<Decision>,
) -> Answered<Response> {
    let incident = named(id)?;
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let reason = given.text("reason")?;
    let decision = decide(&mut given)?;
    let _held = given.finish()?;
    service
        .engine
        .settle(&incident, &decision, reason.as_deref(), &caller.actor)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Schema `Incident`.
fn incident_value(incident: &Incident, row: Option<&InstanceRow>) -> Value {
    object([
        ("attempts", count(incident.attempts.into())),
        ("error", text(&incident.error)),
        ("id", text(&incident_id(incident))),
        ("instance", text(&incident.instance.to_string())),
        ("key", text_or_null(row.map(|row| &*row.key))),
        ("kind", text(kind_word(incident.kind))),
        ("name", text(&incident.name)),
        ("since", instant(incident.since_us)),
        ("workflow", text_or_null(row.map(|row| &*row.workflow))),
    ])
}

/// The same of a task that reaches nobody, which nobody settles.
fn unreached_value(task: &UnreachedTask) -> Value {
    object([
        ("attempts", count(0)),
        ("error", text(&task.why)),
        ("id", text(&format!("{}.{UNREACHED}.{}", task.instance, task.task))),
        ("instance", text(&task.instance.to_string())),
        ("key", text(&task.key)),
        ("kind", text(UNREACHED)),
        ("name", text(&task.task)),
        ("since", instant(task.since_us)),
        ("workflow", text(&task.workflow)),
    ])
}

/// The incident that a decision is about.
pub fn named(id: &str) -> Answered<IncidentName> {
    if id.split('.').nth(1) == Some(UNREACHED) {
        let why = "a task that reaches nobody is not decided on: put somebody into the directory who may do it, or send its instance an event";
        return Err(EngineError::NotRepairable(why.into()).into());
    }
    read_incident_id(id).ok_or_else(|| Problem::nothing(format_args!("incident {}", id.escape_debug())))
}

fn kind_word(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Timer => "timer",
        IncidentKind::Message => "message",
        IncidentKind::Effect => "effect",
        IncidentKind::Mail => "mail",
    }
}

/// How an incident is named: `instance.kind.name`.
pub fn incident_id(incident: &Incident) -> String {
    format!("{}.{}.{}", incident.instance, kind_word(incident.kind), incident.name)
}

fn read_incident_id(id: &str) -> Option<IncidentName> {
    let (instance, rest) = id.split_once('.')?;
    let (kind, name) = rest.split_once('.')?;
    let kind = [
        IncidentKind::Timer,
        IncidentKind::Message,
        IncidentKind::Effect,
        IncidentKind::Mail,
    ]
    .into_iter()
    .find(|known| kind_word(*known) == kind)?;
    Some(IncidentName {
        instance: instance.parse().ok()?,
        kind,
        name: name.into(),
    })
}
