//! DCS files and packets, and what a lens design system answers.

use statewright_dcs::design_request::check_request;
use statewright_dcs::framing::{CrcCheck, split};
use statewright_dcs::limits::{INPUT_BYTES_MAX, WARNINGS_MAX};
use statewright_dcs::report::Side;
use statewright_dcs::{CrcPolicy, DesignAnswer, Eye, Framing, LineEnd, ReadOptions, Record, Report, WriteOptions, read, write};

use crate::Target;

const PIECES: &[&str] = &[
    "TRCFMT=", "ZFMT=", "R=", "A=", "Z=", "STATUS=", "XSTATUS=", "DO=", "JOB=", "INSSPH=", "INSCYL=", "LDDRSPH=", "SPH=", "AX=",
    "*", "_X=", "CRC=", "1", "2", "4", "6", "360", "36000", "-0.47", "1e3", "inf", "NaN", "E", "U", "R", "L", "B", "F", ";",
    ";;", ",", "\"", "?", "=", " ", "\r", "\n", "\r\n", "\u{1c}", "\u{1d}", "\u{1e}", "\u{6}", "\u{15}", "é",
];

/// Records that the writer divides, so that there may be more of them when they are read again.
const LISTS: [&str; 5] = ["R", "A", "Z", "T", "ZZ"];

pub(crate) const REPORT: Target = Target {
    name: "dcs",
    hold: hold_report,
    pieces: PIECES,
};

pub(crate) const DESIGN_ANSWER: Target = Target {
    name: "design_answer",
    hold: hold_answer,
    pieces: PIECES,
};

fn hold_report(bytes: &[u8]) {
    let segments = split(bytes);
    let joined: Vec<u8> = segments.iter().flat_map(|segment| segment.raw).copied().collect();
    assert_eq!(joined, bytes, "every byte is in exactly one segment");
    for crc in [CrcPolicy::Ignore, CrcPolicy::Warn, CrcPolicy::Refuse] {
        let report = read(bytes, &ReadOptions { crc });
        report_holds(bytes, &report);
        if crc == CrcPolicy::Ignore {
            written_again(&report);
        }
    }
}

fn report_holds(bytes: &[u8], report: &Report) {
    assert!(
        bytes.len() <= INPUT_BYTES_MAX || report.records.is_empty(),
        "an input too long is refused as a whole"
    );
    assert!(report.warnings.len() <= WARNINGS_MAX + 1);
    assert!(report.refused.iter().all(|refusal| !refusal.reason.is_empty()));
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    let places = report.warnings.iter().map(|warning| warning.line);
    let places = places.chain(report.refused.iter().map(|refusal| refusal.line));
    assert!(
        places.into_iter().all(|line| 1 <= line && line as usize <= lines),
        "every line named is there"
    );
    let json = report.to_json().to_string();
    // Escaped characters take six bytes, refused bytes stand in base 64, and a label may be short.
    assert!(
        json.len() <= 4_096 + 64 * (WARNINGS_MAX + 1) * 8 + 120 * bytes.len(),
        "a report grows with its input"
    );
    for side in [&report.right, &report.left].into_iter().flatten() {
        side_holds(side);
    }
}

pub(crate) fn side_holds(side: &Side) {
    let measures = side.measures;
    let lengths = [measures.a_mm, measures.b_mm, measures.ed_mm, measures.circumference_mm];
    assert!(
        lengths.iter().all(|length| length.is_finite() && *length >= 0.0),
        "{measures:?}"
    );
    assert!(
        side.points
            .iter()
            .all(|point| (0.0..360.0).contains(&point.angle_deg) && point.radius_mm > 0.0)
    );
    assert!(
        side.points.windows(2).all(|pair| pair[0].angle_deg < pair[1].angle_deg),
        "points go once round"
    );
}

/// What was read and can be written reads the same again.
fn written_again(report: &Report) {
    let mut records: Vec<Record> = report.records.iter().flat_map(|(_, records)| records).cloned().collect();
    records.sort_by_key(|record| record.line);
    // Packets in one line leave open which record came first, and what follows a format that is not read may be taken for its data.
    if records.windows(2).any(|pair| pair[0].line == pair[1].line) {
        return;
    }
    for framing in [Framing::File, Framing::Packet, Framing::PacketWithCrc] {
        let options = WriteOptions {
            line_end: LineEnd::CrLf,
            framing,
        };
        let Ok(bytes) = write(&records, &options) else { return };
        let again = read(&bytes, &ReadOptions { crc: CrcPolicy::Refuse });
        assert!(framing != Framing::PacketWithCrc || !matches!(again.crc, CrcCheck::Failed { .. } | CrcCheck::Absent));
        let again = read(&bytes, &ReadOptions { crc: CrcPolicy::Ignore });
        let texts = |report: &Report| -> Vec<(String, usize)> {
            let labels = report.records.iter().filter(|(label, _)| !LISTS.contains(label));
            labels.map(|(label, records)| (label.to_owned(), records.len())).collect()
        };
        assert_eq!(texts(&again), texts(report), "{framing:?}");
    }
}

fn hold_answer(bytes: &[u8]) {
    let report = read(bytes, &ReadOptions::default());
    let answer = DesignAnswer::from_report(&report);
    assert!(answer.problems.iter().all(|problem| !problem.is_empty()));
    if answer.status.0 == 0 {
        assert!(
            answer.problems.is_empty() && report.status.0 == 0 && report.refused.is_empty(),
            "a good answer has no fault"
        );
        for eye in &answer.eyes {
            let targets = answer.inspection.eye(*eye);
            assert!(
                targets.is_some_and(|targets| targets.sphere.is_some() && targets.cylinder.is_some()),
                "{eye}"
            );
        }
    }
    let json = answer.to_json();
    assert_eq!(json["status"], report_number(answer.status.0));
    for eye in Eye::BOTH {
        assert_eq!(answer.ordered.eye(eye).is_some(), answer.eyes.contains(&eye));
    }
    let _ = check_request(&report.records);
}

fn report_number(number: u32) -> serde_json::Value {
    serde_json::Value::from(number)
}
