//! What answers mean.

use std::collections::BTreeMap;

use statewright_http::{ActionConfiguration, Meaning, Projection};

use crate::counterpart::{Counterpart, Play, answer, json};
use crate::setting::{adapter, perform, ship};

async fn check_with(action: ActionConfiguration, answer: &str, expected: &str) {
    let counterpart = Counterpart::playing([Play::Close(answer.to_owned())]).await;
    let adapter = adapter(&counterpart.url(), action);
    assert_eq!(perform(&adapter, "{}").await, expected, "{answer}");
}

async fn check(answer: &str, expected: &str) {
    check_with(ship(), answer, expected).await;
}

#[tokio::test]
async fn a_good_answer_is_its_json_with_every_digit() {
    check(
        &json("200 OK", r#"{"price": 12.340, "id": 9007199254740993, "n": 3, "ok": true}"#),
        r#"result {"id":"9007199254740993","n":3,"ok":true,"price":"12.340"}"#,
    )
    .await;
    check(&json("201 Created", "[]"), "result []").await;
    check(
        &answer("200 OK", "application/vnd.carrier+json; charset=utf-8", "1"),
        "result 1",
    )
    .await;
    check("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue", "result true").await;
    check(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n",
        "result [1,2]",
    )
    .await;
}

#[tokio::test]
async fn no_body_is_null() {
    check("HTTP/1.1 204 No Content\r\n\r\n", "result null").await;
    check("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "result null").await;
}

#[tokio::test]
async fn short_plain_text_is_text() {
    check(&answer("200 OK", "Text/Plain; charset=utf-8", "PP1\n"), r#"result "PP1\n""#).await;
    let long = "x".repeat(64 * 1024);
    check(&answer("200 OK", "text/plain", &long), &format!("result \"{long}\"")).await;
}

#[tokio::test]
async fn a_good_answer_that_cannot_be_used_is_refused_and_says_that_it_may_be_done() {
    let start = "refused answered 200 OK, so it may be done, but the answer cannot be used:";
    for (answer, why) in [
        (
            json("200 OK", "{\"a\": }"),
            "it is not JSON: at byte 6: found `}` where a value was expected",
        ),
        (
            json("200 OK", "{\"a\": 1, \"a\": 2}"),
            "it is not JSON: at byte 9: the key `a` stands twice",
        ),
        (
            json("200 OK", "12345678901234567890123456789"),
            "it is not JSON: at byte 0: the number has more than 28 digits",
        ),
        (
            answer("200 OK", "text/html", "<html>"),
            "it is `text/html`, neither JSON nor plain text",
        ),
        (
            answer("200 OK", "text/plain", &"x".repeat(64 * 1024 + 1)),
            "it is text of more than 65536 bytes",
        ),
        (
            answer("200 OK", "text/plain", "a\0"),
            "it is text with the character NUL, which cannot be stored",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n1".to_owned(),
            "it is encoded as `gzip`, which was not asked for",
        ),
    ] {
        check(&answer, &format!(r#"{start} {why} {{"status":200}}"#)).await;
    }
}

#[tokio::test]
async fn headers_can_be_the_result() {
    let action = ActionConfiguration {
        result: Projection::Headers(BTreeMap::from([
            ("at".into(), "Location".into()),
            ("replayed".into(), "idempotent-replayed".into()),
        ])),
        ..ship()
    };
    check_with(
        action,
        "HTTP/1.1 201 Created\r\nLocation: /shipments/PP1\r\nSet-Cookie: a=b\r\nContent-Length: 6\r\n\r\n<html>",
        r#"result {"at":"/shipments/PP1","replayed":null}"#,
    )
    .await;
}

#[tokio::test]
async fn busy_and_broken_is_temporary() {
    check(&json("408 Request Timeout", "null"), "temporary answered 408 Request Timeout").await;
    check(&json("425 Too Early", "null"), "temporary answered 425 Too Early").await;
    check(
        &json("500 Internal Server Error", "null"),
        "temporary answered 500 Internal Server Error",
    )
    .await;
    check(
        &answer("502 Bad Gateway", "text/html", "<html>"),
        "temporary answered 502 Bad Gateway",
    )
    .await;
    check(
        &answer(
            "503 Service Unavailable",
            "application/problem+json",
            r#"{"title": "Closed", "detail": "Back at\n9"}"#,
        ),
        "temporary answered 503 Service Unavailable: Closed: Back at 9",
    )
    .await;
    check(&json("599 Odd", "null"), "temporary answered 599").await;
}

#[tokio::test]
async fn how_long_to_wait_is_handed_on() {
    for (asked, expected) in [
        ("7", "temporary after 7s answered"),
        ("Fri, 06 Nov 2026 08:50:07 GMT", "temporary after 30s answered"),
        ("999999999", "temporary after 86400s answered"),
        ("later", "temporary answered"),
        ("-1", "temporary answered"),
    ] {
        for status in ["429 Too Many Requests", "503 Service Unavailable"] {
            let answer = format!("HTTP/1.1 {status}\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n");
            check(&answer, &format!("{expected} {status}")).await;
        }
    }
}

#[tokio::test]
async fn what_is_refused_says_why_as_far_as_the_other_side_does() {
    check(
        &answer(
            "422 Unprocessable Content",
            "application/problem+json",
            r#"{"type": "about:blank", "title": "No", "detail": "Key belongs to another request", "instance": "/x"}"#,
        ),
        r#"refused answered 422 Unprocessable Entity: No: Key belongs to another request {"detail":"Key belongs to another request","status":422,"title":"No","type":"about:blank"}"#,
    )
    .await;
    check(
        &json("404 Not Found", "[]"),
        r#"refused answered 404 Not Found {"status":404}"#,
    )
    .await;
    check(
        &json("409 Conflict", "\"x\""),
        r#"refused answered 409 Conflict {"status":409}"#,
    )
    .await;
    check(
        &answer("400 Bad Request", "text/html", "<html>"),
        r#"refused answered 400 Bad Request {"status":400}"#,
    )
    .await;
    let long = format!(r#"{{"title": "{}"}}"#, "x".repeat(64 * 1024));
    check(
        &json("400 Bad Request", &long),
        r#"refused answered 400 Bad Request {"status":400}"#,
    )
    .await;
}

#[tokio::test]
async fn a_refusal_that_breaks_off_is_a_refusal_all_the_same() {
    check(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"title\": \"N",
        r#"refused answered 400 Bad Request {"status":400}"#,
    )
    .await;
}

#[tokio::test]
async fn a_configured_meaning_is_the_one_that_counts() {
    let action = ActionConfiguration {
        statuses: BTreeMap::from([
            (202, Meaning::Temporary),
            (303, Meaning::Result),
            (404, Meaning::Result),
            (409, Meaning::Temporary),
            (501, Meaning::Refused),
        ]),
        ..ship()
    };
    for (answer, expected) in [
        (json("202 Accepted", "{}"), "temporary answered 202 Accepted"),
        (json("303 See Other", "3"), "result 3"),
        (json("404 Not Found", "null"), "result null"),
        (
            "HTTP/1.1 409 Conflict\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "temporary after 2s answered 409 Conflict",
        ),
        (
            json("501 Not Implemented", "{}"),
            r#"refused answered 501 Not Implemented {"status":501}"#,
        ),
        (json("200 OK", "1"), "result 1"),
    ] {
        check_with(action.clone(), &answer, expected).await;
    }
}
