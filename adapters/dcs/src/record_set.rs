//! All records of an input by label, and their JSON.
//!
//! # JSON
//!
//! ```json
//! { "INSSPH":  {"right": "-0.47", "left": "0.43", "all": [["-0.47", "0.43"]], "lines": [62]},
//!   "DBL":     {"right": "20.00", "left": "20.00", "all": [["20.00"]], "lines": [38]},
//!   "XSTATUS": {"all": [["R", "1110", "…", "W"], ["L", "1110", "…", "W"]], "lines": [230, 231]} }
//! ```
//!
//! - `right`, `left`: what holds for each eye by the chiral rule, from the first record of that label; null when empty or unknown (`?`).
//!   Not given for the labels that are lists by nature ([`LIST_LABELS`]).
//! - `all`: every record of that label in its order, with its fields as read: blanks kept, null for an empty field, `"?"` for unknown.
//! - `lines`: the line of each, so that the order between labels is not lost (which `T=` belongs to which `STHKFMT`).
//! - `mandatory`: true if a sender's `*` stood at one of them; else absent.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::decimal_text::{DecimalText, NotADecimal};
use crate::field::Field;
use crate::record::{Eye, Record};

/// Labels whose fields are a list, not a pair of eyes, and which may repeat. Private labels may repeat, too.
pub const LIST_LABELS: [&str; 17] = [
    "A", "ANS", "D", "DRILL", "DRILLE", "ENGMARK", "PROC", "R", "REQ", "STHKFMT", "SURFMT", "T", "TRCFMT", "XSTATUS", "Z",
    "ZFMT", "ZZ",
];

/// Records by label; those of one label in the order in which they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSet {
    by_label: BTreeMap<String, Vec<Record>>,
}

impl RecordSet {
    pub fn new() -> RecordSet {
        RecordSet::default()
    }

    /// Adds a record behind those of its label.
    pub fn push(&mut self, record: Record) {
        self.by_label.entry(record.label.clone()).or_default().push(record);
    }

    /// Every record of a label; none is an empty list.
    pub fn all(&self, label: &str) -> &[Record] {
        self.by_label.get(label).map_or(&[], Vec::as_slice)
    }

    /// The first record of a label: the one that counts where only one can.
    pub fn first(&self, label: &str) -> Option<&Record> {
        self.all(label).first()
    }

    /// What the first record of a label says for an eye.
    pub fn eye(&self, label: &str, eye: Eye) -> Option<&str> {
        self.first(label)?.eye(eye)
    }

    /// The first field of the first record of a label, for records that have no sides.
    pub fn text(&self, label: &str) -> Option<&str> {
        self.first(label)?.value(0)
    }

    /// [`RecordSet::eye`] as an exact number.
    ///
    /// # Errors
    /// [`NotADecimal`] when there is text that is no plain decimal number.
    pub fn decimal(&self, label: &str, eye: Eye) -> Result<Option<DecimalText>, NotADecimal> {
        self.eye(label, eye).map(str::parse).transpose()
    }

    /// Labels and their records, labels in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Record])> {
        self.by_label
            .iter()
            .map(|(label, records)| (label.as_str(), records.as_slice()))
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.by_label.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_label.is_empty()
    }

    /// Records that contradict the first of their label, where only one can count.
    pub(crate) fn contradictions(&self) -> impl Iterator<Item = (&Record, &Record)> {
        self.iter()
            .filter(|(label, _)| !may_repeat(label))
            .filter_map(|(_, records)| {
                let first = records.first()?;
                let other = records.iter().find(|record| record.fields != first.fields)?;
                Some((first, other))
            })
    }
}

impl FromIterator<Record> for RecordSet {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> RecordSet {
        let mut set = RecordSet::new();
        records.into_iter().for_each(|record| set.push(record));
        set
    }
}

impl Serialize for RecordSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.by_label
                .iter()
                .map(|(label, records)| (label, LabelView { label, records })),
        )
    }
}

fn is_list(label: &str) -> bool {
    LIST_LABELS.contains(&label)
}

fn may_repeat(label: &str) -> bool {
    is_list(label) || label.starts_with('_')
}

struct LabelView<'a> {
    label: &'a str,
    records: &'a [Record],
}

impl Serialize for LabelView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mandatory = self.records.iter().any(|record| record.mandatory);
        let pair = self.records.first().filter(|_| !is_list(self.label));
        let mut view = serializer.serialize_struct("Record", 2 + 2 * usize::from(pair.is_some()) + usize::from(mandatory))?;
        if let Some(record) = pair {
            view.serialize_field("right", &record.eye(Eye::Right))?;
            view.serialize_field("left", &record.eye(Eye::Left))?;
        }
        let all: Vec<Vec<Option<&str>>> = self
            .records
            .iter()
            .map(|record| record.fields.iter().map(Field::as_read).collect())
            .collect();
        view.serialize_field("all", &all)?;
        view.serialize_field("lines", &self.records.iter().map(|record| record.line).collect::<Vec<u32>>())?;
        if mandatory {
            view.serialize_field("mandatory", &true)?;
        }
        view.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], expected: &str) {
        let numbered = (1..).zip(lines);
        let set: RecordSet = numbered
            .map(|(number, line)| Record::parse(line, number).expect("the line is a record"))
            .collect();
        assert_eq!(serde_json::to_string(&set).expect("records have a JSON form"), expected);
    }

    #[test]
    fn pairs_and_lists_in_json() {
        check(
            &["INSSPH=-0.47;0.43"],
            r#"{"INSSPH":{"right":"-0.47","left":"0.43","all":[["-0.47","0.43"]],"lines":[1]}}"#,
        );
        check(
            &["*DBL=20.00"],
            r#"{"DBL":{"right":"20.00","left":"20.00","all":[["20.00"]],"lines":[1],"mandatory":true}}"#,
        );
        check(
            &["XSTATUS=R;1", "XSTATUS=L;2"],
            r#"{"XSTATUS":{"all":[["R","1"],["L","2"]],"lines":[1,2]}}"#,
        );
        check(
            &["_X=?; ;\"a;b\";"],
            r#"{"_X":{"right":null,"left":null,"all":[["?"," ","a;b",null]],"lines":[1]}}"#,
        );
    }

    #[test]
    fn a_contradiction_is_found_only_where_one_value_counts() {
        let found = |lines: &[&str]| -> usize {
            let set: RecordSet = lines
                .iter()
                .map(|line| Record::parse(line, 1).expect("the line is a record"))
                .collect();
            set.contradictions().count()
        };
        assert_eq!(found(&["SPH=1;2", "SPH=1;3"]), 1);
        assert_eq!(found(&["SPH=1;2", "SPH=1;2"]), 0);
        assert_eq!(found(&["XSTATUS=R;1", "XSTATUS=L;1", "_E=1", "_E=2"]), 0);
    }

    #[test]
    fn labels_that_are_lists_are_sorted_once() {
        assert!(LIST_LABELS.is_sorted());
    }
}
