//! Business time within a step: counted along the calendar that was handed in, whose version the entry names.
//!
//! Which calendar it is stands in the chart; which version of it is a fact, since calendars change while definitions do not.

use jiff::Timestamp;
use jiff::civil::Date;

use super::machine::Machine;
use crate::time::{BusinessCalendar, Calendar, TimeError};

impl Machine<'_> {
    /// Whether something was to be counted along a calendar, asked of a live table or held against the units, that was not handed in. Whatever came of it is void.
    pub fn lacks_facts(&self) -> bool {
        let needs = &self.seen.borrow().needs;
        needs.calendar.is_some() || !needs.tables.is_empty() || !needs.units.is_empty()
    }

    fn calendar_fact(&self) -> Result<&BusinessCalendar, TimeError> {
        let name = self.chart.calendar.as_ref().ok_or(TimeError::NoCalendar)?;
        let mut seen = self.seen.borrow_mut();
        match &self.facts.calendar {
            Some(version) => {
                seen.calendar_used = true;
                Ok(&version.calendar)
            }
            None => {
                seen.needs.calendar = Some(name.clone());
                Err(TimeError::CalendarPending)
            }
        }
    }
}

impl Calendar for Machine<'_> {
    fn add_business_days(&self, from: Timestamp, days: i32) -> Result<Timestamp, TimeError> {
        self.calendar_fact()?.add_business_days(from, days)
    }

    fn add_business_days_to_date(&self, from: Date, days: i32) -> Result<Date, TimeError> {
        self.calendar_fact()?.add_business_days_to_date(from, days)
    }

    fn add_business_time(&self, from: Timestamp, microseconds: i64) -> Result<Timestamp, TimeError> {
        self.calendar_fact()?.add_business_time(from, microseconds)
    }

    fn business_between(&self, from: Timestamp, to: Timestamp) -> Result<i64, TimeError> {
        self.calendar_fact()?.business_between(from, to)
    }

    fn is_open(&self, at: Timestamp) -> Result<bool, TimeError> {
        self.calendar_fact()?.is_open(at)
    }
}
