//! A small client of the HTTP API.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::doors::Doors;
use crate::wait::{self, Looks};

/// No answer takes longer than the server itself allows; a client that waits longer only hides that.
const TIMEOUT: Duration = Duration::from_secs(40);

/// An answer, whatever it says.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// There was no answer: the server was away, or went away meanwhile. What was asked for may have been done.
#[derive(Clone, Debug)]
pub struct Unanswered(pub String);

/// Someone who asks: a connection pool and a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    token: Option<String>,
}

impl Client {
    /// # Panics
    /// Where no client can be made at all.
    #[expect(
        clippy::new_without_default,
        reason = "a client opens connections, which nobody expects of a default"
    )]
    pub fn new() -> Client {
        // Only the first of a process installs it. The tests speak plain HTTP; the library wants to know all the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build();
        Client {
            http: http.expect("a client can be built"),
            token: None,
        }
    }

    /// The same connections in another's name.
    pub fn with_token(&self, token: &str) -> Client {
        Client {
            http: self.http.clone(),
            token: Some(token.to_owned()),
        }
    }

    pub async fn get(&self, url: &str) -> Result<Reply, Unanswered> {
        self.send(self.http.get(url)).await
    }

    pub async fn get_as(&self, url: &str, accept: &str) -> Result<Reply, Unanswered> {
        self.send(self.http.get(url).header("Accept", accept)).await
    }

    /// What stands there; none while the server does not answer, or asks to be asked again.
    ///
    /// # Panics
    /// With any other answer: looking again would not help.
    pub async fn read(&self, url: &str) -> Option<Value> {
        let reply = self.get(url).await.ok().filter(|reply| !reply.is_later())?;
        assert_eq!(reply.status, 200, "{url}: {}", reply.body);
        Some(reply.json())
    }

    /// `key` is the request's `Idempotency-Key`.
    pub async fn post(&self, url: &str, key: Option<&str>, body: &Value) -> Result<Reply, Unanswered> {
        let request = self.http.post(url).json(body);
        self.send(match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        })
        .await
    }

    /// Asks any server until one answers; `key` makes it one request however often it is sent.
    ///
    /// # Panics
    /// Where there is no answer within the deadline.
    pub async fn insist(&self, doors: &Doors, path: &str, key: &str, body: &Value) -> Reply {
        let mut looks = Looks::for_what(&format!("an answer to {body} at {path} ({key})"), wait::DEADLINE);
        loop {
            looks.next().await;
            let url = format!("{}{path}", doors.any().await);
            match self.post(&url, Some(key), body).await {
                Ok(reply) if !reply.is_later() => return reply,
                Ok(_) | Err(_) => {}
            }
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Reply, Unanswered> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.map_err(unanswered)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.text().await.map_err(unanswered)?;
        Ok(Reply { status, headers, body })
    }
}

impl Reply {
    /// The body, which is JSON; null where it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Whether the server asks to be asked again: it is full, away from its database, or about to stop.
    pub fn is_later(&self) -> bool {
        matches!(self.status, 429 | 503 | 504)
    }
}

fn unanswered(error: reqwest::Error) -> Unanswered {
    Unanswered(error.to_string())
}
