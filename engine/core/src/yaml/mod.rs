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

mod node;

pub use node::{Alias, Entry, Kind, Mapping, Node, Scalar, Style};
