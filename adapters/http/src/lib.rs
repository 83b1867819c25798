//! Effects over HTTP.
//!
//! # Purpose
//! [`HttpAdapter`] performs the actions of an [`HttpConfiguration`]: each attempt is one request with the effect's key, and its answer
//! a result, a refusal, or a reason to try again.
//!
//! # Invariants
//! - **Where a request goes is configuration.** Scheme, host, port, method and secrets come from the deployment; of a workflow's input
//!   nothing but fields of the body, parameters of the query and single segments of the path, all encoded.
//! - **The address that was checked is the address connected to.** A name is looked up once for each connection, and only public
//!   addresses, and those in the configured networks, are tried.
//! - **Every attempt at an effect has the same `Idempotency-Key`**, so that the other side can recognise a repetition. Whatever leaves
//!   open whether the effect was performed is temporary, unless repeating it would bring the same answer.
//! - **A secret is shown nowhere**: not in an error, not in a log line, not by `Debug`, not where the other side repeats it in a problem.
//!   Bodies and messages are not logged.
//! - An answer is read up to its limit, and as it is: numbers exactly, never unpacked.
//!
//! # Deliberately absent
//! No redirects, no cookies, no proxies, no compression, no sending again within an attempt: what happens is what is configured, once.
//! No HTTP/2: effects are few, and one protocol is one set of ways to fail.
//!
//! # On the wire
//! `Idempotency-Key: instance:sequence:name` with every request; a body is a JSON object in interface form (decimals and everything of
//! time as text) under `Content-Type: application/json`. What answers mean stands at [`Meaning::of`], what becomes of a body at
//! [`Projection`].
//!
//! # Example
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use statewright_engine::adapter::Adapter;
//! use statewright_engine::clock::WallClock;
//! use statewright_http::{
//!     ActionConfiguration, HttpAdapter, HttpConfiguration, InvalidConfiguration, Meaning, Method, Projection, Secret,
//! };
//!
//! fn shipping(token: Secret) -> Result<HttpAdapter, InvalidConfiguration> {
//!     // POST /v1/orders/A-1/shipments?service=express with the rest of the input as the body.
//!     let ship = ActionConfiguration {
//!         query: BTreeMap::from([("service".into(), "service".into())]),
//!         headers: BTreeMap::from([("X-Site".into(), "lab-north".into())]),
//!         secret_headers: BTreeMap::from([("Authorization".into(), token.clone())]),
//!         // This carrier says 409 while an earlier attempt under the same key is under way.
//!         statuses: BTreeMap::from([(409, Meaning::Temporary)]),
//!         timeout: Duration::from_secs(10),
//!         ..ActionConfiguration::new(Method::Post, "/orders/{order}/shipments")
//!     };
//!     // DELETE /v1/shipments/PP1; its result is {"moved_to": …}, from a header.
//!     let cancel = ActionConfiguration {
//!         secret_headers: BTreeMap::from([("Authorization".into(), token)]),
//!         result: Projection::Headers(BTreeMap::from([("moved_to".into(), "Location".into())])),
//!         ..ActionConfiguration::new(Method::Delete, "/shipments/{tracking}")
//!     };
//!     let configuration = HttpConfiguration {
//!         actions: BTreeMap::from([("ship".into(), ship), ("cancel".into(), cancel)]),
//!         // A carrier in the house; public addresses need no entry.
//!         networks: vec!["10.20.0.0/16".into()],
//!         ..HttpConfiguration::new("shipping", "https://carrier.example/v1")
//!     };
//!     HttpAdapter::new(&configuration, Arc::new(WallClock::default()))
//! }
//!
//! let adapter = shipping(Secret::new("Bearer 5f3759df"))?;
//! assert!(adapter.has_action("ship") && !adapter.has_action("send"));
//! assert!(!format!("{adapter:?}").contains("5f3759df"));
//! # Ok::<(), InvalidConfiguration>(())
//! ```
//!
//! What is wrong with a configuration is said all at once, with the place of each:
//! ```
//! # use std::sync::Arc;
//! # use statewright_engine::clock::WallClock;
//! # use statewright_http::{ActionConfiguration, HttpAdapter, HttpConfiguration, Method};
//! let mut configuration = HttpConfiguration::new("design", "http://127.0.0.1:8080");
//! configuration.actions.insert("calculate".into(), ActionConfiguration::new(Method::Post, "calculations"));
//! let invalid = HttpAdapter::new(&configuration, Arc::new(WallClock::default())).expect_err("two things are wrong");
//! assert_eq!(
//!     invalid.to_string(),
//!     "the adapter `design` cannot be used\
//!      \n  actions.calculate.path: a path begins with `/`\
//!      \n  base_url: 127.0.0.1 is a loopback address; if it is meant, name its network under `networks`"
//! );
//! ```

mod action;
mod adapter;
mod answer;
mod base_url;
mod configuration;
mod failure;
mod lookup;
mod network;
mod path;
mod percent;
mod problem;
mod reach;
mod retry_after;
mod secret;
mod trust;
mod validation;

pub use adapter::HttpAdapter;
pub use configuration::{
    ActionConfiguration, BodyFields, CONNECT_TIMEOUT_MS_DEFAULT, ConfigurationProblem, HttpConfiguration, InvalidConfiguration,
    Meaning, Method, Projection, RESPONSE_BYTES_DEFAULT, RESPONSE_BYTES_MAX, TIMEOUT_MS_MAX,
};
pub use lookup::{Lookup, SystemLookup};
pub use secret::Secret;
