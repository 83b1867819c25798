//! Signatures: taking back one's own, as long as others are still to sign.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::delete;
use statewright_core::diagnostic::Code;
use statewright_engine::WithdrawRequest;

use super::authentication::Caller;
use super::events::answered;
use super::instances::about_instance;
use super::parameter::{IDEMPOTENCY_KEY, IF_MATCH, KEY, WORKFLOW};
use super::problem::Answered;
use super::request::{expected_revision, input_key};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::percent::path;

pub const ROUTES: &[Route] = &[Route {
    method: "DELETE",
    path: "/v1/instances/{workflow}/{key}/signatures/{event}",
    operation: "withdrawSignature",
    summary: "Take back one's own signature of an event",
    description: "As long as others are still to sign. That it was given and taken back stays in the trail.",
    access: Access::Token,
    parameters: &[
        WORKFLOW,
        KEY,
        Parameter {
            name: "event",
            place: Place::Path,
            description: "The event that was signed",
            schema: r#"{"type": "string"}"#,
        },
        IF_MATCH,
        IDEMPOTENCY_KEY,
    ],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "It is no more",
        content: &[("application/json", "Answer")],
        headers: &["ETag", "Idempotent-Replayed"],
    }],
    problems: &[
        Code::NotFound,
        Code::RaceLost,
        Code::GuardFalse,
        Code::RevisionStale,
        Code::IdempotencyKeyReused,
        Code::BehindGlass,
    ],
    handler: || delete(withdraw),
}];

async fn withdraw(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key, event)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Answered<Response> {
    let route = format!("DELETE {}", path(&["v1", "instances", &workflow, &key, "signatures", &event]));
    let request = WithdrawRequest {
        workflow: workflow.as_str().into(),
        key: key.as_str().into(),
        event: event.as_str().into(),
        actor: (*caller.actor).clone(),
        input_key: input_key(&headers, &caller, &route)?,
        expected: expected_revision(&headers)?,
    };
    let answer = service.engine.withdraw(request).await;
    answered(about_instance(&service, &caller, answer, &workflow, &key).await?, &event)
}
