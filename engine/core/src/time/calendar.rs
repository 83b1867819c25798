//! What business time asks of a calendar.

use jiff::Timestamp;
use jiff::civil::Date;

use super::TimeError;

/// Business days and hours, as a workflow's calendar has them.
pub trait Calendar {
    /// The moment that many business days from `from` (before it, if negative), at the same time of day where possible.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] where the calendar ends.
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
}
