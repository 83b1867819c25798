//! Cron expressions: on which days, at which minutes of the day, as a clock on the wall shows them.
//!
//! What is written is read by `croner`; no zone and no moment comes in here, so that what happens where clocks change is decided in one
//! place, by [`super::Timing`].

use std::sync::Arc;

use croner::Weekday;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Date, Time};

/// The longest expression, in bytes: far longer than anybody reads.
pub const CRON_BYTES_MAX: usize = 200;

/// Set in a component for every value that is meant.
const EVERY: u8 = 1;

const MINUTES_PER_HOUR: u16 = 60;

/// Five fields: minute, hour, day of the month, month, day of the week.
#[derive(Clone, Debug)]
pub struct Cron {
    text: Arc<str>,
    cron: Arc<croner::Cron>,
    /// In ascending order.
    minutes_of_day: Arc<[u16]>,
}

/// Why a text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("it has {0} fields, and a cron expression has five: minute, hour, day of the month, month, day of the week")]
    Fields(usize),
    #[error("it is longer than {CRON_BYTES_MAX} bytes")]
    TooLong,
    #[error("{0}")]
    Unreadable(String),
}

impl Cron {
    /// # Errors
    /// [`CronError`] for what is no expression of five fields and none of the words `@yearly` to `@hourly`.
    pub fn parse(text: &str) -> Result<Cron, CronError> {
        if text.len() > CRON_BYTES_MAX {
            return Err(CronError::TooLong);
        }
        let fields = text.split_whitespace().count();
        if fields != 5 && !text.starts_with('@') {
            return Err(CronError::Fields(fields));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let unreadable = |error: croner::errors::CronError| CronError::Unreadable(words(&error));
        let cron = parser.parse(text).map_err(unreadable)?;
        let (hours, minutes) = (&cron.pattern.hours, &cron.pattern.minutes);
        let minutes = minutes.get_set_values(EVERY);
        let of_hour = |hour: u16| minutes.iter().map(move |minute| hour * MINUTES_PER_HOUR + minute);
        let mut minutes_of_day: Vec<u16> = hours.get_set_values(EVERY).into_iter().flat_map(of_hour).collect();
        minutes_of_day.sort_unstable();
        Ok(Cron {
            text: text.into(),
            cron: Arc::new(cron),
            minutes_of_day: minutes_of_day.into(),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether anything is to happen on that day.
    pub fn is_on(&self, day: Date) -> bool {
        let pattern = &self.cron.pattern;
        let [year, month, day_of_month] = [i32::from(day.year()), day.month().into(), day.day().into()].map(i32::unsigned_abs);
        let year = i32::try_from(year).unwrap_or(i32::MAX);
        let weekday = weekday(day);
        // it fails for what is no day only
        pattern.month_match(month).unwrap_or(false) && pattern.day_match(year, month, day_of_month, weekday).unwrap_or(false)
    }

    /// The times of each of its days, in ascending order.
    pub fn times(&self) -> impl DoubleEndedIterator<Item = Time> + '_ {
        self.minutes_of_day.iter().map(time_of)
    }

    /// Those from one time to another, both included.
    pub fn times_within(&self, first: Time, last: Time) -> impl DoubleEndedIterator<Item = Time> + '_ {
        let from = self.minutes_of_day.partition_point(|minute| time_of(minute) < first);
        let to = self.minutes_of_day.partition_point(|minute| time_of(minute) <= last);
        self.minutes_of_day.get(from..to).unwrap_or_default().iter().map(time_of)
    }
}

fn time_of(minute: &u16) -> Time {
    let [hour, minute] = [minute / MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR].map(|part| i8::try_from(part).unwrap_or(0));
    // the parser takes no hour beyond 23 and no minute beyond 59
    Time::new(hour, minute, 0, 0).unwrap_or(Time::midnight())
}

fn weekday(day: Date) -> Weekday {
    use jiff::civil::Weekday as Day;
    match day.weekday() {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

/// What the parser says, without its own names for itself.
fn words(error: &croner::errors::CronError) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(": ").map_or(text.as_str(), |(_, rest)| rest);
    let text = text.strip_prefix("CronPattern ").unwrap_or(text);
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn days(text: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let days = date(2026, 1, 1).series(jiff::Span::new().days(1)).take(366 * 4);
        let on = days.filter(|day| cron.is_on(*day)).take(count);
        on.map(|day| day.to_string()).collect()
    }

    #[test]
    fn fields_mean_what_a_crontab_says() {
        // 1 January 2026 is a Thursday
        assert_eq!(days("0 7 * * 1", 2), ["2026-01-05", "2026-01-12"], "1 is Monday");
        assert_eq!(days("0 7 * * 0", 2), days("0 7 * * 7", 2), "0 and 7 are Sunday");
        assert_eq!(days("0 7 * * SUN", 1), ["2026-01-04"]);
        assert_eq!(
            days("0 0 13 * FRI", 3),
            ["2026-01-02", "2026-01-09", "2026-01-13"],
            "the 13th, and every Friday"
        );
        assert_eq!(days("0 0 L * *", 3), ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(days("0 0 15W * *", 3), ["2026-01-15", "2026-02-16", "2026-03-16"]);
        assert_eq!(days("0 0 * * FRI#2", 2), ["2026-01-09", "2026-02-13"]);
        assert_eq!(days("0 0 29 2 *", 1), ["2028-02-29"]);
        assert_eq!(days("0 0 30 2 *", 1), [""; 0]);
        assert_eq!(days("@monthly", 2), ["2026-01-01", "2026-02-01"]);
    }

    #[test]
    fn times_are_those_of_the_day_in_order() {
        let times = |text: &str| {
            let cron = Cron::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            cron.times().map(|time| time.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(times("30,0 8,6 * * *"), ["06:00:00", "06:30:00", "08:00:00", "08:30:00"]);
        assert_eq!(times("*/45 23 * * *"), ["23:00:00", "23:45:00"]);
        assert_eq!(times("* * * * *").len(), 1_440);
    }

    #[test]
    fn what_is_no_expression_is_told() {
        let sentence = |text: &str| Cron::parse(text).map(|_| ()).map_err(|error| error.to_string());
        let five = |count: usize| {
            Err(format!(
                "it has {count} fields, and a cron expression has five: minute, hour, day of the month, month, day of the week"
            ))
        };
        assert_eq!(sentence("0 0 7 * * *"), five(6));
        assert_eq!(sentence("0 7 * *"), five(4));
        assert_eq!(sentence(""), five(0));
        assert_eq!(sentence("60 * * * *"), Err("number out of bounds".into()));
        assert_eq!(sentence("*/0 * * * *"), Err("step cannot be zero".into()));
        assert!(sentence("@reboot").is_err());
        assert!(sentence("0 22-2 * * *").is_err());
        assert_eq!(
            sentence(&format!("{} * * * *", "1,".repeat(CRON_BYTES_MAX))),
            Err("it is longer than 200 bytes".into())
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"[0-9*/,\-LW#?+@A-Za-z ]{0,40}", year in 1_i16..9999, month in 1_i8..=12, day in 1_i8..=31) {
            if let (Ok(cron), Ok(day)) = (Cron::parse(&text), Date::new(year, month, day)) {
                cron.is_on(day);
                prop_assert!(cron.times().collect::<Vec<_>>().is_sorted());
            }
        }
    }
}
