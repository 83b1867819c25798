//! Personal values against the commitments that stand for them.

use std::collections::BTreeMap;

use statewright_core::identity::Digest;
use statewright_core::step::{Snapshot, commitment_of, secret_of};
use statewright_core::trail::{EntryText, FaultKind};

use crate::store::PersonalRow;

/// What an instance's entries and its snapshot say of its personal data.
#[derive(Default)]
pub(super) struct Commitments {
    /// Commitment → the first entry that names it.
    named: BTreeMap<Digest, u64>,
    /// The entry that says that all were erased.
    erased: Option<u64>,
    /// The snapshot has a secret.
    sealed: bool,
}

/// Entry, kind, why.
pub(super) type Wrong = (u64, FaultKind, String);

impl Commitments {
    pub fn see_entry(&mut self, sequence: u64, bytes: &str, entry: &EntryText) {
        if entry.input_kind() == "erasure" {
            self.erased.get_or_insert(sequence);
        }
        self.see(sequence, bytes);
    }

    pub fn see_snapshot(&mut self, sequence: u64, snapshot: &str) {
        self.sealed = Snapshot::names_personal(snapshot);
        self.see(sequence, snapshot);
    }

    fn see(&mut self, sequence: u64, bytes: &str) {
        if Snapshot::names_personal(bytes) {
            for commitment in EntryText::commitments(bytes) {
                self.named.entry(commitment).or_insert(sequence);
            }
        }
    }

    /// Whether there is, or should be, anything to compare.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.erased.is_none() && !self.sealed
    }

    /// Compares the values that are stored. They are gone lawfully only where an entry says so.
    pub fn compare(&self, rows: Vec<PersonalRow>) -> Vec<Wrong> {
        if let Some(erased) = self.erased {
            let left = format!("{} of the personal values are there that it says were erased", rows.len());
            return if rows.is_empty() {
                Vec::new()
            } else {
                vec![(erased, FaultKind::Orphaned, left)]
            };
        }
        let rows: Vec<(Digest, String)> = rows.into_iter().map(|row| (row.reference, row.value)).collect();
        let mut wrong = self.missing(&rows);
        match secret_of(&rows) {
            Some(secret) => wrong.extend(self.edited(&secret, &rows)),
            None if rows.is_empty() && self.is_empty() => {}
            None => {
                let first = self.named.values().min().copied().unwrap_or(1);
                let detail = "the secret of its personal values is not there, and no entry says that it was erased";
                wrong.push((first, FaultKind::Missing, detail.into()));
            }
        }
        wrong
    }

    fn missing(&self, rows: &[(Digest, String)]) -> Vec<Wrong> {
        let is_there = |commitment: &Digest| rows.iter().any(|(reference, _)| reference == commitment);
        let mut missing: BTreeMap<u64, u64> = BTreeMap::new();
        for (_, sequence) in self.named.iter().filter(|(commitment, _)| !is_there(commitment)) {
            *missing.entry(*sequence).or_default() += 1;
        }
        let told = missing.into_iter().map(|(sequence, count)| {
            let detail = format!("{count} of its personal values not there, and no entry says that they were erased");
            (sequence, FaultKind::Missing, detail)
        });
        told.collect()
    }

    fn edited(&self, secret: &[u8; 32], rows: &[(Digest, String)]) -> Vec<Wrong> {
        let values = rows.iter().filter(|(reference, _)| *reference != Digest::ZERO);
        let edited = values.filter(|(reference, value)| commitment_of(secret, value) != *reference);
        let told = edited.map(|(reference, _)| {
            let sequence = self.named.get(reference).copied().unwrap_or_default();
            let detail = "a personal value is not the one that was committed to".into();
            (sequence, FaultKind::Edited, detail)
        });
        told.collect()
    }
}
