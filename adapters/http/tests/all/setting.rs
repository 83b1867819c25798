//! What the tests have in common: an adapter, its clock, an attempt, and what came of it as a line.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use statewright_core::value::interface::to_interface;
use statewright_core::value::{Value, json};
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};
use statewright_engine::clock::VirtualClock;
use statewright_http::{ActionConfiguration, HttpAdapter, HttpConfiguration, Lookup, Method};

use crate::counterpart::{DEADLINE, within};

/// When it is. Only what an answer says of dates depends on it.
pub fn now() -> Timestamp {
    "2026-11-06T08:49:37Z".parse().expect("a moment")
}

pub fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::starting_at(now()))
}

/// One action `ship`: POST to `/shipments`.
pub fn ship() -> ActionConfiguration {
    ActionConfiguration::new(Method::Post, "/shipments")
}

/// An adapter `shipping` with the action `ship`, which may connect to this machine.
pub fn configuration(base_url: &str, ship: ActionConfiguration) -> HttpConfiguration {
    HttpConfiguration {
        actions: BTreeMap::from([("ship".into(), ship)]),
        networks: vec!["127.0.0.0/8".into()],
        ..HttpConfiguration::new("shipping", base_url)
    }
}

pub fn adapter(base_url: &str, ship: ActionConfiguration) -> HttpAdapter {
    HttpAdapter::new(&configuration(base_url, ship), clock()).expect("the configuration is valid")
}

/// The first attempt at `ship`, with as much time as a test has.
pub fn attempt(input: &str) -> Attempt {
    Attempt {
        key: "a1b2c3:4:ship".into(),
        action: "ship".into(),
        input: json::read(input).expect("an input is JSON"),
        number: 1,
        until: now() + DEADLINE,
    }
}

pub async fn perform(adapter: &HttpAdapter, input: &str) -> String {
    outcome(within(adapter.perform(attempt(input))).await)
}

/// What came of an attempt, as a line.
pub fn outcome(outcome: Result<Value, AttemptFailure>) -> String {
    match outcome {
        Ok(value) => format!("result {}", to_interface(&value)),
        Err(AttemptFailure::Refused { message, detail }) => format!("refused {message} {}", to_interface(&detail)),
        Err(AttemptFailure::Temporary {
            message,
            retry_after: None,
        }) => format!("temporary {message}"),
        Err(AttemptFailure::Temporary {
            message,
            retry_after: Some(wait),
        }) => format!("temporary after {wait:?} {message}"),
    }
}

/// How long is waited for what must not come: short, and long enough that a request is sent meanwhile on a busy machine.
pub const SOON: Duration = Duration::from_millis(500);

/// A lookup that gives one answer after the other, and remembers what it was asked for.
#[derive(Default)]
pub struct ScriptedLookup {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedLookup {
    /// The addresses of each answer, parted by blanks.
    pub fn answering(answers: &[&str]) -> Arc<ScriptedLookup> {
        let addresses = |text: &&str| text.split(' ').map(|address| address.parse().expect("an address")).collect();
        Arc::new(ScriptedLookup {
            answers: Mutex::new(answers.iter().rev().map(addresses).collect()),
            asked: Mutex::default(),
        })
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Lookup for ScriptedLookup {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(host.to_owned());
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        answer.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such host"))
    }
}
