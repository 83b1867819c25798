//! Lines: where they end, and which text their bytes are.

use std::borrow::Cow;

/// Control characters of the serial line (NUL, ACK, XON, XOFF, NAK, SUB) that devices leave at the ends of lines; no part of a record.
const LINE_NOISE: [char; 6] = ['\0', '\u{06}', '\u{11}', '\u{13}', '\u{15}', '\u{1a}'];
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A line of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1 over the whole input.
    pub number: u32,
    /// The bytes as they came, with their line end.
    pub raw: &'a [u8],
    /// The bytes without their line end.
    pub content: &'a [u8],
}

impl Line<'_> {
    /// The line as text, and whether it had to be read as Latin-1 because it is not UTF-8. Noise at its ends is left out.
    pub fn text(&self) -> (Cow<'_, str>, bool) {
        match std::str::from_utf8(self.content) {
            Ok(text) => (Cow::Borrowed(without_noise(text)), false),
            Err(_) => {
                let text: String = self.content.iter().map(|&byte| char::from(byte)).collect();
                (Cow::Owned(without_noise(&text).to_owned()), true)
            }
        }
    }
}

/// The lines of these bytes, numbered from `first`. CR, LF and CR LF each end a line; the last needs no end.
pub fn lines(bytes: &[u8], first: u32) -> impl Iterator<Item = Line<'_>> {
    let mut rest = bytes;
    let mut number = first;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let content_length = rest
            .iter()
            .position(|&byte| byte == b'\r' || byte == b'\n')
            .unwrap_or(rest.len());
        let end_length = match &rest[content_length..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        let (raw, following) = rest.split_at(content_length + end_length);
        let line = Line {
            number,
            raw,
            content: &raw[..content_length],
        };
        rest = following;
        number = number.saturating_add(1);
        Some(line)
    })
}

/// How many line ends these bytes hold.
pub(crate) fn line_ends(bytes: &[u8]) -> u32 {
    let ends = lines(bytes, 0).filter(|line| line.raw.len() > line.content.len()).count();
    u32::try_from(ends).unwrap_or(u32::MAX)
}

fn without_noise(text: &str) -> &str {
    text.trim_start_matches(BYTE_ORDER_MARK).trim_matches(LINE_NOISE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &[(u32, &str)]) {
        let read: Vec<(u32, String)> = lines(bytes, 1)
            .map(|line| (line.number, line.text().0.into_owned()))
            .collect();
        let expected: Vec<(u32, String)> = expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect();
        assert_eq!(read, expected);
        let joined: Vec<u8> = lines(bytes, 1).flat_map(|line| line.raw.to_vec()).collect();
        assert_eq!(joined, bytes, "no byte is lost");
    }

    #[test]
    fn each_of_the_three_line_ends_ends_one_line() {
        check(b"", &[]);
        check(b"a\rb\nc\r\nd", &[(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
        check(b"a\r\r\nb\n\n", &[(1, "a"), (2, ""), (3, "b"), (4, "")]);
        assert_eq!(line_ends(b"a\rb\nc\r\nd"), 3);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_latin1() {
        check("caf\u{e9}\n".as_bytes(), &[(1, "caf\u{e9}")]);
        check(b"caf\xe9\n", &[(1, "caf\u{e9}")]);
        assert!(lines(b"caf\xe9", 1).all(|line| line.text().1));
    }

    #[test]
    fn noise_of_the_serial_line_is_no_text() {
        check(
            b"\xef\xbb\xbfJOB=1\0\n\x06REQ=TRC\n\x1a",
            &[(1, "JOB=1"), (2, "REQ=TRC"), (3, "")],
        );
    }
}
