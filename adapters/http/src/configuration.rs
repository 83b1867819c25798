//! What a deployment says about an adapter: where it connects to, with which secrets, and what its actions are on the wire.
//!
//! Plain data, as it comes out of a configuration file. [`HttpAdapter::new`](crate::HttpAdapter::new) checks all of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_engine::configuration::ATTEMPT_MS;

use crate::secret::Secret;

/// How long connecting may take, encryption included, if the deployment says nothing: three lost packets, and no more.
pub const CONNECT_TIMEOUT_MS_DEFAULT: u64 = 10_000;

/// The longest an attempt may take: what takes longer is answered later, by a message and not by a connection held open.
pub const TIMEOUT_MS_MAX: u64 = 10 * 60 * 1_000;

/// How large an answer may be if the deployment says nothing: far above a record, far below what fills a node's memory.
pub const RESPONSE_BYTES_DEFAULT: usize = 1024 * 1024;

/// How large an answer may be at most: as large as JSON is read.
pub const RESPONSE_BYTES_MAX: usize = JSON_BYTES_MAX;

/// An adapter as a deployment configures it.
#[derive(Clone, Debug)]
pub struct HttpConfiguration {
    /// The adapter's name in workflows.
    pub name: String,
    /// `https://host:port/prefix`; scheme http or https, nothing of it from a workflow.
    pub base_url: String,
    /// By the name that workflows call.
    pub actions: BTreeMap<String, ActionConfiguration>,
    /// Networks that may be connected to besides public addresses: `10.2.0.0/16`, `127.0.0.0/8`, `::1`. Empty by default.
    pub networks: Vec<String>,
    /// PEM of the only authorities whose certificates are believed; by default those of the public web.
    pub authorities: Option<Vec<u8>>,
    pub connect_timeout: Duration,
}

/// One action: what it is on the wire.
#[derive(Clone, Debug)]
pub struct ActionConfiguration {
    pub method: Method,
    /// Behind the base URL; `{field}` stands for a field of the input, percent-encoded as (a part of) one segment.
    pub path: String,
    /// Parameter to field of the input. A field that is empty leaves its parameter out; a list repeats it.
    pub query: BTreeMap<String, String>,
    pub body: BodyFields,
    /// Header to its value, always the same.
    pub headers: BTreeMap<String, String>,
    /// The same for values no one may see. Over http they only go to the configured `networks`.
    pub secret_headers: BTreeMap<String, Secret>,
    /// What a status means, where it differs from [`Meaning::of`].
    pub statuses: BTreeMap<u16, Meaning>,
    /// How long one attempt may take, from looking the name up to the answer's last byte.
    pub timeout: Duration,
    pub response_bytes_max: usize,
    pub result: Projection,
}

/// A method that can carry an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What stands in the request's JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyFields {
    /// An object of all fields of the input that stand neither in the path nor in the query. The default where a method has a body.
    Rest,
    /// An object of those of these fields that the input has; others are not sent.
    Only(Vec<String>),
    /// No body. The default of GET and DELETE.
    Nothing,
}

/// What an answer means for the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It was performed, and this is its result.
    Result,
    /// It will not be performed; trying again cannot help.
    Refused,
    /// It may be performed when it is tried again.
    Temporary,
}

/// What of a good answer becomes the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// The body: JSON, or short plain text, or null where there is none.
    Body,
    /// An object of these fields, each the text of a header, or null without it. The body is not read.
    Headers(BTreeMap<String, String>),
}

/// One thing that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationProblem {
    /// Where in the configuration: `actions.calculate.path`.
    pub place: String,
    /// A sentence: what is wrong, and what to do.
    pub message: String,
}

/// A configuration that cannot be used, with everything that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfiguration {
    /// The adapter's name.
    pub adapter: String,
    /// At least one, in the order of the configuration.
    pub problems: Vec<ConfigurationProblem>,
}

impl HttpConfiguration {
    /// An adapter without actions, for public addresses.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>) -> Self {
        HttpConfiguration {
            name: name.into(),
            base_url: base_url.into(),
            actions: BTreeMap::new(),
            networks: Vec::new(),
            authorities: None,
            connect_timeout: Duration::from_millis(CONNECT_TIMEOUT_MS_DEFAULT),
        }
    }
}

impl ActionConfiguration {
    /// An action with everything else as it is by default.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        ActionConfiguration {
            method,
            path: path.into(),
            query: BTreeMap::new(),
            body: if method.has_body() {
                BodyFields::Rest
            } else {
                BodyFields::Nothing
            },
            headers: BTreeMap::new(),
            secret_headers: BTreeMap::new(),
            statuses: BTreeMap::new(),
            timeout: Duration::from_millis(ATTEMPT_MS.unsigned_abs()),
            response_bytes_max: RESPONSE_BYTES_DEFAULT,
            result: Projection::Body,
        }
    }
}

impl Method {
    /// The method of that name, in capitals.
    #[must_use]
    pub fn named(name: &str) -> Option<Method> {
        let all = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
        all.into_iter().find(|method| method.name() == name)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether a request of this method carries a body. A DELETE's is dropped or refused by too much of what lies on the way.
    #[must_use]
    pub fn has_body(self) -> bool {
        matches!(self, Method::Post | Method::Put | Method::Patch)
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> reqwest::Method {
        match method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        }
    }
}

impl Meaning {
    /// What a status means if nothing is configured: 2xx a result; 408, 425, 429 and 5xx temporary; anything else refused.
    ///
    /// 409 is among the refused. A service that answers it while an earlier attempt under the same key is still under way has it
    /// configured as temporary.
    #[must_use]
    pub fn of(status: u16) -> Meaning {
        match status {
            200..=299 => Meaning::Result,
            408 | 425 | 429 | 500..=599 => Meaning::Temporary,
            _ => Meaning::Refused,
        }
    }
}

impl fmt::Display for ConfigurationProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

impl fmt::Display for InvalidConfiguration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the adapter `{}` cannot be used", self.adapter)?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(formatter, "\n  {problem}"))
    }
}

impl std::error::Error for InvalidConfiguration {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_what_the_documentation_says() {
        let with = |meaning: Meaning| -> Vec<u16> { (100..600).filter(|status| Meaning::of(*status) == meaning).collect() };
        assert_eq!(with(Meaning::Result), (200..300).collect::<Vec<_>>());
        assert_eq!(
            with(Meaning::Temporary),
            [408, 425, 429].into_iter().chain(500..600).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_method_is_known_by_its_name() {
        for name in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(Method::named(name).map(Method::name), Some(name));
        }
        assert_eq!(Method::named("post"), None);
        assert_eq!(Method::named("CONNECT"), None);
    }
}
