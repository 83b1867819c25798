//! The OpenAPI document and the router say the same, and answers are as the document says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::api::{ask, event, post};
use super::*;
use crate::http::{openapi, route};

#[test]
fn the_document_stays_as_it_is() {
    let mut document = openapi::document();
    document["info"]["version"] = "[version]".into();
    let operations: Vec<String> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(move |(method, operation)| {
                let answers: Vec<&str> = operation["responses"]
                    .as_object()
                    .expect("responses")
                    .keys()
                    .map(String::as_str)
                    .collect();
                format!(
                    "{} {path} {} {}",
                    method.to_uppercase(),
                    operation["operationId"].as_str().unwrap_or(""),
                    answers.join(" ")
                )
            })
        })
        .collect();
    insta::assert_snapshot!("operations", operations.join("\n"));
    insta::assert_json_snapshot!("openapi", document);
}

#[test]
fn every_name_in_the_document_leads_somewhere() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let mut named = BTreeSet::new();
    references(&document, &mut named);
    let known: BTreeSet<String> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(named, known);
    let ids: Vec<&str> = route::routes().map(|route| route.operation).collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "an operation's id is its own"
    );
}

/// The router is asked for everything that the document names, and for a path beside each: what it knows is what stands there.
#[tokio::test]
async fn every_path_of_the_document_is_routed_and_no_other() {
    let api = Api::new().await;
    let mut documented: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in route::routes() {
        documented.entry(route.path).or_default().insert(route.method);
    }
    for (path, methods) in &documented {
        let concrete = path.replace("{code}", "SW-2101").replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let heard = api.ask(ask(method, &concrete, "")).await;
            let routed = heard.status.as_u16() != 405;
            assert_eq!(routed, methods.contains(method), "{method} {path}: {}", heard.body);
            assert_ne!(heard.status.as_u16(), 404, "{method} {path}: {}", heard.body);
        }
        let beside = api
            .ask(ask(
                "GET",
                &format!("{}/beside/that/there/is/nothing", concrete.trim_end_matches('/')),
                "",
            ))
            .await;
        assert_eq!(beside.status.as_u16(), 404, "{path}");
    }
}

#[tokio::test]
async fn what_asks_for_a_token_gives_nothing_without() {
    let api = Api::new().await;
    for route in route::routes() {
        let concrete = route.path.replace("{code}", "SW-2101").replace(['{', '}'], "");
        let heard = api.ask(ask(route.method, &concrete, "")).await;
        let open = route.access == route::Access::Open;
        assert_eq!(
            heard.status.as_u16(),
            if open { 200 } else { 401 },
            "{} {}",
            route.method,
            route.path
        );
    }
}

#[tokio::test]
async fn answers_are_as_the_document_says() {
    let api = Api::new().await;
    let started = api
        .check(
            post("/v1/instances/ticket", r#"{"with": {"code": "A-1"}}"#).by(&api.clerk),
            "201",
        )
        .await;
    conforms("Answer", &started.body);
    let files = format!(
        "{{\"main\": \"t.yaml\", \"files\": {{\"t.yaml\": {}}}}}",
        super::api::quoted(super::api::TICKET)
    );
    conforms(
        "Deployment",
        &api.check(post("/v1/workflows", &files).by(&api.operator), "201").await.body,
    );
    let lab = r#"{"main": "lab.yaml", "files": {"lab.yaml": "calendar: lab\nzone: UTC\nhours: {mon: ['08:00-17:00']}\n"}}"#;
    conforms(
        "CalendarDeployment",
        &api.check(post("/v1/calendars", lab).by(&api.operator), "201").await.body,
    );
    api.check(post("/v1/calendars", lab).by(&api.operator), "200").await;
    api.check(
        post("/v1/calendars", &files).by(&api.operator),
        "422 SW-2208 The main file holds no calendar [invalid]",
    )
    .await;
    let prices = r#"{"main": "p.yaml", "files": {"p.yaml": "table: prices\nlive: true\nkey: code\ncolumns: {code: string}\nrows_from: p.csv\n", "p.csv": "code\nSV\n"}}"#;
    let deployed = api.check(post("/v1/tables", prices).by(&api.operator), "201").await;
    conforms("TableDeployment", &deployed.body);
    api.check(post("/v1/tables", prices).by(&api.operator), "200").await;
    api.check(
        post("/v1/tables", &files).by(&api.operator),
        "422 SW-2208 The main file holds no live table [invalid]",
    )
    .await;
    conforms(
        "TableVersion",
        &api.check(get("/v1/tables/prices").by(&api.operator), "200").await.body,
    );
    conforms(
        "TableHistory",
        &api.check(get("/v1/tables/prices/history").by(&api.operator), "200")
            .await
            .body,
    );
    let token = api
        .check(post("/v1/tokens", r#"{"user": "tess"}"#).by(&api.operator), "201")
        .await;
    conforms("NewToken", &token.body);
    conforms(
        "Problem",
        &api.ask(event("A-1", r#"{"event": "PAY"}"#).by(&api.clerk)).await.body,
    );
    for (path, schema) in [
        ("/", "About"),
        ("/healthz", "Health"),
        ("/readyz", "Health"),
        ("/v1/workflows", "Workflows"),
        ("/v1/calendars", "Calendars"),
        ("/v1/tables", "Tables"),
        ("/v1/workflows/ticket", "Workflow"),
        ("/v1/instances", "Instances"),
        ("/v1/instances/ticket/A-1", "Instance"),
        ("/v1/instances/ticket/A-1/can", "Offers"),
        ("/v1/instances/ticket/A-1/trail", "Trail"),
    ] {
        conforms(schema, &api.check(get(path).by(&api.clerk), "200").await.body);
    }
    conforms("Tokens", &api.check(get("/v1/tokens").by(&api.operator), "200").await.body);
    conforms(
        "Incidents",
        &api.check(get("/v1/incidents").by(&api.operator), "200").await.body,
    );
}

#[tokio::test]
async fn answers_about_tasks_are_as_the_document_says() {
    let api = super::tasks::with_reviews(&["A-1"]).await;
    let at = |path: &str| format!("/v1/instances/review/A-1{path}");
    let sign = format!("{{\"event\": \"PASS\", \"sign\": \"{}\"}}", api.clerk);
    for (path, body) in [
        ("/events", r#"{"event": "TELL"}"#),
        ("/events", &sign),
        ("/tasks/open@1/claim", "{}"),
    ] {
        conforms("Answer", &api.check(post(&at(path), body).by(&api.clerk), "200").await.body);
    }
    for (path, schema, who) in [
        ("/v1/tasks", "TaskQueue", &api.clerk),
        (&at("/tasks"), "Tasks", &api.clerk),
        (&at(""), "Instance", &api.clerk),
        (&at("/can"), "Offers", &api.clerk),
        (&at("/thread"), "Conversation", &api.clerk),
        ("/v1/inbox", "Notices", &api.guest),
    ] {
        let heard = api.check(get(path).by(who), "200").await;
        assert!(heard.body.contains("A-1"), "{}", heard.body);
        conforms(schema, &heard.body);
    }
    conforms("Unread", &api.check(get("/v1/inbox/unread").by(&api.guest), "200").await.body);
    let withdrawn = ask("DELETE", &at("/signatures/PASS"), "").by(&api.clerk);
    conforms("Answer", &api.check(withdrawn, "200").await.body);
}

#[tokio::test]
async fn every_answer_wears_what_browsers_need() {
    let api = Api::new().await;
    for heard in [
        api.ask(get("/healthz")).await,
        api.ask(get("/nowhere")).await,
        api.ask(get("/v1/tokens")).await,
    ] {
        assert_eq!(
            [
                heard.header("x-content-type-options"),
                heard.header("content-security-policy"),
                heard.header("cache-control"),
                heard.header("server"),
            ],
            ["nosniff", "default-src 'none'; frame-ancestors 'none'", "no-store", ""]
        );
        assert!(!heard.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn a_problem_leads_to_its_page() {
    let api = Api::new().await;
    let problem: Value = serde_json::from_str(&api.ask(get("/v1/tokens")).await.body).expect("a problem");
    let page = api.check(get(problem["type"].as_str().expect("a type")), "200").await;
    assert!(page.body.starts_with("# SW-2101: not signed in\n"), "{}", page.body);
}

fn references(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => drop(named.insert(reference.clone())),
                    member => references(member, named),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, named)),
        _ => {}
    }
}

/// Compares an answer with its schema, as far as these schemas go.
pub fn conforms(schema: &str, body: &str) {
    let schemas = openapi::schemas();
    let value: Value = serde_json::from_str(body).expect("an answer in JSON");
    let mut problems = Vec::new();
    compare(&schemas, &schemas[schema], &value, schema, &mut problems);
    assert_eq!(problems, [""; 0], "{body}");
}

fn compare(schemas: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return compare(schemas, &schemas[name], value, at, problems);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.is_empty() && !types.contains(&kind) {
        problems.push(format!("{at} is {kind}, not {types:?}"));
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        problems.push(format!("{at} is {value}, not {}", schema["const"]));
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        problems.push(format!("{at} is {value}, none of {choices:?}"));
    }
    let required = schema["required"].as_array().filter(|_| value.is_object());
    for required in required.into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            problems.push(format!("{at}.{required} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => compare(schemas, schema, member, &format!("{at}.{name}"), problems),
            None if schema["additionalProperties"] == Value::Bool(false) => {
                problems.push(format!("{at}.{name} is not in the schema"))
            }
            None => {}
        }
    }
    for item in value.as_array().into_iter().flatten() {
        compare(schemas, &schema["items"], item, &format!("{at}[]"), problems);
    }
}
