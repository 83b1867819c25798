//! One step, and the entry that is committed with it.

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::Digest;
use statewright_core::step::{Entry, Facts, Failure, Input, Needs, Outcome, Snapshot, Stepped, seal, step};
use statewright_core::value::limits::JSON_BYTES_MAX;

use crate::error::NOT_STORABLE;
use crate::guarded::guarded;

/// Whether what would be written can be read again: a longer text is damaged as soon as it stands in the store.
pub(super) fn readable(entry: &Entry) -> Result<(), Failure> {
    let longest = entry.bytes.len().max(entry.snapshot.len());
    if longest <= JSON_BYTES_MAX {
        return Ok(());
    }
    let message =
        format!("the instance or its trail entry would be {longest} bytes long, and {JSON_BYTES_MAX} are read; nothing changed");
    Err(Failure {
        code: NOT_STORABLE,
        message,
    })
}

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
            entry.as_ref().map_or(Ok(()), readable)?;
            Ok(Sealed::Done(outcome, entry))
        }
    })
}
