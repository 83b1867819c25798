//! STATUS and XSTATUS: what a device or a design system says of a job.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::field::Field;
use crate::record::Record;

/// A STATUS code. Codes outside the table are kept; a vendor may have its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusCode(pub u32);

/// Code and meaning, in the standard's order; from 1001 the lens-design systems' extensions.
pub const STATUS_CODES: [(u32, &str); 23] = [
    (0, "no error"),
    (1, "job not found"),
    (2, "job protected"),
    (3, "general error"),
    (4, "cannot process job"),
    (5, "initialization needed"),
    (6, "invalid job identifier"),
    (7, "missing record"),
    (8, "host error"),
    (9, "incompatible"),
    (10, "out of range"),
    (11, "busy"),
    (12, "out of sync"),
    (13, "invalid initialization"),
    (14, "auto-format initialization not supported"),
    (15, "initialization not supported"),
    (16, "invalid request"),
    (17, "unsupported tracing format"),
    (18, "format error"),
    (19, "process failed"),
    (1001, "sphere out of range"),
    (1002, "bad design name"),
    (1003, "missing parameter"),
];

impl StatusCode {
    pub const NO_ERROR: StatusCode = StatusCode(0);
    pub const MISSING_RECORD: StatusCode = StatusCode(7);
    pub const UNSUPPORTED_TRACING_FORMAT: StatusCode = StatusCode(17);
    pub const FORMAT_ERROR: StatusCode = StatusCode(18);
    pub const MISSING_PARAMETER: StatusCode = StatusCode(1003);

    /// The meaning, in words.
    pub fn text(self) -> &'static str {
        STATUS_CODES
            .iter()
            .find(|(code, _)| *code == self.0)
            .map_or("unknown status code", |(_, text)| text)
    }
}

impl PartialEq<u32> for StatusCode {
    fn eq(&self, code: &u32) -> bool {
        self.0 == *code
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "STATUS {} ({})", self.0, self.text())
    }
}

impl Serialize for StatusCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

/// One line of `XSTATUS=side;code;text;class`. What is left out is none; nothing of it changes the STATUS, so a warning never fails a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtendedStatus {
    /// `R`, `L` or `B`, as read.
    pub side: Option<String>,
    /// The vendor's own code, as text: vendors number them as they like.
    pub code: Option<String>,
    pub text: Option<String>,
    /// The vendor's class, as read; `W` is a warning.
    pub class: Option<String>,
}

impl ExtendedStatus {
    /// From an XSTATUS record. A text with a semicolon in it makes more than four fields; the class is always the last of them.
    pub fn from_record(record: &Record) -> ExtendedStatus {
        let owned = |index: usize| record.value(index).map(str::to_owned);
        // Some senders end the line with a separator; the nulls after the class are no fields.
        let used = record
            .fields
            .iter()
            .rposition(|field| *field != Field::Null)
            .map_or(0, |last| last + 1);
        let (text_end, class) = if used > 3 { (used - 1, owned(used - 1)) } else { (used, None) };
        let parts: Vec<&str> = record.fields.iter().take(text_end).skip(2).filter_map(Field::value).collect();
        let text = Some(parts.join("; ")).filter(|text| !text.is_empty());
        ExtendedStatus {
            side: owned(0),
            code: owned(1),
            text,
            class,
        }
    }

    /// Whether the class says that this is only a warning.
    pub fn is_warning(&self) -> bool {
        self.class.as_deref() == Some("W")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: [Option<&str>; 4]) {
        let record = Record::parse(line, 1).expect("the line is a record");
        let status = ExtendedStatus::from_record(&record);
        assert_eq!(
            [
                status.side.as_deref(),
                status.code.as_deref(),
                status.text.as_deref(),
                status.class.as_deref()
            ],
            expected,
            "{line}"
        );
    }

    #[test]
    fn reads_extended_status() {
        check(
            "XSTATUS=R;1110;External module returns warning;W",
            [Some("R"), Some("1110"), Some("External module returns warning"), Some("W")],
        );
        check("XSTATUS=R;2300;Error1", [Some("R"), Some("2300"), Some("Error1"), None]);
        check(
            "XSTATUS=L;1;thin; at the edge;W",
            [Some("L"), Some("1"), Some("thin; at the edge"), Some("W")],
        );
        check("XSTATUS=;1;;E", [None, Some("1"), None, Some("E")]);
        check("XSTATUS=L;1;thin;W;;", [Some("L"), Some("1"), Some("thin"), Some("W")]);
        check("XSTATUS=", [None; 4]);
    }

    #[test]
    fn names_the_codes() {
        assert_eq!(StatusCode(17).to_string(), "STATUS 17 (unsupported tracing format)");
        assert_eq!(StatusCode(0).text(), "no error");
        assert_eq!(StatusCode(19).text(), "process failed");
        assert_eq!(StatusCode(1003).text(), "missing parameter");
        assert_eq!(StatusCode(4711).text(), "unknown status code");
        assert!(
            STATUS_CODES
                .iter()
                .take(20)
                .enumerate()
                .all(|(index, (code, _))| u32::try_from(index) == Ok(*code))
        );
    }
}
