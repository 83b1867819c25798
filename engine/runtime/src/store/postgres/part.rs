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
    TasksGone,
    TasksPut,
    /// Notices.
    Noticed,
    MarksBack,
    Marked,
    /// Fields and states by which instances are found.
    Indexed,
    /// Files that instances name, and those that they name no more.
    Filed,
    /// Topics that they are found under, for those who watch them.
    Topics,
}

/// Rare parts that are used together: a batch of many parts has all of each set of which it has any, so that there are few plans and
/// none of them pays for a set that nobody uses.
const SETS: &[&[Part]] = &[
    &[
        Part::Personal,
        Part::Disarmed,
        Part::Armed,
        Part::Sent,
        Part::Taken,
        Part::Deferred,
        Part::Intended,
        Part::Abandoned,
        Part::Released,
    ],
    &[Part::TasksGone, Part::TasksPut, Part::Noticed],
    &[Part::MarksBack, Part::Marked],
    &[Part::Indexed, Part::Topics],
    &[Part::Filed],
];

impl Part {
    pub(super) const ALL: [Part; 22] = [
        Part::Inputs,
        Part::Taken,
        Part::Topics,
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
        Part::TasksGone,
        Part::TasksPut,
        Part::Noticed,
        Part::MarksBack,
        Part::Marked,
        Part::Indexed,
        Part::Filed,
    ];

    /// Those that most batches have.
    const COMMON: [Part; 5] = [Part::Inputs, Part::Moved, Part::Begun, Part::Touched, Part::Entries];

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
            Part::TasksGone => !write.tasks_gone.is_empty(),
            Part::TasksPut => !write.tasks.is_empty(),
            Part::Noticed => !write.notices.is_empty(),
            Part::MarksBack => !write.marks_back.is_empty(),
            Part::Marked => !write.marks.is_empty(),
            Part::Indexed => write.index.is_some() || write.states.is_some(),
            Part::Filed => !write.files.is_empty() || !write.files_gone.is_empty(),
            Part::Topics => !write.topics.is_empty() && !write.entries.is_empty(),
        }
    }
}

/// Which parts a statement has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form(u32);

/// Rare parts that a form names exactly.
const RARE_PARTS_MAX: usize = 2;

impl Form {
    pub(super) fn of(writes: &[&Write]) -> Self {
        let needs = |part: &Part| writes.iter().any(|write| part.is_needed_by(write));
        Form::with(Part::ALL.into_iter().filter(needs))
    }

    pub(super) fn with(parts: impl IntoIterator<Item = Part>) -> Self {
        let form = Form::exactly(parts);
        if form.parts().filter(|part| !Part::COMMON.contains(part)).count() <= RARE_PARTS_MAX {
            return form;
        }
        let is_used = |set: &&&[Part]| set.iter().any(|part| form.has(*part));
        let whole = SETS.iter().filter(is_used).flat_map(|set| set.iter().copied());
        Form::exactly(whole.chain(Part::COMMON))
    }

    /// With all parts there are.
    #[cfg(test)]
    pub(super) fn full() -> Self {
        Form::exactly(Part::ALL)
    }

    /// With all parts that a set has and the common ones, for each set.
    #[cfg(test)]
    pub(super) fn whole_sets() -> impl Iterator<Item = Self> {
        SETS.iter().map(|set| Form::exactly(set.iter().copied().chain(Part::COMMON)))
    }

    fn exactly(parts: impl IntoIterator<Item = Part>) -> Self {
        Form(parts.into_iter().fold(0, |form, part| form | bit(part)))
    }

    pub(super) fn has(self, part: Part) -> bool {
        self.0 & bit(part) != 0
    }

    pub(super) fn parts(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |part| self.has(*part))
    }
}

fn bit(part: Part) -> u32 {
    1 << part as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[Part], expected: &[Part], without: &[Part]) {
        let form = Form::with(parts.iter().copied());
        assert!(expected.iter().all(|part| form.has(*part)), "{parts:?}: {form:?}");
        assert!(!without.iter().any(|part| form.has(*part)), "{parts:?}: {form:?}");
    }

    #[test]
    fn nobody_pays_for_a_set_that_is_not_used() {
        let few = [Part::Moved, Part::Armed, Part::TasksPut];
        check(&few, &few, &[Part::Begun, Part::Sent, Part::TasksGone]);
        let many = [Part::Armed, Part::Sent, Part::Intended];
        check(
            &many,
            &[Part::Moved, Part::Begun, Part::Personal],
            &[Part::TasksGone, Part::TasksPut, Part::Noticed],
        );
        let tasks = [Part::TasksGone, Part::TasksPut, Part::Noticed];
        check(&tasks, &[Part::Moved, Part::Begun], &[Part::Armed, Part::Sent]);
        check(
            &[Part::Armed, Part::TasksGone, Part::TasksPut],
            &[Part::Sent, Part::Noticed],
            &[Part::Marked],
        );
        let all = [Part::Armed, Part::TasksPut, Part::Marked, Part::Indexed, Part::Filed];
        check(&all, &Part::ALL, &[]);
    }

    #[test]
    fn every_part_is_common_or_of_one_set() {
        for part in Part::ALL {
            let sets = SETS.iter().filter(|set| set.contains(&part)).count();
            assert_eq!(sets + usize::from(Part::COMMON.contains(&part)), 1, "{part:?}");
        }
        let mut bits: Vec<u32> = Part::ALL.into_iter().map(bit).collect();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), Part::ALL.len());
    }
}
