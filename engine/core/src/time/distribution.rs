//! Lengths of time that are drawn, as simulations need them.
//!
//! Drawing is arithmetic on whole numbers: the same random bits give the same length on every machine.

use super::{Duration, DurationError, parse_duration};

/// The longest length that is drawn, but for the tail of an exponential one: a hundred years, which no process takes.
pub const LENGTH_MAX_US: i64 = 100 * 366 * DAY_US;

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Rounds of drawing an exponential length, each of which adds its mean and is needed by two in five of those before it: no draw comes to
/// the last.
const ROUNDS_MAX: u32 = 64;

/// How long something takes, in microseconds. A day is 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    Fixed(i64),
    /// Everything between is as likely.
    Uniform {
        least: i64,
        most: i64,
    },
    /// Without memory: what has lasted an hour is as likely to end now as what has just begun.
    Exponential {
        mean: i64,
    },
    /// Rises from the least to the likeliest and falls to the most.
    Triangular {
        least: i64,
        likely: i64,
        most: i64,
    },
}

/// Text or numbers that are no distribution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistributionError {
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("`{0}` has months or business time; what is drawn is counted in weeks, days, hours, minutes and seconds")]
    NotExact(Duration),
    #[error("`{0}` is less than nothing")]
    Negative(Duration),
    #[error("`{0}` is longer than a hundred years")]
    TooLong(Duration),
    #[error("it goes from longer to shorter")]
    Backwards,
}

impl Distribution {
    /// `20m`, or `2h..6h`.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence to stand after the place.
    pub fn parse(text: &str) -> Result<Self, DistributionError> {
        match text.split_once("..") {
            None => Ok(Distribution::Fixed(length(text)?)),
            Some((least, most)) => {
                let (least, most) = (length(least)?, length(most)?);
                ordered(&[least, most])?;
                Ok(Distribution::Uniform { least, most })
            }
        }
    }

    /// Exponential, with this mean.
    ///
    /// # Errors
    /// The mean is no length.
    pub fn with_mean(mean: &str) -> Result<Self, DistributionError> {
        Ok(Distribution::Exponential { mean: length(mean)? })
    }

    /// A triangle.
    ///
    /// # Errors
    /// One of them is no length, or they are not in order.
    pub fn triangle(least: &str, likely: &str, most: &str) -> Result<Self, DistributionError> {
        let (least, likely, most) = (length(least)?, length(likely)?, length(most)?);
        ordered(&[least, likely, most])?;
        Ok(Distribution::Triangular { least, likely, most })
    }

    /// A length in microseconds, made of random bits.
    pub fn draw(&self, bits: &mut dyn FnMut() -> u64) -> i64 {
        match *self {
            Distribution::Fixed(length) => length,
            Distribution::Uniform { least, most } => least + part(most - least, bits()),
            Distribution::Exponential { mean } => exponential(mean, bits),
            // the lesser and the greater of two draws, weighted by where the peak lies, make a triangle
            Distribution::Triangular { least, likely, most } => {
                let (one, other) = (bits(), bits());
                least + part(most - likely, one.min(other)) + part(likely - least, one.max(other))
            }
        }
    }

    /// The shortest that can be drawn.
    pub fn least(&self) -> i64 {
        match *self {
            Distribution::Fixed(length) => length,
            Distribution::Uniform { least, .. } | Distribution::Triangular { least, .. } => least,
            Distribution::Exponential { mean } => i64::from(mean > 0),
        }
    }
}

/// Von Neumann's way: how long draws go on falling says whether the first one counts.
fn exponential(mean: i64, bits: &mut dyn FnMut() -> u64) -> i64 {
    let mut whole = 0_i64;
    for _ in 0..ROUNDS_MAX {
        let first = bits();
        let (mut last, mut falls) = (first, 0_u32);
        loop {
            let next = bits();
            if next >= last {
                break;
            }
            last = next;
            falls += 1;
        }
        if falls.is_multiple_of(2) {
            return whole + part(mean, first);
        }
        whole = whole.saturating_add(mean);
    }
    whole
}

/// So much of a length as the bits are of all that they could be.
fn part(length: i64, bits: u64) -> i64 {
    let product = u128::from(length.unsigned_abs()) * u128::from(bits);
    // less than the length, which fits
    i64::try_from(product >> u64::BITS).unwrap_or(length)
}

fn length(text: &str) -> Result<i64, DistributionError> {
    let duration = parse_duration(text.trim())?;
    if duration.months != 0 || duration.counts_business_time() {
        return Err(DistributionError::NotExact(duration));
    }
    let days = i64::from(duration.days).checked_mul(DAY_US);
    let length = days.and_then(|days| days.checked_add(duration.microseconds));
    match length.filter(|length| *length <= LENGTH_MAX_US) {
        Some(length) if length < 0 => Err(DistributionError::Negative(duration)),
        Some(length) => Ok(length),
        None => Err(DistributionError::TooLong(duration)),
    }
}

fn ordered(lengths: &[i64]) -> Result<(), DistributionError> {
    match lengths.is_sorted() {
        true => Ok(()),
        false => Err(DistributionError::Backwards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;
    const DRAWS: i64 = 20_000;

    /// SplitMix64.
    fn bits(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed;
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }
    }

    #[test]
    fn what_is_written_is_what_is_drawn_from() {
        let check = |text: &str, expected: Result<Distribution, &str>| {
            let found = Distribution::parse(text).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        };
        check("20m", Ok(Distribution::Fixed(20 * MINUTE)));
        check("0s", Ok(Distribution::Fixed(0)));
        let week = 7 * DAY_US;
        check(
            "1d..1w",
            Ok(Distribution::Uniform {
                least: DAY_US,
                most: week,
            }),
        );
        check("6h .. 2h", Err("it goes from longer to shorter"));
        let exact = "what is drawn is counted in weeks, days, hours, minutes and seconds";
        check("1mo", Err(&format!("`1mo` has months or business time; {exact}")));
        check(
            "1h..2 business hours",
            Err(&format!("`2 business hours` has months or business time; {exact}")),
        );
        check("-1h", Err("`-1h` is less than nothing"));
        check("200000d", Err("`200000d` is longer than a hundred years"));
        check(
            "20",
            Err("`20` needs a unit; units are s m h d w mo y, `business hours` and `business days`"),
        );
        assert_eq!(Distribution::triangle("1m", "3m", "2m"), Err(DistributionError::Backwards));
    }

    #[test]
    fn draws_have_the_mean_and_the_bounds_of_their_distribution() {
        let check = |distribution: Distribution, mean: i64, (least, most): (i64, i64)| {
            let mut bits = bits(7);
            let drawn: Vec<i64> = (0..DRAWS).map(|_| distribution.draw(&mut bits)).collect();
            assert!(drawn.iter().all(|length| (least..=most).contains(length)), "{distribution:?}");
            let found = drawn.iter().sum::<i64>() / DRAWS;
            assert!(
                (found - mean).abs() < mean / 40,
                "{distribution:?}: {found} instead of {mean}"
            );
        };
        check(Distribution::Fixed(MINUTE), MINUTE, (MINUTE, MINUTE));
        let (least, likely, most) = (2 * MINUTE, 4 * MINUTE, 12 * MINUTE);
        check(Distribution::Uniform { least, most }, 7 * MINUTE, (least, most));
        check(Distribution::Triangular { least, likely, most }, 6 * MINUTE, (least, most));
        check(Distribution::Exponential { mean: MINUTE }, MINUTE, (0, i64::MAX));
    }

    /// Half of what has no memory is over after ln 2 of its mean, and one in e² lasts twice as long as that.
    #[test]
    fn what_has_no_memory_falls_off_as_it_should() {
        let distribution = Distribution::Exponential { mean: 1_000_000 };
        let mut bits = bits(11);
        let drawn: Vec<i64> = (0..DRAWS).map(|_| distribution.draw(&mut bits)).collect();
        let longer = |length: i64| drawn.iter().filter(|drawn| **drawn > length).count() as i64 * 1_000 / DRAWS;
        assert!((longer(693_147) - 500).abs() < 20, "{}", longer(693_147));
        assert!((longer(2_000_000) - 135).abs() < 15, "{}", longer(2_000_000));
    }

    #[test]
    fn the_peak_of_a_triangle_is_where_it_is_said_to_be() {
        let distribution = Distribution::Triangular {
            least: 0,
            likely: 100,
            most: 1_000,
        };
        let mut bits = bits(3);
        let drawn: Vec<i64> = (0..DRAWS).map(|_| distribution.draw(&mut bits)).collect();
        let below_peak = drawn.iter().filter(|length| **length < 100).count() as i64 * 1_000 / DRAWS;
        // the part below the peak is as its width
        assert!((below_peak - 100).abs() < 15, "{below_peak}");
    }
}
