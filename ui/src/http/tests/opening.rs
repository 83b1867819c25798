//! What goes well: starting, sending, looking, listing, and the keys under which it is all repeated.

use statewright_core::value::Value;

use super::api::{event, get, post};
use super::*;
use crate::json::{member, member_items, member_number, member_texts};

#[tokio::test]
async fn an_instance_is_started_looked_at_and_finished() {
    let api = Api::new().await;
    let started = api
        .check(
            post("/v1/instances/ticket", r#"{"with": {"code": "A-1"}}"#).by(&api.clerk),
            "201",
        )
        .await;
    assert_eq!(
        (started.header("location"), started.header("etag")),
        ("/v1/instances/ticket/A-1", "\"1\"")
    );
    let shown = api.check(get("/v1/instances/ticket/A-1").by(&api.guest), "200").await;
    assert_eq!(shown.header("etag"), "\"1\"");
    let shown = shown.value();
    assert_eq!((member(&shown, "title"), member(&shown, "label")), ("Ticket A-1", "Open"));
    let paid = api.send("A-1", r#"{"event": "PAY", "with": {"price": "7.50"}}"#, "200").await;
    assert_eq!(paid.header("etag"), "\"2\"");
    let paid = paid.value();
    assert_eq!(
        (member_number(&paid, "revision"), member_texts(&paid, "states")),
        (2, vec!["paid"])
    );
    assert_eq!(paid.field("done"), Some(&Value::Boolean(true)));
    let shown = api.check(get("/v1/instances/ticket/A-1").by(&api.clerk), "200").await.value();
    assert_eq!(
        shown.field("data").map(|data| member(data, "price")),
        Some("7.50"),
        "a decimal keeps its digits"
    );
}

#[tokio::test]
async fn a_key_may_hold_anything() {
    let api = Api::new().await;
    let started = api
        .check(
            post("/v1/instances/ticket", r#"{"with": {"code": "A/1 B"}}"#).by(&api.clerk),
            "201",
        )
        .await;
    assert_eq!(started.header("location"), "/v1/instances/ticket/A%2F1%20B");
    let shown = api.check(get("/v1/instances/ticket/A%2F1%20B").by(&api.clerk), "200").await;
    assert_eq!(member(&shown.value(), "key"), "A/1 B");
}

#[tokio::test]
async fn what_is_known_already_is_not_sent_again() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let known = api
        .check(
            get("/v1/instances/ticket/A-1").by(&api.clerk).with("if-none-match", "\"1\""),
            "304",
        )
        .await;
    assert_eq!((known.body.as_str(), known.header("etag")), ("", "\"1\""));
    api.check(
        get("/v1/instances/ticket/A-1").by(&api.clerk).with("if-none-match", "\"2\""),
        "200",
    )
    .await;
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer() {
    let api = Api::new().await;
    let start = || {
        post("/v1/instances/ticket", r#"{"with": {"code": "A-1"}}"#)
            .by(&api.clerk)
            .with("idempotency-key", "k-1")
    };
    let first = api.check(start(), "201").await;
    let again = api.check(start(), "201").await;
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        ("", "true")
    );
    assert_eq!(first.body.replace("false", "true"), again.body.replace("false", "true"));
    let other = post("/v1/instances/ticket", r#"{"with": {"code": "A-2"}}"#);
    let other = other.by(&api.clerk).with("idempotency-key", "k-1");
    api.check(other, "422 SW-2109 This idempotency key was used for another request")
        .await;
    let wait = || {
        event("A-1", r#"{"event": "WAIT"}"#)
            .by(&api.clerk)
            .with("idempotency-key", "k-1")
    };
    let first = api.check(wait(), "200").await;
    api.send("A-1", r#"{"event": "FREE"}"#, "200").await;
    let again = api.check(wait(), "200").await;
    assert_eq!(first.header("etag"), again.header("etag"), "as it stood after the first");
    let reused = event("A-1", r#"{"event": "GO"}"#)
        .by(&api.clerk)
        .with("idempotency-key", "k-1");
    api.check(reused, "422 SW-2109 This idempotency key was used for another request")
        .await;
}

#[tokio::test]
async fn a_list_holds_what_one_may_see_page_by_page() {
    let api = Api::new().await;
    for code in ["A-1", "A-2", "A-3"] {
        api.ticket(code).await;
    }
    api.send("A-2", r#"{"event": "DROP", "reason": "lost"}"#, "200").await;
    let keys = |page: &Value| -> Vec<String> {
        member_items(page, "instances")
            .iter()
            .map(|instance| member(instance, "key").to_owned())
            .collect()
    };
    let first = api
        .check(get("/v1/instances?workflow=ticket&limit=2").by(&api.guest), "200")
        .await
        .value();
    let next = format!("/v1/instances?workflow=ticket&limit=2&after={}", member(&first, "after"));
    let second = api.check(get(&next).by(&api.guest), "200").await.value();
    let mut all = [keys(&first), keys(&second)].concat();
    all.sort();
    assert_eq!(
        (all, second.field("after")),
        (vec!["A-1".to_owned(), "A-2".into(), "A-3".into()], Some(&Value::Null))
    );
    let done = api.check(get("/v1/instances?done=true").by(&api.guest), "200").await.value();
    assert_eq!(keys(&done), ["A-2"]);
    let nothing = api.check(get("/v1/instances").by(&api.stranger), "200").await.value();
    assert_eq!(keys(&nothing), [""; 0]);
}

#[tokio::test]
async fn what_can_be_done_comes_with_its_form() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let offers = api
        .check(get("/v1/instances/ticket/A-1/can?event=PAY").by(&api.clerk), "200")
        .await
        .value();
    let pay = &member_items(&offers, "events")[0];
    assert_eq!(
        (member(pay, "event"), pay.field("allowed")),
        ("PAY", Some(&Value::Boolean(true)))
    );
    assert!(
        pay.field("form")
            .and_then(|form| form.field("properties"))
            .and_then(|fields| fields.field("price"))
            .is_some()
    );
    let offers = api
        .check(get("/v1/instances/ticket/A-1/can").by(&api.guest), "200")
        .await
        .value();
    assert!(
        member_items(&offers, "events")
            .iter()
            .all(|offer| offer.field("allowed") == Some(&Value::Boolean(false)))
    );
}

#[tokio::test]
async fn a_workflow_shows_the_form_that_starts_it() {
    let api = Api::new().await;
    let listed = api.check(get("/v1/workflows").by(&api.stranger), "200").await.value();
    assert_eq!(member(&member_items(&listed, "workflows")[0], "name"), "ticket");
    let shown = api.check(get("/v1/workflows/ticket").by(&api.stranger), "200").await.value();
    let form = shown.field("start").and_then(|start| start.field("form")).expect("a form");
    assert_eq!(member_texts(form, "required"), ["code"]);
    api.check(
        get("/v1/workflows/tick").by(&api.stranger),
        "404 SW-2103 There is no workflow tick, or it is not yours to see",
    )
    .await;
}

#[tokio::test]
async fn a_token_lives_from_its_making_to_its_revocation() {
    let api = Api::new().await;
    let made = api
        .check(
            post("/v1/tokens", r#"{"user": "tess", "roles": ["guest"], "valid_for": "1h"}"#).by(&api.operator),
            "201",
        )
        .await;
    let made = made.value();
    let (id, token) = (member(&made, "id").to_owned(), member(&made, "token").to_owned());
    api.check(get("/v1/instances").by(&token), "200").await;
    let listed = api.check(get("/v1/tokens").by(&api.operator), "200").await;
    assert!(
        listed.body.contains(&id) && !listed.body.contains(&token),
        "the secret is shown once"
    );
    api.check(
        super::api::ask("DELETE", &format!("/v1/tokens/{id}"), "").by(&api.operator),
        "204",
    )
    .await;
    api.check(get("/v1/instances").by(&token), "401 SW-2101 The access token is not valid")
        .await;
}

#[tokio::test]
async fn a_definition_that_is_live_already_changes_nothing() {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"t.yaml\", \"files\": {{\"t.yaml\": {}}}}}",
        super::api::quoted(super::api::TICKET)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let again = api
        .check(post("/v1/workflows", &files).by(&api.operator), "200")
        .await
        .value();
    assert_eq!(again.field("changed"), Some(&Value::Boolean(false)));
}
