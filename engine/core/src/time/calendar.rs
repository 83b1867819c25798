//! What business time asks of a calendar.

use jiff::Timestamp;
use jiff::civil::Date;

use super::TimeError;

/// Business days and hours, as a workflow's calendar has them.
pub trait Calendar {
    /// The moment that many business days from `from` (before it, if negative), at the same time of day where possible.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] where the calendar ends, [`TimeError::CalendarTooFar`] where nobody follows it any more.
    fn add_business_days(&self, from: Timestamp, days: i32) -> Result<Timestamp, TimeError>;

    /// The day that many business days from `from`.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] where the calendar ends.
    fn add_business_days_to_date(&self, from: Date, days: i32) -> Result<Date, TimeError>;

    /// The moment when that many microseconds of business hours have passed since `from`.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] where the calendar ends.
    fn add_business_time(&self, from: Timestamp, microseconds: i64) -> Result<Timestamp, TimeError>;

    /// Microseconds of business hours from one moment to another; negative if the other is earlier.
    ///
    /// # Errors
    /// [`TimeError::CalendarTooFar`].
    fn business_between(&self, from: Timestamp, to: Timestamp) -> Result<i64, TimeError>;

    /// Whether a moment is in business hours.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] where the calendar ends.
    fn is_open(&self, at: Timestamp) -> Result<bool, TimeError>;
}
