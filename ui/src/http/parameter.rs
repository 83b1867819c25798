//! The parameters that several routes share.

use super::route::{Parameter, Place};

pub const WORKFLOW: Parameter = Parameter {
    name: "workflow",
    place: Place::Path,
    description: "The workflow's name",
    schema: r#"{"type": "string"}"#,
};

pub const KEY: Parameter = Parameter {
    name: "key",
    place: Place::Path,
    description: "The instance's key, percent-encoded: a slash in it is `%2F`",
    schema: r#"{"type": "string"}"#,
};

pub const EFFECT: Parameter = Parameter {
    name: "effect",
    place: Place::Path,
    description: "The key under which the adapter was asked: the `Idempotency-Key` of the request that it got",
    schema: r#"{"type": "string"}"#,
};

pub const LIMIT: Parameter = Parameter {
    name: "limit",
    place: Place::Query,
    description: "Items of a page at most",
    schema: r#"{"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}"#,
};

pub const FILE: Parameter = Parameter {
    name: "file",
    place: Place::Path,
    description: "The file's id, as a field of the instance has it",
    schema: r#"{"type": "string", "pattern": "^[0-9a-f]{32}$"}"#,
};

pub const IDEMPOTENCY_KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: Place::Header,
    description: "Your name for this request. Sent again under it, by the same principal to the same path, it is done once and gets its first answer",
    schema: r#"{"type": "string", "minLength": 1, "maxLength": 255}"#,
};

pub const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: Place::Header,
    description: "The ETag of the revision that was looked at: on any other the event is not taken (412)",
    schema: r#"{"type": "string", "examples": ["\"7\""]}"#,
};

pub const AFTER: Parameter = Parameter {
    name: "after",
    place: Place::Query,
    description: "The `after` of the page before",
    schema: r#"{"type": "string"}"#,
};

/// Of pages whose items are larger than an entry.
pub const PAGE_LIMIT: Parameter = Parameter {
    name: "limit",
    place: Place::Query,
    description: "Items of a page at most",
    schema: r#"{"type": "integer", "minimum": 1, "maximum": 200, "default": 100}"#,
};
