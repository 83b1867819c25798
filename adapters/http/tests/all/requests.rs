//! What goes over the wire.

use std::collections::BTreeMap;

use jiff::civil;
use statewright_core::value::{Object, Value, json};
use statewright_engine::adapter::{Adapter, Attempt};
use statewright_http::{ActionConfiguration, BodyFields, Method, Projection, Secret};

use crate::counterpart::{Counterpart, Play, json as json_answer, within};
use crate::setting::{adapter, attempt, outcome, perform, ship};

/// The request that an action makes of an input: its lines, headers sorted, `host` and `user-agent` checked and taken out.
async fn check(action: ActionConfiguration, input: Value, expected: &str) {
    let mut counterpart = Counterpart::playing([Play::Close(json_answer("200 OK", "null"))]).await;
    let adapter = adapter(&counterpart.url(), action);
    let attempt = Attempt {
        input,
        ..attempt("null")
    };
    assert_eq!(outcome(within(adapter.perform(attempt)).await), "result null");
    let request = counterpart.next_request().await;
    let host = format!("host: {}\n", counterpart.address);
    let agent = concat!("user-agent: statewright/", env!("CARGO_PKG_VERSION"), "\n");
    assert!(request.contains(&host) && request.contains(agent), "{request}");
    assert_eq!(request.replace(&host, "").replace(agent, ""), expected);
}

fn read(input: &str) -> Value {
    json::read(input).expect("JSON")
}

const ACCEPTS: &str = "accept-encoding: identity\naccept: application/json, application/problem+json, text/plain;q=0.5\n";

#[tokio::test]
async fn a_request_is_what_is_configured_and_nothing_else() {
    let action = ActionConfiguration {
        query: BTreeMap::from([("service level".into(), "service".into()), ("dry".into(), "dry".into())]),
        headers: BTreeMap::from([("X-Site".into(), "lab north".into())]),
        secret_headers: BTreeMap::from([("Authorization".into(), Secret::new("Bearer 5f3759df"))]),
        ..ActionConfiguration::new(Method::Put, "/orders/{order}/shipments")
    };
    let input = read(r#"{"order": "A/1", "service": "next day", "weight": 1.50, "parcels": 2, "note": null}"#);
    check(
        action,
        input,
        &format!(
            "PUT /orders/A%2F1/shipments?service%20level=next%20day HTTP/1.1\n{ACCEPTS}authorization: Bearer 5f3759df\n\
             content-length: 41\ncontent-type: application/json\nidempotency-key: a1b2c3:4:ship\nx-site: lab north\n\n\
             {}",
            r#"{"note":null,"parcels":2,"weight":"1.50"}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn a_body_is_in_interface_form() {
    let input = Object::from([
        (
            "amount".into(),
            statewright_core::value::number::parse_number("0.10").expect("a number"),
        ),
        ("count".into(), Value::Integer(-3)),
        (
            "when".into(),
            Value::from_instant("2026-03-28T23:30:00.5+01:00".parse().expect("a moment")),
        ),
        ("on".into(), Value::Date(civil::date(2026, 1, 5))),
        ("text".into(), Value::from_text("a\"\r\nü")),
    ]);
    check(
        ship(),
        Value::from_fields(input),
        &format!(
            "POST /shipments HTTP/1.1\n{ACCEPTS}content-length: 97\ncontent-type: application/json\n\
             idempotency-key: a1b2c3:4:ship\n\n{}",
            r#"{"amount":"0.10","count":-3,"on":"2026-01-05","text":"a\"\r\nü","when":"2026-03-28T22:30:00.5Z"}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn an_empty_input_is_an_empty_object() {
    let expected = format!(
        "POST /shipments HTTP/1.1\n{ACCEPTS}content-length: 2\ncontent-type: application/json\nidempotency-key: a1b2c3:4:ship\n\n{{}}"
    );
    check(ship(), Value::Null, &expected).await;
    check(ship(), read("{}"), &expected).await;
}

#[tokio::test]
async fn only_the_named_fields_are_sent() {
    let action = ActionConfiguration {
        body: BodyFields::Only(vec!["b".into(), "absent".into()]),
        ..ActionConfiguration::new(Method::Patch, "/x/{a}")
    };
    check(
        action,
        read(r#"{"a": 1, "b": 2, "c": 3}"#),
        &format!(
            "PATCH /x/1 HTTP/1.1\n{ACCEPTS}content-length: 7\ncontent-type: application/json\n\
             idempotency-key: a1b2c3:4:ship\n\n{{\"b\":2}}"
        ),
    )
    .await;
}

#[tokio::test]
async fn without_a_body_there_is_no_media_type_of_one() {
    for method in [Method::Get, Method::Delete] {
        let action = ActionConfiguration {
            query: BTreeMap::from([("tag".into(), "tags".into()), ("to".into(), "to".into())]),
            ..ActionConfiguration::new(method, "/shipments/{id}")
        };
        check(
            action,
            read(r#"{"id": "x\r\nX-Evil: 1", "tags": ["a&b", 2], "to": null}"#),
            &format!(
                "{} /shipments/x%0D%0AX-Evil%3A%201?tag=a%26b&tag=2 HTTP/1.1\n{ACCEPTS}idempotency-key: a1b2c3:4:ship\n\n",
                method.name()
            ),
        )
        .await;
    }
}

#[tokio::test]
async fn the_key_is_the_same_for_every_attempt() {
    let busy = || Play::Close(json_answer("503 Service Unavailable", "null"));
    let mut counterpart = Counterpart::playing([busy(), busy(), Play::Close(json_answer("200 OK", "7"))]).await;
    let adapter = adapter(&counterpart.url(), ship());
    let mut requests = Vec::new();
    for number in 1..=3 {
        let attempt = Attempt {
            number,
            ..attempt(r#"{"order": "A-1"}"#)
        };
        let outcome = outcome(within(adapter.perform(attempt)).await);
        assert_eq!(outcome.starts_with("result 7"), number == 3, "{outcome}");
        requests.push(counterpart.next_request().await);
    }
    assert!(requests[0].contains("\nidempotency-key: a1b2c3:4:ship\n"), "{}", requests[0]);
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
    assert_eq!(counterpart.requests_left(), 0, "an attempt is one request");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_a_connection_is_made() {
    let counterpart = Counterpart::playing([]).await;
    let action = ActionConfiguration {
        query: BTreeMap::from([("q".into(), "q".into())]),
        ..ActionConfiguration::new(Method::Post, "/orders/{order}")
    };
    let adapter = adapter(&counterpart.url(), action);
    let leads_away = r#"refused not sent: `order` would lead to another path than the one configured {"field":"order"}"#;
    assert_eq!(perform(&adapter, r#"{"order": ".."}"#).await, leads_away);
    assert_eq!(
        perform(&adapter, "{}").await,
        r#"refused not sent: `order` stands in the path and is empty; it must be text, a number or a date {"field":"order"}"#
    );
    assert_eq!(
        perform(&adapter, r#"{"order": 1, "q": [{}]}"#).await,
        r#"refused not sent: `q` stands in the query and is or holds an object; it must be text, a number, a date or a list of them {"field":"q"}"#
    );
    assert_eq!(
        perform(&adapter, "[1]").await,
        "refused not sent: the input is a list; an action is given fields null"
    );
    let long = format!(r#"{{"order": 1, "q": "{}"}}"#, "x".repeat(8_000));
    assert_eq!(
        perform(&adapter, &long).await,
        "refused not sent: path and query have 8012 bytes, more than 8000 null"
    );
    for key in ["a\r\nX-Evil: 1", "a b", "é", ""] {
        let attempt = Attempt {
            key: key.into(),
            ..attempt(r#"{"order": 1}"#)
        };
        assert_eq!(
            outcome(within(adapter.perform(attempt)).await),
            "refused not sent: the effect's key is not visible ASCII, and cannot be a header null"
        );
    }
    let unknown = Attempt {
        action: "cancel".into(),
        ..attempt("{}")
    };
    assert_eq!(
        outcome(within(adapter.perform(unknown)).await),
        "refused not sent: the adapter `shipping` has no action `cancel` null"
    );
    assert_eq!(counterpart.connections(), 0);
}

#[tokio::test]
async fn an_adapter_knows_its_actions_and_its_name() {
    let adapter = adapter(
        "http://127.0.0.1:1",
        ActionConfiguration {
            result: Projection::Body,
            ..ship()
        },
    );
    assert_eq!(
        (adapter.name(), adapter.has_action("ship"), adapter.has_action("cancel")),
        ("shipping", true, false)
    );
}
