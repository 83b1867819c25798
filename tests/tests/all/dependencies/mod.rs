//! What may depend on what: packages, licences, crates of the workspace, modules of a crate.
//!
//! `deny.toml` says the same to `cargo deny`, and a test holds the two together.

mod arrows;
mod bans;
mod graph;
mod imports;
mod licences;
