//! Business days and hours of a calendar: which there are, and counting along them.
//!
//! Hours are what the clock of the calendar's zone shows; what is counted is the time that passes. Where the clock jumps, hours begin and
//! end as [`at_time_of_day`] says, so an hour that the clock leaves out is not worked, and one that it shows twice is.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Calendar, TimeError, at_time_of_day, local_date};
use crate::identity::Digest;

/// Minutes of a day on the clock.
pub const MINUTES_PER_DAY: u16 = 24 * 60;

/// The weekdays as they are written, from Monday.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days that are looked at for one sum: a hundred years, which take a fraction of a second.
pub const CALENDAR_DAYS_MAX: u32 = 36_600;

/// How far the end of open time is looked for: hours are written by weekday, so what does not end in a week, does not by them.
pub const OPEN_DAYS_MAX: u32 = 9;

/// A calendar as it was deployed, named by the digest of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarVersion {
    pub name: Arc<str>,
    pub version: Digest,
    pub calendar: BusinessCalendar,
}

/// Hours by weekday, and days on which they are others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessCalendar {
    zone: TimeZone,
    /// From Monday.
    week: [Vec<Hours>; 7],
    /// Holidays, which have no hours, and exceptions.
    days: BTreeMap<Date, Vec<Hours>>,
}

/// Hours that begin on a day. They may end on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    /// Minutes from midnight.
    from: u16,
    /// Minutes from the same midnight; beyond [`MINUTES_PER_DAY`] on the next day.
    to: u16,
}

impl Hours {
    /// Between two minutes of the day; hours that end no later than they begin end on the next day. None: no such minutes.
    pub fn new(from: u16, to: u16) -> Option<Hours> {
        let fits = from < MINUTES_PER_DAY && to <= MINUTES_PER_DAY;
        let to = if to <= from { to + MINUTES_PER_DAY } else { to };
        fits.then_some(Hours { from, to })
    }

    /// Whether some moment would belong to both, if they begin on the same day.
    pub fn overlaps(self, other: Hours) -> bool {
        self.from < other.to && other.from < self.to
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = match self.to.checked_sub(MINUTES_PER_DAY) {
            Some(next_day) if next_day > 0 => next_day,
            _ => self.to,
        };
        let (from_hour, from_minute) = (self.from / 60, self.from % 60);
        write!(out, "{from_hour:02}:{from_minute:02}-{:02}:{:02}", to / 60, to % 60)
    }
}

impl BusinessCalendar {
    /// `week` from Monday; hours of one day do not overlap.
    pub fn new(zone: TimeZone, mut week: [Vec<Hours>; 7], mut days: BTreeMap<Date, Vec<Hours>>) -> Self {
        week.iter_mut()
            .chain(days.values_mut())
            .for_each(|hours| hours.sort_unstable());
        BusinessCalendar { zone, week, days }
    }

    /// The hours of each weekday that has some, from Monday, as they are written: `mon`, `22:00-07:00`.
    pub fn written_hours(&self) -> Vec<(&'static str, Vec<String>)> {
        let days = WEEKDAYS.into_iter().zip(&self.week);
        let open = days.filter(|(_, hours)| !hours.is_empty());
        open.map(|(day, hours)| (day, hours.iter().map(ToString::to_string).collect()))
            .collect()
    }

    /// The name of its zone; empty, if it has none.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or_default()
    }

    /// The hours that begin on a day.
    fn hours(&self, day: Date) -> &[Hours] {
        let of_week = || {
            self.week
                .get(usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default())
        };
        self.days.get(&day).or_else(of_week).map_or(&[], Vec::as_slice)
    }

    /// The end of the open time that a moment is in, across midnights; None: it is in none.
    ///
    /// # Errors
    /// [`TimeError::CalendarTooFar`] where it does not end within [`OPEN_DAYS_MAX`] days.
    pub fn open_until(&self, at: Timestamp) -> Result<Option<Timestamp>, TimeError> {
        if !self.is_open(at)? {
            return Ok(None);
        }
        let mut end = at;
        let mut day = before(local_date(at, &self.zone))?;
        for _ in 0..OPEN_DAYS_MAX {
            for (start, closes) in self.spans(day)? {
                if closes <= end {
                    continue;
                }
                if start > end {
                    return Ok(Some(end));
                }
                end = closes;
            }
            day = after(day)?;
        }
        Err(TimeError::CalendarTooFar)
    }

    fn is_business_day(&self, day: Date) -> bool {
        !self.hours(day).is_empty()
    }

    /// The open time of the hours that begin on a day, without what those of the day before take of it already.
    fn spans(&self, day: Date) -> Result<Vec<(Timestamp, Timestamp)>, TimeError> {
        let night = match self.hours(before(day)?).last() {
            Some(last) if last.to > MINUTES_PER_DAY => self.moments(before(day)?)?.last().map(|(_, end)| *end),
            _ => None,
        };
        let mut spans = self.moments(day)?;
        if let Some(night) = night {
            spans.iter_mut().for_each(|(start, _)| *start = (*start).max(night));
        }
        spans.retain(|(start, end)| start < end);
        Ok(spans)
    }

    /// The hours that begin on a day, as moments.
    fn moments(&self, day: Date) -> Result<Vec<(Timestamp, Timestamp)>, TimeError> {
        let moment = |minutes: u16| {
            let (day, minutes) = match minutes.checked_sub(MINUTES_PER_DAY) {
                Some(rest) => (day.tomorrow().map_err(|_| TimeError::OutOfRange)?, rest),
                None => (day, minutes),
            };
            let time = Time::midnight() + SignedDuration::from_mins(minutes.into());
            at_time_of_day(day, time, &self.zone)
        };
        self.hours(day)
            .iter()
            .map(|hours| Ok((moment(hours.from)?, moment(hours.to)?)))
            .collect()
    }

    /// Visits the open time after a moment, in order and without overlaps, until the visitor has what it wants.
    fn forward<T>(&self, from: Timestamp, mut visit: impl FnMut(Timestamp, Timestamp) -> ControlFlow<T>) -> Result<T, TimeError> {
        let mut day = before(local_date(from, &self.zone))?;
        let mut reached = from;
        for _ in 0..CALENDAR_DAYS_MAX {
            for (start, end) in self.spans(day)? {
                let start = start.max(reached);
                if start >= end {
                    continue;
                }
                if let ControlFlow::Break(found) = visit(start, end) {
                    return Ok(found);
                }
                reached = end;
            }
            day = after(day)?;
        }
        Err(TimeError::CalendarTooFar)
    }

    /// The same before a moment, the latest first.
    fn backward<T>(
        &self,
        from: Timestamp,
        mut visit: impl FnMut(Timestamp, Timestamp) -> ControlFlow<T>,
    ) -> Result<T, TimeError> {
        let mut day = local_date(from, &self.zone);
        let mut reached = from;
        for _ in 0..CALENDAR_DAYS_MAX {
            for (start, end) in self.spans(day)?.into_iter().rev() {
                let end = end.min(reached);
                if start >= end {
                    continue;
                }
                if let ControlFlow::Break(found) = visit(start, end) {
                    return Ok(found);
                }
                reached = start;
            }
            day = before(day)?;
        }
        Err(TimeError::CalendarTooFar)
    }
}

impl Calendar for BusinessCalendar {
    fn add_business_days(&self, from: Timestamp, days: i32) -> Result<Timestamp, TimeError> {
        if days == 0 {
            return Ok(from);
        }
        let local = self.zone.to_datetime(from);
        let day = self.add_business_days_to_date(local.date(), days)?;
        at_time_of_day(day, local.time(), &self.zone)
    }

    fn add_business_days_to_date(&self, from: Date, days: i32) -> Result<Date, TimeError> {
        let mut day = from;
        let mut left = days.unsigned_abs();
        for _ in 0..CALENDAR_DAYS_MAX {
            if left == 0 {
                return Ok(day);
            }
            day = if days > 0 { after(day)? } else { before(day)? };
            if self.is_business_day(day) {
                left -= 1;
            }
        }
        Err(TimeError::CalendarTooFar)
    }

    fn add_business_time(&self, from: Timestamp, microseconds: i64) -> Result<Timestamp, TimeError> {
        let mut left = i64::try_from(microseconds.unsigned_abs()).map_err(|_| TimeError::OutOfRange)?;
        if left == 0 {
            return Ok(from);
        }
        let mut pass = |start: Timestamp, end: Timestamp| {
            let length = length(start, end);
            let within = left <= length;
            let rest = left;
            left -= length;
            within.then_some(SignedDuration::from_micros(rest))
        };
        let found = if microseconds > 0 {
            self.forward(from, |start, end| match pass(start, end) {
                Some(rest) => ControlFlow::Break(start.checked_add(rest)),
                None => ControlFlow::Continue(()),
            })
        } else {
            self.backward(from, |start, end| match pass(start, end) {
                Some(rest) => ControlFlow::Break(end.checked_sub(rest)),
                None => ControlFlow::Continue(()),
            })
        };
        found?.map_err(|_| TimeError::OutOfRange)
    }

    fn business_between(&self, from: Timestamp, to: Timestamp) -> Result<i64, TimeError> {
        if to < from {
            return self.business_between(to, from).map(|microseconds| -microseconds);
        }
        if is_too_far(from, to) {
            return Err(TimeError::CalendarTooFar);
        }
        let mut sum = 0_i64;
        self.forward(from, |start, end| {
            if start >= to {
                return ControlFlow::Break(());
            }
            sum = sum.saturating_add(length(start, end.min(to)));
            ControlFlow::Continue(())
        })?;
        Ok(sum)
    }

    fn is_open(&self, at: Timestamp) -> Result<bool, TimeError> {
        let today = local_date(at, &self.zone);
        for day in [before(today)?, today] {
            if self.spans(day)?.iter().any(|(start, end)| *start <= at && at < *end) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether two moments are further apart than is looked at.
fn is_too_far(from: Timestamp, to: Timestamp) -> bool {
    to.duration_since(from) > SignedDuration::from_hours(24 * i64::from(CALENDAR_DAYS_MAX - 2))
}

fn length(start: Timestamp, end: Timestamp) -> i64 {
    end.as_microsecond() - start.as_microsecond()
}

fn after(day: Date) -> Result<Date, TimeError> {
    day.tomorrow().map_err(|_| TimeError::OutOfRange)
}

fn before(day: Date) -> Result<Date, TimeError> {
    day.yesterday().map_err(|_| TimeError::OutOfRange)
}

/// The weekday of a name such as `mon` or `monday`.
pub fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "mon" | "monday" => Weekday::Monday,
        "tue" | "tuesday" => Weekday::Tuesday,
        "wed" | "wednesday" => Weekday::Wednesday,
        "thu" | "thursday" => Weekday::Thursday,
        "fri" | "friday" => Weekday::Friday,
        "sat" | "saturday" => Weekday::Saturday,
        "sun" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
