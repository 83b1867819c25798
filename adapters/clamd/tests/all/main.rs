//! A real clamd, and one that misbehaves.

mod daemon;
mod misbehaviour;
mod scanning;
