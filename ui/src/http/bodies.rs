//! How many bytes of bodies are held in memory, over all requests: each may be large, and many may come at once, but not both.
//!
//! What counts is what has come, not what a head declares: who declares much and sends little keeps nobody out.

use std::sync::atomic::{AtomicUsize, Ordering};

use statewright_core::diagnostic::Code;

use super::problem::{Answered, Problem};

/// The books of one server.
#[derive(Debug)]
pub struct Bodies {
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// Bytes of one body, given back when this is dropped.
#[derive(Debug)]
pub struct Held<'a> {
    bodies: &'a Bodies,
    bytes: usize,
}

impl Bodies {
    pub fn new(bytes_max: usize) -> Self {
        Bodies {
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    /// A body of which nothing has come yet.
    pub fn hold(&self) -> Held<'_> {
        Held { bodies: self, bytes: 0 }
    }

    /// Bytes that are held now.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Held<'_> {
    /// More of the body has come.
    ///
    /// # Errors
    /// 429 if that is more than all requests together may hold.
    pub fn add(&mut self, bytes: usize) -> Answered<()> {
        let before = self.bodies.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) > self.bodies.bytes_max {
            return Err(Problem::of(Code::Overloaded, "Too much is being sent at once"));
        }
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.bodies.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bodies_together_have_one_bound() {
        let bodies = Bodies::new(100);
        let mut one = bodies.hold();
        one.add(60).expect("room for it");
        let mut other = bodies.hold();
        other.add(40).expect("room for it");
        let refused = Problem::of(Code::Overloaded, "Too much is being sent at once");
        assert_eq!(other.add(1), Err(refused));
        drop(other);
        assert_eq!(bodies.bytes(), 60);
        one.add(40).expect("room again");
        drop(one);
        assert_eq!(bodies.bytes(), 0);
    }
}
