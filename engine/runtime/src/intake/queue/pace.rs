//! How fast what waits is worked off, as far as it was measured.

use super::Limits;

/// How long an input should wait at most before it is taken: what people call at once, and well before a caller gives up and its
/// input is worked on for nobody.
pub const WAIT_MAX_MS: u64 = 1_000;

/// The first and the longest wait that a refused sender is told: a batch or two, and no longer than a restart.
const RETRY_AFTER_MS: (u64, u64) = (50, 5_000);

/// Of how many measurements the last one is a part, so that one slow flush is not taken for the rule.
const SMOOTHING: u64 = 8;

pub(super) struct Pace {
    /// Microseconds that the last batches took, smoothed; 0: nothing was measured yet.
    batch_us: u64,
    /// People's inputs in batches that had to leave some behind, smoothed.
    people_per_batch: u64,
}

impl Pace {
    pub fn new(limits: &Limits) -> Self {
        Pace {
            batch_us: 0,
            people_per_batch: limits.batch_max as u64,
        }
    }

    /// How long a batch took.
    pub fn measured(&mut self, batch_us: i64) {
        let batch_us = u64::try_from(batch_us).unwrap_or(0);
        self.batch_us = smoothed(self.batch_us, batch_us);
    }

    /// A batch took this many of people's inputs and had no room for the rest.
    pub fn cut(&mut self, people: usize) {
        self.people_per_batch = smoothed(self.people_per_batch, people as u64).max(1);
    }

    /// Inputs of people that may wait so that none waits longer than [`WAIT_MAX_MS`]. A batch may always gather: however slow the
    /// database is, it is not slower for it, and what comes next is what measures it.
    pub fn people_max(&self, limits: &Limits) -> usize {
        let batches = match self.batch_us {
            0 => return limits.people_max,
            batch_us => WAIT_MAX_MS * 1_000 * limits.committers as u64 / batch_us,
        };
        let people = usize::try_from(batches.saturating_mul(self.people_per_batch)).unwrap_or(usize::MAX);
        people.max(limits.batch_max).min(limits.people_max)
    }

    /// About how long it takes until so many inputs of people have been worked off.
    pub fn retry_after_ms(&self, waiting: usize, limits: &Limits) -> u64 {
        let batches = (waiting as u64).div_ceil(self.people_per_batch);
        let us = batches.saturating_mul(self.batch_us) / limits.committers as u64;
        (us / 1_000).clamp(RETRY_AFTER_MS.0, RETRY_AFTER_MS.1)
    }
}

fn smoothed(before: u64, now: u64) -> u64 {
    match before {
        0 => now,
        before => (before * (SMOOTHING - 1) + now) / SMOOTHING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        people_max: 4_096,
        people_bytes_max: usize::MAX,
        background_max: 4_096,
        background_bytes_max: usize::MAX,
        batch_max: 512,
        batch_bytes_max: usize::MAX,
        committers: 2,
    };

    fn pace_of(batch_us: i64) -> Pace {
        let mut pace = Pace::new(&LIMITS);
        pace.measured(batch_us);
        pace
    }

    #[test]
    fn no_more_is_let_in_than_is_taken_within_the_longest_wait() {
        assert_eq!(Pace::new(&LIMITS).people_max(&LIMITS), 4_096, "nothing is known yet");
        assert_eq!(pace_of(20_000).people_max(&LIMITS), 4_096, "0.1 s for all of it");
        assert_eq!(
            pace_of(500_000).people_max(&LIMITS),
            4 * 512,
            "two at once, each half a second"
        );
        assert_eq!(pace_of(3_000_000).people_max(&LIMITS), 512, "a batch may gather");
    }

    #[test]
    fn batches_that_had_no_room_for_more_say_what_one_holds() {
        let mut pace = pace_of(250_000);
        for _ in 0..100 {
            pace.cut(100);
        }
        assert!(
            (800..=900).contains(&pace.people_max(&LIMITS)),
            "{}",
            pace.people_max(&LIMITS)
        );
        assert!((1_200..=1_300).contains(&pace.retry_after_ms(1_000, &LIMITS)));
    }

    #[test]
    fn a_refused_sender_is_told_no_less_than_a_moment_and_no_more_than_a_restart() {
        assert_eq!(Pace::new(&LIMITS).retry_after_ms(4_096, &LIMITS), 50);
        assert_eq!(pace_of(200_000).retry_after_ms(4_096, &LIMITS), 800);
        assert_eq!(pace_of(60_000_000).retry_after_ms(4_096, &LIMITS), 5_000);
    }
}
