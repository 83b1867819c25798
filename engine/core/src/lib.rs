//! The pure core of Statewright: the language, the statechart interpreter, the trail.
//!
//! # Purpose
//! `lang` turns workflow YAML into a [`chart::Chart`] or into diagnostics; `step` takes one input through one macrostep;
//! `trail` gives every step its canonical bytes and its place in a hash chain.
//!
//! # Invariants
//! - **Architecture invariant:** nothing here reads a clock, a random number, a file, an environment variable or a network.
//!   `clippy.toml` disallows the calls; what is random or read elsewhere arrives in the input or as a recorded fact.
//! - **Architecture invariant:** the same arguments give the same bytes. Maps are ordered; no iteration order leaks.
//! - **Architecture invariant:** what reads user YAML returns a value *and* all its diagnostics; it never stops at the first.
//! - No input panics.
//!
//! # Deliberately absent
//! No async, no SQL, no HTTP, no logging. No binary floating point in values: numbers are exact.

pub mod chart;
pub mod check;
pub mod diagnostic;
pub mod expression;
pub mod field;
pub mod identity;
pub mod lang;
pub mod step;
pub mod time;
pub mod trail;
pub mod value;
pub mod yaml;
