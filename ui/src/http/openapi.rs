//! The OpenAPI 3.1 document, made of the table of routes and of the schemas beside it.

use serde_json::{Map, Value, json};
use statewright_core::diagnostic::Code;

use super::problem::{PROBLEM_JSON, status};
use super::route::{Access, Place, Reply, Route, routes};

/// Hand-kept beside the handlers; a test holds each handler's answers to them.
const SCHEMAS: &str = include_str!("schemas.json");

/// The schema of what is no document: the bytes of a file.
pub const BYTES: &str = "Bytes";

/// The whole document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in routes() {
        let operations = paths.entry(route.path).or_insert_with(|| json!({}));
        operations[route.method.to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Statewright",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Durable lifecycles: start instances of workflows, send them events, read where they stand and what happened. \
                Every no is a problem document (RFC 9457); its `type` leads to a page that says what to do.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "An access token, made by an operator."}},
        },
    })
}

/// The named schemas.
pub fn schemas() -> Value {
    serde_json::from_str(SCHEMAS).expect("the schemas are JSON: a test reads them")
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [tag(route.path)],
        "security": security(route.access),
        "responses": responses(route),
    });
    let description = [route.description, role(route.access)].join(" ");
    if !description.trim().is_empty() {
        operation["description"] = json!(description.trim());
    }
    if !route.parameters.is_empty() {
        let parameters: Vec<Value> = route.parameters.iter().map(parameter).collect();
        operation["parameters"] = json!(parameters);
    }
    if let Some(schema) = route.body {
        let media = if schema == BYTES { "*/*" } else { "application/json" };
        operation["requestBody"] = json!({"required": true, "content": {media: {"schema": reference(schema)}}});
    }
    operation
}

fn parameter(parameter: &super::route::Parameter) -> Value {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    let schema: Value = serde_json::from_str(parameter.schema).expect("a parameter's schema is JSON: a test builds the document");
    json!({
        "name": parameter.name,
        "in": place,
        "description": parameter.description,
        "required": parameter.place == Place::Path,
        "schema": schema,
    })
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    for reply in route.answers {
        responses.insert(reply.status.to_string(), answer(reply));
    }
    let codes = route.access.problems().iter().chain(route.problems);
    for code in codes {
        let number = status(*code).as_str().to_owned();
        let response = responses
            .entry(number)
            .or_insert_with(|| json!({"description": "", "content": {PROBLEM_JSON: {"schema": reference("Problem")}}}));
        let described = response["description"].as_str().unwrap_or_default();
        let separator = if described.is_empty() { "" } else { "; " };
        response["description"] = json!(format!("{described}{separator}{code}: {}", code.title()));
        if let Some(headers) = problem_headers(*code) {
            response["headers"] = headers;
        }
    }
    Value::Object(responses)
}

fn answer(reply: &Reply) -> Value {
    let mut response = json!({"description": reply.description});
    if !reply.content.is_empty() {
        let content: Map<String, Value> = reply
            .content
            .iter()
            .map(|(media, schema)| ((*media).to_owned(), json!({"schema": reference(schema)})))
            .collect();
        response["content"] = Value::Object(content);
    }
    if !reply.headers.is_empty() {
        let headers: Map<String, Value> = reply.headers.iter().map(|name| ((*name).to_owned(), text_header())).collect();
        response["headers"] = Value::Object(headers);
    }
    response
}

fn problem_headers(code: Code) -> Option<Value> {
    match code {
        Code::Unauthenticated => Some(json!({"WWW-Authenticate": text_header()})),
        Code::Overloaded | Code::StoreAway | Code::StoreFull | Code::TimedOut | Code::ShuttingDown | Code::ScannerAway => {
            Some(json!({"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}))
        }
        _ => None,
    }
}

fn text_header() -> Value {
    json!({"schema": {"type": "string"}})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([]),
        Access::Token | Access::Sender | Access::Adapter | Access::Role(_) => json!([{"token": []}]),
    }
}

fn role(access: Access) -> &'static str {
    match access {
        Access::Role(super::OPERATOR) => "Needs the role `operator`.",
        Access::Role(_) => "Needs the role `auditor`.",
        Access::Adapter => "Needs the token of an adapter.",
        Access::Open | Access::Token | Access::Sender => "",
    }
}

/// The first noun of the path groups the operations.
fn tag(path: &str) -> &str {
    let path = path.strip_prefix("/v1/").unwrap_or("server");
    path.split('/').next().filter(|noun| !noun.contains('.')).unwrap_or("server")
}
