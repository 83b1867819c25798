//! The clocks of simulated nodes: one world's time, and how far each node is from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use statewright_engine::clock::Clock;

/// The world's time, which nothing but the simulation moves.
#[derive(Debug)]
pub struct WorldTime {
    now_us: AtomicI64,
}

/// What one node takes for the time. Like the machine's clock as the engine reads it, it never goes back.
#[derive(Debug)]
pub struct NodeClock {
    time: Arc<WorldTime>,
    behind_us: AtomicI64,
    latest_us: AtomicI64,
}

impl WorldTime {
    pub fn starting_at(now_us: i64) -> Self {
        WorldTime {
            now_us: AtomicI64::new(now_us),
        }
    }

    pub fn now_us(&self) -> i64 {
        self.now_us.load(Ordering::SeqCst)
    }

    pub fn pass(&self, microseconds: i64) {
        self.now_us.fetch_add(microseconds, Ordering::SeqCst);
    }
}

impl NodeClock {
    pub fn new(time: Arc<WorldTime>) -> Self {
        NodeClock {
            time,
            behind_us: AtomicI64::new(0),
            latest_us: AtomicI64::new(i64::MIN),
        }
    }

    /// From now on it is this much behind the world.
    pub fn fall_behind(&self, microseconds: i64) {
        self.behind_us.store(microseconds, Ordering::SeqCst);
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        let read_us = self.time.now_us() - self.behind_us.load(Ordering::SeqCst);
        let latest_us = self.latest_us.fetch_max(read_us, Ordering::SeqCst).max(read_us);
        Timestamp::from_microsecond(latest_us).unwrap_or(Timestamp::MAX)
    }
}
