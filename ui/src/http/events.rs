//! Events: sending one to an instance, and what a no looks like.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use statewright_core::diagnostic::Code;
use statewright_core::step::{TaskRef, Verdict};
use statewright_core::value::Object;
use statewright_engine::SendRequest;
use statewright_engine::intake::Answer;

use super::authentication::{Caller, prove};
use super::body::read_document;
use super::instances::about_instance;
use super::limit::BODY_BYTES_MAX;
use super::parameter::{IDEMPOTENCY_KEY, IF_MATCH, KEY, WORKFLOW};
use super::problem::{Answered, Problem};
use super::reply::{answer_value, document, with_repetition, with_revision};
use super::request::{expected_revision, input_key};
use super::route::{Access, Reply, Route};
use super::service::Shared;
use crate::percent::path;

pub const ROUTES: &[Route] = &[Route {
    method: "POST",
    path: "/v1/instances/{workflow}/{key}/events",
    operation: "sendEvent",
    summary: "Send an event to an instance",
    description: "Answers with the instance as it stands after it. A refused or ignored event changes nothing and stands in the trail all the same. To whoever does not see the instance there is none: nothing happens, and nothing is kept.",
    access: Access::Sender,
    parameters: &[WORKFLOW, KEY, IF_MATCH, IDEMPOTENCY_KEY],
    body: Some("Event"),
    answers: &[Reply {
        status: 200,
        description: "It was taken",
        content: &[("application/json", "Answer")],
        headers: &["ETag", "Idempotent-Replayed"],
    }],
    problems: &[
        Code::BodyUnreadable,
        Code::Forbidden,
        Code::NotFound,
        Code::RaceLost,
        Code::GuardFalse,
        Code::Paused,
        Code::Conflicting,
        Code::Ignored,
        Code::TaskHeld,
        Code::RevisionStale,
        Code::BodyTooLarge,
        Code::MediaUnsupported,
        Code::IdempotencyKeyReused,
        Code::InputInvalid,
        Code::ReasonMissing,
        Code::SignatureMissing,
        Code::BehindGlass,
    ],
    handler: || post(send),
}];

async fn send(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let route = format!("POST {}", path(&["v1", "instances", &workflow, &key, "events"]));
    let input_key = input_key(&parts.headers, &caller, &route)?;
    let expected = expected_revision(&parts.headers)?;
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let signed = match given.text("sign")? {
        Some(token) => Some(prove(&service, &caller, &token).await?),
        None => None,
    };
    let event = SendRequest {
        signed,
        task: given.text("task")?.map(|task| TaskRef::read(&task)),
        workflow: workflow.as_str().into(),
        key: key.as_str().into(),
        event: given.required_text("event")?,
        payload: given.object("with")?.map_or_else(Object::new, Arc::unwrap_or_clone),
        actor: (*caller.actor).clone(),
        input_key,
        reason: given.text("reason")?,
        expected,
    };
    let _held = given.finish()?;
    let name = event.event.clone();
    let answer = service.engine.send(event).await;
    answered(about_instance(&service, &caller, answer, &workflow, &key).await?, &name)
}

/// What became of an input for an instance.
pub fn answered(answer: Answer, name: &str) -> Answered<Response> {
    match answer.verdict {
        Verdict::Taken => {
            let taken = document(StatusCode::OK, &answer_value(&answer));
            Ok(with_repetition(with_revision(taken, answer.sequence), answer.duplicate))
        }
        Verdict::Ignored => Err(ignored(&answer, name)),
        _ => Err(refused(answer)),
    }
}

/// A refusal. Someone else's input that came first explains more than the guard that is false because of it.
pub fn refused(answer: Answer) -> Problem {
    let entry = entry_path(&answer);
    let lost_to = answer.lost_to.clone();
    let Verdict::Refused(refusals) = answer.verdict else {
        return Problem::of(Code::Conflicting, "It waits for a pause to end").entry(entry);
    };
    match lost_to {
        Some(winner) => race(&winner, answer.sequence).refusals(refusals),
        None => Problem::refused(refusals),
    }
    .entry(entry)
}

fn ignored(answer: &Answer, event: &str) -> Problem {
    let states = if answer.states.is_empty() {
        "it has ended".to_owned()
    } else {
        format!("it is in {}", answer.states.join(", "))
    };
    let problem = match &answer.lost_to {
        Some(winner) => race(winner, answer.sequence),
        None => {
            let sentence = format!(
                "Nothing in {}/{} answers to {event} now: {states}",
                answer.workflow, answer.key
            );
            Problem::of(Code::Ignored, sentence)
        }
    };
    problem.entry(entry_path(answer))
}

fn race(winner: &str, revision: u64) -> Problem {
    Problem::of(
        Code::RaceLost,
        format!("{winner} was faster; the instance is at revision {revision} now"),
    )
}

/// Where in the trail the no stands; nowhere if there is no instance.
fn entry_path(answer: &Answer) -> Option<String> {
    let trail = path(&["v1", "instances", &answer.workflow, &answer.key, "trail"]);
    answer
        .sequence
        .checked_sub(1)
        .map(|before| format!("{trail}?after={before}&limit=1"))
}
