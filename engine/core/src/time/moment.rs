//! Moments and days: putting durations onto them, taking them apart, the day and the time of day in a zone.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::{Calendar, Duration};

/// The first year of the language's dates: text forms stay in four digits.
const YEAR_MIN: i16 = 1;

/// Seconds from 1970 of the first moment of [`YEAR_MIN`] in UTC.
const FIRST_SECOND: i64 = -62_135_596_800;

/// Why something of time cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("the result is not within the years 1 to 9999")]
    OutOfRange,
    #[error("business time needs a calendar, and none is set (`calendar:` of the workflow)")]
    NoCalendar,
    #[error("the calendar is not known yet")]
    CalendarPending,
    #[error("the calendar is followed for {} days at most", super::CALENDAR_DAYS_MAX)]
    CalendarTooFar,
    #[error("a date takes days, weeks, months and years; `{0}` has hours: use `instant(date, time)` first")]
    TimeOnDate(Duration),
    #[error("`{left}` and `{right}` cannot be compared: their units have no fixed relation")]
    Incomparable { left: Duration, right: Duration },
    #[error("`{0}` is not exact: it has calendar or business units")]
    NotExact(Duration),
}

/// The moment a duration after another: calendar units first, by the zone's calendar, then business units by the business
/// calendar, then exact units.
///
/// # Errors
/// [`TimeError::OutOfRange`]; [`TimeError::NoCalendar`] for business units without a calendar.
pub fn add_to_instant(
    instant: Timestamp,
    duration: Duration,
    zone: &TimeZone,
    calendar: Option<&dyn Calendar>,
) -> Result<Timestamp, TimeError> {
    let mut moment = instant;
    if duration.months != 0 || duration.days != 0 {
        let local = zone.to_datetime(moment);
        let moved = add_calendar_units(local.date(), duration)?;
        moment = at_time_of_day(moved, local.time(), zone)?;
    }
    if duration.business_days != 0 {
        moment = calendar
            .ok_or(TimeError::NoCalendar)?
            .add_business_days(moment, duration.business_days)?;
    }
    if duration.business_microseconds != 0 {
        moment = calendar
            .ok_or(TimeError::NoCalendar)?
            .add_business_time(moment, duration.business_microseconds)?;
    }
    let exact = SignedDuration::from_micros(duration.microseconds);
    moment
        .checked_add(exact)
        .map_err(|_| TimeError::OutOfRange)
        .and_then(instant_in_range)
}

/// The day a duration after another: months first, then days, then business days. Where a month is too short, its last day.
///
/// # Errors
/// [`TimeError::TimeOnDate`] for hours; otherwise as [`add_to_instant`].
pub fn add_to_date(date: Date, duration: Duration, calendar: Option<&dyn Calendar>) -> Result<Date, TimeError> {
    if duration.microseconds != 0 || duration.business_microseconds != 0 {
        return Err(TimeError::TimeOnDate(duration));
    }
    let mut day = add_calendar_units(date, duration)?;
    if duration.business_days != 0 {
        day = calendar
            .ok_or(TimeError::NoCalendar)?
            .add_business_days_to_date(day, duration.business_days)?;
    }
    if day.year() < YEAR_MIN {
        Err(TimeError::OutOfRange)
    } else {
        Ok(day)
    }
}

/// The exact time from `earlier` to `later`.
///
/// # Errors
/// [`TimeError::OutOfRange`], for moments further apart than can be counted.
pub fn between_instants(later: Timestamp, earlier: Timestamp) -> Result<Duration, TimeError> {
    let nanoseconds = later.as_nanosecond() - earlier.as_nanosecond();
    let microseconds = i64::try_from(nanoseconds.div_euclid(1_000)).map_err(|_| TimeError::OutOfRange)?;
    Ok(Duration {
        microseconds,
        ..Duration::default()
    })
}

/// The whole days from `earlier` to `later`.
///
/// # Errors
/// [`TimeError::OutOfRange`], which the range of dates excludes.
pub fn between_dates(later: Date, earlier: Date) -> Result<Duration, TimeError> {
    let hours = later.duration_since(earlier).as_hours();
    let days = i32::try_from(hours / 24).map_err(|_| TimeError::OutOfRange)?;
    Ok(Duration {
        days,
        ..Duration::default()
    })
}

/// The moment when the clock of the zone shows that time on that day.
///
/// # Errors
/// [`TimeError::OutOfRange`].
pub fn at_time_of_day(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, TimeError> {
    let moment = zone.to_timestamp(date.to_datetime(time)).map_err(|_| TimeError::OutOfRange)?;
    instant_in_range(moment)
}

/// The first moment of a day in the zone: midnight, or where the clock jumps over midnight the moment it jumps to.
///
/// # Errors
/// [`TimeError::OutOfRange`].
pub fn start_of_day(date: Date, zone: &TimeZone) -> Result<Timestamp, TimeError> {
    at_time_of_day(date, Time::midnight(), zone)
}

/// The last microsecond of a day in the zone.
///
/// # Errors
/// [`TimeError::OutOfRange`].
pub fn end_of_day(date: Date, zone: &TimeZone) -> Result<Timestamp, TimeError> {
    let next = date.tomorrow().map_err(|_| TimeError::OutOfRange)?;
    let next = start_of_day(next, zone)?;
    next.checked_sub(SignedDuration::from_micros(1))
        .map_err(|_| TimeError::OutOfRange)
}

/// The day it is in the zone.
#[must_use]
pub fn local_date(instant: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(instant).date()
}

/// The time of day it is in the zone.
#[must_use]
pub fn local_time(instant: Timestamp, zone: &TimeZone) -> Time {
    zone.to_datetime(instant).time()
}

/// Months, then days: two steps, since they may have different signs.
fn add_calendar_units(date: Date, duration: Duration) -> Result<Date, TimeError> {
    let months = Span::new().try_months(duration.months).map_err(|_| TimeError::OutOfRange)?;
    let days = Span::new().try_days(duration.days).map_err(|_| TimeError::OutOfRange)?;
    let moved = date.checked_add(months).and_then(|moved| moved.checked_add(days));
    moved.map_err(|_| TimeError::OutOfRange)
}

fn instant_in_range(instant: Timestamp) -> Result<Timestamp, TimeError> {
    if instant.as_second() < FIRST_SECOND {
        Err(TimeError::OutOfRange)
    } else {
        Ok(instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{parse_duration, zone};

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn check(zone_name: &str, from: &str, duration: &str, expected: &str) {
        let zone = zone(zone_name).unwrap_or_else(|error| panic!("{error}"));
        let duration = parse_duration(duration).unwrap_or_else(|error| panic!("{duration}: {error}"));
        let shown = match add_to_instant(moment(from), duration, &zone, None) {
            Ok(found) => found.display_with_offset(zone.to_offset(found)).to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{from} and {duration} in {zone_name}");
    }

    #[test]
    fn calendar_units_keep_the_time_of_day_and_exact_units_do_not() {
        // Berlin: on 29 March 2026 the clock jumps from 02:00 to 03:00, on 25 October from 03:00 back to 02:00.
        check(
            "Europe/Berlin",
            "2026-03-28T12:00:00+01:00",
            "1d",
            "2026-03-29T12:00:00+02:00",
        );
        check(
            "Europe/Berlin",
            "2026-03-28T12:00:00+01:00",
            "24h",
            "2026-03-29T13:00:00+02:00",
        );
        check(
            "Europe/Berlin",
            "2026-03-28T02:30:00+01:00",
            "1d",
            "2026-03-29T03:30:00+02:00",
        );
        check(
            "Europe/Berlin",
            "2026-10-24T02:30:00+02:00",
            "1d",
            "2026-10-25T02:30:00+02:00",
        );
        check(
            "Europe/Berlin",
            "2026-10-26T02:30:00+01:00",
            "-1d",
            "2026-10-25T02:30:00+02:00",
        );
        check(
            "Europe/Berlin",
            "2026-10-24T12:00:00+02:00",
            "1d2h",
            "2026-10-25T14:00:00+01:00",
        );
        check(
            "Europe/Berlin",
            "2026-01-31T10:00:00+01:00",
            "1mo",
            "2026-02-28T10:00:00+01:00",
        );
        check(
            "Europe/Berlin",
            "2026-03-31T10:00:00+02:00",
            "1mo-1d",
            "2026-04-29T10:00:00+02:00",
        );
        check(
            "Europe/Berlin",
            "2024-02-29T10:00:00+01:00",
            "1y",
            "2025-02-28T10:00:00+01:00",
        );
    }

    #[test]
    fn what_cannot_be_added_is_named() {
        check(
            "UTC",
            "2026-01-01T00:00:00Z",
            "9000y",
            "the result is not within the years 1 to 9999",
        );
        check(
            "UTC",
            "2026-01-01T00:00:00Z",
            "-2100y",
            "the result is not within the years 1 to 9999",
        );
        check(
            "UTC",
            "2026-01-01T00:00:00Z",
            "2000000000d",
            "the result is not within the years 1 to 9999",
        );
        let no_calendar = "business time needs a calendar, and none is set (`calendar:` of the workflow)";
        check("UTC", "2026-01-01T00:00:00Z", "2 business hours", no_calendar);
        check("UTC", "2026-01-01T00:00:00Z", "10 business days", no_calendar);
    }

    #[test]
    fn days_are_counted_on_the_calendar() {
        let date = |text: &str| -> Date { text.parse().unwrap_or_else(|error| panic!("{text}: {error}")) };
        let add = |from: &str, duration: &str| {
            let duration = parse_duration(duration).unwrap_or_else(|error| panic!("{duration}: {error}"));
            add_to_date(date(from), duration, None)
                .map(|day| day.to_string())
                .map_err(|error| error.to_string())
        };
        assert_eq!(add("2026-01-31", "1mo"), Ok("2026-02-28".to_owned()));
        assert_eq!(add("2026-01-05", "90d"), Ok("2026-04-05".to_owned()));
        assert_eq!(add("2026-01-05", "-2w"), Ok("2025-12-22".to_owned()));
        assert_eq!(
            add("2026-01-05", "1d12h"),
            Err("a date takes days, weeks, months and years; `1d12h` has hours: use `instant(date, time)` first".to_owned())
        );
        assert_eq!(
            add("0001-01-01", "-1d"),
            Err("the result is not within the years 1 to 9999".to_owned())
        );
        let days = |later: &str, earlier: &str| between_dates(date(later), date(earlier)).map(|between| between.days);
        assert_eq!(days("2026-03-30", "2026-03-28"), Ok(2));
        assert_eq!(days("2024-02-28", "2024-03-01"), Ok(-2));
        assert_eq!(days("9999-12-31", "0001-01-01"), Ok(3_652_058));
    }

    #[test]
    fn a_day_begins_where_the_clock_first_shows_it() {
        // In São Paulo the clock jumped over midnight of 4 November 2018.
        let zone = zone("America/Sao_Paulo").unwrap_or_else(|error| panic!("{error}"));
        let jumped = jiff::civil::date(2018, 11, 4);
        assert_eq!(start_of_day(jumped, &zone), Ok(moment("2018-11-04T01:00:00-02:00")));
        let before = jiff::civil::date(2018, 11, 3);
        assert_eq!(end_of_day(before, &zone), Ok(moment("2018-11-03T23:59:59.999999-03:00")));
        assert_eq!(local_date(moment("2018-11-04T02:59:00Z"), &zone), before);
        assert_eq!(local_date(moment("2018-11-04T03:00:00Z"), &zone), jumped);
    }

    #[test]
    fn moments_apart_are_exact() {
        let between = |later, earlier| between_instants(moment(later), moment(earlier)).map(|between| between.to_string());
        assert_eq!(
            between("2026-03-29T12:00:00+02:00", "2026-03-28T12:00:00+01:00"),
            Ok("23h".to_owned())
        );
        assert_eq!(
            between("2026-03-28T12:00:00Z", "2026-03-28T12:00:00.5Z"),
            Ok("-0.5s".to_owned())
        );
    }
}
