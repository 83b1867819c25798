//! The access log: who has read personal data, and who was refused.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use statewright_core::value::Value;
use statewright_engine::access::{ACCESS_KEY, ACCESS_PAGE_MAX, Access as Reading, AccessPlace, AccessRequest, act_of};
use statewright_engine::roles::AUDITOR;

use super::body::{Parameters, unfit};
use super::history::instance_of;
use super::limit::PAGE_DEFAULT;
use super::parameter::{AFTER, PAGE_LIMIT};
use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{count, instant, object, text, text_or_null, texts};

pub(super) const fn text_parameter(name: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        place: Place::Query,
        description,
        schema: r#"{"type": "string"}"#,
    }
}

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/access",
    operation: "readAccessLog",
    summary: "Who has read personal data, and who was refused",
    description: "The newest first. Each answer to a person that holds a value of a personal field stands here before it leaves, and each answer that one \
        was refused of a workflow with such fields. No value stands in it. A page may be shorter than its limit; the log ends where `after` is null.",
    access: Access::Role(AUDITOR),
    parameters: &[
        text_parameter("who", "Only readings of this person, or on their behalf"),
        text_parameter("workflow", "Only of this workflow"),
        text_parameter("key", "Only of this instance of the workflow"),
        text_parameter("field", "Only those of this field"),
        Parameter {
            name: "refused",
            place: Place::Query,
            description: "Only those that were refused, or were not",
            schema: r#"{"type": "boolean"}"#,
        },
        text_parameter("from", "From this day or moment on"),
        text_parameter("to", "Up to this day, which is included, or up to this moment, which is not"),
        AFTER,
        PAGE_LIMIT,
    ],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "A page",
        content: &[("application/json", "Readings")],
        headers: &[],
    }],
    problems: &[],
    handler: || get(read),
}];

async fn read(State(service): State<Shared>, uri: Uri) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let sought = ReadingsSought {
        who: parameters.text("who")?,
        workflow: parameters.text("workflow")?,
        key: parameters.text("key")?,
        field: parameters.text("field")?,
        refused: parameters.flag("refused")?,
        from: parameters.text("from")?,
        to: parameters.text("to")?,
        after: parameters.text("after")?,
    };
    let limit = parameters.limit(PAGE_DEFAULT, ACCESS_PAGE_MAX)?;
    parameters.finish()?;
    let page = service.engine.accesses(&sought.request(&service, limit).await?).await?;
    let after = page.next.as_ref().map(access_place_text);
    let page = object([
        ("after", text_or_null(after.as_deref())),
        (
            "readings",
            Value::from_items(page.readings.iter().map(reading_value).collect()),
        ),
    ]);
    Ok(document(StatusCode::OK, &page))
}

/// What somebody looks for in the log, as they wrote it.
#[derive(Clone, Debug, Default)]
pub struct ReadingsSought {
    pub who: Option<String>,
    pub workflow: Option<String>,
    pub key: Option<String>,
    pub field: Option<String>,
    pub refused: Option<bool>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub after: Option<String>,
}

impl ReadingsSought {
    /// # Errors
    /// 400 for a key that instances of several workflows have, for what is no moment, and for what no page gave.
    pub async fn request(self, service: &Service, limit: usize) -> Answered<AccessRequest> {
        let instance = match &self.key {
            Some(key) => Some(instance_of(service, self.workflow.as_deref(), key).await?),
            None => None,
        };
        Ok(AccessRequest {
            who: self.who.map(Arc::from),
            instance,
            workflow: self.workflow.map(Arc::from),
            field: self.field.map(Arc::from),
            refused: self.refused,
            from_us: moment(service, "from", self.from)?.map(|(from_us, _)| from_us),
            until_us: moment(service, "to", self.to)?.map(|(_, until_us)| until_us),
            after: self.after.map(|after| read_place(&after)).transpose()?,
            limit,
        })
    }
}

pub fn access_place_text(place: &AccessPlace) -> String {
    format!("{}.{}.{}", place.at_us, place.node, place.sequence)
}

/// A day, from its beginning to its end, or a moment.
pub fn moment(service: &Service, name: &str, given: Option<String>) -> Answered<Option<(i64, i64)>> {
    let Some(given) = given else { return Ok(None) };
    if let Some(day) = service.engine.day(&given)? {
        return Ok(Some(day));
    }
    let moment: Result<Timestamp, _> = given.parse();
    let moment = moment.map_err(|_| unfit(name, "is a day such as 2026-01-31, or a moment such as 2026-01-31T08:30:00Z"))?;
    Ok(Some((moment.as_microsecond(), moment.as_microsecond())))
}

fn read_place(given: &str) -> Answered<AccessPlace> {
    let mut parts = given.split('.');
    let mut part = || parts.next();
    let place = (|| {
        Some(AccessPlace {
            at_us: part()?.parse().ok()?,
            node: part()?.parse().ok()?,
            sequence: part()?.parse().ok()?,
        })
    })();
    place.ok_or_else(|| unfit("after", "is not what a page gave"))
}

fn reading_value(reading: &Reading) -> Value {
    let Reading { place, entry } = reading;
    let act = act_of(entry).cloned().unwrap_or(Value::Null);
    let of_act = |name: &str| act.field(name).cloned().unwrap_or(Value::Null);
    let list = |name: &str| match of_act(name) {
        Value::Null => Value::from_items(Vec::new()),
        list => list,
    };
    let actor = entry.actor().ok();
    let node = entry.key().ok().and_then(|key| key.strip_prefix(ACCESS_KEY));
    object([
        ("at", instant(place.at_us)),
        ("by", of_act("by")),
        ("entry", of_act("entry")),
        ("fields", list("fields")),
        ("instance", of_act("instance")),
        ("keys", list("keys")),
        ("moment", of_act("moment")),
        ("node", text_or_null(node)),
        ("number", count(place.sequence)),
        (
            "on_behalf_of",
            text_or_null(actor.as_ref().and_then(|actor| actor.on_behalf_of.as_deref())),
        ),
        ("refused", Value::Boolean(of_act("refused").as_boolean() == Some(true))),
        ("request", of_act("request")),
        (
            "roles",
            actor
                .as_ref()
                .map_or_else(|| Value::from_items(Vec::new()), |actor| texts(&actor.roles)),
        ),
        ("who", actor.as_ref().map_or(Value::Null, |actor| text(&actor.id))),
        ("why", of_act("why")),
        ("workflow", of_act("workflow")),
    ])
}
