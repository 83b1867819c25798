//! The simulators as their clients meet them: over real sockets.

use std::future::Future;
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use statewright_simulators::{Behaviour, LensDesign, Running, Shipping};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What is waited for comes within this, on however busy a machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn client() -> Client {
    // Only the first of a process's tests installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(DEADLINE).build().expect("a client can be built")
}

async fn shipping(behaviour: Behaviour) -> Running {
    Shipping::start("127.0.0.1:0", behaviour)
        .await
        .expect("a loopback port is free")
}

fn ship(running: &Running, key: &str, order: &str) -> impl Future<Output = reqwest::Result<Response>> + use<> {
    let request = json!({"order": order, "address_ref": "practice-north"});
    client()
        .post(format!("{}/shipments", running.url))
        .header("Idempotency-Key", key)
        .json(&request)
        .send()
}

async fn read(response: reqwest::Result<Response>) -> (u16, Value) {
    let response = response.expect("there is an answer");
    (response.status().as_u16(), response.json().await.expect("the answer is JSON"))
}

/// Each key with its attempts, effects, duplicates and conflicts.
fn counts(running: &Running) -> Vec<(String, u32, u32, u32, u32)> {
    let entries = running.log().into_iter();
    entries
        .map(|entry| (entry.key, entry.attempts, entry.applied, entry.duplicates, entry.conflicts))
        .collect()
}

fn count(key: &str, attempts: u32, applied: u32, duplicates: u32, conflicts: u32) -> (String, u32, u32, u32, u32) {
    (key.to_owned(), attempts, applied, duplicates, conflicts)
}

/// Waits for what another task brings about.
async fn until(condition: impl Fn() -> bool) {
    let holds = async {
        let mut poll = tokio::time::interval(Duration::from_millis(2));
        while !condition() {
            poll.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, holds)
        .await
        .expect("what is waited for comes within the deadline");
}

#[tokio::test]
async fn a_shipment_is_made_once_for_a_key_and_can_be_looked_up() {
    let running = shipping(Behaviour::default()).await;
    let first = read(ship(&running, "a:1:ship", "A-1").await).await;
    let again = ship(&running, "a:1:ship", "A-1").await.expect("there is an answer");
    assert_eq!(
        again.headers().get("Idempotent-Replayed").map(|value| value.as_bytes()),
        Some(&b"true"[..])
    );
    assert_eq!(read(Ok(again)).await, first);
    let label_url = format!("{}/labels/PP000000014XX", running.url);
    let shipment = json!({"carrier": "Plover Parcels", "tracking": "PP000000014XX", "order": "A-1", "label_url": label_url});
    assert_eq!(first, (201, shipment));
    assert_eq!(
        read(ship(&running, "b:1:ship", "A-1").await).await.1["tracking"],
        "PP000000028XX",
        "another key is another shipment"
    );

    let shown = read(client().get(format!("{}/shipments/PP000000014XX", running.url)).send().await).await;
    assert_eq!((shown.0, &shown.1["address_ref"]), (200, &json!("practice-north")));
    let label = client()
        .get(label_url)
        .send()
        .await
        .expect("there is a label")
        .text()
        .await
        .expect("the label is text");
    assert_eq!(label, "Plover Parcels\nPP000000014XX\nOrder A-1\nTo practice-north\n");
    assert_eq!(
        read(client().get(format!("{}/shipments/PP1", running.url)).send().await)
            .await
            .0,
        404
    );

    assert_eq!(
        counts(&running),
        [count("a:1:ship", 2, 1, 1, 0), count("b:1:ship", 1, 1, 0, 0)]
    );
    let served = read(client().get(format!("{}/_log", running.url)).send().await).await.1;
    assert_eq!(served, json!({"effects": running.log()}));
    running.stop().await;
}

#[tokio::test]
async fn a_key_with_another_request_is_refused() {
    let running = shipping(Behaviour::default()).await;
    read(ship(&running, "a:1:ship", "A-1").await).await;
    let (status, problem) = read(ship(&running, "a:1:ship", "A-2").await).await;
    assert_eq!(
        (status, &problem["detail"]),
        (422, &json!("This Idempotency-Key belongs to another request"))
    );
    assert_eq!(counts(&running), [count("a:1:ship", 2, 1, 0, 1)]);
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_has_no_effect() {
    let running = shipping(Behaviour::default()).await;
    let post = |key: Option<&str>, body: &str| {
        let request = client().post(format!("{}/shipments", running.url)).body(body.to_owned());
        let request = if let Some(key) = key {
            request.header("Idempotency-Key", key)
        } else {
            request
        };
        async { read(request.send().await).await }
    };
    assert_eq!(post(None, "{}").await.0, 400);
    assert_eq!(post(Some(&"k".repeat(256)), "{}").await.0, 400);
    assert_eq!(post(Some("k"), "{").await.0, 400);
    let (status, problem) = post(Some("k"), r#"{"order": "A-1"}"#).await;
    assert_eq!(
        (status, &problem["detail"]),
        (400, &json!("`address_ref` is needed: a text of 1 to 100 bytes"))
    );
    assert_eq!(counts(&running), [count("k", 1, 0, 0, 0)]);
    let huge = client()
        .post(format!("{}/shipments", running.url))
        .header("Idempotency-Key", "k")
        .body("x".repeat(300 * 1024))
        .send()
        .await;
    assert_eq!(huge.expect("there is an answer").status().as_u16(), 413);
    running.stop().await;
}

#[tokio::test]
async fn each_key_fails_as_often_as_asked_and_then_takes_effect_once() {
    let running = shipping(Behaviour {
        fail_first: 2,
        status: 500,
        ..Behaviour::default()
    })
    .await;
    for key in ["a", "b"] {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(read(ship(&running, key, "A-1").await).await.0);
        }
        assert_eq!(statuses, [500, 500, 201, 201]);
    }
    assert_eq!(counts(&running), [count("a", 4, 1, 1, 0), count("b", 4, 1, 1, 0)]);
    running.stop().await;
}

#[tokio::test]
async fn a_dropped_answer_leaves_its_effect_behind() {
    let running = shipping(Behaviour {
        drop_first: 1,
        ..Behaviour::default()
    })
    .await;
    let dropped = ship(&running, "a", "A-1").await.expect_err("there is no answer");
    assert!(
        !dropped.is_timeout() && !dropped.is_connect(),
        "the connection was made, and then closed: {dropped:?}"
    );
    assert_eq!(counts(&running), [count("a", 1, 1, 0, 0)]);
    assert_eq!(read(ship(&running, "a", "A-1").await).await.0, 201);
    assert_eq!(counts(&running), [count("a", 2, 1, 1, 0)]);
    running.stop().await;
}

#[tokio::test]
async fn a_dropped_answer_is_not_one_byte_long() {
    let running = shipping(Behaviour {
        drop_first: 1,
        ..Behaviour::default()
    })
    .await;
    let address = running.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the simulator listens");
    let body = r#"{"order": "A-1", "address_ref": "x"}"#;
    let request = format!(
        "POST /shipments HTTP/1.1\r\nHost: {address}\r\nIdempotency-Key: a\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer))
        .await
        .expect("the connection is closed");
    assert_eq!(String::from_utf8_lossy(&answer), "");
    running.stop().await;
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_and_has_no_effect() {
    let running = shipping(Behaviour {
        hang_first: 1,
        ..Behaviour::default()
    })
    .await;
    let hanging = tokio::spawn(ship(&running, "a", "A-1"));
    until(|| counts(&running) == [count("a", 1, 0, 0, 0)]).await;
    assert_eq!(read(ship(&running, "a", "A-1").await).await.0, 201);
    assert_eq!(counts(&running), [count("a", 2, 1, 0, 0)]);
    assert!(!hanging.is_finished());
    running.stop().await;
}

#[tokio::test]
async fn a_slow_answer_comes_after_its_effect() {
    let running = shipping(Behaviour {
        slow_ms: 600_000,
        ..Behaviour::default()
    })
    .await;
    let slow = tokio::spawn(ship(&running, "a", "A-1"));
    until(|| counts(&running) == [count("a", 1, 1, 0, 0)]).await;
    running
        .behave(Behaviour {
            slow_ms: 1,
            ..Behaviour::default()
        })
        .expect("the behaviour is valid");
    assert_eq!(read(ship(&running, "a", "A-1").await).await.0, 201);
    assert_eq!(counts(&running), [count("a", 2, 1, 1, 0)]);
    assert!(!slow.is_finished());
    running.stop().await;
}

#[tokio::test]
async fn a_doubled_request_takes_effect_once() {
    let running = shipping(Behaviour {
        answer_twice: true,
        ..Behaviour::default()
    })
    .await;
    assert_eq!(read(ship(&running, "a", "A-1").await).await.0, 201);
    assert_eq!(counts(&running), [count("a", 1, 1, 1, 0)]);
    running.stop().await;
}

#[tokio::test]
async fn many_at_once_under_one_key_take_effect_once() {
    let running = shipping(Behaviour::default()).await;
    let requests: Vec<_> = (0..32).map(|_| tokio::spawn(ship(&running, "a", "A-1"))).collect();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(read(request.await.expect("the request did not panic")).await);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all got the same answer: {answers:?}");
    assert_eq!(counts(&running), [count("a", 32, 1, 31, 0)]);
    running.stop().await;
}

#[tokio::test]
async fn behaviour_is_set_and_read_over_http() {
    let running = shipping(Behaviour::default()).await;
    let url = format!("{}/_behaviour", running.url);
    let put = |body: Value| client().put(&url).json(&body).send();
    assert_eq!(
        put(json!({"fail_rate": 1.0, "seed": 3, "status": 429}))
            .await
            .expect("there is an answer")
            .status()
            .as_u16(),
        204
    );
    assert_eq!(read(ship(&running, "a", "A-1").await).await.0, 429);
    assert_eq!(
        read(put(json!({"fail_rate": 2})).await).await.1["detail"],
        "`fail_rate` is 2; it is a share, from 0 to 1"
    );
    assert_eq!(read(put(json!({"fails": 2})).await).await.0, 400);
    let now = read(client().get(&url).send().await).await.1;
    assert_eq!(
        (&now["fail_rate"], &now["status"]),
        (&json!(1.0), &json!(429)),
        "a refused behaviour changes nothing"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_stopped_simulator_lets_go_of_what_hangs_and_listens_no_more() {
    let running = shipping(Behaviour {
        hang_first: 1,
        ..Behaviour::default()
    })
    .await;
    let hanging = tokio::spawn(ship(&running, "a", "A-1"));
    until(|| !running.log().is_empty()).await;
    let url = running.url.clone();
    running.stop().await;
    assert_eq!(read(hanging.await.expect("the request did not panic")).await.0, 503);
    assert!(
        client()
            .get(format!("{url}/_log"))
            .send()
            .await
            .expect_err("nobody listens")
            .is_connect()
    );
}

#[tokio::test]
async fn a_pair_is_calculated_over_http() {
    let running = LensDesign::start("127.0.0.1:0", Behaviour::default())
        .await
        .expect("a loopback port is free");
    let calculate = |key: &str, request: &Value| {
        let post = client()
            .post(format!("{}/calculate", running.url))
            .header("Idempotency-Key", key)
            .json(request);
        async { read(post.send().await).await }
    };
    let request =
        json!({"job": "A-1", "design": "single-vision", "rx": {"right": {"sphere": "-0.50"}, "left": {"sphere": "-30"}}});
    let (status, refused) = calculate("a", &request).await;
    assert_eq!(
        (status, &refused["status"], &refused["xstatus"][0]["side"]),
        (200, &json!(1001), &json!("L")),
        "a refusal is an answer"
    );
    let request = json!({"job": "A-1", "design": "single-vision", "rx": {"right": {"sphere": "-0.50"}}});
    assert_eq!(calculate("b", &request).await.1["inspection"]["right"]["sphere"], "-0.47");
    assert_eq!(calculate("a", &request).await.0, 422);
    running.stop().await;
}

#[tokio::test]
async fn a_behaviour_that_cannot_be_meant_does_not_start() {
    let error = Shipping::start(
        "127.0.0.1:0",
        Behaviour {
            status: 200,
            ..Behaviour::default()
        },
    )
    .await
    .err()
    .expect("it is refused");
    assert_eq!(error.to_string(), "`status` is 200; a failure has a status from 400 to 599");
}
