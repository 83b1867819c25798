//! One record: a label and its fields, `LABEL=field;field`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field::{self, Field};
use crate::limits::LABEL_BYTES_MAX;

/// Separates the label from the fields.
pub const LABEL_SEPARATOR: char = '=';
/// Marks a record that the receiver must understand.
pub const MANDATORY_FLAG: char = '*';

/// Which lens of a pair. In chiral records the right one stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Eye {
    Right,
    Left,
}

impl Eye {
    /// Both, in the order of chiral records.
    pub const BOTH: [Eye; 2] = [Eye::Right, Eye::Left];

    /// The other eye.
    pub fn other(self) -> Eye {
        match self {
            Eye::Right => Eye::Left,
            Eye::Left => Eye::Right,
        }
    }

    /// `R` or `L`, as it stands in records.
    pub fn letter(self) -> &'static str {
        match self {
            Eye::Right => "R",
            Eye::Left => "L",
        }
    }
}

impl fmt::Display for Eye {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Eye::Right => "right",
            Eye::Left => "left",
        })
    }
}

/// A record. `Display` gives the line without its line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The label without its mandatory flag; `_` in front makes it a private one.
    pub label: String,
    /// The sender's `*`: whoever does not understand this record must say so.
    pub mandatory: bool,
    /// At least one field; an empty record has one null.
    pub fields: Vec<Field>,
    /// The line of the input, counted from 1; 0 for a record that was made, not read.
    pub line: u32,
}

/// Why a line is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARecord {
    #[error("no `=` between a label and its fields")]
    NoSeparator,
    #[error("no label before the `=`")]
    NoLabel,
    #[error("the label is longer than {LABEL_BYTES_MAX} characters")]
    LabelTooLong,
    #[error("a label holds only letters, digits, `_`, `-` and `.`")]
    LabelCharacter,
}

impl Record {
    /// A record of these fields, in this order.
    pub fn new(label: impl Into<String>, fields: Vec<Field>) -> Record {
        let fields = if fields.is_empty() { vec![Field::Null] } else { fields };
        Record {
            label: label.into(),
            mandatory: false,
            fields,
            line: 0,
        }
    }

    /// A record with one text.
    pub fn single(label: impl Into<String>, text: impl Into<String>) -> Record {
        Record::new(label, vec![Field::text(text)])
    }

    /// A chiral record, always with both places: a value for one eye leaves the other's empty, since a lone value would mean both.
    pub fn chiral(label: impl Into<String>, right: Option<&str>, left: Option<&str>) -> Record {
        Record::new(
            label,
            vec![right.map_or(Field::Null, Field::text), left.map_or(Field::Null, Field::text)],
        )
    }

    /// Reads one line (without its line end).
    ///
    /// # Errors
    /// [`NotARecord`] says what is missing.
    pub fn parse(text: &str, line: u32) -> Result<Record, NotARecord> {
        let (label, value) = text.split_once(LABEL_SEPARATOR).ok_or(NotARecord::NoSeparator)?;
        let label = label.trim();
        let bare = label
            .strip_prefix(MANDATORY_FLAG)
            .or_else(|| label.strip_suffix(MANDATORY_FLAG));
        let mandatory = bare.is_some();
        let label = bare.unwrap_or(label).trim();
        check_label(label)?;
        Ok(Record {
            label: label.to_owned(),
            mandatory,
            fields: field::split(value),
            line,
        })
    }

    /// The field that holds for an eye by the chiral rule `right;left`: one field means both, fields after the second are ignored.
    pub fn eye_field(&self, eye: Eye) -> &Field {
        const NOTHING: &Field = &Field::Null;
        let index = match eye {
            Eye::Left if self.fields.len() > 1 => 1,
            _ => 0,
        };
        self.fields.get(index).unwrap_or(NOTHING)
    }

    /// The meaning of that field, see [`Field::value`].
    pub fn eye(&self, eye: Eye) -> Option<&str> {
        self.eye_field(eye).value()
    }

    /// The meaning of the n-th field, counted from 0.
    pub fn value(&self, index: usize) -> Option<&str> {
        self.fields.get(index).and_then(Field::value)
    }

    /// The same record to another reader: label, flag and fields, wherever it stood.
    pub fn says_the_same(&self, other: &Record) -> bool {
        self.label == other.label && self.mandatory == other.mandatory && self.fields == other.fields
    }
}

impl fmt::Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mandatory {
            write!(formatter, "{MANDATORY_FLAG}")?;
        }
        write!(formatter, "{}{LABEL_SEPARATOR}", self.label)?;
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                write!(formatter, "{}", field::FIELD_SEPARATOR)?;
            }
            write!(formatter, "{field}")?;
        }
        Ok(())
    }
}

fn check_label(label: &str) -> Result<(), NotARecord> {
    if label.is_empty() {
        return Err(NotARecord::NoLabel);
    }
    if !label
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.'))
    {
        return Err(NotARecord::LabelCharacter);
    }
    if label.len() > LABEL_BYTES_MAX {
        return Err(NotARecord::LabelTooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Record {
        Record::parse(line, 7).expect("the line is a record")
    }

    #[test]
    fn reads_label_flag_and_fields() {
        let record = check("* _LLVAL = ?;1");
        assert_eq!((record.label.as_str(), record.mandatory, record.line), ("_LLVAL", true, 7));
        assert_eq!(record.fields, [Field::Unknown, Field::Text("1".into())]);
        assert!(check("SPH*=1").mandatory);
        assert!(!check("SPH=*").mandatory);
        assert_eq!(check("TEXT=a=b").value(0), Some("a=b"));
    }

    #[test]
    fn one_value_means_both_eyes_and_a_third_is_ignored() {
        for (line, right, left) in [
            ("DBL=20.00", Some("20.00"), Some("20.00")),
            ("SPH=1.25;-0.50", Some("1.25"), Some("-0.50")),
            ("SPH=1.25;-0.50;9", Some("1.25"), Some("-0.50")),
            ("SPH=1.25;", Some("1.25"), None),
            ("SPH=;-0.50", None, Some("-0.50")),
            ("SPH=?", None, None),
            ("SPH=", None, None),
        ] {
            let record = check(line);
            assert_eq!((record.eye(Eye::Right), record.eye(Eye::Left)), (right, left), "{line}");
        }
    }

    #[test]
    fn a_chiral_record_for_one_eye_keeps_the_other_place_empty() {
        assert_eq!(Record::chiral("SPH", Some("-0.50"), None).to_string(), "SPH=-0.50;");
        assert_eq!(Record::chiral("SPH", None, Some("-0.50")).to_string(), "SPH=;-0.50");
    }

    #[test]
    fn says_why_a_line_is_not_a_record() {
        assert_eq!(Record::parse("hello", 1), Err(NotARecord::NoSeparator));
        assert_eq!(Record::parse(" =1", 1), Err(NotARecord::NoLabel));
        assert_eq!(Record::parse("*=1", 1), Err(NotARecord::NoLabel));
        assert_eq!(Record::parse("A B=1", 1), Err(NotARecord::LabelCharacter));
        assert_eq!(
            Record::parse(&format!("{}=1", "A".repeat(33)), 1),
            Err(NotARecord::LabelTooLong)
        );
    }
}
