//! Files are scanned by clamd (ClamAV's daemon), over TCP or a Unix socket, while they are received.
//!
//! # Purpose
//! [`Clamd`] is the engine's [`Scanner`]: one connection a file, on which the file goes out in pieces (`INSTREAM`) and one answer comes back.
//!
//! # Invariants
//! - Nothing waits without a bound: connecting has its time, and each piece and the answer have theirs.
//! - What is not plainly "clean" is not clean: an answer that is not understood, an error, an end without an answer are all "away".
//! - The scanner's words are read up to a limit, and only its name of what it found goes on.
//!
//! # Deliberately absent
//! No pool: a connection is one file, as clamd has it. No TLS: clamd has none; it stands on this machine or in a network that is trusted.

mod address;
mod answer;
mod clamd;

pub use address::{Address, NotAnAddress};
pub use clamd::Clamd;
pub use statewright_engine::files::Scanner;
