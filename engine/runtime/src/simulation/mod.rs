//! Simulations: many instances against staff, arrivals and durations, on the real engine and a clock that jumps.
//!
//! # Purpose
//! [`read`] makes a [`Simulation`] of a file, with the workflows that it is of and those that they ask; [`run`] lets instances come, people
//! take tasks and adapters answer, as the file says, until its end; a [`Report`] says how long everything took, where it waited, and what was
//! missed.
//!
//! # Invariants
//! - **Architecture invariant:** what is simulated is who acts and when. What becomes of it is the engine's: inputs go through the intake,
//!   timers, messages and effects through their actors, as in [`scenario`].
//! - The same file and seed give the same report, byte for byte.
//! - What an instance draws depends on the instance and on how often it came to that state, and on nothing else: with more staff the same
//!   work comes at the same moments and takes as long.

mod act;
mod arrival;
mod cast;
mod conduct;
mod form;
mod look;
mod measure;
mod plan;
mod reading;
mod report;
mod run;
mod work;

use statewright_core::diagnostic::{Diagnostics, FileId, Sources};
use statewright_core::identity::Digest;
use statewright_core::lang::Resolver;

pub use plan::Simulation;
pub use report::Report;
pub use run::{INSTANCES_MAX, MOMENTS_MAX};

use crate::scenario;
use crate::testing::Chance;

/// Reads the simulation `main` of `sources`, and the definitions that it is about, which are added to `sources`. There is a simulation exactly
/// where no error was found.
pub fn read(sources: &mut Sources, main: FileId, files: &dyn Resolver) -> (Option<Simulation>, Diagnostics) {
    reading::read(sources, main, files)
}

/// Runs a simulation to its end. Blocks until it is done, on a thread and a runtime of one thread of its own. Inside is what went wrong
/// before anything could be measured, as a sentence.
///
/// # Errors
/// The thread cannot be had.
pub fn run(simulation: &Simulation) -> std::io::Result<Result<Report, String>> {
    scenario::alone("simulation", || run::run(simulation))
}

/// Chance of its own for each thing that draws, so that no draw moves another.
fn chance(seed: u64, parts: &[&str]) -> Chance {
    let digest = Digest::of(format!("{seed}\n{}", parts.join("\n")).as_bytes());
    let first = digest.0.first_chunk::<8>().copied().unwrap_or_default();
    Chance::of(u64::from_be_bytes(first))
}
