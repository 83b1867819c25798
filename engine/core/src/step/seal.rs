//! Sealing: what a step decided becomes an entry of the trail, and the canonical snapshot that it names.
//!
//! Apart from the step, because only what is committed needs it.

use super::record::{EntryParts, InputRecord};
use super::run::form_of;
use super::{Entry, Input, Outcome};
use crate::chart::Chart;
use crate::identity::Digest;

/// Writes the entry of an outcome, chained to `previous`, and makes it the head of the outcome's snapshot. `input` is the one that
/// was stepped; `previous` the head before it: that of the outcome sealed last, or of the snapshot it began with, or
/// [`Digest::ZERO`] for a start. None for what leaves no trace.
pub fn seal(chart: &Chart, outcome: &mut Outcome, input: &Input, previous: Digest) -> Option<Entry> {
    let record = InputRecord::Input {
        input,
        form: form_of(chart, input),
    };
    let entry = EntryParts {
        chart,
        outcome,
        trace: outcome.trace.as_ref()?,
        previous,
        input: record,
        actor: &input.actor,
        verdict: outcome.verdict.as_str(),
    }
    .write();
    outcome.next.head = entry.digest;
    Some(entry)
}
