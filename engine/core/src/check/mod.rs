//! What the graph of a chart shows: what can never happen, and what would never end.
//!
//! # Purpose
//! [`check`] looks at a chart that is correct in its parts. It counts everything as possible that a guard might allow, so what it
//! calls impossible is impossible; what it does not find may still be.
//!
//! # Invariants
//! - Nothing here reads YAML: the places are those that the chart carries.

mod cycle;
mod done;
mod forms;
mod reach;
#[cfg(test)]
mod tests;

use crate::chart::Chart;
use crate::diagnostic::Diagnostics;

/// Everything the graph of a chart shows to be wrong. An endless circle is an error, all else a warning.
#[must_use]
pub fn check(chart: &Chart) -> Diagnostics {
    let mut out = Diagnostics::new();
    reach::check(chart, &mut out);
    done::check(chart, &mut out);
    cycle::check(chart, &mut out);
    forms::check(chart, &mut out);
    out.sorted()
}
