//! What the server says about itself: its document, its health, the pages of its codes.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use statewright_core::diagnostic::Code;

use super::openapi;
use super::problem::{Answered, Problem};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/",
        operation: "about",
        summary: "Says what this is and where to go on",
        description: "",
        access: Access::Open,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "Where to go on",
            content: &[("application/json", "About")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(about),
    },
    Route {
        method: "GET",
        path: "/v1/openapi.json",
        operation: "openapi",
        summary: "This document",
        description: "",
        access: Access::Open,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "OpenAPI 3.1",
            content: &[("application/json", "OpenApi")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(document),
    },
    Route {
        method: "GET",
        path: "/errors/{code}",
        operation: "explainCode",
        summary: "The page of a code, in Markdown",
        description: "What a problem's `type` leads to.",
        access: Access::Open,
        parameters: &[Parameter {
            name: "code",
            place: Place::Path,
            description: "A code such as SW-2203",
            schema: r#"{"type": "string", "pattern": "^SW-[0-9]{4}$"}"#,
        }],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The page",
            content: &[("text/markdown", "Text")],
            headers: &[],
        }],
        problems: &[Code::NotFound],
        handler: || get(page),
    },
    Route {
        method: "GET",
        path: "/healthz",
        operation: "isAlive",
        summary: "Whether the process answers",
        description: "Does not look at the database: a process that waits for its database is not to be restarted.",
        access: Access::Open,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "It does",
            content: &[("application/json", "Health")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(alive),
    },
    Route {
        method: "GET",
        path: "/readyz",
        operation: "isReady",
        summary: "Whether requests can be taken now",
        description: "Asks the database.",
        access: Access::Open,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "They can",
            content: &[("application/json", "Health")],
            headers: &[],
        }],
        problems: &[Code::StoreAway, Code::ShuttingDown],
        handler: || get(ready),
    },
];

/// A browser is taken to the pages.
async fn about(headers: HeaderMap) -> Response {
    if crate::pages::is_browser(&headers) {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, crate::pages::FRONT)]).into_response();
    }
    Json(json!({
        "name": "statewright",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A durable workflow engine; its API is described at /v1/openapi.json",
        "openapi": "/v1/openapi.json",
    }))
    .into_response()
}

async fn document() -> Response {
    Json(openapi::document()).into_response()
}

async fn page(Path(code): Path<String>) -> Answered<Response> {
    let code = Code::parse(&code).ok_or_else(|| Problem::nothing(format_args!("code `{code}`")))?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], code.page_text()).into_response())
}

async fn alive() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

async fn ready(State(service): State<Shared>) -> Answered<Response> {
    service.ready().await?;
    Ok((StatusCode::OK, Json(json!({"status": "ok"}))).into_response())
}
