//! Effects: what an adapter's other side reports of them beside its answer.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;
use statewright_core::diagnostic::Code;
use statewright_core::step::Report;
use statewright_core::value::Object;
use statewright_engine::ReportRequest;
use statewright_engine::error::EngineError;

use super::authentication::Caller;
use super::body::read_document;
use super::events::answered;
use super::limit::BODY_BYTES_MAX;
use super::parameter::EFFECT;
use super::problem::{Answered, Problem};
use super::route::{Access, Reply, Route};
use super::service::Shared;

/// What both reports answer.
const TAKEN: &[Reply] = &[Reply {
    status: 200,
    description: "It was taken",
    content: &[("application/json", "Answer")],
    headers: &["ETag", "Idempotent-Replayed"],
}];

const PROBLEMS: &[Code] = &[
    Code::BodyUnreadable,
    Code::Forbidden,
    Code::NotFound,
    Code::RaceLost,
    Code::Conflicting,
    Code::Ignored,
    Code::BodyTooLarge,
    Code::MediaUnsupported,
    Code::InputInvalid,
];

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/effects/{effect}/progress",
        operation: "reportProgress",
        summary: "Report a step on the way to an answer",
        description: "With the token of the adapter that was asked. The same report of the same effect is taken once, however often it comes. 409 where a pause is to end first: report it again later.",
        access: Access::Adapter,
        parameters: &[EFFECT],
        body: Some("Report"),
        answers: TAKEN,
        problems: PROBLEMS,
        handler: || post(progress),
    },
    Route {
        method: "POST",
        path: "/v1/effects/{effect}/undone",
        operation: "reportUndone",
        summary: "Take back an answer that does not stand any more",
        description: "With the token of the adapter that was asked; the instance takes it as the event `ID.undone`. The same report of the same effect is taken once. 409 where the answer itself was not taken yet, or a pause is to end first: report it again later.",
        access: Access::Adapter,
        parameters: &[EFFECT],
        body: Some("Report"),
        answers: TAKEN,
        problems: PROBLEMS,
        handler: || post(undone),
    },
];

async fn progress(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(effect): Path<String>,
    request: Request,
) -> Answered<Response> {
    report(service, caller, &effect, request, |fields| Report::Progress { fields }).await
}

async fn undone(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(effect): Path<String>,
    request: Request,
) -> Answered<Response> {
    report(service, caller, &effect, request, |fields| Report::Undone { fields }).await
}

async fn report(
    service: Shared,
    caller: Caller,
    effect: &str,
    request: Request,
    report: fn(Object) -> Report,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let fields = given.object("with")?.map_or_else(Object::new, Arc::unwrap_or_clone);
    let _held = given.finish()?;
    let report = report(fields);
    let name = report.as_str();
    let request = ReportRequest {
        effect: effect.into(),
        report,
        actor: (*caller.actor).clone(),
    };
    match service.engine.report(request).await {
        Err(EngineError::Hidden) => {
            let nothing = format!(
                "The adapter `{}` was asked for nothing under the key {effect}",
                caller.actor.id
            );
            Err(Problem::of(Code::NotFound, nothing))
        }
        answer => answered(answer?, name),
    }
}
