//! Incidents: what went wrong and waits for a person to decide.

use std::collections::BTreeMap;

use axum::http::Method;
use serde::Serialize;
use statewright_core::diagnostic::Code;
use statewright_core::identity::InstanceId;
use statewright_core::step::in_words;
use statewright_core::value::{Value, json};
use statewright_engine::error::EngineError;
use statewright_engine::incidents::Decision;
use statewright_engine::store::{Incident, IncidentKind, InstanceRow};
use statewright_engine::unreached::UnreachedTask;

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::moment::Moment;
use super::reference::Reference;
use super::route::{Access, Page};
use super::wording::capital;
use super::words::Reading;
use crate::http::{Answered, OPERATOR, Problem, incident_id, incident_named};
use crate::percent::path;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/incidents",
        operation: "pageIncidents",
        access: Access::Role(OPERATOR),
        handler: |asked| Box::pin(list(asked)),
    },
    Page {
        method: Method::POST,
        path: "/incidents/{id}/{decision}",
        operation: "pageSettleIncident",
        access: Access::Role(OPERATOR),
        handler: |asked| Box::pin(settle(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    rows: Vec<Row>,
    unreached: Vec<Unreached>,
}

/// A task that nobody in the directory could do.
#[derive(Serialize)]
struct Unreached {
    task: String,
    instance: Reference,
    since: Moment,
    why: String,
}

#[derive(Serialize)]
struct Row {
    what: String,
    name: String,
    error: String,
    attempts: u32,
    since: Moment,
    instance: Option<Reference>,
    /// Where a decision is sent to, before the word for it.
    action: String,
    /// What becomes of it when it is given up.
    given_up: &'static str,
    /// Only effects have a result that can be said.
    repairable: bool,
}

impl Row {
    fn of(incident: &Incident, row: Option<&InstanceRow>, reading: &Reading) -> Answered<Self> {
        let since = jiff::Timestamp::from_microsecond(incident.since_us);
        let since = since.map_err(|_| Problem::of(Code::Internal, "An incident began at no moment"))?;
        let kind = match incident.kind {
            IncidentKind::Timer => "Timer",
            IncidentKind::Message => "Message",
            IncidentKind::Effect => "Effect",
            IncidentKind::Mail => "Mail",
        };
        Ok(Row {
            what: format!("{kind} {}", called(incident)),
            name: incident.name.to_string(),
            error: incident.error.to_string(),
            attempts: incident.attempts,
            since: reading.moment(since),
            instance: row.map(|row| Reference::of(&format!("{}/{}", row.workflow, row.key))),
            action: format!("/incidents{}", path(&[&incident_id(incident)])),
            given_up: match incident.kind {
                IncidentKind::Mail => "The mail is not sent; what it says stands in the inbox of whom it is for.",
                IncidentKind::Timer | IncidentKind::Message | IncidentKind::Effect => {
                    "It is not done any more; what was waiting for it is told that it failed."
                }
            },
            repairable: incident.kind == IncidentKind::Effect,
        })
    }
}

/// A mail is called after whom it is for.
fn called(incident: &Incident) -> String {
    match incident.kind {
        IncidentKind::Mail => match incident.name.splitn(3, ':').nth(2) {
            Some(person) => format!("to {person}"),
            None => "to all who are told".to_owned(),
        },
        _ => in_words(incident.name.rsplit('.').next().unwrap_or(&incident.name)),
    }
}

async fn list(asked: Asked) -> Answered<Answer> {
    let engine = asked.engine();
    let incidents = engine.incidents().await?;
    let ids: Vec<InstanceId> = incidents.iter().map(|incident| incident.instance).collect();
    let rows = engine.store().load(&ids).await.map_err(EngineError::from)?;
    let rows: BTreeMap<InstanceId, InstanceRow> = rows.into_iter().flatten().map(|row| (row.instance, row)).collect();
    let reading = asked.reading();
    let shown = incidents
        .iter()
        .map(|incident| Row::of(incident, rows.get(&incident.instance), &reading));
    let unreached = engine.unreached().await?;
    let unreached = unreached.iter().map(|task| unreached_of(task, &reading));
    let model = Model {
        rows: shown.collect::<Answered<_>>()?,
        unreached: unreached.collect::<Answered<_>>()?,
    };
    Ok(View::new("incidents.html", "Incidents", model).topic("instances").into())
}

fn unreached_of(task: &UnreachedTask, reading: &Reading) -> Answered<Unreached> {
    let since = jiff::Timestamp::from_microsecond(task.since_us);
    let since = since.map_err(|_| Problem::of(Code::Internal, "A task was opened at no moment"))?;
    Ok(Unreached {
        task: in_words(task.task.rsplit('.').next().unwrap_or(&task.task)),
        instance: Reference::of(&format!("{}/{}", task.workflow, task.key)),
        since: reading.moment(since),
        why: capital(&task.why),
    })
}

/// What the operator decides stands in the system's trail, with their reason.
async fn settle(asked: Asked) -> Answered<Answer> {
    let id = asked.segment("id");
    let name = incident_named(id)?;
    let decision = match asked.segment("decision") {
        "retry" => Decision::Retry,
        "skip" => Decision::Skip,
        "repair" => Decision::Repair(result(&asked)?),
        word => return Err(Problem::nothing(format_args!("decision `{}`", word.escape_debug()))),
    };
    let reason = asked.posted.text("reason");
    asked.engine().settle(&name, &decision, reason, asked.actor()?).await?;
    Ok(see_other("/incidents"))
}

fn result(asked: &Asked) -> Answered<Value> {
    let given = asked.posted.text("result").unwrap_or("null");
    json::read(given).map_err(|error| Problem::of(Code::InputInvalid, format!("The result is no JSON: {error}")))
}
