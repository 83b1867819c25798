//! What the writes of a batch bring, in parts: its statement is put together of those that it needs.
//!
//! Most batches need few, and each part that a statement has and does not need is paid for by every batch.

use crate::store::Write;

/// In the order of the statement, and of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Input keys that may have come before.
    Inputs,
    /// Instances that exist and move on.
    Moved,
    /// Instances that begin.
    Begun,
    /// Instances that stay as they are; only something beside them changes.
    Touched,
    /// Entries of the trail.
    Entries,
    /// Personal values, given and erased.
    Personal,
    Disarmed,
    Armed,
    /// Messages to others.
    Sent,
    /// Messages that were taken.
    Taken,
    /// Messages that wait while their states are paused, and those that wait no longer.
    Deferred,
    /// Effects.
    Intended,
    Abandoned,
    /// Claims.
    Released,
}

impl Part {
    pub(super) const ALL: [Part; 14] = [
        Part::Inputs,
        Part::Taken,
        Part::Moved,
        Part::Begun,
        Part::Touched,
        Part::Entries,
        Part::Personal,
        Part::Disarmed,
        Part::Armed,
        Part::Sent,
        Part::Deferred,
        Part::Intended,
        Part::Abandoned,
        Part::Released,
    ];

    /// How many of these a form names exactly; a batch that needs more has the form of everything, so that there are few plans.
    pub(super) const RARE: [Part; 9] = [
        Part::Personal,
        Part::Disarmed,
        Part::Armed,
        Part::Sent,
        Part::Taken,
        Part::Deferred,
        Part::Intended,
        Part::Abandoned,
        Part::Released,
    ];

    fn is_needed_by(self, write: &Write) -> bool {
        match self {
            Part::Inputs => write.entries.iter().any(|entry| entry.input_key.is_some()),
            Part::Moved => write.expected > 0 && !write.entries.is_empty(),
            Part::Begun => write.expected == 0,
            Part::Touched => write.entries.is_empty(),
            Part::Entries => !write.entries.is_empty(),
            Part::Personal => write.erase || !write.personal.is_empty(),
            Part::Disarmed => !write.timers_gone.is_empty(),
            Part::Armed => !write.timers_armed.is_empty(),
            Part::Sent => !write.messages.is_empty(),
            Part::Taken => !write.messages_taken.is_empty(),
            Part::Deferred => write.resumed || !write.messages_deferred.is_empty(),
            Part::Intended => !write.effects.is_empty(),
            Part::Abandoned => !write.effects_abandoned.is_empty(),
            Part::Released => !write.claims_released.is_empty(),
        }
    }
}

/// Which parts a statement has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form(u16);

/// See [`Part::RARE`].
const RARE_PARTS_MAX: usize = 2;

impl Form {
    /// Forms there can be; each is one of the first so many numbers.
    pub(super) const COUNT: usize = 1 << Part::ALL.len();

    pub(super) fn of(writes: &[&Write]) -> Self {
        let needs = |part: &Part| writes.iter().any(|write| part.is_needed_by(write));
        Form::with(Part::ALL.into_iter().filter(needs))
    }

    pub(super) fn with(parts: impl IntoIterator<Item = Part>) -> Self {
        let form = Form(parts.into_iter().fold(0, |form, part| form | bit(part)));
        let rare = Part::RARE.into_iter().filter(|part| form.has(*part)).count();
        if rare <= RARE_PARTS_MAX { form } else { Form::full() }
    }

    pub(super) fn full() -> Self {
        Form(Part::ALL.into_iter().fold(0, |form, part| form | bit(part)))
    }

    pub(super) fn has(self, part: Part) -> bool {
        self.0 & bit(part) != 0
    }

    pub(super) fn parts(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |part| self.has(*part))
    }

    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }
}

fn bit(part: Part) -> u16 {
    1 << part as u16
}
