//! The bars of a chart, as a drawing of ours; the same numbers stand in a table beside them.

use serde::Serialize;
use statewright_core::value::Value;
use statewright_core::value::text::to_text;
use statewright_engine::queries::{Point, Series};

use super::views::named;
use super::words::{Reading, plain};

/// Of the longest bar, in units of the drawing.
const LENGTH: f64 = 480.0;

/// From one bar to the next.
const STEP: usize = 34;

#[derive(Serialize)]
pub struct Bars {
    /// What is measured, as a heading of its column.
    measure: String,
    group: String,
    bars: Vec<Bar>,
    height: usize,
    total: Option<String>,
    /// What is not said, as a sentence.
    withheld: Option<String>,
}

#[derive(Serialize)]
struct Bar {
    name: String,
    count: u64,
    measure: String,
    /// Where it stands, and how long it is.
    y: usize,
    length: f64,
}

pub fn bars(series: &Series, _reading: &Reading) -> Bars {
    let greatest = series.points.iter().filter_map(size).fold(0.0, f64::max);
    let bar = |(place, point): (usize, &Point)| Bar {
        name: named(&point.value),
        count: point.count,
        measure: measured(point),
        y: place * STEP,
        length: match size(point) {
            Some(size) if greatest > 0.0 => (size.max(0.0) / greatest * LENGTH).round(),
            _ => 0.0,
        },
    };
    let of = series.of.as_deref().map(|of| of.replace(['_', '.'], " "));
    Bars {
        measure: match of {
            Some(of) => format!("{} of {of}", word(series.measure)),
            None => "Number".to_owned(),
        },
        group: series.group.as_deref().unwrap_or_default().replace(['_', '.'], " "),
        bars: series.points.iter().enumerate().map(bar).collect(),
        height: series.points.len() * STEP,
        total: series.total.as_ref().map(measured),
        withheld: series.withheld.then(|| match series.least {
            Some(least) => format!("Some of it is not said: of fewer than {least} that you do not see nothing is."),
            None => "Some of it is not shown to you.".to_owned(),
        }),
    }
}

fn word(measure: &str) -> &'static str {
    match measure {
        "min" => "Least",
        "max" => "Greatest",
        _ => "Sum",
    }
}

fn measured(point: &Point) -> String {
    point.measure.as_ref().map_or_else(String::new, plain)
}

/// How long a bar is drawn: nothing but the drawing goes by it.
fn size(point: &Point) -> Option<f64> {
    match point.measure.as_ref()? {
        value @ (Value::Integer(_) | Value::Decimal(_)) => to_text(value, None).parse().ok(),
        _ => None,
    }
}
