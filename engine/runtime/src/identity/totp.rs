//! Codes of a second factor: RFC 6238, with what every app for them takes, SHA-1, six digits, half a minute.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha1::Sha1;

/// Seconds for which a code holds.
const STEP_SECONDS: i64 = 30;

/// Steps before and after this one whose codes are taken too: clocks differ, and typing takes a while.
const STEPS_BESIDE: u64 = 1;

const DIGITS: usize = 6;

/// Codes of so many digits: 10 to their number.
const CODES: u32 = 1_000_000;

/// Bytes of what codes are made of: as long as a digest of SHA-1.
pub(super) const SECRET_BYTES: usize = 20;

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Whether a text reads as a code does.
pub(super) fn is_code(text: &str) -> bool {
    digits_of(text).is_some()
}

/// The step whose code this is, if it holds now and is later than the last one taken. None: it is not taken.
pub(super) fn step_of(code: &str, secret: &[u8], now: Timestamp, last: u64) -> Option<u64> {
    let given = digits_of(code)?;
    let now = step_at(now);
    let mut found = None;
    // all of them, whichever it is
    for step in now.saturating_sub(STEPS_BESIDE)..=now.saturating_add(STEPS_BESIDE) {
        if code_at(secret, step) == given && step > last {
            found = Some(step);
        }
    }
    found
}

/// The code that holds at a moment.
pub fn code_of(secret: &[u8], at: Timestamp) -> String {
    format!("{:0width$}", code_at(secret, step_at(at)), width = DIGITS)
}

/// The bytes as text that is typed (RFC 4648, base32 without filling).
pub(super) fn typed(secret: &[u8]) -> String {
    let mut text = String::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in secret {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

/// What an app reads from a picture.
pub(super) fn address(secret: &[u8], person: &str) -> String {
    format!(
        "otpauth://totp/Statewright:{}?secret={}&issuer=Statewright&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        escaped(person),
        typed(secret)
    )
}

fn letter(bits: u32) -> char {
    BASE32.get((bits & 31) as usize).map_or('A', |letter| char::from(*letter))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Blanks in it are as people write it.
fn digits_of(text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let is_code = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| digits.parse().ok()).flatten()
}

fn step_at(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_second().div_euclid(STEP_SECONDS)).unwrap_or(0)
}

fn code_at(secret: &[u8], step: u64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key of any length is taken");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last().copied().unwrap_or(0) & 15);
    let four = digest.get(offset..offset + 4).unwrap_or_default();
    let number = four.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    (number & 0x7fff_ffff) % CODES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the RFC's own examples, whose last six digits these are.
    const SECRET: &[u8] = b"12345678901234567890";

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let check = |at: i64, code: &str| assert_eq!(code_of(SECRET, second(at)), code, "{at}");
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    #[test]
    fn a_code_holds_for_its_step_and_those_beside_it_and_is_taken_once() {
        let check = |code: &str, at: i64, last: u64, expected: Option<u64>| {
            assert_eq!(
                step_of(code, SECRET, second(at), last),
                expected,
                "{code} at {at} after {last}"
            );
        };
        // 287082 is that of step 1, seconds 30 to 59
        check("287082", 45, 0, Some(1));
        check("287 082", 45, 0, Some(1));
        check("287082", 15, 0, Some(1));
        check("287082", 89, 0, Some(1));
        check("287082", 90, 0, None);
        check("287082", 45, 1, None);
        check("287083", 45, 0, None);
        for unreadable in ["", "28708", "2870822", "abcdef", "２８７０８２"] {
            check(unreadable, 45, 0, None);
        }
    }

    #[test]
    fn what_codes_are_made_of_can_be_typed_and_read_from_a_picture() {
        let check = |secret: &[u8], expected: &str| assert_eq!(typed(secret), expected);
        check(b"", "");
        check(b"f", "MY");
        check(b"fooba", "MZXW6YTB");
        check(b"foobar", "MZXW6YTBOI");
        check(&[255; 5], "77777777");
        assert_eq!(
            address(b"foobar", "ann b"),
            "otpauth://totp/Statewright:ann%20b?secret=MZXW6YTBOI&issuer=Statewright&algorithm=SHA1&digits=6&period=30"
        );
    }
}
