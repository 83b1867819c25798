//! Notices: what somebody was told, and what they have read.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::body::NoticeBody;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{NOTICE_PAGE_MAX, Noticed, Notices, ReadExtent, Unread};
use statewright_engine::store::NoticePlace;

use super::authentication::Caller;
use super::body::{Parameters, read_document, unfit, unreadable};
use super::limit::{BODY_BYTES_MAX, PAGE_DEFAULT};
use super::parameter::{AFTER, PAGE_LIMIT};
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{count, object, text, text_or_null};

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
        path: "/v1/inbox/unread",
        operation: "countUnread",
        summary: "How much the caller was told and has not read",
        description: "Counted among the newest, and not further than pages show it.",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The count",
            content: &[("application/json", "Unread")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(unread),
    },
    Route {
        method: "POST",
        path: "/v1/inbox/read",
        operation: "markRead",
        summary: "Say that the caller has read a notice, or everything up to one, of their inbox or of a conversation",
        description: "What was read stays read, and saying so again changes nothing.",
        access: Access::Token,
        parameters: &[],
        body: Some("NoticesRead"),
        answers: &[Reply {
            status: 204,
            description: "It is kept",
            content: &[],
            headers: &[],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::NotFound,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
        ],
        handler: || post(mark_read),
    },
];

async fn inbox(State(service): State<Shared>, Extension(caller): Extension<Caller>, uri: Uri) -> Answered<Response> {
    let (after, limit) = page_asked_for(&uri)?;
    let page = service.engine.inbox(&caller.actor, after, limit).await?;
    Ok(document(StatusCode::OK, &notices_value(&page)))
}

async fn unread(State(service): State<Shared>, Extension(caller): Extension<Caller>) -> Answered<Response> {
    let unread = service.engine.unread(&caller.actor).await?;
    Ok(document(StatusCode::OK, &unread_value(unread)))
}

/// Schema `Unread`.
pub(super) fn unread_value(unread: Unread) -> Value {
    object([("count", count(unread.count as u64)), ("more", Value::Boolean(unread.more))])
}

async fn mark_read(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let (one, up_to, in_conversation) = (given.text("notice")?, given.text("up_to")?, given.text("conversation")?);
    let _held = given.finish()?;
    let place = |given: &str| notice_place(given).ok_or_else(|| no_such_notice(given));
    let extent = match (one, up_to, in_conversation) {
        (Some(one), None, None) => ReadExtent::One(place(&one)?),
        (None, Some(up_to), None) => ReadExtent::UpTo(place(&up_to)?),
        (None, None, Some(up_to)) => ReadExtent::InConversation(place(&up_to)?),
        _ => {
            return Err(unreadable(
                "Say which: `notice`, `up_to` or `conversation`; each is the `place` of a notice".to_owned(),
            ));
        }
    };
    mark_as_read(&service, &caller, extent).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// # Errors
/// 404: the caller was told no such thing.
pub async fn mark_as_read(service: &Service, caller: &Caller, extent: ReadExtent) -> Answered<()> {
    let (ReadExtent::One(place) | ReadExtent::UpTo(place) | ReadExtent::InConversation(place)) = extent;
    let marked = service.engine.mark_read(&caller.actor, extent).await;
    marked.map_err(|error| match error {
        EngineError::Hidden => no_such_notice(&notice_text(&place)),
        error => error.into(),
    })
}

pub fn no_such_notice(given: &str) -> Problem {
    Problem::nothing(format_args!("notice {}", given.escape_debug()))
}

pub(super) fn page_asked_for(uri: &Uri) -> Answered<(Option<NoticePlace>, usize)> {
    let mut parameters = Parameters::of(uri)?;
    let after = parameters.text("after")?;
    let limit = parameters.limit(PAGE_DEFAULT, NOTICE_PAGE_MAX)?;
    parameters.finish()?;
    let after = after.map(|after| notice_place(&after).ok_or_else(|| unfit("after", "is not what a page gave")));
    Ok((after.transpose()?, limit))
}

/// Schema `Notices`.
fn notices_value(page: &Notices) -> Value {
    let after = page.next.as_ref().map(notice_text);
    object([
        ("after", text_or_null(after.as_deref())),
        ("notices", Value::from_items(page.notices.iter().map(notice_value).collect())),
    ])
}

fn notice_value(noticed: &Noticed) -> Value {
    let body = &noticed.body;
    object([
        ("about", text(&noticed.about)),
        ("at", Value::from_instant(noticed.at)),
        ("key", text(&body.about.key)),
        ("place", text(&notice_text(&noticed.place))),
        ("quiet_until", noticed.quiet_until.map_or(Value::Null, Value::from_instant)),
        ("read", Value::Boolean(noticed.read)),
        ("text", text(&body.text)),
        ("thread", Value::Boolean(noticed.thread)),
        ("via", via_value(body)),
        ("workflow", text(&body.about.workflow)),
    ])
}

pub(super) fn via_value(body: &NoticeBody) -> Value {
    Value::from_items(body.via.iter().map(|channel| text(channel.as_str())).collect())
}

/// A notice's place, as answers name it.
pub fn notice_text(place: &NoticePlace) -> String {
    let NoticePlace {
        at_us,
        instance,
        sequence,
        ordinal,
    } = place;
    format!("{at_us}.{instance}.{sequence}.{ordinal}")
}

pub fn notice_place(given: &str) -> Option<NoticePlace> {
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
