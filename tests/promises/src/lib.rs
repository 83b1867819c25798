//! What must hold for whatever comes from outside, one function for each way in.
//!
//! # Purpose
//! Each [`Target`] takes any bytes and panics exactly where a promise is broken: nothing else panics, what is read and written again reads
//! the same, places lie in the text, budgets are kept. The coverage-guided fuzz targets (`fuzz/`) and the ordinary tests
//! (`tests/tests/all/fuzz`) call the same functions.
//!
//! # Invariants
//! - No clock, no randomness, no files: the same bytes do the same.
//! - A function asks for no more than the product does with such bytes, so that what takes long here takes long there.

mod body;
mod dcs;
mod expression;
mod json;
mod life;
mod text;
mod time;
mod trace;
mod trail;
mod workflow;
mod world;

/// One way in.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its folders under `fuzz/seeds` and `fuzz/findings`, and of its program in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Panics with what does not hold for these bytes.
    pub hold: fn(&[u8]),
    /// Pieces that mean something there, to be thrown into its inputs.
    pub pieces: &'static [&'static str],
}

/// Every way in.
pub const TARGETS: &[Target] = &[
    workflow::TARGET,
    expression::TARGET,
    json::TARGET,
    body::TARGET,
    dcs::REPORT,
    dcs::DESIGN_ANSWER,
    trace::TARGET,
    trail::TARGET,
    time::TARGET,
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Holds one target's promise to these bytes.
///
/// # Panics
/// Where it is broken, and where there is no target of that name.
pub fn hold(name: &str, bytes: &[u8]) {
    let target = target(name).unwrap_or_else(|| panic!("there is no target `{name}`"));
    (target.hold)(bytes);
}
