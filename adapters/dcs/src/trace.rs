//! Traces: `TRCFMT=format;count;E|U;R|L|B;F|P|D`, followed by `R=` radii and, when uneven, `A=` angles.
//!
//! Only format 1 (ASCII, absolute) is decoded: radii in 1/100 mm, angles in 1/100 degree. The binary formats 2 to 4, the vendors' 5 and 6 and
//! any other are [`TraceProblem::UnsupportedFormat`]. A trace that is not whole is a [`TraceProblem`], too; nothing in it is filled in.
//!
//! For side `B`, `count` values are the right eye's (the left one is then missing, and mirrored like any missing side); twice as many are the
//! right eye's first and the left eye's after them.

use serde::Serialize;

use crate::field::Field;
use crate::geometry::{Outline, Point};
use crate::limits::{POINTS_MAX, POINTS_MIN, RADIUS_HUNDREDTHS_MAX};
use crate::record::{Eye, Record};
use crate::status::StatusCode;

/// The one format that is decoded.
pub const FORMAT_ASCII_ABSOLUTE: u32 = 1;
/// A full turn, in 1/100 degree.
const TURN_HUNDREDTHS: f64 = 36_000.0;
/// Values of one `R=` line that the writer's 80 characters hold with room to spare; also what real files have.
const VALUES_PER_LINE: usize = 10;

/// How the angles go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// `E`: the n-th of `count` radii stands at n/count of a turn.
    Even,
    /// `U`: each radius has its angle in an `A=` record.
    Uneven,
}

/// Which eyes a trace is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceSide {
    One(Eye),
    Both,
}

/// What was traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceOf {
    Frame,
    Pattern,
    DemoLens,
}

/// A `TRCFMT` (or, with the same fields, `ZFMT`) record of format 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceHeader {
    pub count: usize,
    pub spacing: Spacing,
    pub side: TraceSide,
    /// None when the sender does not say.
    pub of: Option<TraceOf>,
}

/// Why a trace is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceProblem {
    #[error("trace format `{0}` is not supported; ask the device for format 1 (ASCII, absolute)")]
    UnsupportedFormat(String),
    #[error("`{0}` is not a number of points from {POINTS_MIN} to {POINTS_MAX}")]
    Count(String),
    #[error("`{0}` is neither E (even) nor U (uneven)")]
    Spacing(String),
    #[error("`{0}` is none of the sides R, L and B")]
    Side(String),
    #[error("{announced} {what} were announced and {found} were sent")]
    Incomplete {
        what: &'static str,
        announced: usize,
        found: usize,
    },
    #[error("{what} {position} is `{text}`, not a number from {low} to {high}")]
    Value {
        what: &'static str,
        position: usize,
        text: String,
        low: u32,
        high: u32,
    },
    #[error("the angles do not go once round, counter-clockwise")]
    Angles,
}

impl TraceProblem {
    /// What a device is answered.
    pub fn status(&self) -> StatusCode {
        match self {
            TraceProblem::UnsupportedFormat(_) => StatusCode::UNSUPPORTED_TRACING_FORMAT,
            _ => StatusCode::FORMAT_ERROR,
        }
    }
}

impl TraceHeader {
    /// Reads a header.
    ///
    /// # Errors
    /// [`TraceProblem`] for another format than 1 and for anything else that is not as the standard has it; what was traced may be left out.
    pub fn from_record(record: &Record) -> Result<TraceHeader, TraceProblem> {
        let text = |index: usize| record.value(index).unwrap_or("");
        let format = text(0);
        if format.parse() != Ok(FORMAT_ASCII_ABSOLUTE) {
            return Err(TraceProblem::UnsupportedFormat(format.to_owned()));
        }
        let count: Option<usize> = text(1).parse().ok();
        let count = count.filter(|count| (POINTS_MIN..=POINTS_MAX).contains(count));
        let spacing = match text(2) {
            "E" | "e" => Spacing::Even,
            "U" | "u" => Spacing::Uneven,
            other => return Err(TraceProblem::Spacing(other.to_owned())),
        };
        let side = side(record).ok_or_else(|| TraceProblem::Side(text(3).to_owned()))?;
        let of = match text(4) {
            "F" | "f" => Some(TraceOf::Frame),
            "P" | "p" => Some(TraceOf::Pattern),
            "D" | "d" => Some(TraceOf::DemoLens),
            _ => None,
        };
        let count = count.ok_or_else(|| TraceProblem::Count(text(1).to_owned()))?;
        Ok(TraceHeader {
            count,
            spacing,
            side,
            of,
        })
    }

    /// The values of each eye, see the module for side `B`.
    ///
    /// # Errors
    /// [`TraceProblem::Incomplete`] when there are more or fewer than announced.
    pub fn values_by_eye<'a, T>(&self, what: &'static str, values: &'a [T]) -> Result<Vec<(Eye, &'a [T])>, TraceProblem> {
        match self.side {
            TraceSide::One(eye) if values.len() == self.count => Ok(vec![(eye, values)]),
            TraceSide::Both if values.len() == self.count => Ok(vec![(Eye::Right, values)]),
            TraceSide::Both if values.len() == 2 * self.count => {
                let (right, left) = values.split_at(self.count);
                Ok(vec![(Eye::Right, right), (Eye::Left, left)])
            }
            _ => Err(TraceProblem::Incomplete {
                what,
                announced: self.count,
                found: values.len(),
            }),
        }
    }

    /// The outline of each eye that was traced, from the fields of all `R=` and all `A=` records.
    ///
    /// # Errors
    /// [`TraceProblem`] when a value is missing, out of range or not a number, or when uneven angles are not one turn.
    pub fn outlines(&self, radii: &[Field], angles: &[Field]) -> Result<Vec<(Eye, Outline)>, TraceProblem> {
        let by_eye = self.values_by_eye("radii", radii)?;
        let mut outlines = Vec::new();
        for (position, (eye, radii)) in by_eye.into_iter().enumerate() {
            let radii = numbers("radius", radii, 0.01, RADIUS_HUNDREDTHS_MAX)?;
            let angles = match self.spacing {
                Spacing::Even => self.even_angles(),
                Spacing::Uneven => self.uneven_angles(angles, position)?,
            };
            let points = angles.into_iter().zip(radii);
            let outline = Outline::new(points.map(|(angle, radius)| Point {
                angle_deg: angle / 100.0,
                radius_mm: radius / 100.0,
            }));
            outlines.push((eye, outline));
        }
        Ok(outlines)
    }

    fn even_angles(&self) -> Vec<f64> {
        let count = self.count as f64;
        (0..self.count).map(|index| TURN_HUNDREDTHS * index as f64 / count).collect()
    }

    /// The angles of the n-th eye; one list may serve both.
    fn uneven_angles(&self, angles: &[Field], eye_position: usize) -> Result<Vec<f64>, TraceProblem> {
        let by_eye = self.values_by_eye("angles", angles)?;
        let fields = by_eye
            .get(eye_position)
            .or(by_eye.first())
            .map_or(&[][..], |(_, fields)| fields);
        let angles = numbers("angle", fields, 0.0, TURN_HUNDREDTHS)?;
        let following = angles.iter().cycle().skip(1);
        let steps: Vec<f64> = angles
            .iter()
            .zip(following)
            .map(|(from, to)| (to - from).rem_euclid(TURN_HUNDREDTHS))
            .collect();
        let forward = steps.iter().all(|&step| step > 0.0);
        let turned: f64 = steps.iter().sum();
        if forward && (turned - TURN_HUNDREDTHS).abs() < 1.0 {
            Ok(angles)
        } else {
            Err(TraceProblem::Angles)
        }
    }
}

/// The side a header names, whatever its format.
pub(crate) fn side(header: &Record) -> Option<TraceSide> {
    match header.value(3)? {
        "R" | "r" => Some(TraceSide::One(Eye::Right)),
        "L" | "l" => Some(TraceSide::One(Eye::Left)),
        "B" | "b" => Some(TraceSide::Both),
        _ => None,
    }
}

/// The records of an evenly spaced trace in format 1, radii in 1/100 mm: what a tracer sends.
pub fn trace_records(eye: Eye, of: TraceOf, radii_hundredths: &[u32]) -> Vec<Record> {
    let kind = match of {
        TraceOf::Frame => "F",
        TraceOf::Pattern => "P",
        TraceOf::DemoLens => "D",
    };
    let format = FORMAT_ASCII_ABSOLUTE.to_string();
    let count = radii_hundredths.len().to_string();
    let header = [&format, &count, "E", eye.letter(), kind].map(Field::text);
    let mut records = vec![Record::new("TRCFMT", header.to_vec())];
    for radii in radii_hundredths.chunks(VALUES_PER_LINE) {
        records.push(Record::new(
            "R",
            radii.iter().map(|radius| Field::text(radius.to_string())).collect(),
        ));
    }
    records
}

fn numbers(what: &'static str, fields: &[Field], low: f64, high: f64) -> Result<Vec<f64>, TraceProblem> {
    let number = |(index, field): (usize, &Field)| {
        let text = field.value().unwrap_or("");
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
        let number = text
            .parse::<f64>()
            .ok()
            .filter(|number| plain && (low..=high).contains(number));
        number.ok_or_else(|| TraceProblem::Value {
            what,
            position: index + 1,
            text: crate::report::excerpt(field.as_read().unwrap_or("")),
            low: low.ceil() as u32,
            high: high as u32,
        })
    };
    fields.iter().enumerate().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> Result<TraceHeader, TraceProblem> {
        TraceHeader::from_record(&Record::parse(line, 1).expect("the line is a record"))
    }

    fn fields(text: &str) -> Vec<Field> {
        crate::field::split(text)
    }

    type PolarPoints = Vec<(f64, f64)>;

    fn check(line: &str, radii: &str, angles: &str) -> Result<Vec<(Eye, PolarPoints)>, TraceProblem> {
        let angles = if angles.is_empty() { Vec::new() } else { fields(angles) };
        let outlines = header(line)?.outlines(&fields(radii), &angles)?;
        let plain = |outline: Outline| {
            outline
                .points()
                .iter()
                .map(|point| (point.angle_deg, point.radius_mm))
                .collect()
        };
        Ok(outlines.into_iter().map(|(eye, outline)| (eye, plain(outline))).collect())
    }

    const SQUARE: [(f64, f64); 4] = [(0.0, 24.16), (90.0, 24.2), (180.0, 24.25), (270.0, 24.29)];

    #[test]
    fn an_even_trace() {
        assert_eq!(
            check("TRCFMT=1;4;E;R;F", "2416;2420;2425;2429", ""),
            Ok(vec![(Eye::Right, SQUARE.to_vec())])
        );
        assert_eq!(header("TRCFMT=1;4;E;L;P").map(|header| header.of), Ok(Some(TraceOf::Pattern)));
        assert_eq!(header("TRCFMT=1;4;E;L").map(|header| header.of), Ok(None));
    }

    #[test]
    fn an_uneven_trace_begins_anywhere_and_goes_once_round() {
        assert_eq!(
            check("TRCFMT=1;4;U;L;F", "2425;2429;2416;2420", "18000;27000;0;9000"),
            Ok(vec![(Eye::Left, SQUARE.to_vec())])
        );
        let shuffled = [
            "0;18000;9000;27000",
            "0;27000;18000;9000",
            "0;0;18000;27000",
            "0;9000;18000;36000",
        ];
        for angles in shuffled {
            assert_eq!(
                check("TRCFMT=1;4;U;L;F", "2425;2429;2416;2420", angles),
                Err(TraceProblem::Angles),
                "{angles}"
            );
        }
        let missing = TraceProblem::Incomplete {
            what: "angles",
            announced: 4,
            found: 0,
        };
        assert_eq!(check("TRCFMT=1;4;U;L;F", "1;1;1;1", ""), Err(missing));
    }

    #[test]
    fn a_trace_of_both_sides() {
        let once = check("TRCFMT=1;4;E;B;F", "2416;2420;2425;2429", "");
        assert_eq!(once, Ok(vec![(Eye::Right, SQUARE.to_vec())]));
        let twice = check("TRCFMT=1;4;E;B;F", "2416;2420;2425;2429;2416;2420;2425;2429", "");
        assert_eq!(twice, Ok(vec![(Eye::Right, SQUARE.to_vec()), (Eye::Left, SQUARE.to_vec())]));
    }

    #[test]
    fn only_format_one_is_decoded() {
        for format in ["0", "2", "3", "4", "5", "6", "7", "?", "", "x", "11"] {
            let problem = header(&format!("TRCFMT={format};4;E;R;F")).expect_err("not format 1");
            assert_eq!(problem.status(), 17, "{format}");
        }
    }

    #[test]
    fn a_trace_that_is_not_whole_is_refused() {
        for (line, radii) in [
            ("TRCFMT=1;5;E;R;F", "2416;2420;2425;2429"),
            ("TRCFMT=1;3;E;R;F", "2416;2420;2425;2429"),
            ("TRCFMT=1;2;E;R;F", "2416;2420"),
            ("TRCFMT=1;99999;E;R;F", "2416"),
            ("TRCFMT=1;4;X;R;F", "2416;2420;2425;2429"),
            ("TRCFMT=1;4;E;Q;F", "2416;2420;2425;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;?;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;-1;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;0;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;inf;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;1e3;2429"),
            ("TRCFMT=1;4;E;R;F", "2416;2420;24290;2429"),
        ] {
            let problem = check(line, radii, "").expect_err(line);
            assert_eq!(problem.status(), 18, "{line} {radii}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let records = trace_records(Eye::Left, TraceOf::DemoLens, &[2416; 25]);
        let lines: Vec<String> = records.iter().map(Record::to_string).collect();
        assert_eq!(lines[0], "TRCFMT=1;25;E;L;D");
        assert_eq!(lines[3], "R=2416;2416;2416;2416;2416");
        assert_eq!(lines.len(), 4);
    }
}
