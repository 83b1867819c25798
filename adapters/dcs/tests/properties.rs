//! Properties: any bytes have a report; what is written is what is read; nothing but damage makes a checksum fail.

use proptest::collection::vec;
use proptest::prelude::*;
use statewright_dcs::design_answer::DesignAnswer;
use statewright_dcs::design_request::check_request;
use statewright_dcs::field::Field;
use statewright_dcs::framing::split;
use statewright_dcs::geometry::{Outline, Point};
use statewright_dcs::trace::{TraceOf, trace_records};
use statewright_dcs::{CrcPolicy, DecimalText, Eye, Framing, LineEnd, ReadOptions, Record, Report, WriteOptions, read, write};

/// Everything that can be asked of any input; none of it may panic.
fn exercise(bytes: &[u8]) -> Report {
    for crc in [CrcPolicy::Ignore, CrcPolicy::Refuse] {
        read(bytes, &ReadOptions { crc });
    }
    let segments: usize = split(bytes).iter().map(|segment| segment.raw.len()).sum();
    assert_eq!(segments, bytes.len());
    let report = read(bytes, &ReadOptions::default());
    report.to_json();
    DesignAnswer::from_report(&report).to_json();
    let _ = check_request(&report.records);
    let records: Vec<Record> = report.records.iter().flat_map(|(_, records)| records).cloned().collect();
    for record in &records {
        record.fields.iter().for_each(|field| drop(field.codes()));
    }
    let _ = write(&records, &WriteOptions::default());
    for side in [&report.right, &report.left].into_iter().flatten() {
        let measures = side.measures;
        let lengths = [measures.a_mm, measures.b_mm, measures.ed_mm, measures.circumference_mm];
        assert!(lengths.iter().all(|length| length.is_finite() && *length >= 0.0));
        assert!(side.points.windows(2).all(|pair| pair[0].angle_deg < pair[1].angle_deg));
    }
    report
}

/// A whole packet with every kind of record in it.
fn fixture() -> Vec<u8> {
    let mut records = vec![
        Record::single("REQ", "LMS"),
        Record::single("JOB", "a;b"),
        Record::single("DO", "B"),
        Record::chiral("INSSPH", Some("-0.47"), Some("0.43")),
        Record::chiral("INSCYL", Some("-1.15"), None),
        Record::new("_LLVAL", vec![Field::Unknown, Field::Null]),
        Record::new("XSTATUS", ["R", "1110", "thin", "W"].map(Field::text).to_vec()),
        Record::single("STATUS", "0"),
    ];
    records.extend(trace_records(Eye::Right, TraceOf::Frame, &[2000; 24]));
    records.push(Record::new("ZFMT", ["1", "3", "E", "R", "F"].map(Field::text).to_vec()));
    records.push(Record::new("Z", ["1", "2", "3"].map(Field::text).to_vec()));
    records.push(Record::new("TRCFMT", ["1", "4", "U", "L", "F"].map(Field::text).to_vec()));
    records.push(Record::new("R", ["2000", "2100", "2000", "2100"].map(Field::text).to_vec()));
    records.push(Record::new("A", ["0", "9000", "18000", "27000"].map(Field::text).to_vec()));
    let options = WriteOptions {
        framing: Framing::PacketWithCrc,
        ..WriteOptions::default()
    };
    write(&records, &options).expect("records that can be written")
}

/// Bytes near to records: pieces of the language in any order.
fn near_records() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "TRCFMT=", "ZFMT=", "R=", "A=", "Z=", "STATUS=", "XSTATUS=", "DO=", "INSSPH=", "*", "_X=", "CRC=", "1", "2", "4",
            "6", "360", "36000", "-0.47", "E", "U", "R", "L", "B", "F", ";", ";", ",", "\"", "?", "=", " ", "\r", "\n", "\r\n",
            "\u{1c}", "\u{1d}", "\u{1e}", "\u{6}", "é",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        Just(Field::Null),
        Just(Field::Unknown),
        "[ -!#-~äπ]{0,12}".prop_map(Field::text),
        "-?[0-9]{1,3}\\.[0-9]{2}".prop_map(Field::Text),
        "[a-z]{1,3},[a-z]{0,3}".prop_map(Field::Text),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let label = "_?[B-Q][A-Z0-9_]{0,7}".prop_filter("lists have their own rules", |label| !label.contains("FMT"));
    (label, vec(field(), 1..4), any::<bool>()).prop_map(|(label, fields, mandatory)| Record {
        mandatory,
        ..Record::new(label, fields)
    })
}

proptest! {
    // A failure prints its input; a file beside the tests would only repeat it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_have_a_report(bytes in vec(any::<u8>(), 0..600)) {
        exercise(&bytes);
    }

    #[test]
    fn anything_near_records_has_a_report(bytes in near_records()) {
        exercise(&bytes);
    }

    #[test]
    fn a_damaged_packet_has_a_report(cut in any::<prop::sample::Index>(), places in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let mut bytes = fixture();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        exercise(&bytes);
    }

    #[test]
    fn one_damaged_byte_is_seen_by_the_checksum(place in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let good = fixture();
        let options = ReadOptions { crc: CrcPolicy::Refuse };
        prop_assert_eq!(read(&good, &options).status.0, 0);
        let mut bad = good.clone();
        let place = place.index(bad.len());
        bad[place] ^= flip;
        let report = read(&bad, &options);
        let same = report.records == read(&good, &options).records;
        prop_assert!(same || !report.refused.is_empty(), "byte {} was damaged unseen", place);
    }

    #[test]
    fn what_is_written_is_what_is_read(
        records in vec(record(), 0..20),
        line_end in prop::sample::select(vec![LineEnd::CrLf, LineEnd::Cr, LineEnd::Lf]),
        framing in prop::sample::select(vec![Framing::File, Framing::Packet, Framing::PacketWithCrc]),
    ) {
        let options = WriteOptions { line_end, framing };
        let bytes = write(&records, &options).expect("records that can be written");
        prop_assert!(bytes.split(|&byte| byte == b'\n' || byte == b'\r').all(|line| line.len() <= 80));
        let report = read(&bytes, &ReadOptions { crc: CrcPolicy::Ignore });
        let mut again: Vec<Record> = report.records.iter().flat_map(|(_, records)| records).cloned().collect();
        again.sort_by_key(|record| record.line);
        prop_assert_eq!(again.len(), records.len());
        prop_assert!(again.iter().zip(&records).all(|(read, written)| read.says_the_same(written)), "{:?}", again);
        prop_assert_eq!(write(&again, &options).expect("records that were read"), bytes);
    }

    #[test]
    fn a_trace_reads_as_it_was_measured(radii in vec(1_u32..=10_000, 3..500), left in any::<bool>()) {
        let eye = if left { Eye::Left } else { Eye::Right };
        let bytes = write(&trace_records(eye, TraceOf::Pattern, &radii), &WriteOptions::default()).expect("a trace can be written");
        let report = exercise(&bytes);
        let side = report.side(eye).expect("the traced side");
        let read: Vec<u32> = side.points.iter().map(|point| (point.radius_mm * 100.0).round() as u32).collect();
        prop_assert_eq!(read, radii);
        prop_assert!(!side.mirrored && report.side(eye.other()).is_some_and(|other| other.mirrored && other.measures == side.measures));
    }

    #[test]
    fn mirroring_twice_changes_nothing(points in prop::collection::btree_map(0_u32..36_000, 1_u32..5_000, 3..60)) {
        let outline = Outline::new(points.into_iter().map(|(angle, radius)| Point { angle_deg: f64::from(angle) / 100.0, radius_mm: f64::from(radius) / 100.0 }));
        let twice = outline.mirrored().mirrored();
        let (once, again) = (outline.measures(), twice.measures());
        let differences = [once.a_mm - again.a_mm, once.b_mm - again.b_mm, once.ed_mm - again.ed_mm, once.circumference_mm - again.circumference_mm];
        prop_assert!(differences.iter().all(|difference| difference.abs() < 0.011), "one hundredth may round the other way");
        for (first, second) in outline.points().iter().zip(twice.points()) {
            prop_assert!((first.angle_deg - second.angle_deg).abs() < 1e-9 && first.radius_mm == second.radius_mm);
        }
    }

    #[test]
    fn a_decimal_is_canonical_at_once(text in "[+-]?[0-9]{0,9}\\.?[0-9]{0,9}") {
        if let Ok(number) = text.parse::<DecimalText>() {
            prop_assert_eq!(number.as_str().parse::<DecimalText>(), Ok(number.clone()));
            prop_assert_eq!(number.as_str().parse::<f64>().ok(), text.parse::<f64>().ok().map(|value| value + 0.0));
        }
    }
}
