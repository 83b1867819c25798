//! What one client may ask of a server at once. Each limit has its answer; none of them is a hang.

use std::time::Duration;

/// A form that people fill in, with room for a traced frame or a long note; larger things are kept elsewhere and referred to.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of bodies held at once, over all requests, from their first byte until the engine has answered: some ten thousand forms, or a
/// few dozen of the largest. Without it as many of the largest as there may be requests would be four gibibytes.
pub const BODIES_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A workflow's files, all of them.
pub const DEPLOYMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Browsers and proxies send about thirty.
pub const HEADERS_MAX: usize = 64;

/// A token, a few tracing headers, and cookies that a proxy could not keep to itself.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// A path with a key and a query.
pub const TARGET_BYTES_MAX: usize = 4 * 1024;

/// What a UUID, a digest or a sentence needs; it goes into a digest, so that more of it would buy nothing.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Requests worked on at once: twice as many as the intake lets wait, since those in its batches are under way too, and a flood that it
/// refuses must not keep out here whom it would let in. Beyond it waiting would have no bound, so that the answer is "later".
pub const REQUESTS_MAX: usize = 2 * statewright_engine::configuration::QUEUE_MAX;

/// Connections open at once, idle ones among them.
pub const CONNECTIONS_MAX: usize = 8_192;

/// Bytes that a connection reads ahead of what is asked of it: above the longest head, below what many connections could fill the
/// memory with.
pub const CONNECTION_BYTES_MAX: usize = 64 * 1024;

/// How long a connection may be idle, or take for its request's head: a client that dribbles holds nothing for long.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a request may take from its head to its answer: longer than a restart of the database.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an upload may take in all; the engine forgets one that takes longer.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(statewright_engine::files::RECEIVING_S.unsigned_abs());

/// How long a sender of a file may send nothing: one that has gone away holds a place for uploads no longer.
pub const UPLOAD_PAUSE: Duration = Duration::from_secs(30);

/// How long a stopping server waits for requests under way.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// What a client is told to wait if nothing better is known.
pub const RETRY_AFTER_SECONDS: u64 = 1;

/// Items of a page if the client does not say.
pub const PAGE_DEFAULT: usize = 100;
