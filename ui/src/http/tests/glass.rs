//! Opening an instance in need, and that no route tells anybody of what they have not opened.

use statewright_core::value::Value;

use super::api::{ask, get, post, quoted};
use super::*;
use crate::http::route;
use crate::json::{member, member_items, member_number};

const CASE: &str = include_str!("sealed.yaml");
const FOLLOW_UP: &str = "workflow: follow-up\nstart: {by: [{workflow: case}]}\naccess: [{for: [clerk]}]\ninitial: a\nstates: {a: {}, b: {type: final}}\n";

/// Routes that are asked about instances: operation, path of the case and its body. What has `{…}` left is not about one instance.
const ABOUT_INSTANCES: &[(&str, &str, &str)] = &[
    ("search", "/v1/search?q=C-1", ""),
    ("searchPeople", "/v1/search", r#"{"q": "C-1"}"#),
    ("listInstances", "/v1/instances?workflow=case", ""),
    ("showInstance", "/v1/instances/case/C-1", ""),
    ("listOffers", "/v1/instances/case/C-1/can", ""),
    ("openInstance", "/v1/instances/case/C-1/open", r#"{"reason": " "}"#),
    ("countInstances", "/v1/workflows/case/counts?by=state&sum=level", ""),
    ("sendEvent", "/v1/instances/case/C-1/events", r#"{"event": "TOUCH"}"#),
    ("listTasks", "/v1/tasks?held=true", ""),
    ("listTasksOfInstance", "/v1/instances/case/C-1/tasks", ""),
    ("actOnTask", "/v1/instances/case/C-1/tasks/open/claim", "{}"),
    ("withdrawSignature", "/v1/instances/case/C-1/signatures/SIGN", ""),
    ("listInbox", "/v1/inbox", ""),
    ("countUnread", "/v1/inbox/unread", ""),
    ("showThread", "/v1/instances/case/C-1/thread", ""),
    ("listFiles", "/v1/instances/case/C-1/files", ""),
    (
        "downloadFile",
        "/v1/instances/case/C-1/files/00000000000000000000000000000000",
        "",
    ),
    (
        "drawFile",
        "/v1/instances/case/C-1/files/00000000000000000000000000000000/shape",
        "",
    ),
    ("readTrail", "/v1/instances/case/C-1/trail", ""),
    ("showView", "/v1/views/cases", ""),
];

/// Routes that say nothing of instances, and why.
const BESIDE_INSTANCES: &[(&str, &str)] = &[
    (
        "startInstance",
        "takes no instance that is there; that a key is taken, whoever may start one is told",
    ),
    ("readHistory", "for auditors, who see that every instance is there"),
    (
        "readAccessLog",
        "the log of readings, for auditors; a refusal stands in it whether there is something or not",
    ),
    (
        "markRead",
        "takes what the inbox gave, and answers whatever else it is given alike",
    ),
    ("deployWorkflow", "definitions"),
    ("listWorkflows", "definitions"),
    ("showWorkflow", "definitions"),
    ("deployCalendar", "calendars"),
    ("listCalendars", "calendars"),
    ("deployTable", "for operators"),
    ("listTables", "tables"),
    ("showTable", "for operators and auditors"),
    ("readTableHistory", "for operators and auditors"),
    ("deployView", "for operators"),
    ("listViews", "views"),
    ("deployPortal", "for operators"),
    ("listPortals", "portals"),
    ("uploadFile", "belongs to no instance yet"),
    ("reportProgress", "for adapters"),
    ("reportUndone", "for adapters"),
    ("listSchedules", "for operators"),
    ("listPeople", "for operators"),
    ("putPerson", "for operators"),
    ("removePerson", "for operators"),
    ("listSessions", "one's own"),
    ("endSession", "one's own"),
    ("listPersonsSessions", "for operators"),
    ("endPersonsSessions", "for operators"),
    ("setPassword", "for operators"),
    ("unlock", "for operators"),
    ("removeSecondFactor", "for operators"),
    ("putAbsence", "people"),
    ("endAbsence", "people"),
    ("deployRoles", "for operators"),
    ("showRoles", "roles"),
    ("listIncidents", "for operators"),
    ("retryIncident", "for operators"),
    ("skipIncident", "for operators"),
    ("repairIncident", "for operators"),
    ("listTokens", "for operators"),
    ("createToken", "for operators"),
    ("revokeToken", "for operators"),
    ("showOperations", "counts of no instance"),
    ("readMetrics", "counts of no instance"),
    ("about", "the server"),
    ("explainCode", "pages"),
    ("isAlive", "the server"),
    ("isReady", "the server"),
    ("openapi", "this document"),
];

pub async fn world(with_case: bool) -> Api {
    let api = Api::new().await;
    for (name, text) in [("follow-up.yaml", FOLLOW_UP), ("case.yaml", CASE)] {
        let files = format!("{{\"main\": \"{name}\", \"files\": {{\"{name}\": {}}}}}", quoted(text));
        api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    }
    let cases = "view: cases\nfor: [clerk, doctor]\nkind: list\nof: case\ncolumns: [key, label]\n";
    let files = format!("{{\"main\": \"v.yaml\", \"files\": {{\"v.yaml\": {}}}}}", quoted(cases));
    api.check(post("/v1/views", &files).by(&api.operator), "201").await;
    if with_case {
        begin(&api, "C-1").await;
    }
    api
}

async fn begin(api: &Api, case: &str) {
    let body = format!(r#"{{"key": "{case}", "with": {{"level": 2, "name": "Ida"}}}}"#);
    // by somebody else than those who ask: nobody is told what they did themselves
    let colleague = api.token("cora", &["clerk"]).await;
    api.check(post("/v1/instances/case", &body).by(&colleague), "201").await;
}

/// What a route answers, without the number of the request.
async fn answered(api: &Api, method: &str, path: &str, body: &str, token: &str) -> String {
    let asked = match body {
        "" => ask(method, path, ""),
        body => ask(method, path, body).with("content-type", "application/json"),
    };
    let heard = api.ask(asked.by(token)).await;
    let mut headers: Vec<String> = heard
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id" && *name != "request-id")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .collect();
    headers.sort();
    format!("{}\n{}\n{}", heard.status, headers.join("\n"), heard.body)
}

/// Each route is listed, so that a new one is put to the question.
#[tokio::test]
async fn no_route_tells_of_what_was_not_opened() {
    let (with, without) = (world(true).await, world(false).await);
    for route in route::routes() {
        let beside = BESIDE_INSTANCES.iter().any(|(operation, _)| *operation == route.operation);
        let about = ABOUT_INSTANCES.iter().find(|(operation, _, _)| *operation == route.operation);
        assert!(beside != about.is_some(), "{} stands in one of the lists", route.operation);
        let Some((operation, path, body)) = about else { continue };
        for (user, roles) in [
            ("dora", vec!["doctor"]),
            ("pia", vec!["porter"]),
            ("stan", vec!["statistics"]),
            ("ned", vec![]),
        ] {
            let mut told = Vec::new();
            for api in [&with, &without] {
                let token = api.token(user, &roles).await;
                told.push(answered(api, route.method, path, body, &token).await);
            }
            assert_eq!(told[0], told[1], "{operation} by {user}");
        }
        // the question does ask for it: a clerk is answered otherwise where it is
        if *operation != "openInstance" {
            let there = answered(&with, route.method, path, body, &with.clerk).await;
            let nothing = answered(&without, route.method, path, body, &without.clerk).await;
            assert_ne!(there, nothing, "{operation} by a clerk");
        }
    }
}

#[tokio::test]
async fn an_instance_is_opened_with_a_reason_and_reviewed_by_another() {
    let api = world(true).await;
    let (dora, stan) = (api.token("dora", &["doctor"]).await, api.token("stan", &["statistics"]).await);
    let officer = api.token("olaf", &["privacy_officer"]).await;
    let sealed = "404 SW-2212 There is no case/C-1, or it is not yours to see unless you open it with a reason, which somebody else reviews: POST /v1/instances/case/C-1/open";
    api.check(get("/v1/instances/case/C-1").by(&dora), sealed).await;
    api.check(get("/v1/instances/case/C-1/trail").by(&dora), sealed).await;
    let nothing = "404 SW-2103 There is no case/C-1, or it is not yours to see";
    api.check(get("/v1/instances/case/C-1").by(&stan), nothing).await;
    let open = |body: &str| post("/v1/instances/case/C-1/open", body);
    api.check(open(r#"{"reason": "counting"}"#).by(&stan), nothing).await;
    api.check(open("{}").by(&dora), "422 SW-2205 a reason is needed [reason]")
        .await;
    let opened = api.check(open(r#"{"reason": "found unconscious"}"#).by(&dora), "200").await;
    let until = member(&opened.value(), "open_until").to_owned();
    let shown = api.check(get("/v1/instances/case/C-1").by(&dora), "200").await.value();
    assert_eq!((member(&shown, "open_until"), until.is_empty()), (until.as_str(), false));
    assert_eq!(shown.field("data").map(|data| member(data, "name")), Some("Ida"));
    let listed = api.check(get("/v1/instances?workflow=case").by(&dora), "200").await.value();
    assert_eq!(member_items(&listed, "instances").len(), 1, "what is open is listed");
    api.check(get("/v1/instances/case/C-1").by(&stan), nothing).await;
    let again = open(r#"{"reason": "to be sure"}"#).by(&api.clerk);
    api.check(again, "403 SW-2201 carl may not do this [forbidden]").await;
    // the review comes by a message of that commit
    let mut tasks = Vec::new();
    for _ in 0..1_000 {
        let queue = api.check(get("/v1/tasks").by(&officer), "200").await.value();
        tasks = member_items(&queue, "tasks").to_vec();
        if !tasks.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let [task] = tasks.as_slice() else {
        panic!("one review: {tasks:?}")
    };
    assert_eq!(member(task, "title"), "Review why dora opened case/C-1");
    let review = format!("/v1/instances/access-review/{}/events", member(task, "key"));
    let verdict = r#"{"event": "REVIEW", "with": {"verdict": "justified", "finding": "admitted an hour later"}}"#;
    api.check(post(&review, verdict).by(&officer), "200").await;
}

#[tokio::test]
async fn who_is_given_counts_is_given_no_small_ones() {
    let api = world(true).await;
    let stan = api.token("stan", &["statistics"]).await;
    let counts = |query: &str| get(&format!("/v1/workflows/case/counts{query}")).by(&stan);
    let none = api.check(counts(""), "200").await.value();
    assert_eq!((none.field("total"), member_number(&none, "least")), (Some(&Value::Null), 3));
    for case in ["C-2", "C-3"] {
        begin(&api, case).await;
    }
    let three = api.check(counts("?by=level&sum=level"), "200").await.value();
    let cell = &member_items(&three, "cells")[0];
    assert_eq!(
        (
            member_number(cell, "value"),
            member_number(cell, "count"),
            member_number(cell, "sum")
        ),
        (2, 3, 6)
    );
    api.check(
        counts("?by=name"),
        "400 SW-2108 `by` does not fit: `name` is none of state, level",
    )
    .await;
    api.check(counts("?sum=name"), "400 SW-2108 `sum` does not fit: `name` is none of level")
        .await;
    let nothing = "404 SW-2103 There is no workflow nowhere, or it is not yours to see";
    api.check(get("/v1/workflows/nowhere/counts").by(&stan), nothing).await;
}

#[tokio::test]
async fn roles_say_how_their_people_sign_in_and_when_they_are_not_disturbed() {
    let api = Api::new().await;
    let shown = |roles: &Value| roles.field("access_reviewer").and_then(Value::as_text).map(str::to_owned);
    let before = api.check(get("/v1/roles").by(&api.clerk), "200").await.value();
    assert_eq!(shown(&before).as_deref(), Some("privacy_officer"));
    let roles = "roles:\n  clerk: {title: Clerk, second_factor: true, session: 30m}\n  guest: {}\naccess_reviewer: guest\nquiet_hours:\n  clerk: {zone: Europe/London, hours: {fri: ['22:00-24:00'], mon: ['22:00-07:00', '12:00-13:00']}, channel: page}\n";
    let files = format!(
        "{{\"main\": \"roles.yaml\", \"files\": {{\"roles.yaml\": {}}}}}",
        quoted(roles)
    );
    api.check(post("/v1/roles", &files).by(&api.operator), "201").await;
    let after = api.check(get("/v1/roles").by(&api.clerk), "200").await;
    assert_eq!(shown(&after.value()).as_deref(), Some("guest"));
    let clerk = r#"{"includes":[],"name":"clerk","quiet_hours":{"channel":"page","hours":{"fri":["22:00-24:00"],"mon":["12:00-13:00","22:00-07:00"]},"zone":"Europe/London"},"second_factor":true,"session":"30m","title":"Clerk"}"#;
    let guest = r#"{"includes":[],"name":"guest","quiet_hours":null,"second_factor":false,"session":null,"title":null}"#;
    assert!(after.body.contains(&format!("[{clerk},{guest}]")), "{}", after.body);
}
