//! Answers that are no problems, and the documents they hold.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use statewright_core::chart::Reason;
use statewright_core::field::Fields;
use statewright_core::step::{Actor, ActorKind, Offer, SignatureOffer, Signer};
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;
use statewright_engine::body::Party;
use statewright_engine::intake::Answer;
use statewright_engine::queries::{ChildShown, Shown};

use super::problem::refusal_value;
use crate::json::{count, object, text, text_or_null, texts};

pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A JSON document.
pub fn document(status: StatusCode, value: &Value) -> Response {
    raw(status, to_interface(value))
}

/// JSON that is text already.
pub fn raw(status: StatusCode, json: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// Gives an answer the revision that it shows.
pub fn with_revision(mut response: Response, revision: u64) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Says where what was made is to be found.
pub fn with_location(mut response: Response, path: &str) -> Response {
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

/// Says that this answer was given before.
pub fn with_repetition(mut response: Response, repeated: bool) -> Response {
    if repeated {
        response
            .headers_mut()
            .insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// Schema `Answer`.
pub fn answer_value(answer: &Answer) -> Value {
    object([
        ("done", Value::Boolean(answer.done)),
        ("id", text(&answer.instance.to_string())),
        ("key", text(&answer.key)),
        ("label", text_or_null(answer.label.as_deref())),
        ("repeated", Value::Boolean(answer.duplicate)),
        ("revision", count(answer.sequence)),
        ("states", texts(&answer.states)),
        ("verdict", text("taken")),
        ("workflow", text(&answer.workflow)),
    ])
}

/// Schema `Instance`.
pub fn instance_value(shown: &Shown) -> Value {
    let timers = shown
        .timers
        .iter()
        .map(|(name, due)| object([("due", Value::from_instant(*due)), ("name", text(name))]));
    let paused_timers = shown
        .paused_timers
        .iter()
        .map(|(name, remaining)| object([("name", text(name)), ("remaining", Value::from(*remaining))]));
    let signatures = shown.signatures.iter().map(|(event, signers)| {
        let signers = signers.iter().map(signer_value).collect();
        object([("event", text(event)), ("signed", Value::from_items(signers))])
    });
    object([
        (
            "children",
            Value::from_items(shown.children.iter().map(child_value).collect()),
        ),
        ("data", Value::from_fields(shown.data.clone())),
        ("definition", text(&shown.definition.to_string())),
        ("done", Value::Boolean(shown.done)),
        ("id", text(&shown.instance.to_string())),
        ("key", text(&shown.key)),
        ("label", text_or_null(shown.label.as_deref())),
        ("open_until", shown.open_until.map_or(Value::Null, Value::from_instant)),
        ("output", shown.output.clone()),
        ("parent", shown.parent.as_ref().map_or(Value::Null, party_value)),
        ("paused", texts(&shown.paused)),
        ("paused_timers", Value::from_items(paused_timers.collect())),
        ("revision", count(shown.sequence)),
        ("signatures", Value::from_items(signatures.collect())),
        ("started_at", Value::from_instant(shown.started_at)),
        ("states", texts(&shown.states)),
        ("tags", texts(&shown.tags)),
        ("tasks", texts(&shown.tasks)),
        ("timers", Value::from_items(timers.collect())),
        ("title", text(&shown.title)),
        ("workflow", text(&shown.workflow)),
    ])
}

fn signer_value(signer: &Signer) -> Value {
    object([
        ("at", Value::from_instant(signer.at)),
        ("role", text_or_null(signer.role.as_deref())),
        ("user", text(&signer.actor)),
        ("with", text(signer.with.as_str())),
    ])
}

fn child_value(shown: &ChildShown) -> Value {
    object([
        ("invoke", text(&shown.invoke)),
        ("key", text(&shown.child.key)),
        ("standing", text(shown.standing)),
        ("workflow", text(&shown.child.workflow)),
    ])
}

fn party_value(party: &Party) -> Value {
    object([("key", text(&party.key)), ("workflow", text(&party.workflow))])
}

/// Schema `Principal`.
pub fn principal_value(actor: &Actor) -> Value {
    if actor.kind == ActorKind::Adapter {
        return object([("adapter", text(&actor.id))]);
    }
    object([
        ("name", text_or_null(actor.name.as_deref())),
        ("organisation", text_or_null(actor.organisation.as_deref())),
        ("person", text_or_null(actor.person.as_deref())),
        ("roles", texts(&actor.roles)),
        ("skills", texts(&actor.skills)),
        ("unit", text_or_null(actor.unit.as_deref())),
        ("user", text(&actor.id)),
    ])
}

/// Schema `Offer`, as JSON text: a form's schema is text already, and passes through no reader that could bend its numbers.
pub fn offer_json(offer: &Offer) -> String {
    joined(&[
        ("allowed", Value::Boolean(offer.refusals.is_empty()).into()),
        ("conversation", Value::Boolean(offer.says).into()),
        ("event", text(&offer.event).into()),
        ("form", form_json(&offer.form)),
        ("open", texts(&offer.open).into()),
        ("reason", reason_value(offer.reason.as_ref()).into()),
        (
            "refusals",
            Value::from_items(offer.refusals.iter().map(refusal_value).collect()).into(),
        ),
        ("sign", offer.sign.as_ref().map_or(Value::Null, signature_value).into()),
        ("task", text_or_null(offer.task.as_deref()).into()),
        ("title", text(&offer.title).into()),
    ])
}

/// What is to be signed, and who has signed already.
fn signature_value(sign: &SignatureOffer) -> Value {
    object([
        ("means", text(&sign.means)),
        ("people", text(&sign.people)),
        ("signed", texts(&sign.signed)),
        ("with", text(sign.with.as_str())),
    ])
}

/// What is asked for as a reason: nothing, anything, something, one of these.
pub fn reason_value(reason: Option<&Reason>) -> Value {
    match reason {
        None => Value::Null,
        Some(Reason::Required) => text("required"),
        Some(Reason::Optional) => text("optional"),
        Some(Reason::Choices(choices)) => texts(choices),
    }
}

pub fn form_json(fields: &Fields) -> Json {
    Json(fields.json_schema(None))
}

/// JSON text.
pub struct Json(pub String);

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Json(to_interface(&value))
    }
}

/// An object of members that are JSON text. The names are ours, and need no escape.
pub fn joined(members: &[(&str, Json)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, json)| format!("\"{name}\":{}", json.0)).collect();
    format!("{{{}}}", members.join(","))
}

/// A list of items that are JSON text.
pub fn listed(items: impl IntoIterator<Item = String>) -> Json {
    let items: Vec<String> = items.into_iter().collect();
    Json(format!("[{}]", items.join(",")))
}
