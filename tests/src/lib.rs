//! What the whole-system suites and the benchmarks share.

#[allow(clippy::disallowed_methods)] // a benchmark measures: time is what it is about
pub mod bench;
pub mod repository;
