//! The rungs of one run of a ladder: when each is due, told from the chart and from moments of the trail; and that it fires once.
//!
//! Moments in exact time are computed here (a share of the way to the deadline, so many minutes later). Calendar and business
//! durations and computed ones are not: of those it is held that they fire once, and by the moment for which they were armed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use statewright_core::chart::{Rung, RungMoment};
use statewright_core::expression::Template;
use statewright_core::time::parse_duration;

/// How often each rung has fired.
#[derive(Default)]
pub struct Rungs {
    fired: BTreeMap<usize, u32>,
}

/// When a rung is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    At(Timestamp),
    /// There is no deadline that it could be a share of.
    Never,
    /// Only the engine can say.
    Uncomputed,
}

impl Rungs {
    /// It fired; how often by now.
    pub fn fire(&mut self, rung: usize) -> u32 {
        let fired = self.fired.entry(rung).or_default();
        *fired += 1;
        *fired
    }

    /// What is wrong with the moment for which it is armed, if anything is.
    pub fn misarmed(&self, rung: usize, due: Due, armed: Option<Timestamp>) -> Option<String> {
        let expected = match due {
            Due::Uncomputed => return None,
            Due::Never => None,
            Due::At(_) if self.fired.contains_key(&rung) => None,
            Due::At(due) => Some(due),
        };
        (armed != expected).then(|| format!("is armed for {armed:?}, and is due at {expected:?}"))
    }

    /// When it was due, if that was at or before this moment and it has not fired.
    pub fn missing(&self, rung: usize, due: Due, armed: Option<Timestamp>, by: Timestamp) -> Option<Timestamp> {
        let due = match due {
            Due::At(due) => Some(due),
            Due::Never => None,
            Due::Uncomputed => armed,
        };
        due.filter(|due| *due <= by && !self.fired.contains_key(&rung))
    }
}

/// Of a ladder that began and ends at these moments.
pub fn due_of(rung: &Rung, begun: Timestamp, deadline: Option<Timestamp>) -> Due {
    let (base, later) = match &rung.moment {
        RungMoment::After(after) => (begun, Some(after)),
        RungMoment::Share { percent, later } => {
            let Some(deadline) = deadline else { return Due::Never };
            let whole = i128::from(deadline.as_microsecond()) - i128::from(begun.as_microsecond());
            let share = whole * i128::from(*percent) / 100;
            match moved(begun, i64::try_from(share).unwrap_or(i64::MAX)) {
                Some(base) => (base, later.as_ref()),
                None => return Due::Uncomputed,
            }
        }
    };
    match later {
        None => Due::At(base),
        Some(later) => exact_us(later)
            .and_then(|later_us| moved(base, later_us))
            .map_or(Due::Uncomputed, Due::At),
    }
}

/// A duration that is written down and counts neither days nor business time, in microseconds.
pub fn exact_us(template: &Template) -> Option<i64> {
    let duration = parse_duration(template.literal()?).ok()?;
    let is_exact = (
        duration.months,
        duration.days,
        duration.business_days,
        duration.business_microseconds,
    ) == (0, 0, 0, 0);
    is_exact.then_some(duration.microseconds)
}

pub fn moved(moment: Timestamp, microseconds: i64) -> Option<Timestamp> {
    moment.checked_add(SignedDuration::from_micros(microseconds)).ok()
}
