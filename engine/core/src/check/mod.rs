//! What the graph of a chart shows: what can never happen, and what would never end.
//!
//! # Purpose
//! [`check`] looks at a chart as far as it is correct in its parts. It counts everything as possible that a guard might allow, so what it
//! calls impossible is impossible; what it does not find may still be.
//!
//! # Invariants
//! - Nothing here reads YAML: the places are those that the chart carries.
//! - In a chart with gaps nothing is told that a missing part could change: see [`Doubts`].

mod cycle;
mod done;
mod doubt;
mod forms;
mod reach;
#[cfg(test)]
mod tests;

use crate::chart::Chart;
use crate::diagnostic::Diagnostics;

pub use doubt::Doubts;

/// Everything the graph of a chart shows to be wrong. An endless circle is an error, all else a warning.
#[must_use]
pub fn check(chart: &Chart, doubts: &Doubts) -> Diagnostics {
    let mut out = Diagnostics::new();
    if !doubts.ways {
        reach::check(chart, &mut out);
    }
    done::check(chart, doubts, &mut out);
    cycle::check(chart, doubts, &mut out);
    forms::check(chart, doubts, &mut out);
    out.sorted()
}
