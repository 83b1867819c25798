//! How long the other side asks to wait: `Retry-After` (RFC 9110, 10.2.3).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// A longer wait is a mistake of the other side, or a refusal: it must not put off for ever what people wait for.
const RETRY_AFTER_SECONDS_MAX: u64 = 24 * 60 * 60;

/// A number of seconds, or a date, from now on; none for what is neither, and none for a moment that is over.
pub(crate) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if is_number {
        // More than fits is more than is waited for.
        text.parse().unwrap_or(u64::MAX)
    } else {
        let moment = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        u64::try_from(moment.as_second() - now.as_second()).ok()?
    };
    Some(Duration::from_secs(seconds.min(RETRY_AFTER_SECONDS_MAX))).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u64>) {
        let now = "2026-11-06T08:49:37Z".parse().expect("a moment");
        assert_eq!(parse(text, now), expected.map(Duration::from_secs), "{text}");
    }

    #[test]
    fn seconds_and_dates_are_read() {
        check("120", Some(120));
        check(" 7 ", Some(7));
        check("Fri, 06 Nov 2026 08:50:07 GMT", Some(30));
    }

    #[test]
    fn a_wait_is_bounded() {
        check("86401", Some(86_400));
        check("99999999999999999999999999", Some(86_400));
        check("Sat, 06 Nov 2027 08:49:37 GMT", Some(86_400));
    }

    #[test]
    fn what_asks_for_no_wait_is_none() {
        for text in [
            "",
            "0",
            "-5",
            "+5",
            "1.5",
            "soon",
            "Fri, 06 Nov 2026 08:49:37 GMT",
            "Thu, 05 Nov 2026 08:49:37 GMT",
        ] {
            check(text, None);
        }
    }
}
