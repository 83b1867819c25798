//! What happened to all instances, for auditors.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use statewright_core::identity::InstanceId;
use statewright_core::step::SYSTEM_WORKFLOW;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{HISTORY_PAGE_MAX, HistoryRequest};
use statewright_engine::roles::AUDITOR;
use statewright_engine::store::HistoryPlace;

use super::access::{moment, text_parameter};
use super::authentication::Caller;
use super::body::{Parameters, unfit};
use super::limit::PAGE_DEFAULT;
use super::parameter::{AFTER, PAGE_LIMIT};
use super::problem::Answered;
use super::reply::{joined, listed, raw};
use super::route::{Access, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{count, instant, text_or_null};

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/trail",
    operation: "readHistory",
    summary: "What happened to all instances",
    description: "Entries of every trail, the system's own too, the newest first. They hold commitments in the place of personal values. What is looked for \
        beside moments is compared entry by entry: at most 5,000 are looked at for one page, which may be empty although there are more. It ends where \
        `after` is null.",
    access: Access::Role(AUDITOR),
    parameters: &[
        text_parameter(
            "actor",
            "Only what this person did, by their user or name, or what was done on their behalf",
        ),
        text_parameter(
            "event",
            "Only where this came: an event, what was done with a task, a timer, one of the system's acts, or a kind of input such as `start`",
        ),
        text_parameter("workflow", "Only of this workflow"),
        text_parameter(
            "key",
            "Only of this instance; of which workflow need not be said if only one has it",
        ),
        text_parameter(
            "field",
            "Only what changed this field, or what stands in it under a path such as `rx.right`",
        ),
        text_parameter("from", "From this day or moment on"),
        text_parameter(
            "until",
            "Up to this day, which is included, or up to this moment, which is not",
        ),
        AFTER,
        PAGE_LIMIT,
    ],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "A page",
        content: &[("application/json", "History")],
        headers: &[],
    }],
    problems: &[],
    handler: || get(read),
}];

async fn read(State(service): State<Shared>, Extension(caller): Extension<Caller>, uri: Uri) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let asked = Sought {
        actor: parameters.text("actor")?,
        event: parameters.text("event")?,
        workflow: parameters.text("workflow")?,
        key: parameters.text("key")?,
        field: parameters.text("field")?,
        from: parameters.text("from")?,
        until: parameters.text("until")?,
        after: parameters.text("after")?,
        without_system: false,
    };
    let limit = parameters.limit(PAGE_DEFAULT, HISTORY_PAGE_MAX)?;
    parameters.finish()?;
    let request = asked.request(&service, limit).await?;
    let page = service.engine.history(&request, &caller.actor).await?;
    let after = page.next.as_ref().map(history_place_text);
    let back_to = page
        .next
        .map_or(statewright_core::value::Value::Null, |next| instant(next.at_us));
    let page = joined(&[
        ("after", text_or_null(after.as_deref()).into()),
        ("entries", listed(page.entries.into_iter().map(|row| row.entry.bytes))),
        ("looked_at", count(page.looked_at as u64).into()),
        ("looked_back_to", back_to.into()),
        ("unreadable", count(page.unreadable as u64).into()),
    ]);
    Ok(raw(StatusCode::OK, page))
}

/// What somebody looks for, as they wrote it.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    pub actor: Option<String>,
    pub event: Option<String>,
    pub workflow: Option<String>,
    pub key: Option<String>,
    pub field: Option<String>,
    pub from: Option<String>,
    pub until: Option<String>,
    pub after: Option<String>,
    /// Nothing of the system's own trails is looked for.
    pub without_system: bool,
}

impl Sought {
    /// # Errors
    /// 400 for what is no moment, for a key that instances of several workflows have, and for what no page gave.
    pub async fn request(self, service: &Service, limit: usize) -> Answered<HistoryRequest> {
        let instance = match &self.key {
            Some(key) => Some(instance_of(service, self.workflow.as_deref(), key).await?),
            None => None,
        };
        Ok(HistoryRequest {
            actor: self.actor.map(Arc::from),
            event: self.event.map(Arc::from),
            workflow: self.workflow.map(Arc::from),
            instance,
            without_system: self.without_system,
            field: self.field.map(Arc::from),
            from_us: moment(service, "from", self.from)?.map(|(from_us, _)| from_us),
            until_us: moment(service, "until", self.until)?.map(|(_, until_us)| until_us),
            before: self.after.map(|after| read_history_place(&after)).transpose()?,
            limit,
        })
    }
}

/// Which instance is meant. One that is not there has no trail.
pub(super) async fn instance_of(service: &Service, workflow: Option<&str>, key: &str) -> Answered<InstanceId> {
    if let Some(workflow) = workflow {
        return Ok(InstanceId::of(workflow, key));
    }
    let live = service.engine.registry().live_charts();
    let workflows = live.iter().map(|known| &*known.chart.workflow).chain([SYSTEM_WORKFLOW]);
    let ids: Vec<InstanceId> = workflows.map(|workflow| InstanceId::of(workflow, key)).collect();
    let rows = service.engine.store().load(&ids).await.map_err(EngineError::from)?;
    let found: Vec<_> = rows.into_iter().flatten().collect();
    match &*found {
        [] => Ok(InstanceId::of("", key)),
        [one] => Ok(one.instance),
        several => {
            let names: Vec<String> = several.iter().map(|row| format!("{}/{key}", row.workflow)).collect();
            let what = format!("is that of {}: name one of them with `workflow`", names.join(" and of "));
            Err(unfit("key", &what))
        }
    }
}

pub fn history_place_text(place: &HistoryPlace) -> String {
    format!("{}.{}.{}", place.at_us, place.instance, place.sequence)
}

fn read_history_place(given: &str) -> Answered<HistoryPlace> {
    let mut parts = given.split('.');
    let mut part = || parts.next();
    let place = (|| {
        Some(HistoryPlace {
            at_us: part()?.parse().ok()?,
            instance: part()?.parse().ok()?,
            sequence: part()?.parse().ok()?,
        })
    })();
    place.ok_or_else(|| unfit("after", "is not what a page gave"))
}
