//! Opening an instance that one may see in need; and counts, for those who are given no more.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::step::Verdict;
use statewright_core::value::Value;
use statewright_engine::OpenRequest;
use statewright_engine::error::EngineError;
use statewright_engine::intake::Answer;
use statewright_engine::queries::{COUNT_SCAN_MAX, Cell, CountBy, CountRequest, Counts};

use super::authentication::Caller;
use super::body::{Parameters, read_document, unfit};
use super::events::refused;
use super::limit::BODY_BYTES_MAX;
use super::parameter::{IDEMPOTENCY_KEY, KEY, WORKFLOW};
use super::problem::{Answered, Problem};
use super::reply::{document, with_repetition, with_revision};
use super::request::input_key;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::json::{count, object, text};
use crate::percent::path;

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/instances/{workflow}/{key}/open",
        operation: "openInstance",
        summary: "Open an instance that is yours to see only in need",
        description: "With a reason, for as long as the workflow's `access` says; then it is closed by itself. Who, when, why and until when stand in the instance's trail, and somebody else is given the task to review it. Opened again, it is open for so long from then on.",
        access: Access::Token,
        parameters: &[WORKFLOW, KEY, IDEMPOTENCY_KEY],
        body: Some("Opening"),
        answers: &[Reply {
            status: 200,
            description: "It is open",
            content: &[("application/json", "Opened")],
            headers: &["ETag", "Idempotent-Replayed"],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::Forbidden,
            Code::NotFound,
            Code::RaceLost,
            Code::Conflicting,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::IdempotencyKeyReused,
            Code::InputInvalid,
            Code::ReasonMissing,
        ],
        handler: || post(open),
    },
    Route {
        method: "GET",
        path: "/v1/workflows/{name}/counts",
        operation: "countInstances",
        summary: "How many instances there are",
        description: "Of those that the caller sees, or that `access` counts for them (`counts_only`). Of fewer unseen ones than `least` nothing is said: such cells are withheld, and with them as many others as it takes for none to be the difference of what is given. Withheld cells are not named.",
        access: Access::Token,
        parameters: &[
            Parameter {
                name: "name",
                place: Place::Path,
                description: "The workflow's name",
                schema: r#"{"type": "string"}"#,
            },
            Parameter {
                name: "by",
                place: Place::Query,
                description: "`state`, or an indexed field: a cell for each of its values",
                schema: r#"{"type": "string"}"#,
            },
            Parameter {
                name: "sum",
                place: Place::Query,
                description: "A field with numbers, which are added up for each cell",
                schema: r#"{"type": "string"}"#,
            },
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The counts",
            content: &[("application/json", "Counts")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::CountTooLarge],
        handler: || get(counts),
    },
];

/// What instances are counted by if they are counted by their states.
const STATE: &str = "state";

async fn open(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let route = format!("POST {}", path(&["v1", "instances", &workflow, &key, "open"]));
    let input_key = input_key(&parts.headers, &caller, &route)?;
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let request = OpenRequest {
        workflow: workflow.as_str().into(),
        key: key.as_str().into(),
        reason: given.text("reason")?,
        actor: (*caller.actor).clone(),
        input_key,
    };
    let _held = given.finish()?;
    let answer = match service.engine.open(request).await {
        Ok(answer) => answer,
        // that there might be one is known already
        Err(EngineError::NoSuchInstance { .. }) => return Err(Problem::nothing(format_args!("{workflow}/{key}"))),
        Err(error) => return Err(error.into()),
    };
    if answer.verdict != Verdict::Taken {
        return Err(refused(answer));
    }
    let opened = document(StatusCode::OK, &opened_value(&answer));
    Ok(with_repetition(with_revision(opened, answer.sequence), answer.duplicate))
}

async fn counts(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    uri: Uri,
) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let by = parameters.text("by")?;
    let request = CountRequest {
        workflow: name.as_str().into(),
        by: match by.as_deref() {
            None => CountBy::Nothing,
            Some(STATE) => CountBy::State,
            Some(field) => CountBy::Field(field.into()),
        },
        sum: parameters.text("sum")?.map(Arc::from),
        done: None,
        most: COUNT_SCAN_MAX,
    };
    parameters.finish()?;
    let counts = match service.engine.counts(&request, &caller.actor).await {
        Err(EngineError::NotCountable { parameter, why }) => return Err(unfit(parameter, &format!("does not fit: {why}"))),
        counted => counted?,
    };
    Ok(document(StatusCode::OK, &counts_value(&name, &counts)))
}

/// Schema `Opened`.
fn opened_value(answer: &Answer) -> Value {
    object([
        ("key", text(&answer.key)),
        ("open_until", answer.open_until.map_or(Value::Null, Value::from_instant)),
        ("repeated", Value::Boolean(answer.duplicate)),
        ("revision", count(answer.sequence)),
        ("workflow", text(&answer.workflow)),
    ])
}

/// Schema `Counts`.
fn counts_value(workflow: &str, counts: &Counts) -> Value {
    let sum = |cell: &Cell| cell.sum.clone().unwrap_or(Value::Null);
    let cell =
        |(value, cell): &(Value, Cell)| object([("count", count(cell.count)), ("sum", sum(cell)), ("value", value.clone())]);
    let total = |total: &Cell| object([("count", count(total.count)), ("sum", sum(total))]);
    object([
        ("cells", Value::from_items(counts.cells.iter().map(cell).collect())),
        ("least", counts.least.map_or(Value::Null, count)),
        ("total", counts.total.as_ref().map_or(Value::Null, total)),
        ("withheld", Value::Boolean(counts.withheld)),
        ("workflow", text(workflow)),
    ])
}
