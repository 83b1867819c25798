//! The trail of an instance: its entries for programs, or their very bytes for a verifier.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use statewright_core::diagnostic::Code;
use statewright_core::identity::InstanceId;
use statewright_engine::error::EngineError;
use statewright_engine::queries::TRAIL_PAGE_MAX;
use statewright_engine::store::InstanceRow;

use super::authentication::Caller;
use super::body::Parameters;
use super::instances::about_instance;
use super::limit::PAGE_DEFAULT;
use super::parameter::{KEY, LIMIT, WORKFLOW};
use super::problem::{Answered, Problem};
use super::reply::{Json, joined, listed, raw};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use crate::json::count;

/// JSON Lines.
pub const JSON_LINES: &str = "application/jsonl";

/// Entries of a page of lines at most.
pub const TRAIL_LINES_MAX: usize = TRAIL_PAGE_MAX;

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/instances/{workflow}/{key}/trail",
    operation: "readTrail",
    summary: "What happened to an instance",
    description: "For whoever sees every field of the instance, and for the role `auditor`. As `application/jsonl` the entries come as the bytes that are \
        hashed, a line each, and behind the last one the head line; as JSON the same objects come in a list.",
    access: Access::Token,
    parameters: &[
        WORKFLOW,
        KEY,
        Parameter {
            name: "after",
            place: Place::Query,
            description: "Entries behind this sequence number",
            schema: r#"{"type": "integer", "minimum": 0, "default": 0}"#,
        },
        LIMIT,
        Parameter {
            name: "Accept",
            place: Place::Header,
            description: "`application/jsonl` for the bytes",
            schema: r#"{"type": "string"}"#,
        },
    ],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "A page",
        content: &[("application/json", "Trail"), (JSON_LINES, "TrailLines")],
        headers: &[],
    }],
    problems: &[Code::NotFound, Code::BehindGlass],
    handler: || get(read),
}];

async fn read(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let after = parameters.number("after")?.unwrap_or(0);
    let limit = parameters.limit(PAGE_DEFAULT, TRAIL_LINES_MAX)?;
    parameters.finish()?;
    // The head first: entries that come between the two reads are left to the next page.
    let head = head(&service, &workflow, &key).await?;
    let entries = service.engine.trail(&workflow, &key, &caller.actor, after, limit).await;
    let mut entries = about_instance(&service, &caller, entries, &workflow, &key).await?;
    let Some(head) = head else {
        return Err(Problem::nothing(format_args!("{workflow}/{key}")));
    };
    // A trail that was cut off never reaches its head: its last page is the one that is not full.
    let is_short = entries.len() < limit;
    entries.retain(|entry| entry.sequence <= head.sequence);
    let reached = entries.last().map_or(after, |last| last.sequence);
    let ended = is_short || reached >= head.sequence;
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    if accepted.contains(JSON_LINES) {
        let mut lines: String = entries.iter().map(|entry| format!("{}\n", entry.bytes)).collect();
        if ended {
            lines.push_str(&head_line(&head));
        }
        return Ok((StatusCode::OK, [(header::CONTENT_TYPE, JSON_LINES)], lines).into_response());
    }
    let page = joined(&[
        ("after", if ended { Json("null".into()) } else { count(reached).into() }),
        ("entries", listed(entries.into_iter().map(|entry| entry.bytes))),
    ]);
    Ok(raw(StatusCode::OK, page))
}

async fn head(service: &Service, workflow: &str, key: &str) -> Answered<Option<InstanceRow>> {
    let rows = service
        .engine
        .store()
        .load(&[InstanceId::of(workflow, key)])
        .await
        .map_err(EngineError::from)?;
    Ok(rows.into_iter().flatten().next())
}

/// docs/trail-format.md, "What there is".
fn head_line(row: &InstanceRow) -> String {
    format!(
        "{{\"head\":\"{}\",\"instance\":\"{}\",\"sequence\":{}}}\n",
        row.head, row.instance, row.sequence
    )
}
