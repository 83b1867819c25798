//! The other side of the wire, for the demo and the tests: a lens-design service and a carrier, over real HTTP, that misbehave
//! on request.
//!
//! # Purpose
//! [`LensDesign`] and [`Shipping`] each start a server of their own on a loopback address and give back [`Running`]. What they
//! do to the world stands in a [`Log`](LogEntry): for each idempotency key, how often it was asked for and how often it was done.
//!
//! # Invariants
//! - One `Idempotency-Key` is one effect, however often it is asked for: the first answer is given again. The same key with another
//!   request is refused with 422.
//! - **The same behaviour and the same requests give the same course**, in whatever order they come: whether an attempt fails
//!   depends on its key, its number and the seed alone.
//!
//! # Deliberately absent
//! No persistence: a simulator that is stopped forgets. No authentication: they listen for tests and the demo.

mod behaviour;
mod connection;
mod ledger;
mod lens_design;
mod server;
mod shipping;

pub use behaviour::{Behaviour, InvalidBehaviour};
pub use ledger::LogEntry;
pub use lens_design::LensDesign;
pub use server::Running;
pub use shipping::Shipping;
