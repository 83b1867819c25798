//! A picture of what was traced: both eyes as they are seen on a wearer who looks at us, each in its box, with its measures.
//!
//! Nothing of the file but numbers stands in it, and nothing that a browser would run or fetch.

use std::fmt::Write;

use crate::record::Eye;
use crate::report::{Report, Side};

/// Millimetres round the outlines, and between them: room for the measures.
const MARGIN_MM: f64 = 8.0;
/// Height of a line of text, in millimetres.
const LINE_MM: f64 = 4.0;
/// Pixels for each millimetre where nobody scales the picture: a frame is about a hand wide.
const SCALE: f64 = 4.0;

/// An SVG of the outlines in a report; None where there is none.
pub fn svg(report: &Report) -> Option<String> {
    let drawn: Vec<(Eye, &Side, Box)> = Eye::BOTH
        .into_iter()
        .filter_map(|eye| {
            let side = report.side(eye)?;
            Some((eye, side, Box::round(side)?))
        })
        .collect();
    if drawn.is_empty() {
        return None;
    }
    let tallest = drawn.iter().map(|(.., bounds)| bounds.height()).fold(0.0, f64::max);
    let widest: f64 = drawn.iter().map(|(.., bounds)| bounds.width() + MARGIN_MM).sum();
    let (width, height) = (widest + MARGIN_MM, tallest + 2.0 * MARGIN_MM + 3.0 * LINE_MM);
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" viewBox=\"0 0 {width:.2} {height:.2}\" role=\"img\">",
        width * SCALE,
        height * SCALE
    );
    let _ = write!(out, "<title>{}</title>", title(&drawn));
    let mut left = MARGIN_MM;
    for (eye, side, bounds) in &drawn {
        draw(&mut out, *eye, side, bounds, left, tallest);
        left += bounds.width() + MARGIN_MM;
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// What the picture shows, for who does not see it.
fn title(drawn: &[(Eye, &Side, Box)]) -> String {
    let sides = drawn.iter().map(|(eye, side, _)| {
        let measures = &side.measures;
        format!(
            "{eye}: A {:.2}, B {:.2}, ED {:.2} mm",
            measures.a_mm, measures.b_mm, measures.ed_mm
        )
    });
    sides.collect::<Vec<_>>().join("; ")
}

fn draw(out: &mut String, eye: Eye, side: &Side, bounds: &Box, left: f64, tallest: f64) {
    let top = MARGIN_MM + (tallest - bounds.height()) / 2.0;
    let _ = write!(
        out,
        "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"none\" stroke=\"#888\" stroke-width=\"0.2\" stroke-dasharray=\"1 1\"/>",
        bounds.width(),
        bounds.height()
    );
    let points = side.points.iter().map(|point| {
        let (x, y) = point.xy_mm();
        format!("{:.2},{:.2}", left + x - bounds.left, top + bounds.top - y)
    });
    let _ = write!(
        out,
        "<polygon points=\"{}\" fill=\"none\" stroke=\"#124\" stroke-width=\"0.4\"/>",
        points.collect::<Vec<_>>().join(" ")
    );
    let measures = &side.measures;
    let name = match (eye, side.mirrored) {
        (Eye::Right, false) => "R",
        (Eye::Left, false) => "L",
        (Eye::Right, true) => "R (mirrored)",
        (Eye::Left, true) => "L (mirrored)",
    };
    let lines = [
        name.to_owned(),
        format!("A {:.2}  B {:.2} mm", measures.a_mm, measures.b_mm),
        format!("ED {:.2}  C {:.2} mm", measures.ed_mm, measures.circumference_mm),
    ];
    for (line, number) in lines.iter().zip(1..) {
        let y = MARGIN_MM + tallest + f64::from(number) * LINE_MM;
        let x = left + bounds.width() / 2.0;
        let _ = write!(
            out,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-family=\"sans-serif\" font-size=\"3\" text-anchor=\"middle\">{line}</text>"
        );
    }
}

/// The box round an outline, y up.
struct Box {
    left: f64,
    right: f64,
    bottom: f64,
    top: f64,
}

impl Box {
    fn round(side: &Side) -> Option<Self> {
        let mut corners = side.points.iter().map(|point| point.xy_mm());
        let (x, y) = corners.next()?;
        let first = Box {
            left: x,
            right: x,
            bottom: y,
            top: y,
        };
        Some(corners.fold(first, |bounds, (x, y)| Box {
            left: bounds.left.min(x),
            right: bounds.right.max(x),
            bottom: bounds.bottom.min(y),
            top: bounds.top.max(y),
        }))
    }

    fn width(&self) -> f64 {
        self.right - self.left
    }

    fn height(&self) -> f64 {
        self.top - self.bottom
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{ReadOptions, read};

    #[test]
    fn both_eyes_stand_in_their_boxes() {
        let text = b"JOB=<b>7\r\nTRCFMT=1;4;E;R;F\r\nR=2000;1500;2000;1500\r\nTRCFMT=1;4;E;L;F\r\nR=2500;1000;2500;1000\r\n";
        let picture = svg(&read(text, &ReadOptions::default())).expect("there is a trace");
        for expected in [
            "<title>right: A 40.00, B 30.00, ED 40.00 mm; left: A 50.00, B 20.00, ED 50.00 mm</title>",
            "<rect x=\"8.00\" y=\"8.00\" width=\"40.00\" height=\"30.00\"",
            "<polygon points=\"48.00,23.00 28.00,8.00 8.00,23.00 28.00,38.00\"",
            "<rect x=\"56.00\" y=\"13.00\" width=\"50.00\" height=\"20.00\"",
            "viewBox=\"0 0 114.00 58.00\"",
        ] {
            assert!(picture.contains(expected), "{expected}\n{picture}");
        }
        assert!(!picture.contains("<b>"), "nothing of the file's words: {picture}");
        assert!(!picture.contains("style"), "a page's policy takes no styles: {picture}");
    }

    #[test]
    fn what_holds_no_trace_has_no_picture() {
        assert_eq!(svg(&read(b"JOB=7\r\nSTATUS=0\r\n", &ReadOptions::default())), None);
        assert_eq!(svg(&read(b"", &ReadOptions::default())), None);
    }

    #[test]
    fn a_side_that_is_missing_is_the_other_mirrored_and_says_so() {
        let text = b"TRCFMT=1;4;E;R;F\r\nR=2000;1500;2100;1500\r\n";
        let picture = svg(&read(text, &ReadOptions::default())).expect("there is a trace");
        assert!(picture.contains(">L (mirrored)<") && picture.contains(">R<"), "{picture}");
    }
}
