//! One step, and the entry that is committed with it.

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::Digest;
use statewright_core::step::{Entry, Facts, Failure, Input, Needs, Outcome, Snapshot, Stepped, seal, step};

use crate::guarded::guarded;

/// A step is done and sealed, or cannot go on without more.
pub(super) enum Sealed {
    Done(Box<Outcome>, Option<Entry>),
    Needs(Needs),
}

pub(super) fn step_and_seal(
    chart: &Chart,
    before: Option<&Snapshot>,
    input: &Input,
    facts: &Facts,
    now: Timestamp,
) -> Result<Sealed, Failure> {
    guarded(|| match step(chart, before, input, facts, now)? {
        Stepped::Needs(needs) => Ok(Sealed::Needs(needs)),
        Stepped::Done(mut outcome) => {
            let previous = before.map_or(Digest::ZERO, |before| before.head);
            let entry = seal(chart, &mut outcome, input, previous);
            Ok(Sealed::Done(outcome, entry))
        }
    })
}
