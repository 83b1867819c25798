//! Ranges of exact durations, for backoff: `5s..5m`.

use std::fmt;

use super::{Duration, DurationError, parse_duration};

/// From a first exact duration to a longest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationRange {
    pub first: Duration,
    pub most: Duration,
}

/// Text that is not a range of durations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    #[error("a range of durations is written `5s..5m`")]
    Shape,
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("`{0}` has calendar or business units; a range takes exact ones (s, m, h)")]
    NotExact(Duration),
    #[error("`{0}` is not longer than nothing")]
    NotPositive(Duration),
    #[error("`{first}` is longer than `{most}`")]
    Backwards { first: Duration, most: Duration },
}

/// Reads a range such as `5s..5m`; one duration alone is both ends.
///
/// # Errors
/// What is wrong, as a sentence to stand after the place.
pub fn parse_duration_range(text: &str) -> Result<DurationRange, RangeError> {
    let (first, most) = match text.split_once("..") {
        Some((first, most)) => (exact_duration(first)?, exact_duration(most)?),
        None if text.trim().is_empty() => return Err(RangeError::Shape),
        None => {
            let only = exact_duration(text)?;
            (only, only)
        }
    };
    if first.microseconds > most.microseconds {
        return Err(RangeError::Backwards { first, most });
    }
    Ok(DurationRange { first, most })
}

fn exact_duration(text: &str) -> Result<Duration, RangeError> {
    let duration = parse_duration(text)?;
    if !duration.is_exact() {
        Err(RangeError::NotExact(duration))
    } else if duration.microseconds <= 0 {
        Err(RangeError::NotPositive(duration))
    } else {
        Ok(duration)
    }
}

/// As it is read: `5s..5m`.
impl fmt::Display for DurationRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}..{}", self.first, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::parse_duration_range;

    fn check(text: &str, expected: &str) {
        let shown = match parse_duration_range(text) {
            Ok(range) => range.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn ranges_are_exact_and_ascend() {
        check("5s..5m", "5s..5m");
        check(" 1m30s .. 1h ", "1m30s..1h");
        check("10s", "10s..10s");
        check("", "a range of durations is written `5s..5m`");
        check(
            "5s..",
            "a duration is needed, such as 90s, 15m, 4h, 3d, 2w, 2mo, 1y, `2 business hours` or `10 business days`",
        );
        check(
            "1d..2d",
            "`1d` has calendar or business units; a range takes exact ones (s, m, h)",
        );
        check("5m..5s", "`5m` is longer than `5s`");
        check("0s..5s", "`0s` is not longer than nothing");
    }
}
