//! The conversation of an instance.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use statewright_core::diagnostic::Code;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::Value;
use statewright_engine::queries::{Conversation, Message, MessagesAsked};

use super::authentication::Caller;
use super::instances::about_instance;
use super::notices::{notice_text, page_asked_for, unread_value, via_value};
use super::parameter::{AFTER, KEY, PAGE_LIMIT, WORKFLOW};
use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Reply, Route};
use super::service::{Service, Shared};
use crate::audience::Names;
use crate::json::{object, text, text_or_null};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/instances/{workflow}/{key}/thread",
    operation: "showThread",
    summary: "The conversation of an instance, the oldest first",
    description: "What was said in it to the caller and by them; all of it for who sees every field of the instance. What the caller does not see is not counted for them, and no page ends at it.",
    access: Access::Token,
    parameters: &[WORKFLOW, KEY, AFTER, PAGE_LIMIT],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "A page",
        content: &[("application/json", "Conversation")],
        headers: &[],
    }],
    problems: &[Code::NotFound, Code::BehindGlass],
    handler: || get(show),
}];

async fn show(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    uri: Uri,
) -> Answered<Response> {
    let (after, limit) = page_asked_for(&uri)?;
    let asked = MessagesAsked::After(after);
    let page = service
        .engine
        .conversation(&workflow, &key, &caller.actor, asked, limit)
        .await;
    let page = about_instance(&service, &caller, page, &workflow, &key).await?;
    Ok(document(StatusCode::OK, &conversation_value(&service, &page)))
}

/// Schema `Conversation`.
fn conversation_value(service: &Service, page: &Conversation) -> Value {
    let roles = service.engine.directory().roles();
    let names = Names {
        roles: roles.as_ref().map(|version| &version.roles),
        organisations: &page.organisations,
    };
    let messages = page.messages.iter().map(|message| message_value(message, names));
    object([
        ("after", text_or_null(page.next.as_ref().map(notice_text).as_deref())),
        ("messages", Value::from_items(messages.collect())),
        ("unread", unread_value(page.unread)),
    ])
}

fn message_value(message: &Message, names: Names<'_>) -> Value {
    let noticed = &message.noticed;
    let body = &noticed.body;
    let readers = message.readers.as_ref().map(|readers| {
        let named = readers.named.iter();
        let named = named.map(|(person, at)| object([("at", Value::from_instant(*at)), ("user", text(person))]));
        let named = Value::from_items(named.collect());
        object([("more", Value::Boolean(readers.more)), ("named", named)])
    });
    object([
        ("at", Value::from_instant(noticed.at)),
        ("by", body.by.as_ref().map_or(Value::Null, author_value)),
        ("place", text(&notice_text(&noticed.place))),
        ("quiet_until", noticed.quiet_until.map_or(Value::Null, Value::from_instant)),
        ("read", Value::Boolean(noticed.read)),
        ("readers", readers.unwrap_or(Value::Null)),
        ("text", text(&body.text)),
        ("to", text(&names.audience(&body.to))),
        ("via", via_value(body)),
    ])
}

fn author_value(by: &Actor) -> Value {
    let kind = match by.kind {
        ActorKind::Person => "person",
        ActorKind::Workflow { .. } => "workflow",
        ActorKind::Adapter => "adapter",
        ActorKind::Schedule => "schedule",
        ActorKind::Engine => "engine",
    };
    object([
        ("id", text(&by.id)),
        ("kind", text(kind)),
        ("on_behalf_of", text_or_null(by.on_behalf_of.as_deref())),
    ])
}
