//! From bytes to a report.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::framing::{self, ACK, CrcCheck, CrcPolicy, NAK, Segment};
use crate::geometry::Outline;
use crate::limits::{INPUT_BYTES_MAX, LINE_BYTES_MAX, RECORDS_MAX};
use crate::line::{Line, lines};
use crate::record::{Eye, NotARecord, Record};
use crate::record_set::RecordSet;
use crate::report::{Refusal, RefusedPart, Report, Side, Warnings, excerpt};
use crate::series::{Series, SeriesCollector, SeriesKind, Taken};
use crate::status::{ExtendedStatus, StatusCode};
use crate::trace::{self, TraceOf, TraceProblem, TraceSide};

/// How to read; a device's configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    pub crc: CrcPolicy,
}

/// Reads any bytes. All packets of the input, and what stands between them, make one report; a host that answers packet by packet splits its
/// stream with [`framing::split`] and reads each segment's `raw` bytes.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Report {
    let mut reading = Reading::default();
    if bytes.len() > INPUT_BYTES_MAX {
        let reason = format!("the input has {} bytes; at most {INPUT_BYTES_MAX} are read", bytes.len());
        reading.refuse(RefusedPart::Input, 1, StatusCode::FORMAT_ERROR, reason, None);
        return reading.finish();
    }
    let segments = framing::split(bytes);
    let has_packets = segments.iter().any(|segment| segment.packet.is_some());
    for segment in &segments {
        if reading.accepts(segment, has_packets, options.crc) {
            reading.body(segment);
        }
    }
    reading.finish()
}

/// A report in the making.
#[derive(Debug, Default)]
struct Reading {
    records: RecordSet,
    record_count: usize,
    series: SeriesCollector,
    crc: Option<CrcCheck>,
    warnings: Warnings,
    refused: Vec<Refusal>,
    orphans_reported: bool,
}

impl Reading {
    fn refuse(&mut self, what: RefusedPart, line: u32, status: StatusCode, reason: impl Into<String>, raw: Option<Vec<u8>>) {
        self.refused.push(Refusal {
            what,
            line,
            status,
            reason: reason.into(),
            raw,
        });
    }

    /// Applies the checksum's policy to a segment.
    fn accepts(&mut self, segment: &Segment<'_>, has_packets: bool, policy: CrcPolicy) -> bool {
        let Some(packet) = segment.packet else {
            if is_between_packets(segment.body) {
                return false;
            }
            if policy == CrcPolicy::Refuse {
                self.refuse_packet(segment, "records outside a packet, so without a checksum".into());
                return false;
            }
            if has_packets {
                self.warnings.push(segment.line, "records outside a packet");
            }
            return true;
        };
        self.crc = Some(worse(self.crc, packet.crc));
        if !packet.closed {
            self.warnings
                .push(segment.line, "the packet has no end (<GS>); it may have been cut off");
        }
        let Some(complaint) = complaint(packet.crc) else { return true };
        match policy {
            CrcPolicy::Ignore => true,
            CrcPolicy::Warn => {
                self.warnings.push(segment.line, complaint);
                true
            }
            CrcPolicy::Refuse => {
                self.refuse_packet(segment, complaint);
                false
            }
        }
    }

    fn refuse_packet(&mut self, segment: &Segment<'_>, reason: String) {
        self.refuse(
            RefusedPart::Packet,
            segment.line,
            StatusCode::FORMAT_ERROR,
            reason,
            Some(segment.raw.to_vec()),
        );
    }

    fn body(&mut self, segment: &Segment<'_>) {
        for line in lines(segment.body, segment.line) {
            if self.record_count == RECORDS_MAX {
                let reason = format!("more than {RECORDS_MAX} records; nothing is read from here on");
                self.refuse(RefusedPart::Packet, line.number, StatusCode::FORMAT_ERROR, reason, None);
                return;
            }
            self.line(&line);
        }
    }

    fn line(&mut self, line: &Line<'_>) {
        if line.content.len() > LINE_BYTES_MAX {
            let reason = format!("the line has {} bytes; at most {LINE_BYTES_MAX} are read", line.content.len());
            self.refuse(
                RefusedPart::Line,
                line.number,
                StatusCode::FORMAT_ERROR,
                reason,
                Some(line.raw.to_vec()),
            );
            return;
        }
        let (text, is_latin1) = line.text();
        match Record::parse(&text, line.number) {
            Ok(record) if !(self.series.in_binary() && is_unlikely(&record.label)) => self.record(record, line, is_latin1),
            _ if self.series.continuation(line.raw) => {}
            Ok(record) => self.record(record, line, is_latin1),
            Err(_) if text.trim().is_empty() => {}
            Err(problem) => self.not_a_record(line.number, &text, &problem),
        }
    }

    fn not_a_record(&mut self, line: u32, text: &str, problem: &NotARecord) {
        self.warnings
            .push(line, format!("not a record, left out: {problem}: `{}`", excerpt(text)));
    }

    fn record(&mut self, record: Record, line: &Line<'_>, is_latin1: bool) {
        self.record_count += 1;
        match self.series.record(&record, line.raw) {
            Taken::Raw => return,
            Taken::Orphan if !self.orphans_reported => {
                self.orphans_reported = true;
                self.warnings.push(
                    line.number,
                    format!(
                        "`{}` without the format record before it; its values are not used",
                        record.label
                    ),
                );
            }
            Taken::Record | Taken::Orphan => {}
        }
        if is_latin1 {
            self.warnings
                .push(line.number, format!("`{}` is not UTF-8; read as Latin-1", record.label));
        }
        self.records.push(record);
    }

    fn finish(mut self) -> Report {
        let mut sides = Sides::default();
        for series in std::mem::take(&mut self.series).finish() {
            if let Err(problem) = sides.take(&series, &mut self.warnings) {
                self.refuse_series(&series, &problem);
                sides.block(&series);
            }
        }
        for (first, other) in self.records.contradictions() {
            let message = format!(
                "`{}` says something else in line {} already, which is what counts",
                other.label, first.line
            );
            self.warnings.push(other.line, message);
        }
        self.refused.sort_by_key(|refusal| refusal.line);
        let stated = stated_status(&self.records, &mut self.warnings);
        let status = self.refused.first().map_or(stated, |refusal| refusal.status);
        Report {
            status,
            status_text: status.text(),
            xstatus: self.records.all("XSTATUS").iter().map(ExtendedStatus::from_record).collect(),
            right: sides.side(Eye::Right),
            left: sides.side(Eye::Left),
            records: self.records,
            crc: self.crc.unwrap_or(CrcCheck::Absent),
            warnings: self.warnings.finish(),
            refused: self.refused,
        }
    }

    fn refuse_series(&mut self, series: &Series, problem: &TraceProblem) {
        let part = match series.kind {
            SeriesKind::Trace => RefusedPart::Trace,
            SeriesKind::Depth => RefusedPart::Depth,
        };
        self.refuse(
            part,
            series.record.line,
            problem.status(),
            problem.to_string(),
            Some(series.raw.clone()),
        );
    }
}

/// The outlines of both eyes, as far as they could be read.
#[derive(Debug, Default)]
struct Sides {
    outlines: BTreeMap<Eye, (Outline, Option<TraceOf>)>,
    depths: BTreeMap<Eye, Vec<String>>,
    /// Eyes that were traced, but not legibly: their mirror image would hide that.
    blocked: BTreeSet<Eye>,
}

impl Sides {
    fn take(&mut self, series: &Series, warnings: &mut Warnings) -> Result<(), TraceProblem> {
        let header = series.header.clone()?;
        let mut again = Vec::new();
        match series.kind {
            SeriesKind::Trace => {
                for (eye, outline) in header.outlines(&series.values, &series.angles)? {
                    again.extend(keep_first(&mut self.outlines, eye, (outline, header.of)));
                }
            }
            SeriesKind::Depth => {
                for (eye, depths) in header.values_by_eye("depths", &series.values)? {
                    let depths = depths.iter().map(|depth| depth.as_read().unwrap_or("").to_owned()).collect();
                    again.extend(keep_first(&mut self.depths, eye, depths));
                }
            }
        }
        for eye in again {
            warnings.push(
                series.record.line,
                format!("another {} of the {eye} eye; the first counts", series.kind.name()),
            );
        }
        Ok(())
    }

    fn block(&mut self, series: &Series) {
        match (series.kind, trace::side(&series.record)) {
            (SeriesKind::Depth, _) => {}
            (SeriesKind::Trace, Some(TraceSide::One(eye))) => {
                self.blocked.insert(eye);
            }
            (SeriesKind::Trace, Some(TraceSide::Both) | None) => self.blocked.extend(Eye::BOTH),
        }
    }

    fn side(&self, eye: Eye) -> Option<Side> {
        if let Some((outline, of)) = self.outlines.get(&eye) {
            return Some(Side::traced(outline, *of, self.depths.get(&eye).cloned()));
        }
        if self.blocked.contains(&eye) {
            return None;
        }
        let (outline, of) = self.outlines.get(&eye.other())?;
        Some(Side::mirror_of(outline, *of))
    }
}

/// Keeps what an eye has; gives the eye back when something different came.
fn keep_first<T: PartialEq>(map: &mut BTreeMap<Eye, T>, eye: Eye, value: T) -> Option<Eye> {
    match map.get(&eye) {
        Some(first) => Some(eye).filter(|_| *first != value),
        None => {
            map.insert(eye, value);
            None
        }
    }
}

/// The first STATUS that is not 0; 18 for one that cannot be read, since it may be any.
fn stated_status(records: &RecordSet, warnings: &mut Warnings) -> StatusCode {
    for record in records.all("STATUS") {
        let Some(text) = record.fields.first().and_then(Field::value) else {
            continue;
        };
        match text.parse() {
            Ok(0) => {}
            Ok(code) => return StatusCode(code),
            Err(_) => {
                warnings.push(record.line, format!("STATUS `{}` is no number", excerpt(text)));
                return StatusCode::FORMAT_ERROR;
            }
        }
    }
    StatusCode::NO_ERROR
}

/// Whether bytes outside packets are only answers and blanks.
fn is_between_packets(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|&byte| byte.is_ascii_whitespace() || matches!(byte, ACK | NAK | 0))
}

/// Standard labels are capitals; inside binary data anything else is a chance `=`.
fn is_unlikely(label: &str) -> bool {
    let is_series = matches!(label, "R" | "A" | "Z");
    (label.len() < 2 && !is_series) || label.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn complaint(crc: CrcCheck) -> Option<String> {
    match crc {
        CrcCheck::Ok { .. } => None,
        CrcCheck::Absent => Some("the packet has no checksum".into()),
        CrcCheck::Failed {
            expected: Some(expected),
            actual,
        } => Some(format!("the packet states the checksum {expected}, its bytes give {actual}")),
        CrcCheck::Failed { expected: None, actual } => {
            Some(format!("the packet's checksum cannot be read; its bytes give {actual}"))
        }
    }
}

fn worse(first: Option<CrcCheck>, second: CrcCheck) -> CrcCheck {
    match (first, second) {
        (Some(failed @ CrcCheck::Failed { .. }), _) => failed,
        (_, failed @ CrcCheck::Failed { .. }) => failed,
        (Some(CrcCheck::Absent), _) => CrcCheck::Absent,
        (_, second) => second,
    }
}
