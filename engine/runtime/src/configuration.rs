//! What can be set about an engine, and the limits it keeps.

use std::sync::Arc;

use crate::files::FilesConfig;
use crate::mail::Mailing;

/// Inputs taken in one transaction: enough that a flush is shared by many, few enough that none waits long for the others.
pub const BATCH_MAX: usize = 512;

/// Inputs from outside that may wait; beyond it the answer is "later", because what is accepted must not wait unbounded. Eight batches:
/// half a second at the pace that is measured over HTTP; on a slower database fewer may wait, so that none waits longer than a second.
pub const QUEUE_MAX: usize = 4096;

/// Timers, messages and answers that may wait in this node's memory; the store keeps the rest.
pub const BACKGROUND_QUEUE_MAX: usize = 4096;

/// Bytes of memory that inputs from outside may take while they wait: some ten thousand forms, or a few dozen of the largest bodies.
pub const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of memory that timers, messages and answers may take while they wait; the store keeps the rest.
pub const BACKGROUND_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of memory that the inputs of one batch may take: what comes to the database in one piece must not stall it for the others.
pub const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Snapshots kept in memory.
pub const CACHE_INSTANCES_MAX: usize = 100_000;

/// Bytes that the kept snapshots may take, by the length of their canonical form.
pub const CACHE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How often an input is stepped again because others were faster, before it is told that it lost.
pub const RESTEPS_MAX: u32 = 16;

/// How often a batch is tried again while the database is away, before its callers are told so.
pub const COMMIT_ATTEMPTS_MAX: u32 = 4;

/// How often one step may ask for more before it can go on: reads whose keys depend on reads, one round each.
pub const NEEDS_ROUNDS_MAX: u32 = 16;

/// How long a node holds an effect it performs: longer than a restart of the database, shorter than people wait for a machine.
pub const OUTBOX_LEASE_MS: i64 = 60_000;

/// How long one attempt may take if its adapter says nothing else.
pub const ATTEMPT_MS: i64 = 30_000;

/// Attempts at an effect whose workflow says nothing about `retry`.
pub const ATTEMPTS_DEFAULT: u32 = 5;

/// Wait after the first failed attempt if the workflow says nothing about `retry`.
pub const BACKOFF_FIRST_DEFAULT_MS: i64 = 1_000;

/// The longest wait between attempts if the workflow says nothing about `retry`.
pub const BACKOFF_MOST_DEFAULT_MS: i64 = 5 * 60 * 1_000;

/// Effects this node holds at once, waiting or under way.
pub const EFFECTS_HELD_MAX: usize = 1_024;

/// Attempts under way at one adapter at once.
pub const ATTEMPTS_PER_ADAPTER_MAX: usize = 32;

/// Due timers handed to the intake at once, so that people's events find room in every batch.
pub const TIMERS_IN_FLIGHT_MAX: usize = 2_048;

/// Receivers whose messages are handed to the intake at once.
pub const RECEIVERS_IN_FLIGHT_MAX: usize = 1_024;

/// Messages of one receiver taken in one commit, so that one busy instance does not fill a batch.
pub const MESSAGES_PER_RECEIVER_MAX: usize = 64;

/// How old a message must be before another node than its sender's takes it.
pub const ORPHAN_MS: i64 = 1_000;

/// How often the store is asked for what nobody told this node about.
pub const POLL_MS: i64 = 1_000;

/// How often it is asked while this node commits: wakes a commit causes elsewhere in the database are not known to it.
pub const BUSY_POLL_MS: i64 = 100;

/// How an engine is set up. `EngineConfig::named` gives the defaults above.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// This node, unlike any other that runs on the same database.
    pub node: Arc<str>,
    /// IANA zone of workflows that name none.
    pub default_zone: Arc<str>,
    /// Batches that may be on their way to the database at once. With two the next one is stepped while the database flushes the last.
    pub committers: usize,
    pub batch_max: usize,
    pub batch_bytes_max: usize,
    pub queue_max: usize,
    pub queue_bytes_max: usize,
    pub background_queue_max: usize,
    pub background_queue_bytes_max: usize,
    pub cache_instances_max: usize,
    pub cache_bytes_max: usize,
    pub outbox_lease_ms: i64,
    pub attempt_ms: i64,
    pub effects_held_max: usize,
    pub attempts_per_adapter_max: usize,
    pub timers_in_flight_max: usize,
    pub receivers_in_flight_max: usize,
    pub files: FilesConfig,
    pub mailing: Mailing,
    /// Scenarios and simulations have no uploads: what they say of a file is taken as it stands.
    pub believes_file_records: bool,
    /// Whether readings of personal data are recorded. They always are, but where it is measured what that costs.
    pub records_readings: bool,
}

impl EngineConfig {
    pub fn named(node: impl Into<Arc<str>>) -> Self {
        EngineConfig {
            records_readings: true,
            node: node.into(),
            default_zone: "UTC".into(),
            committers: 2,
            batch_max: BATCH_MAX,
            batch_bytes_max: BATCH_BYTES_MAX,
            queue_max: QUEUE_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            background_queue_max: BACKGROUND_QUEUE_MAX,
            background_queue_bytes_max: BACKGROUND_QUEUE_BYTES_MAX,
            cache_instances_max: CACHE_INSTANCES_MAX,
            cache_bytes_max: CACHE_BYTES_MAX,
            outbox_lease_ms: OUTBOX_LEASE_MS,
            attempt_ms: ATTEMPT_MS,
            effects_held_max: EFFECTS_HELD_MAX,
            attempts_per_adapter_max: ATTEMPTS_PER_ADAPTER_MAX,
            timers_in_flight_max: TIMERS_IN_FLIGHT_MAX,
            receivers_in_flight_max: RECEIVERS_IN_FLIGHT_MAX,
            files: FilesConfig::default(),
            mailing: Mailing::default(),
            believes_file_records: false,
        }
    }
}
