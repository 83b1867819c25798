//! How people prove who they are, for operators; and where one is signed in oneself. All of it stands in the system's own trail.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::identity::{PasswordFor, Secret, SessionListed};

use super::OPERATOR;
use super::authentication::Caller;
use super::body::{Parameters, read_document, unfit};
use super::limit::BODY_BYTES_MAX;
use super::people::ID;
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::json::{object, text};

const SESSION: Parameter = Parameter {
    name: "session",
    place: Place::Path,
    description: "The session's id",
    schema: r#"{"type": "string"}"#,
};

const REASON: Parameter = Parameter {
    name: "reason",
    place: Place::Query,
    description: "Why; it stands in the trail",
    schema: r#"{"type": "string", "minLength": 1, "maxLength": 1000}"#,
};

/// Characters of a reason.
const REASON_MAX: usize = 1_000;

const DONE: &[Reply] = &[Reply {
    status: 204,
    description: "It is so, on every server",
    content: &[],
    headers: &[],
}];

const SESSIONS: &[Reply] = &[Reply {
    status: 200,
    description: "The sessions, the oldest first",
    content: &[("application/json", "Sessions")],
    headers: &[],
}];

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/sessions",
        operation: "listSessions",
        summary: "List where one is signed in oneself",
        description: "With a password, in a browser. Access tokens are no sessions.",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: SESSIONS,
        problems: &[],
        handler: || get(list_own),
    },
    Route {
        method: "DELETE",
        path: "/v1/sessions/{session}",
        operation: "endSession",
        summary: "End a session of one's own",
        description: "The next request in it is refused, on every server.",
        access: Access::Token,
        parameters: &[SESSION],
        body: None,
        answers: DONE,
        problems: &[Code::NotFound],
        handler: || delete(end_own),
    },
    Route {
        method: "GET",
        path: "/v1/people/{id}/sessions",
        operation: "listPersonsSessions",
        summary: "List where somebody is signed in",
        description: "",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: None,
        answers: SESSIONS,
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "DELETE",
        path: "/v1/people/{id}/sessions",
        operation: "endPersonsSessions",
        summary: "End all sessions of somebody",
        description: "The next request in them is refused, on every server.",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: None,
        answers: DONE,
        problems: &[],
        handler: || delete(end),
    },
    Route {
        method: "POST",
        path: "/v1/people/{id}/password",
        operation: "setPassword",
        summary: "Give somebody a password for once",
        description: "The one given, or one that is made. It has to be changed when it is first used, within a week. Their sessions end, and they are locked out no more.",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: Some("PasswordRequest"),
        answers: &[Reply {
            status: 200,
            description: "They have it. One that was made is in this answer and nowhere else",
            content: &[("application/json", "NewPassword")],
            headers: &[],
        }],
        problems: &[
            Code::NotFound,
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::InputInvalid,
        ],
        handler: || post(set_password),
    },
    Route {
        method: "DELETE",
        path: "/v1/people/{id}/lockout",
        operation: "unlock",
        summary: "Let somebody try again at once",
        description: "After too many wrong attempts nothing is taken for a while, be it right.",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: None,
        answers: DONE,
        problems: &[Code::NotFound],
        handler: || delete(unlock),
    },
    Route {
        method: "DELETE",
        path: "/v1/people/{id}/second-factor",
        operation: "removeSecondFactor",
        summary: "Take somebody's second factor away",
        description: "Because its phone is lost, say. Their sessions end; whoever has a role that asks for a second factor begins with another when they sign in.",
        access: Access::Role(OPERATOR),
        parameters: &[ID, REASON],
        body: None,
        answers: DONE,
        problems: &[Code::NotFound, Code::ReasonMissing],
        handler: || delete(remove_second_factor),
    },
];

async fn list_own(State(service): State<Shared>, Extension(caller): Extension<Caller>) -> Answered<Response> {
    sessions(&service, &caller.actor.id).await
}

async fn end_own(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(session): Path<String>,
) -> Answered<Response> {
    let (identity, now) = (service.engine.identity(), service.engine.now());
    identity.end_session(&caller.actor.id, &session, &caller.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn list(State(service): State<Shared>, Path(id): Path<String>) -> Answered<Response> {
    sessions(&service, &id).await
}

async fn end(State(service): State<Shared>, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Answered<Response> {
    let (identity, now) = (service.engine.identity(), service.engine.now());
    identity.end_sessions(&id, &caller.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn set_password(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let password = given.text("password")?.map(|password| Secret::from(&*password));
    let _held = given.finish()?;
    let (identity, now) = (service.engine.identity(), service.engine.now());
    let set = identity
        .set_password(&id, password.as_ref(), PasswordFor::Once, &caller.actor, now)
        .await?;
    let shown = match password {
        Some(_) => Value::Null,
        None => text(set.reveal()),
    };
    Ok(document(StatusCode::OK, &object([("password", shown)])))
}

async fn unlock(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answered<Response> {
    let (identity, now) = (service.engine.identity(), service.engine.now());
    identity.unlock(&id, &caller.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove_second_factor(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    uri: Uri,
) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let reason = parameters.text("reason")?;
    parameters.finish()?;
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.ok_or_else(|| Problem::of(Code::ReasonMissing, "A reason is needed: it stands in the trail"))?;
    if reason.chars().count() > REASON_MAX {
        return Err(unfit("reason", &format!("is at most {REASON_MAX} characters long")));
    }
    let (identity, now) = (service.engine.identity(), service.engine.now());
    identity.remove_second_factor(&id, &reason, &caller.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn sessions(service: &Shared, person: &str) -> Answered<Response> {
    let sessions = service.engine.identity().sessions(person).await?;
    let sessions = Value::from_items(sessions.iter().map(session_value).collect());
    Ok(document(StatusCode::OK, &object([("sessions", sessions)])))
}

fn session_value(session: &SessionListed) -> Value {
    object([
        ("created_at", Value::from_instant(session.created_at)),
        ("expires_at", Value::from_instant(session.expires_at)),
        ("from", text(&session.origin)),
        ("id", text(&session.id)),
        ("second_factor", Value::Boolean(session.second_factor)),
        ("seen_at", Value::from_instant(session.seen_at)),
    ])
}
