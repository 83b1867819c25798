//! The durable shell round the pure core: stores, intake, timers, schedules, outbox.
//!
//! # Purpose
//! Takes inputs, steps them through the core, and commits each outcome in one transaction; performs effects after the commit;
//! wakes what is due. Every actor has an explicit `tick(now)`, so that a simulator can interleave them.
//!
//! # Invariants
//! - **Architecture invariant:** one accepted input is one macrostep is one transaction. No wake-up is a second write.
//! - **Architecture invariant:** every write is fenced by its instance's sequence; whoever loses steps again on what won.
//! - **Architecture invariant:** any node can do any work; nothing here assumes to be alone.
//!
//! # Deliberately absent
//! No HTTP, no HTML, no transport: adapters come in through [`adapter::Adapter`].

pub mod access;
pub mod adapter;
mod assignments;
pub mod audit;
pub mod body;
pub mod clock;
mod compiler;
pub mod configuration;
pub mod directory;
mod engine;
pub mod error;
pub mod figures;
pub mod files;
pub mod glass;
mod guarded;
mod handover;
pub mod identity;
pub mod incidents;
mod instances;
pub mod intake;
pub mod mail;
mod messages;
pub mod outbox;
mod presence;
pub mod queries;
pub mod registry;
pub mod roles;
pub mod scenario;
mod schedules;
pub mod simulation;
mod starts;
pub mod store;
mod system;
pub mod testing;
mod timers;
pub mod tokens;
mod trusted;
pub mod unreached;
mod versions;

pub use assignments::Assignments;
pub use engine::{
    Deployed, DeployedVersion, Ended, Engine, Node, OpenRequest, PortalShown, ReportRequest, Reports, SendRequest, StartRequest,
    Surroundings, TaskRequest, WithdrawRequest,
};
pub use messages::Messages;
pub use presence::{Presence, SILENT_AFTER_US, resident_bytes};
pub use schedules::{ListedSchedule, Schedules};
pub use timers::Timers;
pub use versions::{Calendars, LiveTables, Portals, Views};
