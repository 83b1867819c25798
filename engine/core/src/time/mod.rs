//! Time of the language: durations, moments, zones; nothing here knows what time it is.
//!
//! # Purpose
//! A [`Duration`] keeps exact, calendar and business parts apart until a zone and a calendar are known.

mod duration;
mod spelling;

pub use duration::{DurationError, parse_duration};

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
