//! Instances: starting them, listing them, looking at one, and what can be done with it now.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Offer, Verdict};
use statewright_core::value::{Object, Value};
use statewright_engine::StartRequest;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::queries::{FindRequest, LIST_PAGE_MAX, ListRequest};
use statewright_engine::store::SearchPlace;

use super::authentication::{Caller, prove};
use super::body::{Parameters, read_document, unfit};
use super::events::refused;
use super::limit::{BODY_BYTES_MAX, PAGE_DEFAULT};
use super::parameter::{AFTER, IDEMPOTENCY_KEY, KEY, PAGE_LIMIT, WORKFLOW};
use super::past::{AT, ENTRY, past_moment, past_value};
use super::problem::{Answered, Problem};
use super::reply::{
    answer_value, document, instance_value, joined, listed, offer_json, raw, with_location, with_repetition, with_revision,
};
use super::request::input_key;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{object, text, text_or_null};
use crate::percent::path;

const STARTED: Parameter = Parameter {
    name: "started",
    place: Place::Query,
    description: "Only those started on this day, or from one day to another, `2026-01-01..2026-01-31`, of which either may be left out; days of the \
        deployment's zone",
    schema: r#"{"type": "string"}"#,
};

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/instances/{workflow}",
        operation: "startInstance",
        summary: "Start an instance",
        description: "With the workflow's live definition. The same Idempotency-Key again gives the first answer.",
        access: Access::Token,
        parameters: &[WORKFLOW, IDEMPOTENCY_KEY],
        body: Some("Start"),
        answers: &[Reply {
            status: 201,
            description: "It was started",
            content: &[("application/json", "Answer")],
            headers: &["Location", "ETag", "Idempotent-Replayed"],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::Forbidden,
            Code::NotFound,
            Code::RaceLost,
            Code::GuardFalse,
            Code::Conflicting,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::IdempotencyKeyReused,
            Code::InputInvalid,
            Code::ReasonMissing,
            Code::SignatureMissing,
        ],
        handler: || post(start),
    },
    Route {
        method: "GET",
        path: "/v1/instances",
        operation: "listInstances",
        summary: "List instances, the youngest first",
        description: "Those that the caller may see. A page may be shorter than its limit; the list ends where `after` is null and `more` is false. \
            With `workflow`, any other parameter names an indexed field and what stands in it: `tray=12`; of a text also what it begins with, `order_no=A-1*`; \
            of a day also a range, `due=2026-01-01..2026-01-31`, of which either end may be left out. A field that is called like a parameter is \
            written `data.NAME`. Such a list is in the order of the values of the first of these conditions that says most.",
        access: Access::Token,
        parameters: &[
            Parameter {
                name: "workflow",
                place: Place::Query,
                description: "Only of this workflow",
                schema: r#"{"type": "string"}"#,
            },
            Parameter {
                name: "done",
                place: Place::Query,
                description: "Only those that have ended, or have not",
                schema: r#"{"type": "boolean"}"#,
            },
            Parameter {
                name: "state",
                place: Place::Query,
                description: "Only those in this state, by its name or its path; with `workflow`",
                schema: r#"{"type": "string"}"#,
            },
            STARTED,
            AFTER,
            PAGE_LIMIT,
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "A page",
            content: &[("application/json", "Instances")],
            headers: &[],
        }],
        problems: &[Code::NotFound],
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}",
        operation: "showInstance",
        summary: "Where an instance stands",
        description: "With the fields that the caller may see. With `at` or `entry` as it stood then, for whoever may read its trail: `as_it_stood` says which entry \
            led there and which came next. What could be done then is not told; such an answer has no ETag.",
        access: Access::Token,
        parameters: &[
            WORKFLOW,
            KEY,
            Parameter {
                name: "If-None-Match",
                place: Place::Header,
                description: "The ETag that is known already",
                schema: r#"{"type": "string"}"#,
            },
            AT,
            ENTRY,
        ],
        body: None,
        answers: &[
            Reply {
                status: 200,
                description: "It stands so",
                content: &[("application/json", "Instance")],
                headers: &["ETag"],
            },
            Reply {
                status: 304,
                description: "It has not moved",
                content: &[],
                headers: &["ETag"],
            },
        ],
        problems: &[Code::NotFound, Code::BehindGlass, Code::NotThen],
        handler: || get(show),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}/can",
        operation: "listOffers",
        summary: "Which events there are now, and why not",
        description: "Events that the active states answer to and a person could send, each with its form and, where the caller may not, with every reason.",
        access: Access::Token,
        parameters: &[
            WORKFLOW,
            KEY,
            Parameter {
                name: "event",
                place: Place::Query,
                description: "Only this one",
                schema: r#"{"type": "string"}"#,
            },
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The events",
            content: &[("application/json", "Offers")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::BehindGlass],
        handler: || get(can),
    },
];

async fn start(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(workflow): Path<String>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let input_key = input_key(
        &parts.headers,
        &caller,
        &format!("POST {}", path(&["v1", "instances", &workflow])),
    )?;
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let signed = match given.text("sign")? {
        Some(token) => Some(prove(&service, &caller, &token).await?),
        None => None,
    };
    let start = StartRequest {
        signed,
        workflow: workflow.as_str().into(),
        key: given.text("key")?,
        payload: given.object("with")?.map_or_else(Object::new, Arc::unwrap_or_clone),
        actor: (*caller.actor).clone(),
        input_key,
        reason: given.text("reason")?,
    };
    let _held = given.finish()?;
    let answer = service.engine.start(start).await?;
    if answer.verdict != Verdict::Taken {
        return Err(refused(answer));
    }
    let made = document(StatusCode::CREATED, &answer_value(&answer));
    let made = with_location(made, &path(&["v1", "instances", &answer.workflow, &answer.key]));
    Ok(with_repetition(with_revision(made, answer.sequence), answer.duplicate))
}

async fn list(State(service): State<Shared>, Extension(caller): Extension<Caller>, uri: Uri) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let workflow: Option<Arc<str>> = parameters.text("workflow")?.map(Arc::from);
    let done = parameters.flag("done")?;
    let state = parameters.text("state")?.map(Arc::from);
    let (from_us, until_us) = started(&service, parameters.text("started")?)?;
    let after = parameters.text("after")?;
    let limit = parameters.limit(PAGE_DEFAULT, LIST_PAGE_MAX)?;
    let Some(workflow) = workflow else {
        if state.is_some() {
            return Err(unfit("state", "is one of a workflow's: name it with `workflow`"));
        }
        parameters.finish()?;
        let request = ListRequest {
            done,
            from_us,
            until_us,
            after: after.map(|after| read_cursor(&after)).transpose()?,
            limit,
            ..ListRequest::default()
        };
        return listed_page(&service, &caller, &request).await;
    };
    let fields = parameters.rest().into_iter();
    let fields = fields.map(|(name, value)| (name.strip_prefix("data.").unwrap_or(&name).into(), value.into()));
    let find = FindRequest {
        workflow: workflow.clone(),
        fields: fields.collect(),
        state,
        done,
        from_us,
        until_us,
        after: None,
        limit,
    };
    if find.is_of_fields() {
        let after = after.map(|after| read_search_place(&after)).transpose()?;
        return found_page(&service, &caller, &FindRequest { after, ..find }).await;
    }
    let request = ListRequest {
        workflow: Some(workflow),
        done,
        from_us,
        until_us,
        after: after.map(|after| read_cursor(&after)).transpose()?,
        limit,
        ..ListRequest::default()
    };
    listed_page(&service, &caller, &request).await
}

async fn listed_page(service: &Service, caller: &Caller, request: &ListRequest) -> Answered<Response> {
    let page = service.engine.list(request, &caller.actor).await?;
    let after = page
        .next
        .map(|(started_at_us, instance)| format!("{started_at_us}.{instance}"));
    Ok(page_of(page.instances.iter().map(instance_value).collect(), after, false))
}

async fn found_page(service: &Service, caller: &Caller, request: &FindRequest) -> Answered<Response> {
    let found = service.engine.find(request, &caller.actor).await?;
    let shown = found.hits.iter().map(|hit| instance_value(&hit.shown)).collect();
    Ok(page_of(shown, found.next.as_ref().map(search_place_text), found.cut))
}

fn page_of(instances: Vec<Value>, after: Option<String>, cut: bool) -> Response {
    let more = cut || after.is_some();
    let page = object([
        ("after", text_or_null(after.as_deref())),
        ("instances", Value::from_items(instances)),
        ("more", Value::Boolean(more)),
    ]);
    document(StatusCode::OK, &page)
}

/// From the beginning of the first day to the end of the last.
fn started(service: &Service, given: Option<String>) -> Answered<(Option<i64>, Option<i64>)> {
    let Some(given) = given else { return Ok((None, None)) };
    let (first, last) = given.split_once("..").unwrap_or((&given, &given));
    let bound = |day: &str| -> Answered<Option<(i64, i64)>> {
        if day.is_empty() {
            return Ok(None);
        }
        let of_day = service.engine.day(day)?;
        of_day
            .map(Some)
            .ok_or_else(|| unfit("started", "is a day such as 2026-01-31, or two of them with `..` between"))
    };
    Ok((bound(first)?.map(|(from, _)| from), bound(last)?.map(|(_, until)| until)))
}

/// The instance before the value: a value may hold anything.
pub fn search_place_text(place: &SearchPlace) -> String {
    format!("{}.{}", place.instance, place.value)
}

/// # Errors
/// 400 for what no page gave.
pub fn read_search_place(given: &str) -> Answered<SearchPlace> {
    let parts = given.split_once('.').and_then(|(instance, value)| {
        Some(SearchPlace {
            instance: instance.parse().ok()?,
            value: value.into(),
        })
    });
    parts.ok_or_else(|| unfit("after", "is not what a page gave"))
}

async fn show(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let (at, entry) = (parameters.text("at")?, parameters.text("entry")?);
    parameters.finish()?;
    if let Some(moment) = past_moment(&service, at.as_deref(), entry.as_deref())? {
        let past = service.engine.past(&workflow, &key, moment, &caller.actor).await;
        let past = about_instance(&service, &caller, past, &workflow, &key).await?;
        return Ok(document(StatusCode::OK, &past_value(&past)));
    }
    let shown = service.engine.show(&workflow, &key, &caller.actor).await;
    let shown = about_instance(&service, &caller, shown, &workflow, &key).await?;
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .unwrap_or_default();
    let tag = format!("\"{}\"", shown.sequence);
    if known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag) {
        return Ok(with_revision(StatusCode::NOT_MODIFIED.into_response(), shown.sequence));
    }
    Ok(with_revision(
        document(StatusCode::OK, &instance_value(&shown)),
        shown.sequence,
    ))
}

async fn can(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
    uri: Uri,
) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let event = parameters.text("event")?;
    parameters.finish()?;
    let offers = service.engine.can(&workflow, &key, &caller.actor).await;
    let offers = about_instance(&service, &caller, offers, &workflow, &key).await?;
    let wanted = |offer: &&Offer| event.as_deref().is_none_or(|event| event == &*offer.event);
    let offers = joined(&[
        ("events", listed(offers.iter().filter(wanted).map(offer_json))),
        ("key", text(&key).into()),
        ("workflow", text(&workflow).into()),
    ]);
    Ok(raw(StatusCode::OK, offers))
}

/// What was asked of one instance. What is hidden is answered in the very words of what is not there, be it that one might open it or not.
pub async fn about_instance<T>(
    service: &Service,
    caller: &Caller,
    asked: EngineResult<T>,
    workflow: &str,
    key: &str,
) -> Answered<T> {
    match asked {
        Err(EngineError::Hidden) => {}
        Err(EngineError::NoSuchInstance { refusals, .. }) if refusals.is_empty() => {}
        asked => return asked.map_err(Problem::from),
    }
    match service.engine.may_open(workflow, &caller.actor).await? {
        true => Err(Problem::behind_glass(workflow, key)),
        false => Err(Problem::nothing(format_args!("{workflow}/{key}"))),
    }
}

/// # Errors
/// 400 for what no page gave.
pub fn read_cursor(given: &str) -> Answered<(i64, InstanceId)> {
    let parts = given
        .split_once('.')
        .and_then(|(at, instance)| Some((at.parse().ok()?, instance.parse().ok()?)));
    parts.ok_or_else(|| unfit("after", "is not what a page gave"))
}
