//! When a schedule is planned to happen: a cron expression in a zone, and what is done where its clocks change.
//!
//! An expression speaks of what a clock on the wall shows. Where the clock jumps over such a time (*gap*) or shows it twice (*overlap*),
//! the schedule's own word decides; a moment that comes out twice is planned once.

use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Cron;

/// For a time that does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// As much later as the clock jumps.
    #[default]
    Shift,
    Skip,
}

/// For a time that comes twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    #[default]
    First,
    Last,
    Both,
}

/// The planned moments of a schedule.
#[derive(Clone, Debug)]
pub struct Timing {
    pub cron: Cron,
    pub zone: TimeZone,
    pub gap: Gap,
    pub overlap: Overlap,
}

/// Further than any clock was ever changed at once (a day, where the date line was crossed), and than any clock is from UTC.
const CHANGE_MOST: SignedDuration = SignedDuration::from_hours(26);

/// How far ahead a next moment is looked for, in days: the rarest one, a fifth weekday of February, comes after 40 years at most.
const AHEAD_DAYS_MAX: i64 = 41 * 366;

/// How far back missed moments are looked for, in days: a year, and a month in which somebody sees to it.
pub const LOOK_BACK_DAYS_MAX: i64 = 400;

/// Stretches that are looked through at once begin this long and double.
const FIRST_STRETCH: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_STRETCH: SignedDuration = SignedDuration::from_hours(32 * 24);

const INSTANT: SignedDuration = SignedDuration::from_micros(1);

/// Moments of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The latest, the oldest of them first.
    pub moments: Vec<Timestamp>,
    /// Those before them: how many, the first and the last.
    pub older: Option<(usize, Timestamp, Timestamp)>,
    /// There may be still older ones, which were not looked for.
    pub more: bool,
}

impl Timing {
    /// The first moment after that one. None: there is none for forty years.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let end = after.saturating_add(SignedDuration::from_hours(24 * AHEAD_DAYS_MAX)).ok()?;
        let mut from = after.checked_add(INSTANT).ok()?;
        let mut stretch = FIRST_STRETCH;
        while from < end {
            let until = from.saturating_add(stretch).ok()?.min(end);
            if let Some(first) = self.planned(from, until).first() {
                return Some(*first);
            }
            from = until;
            stretch = (stretch * 2).min(LONGEST_STRETCH);
        }
        None
    }

    /// The moments after `after` and up to `until`: the latest `most` of them, and how many there are before.
    pub fn past(&self, after: Timestamp, until: Timestamp, most: usize) -> Past {
        let back = SignedDuration::from_hours(24 * LOOK_BACK_DAYS_MAX);
        let floor = until.saturating_sub(back).map_or(after, |earliest| earliest.max(after));
        let mut past = Past {
            more: floor > after,
            ..Past::default()
        };
        let (Ok(first), Ok(mut to)) = (floor.checked_add(INSTANT), until.checked_add(INSTANT)) else {
            return past;
        };
        let mut stretch = FIRST_STRETCH;
        while to > first {
            let from = to.saturating_sub(stretch).map_or(first, |from| from.max(first));
            past.put_before(self.planned(from, to), most);
            to = from;
            stretch = (stretch * 2).min(LONGEST_STRETCH);
        }
        past
    }

    /// The moments from `from` on and before `until`, in order, each once.
    fn planned(&self, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let (Some(first), Some(last)) = (self.shown(from, -1), self.shown(until, 1)) else {
            return Vec::new();
        };
        let mut moments = Vec::new();
        let mut day = first.date();
        while day <= last.date() {
            if self.cron.is_on(day) {
                let begin = if day == first.date() { first.time() } else { Time::MIN };
                let end = if day == last.date() { last.time() } else { Time::MAX };
                let shown = self.cron.times_within(begin, end).map(|time| day.to_datetime(time));
                moments.extend(shown.flat_map(|shown| self.moments(shown)).flatten());
            }
            let Ok(tomorrow) = day.tomorrow() else { break };
            day = tomorrow;
        }
        moments.retain(|moment| from <= *moment && *moment < until);
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// What the clock shows at a moment; near a change as much earlier or later as any change may move.
    fn shown(&self, moment: Timestamp, direction: i32) -> Option<DateTime> {
        let shown = self.zone.to_datetime(moment);
        let (before, after) = (moment.checked_sub(CHANGE_MOST), moment.checked_add(CHANGE_MOST));
        let calm = match (before, after) {
            (Ok(before), Ok(after)) => {
                let next = self.zone.following(before).next();
                next.is_none_or(|change| change.timestamp() > after)
            }
            _ => return None,
        };
        match calm {
            true => Some(shown),
            false => shown.checked_add(CHANGE_MOST * direction).ok(),
        }
    }

    /// The moments that are planned for a time on the wall.
    fn moments(&self, shown: DateTime) -> [Option<Timestamp>; 2] {
        let at = |offset: jiff::tz::Offset| offset.to_timestamp(shown).ok();
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => [at(offset), None],
            AmbiguousOffset::Gap { before, .. } => match self.gap {
                // counted on with the clock as it went before, it comes out as much later as the clock jumps
                Gap::Shift => [at(before), None],
                Gap::Skip => [None, None],
            },
            AmbiguousOffset::Fold { before, after } => match self.overlap {
                Overlap::First => [at(before), None],
                Overlap::Last => [at(after), None],
                Overlap::Both => [at(before), at(after)],
            },
        }
    }
}

impl Past {
    /// Takes moments that are all before those known.
    fn put_before(&mut self, mut earlier: Vec<Timestamp>, most: usize) {
        let kept = earlier.split_off(earlier.len().saturating_sub(most.saturating_sub(self.moments.len())));
        self.moments.splice(..0, kept);
        if let (Some(first), Some(last)) = (earlier.first(), earlier.last()) {
            let (count, last) = self.older.map_or((0, *last), |(count, _, last)| (count, last));
            self.older = Some((count + earlier.len(), *first, last));
        }
    }
}
