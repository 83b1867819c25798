//! Secrets arrive where they should, and are shown nowhere.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use statewright_http::{ActionConfiguration, HttpAdapter, HttpConfiguration, Secret};
use tracing_subscriber::fmt::MakeWriter;

use crate::counterpart::{Counterpart, Play, answer, json};
use crate::setting::{ScriptedLookup, adapter, clock, configuration, perform, ship};

const TOKEN: &str = "5f3759df-secret";

fn secretive() -> ActionConfiguration {
    ActionConfiguration {
        secret_headers: BTreeMap::from([
            ("Authorization".into(), Secret::new(format!("Bearer {TOKEN}"))),
            ("X-Api-Key".into(), Secret::new(TOKEN)),
        ]),
        ..ship()
    }
}

#[tokio::test]
async fn no_failure_shows_a_secret_even_if_the_other_side_repeats_it() {
    let problem = format!(r#"{{"type": "x:{TOKEN}", "title": "Bad {TOKEN}", "detail": "You sent `Bearer {TOKEN}`"}}"#);
    let doubled = format!(r#"{{"{TOKEN}": 1, "{TOKEN}": 2}}"#);
    let plays = [
        json("401 Unauthorized", &problem),
        answer("503 Service Unavailable", "application/problem+json", &problem),
        json("200 OK", &doubled),
        answer("200 OK", &format!("application/{TOKEN}"), "x"),
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {TOKEN}\r\nContent-Length: 1\r\n\r\n1"),
        format!("HTTP/1.1 302 Found\r\nLocation: http://h/?token={TOKEN}\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{TOKEN}"),
    ];
    let count = plays.len();
    let mut counterpart = Counterpart::playing(plays.map(Play::Close)).await;
    let adapter = adapter(&counterpart.url(), secretive());
    for _ in 0..count {
        let outcome = perform(&adapter, r#"{"order": "A-1"}"#).await;
        assert!(!outcome.starts_with("result") && !outcome.contains("5f3759df"), "{outcome}");
        let request = counterpart.next_request().await;
        assert!(request.contains(&format!("\nauthorization: Bearer {TOKEN}\n")), "{request}");
        assert!(request.contains(&format!("\nx-api-key: {TOKEN}\n")), "{request}");
    }
    drop(counterpart);
    let outcome = perform(&adapter, "{}").await;
    assert!(outcome.starts_with("temporary") && !outcome.contains("5f3759df"), "{outcome}");
}

#[test]
fn debug_shows_no_secret() {
    let configuration = configuration("http://127.0.0.1:1", secretive());
    let adapter = HttpAdapter::new(&configuration, clock()).expect("the configuration is valid");
    for shown in [
        format!("{configuration:?}"),
        format!("{configuration:#?}"),
        format!("{adapter:?}"),
        format!("{adapter:#?}"),
    ] {
        assert!(shown.contains("shipping") && !shown.contains("5f3759df"), "{shown}");
    }
}

#[test]
fn what_is_wrong_with_a_secret_is_said_without_it() {
    let invalid = |action: ActionConfiguration, base_url: &str| {
        let configuration = configuration(base_url, action);
        let invalid = HttpAdapter::new(&configuration, clock()).expect_err("the configuration is invalid");
        let shown = format!("{invalid} {invalid:?} {configuration:?}");
        assert!(!shown.contains("5f3759df"), "{shown}");
        invalid.to_string()
    };
    let broken = ActionConfiguration {
        secret_headers: BTreeMap::from([
            ("X-Api-Key".into(), Secret::new(format!("{TOKEN}\r\nX-Evil: 1"))),
            ("X-Empty".into(), Secret::new(" ")),
        ]),
        ..ship()
    };
    assert_eq!(
        invalid(broken, "http://127.0.0.1:1"),
        "the adapter `shipping` cannot be used\
         \n  actions.ship.secret_headers.X-Empty: the secret is empty\
         \n  actions.ship.secret_headers.X-Api-Key: its value has a character that may not stand in a header, such as the end of a line"
    );
    assert_eq!(
        invalid(secretive(), "http://1.1.1.1"),
        "the adapter `shipping` cannot be used\
         \n  base_url: 1.1.1.1 is public, and a secret is not sent there in the clear; use https"
    );
}

#[tokio::test]
async fn a_secret_does_not_cross_the_public_internet_in_the_clear() {
    let lookup = ScriptedLookup::answering(&["1.1.1.1"]);
    let configuration = configuration("http://design.example", secretive());
    let adapter = HttpAdapter::with_lookup(&configuration, clock(), lookup).expect("the configuration is valid");
    assert_eq!(
        perform(&adapter, "{}").await,
        "refused not sent: `design.example` may not be connected to: 1.1.1.1 is public, and a secret is not sent there in the clear; use https null"
    );
}

#[tokio::test]
async fn a_log_has_the_attempt_and_neither_secrets_nor_bodies() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    // For the whole process: what other tests log at the same time is no secret either.
    tracing::subscriber::set_global_default(subscriber).expect("this is the only test that sets it");
    let plays = [
        json("200 OK", r#"{"tracking": "PP-answer"}"#),
        json("422 No", r#"{"title": "PP-answer"}"#),
    ];
    let counterpart = Counterpart::playing(plays.map(Play::Keep)).await;
    let configuration = HttpConfiguration {
        name: "logged".to_owned(),
        ..configuration(&counterpart.url(), secretive())
    };
    let adapter = HttpAdapter::new(&configuration, clock()).expect("the configuration is valid");
    let asked = r#"{"address": "12 Input Lane"}"#;
    assert_eq!(perform(&adapter, asked).await, r#"result {"tracking":"PP-answer"}"#);
    assert!(perform(&adapter, asked).await.starts_with("refused"));
    let text = log.text();
    for ended in ["result", "refused"] {
        let line = format!(
            r#"attempt at an effect over HTTP adapter="logged" key="a1b2c3:4:ship" action="ship" number=1 ended="{ended}""#
        );
        assert!(text.contains(&line), "{ended} is not in the log:\n{text}");
    }
    for hidden in ["5f3759df", "Input Lane", "PP-answer"] {
        assert!(!text.contains(hidden), "{hidden} is in the log:\n{text}");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}
