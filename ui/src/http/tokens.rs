//! Access tokens: making, listing and ending them. All of it stands in the system's own trail.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::diagnostic::Code;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::time::{add_to_instant, parse_duration};
use statewright_core::value::Value;
use statewright_core::value::document::Document;
use statewright_engine::tokens::TokenListed;

use super::OPERATOR;
use super::authentication::Caller;
use super::body::{read_document, unreadable};
use super::limit::BODY_BYTES_MAX;
use super::problem::{Answered, Problem};
use super::reply::{document, principal_value, with_location};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::json::{instant, object, text};
use crate::percent::path;

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/tokens",
        operation: "createToken",
        summary: "Make an access token",
        description: "For a person, or for an adapter, which then sends the events that workflows let it send, and reports on what it was asked for. Its text is in this answer and nowhere else.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("TokenRequest"),
        answers: &[Reply {
            status: 201,
            description: "It was made",
            content: &[("application/json", "NewToken")],
            headers: &["Location"],
        }],
        problems: &[Code::BodyUnreadable, Code::BodyTooLarge, Code::MediaUnsupported],
        handler: || post(create),
    },
    Route {
        method: "GET",
        path: "/v1/tokens",
        operation: "listTokens",
        summary: "List access tokens",
        description: "Those that were not revoked.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The tokens",
            content: &[("application/json", "Tokens")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "DELETE",
        path: "/v1/tokens/{id}",
        operation: "revokeToken",
        summary: "End an access token",
        description: "The next request with it is refused.",
        access: Access::Role(OPERATOR),
        parameters: &[Parameter {
            name: "id",
            place: Place::Path,
            description: "The token's id",
            schema: r#"{"type": "string"}"#,
        }],
        body: None,
        answers: &[Reply {
            status: 204,
            description: "It is no more",
            content: &[],
            headers: &[],
        }],
        problems: &[Code::NotFound],
        handler: || delete(revoke),
    },
];

async fn create(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let principal = match given.text("adapter")? {
        Some(adapter) => Actor::plain(ActorKind::Adapter, adapter),
        None => principal(given.required_text("user")?, &mut given)?,
    };
    let valid_for = given.text("valid_for")?;
    let _held = given.finish()?;
    let now = service.engine.now();
    let expires_at = valid_for.map(|valid_for| end_of(&valid_for, now)).transpose()?;
    let token = service
        .engine
        .tokens()
        .issue(&principal, expires_at, &caller.actor, now)
        .await?;
    let made = object([
        ("expires_at", expires_at.map_or(Value::Null, Value::from_instant)),
        ("id", text(&token.id)),
        ("principal", principal_value(&principal)),
        ("token", text(&token.text)),
    ]);
    Ok(with_location(
        document(StatusCode::CREATED, &made),
        &path(&["v1", "tokens", &token.id]),
    ))
}

async fn list(State(service): State<Shared>) -> Answered<Response> {
    let tokens = service.engine.tokens().list().await?;
    let tokens = Value::from_items(tokens.iter().map(token_value).collect());
    Ok(document(StatusCode::OK, &object([("tokens", tokens)])))
}

async fn revoke(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answered<Response> {
    let tokens = service.engine.tokens();
    if !tokens.list().await?.iter().any(|token| *token.id == *id) {
        return Err(Problem::nothing(format_args!("token {id}")));
    }
    tokens.revoke(&id, &caller.actor, service.engine.now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Somebody of this id, as the rest of a document describes them.
pub(super) fn principal(user: impl Into<Arc<str>>, given: &mut Document) -> Answered<Actor> {
    let mut principal = Actor::plain(ActorKind::Person, user);
    principal.name = given.text("name")?;
    principal.organisation = given.text("organisation")?;
    principal.unit = given.text("unit")?;
    principal.person = given.text("person")?;
    principal.roles = given.texts("roles")?;
    principal.skills = given.texts("skills")?;
    Ok(principal)
}

/// The moment so far from now. Calendar units are days of UTC: a token's end is nobody's local midnight.
fn end_of(valid_for: &Arc<str>, now: Timestamp) -> Answered<Timestamp> {
    let end = parse_duration(valid_for)
        .ok()
        .and_then(|duration| add_to_instant(now, duration, &TimeZone::UTC, None).ok());
    end.filter(|end| *end > now).ok_or_else(|| {
        unreadable(format!(
            "`valid_for` is `{valid_for}`; it should be a duration such as `90d` or `8h`"
        ))
    })
}

fn token_value(token: &TokenListed) -> Value {
    object([
        ("created_at", instant(token.created_at_us)),
        ("expires_at", token.expires_at_us.map_or(Value::Null, instant)),
        ("id", text(&token.id)),
        ("principal", principal_value(&token.actor)),
    ])
}
