//! YAML text to a tree in which every value knows its place.
//!
//! # Purpose
//! The language reads its own YAML: a key decides the type of its value, so scalars stay text; every fault of a file is
//! found in one reading, so what cannot be read is mended or passed over and the rest is read on.
//!
//! # Invariants
//! - Every [`Span`](crate::diagnostic::Span) lies in the source and on character boundaries.
//! - In a [`Mapping`] no key stands twice; keys are always text.
//! - What is [`Kind::Broken`] has its diagnostic already.

mod edit;
mod event;
mod key;
mod limit;
mod name;
mod node;
mod offset;
mod parse;
mod quote;
pub mod read;
mod scan;
#[cfg(test)]
mod tests;
mod trap;
mod tree;

pub use key::{comma_split, is_extension, unknown_key};
pub use limit::{ALIASES_MAX, BYTES_MAX, DEPTH_MAX, EXPANDED_NODES_MAX, NODES_MAX, RECOVERIES_MAX};
pub use name::NAME_BYTES_MAX;
pub use node::{Alias, Entry, Kind, Mapping, Node, Scalar, Style};
pub use parse::parse;
pub use quote::quoted;
pub use trap::{Trap, trap};
