//! What the whole-system suites and the benchmarks share.

pub mod repository;
