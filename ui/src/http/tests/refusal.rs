//! Every no, with its status and its code.

use super::api::{ask, event, get, post};
use super::*;
use crate::http::limit::{BODY_BYTES_MAX, HEADERS_MAX, REQUESTS_MAX};
use crate::json::member;

#[tokio::test]
async fn without_a_valid_token_nobody_is_anybody() {
    let api = Api::new().await;
    let missing = api.check(get("/v1/instances"), "401 SW-2101 An access token is needed").await;
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"statewright\"");
    let unknown = api
        .check(
            get("/v1/instances").by("swt_unknown"),
            "401 SW-2101 The access token is not valid",
        )
        .await;
    assert_eq!(
        unknown.header("www-authenticate"),
        "Bearer realm=\"statewright\", error=\"invalid_token\""
    );
    api.check(
        get("/v1/instances").with("authorization", "Basic YTpi"),
        "401 SW-2101 The access token is not valid",
    )
    .await;
}

#[tokio::test]
async fn the_engines_own_roles_are_asked_for() {
    let api = Api::new().await;
    for path in ["/v1/tokens", "/v1/incidents"] {
        api.check(get(path).by(&api.clerk), "403 SW-2102 This takes the role `operator`")
            .await;
        api.check(get(path).by(&api.operator), "200").await;
    }
    api.check(
        post("/v1/workflows", "{}").by(&api.clerk),
        "403 SW-2102 This takes the role `operator`",
    )
    .await;
}

#[tokio::test]
async fn who_may_not_is_told_so_if_they_may_see() {
    let api = Api::new().await;
    api.check(
        post("/v1/instances/ticket", r#"{"with": {"code": "A-1"}}"#).by(&api.guest),
        "403 SW-2201 gina may not do this (start ticket) [forbidden]",
    )
    .await;
    api.ticket("A-1").await;
    let refused = api
        .check(
            event("A-1", r#"{"event": "DROP", "reason": "x"}"#).by(&api.guest),
            "403 SW-2201 gina may not do this [forbidden]",
        )
        .await;
    let entry = member(&refused.value(), "instance").to_owned();
    let auditor = api.token("aude", &["auditor"]).await;
    let recorded = api.check(get(&entry).by(&auditor), "200").await;
    assert!(
        recorded.body.contains("\"verdict\":\"refused\"") && recorded.body.contains("gina"),
        "{}",
        recorded.body
    );
}

#[tokio::test]
async fn what_may_not_be_seen_is_answered_like_what_is_not_there() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let there = |path: &str| path.replace("KEY", "A-1");
    let absent = |path: &str| path.replace("KEY", "B-1");
    for path in [
        "/v1/instances/ticket/KEY",
        "/v1/instances/ticket/KEY/can",
        "/v1/instances/ticket/KEY/trail",
        "/v1/instances/ticket/KEY/tasks",
        "/v1/instances/ticket/KEY/thread",
    ] {
        let hidden = api.ask(get(&there(path)).by(&api.stranger)).await;
        let missing = api.ask(get(&absent(path)).by(&api.stranger)).await;
        assert_eq!(
            (hidden.status.as_u16(), hidden.body),
            (404, missing.body.replace("B-1", "A-1")),
            "{path}"
        );
    }
    for body in [r#"{"event": "PAY"}"#, r#"{"event": "DROP"}"#, r#"{"event": "NO_SUCH"}"#] {
        let hidden = api.ask(event("A-1", body).by(&api.stranger)).await;
        let missing = api.ask(event("B-1", body).by(&api.stranger)).await;
        assert_eq!(
            (hidden.status.as_u16(), hidden.body),
            (404, missing.body.replace("B-1", "A-1")),
            "{body}"
        );
        let stale = api.ask(event("A-1", body).by(&api.stranger).with("if-match", "\"77\"")).await;
        assert_eq!(stale.status.as_u16(), 404, "a revision would tell that it is there");
    }
}

#[tokio::test]
async fn a_form_that_does_not_fit_names_its_fields() {
    let api = Api::new().await;
    let start = |body: &str| post("/v1/instances/ticket", body).by(&api.clerk);
    api.check(start("{}"), "422 SW-2202 code: is required [invalid code]").await;
    api.check(
        start(r#"{"with": {"code": "a"}}"#),
        "422 SW-2202 code: must match the pattern `^[A-Z0-9/ -]{1,20}$` [invalid code]",
    )
    .await;
    api.check(
        start(r#"{"with": {"code": "A-1", "colour": 1}}"#),
        "422 SW-2202 colour: is not a field here [invalid colour]",
    )
    .await;
    api.check(start(r#"{"with": {"code": "X"}}"#), "409 SW-2203 X is no code [guard]")
        .await;
}

#[tokio::test]
async fn what_an_event_lacks_is_said_by_its_code() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    api.send(
        "A-1",
        r#"{"event": "PAY", "with": {"price": "4.99"}}"#,
        "409 SW-2203 4.99 is too little [guard]",
    )
    .await;
    api.send(
        "A-1",
        r#"{"event": "PAY", "with": {"price": "11"}}"#,
        "422 SW-2202 price: must be at most 10 [invalid price]",
    )
    .await;
    api.send("A-1", r#"{"event": "DROP"}"#, "422 SW-2205 a reason is needed [reason]")
        .await;
    api.send(
        "A-1",
        r#"{"event": "FLY"}"#,
        "409 SW-2207 Nothing in ticket/A-1 answers to FLY now: it is in open",
    )
    .await;
    api.ticket("A-2").await;
    api.send("A-1", r#"{"event": "SIT", "with": {"seat": "7"}}"#, "200").await;
    api.send(
        "A-2",
        r#"{"event": "SIT", "with": {"seat": "7"}}"#,
        "409 SW-2206 seat 7 is held by ticket/A-1 [conflict]",
    )
    .await;
    let taken = post("/v1/instances/ticket", r#"{"with": {"code": "A-1"}}"#).by(&api.clerk);
    api.check(taken, "409 SW-2206 ticket/A-1 exists already [conflict]").await;
    api.send("A-2", r#"{"event": "WAIT"}"#, "200").await;
    api.send("A-2", r#"{"event": "GO"}"#, "409 SW-2204 On hold: Held [paused]")
        .await;
}

#[tokio::test]
async fn a_revision_that_is_stale_is_told_so() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let wait = |revision: &str| event("A-1", r#"{"event": "WAIT"}"#).by(&api.clerk).with("if-match", revision);
    api.check(wait("\"9\""), "412 SW-2110 The instance is at revision 1 now")
        .await;
    api.check(
        wait("W/\"1\""),
        "400 SW-2108 `If-Match` is one `ETag` as it was given, such as \"7\"",
    )
    .await;
    api.check(wait("\"1\""), "200").await;
}

#[tokio::test]
async fn a_race_names_its_winner() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let other = api.token("otto", &["clerk"]).await;
    // Both are known by now, so that neither waits for who it is while the other is taken.
    for token in [&api.clerk, &other] {
        api.check(get("/v1/instances/ticket/A-1").by(token), "200").await;
    }
    let stand = |token: &str| event("A-1", r#"{"event": "DROP", "reason": "mine"}"#).by(token);
    let (first, second) = tokio::join!(api.ask(stand(&api.clerk)), api.ask(stand(&other)));
    let lost = if first.status.as_u16() == 200 { second } else { first };
    let problem = lost.value();
    assert_eq!(
        (lost.status.as_u16(), member(&problem, "code")),
        (409, "SW-2111"),
        "{}",
        lost.body
    );
    assert!(
        ["carl was faster", "otto was faster"]
            .iter()
            .any(|words| member(&problem, "detail").starts_with(words)),
        "{}",
        lost.body
    );
}

#[tokio::test]
async fn limits_have_their_answers() {
    let api = Api::new().await;
    let large = format!("{{\"with\": {{\"code\": \"{}\"}}}}", "A".repeat(BODY_BYTES_MAX));
    let start = |body: &str| post("/v1/instances/ticket", body).by(&api.clerk);
    api.check(start(&large), "413 SW-2105 The body is longer than 1048576 bytes")
        .await;
    let many = (0..=HEADERS_MAX).fold(start("{}"), |ask, number| ask.with(&format!("x-{number}"), "1"));
    api.check(many, "431 SW-2115 There are more than 64 headers").await;
    let long = start("{}").with("x-long", &"a".repeat(16 * 1024));
    api.check(long, "431 SW-2115 The headers are longer than 16384 bytes").await;
    let everything = api
        .service
        .places
        .try_acquire_many(REQUESTS_MAX as u32)
        .expect("nothing is under way");
    let full = api
        .check(get("/healthz"), "429 SW-2112 Too many requests are under way")
        .await;
    assert_eq!(full.header("retry-after"), "1");
    drop(everything);
    api.check(get("/healthz"), "200").await;
}

#[tokio::test]
async fn bodies_are_strict_json() {
    let api = Api::new().await;
    let start = |body: &str| post("/v1/instances/ticket", body).by(&api.clerk);
    api.check(
        start("{"),
        "400 SW-2107 The body is not strict JSON: at byte 1: the text ends where text in double quotes was expected",
    )
    .await;
    api.check(start("[]"), "400 SW-2107 The body is a list, not an object").await;
    api.check(
        start(r#"{"key": "a", "key": "b"}"#),
        "400 SW-2107 The body is not strict JSON: at byte 13: the key `key` stands twice",
    )
    .await;
    api.check(
        start(&"[".repeat(100)),
        "400 SW-2107 The body is not strict JSON: at byte 64: nested deeper than 64 levels",
    )
    .await;
    api.check(
        start(r#"{"wiht": {}}"#),
        "400 SW-2107 There is no member `wiht` here; perhaps `with`",
    )
    .await;
    api.check(
        start(r#"{"with": 1}"#),
        "400 SW-2107 `with` is an integer; it should be an object",
    )
    .await;
    let text = ask("POST", "/v1/instances/ticket", "{}")
        .by(&api.clerk)
        .with("content-type", "text/plain");
    api.check(text, "415 SW-2106 The body is to be `application/json` in UTF-8")
        .await;
    let untyped = ask("POST", "/v1/instances/ticket", "{}").by(&api.clerk);
    api.check(untyped, "415 SW-2106 The body is to be `application/json` in UTF-8")
        .await;
    api.check(
        start("{}").with("content-encoding", "gzip"),
        "415 SW-2106 The body is compressed; send it as it is",
    )
    .await;
}

#[tokio::test]
async fn parameters_that_cannot_be_meant_are_refused() {
    let api = Api::new().await;
    let list = |query: &str| get(&format!("/v1/instances?{query}")).by(&api.clerk);
    api.check(list("limit=many"), "400 SW-2108 `limit` is a whole number").await;
    api.check(list("limit=0"), "400 SW-2108 `limit` is from 1 to 200").await;
    api.check(list("done=maybe"), "400 SW-2108 `done` is `true` or `false`").await;
    api.check(list("after=x"), "400 SW-2108 `after` is not what a page gave")
        .await;
    api.check(
        list("workflw=ticket"),
        "400 SW-2108 There is no parameter `workflw` here; perhaps `workflow`",
    )
    .await;
    api.check(list("limit=1&limit=2"), "400 SW-2108 `limit` stands twice").await;
    let keyed = post("/v1/instances/ticket", "{}").by(&api.clerk).with("idempotency-key", "");
    api.check(keyed, "400 SW-2108 `Idempotency-Key` is 1 to 255 visible characters")
        .await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let api = Api::new().await;
    api.check(
        get("/v2/instances").by(&api.clerk),
        "404 SW-2103 There is no `/v2/instances`, or it is not yours to see",
    )
    .await;
    let method = api
        .check(
            ask("PUT", "/v1/instances/ticket/A-1", "{}").by(&api.clerk),
            "405 SW-2104 PUT is not known here",
        )
        .await;
    assert_eq!(method.header("allow"), "GET");
}

#[tokio::test]
async fn a_definition_that_is_refused_says_every_reason() {
    let api = Api::new().await;
    let deploy = |text: &str| {
        let files = format!(
            "{{\"main\": \"a.yaml\", \"files\": {{\"a.yaml\": {}}}}}",
            super::api::quoted(text)
        );
        post("/v1/workflows", &files).by(&api.operator)
    };
    let refused = api.ask(deploy("workflow: a\nstats: {}\ninitial: x\n")).await;
    let problem = refused.value();
    assert_eq!(
        (refused.status.as_u16(), member(&problem, "code")),
        (422, "SW-2208"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("a.yaml:2:1: error[SW-0201]"), "{}", refused.body);
    let files = r#"{"main": "b.yaml", "files": {"a.yaml": ""}}"#;
    api.check(
        post("/v1/workflows", files).by(&api.operator),
        "400 SW-2107 `main` names `b.yaml`, which is not among the files",
    )
    .await;
}

#[tokio::test]
async fn an_incident_that_is_not_there_cannot_be_settled() {
    let api = Api::new().await;
    let unknown = |id: &str| post(&format!("/v1/incidents/{id}/retry"), "{}").by(&api.operator);
    api.check(
        unknown("nonsense"),
        "404 SW-2103 There is no incident nonsense, or it is not yours to see",
    )
    .await;
    let id = format!("{}.timer.late", "0".repeat(32));
    api.check(unknown(&id), "404 SW-2103 There is no such incident").await;
}
