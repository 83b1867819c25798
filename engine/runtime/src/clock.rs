//! The one place where time and randomness enter.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use statewright_core::identity::Digest;

/// Where an engine takes the time from.
pub trait Clock: Send + Sync + 'static {
    /// To the microsecond: what the stores keep.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, made monotonic: a clock that is set back stands still until it has caught up, so that the entries of a
/// trail are in order and no deadline comes twice.
#[derive(Debug, Default)]
pub struct WallClock {
    latest_us: AtomicI64,
}

impl Clock for WallClock {
    #[allow(clippy::disallowed_methods)] // this is the place that the rule names
    fn now(&self) -> Timestamp {
        let read_us = Timestamp::now().as_microsecond();
        let latest_us = self.latest_us.fetch_max(read_us, Ordering::Relaxed).max(read_us);
        Timestamp::from_microsecond(latest_us).unwrap_or(Timestamp::MAX)
    }
}

/// A clock that a test or a simulation moves by hand.
#[derive(Debug)]
pub struct VirtualClock {
    now_us: AtomicI64,
}

impl VirtualClock {
    pub fn starting_at(moment: Timestamp) -> Self {
        VirtualClock {
            now_us: AtomicI64::new(moment.as_microsecond()),
        }
    }

    pub fn set(&self, moment: Timestamp) {
        self.now_us.store(moment.as_microsecond(), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now_us.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
}

/// Where an engine takes random bytes from.
pub trait Entropy: Send + Sync + 'static {
    fn draw(&self) -> [u8; 32];
}

/// The operating system's.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn draw(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // Without randomness no secret can be kept, so nothing may go on; a system that has started always has it.
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

/// The same bytes for the same seed, for simulations that must repeat.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededEntropy {
    pub fn of(seed: u64) -> Self {
        SeededEntropy {
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn draw(&self) -> [u8; 32] {
        let ordinal = self.drawn.fetch_add(1, Ordering::SeqCst);
        Digest::of(format!("{}:{ordinal}", self.seed).as_bytes()).0
    }
}
