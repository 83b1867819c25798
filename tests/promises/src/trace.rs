//! A traced outline: one `TRCFMT` header with the radii and angles after it.

use statewright_dcs::geometry::Outline;
use statewright_dcs::report::Side;
use statewright_dcs::trace::{Spacing, TraceHeader, TraceOf, TraceSide, trace_records};
use statewright_dcs::{Eye, Field, ReadOptions, Record, WriteOptions, read, write};

use crate::{Target, dcs, text};

pub(crate) const TARGET: Target = Target {
    name: "trace",
    hold,
    pieces: &[
        "TRCFMT=1;4;E;R;F",
        "TRCFMT=1;3;U;B;P",
        "1;",
        "10000",
        "10000.01",
        "0.01",
        "0.009",
        "-1",
        "+5",
        "1e2",
        ";",
        ";;",
        "?",
        "\"1\"",
        "\nR=",
        "\nA=",
        "0;9000;18000;27000",
        "36000",
        "35999.99",
        "-9000",
        "\n",
    ],
};

/// The first line is the header, `R=` and `A=` are its values; what stands elsewhere is passed over.
fn hold(bytes: &[u8]) {
    let Some(source) = text::of(bytes) else { return };
    let mut records = source.split('\n').filter_map(|line| Record::parse(line, 1).ok());
    let Some(header) = records.next() else { return };
    let header = match TraceHeader::from_record(&header) {
        Ok(header) => header,
        Err(problem) => return assert!(matches!(problem.status().0, 17 | 18), "{problem}"),
    };
    let (mut radii, mut angles): (Vec<Field>, Vec<Field>) = (Vec::new(), Vec::new());
    for record in records {
        match record.label.as_str() {
            "R" => radii.extend(record.fields),
            "A" => angles.extend(record.fields),
            _ => {}
        }
    }
    match header.outlines(&radii, &angles) {
        Ok(outlines) => {
            assert!(outlines.len() == 1 || header.side == TraceSide::Both);
            for (eye, outline) in outlines {
                assert_eq!(outline.points().len(), header.count);
                outline_holds(eye, &outline, header.spacing);
            }
        }
        Err(problem) => assert!(problem.status().0 == 18 && problem.to_string().len() < 1_000, "{problem}"),
    }
}

fn outline_holds(eye: Eye, outline: &Outline, spacing: Spacing) {
    dcs::side_holds(&Side::traced(outline, None, None));
    dcs::side_holds(&Side::mirror_of(outline, None));
    let hundredths = |radius: f64| (radius * 100.0).round() as u32;
    let radii: Vec<u32> = outline.points().iter().map(|point| hundredths(point.radius_mm)).collect();
    if spacing != Spacing::Even || radii.contains(&0) {
        return;
    }
    let written = write(&trace_records(eye, TraceOf::Frame, &radii), &WriteOptions::default()).expect("a trace can be written");
    let report = read(&written, &ReadOptions::default());
    let side = report.side(eye).expect("the traced side");
    let again: Vec<u32> = side.points.iter().map(|point| hundredths(point.radius_mm)).collect();
    assert_eq!(again, radii, "a trace reads as it was written");
}
