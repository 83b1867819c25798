//! Schedules: what is planned, and how far it has come.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::ListedSchedule;

use super::OPERATOR;
use super::body::Parameters;
use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::json::{count, instant, object, text};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/schedules",
    operation: "listSchedules",
    summary: "What is planned: the schedules of the live workflows, with their last and next runs",
    description: "`skipped` counts the missed runs that were not made up for.",
    access: Access::Role(OPERATOR),
    parameters: &[Parameter {
        name: "workflow",
        place: Place::Query,
        description: "Only of this workflow",
        schema: r#"{"type": "string"}"#,
    }],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "The schedules",
        content: &[("application/json", "Schedules")],
        headers: &[],
    }],
    problems: &[Code::NotFound],
    handler: || get(list),
}];

async fn list(State(service): State<Shared>, uri: Uri) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let workflow = parameters.text("workflow")?;
    parameters.finish()?;
    let schedules = service.engine.schedules(workflow.as_deref()).await?;
    let schedules = Value::from_items(schedules.iter().map(schedule_value).collect());
    Ok(document(StatusCode::OK, &object([("schedules", schedules)])))
}

/// Schema `Schedule`.
fn schedule_value(schedule: &ListedSchedule) -> Value {
    let moment = |moment: Option<jiff::Timestamp>| moment.map_or(Value::Null, |moment| instant(moment.as_microsecond()));
    object([
        ("cron", text(&schedule.cron)),
        ("last", moment(schedule.last.map(|(planned, _)| planned))),
        ("last_begun", moment(schedule.last.map(|(_, begun)| begun))),
        ("name", text(&schedule.name)),
        ("next", moment(schedule.next)),
        ("skipped", count(schedule.skipped)),
        ("workflow", text(&schedule.workflow)),
        ("zone", text(&schedule.zone)),
    ])
}
