//! A typed or scanned word, looked for in everything that the caller may see.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::queries::{Hit, Hits, SEARCH_PAGE_MAX, SearchAfter, SearchRequest};

use super::authentication::Caller;
use super::body::{Parameters, read_document, unfit};
use super::instances::{read_cursor, read_search_place, search_place_text};
use super::limit::BODY_BYTES_MAX;
use super::parameter::{AFTER, PAGE_LIMIT};
use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use crate::json::{count, object, text, text_or_null};

/// Hits of a page if the caller does not say: a screenful.
const SEARCH_PAGE_DEFAULT: usize = 20;

pub const ROUTES: &[Route] = &[FIND, FIND_PEOPLE];

const FIND: Route = Route {
    method: "GET",
    path: "/v1/search",
    operation: "search",
    summary: "Find instances by a typed or scanned word",
    description: "Of all that the caller may see: those called so, then those in whose indexed fields something stands that begins so, then, \
        where the word is a day, those that were started on it. A word of one character finds only what is written just so. Capitals are tried as \
        typed, all large and all small. Fields that the caller does not see find nothing, and personal fields never do: they are looked in by `POST`.",
    access: Access::Token,
    parameters: &[
        Parameter {
            name: "q",
            place: Place::Query,
            description: "The word: an order number, a tray, a lot, the key of another instance that is referred to, a day",
            schema: r#"{"type": "string", "minLength": 1, "maxLength": 200}"#,
        },
        Parameter {
            name: "workflow",
            place: Place::Query,
            description: "Only of this workflow",
            schema: r#"{"type": "string"}"#,
        },
        Parameter {
            name: "whole",
            place: Place::Query,
            description: "Only what is just that word: neither what begins so, nor what was started on that day",
            schema: r#"{"type": "boolean", "default": false}"#,
        },
        AFTER,
        PAGE_LIMIT,
    ],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "A page",
        content: &[("application/json", "Hits")],
        headers: &[],
    }],
    problems: &[Code::NotFound],
    handler: || get(search),
};

/// A word that names somebody stands in no address: addresses are kept by proxies and browsers.
const FIND_PEOPLE: Route = Route {
    method: "POST",
    path: "/v1/search",
    operation: "searchPeople",
    summary: "Find instances by a word, and people by their names",
    description: "As a search by `GET`, and before all others those in whose personal fields all these words stand, each in any of the fields that are \
        marked `phi` and `index` and that the caller may see of that instance. Words are compared whole, without case and accents; dates are \
        written as 2026-01-31. Where was looked, and who was found, stands in the access log; the words do not.",
    access: Access::Token,
    parameters: &[],
    body: Some("Search"),
    answers: &[Reply {
        status: 200,
        description: "A page",
        content: &[("application/json", "Hits")],
        headers: &[],
    }],
    problems: &[
        Code::BodyUnreadable,
        Code::NotFound,
        Code::BodyTooLarge,
        Code::MediaUnsupported,
    ],
    handler: || post(search_people),
};

async fn search(State(service): State<Shared>, Extension(caller): Extension<Caller>, uri: Uri) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let request = SearchRequest {
        word: parameters.text("q")?.unwrap_or_default().into(),
        workflow: parameters.text("workflow")?.map(Arc::from),
        whole: parameters.flag("whole")?.unwrap_or(false),
        personal: false,
        after: parameters.text("after")?.map(|after| read_search_after(&after)).transpose()?,
        limit: parameters.limit(SEARCH_PAGE_DEFAULT, SEARCH_PAGE_MAX)?,
    };
    parameters.finish()?;
    found(&service, &request, &caller).await
}

async fn search_people(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let request = SearchRequest {
        word: given.text("q")?.unwrap_or_default(),
        workflow: given.text("workflow")?,
        whole: match given.take("whole") {
            None | Some(Value::Null) => false,
            Some(Value::Boolean(whole)) => whole,
            Some(_) => return Err(unfit("whole", "is true or false")),
        },
        personal: true,
        after: given.text("after")?.map(|after| read_search_after(&after)).transpose()?,
        limit: match given.take("limit") {
            None | Some(Value::Null) => SEARCH_PAGE_DEFAULT,
            Some(Value::Integer(limit)) if (1..=SEARCH_PAGE_MAX as i64).contains(&limit) => limit as usize,
            Some(_) => return Err(unfit("limit", &format!("is a number from 1 to {SEARCH_PAGE_MAX}"))),
        },
    };
    let _held = given.finish()?;
    found(&service, &request, &caller).await
}

async fn found(service: &Shared, request: &SearchRequest, caller: &Caller) -> Answered<Response> {
    let hits = service.engine.search(request, &caller.actor).await?;
    Ok(document(StatusCode::OK, &hits_value(&hits)))
}

fn hits_value(hits: &Hits) -> Value {
    let after = hits.next.as_ref().map(search_after_text);
    let is_person = |hit: &Hit| hits.people.iter().any(|person| person.shown.instance == hit.shown.instance);
    let others = hits.hits.iter().filter(|hit| !is_person(hit));
    object([
        ("after", text_or_null(after.as_deref())),
        (
            "hits",
            Value::from_items(hits.people.iter().chain(others).map(hit_value).collect()),
        ),
        ("more", Value::Boolean(hits.cut || hits.crowded || hits.next.is_some())),
    ])
}

/// Where it stands, and no field but those by which it was found.
fn hit_value(hit: &Hit) -> Value {
    let shown = &hit.shown;
    let matched = hit.matched.iter().map(|(field, value)| {
        let field = (!field.is_empty()).then_some(&**field);
        object([("field", text_or_null(field)), ("value", text(value))])
    });
    object([
        ("done", Value::Boolean(shown.done)),
        ("id", text(&shown.instance.to_string())),
        ("key", text(&shown.key)),
        ("label", text_or_null(shown.label.as_deref())),
        ("matched", Value::from_items(matched.collect())),
        ("revision", count(shown.sequence)),
        ("started_at", Value::from_instant(shown.started_at)),
        (
            "states",
            Value::from_items(shown.states.iter().map(|state| text(state)).collect()),
        ),
        ("title", text(&shown.title)),
        ("workflow", text(&shown.workflow)),
    ])
}

pub fn search_after_text(after: &SearchAfter) -> String {
    match after {
        SearchAfter::Value(place) => format!("v{}", search_place_text(place)),
        SearchAfter::Started(at, instance) => format!("s{at}.{instance}"),
    }
}

/// # Errors
/// 400 for what no page gave.
pub fn read_search_after(given: &str) -> Answered<SearchAfter> {
    if let Some(place) = given.strip_prefix('v') {
        return read_search_place(place).map(SearchAfter::Value);
    }
    let started = given
        .strip_prefix('s')
        .ok_or_else(|| unfit("after", "is not what a page gave"))?;
    read_cursor(started).map(|(at, instance)| SearchAfter::Started(at, instance))
}
