//! From records to bytes, as a device or a design system sends them.

use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::framing;
use crate::limits::LINE_BYTES_WRITTEN_MAX;
use crate::record::Record;

/// Labels whose fields may go over several lines: each line continues the list.
const CONTINUED_LABELS: [&str; 5] = ["A", "R", "T", "Z", "ZZ"];

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// The standard's.
    #[default]
    CrLf,
    /// Some devices send no line feed.
    Cr,
    /// Files often have this.
    Lf,
}

impl LineEnd {
    fn text(self) -> &'static str {
        match self {
            LineEnd::CrLf => "\r\n",
            LineEnd::Cr => "\r",
            LineEnd::Lf => "\n",
        }
    }
}

/// What stands round the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Nothing: a file.
    #[default]
    File,
    /// `<FS>` and `<GS>`.
    Packet,
    /// `<FS>`, `<RS>`, the checksum and `<GS>`.
    PacketWithCrc,
}

/// How to write; a device's configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteOptions {
    pub line_end: LineEnd,
    pub framing: Framing,
}

/// Why records cannot be written. Nothing is written then: a device must not get half of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Shorten the text, or send it under several labels.
    #[error("`{label}` needs {bytes} characters in one line; at most {LINE_BYTES_WRITTEN_MAX} are allowed")]
    LineTooLong { label: String, bytes: usize },
    /// A control character, a quote in a text that needs quotes, or a label that is none.
    #[error("`{label}` would be read as something else; take quotes and control characters out of its text")]
    NotReadable { label: String },
}

/// Writes records in their order. Lines are at most [`LINE_BYTES_WRITTEN_MAX`] bytes, line end included; lists (`R`, `A`, `Z`, `T`, `ZZ`) go on
/// in further lines, other records may not be divided.
///
/// # Errors
/// [`WriteError`]: each line is read back before it is written, so what is written is what will be read.
pub fn write(records: &[Record], options: &WriteOptions) -> Result<Vec<u8>, WriteError> {
    let end = options.line_end.text();
    let room = LINE_BYTES_WRITTEN_MAX - end.len();
    let mut body = String::new();
    for record in records {
        for line in divided(record, room) {
            body.push_str(&checked(&line, room, end.len())?);
            body.push_str(end);
        }
    }
    Ok(match options.framing {
        Framing::File => body.into_bytes(),
        Framing::Packet => framing::enclose(body.as_bytes(), false),
        Framing::PacketWithCrc => framing::enclose(body.as_bytes(), true),
    })
}

/// The record in pieces that fit a line, as far as it may be divided.
fn divided(record: &Record, room: usize) -> Vec<Record> {
    if !CONTINUED_LABELS.contains(&record.label.as_str()) {
        return vec![record.clone()];
    }
    let start = Record {
        fields: Vec::new(),
        ..record.clone()
    };
    let label_length = start.to_string().len();
    let mut pieces = vec![start.clone()];
    let mut length = label_length;
    for field in &record.fields {
        let field_length = field.to_string().len() + 1;
        let full = length + field_length > room + 1;
        match pieces.last_mut() {
            Some(piece) if !full || piece.fields.is_empty() => piece.fields.push(field.clone()),
            _ => {
                pieces.push(Record {
                    fields: vec![field.clone()],
                    ..start.clone()
                });
                length = label_length;
            }
        }
        length += field_length;
    }
    pieces
}

fn checked(record: &Record, room: usize, end_length: usize) -> Result<String, WriteError> {
    let line = record.to_string();
    if line.len() > room {
        return Err(WriteError::LineTooLong {
            label: record.label.clone(),
            bytes: line.len() + end_length,
        });
    }
    let printable = !line.chars().any(char::is_control);
    let reads_back = Record::parse(&line, record.line).is_ok_and(|read| read.says_the_same(record));
    let whole_list = record.fields.len() < 2
        || record.fields.last() != Some(&Field::Null)
        || !CONTINUED_LABELS.contains(&record.label.as_str());
    if printable && reads_back && whole_list {
        Ok(line)
    } else {
        Err(WriteError::NotReadable {
            label: record.label.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(records: &[Record], line_end: LineEnd, framing: Framing) -> Result<String, WriteError> {
        let bytes = write(records, &WriteOptions { line_end, framing })?;
        Ok(String::from_utf8(bytes).expect("what was written is text"))
    }

    #[test]
    fn writes_lines_and_packets() {
        let records = [Record::single("REQ", "TRC"), Record::single("JOB", "98_50X50")];
        assert_eq!(
            check(&records, LineEnd::CrLf, Framing::File).as_deref(),
            Ok("REQ=TRC\r\nJOB=98_50X50\r\n")
        );
        assert_eq!(
            check(&records, LineEnd::Lf, Framing::Packet).as_deref(),
            Ok("\u{1c}REQ=TRC\nJOB=98_50X50\n\u{1d}")
        );
        let with_crc = check(&records, LineEnd::Cr, Framing::PacketWithCrc);
        assert_eq!(
            with_crc.as_deref(),
            Ok("\u{1c}REQ=TRC\rJOB=98_50X50\r\u{1e}CRC=19087\r\u{1d}")
        );
    }

    #[test]
    fn a_list_goes_on_in_the_next_line_at_eighty_characters() {
        let list = Record::new("R", vec![Field::text("1234"); 40]);
        let text = check(&[list], LineEnd::CrLf, Framing::File).expect("a list can be divided");
        let lengths: Vec<usize> = text.split_inclusive('\n').map(str::len).collect();
        assert_eq!(lengths, [78, 78, 53]);
        for (last, lengths) in [("1", vec![80]), ("12", vec![78, 6])] {
            let fields = vec![Field::text("1234"); 15].into_iter().chain([Field::text(last)]).collect();
            let text = check(&[Record::new("R", fields)], LineEnd::CrLf, Framing::File).expect("a list can be divided");
            assert_eq!(text.split_inclusive('\n').map(str::len).collect::<Vec<_>>(), lengths);
        }
    }

    #[test]
    fn a_text_that_does_not_fit_is_an_error() {
        let length = |count: usize| check(&[Record::single("TEXT", "x".repeat(count))], LineEnd::CrLf, Framing::File);
        assert!(length(73).is_ok());
        assert_eq!(
            length(74),
            Err(WriteError::LineTooLong {
                label: "TEXT".into(),
                bytes: 81
            })
        );
    }

    #[test]
    fn what_would_be_read_as_something_else_is_an_error() {
        for record in [
            Record::single("A=B", "1"),
            Record::single("", "1"),
            Record::single("TEXT", "two\r\nlines"),
            Record::single("TEXT", "say \"a;b\""),
            Record::new("TEXT", vec![Field::Text("a;b".into())]),
            Record::new("TEXT", vec![Field::Text(String::new())]),
            Record::new("TEXT", vec![Field::Quoted("a\"b".into())]),
            Record::new("R", vec![Field::text("1"), Field::Null]),
        ] {
            let result = check(std::slice::from_ref(&record), LineEnd::Lf, Framing::File);
            assert_eq!(
                result,
                Err(WriteError::NotReadable {
                    label: record.label.clone()
                }),
                "{record}"
            );
        }
    }
}
