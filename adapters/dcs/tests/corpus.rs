//! The reader against real files. They are read from the folder in `STATEWRIGHT_CORPUS` (default `../shared/data` beside the repository) and
//! are no part of the project; without them these tests say that they are skipped.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use statewright_dcs::{DesignAnswer, Eye, ReadOptions, Report, WriteOptions, read, write};

#[expect(
    clippy::disallowed_methods,
    reason = "where the files are is the one thing a test cannot be given otherwise"
)]
fn corpus() -> PathBuf {
    match std::env::var("STATEWRIGHT_CORPUS") {
        Ok(folder) => folder.into(),
        Err(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    }
}

fn file(name: &str) -> Option<Vec<u8>> {
    let path = corpus().join("oma").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        // Straight to the stream: what `println!` writes is kept from whoever runs a test that passes.
        let words = format!(
            "SKIPPED: {} is not there; set STATEWRIGHT_CORPUS to the folder of the third-party files\n",
            path.display()
        );
        let _ = std::io::stderr().write_all(words.as_bytes());
    }
    bytes
}

fn report(name: &str) -> Option<Report> {
    file(name).map(|bytes| read(&bytes, &ReadOptions::default()))
}

fn close(found: f64, stated: &str, tolerance: f64) -> bool {
    stated.parse::<f64>().is_ok_and(|stated| (found - stated).abs() <= tolerance)
}

/// Measures of both sides: A, B, ED and circumference as computed from the radii by hand.
fn check(name: &str, measures: [f64; 4], points: usize) {
    let Some(report) = report(name) else { return };
    for eye in Eye::BOTH {
        let side = report.side(eye).expect("both sides are traced");
        let found = [
            side.measures.a_mm,
            side.measures.b_mm,
            side.measures.ed_mm,
            side.measures.circumference_mm,
        ];
        let off = found
            .iter()
            .zip(measures)
            .any(|(found, expected)| (found - expected).abs() > 0.0101);
        assert!(!off, "{name} {eye}: {found:?}, not {measures:?}");
        assert_eq!((side.points.len(), side.mirrored), (points, false), "{name} {eye}");
        for (label, found, tolerance) in [("HBOX", found[0], 0.02), ("VBOX", found[1], 0.02), ("CIRC", found[3], 0.1)] {
            if let Some(stated) = report.records.eye(label, eye) {
                assert!(
                    close(found, stated, tolerance),
                    "{name} {eye}: {label} is {stated}, the trace gives {found}"
                );
            }
        }
    }
    assert_eq!(
        (report.status.0, &report.warnings[..], &report.refused[..]),
        (0, &[][..], &[][..]),
        "{name}"
    );
}

#[test]
fn the_outlines_have_the_measures_their_files_state() {
    check("R1000_1.oma", [51.00, 40.08, 57.00, 150.89], 1000);
    check("R360_1.oma", [55.00, 38.01, 58.09, 156.40], 360);
    check("R360_3.oma", [51.00, 44.01, 52.33, 150.76], 360);
}

#[test]
fn a_side_that_is_missing_is_the_mirror_image_of_the_other() {
    let Some(bytes) = file("R360_3.oma") else { return };
    let text = String::from_utf8(bytes).expect("the file is ASCII");
    let left = text.find("TRCFMT=1;360;E;L;F").expect("the left trace");
    let end = left + text[left..].find("UNI=").expect("what follows the traces");
    let whole = read(text.as_bytes(), &ReadOptions::default());
    let one_sided = read(
        format!("{}{}", &text[..left], &text[end..]).as_bytes(),
        &ReadOptions::default(),
    );
    let (mirrored, traced) = (one_sided.left.expect("a mirrored side"), whole.left.expect("a traced side"));
    assert!(mirrored.mirrored);
    assert_eq!(mirrored.measures, traced.measures);
    for (mirrored, traced) in mirrored.points.iter().zip(&traced.points) {
        assert!((mirrored.radius_mm - traced.radius_mm).abs() < 0.011 && (mirrored.angle_deg - traced.angle_deg).abs() < 1e-6);
    }
}

#[test]
fn a_full_lens_design_answer() {
    let Some(report) = report("R360_3.oma") else { return };
    assert_eq!(report.records.len(), 202);
    assert_eq!(report.records.all("_ENGPNT").len(), 2);
    assert_eq!(report.records.eye("LTYPE", Eye::Left), Some("PR FF"));
    let answer = DesignAnswer::from_report(&report);
    assert_eq!((answer.status.0, &answer.problems[..]), (0, &[][..]));
    assert_eq!(answer.xstatus.len(), 2);
    assert!(answer.xstatus.iter().all(|status| status.is_warning()));
    let json = answer.to_json();
    let expected = serde_json::json!({"sphere": "-0.47", "cylinder": "-1.15", "axis": "137.00", "add": "1.24", "prism": "0.00", "prism_base": "25", "centre_thickness_mm": "2.00"});
    assert_eq!(json["inspection"]["right"], expected);
    assert_eq!(
        json["ordered"]["right"],
        serde_json::json!({"sphere": "-0.50", "cylinder": "-1.25", "axis": "140", "add": "1.25"})
    );
    assert_eq!(
        json["designed"]["left"]["distance"],
        serde_json::json!({"sphere": "0.43", "cylinder": "-2.75", "axis": "15.90"})
    );
    assert_eq!(json["frame"]["right"]["circumference_mm"], "150.759");
}

#[test]
fn a_vendor_format_is_refused_with_its_bytes() {
    let Some(bytes) = file("TRCFMT6.oma") else { return };
    let report = read(&bytes, &ReadOptions::default());
    assert_eq!((report.status.0, report.status_text), (17, "unsupported tracing format"));
    assert!(report.right.is_none() && report.left.is_none());
    assert_eq!(report.records.eye("HBOX", Eye::Right), Some("53.99"), "the rest is read");
    assert_eq!(report.refused.len(), 2);
    for refusal in &report.refused {
        let raw = refusal.raw.as_deref().expect("the bytes are kept");
        assert!(bytes.windows(raw.len()).any(|window| window == raw) && raw.len() > 3000);
    }
}

#[test]
fn every_file_reads_the_same_when_written_again() {
    for name in ["R1000_1.oma", "R360_1.oma"] {
        let Some(report) = report(name) else { return };
        let mut records: Vec<_> = report.records.iter().flat_map(|(_, records)| records).cloned().collect();
        records.sort_by_key(|record| record.line);
        let bytes = write(&records, &WriteOptions::default()).expect("real records can be written");
        assert_eq!(read(&bytes, &ReadOptions::default()).to_json(), report.to_json(), "{name}");
    }
}
