//! Randomness that can be repeated.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::environment;

/// SplitMix64: small, fast, and the same everywhere. Not for secrets.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

/// A run's seed, said when the run fails.
pub struct Seed(pub u64);

impl Seed {
    /// `STATEWRIGHT_SEED`, or another one each time.
    pub fn choose() -> Seed {
        Seed(environment::seed().unwrap_or_else(|| RandomState::new().build_hasher().finish()))
    }

    pub fn random(&self) -> Random {
        Random { state: self.0 }
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("STATEWRIGHT_SEED={} chooses the same course again", self.0);
        }
    }
}

impl Random {
    /// One that goes its own way from here, so that tasks do not take numbers from one another.
    pub fn fork(&mut self) -> Random {
        Random { state: self.next() }
    }

    /// A number from 0 up to `end`, without it; 0 if that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `first` to `last`.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_a_fork_its_own() {
        let draw = |seed: u64| -> Vec<u64> {
            let mut random = Random { state: seed };
            (0..8).map(|_| random.below(1_000)).collect()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mut random = Random { state: 7 };
        assert_ne!(random.fork().next(), random.fork().next());
        assert!((0..1_000).all(|_| (3..=5).contains(&random.between(3, 5))));
    }
}
