//! Notices: what somebody was told, and the conversation of an instance.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::queries::{NOTICE_PAGE_MAX, Noticed, Notices};
use statewright_engine::store::NoticePlace;

use super::authentication::Caller;
use super::body::{Parameters, unfit};
use super::instances::about_instance;
use super::limit::PAGE_DEFAULT;
use super::parameter::{AFTER, KEY, PAGE_LIMIT, WORKFLOW};
use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Reply, Route};
use super::service::Shared;
use crate::json::{object, text, text_or_null};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/inbox",
        operation: "listInbox",
        summary: "What the caller was told, the newest first",
        description: "Notices that workflows sent to the caller, by role or by name. A page may be shorter than its limit; the list ends where `after` is null.",
        access: Access::Token,
        parameters: &[AFTER, PAGE_LIMIT],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "A page",
            content: &[("application/json", "Notices")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(inbox),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}/thread",
        operation: "showThread",
        summary: "The conversation of an instance, the oldest first",
        description: "What the caller was told in it; all of it for who sees every field of the instance.",
        access: Access::Token,
        parameters: &[WORKFLOW, KEY, AFTER, PAGE_LIMIT],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "A page",
            content: &[("application/json", "Notices")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::BehindGlass],
        handler: || get(thread),
    },
];

async fn inbox(State(service): State<Shared>, Extension(caller): Extension<Caller>, uri: Uri) -> Answered<Response> {
    let (after, limit) = page_asked_for(&uri)?;
    let page = service.engine.inbox(&caller.actor, after, limit).await?;
    Ok(document(StatusCode::OK, &notices_value(&page)))
}

async fn thread(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    uri: Uri,
) -> Answered<Response> {
    let (after, limit) = page_asked_for(&uri)?;
    let page = service.engine.thread(&workflow, &key, &caller.actor, after, limit).await;
    let page = about_instance(&service, &caller, page, &workflow, &key).await?;
    Ok(document(StatusCode::OK, &notices_value(&page)))
}

fn page_asked_for(uri: &Uri) -> Answered<(Option<NoticePlace>, usize)> {
    let mut parameters = Parameters::of(uri)?;
    let after = parameters.text("after")?;
    let limit = parameters.limit(PAGE_DEFAULT, NOTICE_PAGE_MAX)?;
    parameters.finish()?;
    let after = after.map(|after| read_place(&after).ok_or_else(|| unfit("after", "is not what a page gave")));
    Ok((after.transpose()?, limit))
}

/// Schema `Notices`.
fn notices_value(page: &Notices) -> Value {
    let after = page.next.as_ref().map(place_text);
    object([
        ("after", text_or_null(after.as_deref())),
        ("notices", Value::from_items(page.notices.iter().map(notice_value).collect())),
    ])
}

fn notice_value(noticed: &Noticed) -> Value {
    let body = &noticed.body;
    let via = body.via.iter().map(|channel| text(channel.as_str()));
    object([
        ("at", Value::from_instant(noticed.at)),
        ("key", text(&body.about.key)),
        ("quiet_until", noticed.quiet_until.map_or(Value::Null, Value::from_instant)),
        ("text", text(&body.text)),
        ("thread", Value::Boolean(noticed.thread)),
        ("via", Value::from_items(via.collect())),
        ("workflow", text(&body.about.workflow)),
    ])
}

fn place_text(place: &NoticePlace) -> String {
    let NoticePlace {
        at_us,
        instance,
        sequence,
        ordinal,
    } = place;
    format!("{at_us}.{instance}.{sequence}.{ordinal}")
}

fn read_place(given: &str) -> Option<NoticePlace> {
    let mut parts = given.split('.');
    let place = NoticePlace {
        at_us: parts.next()?.parse().ok()?,
        instance: parts.next()?.parse().ok()?,
        // As far as a store counts.
        sequence: parts.next()?.parse::<i64>().ok()?.try_into().ok()?,
        ordinal: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(place)
}
