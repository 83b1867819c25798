//! How long nobody can prove to be somebody after too many wrong attempts. It grows, so that guessing is of no use; and ends by itself, so
//! that whoever mistyped need not ask anybody. After a hundred an operator decides (NIST SP 800-63B-4, section 3.2.2).

/// Wrong attempts that cost nothing but the attempt.
pub const FREE: u32 = 4;

/// Microseconds of the first lockout; each after it is twice as long.
pub const FIRST_US: i64 = 60 * 1_000_000;

/// Microseconds of the longest that ends by itself.
pub const LONGEST_US: i64 = 60 * 60 * 1_000_000;

/// Wrong attempts in a row after which only an operator unlocks.
pub const FAILURES_MAX: u32 = 100;

/// Until when somebody is locked out who has failed so often in a row, the last time at this moment; `i64::MAX`: until an operator unlocks.
pub(super) fn until_us(failures: u32, now_us: i64) -> Option<i64> {
    if failures >= FAILURES_MAX {
        return Some(i64::MAX);
    }
    let beyond = failures.checked_sub(FREE + 1)?;
    let longer = FIRST_US.checked_shl(beyond).filter(|longer| *longer > 0);
    Some(now_us.saturating_add(longer.unwrap_or(LONGEST_US).min(LONGEST_US)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_late_grows_and_has_an_end() {
        let minute = 60 * 1_000_000;
        let check = |failures: u32, minutes: Option<i64>| {
            let expected = minutes.map(|minutes| 7 + minutes * minute);
            assert_eq!(until_us(failures, 7), expected, "{failures}");
        };
        check(0, None);
        check(4, None);
        check(5, Some(1));
        check(6, Some(2));
        check(10, Some(32));
        check(11, Some(60));
        check(64, Some(60));
        check(99, Some(60));
        assert_eq!(until_us(100, 7), Some(i64::MAX));
        assert_eq!(until_us(u32::MAX, 7), Some(i64::MAX));
    }
}
