//! How long to wait between attempts: exponential, with jitter that the same effect always draws the same.

use statewright_core::chart::Retry;
use statewright_core::identity::Digest;
use statewright_core::time::Duration;

use crate::configuration::{ATTEMPTS_DEFAULT, BACKOFF_FIRST_DEFAULT_MS, BACKOFF_MOST_DEFAULT_MS};

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;
const MONTH_DAYS: i64 = 30;

/// When to try again, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    pub attempts: u32,
    first_us: i64,
    most_us: i64,
}

impl Backoff {
    pub fn of(retry: Option<Retry>) -> Self {
        match retry {
            None => Backoff {
                attempts: ATTEMPTS_DEFAULT,
                first_us: BACKOFF_FIRST_DEFAULT_MS * 1_000,
                most_us: BACKOFF_MOST_DEFAULT_MS * 1_000,
            },
            Some(retry) => {
                let first_us = microseconds(retry.first).max(0);
                Backoff {
                    attempts: retry.attempts.max(1),
                    first_us,
                    most_us: microseconds(retry.most).max(first_us),
                }
            }
        }
    }

    /// With these limits, whatever a workflow says.
    pub(crate) fn within(attempts: u32, first_us: i64, most_us: i64) -> Self {
        Backoff {
            attempts,
            first_us,
            most_us,
        }
    }

    /// The wait after attempt `number` (1 for the first): between half and all of `first · 2^(number-1)`, at most `most`. Which part
    /// is drawn from the effect's key, so that effects that failed together do not come back together.
    pub fn wait_us(&self, key: &str, number: u32) -> i64 {
        let doublings = number.saturating_sub(1).min(62);
        let whole_us = self.first_us.saturating_mul(1_i64 << doublings).min(self.most_us);
        let digest = Digest::of(format!("{key}#{number}").as_bytes()).0;
        let share = i64::from(u16::from_be_bytes([digest[0], digest[1]]));
        let half_us = whole_us / 2;
        half_us + (i128::from(half_us) * i128::from(share) / i128::from(u16::MAX)) as i64
    }
}

/// Between attempts nobody asks for calendars: a day is 24 hours, a month 30 days, business time is time.
fn microseconds(duration: Duration) -> i64 {
    let days = i64::from(duration.months) * MONTH_DAYS + i64::from(duration.days) + i64::from(duration.business_days);
    let exact = duration.microseconds.saturating_add(duration.business_microseconds);
    days.saturating_mul(DAY_US).saturating_add(exact)
}

#[cfg(test)]
mod tests {
    use statewright_core::time::parse_duration;

    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_repeat_for_the_same_effect() {
        let retry = Retry {
            attempts: 5,
            first: parse_duration("5s").expect("a duration"),
            most: parse_duration("1m").expect("a duration"),
        };
        let backoff = Backoff::of(Some(retry));
        for (number, whole_s) in [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (64, 60)] {
            let wait_us = backoff.wait_us("a:1:calc", number);
            let whole_us = whole_s * 1_000_000;
            assert!((whole_us / 2..=whole_us).contains(&wait_us), "attempt {number}: {wait_us}");
            assert_eq!(wait_us, backoff.wait_us("a:1:calc", number));
        }
        assert_ne!(backoff.wait_us("a:1:calc", 3), backoff.wait_us("b:1:calc", 3));
    }
}
