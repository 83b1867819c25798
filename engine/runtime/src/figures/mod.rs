//! What a node did since it began, counted where it happens.
//!
//! **Architecture invariant:** figures name no instance and nobody; a label is a word of the engine's own or an adapter's name, so that
//! there are ever so many of them and none is personal. Counting is an addition to memory of this process: it costs nothing to speak of,
//! rests on nothing, and is gone with the process.

mod distribution;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use statewright_core::step::Verdict;

pub use self::distribution::{Distributed, Distribution};
use crate::intake::Origin;
use crate::outbox::Adapters;
use crate::store::EffectEnd;

/// Where inputs come from, as figures name it.
pub const SOURCES: [&str; 4] = ["caller", "timer", "message", "engine"];

/// What becomes of an input.
pub const ENDS: [&str; 6] = ["taken", "ignored", "refused", "deferred", "stale", "failed"];

/// What becomes of an attempt at an effect.
pub const ATTEMPT_ENDS: [&str; 4] = ["answered", "again", "gave_up", "dropped"];

#[derive(Debug, Default)]
pub struct Figures {
    inputs: [[Count; ENDS.len()]; SOURCES.len()],
    attempts: BTreeMap<Arc<str>, [Count; ATTEMPT_ENDS.len()]>,
    /// Instances whose inputs were stepped again because something else had moved them.
    pub stepped_again: Count,
    /// Batches that the database did not take.
    pub stumbles: Count,
    /// How long batches took, from being taken to being told.
    pub batches: Distribution,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Figures {
    pub(crate) fn of(adapters: &Adapters) -> Self {
        Figures {
            attempts: adapters.keys().map(|name| (name.clone(), Default::default())).collect(),
            ..Figures::default()
        }
    }

    pub(crate) fn input(&self, origin: &Origin, verdict: Option<&Verdict>) {
        let source = match origin {
            Origin::Caller | Origin::IfAbsent => 0,
            Origin::Timer { .. } => 1,
            Origin::Message { .. } => 2,
            Origin::Engine => 3,
        };
        let end = match verdict {
            Some(Verdict::Taken) => 0,
            Some(Verdict::Ignored) => 1,
            Some(Verdict::Refused(_)) => 2,
            Some(Verdict::Deferred) => 3,
            Some(Verdict::Stale) => 4,
            None => 5,
        };
        self.inputs[source][end].add(1);
    }

    pub(crate) fn attempt(&self, adapter: &str, end: &EffectEnd) {
        let end = match end {
            EffectEnd::Answered(_) => 0,
            EffectEnd::Postponed { .. } => 1,
            EffectEnd::Incident { .. } => 2,
            EffectEnd::Dropped => 3,
        };
        if let Some(counts) = self.attempts.get(adapter) {
            counts[end].add(1);
        }
    }

    /// Inputs by where they came from and what became of them.
    pub fn inputs(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let rows = SOURCES.iter().zip(&self.inputs);
        rows.flat_map(|(source, ends)| ENDS.iter().zip(ends).map(|(end, count)| (*source, *end, count.get())))
    }

    /// Attempts by adapter and what became of them.
    pub fn attempts(&self) -> impl Iterator<Item = (&Arc<str>, &'static str, u64)> {
        let rows = self.attempts.iter();
        rows.flat_map(|(adapter, ends)| {
            ATTEMPT_ENDS
                .iter()
                .zip(ends)
                .map(move |(end, count)| (adapter, *end, count.get()))
        })
    }

    /// Inputs that were taken, wherever they came from.
    pub fn taken(&self) -> u64 {
        self.inputs.iter().map(|ends| ends[0].get()).sum()
    }
}
