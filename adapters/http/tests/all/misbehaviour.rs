//! Servers that are slow, break off, lie about lengths, send elsewhere or never end.

use std::time::Duration;

use statewright_engine::adapter::{Adapter, Attempt};
use statewright_http::{ActionConfiguration, TIMEOUT_MS_MAX};

use crate::counterpart::{Counterpart, Play, Seen, json, within};
use crate::setting::{SOON, adapter, attempt, now, outcome, perform, ship};

const PARTIAL: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n[1,";

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_left() {
    for (begun, name) in [
        ("", "no answer"),
        ("HTTP/1.1 200 OK\r\n", "half a head"),
        (PARTIAL, "half a body"),
    ] {
        let mut counterpart = Counterpart::playing([Play::Hang(begun.to_owned())]).await;
        let adapter = adapter(&counterpart.url(), ActionConfiguration { timeout: SOON, ..ship() });
        assert_eq!(
            perform(&adapter, "{}").await,
            "temporary no whole answer within 500ms; it may be done all the same",
            "{name}"
        );
        counterpart.next_request().await;
        assert_eq!(
            counterpart.next().await,
            Seen::Abandoned,
            "the connection is not kept: {name}"
        );
    }
}

#[tokio::test]
async fn an_attempt_ends_when_its_time_is_over_even_if_the_action_could_take_longer() {
    let mut counterpart = Counterpart::playing([Play::Hang(String::new())]).await;
    let action = ActionConfiguration {
        timeout: Duration::from_millis(TIMEOUT_MS_MAX),
        ..ship()
    };
    let adapter = adapter(&counterpart.url(), action);
    let attempt = Attempt {
        until: now() + SOON,
        ..attempt("{}")
    };
    assert_eq!(
        outcome(within(adapter.perform(attempt)).await),
        "temporary no whole answer before the end of the attempt; it may be done all the same"
    );
    counterpart.next_request().await;
    assert_eq!(counterpart.next().await, Seen::Abandoned);
}

#[tokio::test]
async fn an_attempt_whose_time_is_over_is_not_begun() {
    let counterpart = Counterpart::playing([]).await;
    let adapter = adapter(&counterpart.url(), ship());
    for until in [now(), now() - Duration::from_secs(1)] {
        let attempt = Attempt { until, ..attempt("{}") };
        let outcome = outcome(within(adapter.perform(attempt)).await);
        assert_eq!(outcome, "temporary not sent: the attempt's time was already over");
    }
    assert_eq!(counterpart.connections(), 0);
}

#[tokio::test]
async fn an_attempt_that_is_dropped_takes_its_connection_with_it() {
    let mut counterpart = Counterpart::playing([Play::Hang(String::new())]).await;
    let adapter = adapter(&counterpart.url(), ship());
    let performing = tokio::spawn(async move { adapter.perform(attempt("{}")).await });
    counterpart.next_request().await;
    performing.abort();
    assert_eq!(counterpart.next().await, Seen::Abandoned);
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_leaves_open_whether_it_was_done() {
    for (sent, expected) in [
        (
            "",
            "temporary the connection to HOST ended without an answer, it may be done all the same: ",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Ty",
            "temporary the connection to HOST ended without an answer, it may be done all the same: ",
        ),
        (PARTIAL, "temporary the answer broke off, it may be done all the same: "),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n",
            "temporary the answer broke off, it may be done all the same: ",
        ),
        (
            "SSH-2.0-OpenSSH_9.2\r\n",
            "temporary the connection to HOST ended without an answer, it may be done all the same: ",
        ),
    ] {
        let counterpart = Counterpart::playing([Play::Close(sent.to_owned())]).await;
        let adapter = adapter(&counterpart.url(), ship());
        let outcome = perform(&adapter, "{}").await;
        let expected = expected.replace("HOST", &counterpart.address.to_string());
        assert!(outcome.starts_with(&expected), "{sent}: {outcome}");
    }
}

#[tokio::test]
async fn an_attempt_is_sent_once_even_if_the_connection_ends() {
    let mut counterpart = Counterpart::playing([Play::Close(String::new()), Play::Close(json("200 OK", "1"))]).await;
    let adapter = adapter(&counterpart.url(), ship());
    assert!(perform(&adapter, "{}").await.starts_with("temporary the connection"));
    assert_eq!(perform(&adapter, "{}").await, "result 1", "the next attempt connects again");
    assert_eq!(counterpart.requests_left(), 2);
}

#[tokio::test]
async fn an_announced_length_that_is_too_small_cuts_the_answer() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[1,2,3]";
    let counterpart = Counterpart::playing([Play::Close(answer.to_owned())]).await;
    assert_eq!(
        perform(&adapter(&counterpart.url(), ship()), "{}").await,
        r#"refused answered 200 OK, so it may be done, but the answer cannot be used: it is not JSON: at byte 5: the text ends where a value was expected {"status":200}"#
    );
}

#[tokio::test]
async fn nobody_there_is_temporary_and_says_that_nothing_was_sent() {
    let counterpart = Counterpart::playing([]).await;
    let (url, address) = (counterpart.url(), counterpart.address);
    drop(counterpart);
    // The port is free once the task that listened has ended.
    let adapter = adapter(&url, ship());
    within(async { while tokio::net::TcpStream::connect(address).await.is_ok() {} }).await;
    let outcome = perform(&adapter, "{}").await;
    let expected = format!("temporary not sent: no connection to {address}: Connection refused");
    assert!(outcome.starts_with(&expected), "{outcome}");
}

#[tokio::test]
async fn an_endless_answer_is_read_to_its_limit() {
    let refused = r#"refused answered 200 OK, so it may be done, but the answer cannot be used: it is longer than 1000 bytes {"status":200}"#;
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let until_closed = "HTTP/1.1 200 OK\r\n\r\n";
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n";
    for (head, piece) in [(chunked, "4\r\n1111\r\n"), (until_closed, "1111"), (announced, "1")] {
        let mut counterpart = Counterpart::playing([Play::Endless(head.to_owned(), piece)]).await;
        let action = ActionConfiguration {
            response_bytes_max: 1_000,
            ..ship()
        };
        assert_eq!(perform(&adapter(&counterpart.url(), action), "{}").await, refused, "{head}");
        counterpart.next_request().await;
        assert_eq!(counterpart.next().await, Seen::Abandoned, "{head}");
    }
}

#[tokio::test]
async fn an_answer_up_to_the_limit_is_read() {
    for (length, expected) in [(1_000, "result "), (1_001, "refused ")] {
        let body = format!("\"{}\"", "x".repeat(length - 2));
        let counterpart = Counterpart::playing([Play::Close(json("200 OK", &body))]).await;
        let action = ActionConfiguration {
            response_bytes_max: 1_000,
            ..ship()
        };
        let outcome = perform(&adapter(&counterpart.url(), action), "{}").await;
        assert!(outcome.starts_with(expected), "{length}: {outcome}");
    }
}

#[tokio::test]
async fn an_endless_head_is_not_read_to_its_end() {
    let mut counterpart = Counterpart::playing([Play::Endless("HTTP/1.1 200 OK\r\n".to_owned(), "X-More: 1\r\n")]).await;
    let outcome = perform(&adapter(&counterpart.url(), ship()), "{}").await;
    assert!(outcome.starts_with("temporary the connection"), "{outcome}");
    counterpart.next_request().await;
    assert_eq!(counterpart.next().await, Seen::Abandoned);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Counterpart::playing([]).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let answer = format!(
            "HTTP/1.1 {status}\r\nLocation: {}/shipments\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url()
        );
        let mut counterpart = Counterpart::playing([Play::Close(answer)]).await;
        let code = &status[..3];
        assert_eq!(
            perform(&adapter(&counterpart.url(), ship()), "{}").await,
            format!(
                r#"refused answered {status}; redirects are not followed: configure the address that it leads to {{"status":{code}}}"#
            )
        );
        assert_eq!(counterpart.requests_left(), 1);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn what_one_answer_sets_does_not_come_back_with_the_next_request() {
    let answer = "HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 1\r\n\r\n1";
    let mut counterpart = Counterpart::playing([Play::Keep(answer.to_owned()), Play::Close(answer.to_owned())]).await;
    let adapter = adapter(&counterpart.url(), ship());
    let mut requests = Vec::new();
    for _ in 0..2 {
        assert_eq!(perform(&adapter, "{}").await, "result 1");
        requests.push(counterpart.next_request().await);
    }
    assert_eq!(requests[0], requests[1]);
    assert_eq!(counterpart.connections(), 1, "and a connection is used again");
}
