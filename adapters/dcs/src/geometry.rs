//! The outline of a lens and its measures, as the boxing system defines them.
//!
//! Points are polar: the angle in degrees counter-clockwise from +x, the radius in millimetres from the tracer's centre, which real files
//! have within some tenths of the box's centre. An outline is the polygon through its points.

use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};

/// Decimal places of lengths in a report: the 0.01 mm in which tracers measure.
const LENGTH_PLACES: i32 = 2;
/// Decimal places of a point's angle and radius, so that 1/1000 of a turn (0.36 degrees) and a vendor's half hundredths survive.
const POINT_PLACES: i32 = 3;

/// A point of an outline. JSON: `[angle_deg, radius_mm]`, both to 0.001.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub angle_deg: f64,
    pub radius_mm: f64,
}

impl Point {
    /// Cartesian millimetres, y up.
    pub fn xy_mm(self) -> (f64, f64) {
        let (sine, cosine) = self.angle_deg.to_radians().sin_cos();
        (self.radius_mm * cosine, self.radius_mm * sine)
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&rounded(self.angle_deg, POINT_PLACES))?;
        pair.serialize_element(&rounded(self.radius_mm, POINT_PLACES))?;
        pair.end()
    }
}

/// The measures of an outline, in millimetres, rounded to 0.01.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// Width of the box round the outline (HBOX).
    pub a_mm: f64,
    /// Height of that box (VBOX).
    pub b_mm: f64,
    /// Effective diameter (FED): twice the distance from the centre of the box to the outline's farthest point.
    pub ed_mm: f64,
    /// Length of the polygon through all points (CIRC).
    pub circumference_mm: f64,
}

/// A closed outline: its points by rising angle, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    points: Vec<Point>,
}

impl Outline {
    /// An outline through these points, in any order of angle; angles are brought into 0 up to 360.
    pub fn new(points: impl IntoIterator<Item = Point>) -> Outline {
        let turned = points.into_iter().map(|point| Point {
            angle_deg: within_one_turn(point.angle_deg),
            ..point
        });
        let mut points: Vec<Point> = turned.collect();
        points.sort_by(|first, second| first.angle_deg.total_cmp(&second.angle_deg));
        Outline { points }
    }

    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The other eye's outline, if the frame is symmetrical: angle to 180 - angle.
    pub fn mirrored(&self) -> Outline {
        Outline::new(self.points.iter().map(|point| Point {
            angle_deg: 180.0 - point.angle_deg,
            ..*point
        }))
    }

    /// Box, effective diameter and circumference.
    pub fn measures(&self) -> Measures {
        let corners: Vec<(f64, f64)> = self.points.iter().map(|point| point.xy_mm()).collect();
        let (left, right) = extent(corners.iter().map(|corner| corner.0));
        let (bottom, top) = extent(corners.iter().map(|corner| corner.1));
        let centre = ((left + right) / 2.0, (bottom + top) / 2.0);
        let farthest = corners.iter().map(|&corner| distance(centre, corner)).fold(0.0, f64::max);
        let following = corners.iter().cycle().skip(1);
        let circumference: f64 = corners.iter().zip(following).map(|(&from, &to)| distance(from, to)).sum();
        Measures {
            a_mm: rounded(right - left, LENGTH_PLACES),
            b_mm: rounded(top - bottom, LENGTH_PLACES),
            ed_mm: rounded(2.0 * farthest, LENGTH_PLACES),
            circumference_mm: rounded(circumference, LENGTH_PLACES),
        }
    }
}

/// The angle brought into 0 up to but not including 360 degrees.
fn within_one_turn(angle_deg: f64) -> f64 {
    let angle = angle_deg.rem_euclid(360.0);
    // A tiny negative angle rounds up to a full turn; that is where the outline begins, not where it ends.
    if rounded(angle, POINT_PLACES) >= 360.0 { 0.0 } else { angle }
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    (from.0 - to.0).hypot(from.1 - to.1)
}

/// Rounded to decimal places, half away from zero, never `-0`.
fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ellipse(half_width: f64, half_height: f64, count: u32) -> Outline {
        Outline::new((0..count).map(|index| {
            let angle_deg = 360.0 * f64::from(index) / f64::from(count);
            let (sine, cosine) = angle_deg.to_radians().sin_cos();
            let radius_mm = half_width * half_height / (half_height * cosine).hypot(half_width * sine);
            Point { angle_deg, radius_mm }
        }))
    }

    /// Ramanujan's second formula, exact to far below 0.001 mm for lens shapes.
    fn ellipse_circumference(half_width: f64, half_height: f64) -> f64 {
        let sum = half_width + half_height;
        let h = ((half_width - half_height) / sum).powi(2);
        std::f64::consts::PI * sum * (1.0 + 3.0 * h / (10.0 + (4.0 - 3.0 * h).sqrt()))
    }

    #[test]
    fn measures_an_ellipse() {
        let measures = ellipse(27.0, 19.0, 1000).measures();
        assert_eq!((measures.a_mm, measures.b_mm, measures.ed_mm), (54.0, 38.0, 54.0));
        assert!(
            (measures.circumference_mm - ellipse_circumference(27.0, 19.0)).abs() <= 0.01,
            "{measures:?}"
        );
    }

    #[test]
    fn measures_do_not_depend_on_where_the_tracer_stood() {
        let centred = Outline::new(
            [(0.0, 20.0), (90.0, 20.0), (180.0, 20.0), (270.0, 20.0)]
                .map(|(angle_deg, radius_mm)| Point { angle_deg, radius_mm }),
        );
        let side = 20.0_f64.hypot(20.0);
        assert_eq!(
            centred.measures(),
            Measures {
                a_mm: 40.0,
                b_mm: 40.0,
                ed_mm: 40.0,
                circumference_mm: rounded(4.0 * side, 2)
            }
        );
        let shifted = Outline::new(
            [(20.0, 5.0), (0.0, 25.0), (-20.0, 5.0), (0.0, -15.0)].map(|(x, y): (f64, f64)| Point {
                angle_deg: y.atan2(x).to_degrees(),
                radius_mm: x.hypot(y),
            }),
        );
        assert_eq!(shifted.measures(), centred.measures());
    }

    #[test]
    fn mirroring_turns_left_to_right_and_keeps_the_measures() {
        let shape = Outline::new(
            [(0.0, 30.0), (60.0, 22.0), (135.0, 25.0), (180.0, 28.0), (280.0, 20.0)]
                .map(|(angle_deg, radius_mm)| Point { angle_deg, radius_mm }),
        );
        let mirrored = shape.mirrored();
        let pairs: Vec<(f64, f64)> = mirrored
            .points()
            .iter()
            .map(|point| (point.angle_deg, point.radius_mm))
            .collect();
        assert_eq!(
            pairs,
            [(0.0, 28.0), (45.0, 25.0), (120.0, 22.0), (180.0, 30.0), (260.0, 20.0)]
        );
        assert_eq!(mirrored.measures(), shape.measures());
        assert_eq!(mirrored.mirrored(), shape);
    }

    #[test]
    fn numbers_in_json_are_rounded() {
        let json =
            |angle_deg, radius_mm| serde_json::to_string(&Point { angle_deg, radius_mm }).expect("a point has a JSON form");
        assert_eq!(json(0.36 * 7.0, 24.16), "[2.52,24.16]");
        assert_eq!(json(-0.0, 24.0004), "[0.0,24.0]");
        assert_eq!(within_one_turn(-1e-9), 0.0);
    }
}
