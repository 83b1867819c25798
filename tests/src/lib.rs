//! What the whole-system suites and the benchmarks share.

#[allow(clippy::disallowed_methods)] // a benchmark measures: time is what it is about
pub mod bench;
pub mod client;
pub mod cluster;
pub mod database;
pub mod doors;
pub mod environment;
pub mod folder;
pub mod node;
pub mod program;
pub mod proxy;
pub mod random;
pub mod repository;
pub mod room;
pub mod signal;
pub mod simulation;
pub mod site;
pub mod trail;
pub mod wait;
