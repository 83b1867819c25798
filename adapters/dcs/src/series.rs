//! Gathers the lines of a trace or a depth profile under the header they belong to, with their raw bytes, which are all that is left of a
//! trace that must be refused.

use crate::field::Field;
use crate::limits::POINTS_MAX;
use crate::record::Record;
use crate::trace::{TraceHeader, TraceProblem};

/// What a series holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeriesKind {
    /// `TRCFMT` with `R` and `A`.
    Trace,
    /// `ZFMT` with `Z`.
    Depth,
}

impl SeriesKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            SeriesKind::Trace => "trace",
            SeriesKind::Depth => "depth",
        }
    }

    fn of_header(label: &str) -> Option<SeriesKind> {
        match label {
            "TRCFMT" => Some(SeriesKind::Trace),
            "ZFMT" => Some(SeriesKind::Depth),
            _ => None,
        }
    }

    fn of_data(label: &str) -> Option<SeriesKind> {
        match label {
            "R" | "A" => Some(SeriesKind::Trace),
            "Z" => Some(SeriesKind::Depth),
            _ => None,
        }
    }
}

/// A header and all data that followed it.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) kind: SeriesKind,
    pub(crate) record: Record,
    pub(crate) header: Result<TraceHeader, TraceProblem>,
    /// Radii or depths.
    pub(crate) values: Vec<Field>,
    pub(crate) angles: Vec<Field>,
    /// Header and data lines as they came.
    pub(crate) raw: Vec<u8>,
    has_data: bool,
}

impl Series {
    fn begin(kind: SeriesKind, record: &Record, raw: &[u8]) -> Series {
        let header = TraceHeader::from_record(record);
        Series {
            kind,
            record: record.clone(),
            header,
            values: Vec::new(),
            angles: Vec::new(),
            raw: raw.to_vec(),
            has_data: false,
        }
    }

    fn is_unsupported(&self) -> bool {
        matches!(self.header, Err(TraceProblem::UnsupportedFormat(_)))
    }

    fn add_raw(&mut self, raw: &[u8]) {
        self.has_data = true;
        self.raw.extend_from_slice(raw);
    }

    fn add(&mut self, record: &Record, raw: &[u8]) {
        self.add_raw(raw);
        let list = if record.label == "A" {
            &mut self.angles
        } else {
            &mut self.values
        };
        // Many devices end each line with a separator; the null after it is no value.
        let trailing = usize::from(record.fields.len() > 1 && record.fields.last() == Some(&Field::Null));
        // One more than can be right is kept, so that the surplus is seen; the rest would only cost memory.
        let room = (2 * POINTS_MAX + 1).saturating_sub(list.len());
        list.extend(record.fields.iter().take(record.fields.len() - trailing).take(room).cloned());
    }
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It belongs to no series, or is an ordinary part of one: it is a record like any other.
    Record,
    /// It is data of a series in a format that is not read: not a record, only raw bytes.
    Raw,
    /// It is data without a header before it.
    Orphan,
}

/// Assigns lines to series.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeriesCollector {
    trace: Option<Series>,
    depth: Option<Series>,
    finished: Vec<Series>,
    /// The series of unsupported format whose data the last line was: what follows may be binary.
    unsupported: Option<SeriesKind>,
}

impl SeriesCollector {
    pub(crate) fn record(&mut self, record: &Record, raw: &[u8]) -> Taken {
        if let Some(kind) = SeriesKind::of_header(&record.label) {
            let series = Series::begin(kind, record, raw);
            self.unsupported = Some(kind).filter(|_| series.is_unsupported());
            let earlier = self.open(kind).replace(series);
            self.finished.extend(earlier);
            return Taken::Record;
        }
        let Some(kind) = SeriesKind::of_data(&record.label) else {
            self.unsupported = None;
            return Taken::Record;
        };
        match self.open(kind) {
            None => Taken::Orphan,
            Some(series) if series.is_unsupported() => {
                series.add_raw(raw);
                self.unsupported = Some(kind);
                Taken::Raw
            }
            Some(series) => {
                series.add(record, raw);
                Taken::Record
            }
        }
    }

    /// Takes a line that is no record if it continues binary data; says whether it did.
    pub(crate) fn continuation(&mut self, raw: &[u8]) -> bool {
        let Some(kind) = self.unsupported else { return false };
        if let Some(series) = self.open(kind) {
            series.add_raw(raw);
        }
        true
    }

    /// Whether the last line was binary data, so that the next may look like a record by chance.
    pub(crate) fn in_binary(&self) -> bool {
        self.unsupported.is_some()
    }

    /// All series that have data. A header alone is a format offered in a negotiation.
    pub(crate) fn finish(self) -> Vec<Series> {
        let mut series = self.finished;
        series.extend(self.trace);
        series.extend(self.depth);
        series.retain(|series| series.has_data);
        series
    }

    fn open(&mut self, kind: SeriesKind) -> &mut Option<Series> {
        match kind {
            SeriesKind::Trace => &mut self.trace,
            SeriesKind::Depth => &mut self.depth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str]) -> (Vec<Taken>, Vec<Series>) {
        let mut collector = SeriesCollector::default();
        let mut taken = Vec::new();
        for line in lines {
            match Record::parse(line, 1) {
                Ok(record) => taken.push(collector.record(&record, line.as_bytes())),
                Err(_) => taken.push(if collector.continuation(line.as_bytes()) {
                    Taken::Raw
                } else {
                    Taken::Orphan
                }),
            }
        }
        (taken, collector.finish())
    }

    #[test]
    fn lines_join_under_their_header_whatever_stands_between() {
        let (taken, series) = check(&[
            "TRCFMT=1;4;E;R;F",
            "ZFMT=1;2;E;R;F",
            "R=1;2;",
            "Z=8",
            "CIRC=3",
            "R=3;4",
            "Z=9",
        ]);
        assert!(taken.iter().all(|taken| *taken == Taken::Record));
        assert_eq!(series.iter().map(|series| series.values.len()).collect::<Vec<_>>(), [4, 2]);
    }

    #[test]
    fn a_header_alone_is_no_series() {
        assert!(check(&["TRCFMT=1;512;E;R;F", "TRCFMT=2;512;E;R;F"]).1.is_empty());
    }

    #[test]
    fn binary_data_stays_raw() {
        let (taken, series) = check(&["TRCFMT=4;9;E;R;F", "R=xx", "\u{1}yy", "zz", "VBOX=1", "not a record"]);
        assert_eq!(
            taken,
            [
                Taken::Record,
                Taken::Raw,
                Taken::Raw,
                Taken::Raw,
                Taken::Record,
                Taken::Orphan
            ]
        );
        assert_eq!(series[0].raw, b"TRCFMT=4;9;E;R;FR=xx\x01yyzz");
    }

    #[test]
    fn data_without_a_header_is_an_orphan() {
        assert_eq!(check(&["R=1"]).0, [Taken::Orphan]);
    }

    #[test]
    fn surplus_values_cost_no_memory() {
        let line = format!("R={}", "1;".repeat(20_000));
        let (_, series) = check(&["TRCFMT=1;4;E;R;F", &line, &line, &line]);
        assert_eq!(series[0].values.len(), 2 * POINTS_MAX + 1);
    }
}
