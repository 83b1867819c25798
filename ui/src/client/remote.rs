//! A server somewhere else.

use std::time::Duration;

use axum::http::{StatusCode, header};
use statewright_core::diagnostic::Code;
use statewright_core::value::interface::to_interface;

use super::{ANSWER_BYTES_MAX, Call, Sent};
use crate::failure::Failure;
use crate::http::ON_BEHALF_OF;

/// Longer than a server takes for any request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The same where a file is sent or fetched, over a slow line.
const FILE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub struct Remote {
    http: reqwest::Client,
    /// Without a slash at the end.
    base: String,
    token: String,
    /// Whom the caller stands in for.
    behalf: Option<String>,
}

impl Remote {
    /// # Errors
    /// The base is no http or https URL.
    pub fn new(base: &str, token: String, behalf: Option<&str>) -> Result<Self, Failure> {
        let scheme = base.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("http" | "https")) {
            return Err(Failure::misused(
                Code::ServerSilent,
                format!("`{base}` is no http or https URL"),
            ));
        }
        // Only the first of a process installs it; that there is one is what counts.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // A token goes to the server that was named, and to no other that this one names.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::no(Code::ServerSilent, format!("Cannot make requests: {error}")))?;
        Ok(Remote {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token,
            behalf: behalf.map(str::to_owned),
        })
    }

    pub async fn call(&self, call: Call) -> Result<(StatusCode, Vec<u8>), Failure> {
        let mut request = self
            .http
            .request(call.method, format!("{}{}", self.base, call.target))
            .headers(call.headers)
            .bearer_auth(&self.token);
        if let Some(behalf) = &self.behalf {
            request = request.header(ON_BEHALF_OF, behalf);
        }
        let answer_bytes_max = call.answer_bytes_max;
        let brings_or_fetches_file = matches!(call.body, Sent::Bytes(_)) || answer_bytes_max > ANSWER_BYTES_MAX;
        if brings_or_fetches_file {
            request = request.timeout(FILE_TIMEOUT);
        }
        request = match call.body {
            Sent::Document(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(to_interface(&body)),
            Sent::Bytes(bytes) => request.body(bytes),
            Sent::Nothing => request,
        };
        let silent = |error: reqwest::Error| {
            Failure::no(Code::ServerSilent, format!("{} does not answer", self.base))
                .note(chain(&error.without_url()))
                .hint("Check the address, and that the server runs; an input that was sent may have been taken")
        };
        let mut response = request.send().await.map_err(silent)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(silent)? {
            body.extend_from_slice(&chunk);
            if body.len() > answer_bytes_max {
                return Err(Failure::no(
                    Code::ServerSilent,
                    format!("{} answered more than can be read", self.base),
                ));
            }
        }
        Ok((status, body))
    }
}

/// An error with everything that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}
