//! How often something took how long.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds in microseconds: a flush of a fast disk to a minute, each about two and a half times the one before.
pub const BOUNDS_US: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000, 60_000_000,
];

#[derive(Debug, Default)]
pub struct Distribution {
    /// How many were at most as long as each bound and longer than the one before; the last: longer than all.
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

/// A distribution at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distributed {
    /// Upper bound in microseconds (`None`: longer than every bound), and how many were no longer than it and longer than the one before.
    pub counts: Vec<(Option<u64>, u64)>,
    pub sum_us: u64,
}

impl Distribution {
    pub fn add(&self, took_us: i64) {
        let took_us = u64::try_from(took_us).unwrap_or(0);
        let place = BOUNDS_US.partition_point(|bound| *bound < took_us);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    pub fn get(&self) -> Distributed {
        let bounds = BOUNDS_US.iter().copied().map(Some).chain([None]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        Distributed {
            counts: bounds.zip(counts).collect(),
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

impl Distributed {
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// The bound that so many of a hundred did not exceed; `Some(None)` if some of these were longer than every bound, none if there was
    /// nothing at all.
    pub fn at_most(&self, of_hundred: u64) -> Option<Option<u64>> {
        let count = self.count();
        let wanted = (count * of_hundred).div_ceil(100).max(1);
        let mut until_here = 0;
        self.counts.iter().find_map(|(bound, count)| {
            until_here += count;
            (until_here >= wanted).then_some(*bound)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_under_the_bound_that_it_does_not_exceed() {
        let distribution = Distribution::default();
        for took_us in [-3, 0, 500, 501, 60_000_000, 60_000_001] {
            distribution.add(took_us);
        }
        let got = distribution.get();
        let counted: Vec<_> = got.counts.iter().copied().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [(Some(500), 3), (Some(1_000), 1), (Some(60_000_000), 1), (None, 1)]);
        assert_eq!(got.sum_us, 500 + 501 + 60_000_000 + 60_000_001);
        assert_eq!(
            (got.count(), got.at_most(50), got.at_most(60), got.at_most(99)),
            (6, Some(Some(500)), Some(Some(1_000)), Some(None))
        );
        assert_eq!(Distribution::default().get().at_most(50), None);
    }
}
