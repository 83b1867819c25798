//! The HTTP API.
//!
//! # Purpose
//! [`route`] is the table from which the router and the OpenAPI document are made; one file for each noun answers; [`gate`] is
//! the way to all of them. What may be done is the engine's to decide.
//!
//! # Invariants
//! - Every no is a problem document (RFC 9457) with a stable code.
//! - What may not be seen is answered exactly like what is not there.
//! - Numbers never pass through a binary fraction: bodies are read and written with the core's values.
//! - Every limit has its answer (module [`limit`]).

mod about;
mod access;
mod authentication;
mod bodies;
mod body;
mod calendars;
mod conversation;
mod deployment;
mod download;
mod effects;
mod events;
mod fault;
mod files;
mod gate;
mod guard;
mod history;
mod identity;
mod incidents;
mod instances;
mod limit;
mod metrics;
mod notices;
mod openapi;
mod opening;
mod operations;
mod parameter;
mod past;
mod people;
mod problem;
mod reply;
mod request;
mod route;
mod schedules;
mod search;
mod server;
mod service;
mod signatures;
mod tables;
mod tasks;
mod tokens;
mod traffic;
mod trail;
mod view_value;
mod views;
mod workflows;

#[cfg(test)]
pub mod tests;

use axum::http::HeaderName;

pub use access::{ReadingsSought, access_place_text};
pub use authentication::{Caller, prove};
pub use body::{Parameters, read_bytes};
pub use download::download;
pub use files::{disposition, given, picture};
pub use gate::Gate;
pub use guard::{Noted, note};
pub use history::{Sought, history_place_text};
pub use incidents::{incident_id, named as incident_named};
pub use instances::{about_instance, read_cursor, read_search_place, search_place_text};
pub use limit::{BODY_BYTES_MAX, STOP_TIMEOUT, UPLOAD_PAUSE};
pub use notices::{mark_as_read, no_such_notice, notice_place, notice_text};
pub use operations::{NodeState, Operations, moment_of, number};
pub use past::past_moment;
pub use problem::{Answered, Problem};
pub use search::{read_search_after, search_after_text};
pub use server::Server;
pub use service::{Service, Shared};
pub use statewright_engine::roles::{AUDITOR, OPERATOR};
pub use tasks::{place_text, read_place, receiver};
pub use trail::{JSON_LINES, TRAIL_LINES_MAX};
pub use views::{about_view, view_request};

/// draft-ietf-httpapi-idempotency-key-header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The user whom the caller stands in for in this request.
pub const ON_BEHALF_OF: HeaderName = HeaderName::from_static("on-behalf-of");
