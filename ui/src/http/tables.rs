//! Live tables: which version of each is live, what stands in it, when it was made so and by whom, and making another one live.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use statewright_core::diagnostic::Code;
use statewright_core::identity::Digest;
use statewright_core::lang::Bundle;
use statewright_core::value::{Object, Value};
use statewright_engine::error::EngineError;
use statewright_engine::store::StoredTable;

use super::authentication::Caller;
use super::body::Parameters;
use super::deployment::examined;
use super::limit::PAGE_DEFAULT;
use super::parameter::LIMIT;
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use super::trail::TRAIL_LINES_MAX;
use super::{AUDITOR, OPERATOR};
use crate::json::{object, text};

const NAME: Parameter = Parameter {
    name: "name",
    place: Place::Path,
    description: "The table's name",
    schema: r#"{"type": "string"}"#,
};

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/tables",
        operation: "deployTable",
        summary: "Make a version of a live table the one that is asked",
        description: "Whatever is decided next is decided along it, whatever definition an instance is pinned to; nobody is woken by it. A version that a \
            live workflow, or one whose instances are not all done, could not ask is refused with their names. Another server follows within a second.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("DeploymentRequest"),
        answers: &[
            Reply {
                status: 200,
                description: "It was live already",
                content: &[("application/json", "TableDeployment")],
                headers: &[],
            },
            Reply {
                status: 201,
                description: "It is live now",
                content: &[("application/json", "TableDeployment")],
                headers: &[],
            },
        ],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::DefinitionRefused,
        ],
        handler: || post(deploy),
    },
    Route {
        method: "GET",
        path: "/v1/tables",
        operation: "listTables",
        summary: "List the live tables",
        description: "",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The tables",
            content: &[("application/json", "Tables")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/tables/{name}",
        operation: "showTable",
        summary: "What stands in a live table",
        description: "For the roles `operator` and `auditor`.",
        access: Access::Token,
        parameters: &[
            NAME,
            Parameter {
                name: "version",
                place: Place::Query,
                description: "As this version has it; without it, as it is live",
                schema: r#"{"type": "string", "pattern": "^[0-9a-f]{64}$"}"#,
            },
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The version, with its files",
            content: &[("application/json", "TableVersion")],
            headers: &[],
        }],
        problems: &[Code::NotFound],
        handler: || get(show),
    },
    Route {
        method: "GET",
        path: "/v1/tables/{name}/history",
        operation: "readTableHistory",
        summary: "When which version of a live table was made live, and by whom",
        description: "The latest first. `entry` is the sequence of the entry in the system's trail that says so. For the roles `operator` and `auditor`.",
        access: Access::Token,
        parameters: &[
            NAME,
            Parameter {
                name: "before",
                place: Place::Query,
                description: "Deployments before this entry: the `before` of the page before",
                schema: r#"{"type": "integer", "minimum": 0}"#,
            },
            LIMIT,
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "A page",
            content: &[("application/json", "TableHistory")],
            headers: &[],
        }],
        problems: &[Code::NotFound],
        handler: || get(history),
    },
];

async fn deploy(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let kept = examined(&service, request, "live table", |compiled| compiled.table.is_some()).await?;
    let deployed = service.engine.deploy_table(&kept.source, &caller.actor).await?;
    Ok(kept.answer("table", &deployed))
}

async fn list(State(service): State<Shared>) -> Answered<Response> {
    let live = service.engine.store().live_tables().await.map_err(EngineError::from)?;
    let tables = live
        .iter()
        .map(|(name, version)| object([("name", text(name)), ("version", text(&version.to_string()))]));
    Ok(document(
        StatusCode::OK,
        &object([("tables", Value::from_items(tables.collect()))]),
    ))
}

/// What a house charges is not for everybody who has a token.
fn refuse_others(caller: &Caller) -> Answered<()> {
    match caller.has_role(OPERATOR) || caller.has_role(AUDITOR) {
        true => Ok(()),
        false => Err(Problem::of(
            Code::RoleMissing,
            format!("Only the roles `{OPERATOR}` and `{AUDITOR}` look into live tables"),
        )),
    }
}

async fn live_version(service: &Service, name: &str) -> Answered<Digest> {
    let live = service.engine.store().live_tables().await.map_err(EngineError::from)?;
    let found = live.into_iter().find(|(known, _)| **known == *name);
    found
        .map(|(_, version)| version)
        .ok_or_else(|| Problem::nothing(format_args!("table {name}")))
}

async fn show(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    uri: Uri,
) -> Answered<Response> {
    refuse_others(&caller)?;
    let mut parameters = Parameters::of(&uri)?;
    let wanted = parameters.text("version")?;
    parameters.finish()?;
    let live = live_version(&service, &name).await?;
    let version = match wanted {
        None => live,
        Some(text) => text.parse().map_err(|_| {
            Problem::of(
                Code::ParameterUnreadable,
                "`version` is not the 64 digits that name a version".to_owned(),
            )
        })?,
    };
    let stored = service.engine.store().table(version).await.map_err(EngineError::from)?;
    let stored = stored.filter(|stored| *stored.name == *name);
    let stored = stored.ok_or_else(|| Problem::nothing(format_args!("version {version} of the table {name}")))?;
    Ok(document(StatusCode::OK, &version_value(&stored, version == live)?))
}

fn version_value(stored: &StoredTable, live: bool) -> Answered<Value> {
    let bundle = Bundle::read(&stored.source).map_err(|error| EngineError::Damaged(error.to_string()))?;
    let files: Object = bundle
        .files
        .iter()
        .map(|(path, text)| (path.clone(), Value::Text(text.clone())))
        .collect();
    Ok(object([
        ("files", Value::from_fields(files)),
        ("live", Value::Boolean(live)),
        ("main", Value::Text(bundle.main)),
        ("name", text(&stored.name)),
        ("version", text(&stored.version.to_string())),
    ]))
}

async fn history(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    uri: Uri,
) -> Answered<Response> {
    refuse_others(&caller)?;
    let mut parameters = Parameters::of(&uri)?;
    let before = parameters.number("before")?.unwrap_or(u64::MAX);
    let limit = parameters.limit(PAGE_DEFAULT, TRAIL_LINES_MAX)?;
    parameters.finish()?;
    live_version(&service, &name).await?;
    let page = service.engine.store().table_history(&name, before, limit).await;
    let page = page.map_err(EngineError::from)?;
    let reached = page.last().filter(|_| page.len() == limit).map(|last| last.entry);
    let deployments = page.iter().map(|deployment| {
        let at = Timestamp::from_microsecond(deployment.at_us).map_or(Value::Null, Value::from_instant);
        object([
            ("at", at),
            ("by", text(&deployment.actor)),
            ("entry", number(deployment.entry)),
            ("version", text(&deployment.version.to_string())),
        ])
    });
    Ok(document(
        StatusCode::OK,
        &object([
            ("before", reached.map_or(Value::Null, number)),
            ("deployments", Value::from_items(deployments.collect())),
        ]),
    ))
}

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
