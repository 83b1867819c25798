//! Time of the language: durations, moments, zones; nothing here knows what time it is.
//!
//! # Purpose
//! - A [`Duration`] keeps exact, calendar and business parts apart until a zone and a calendar are known; [`parse_duration`]
//!   and its `Display` are the one spelling, [`parse_data_duration`] also takes ISO 8601.
//! - [`add_to_instant`] and [`add_to_date`] put the parts onto a moment or a day; business parts ask a [`Calendar`].
//! - A [`Timing`] is a [`Cron`] expression in a zone with a word for gaps and overlaps; [`due()`] says what of it is to be run now.
//! - A [`Distribution`] draws lengths of time out of random bits that it is given.
//! - [`zone`] finds an IANA zone in the database that is built in, never in the machine's.
//!
//! # Daylight saving
//! Calendar units keep the time of day and change the date. Where the clock jumps over that time of day the moment is as
//! much later as the clock jumped (02:30 becomes 03:30); where it stands twice, it is the first one. (RFC 5545 decides the
//! same way, and jiff calls it *compatible*.) Exact units count elapsed time, whatever the clock shows.

mod business;
mod calendar;
mod cron;
mod distribution;
mod due;
mod duration;
mod iso;
mod measure;
mod moment;
mod range;
mod spelling;
mod text;
mod timing;
mod words;
mod zone;

pub use business::{
    BusinessCalendar, CALENDAR_DAYS_MAX, CalendarVersion, Hours, MINUTES_PER_DAY, OPEN_DAYS_MAX, WEEKDAYS, weekday,
};
pub use calendar::Calendar;
pub use cron::{CRON_BYTES_MAX, Cron, CronError};
pub use distribution::{Distribution, DistributionError, LENGTH_MAX_US};
pub use due::{CatchUp, Due, MISSED_MAX, Missed, PUNCTUAL_SECONDS, Skipped, due};
pub use duration::{DurationError, parse_duration};
pub use iso::parse_data_duration;
pub use moment::{
    TimeError, add_to_date, add_to_instant, at_time_of_day, between_dates, between_instants, end_of_day, local_date, local_time,
    start_of_day,
};
pub use range::{DurationRange, RangeError, parse_duration_range};
pub use text::{parse_date, parse_instant, parse_time};
pub use timing::{Gap, LOOK_BACK_DAYS_MAX, Overlap, Past, Timing};
pub use words::in_words;
pub use zone::{UnknownZone, zone};

/// A length of time as written: parts are never converted into one another without a zone and a calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duration {
    /// Calendar months (`1y` is 12).
    pub months: i32,
    /// Calendar days (`1w` is 7).
    pub days: i32,
    /// Exact microseconds.
    pub microseconds: i64,
    /// Whole business days of the workflow's calendar.
    pub business_days: i32,
    /// Business hours of the workflow's calendar, in microseconds.
    pub business_microseconds: i64,
}
