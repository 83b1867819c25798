//! Whether a trail is whole: what is said in docs/trail-format.md, and nothing that needs this program's other parts.

use std::fmt;

use super::{EntryText, entry_digest};
use crate::identity::{Digest, InstanceId};

/// What an instance's trail must end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub sequence: u64,
    pub digest: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Its bytes are not what the next entry, or the head, was chained to.
    Edited,
    /// One or several are not there.
    Missing,
    /// It comes at the wrong place.
    Reordered,
    /// The head is beyond the last entry.
    Truncated,
    /// It is no entry, or one of another instance.
    Malformed,
}

/// One thing that is wrong with a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    pub instance: InstanceId,
    /// The entry that is at fault.
    pub sequence: u64,
    pub detail: String,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            FaultKind::Edited => "edited",
            FaultKind::Missing => "missing",
            FaultKind::Reordered => "reordered",
            FaultKind::Truncated => "truncated",
            FaultKind::Malformed => "malformed",
        })
    }
}

/// How far a chain has been followed. Entries may come in several portions.
#[derive(Clone, Debug)]
pub struct ChainState {
    instance: InstanceId,
    sequence: u64,
    digest: Digest,
    faults: Vec<Fault>,
}

impl ChainState {
    pub fn begin(instance: InstanceId) -> Self {
        ChainState {
            instance,
            sequence: 0,
            digest: Digest::ZERO,
            faults: Vec::new(),
        }
    }

    /// The next entry. `stored_sequence` is what the store files it under, if it comes from one.
    pub fn follow(&mut self, bytes: &str, stored_sequence: Option<u64>) {
        let expected = self.sequence + 1;
        let parsed = EntryText::read(bytes).and_then(|entry| {
            let made_of = InstanceId::of(entry.workflow()?, entry.key()?);
            Ok((
                entry.format(),
                entry.instance()?,
                made_of,
                entry.sequence()?,
                entry.previous()?,
            ))
        });
        let (format, instance, made_of, sequence, previous) = match parsed {
            Ok(parts) => parts,
            Err(error) => {
                self.fault(FaultKind::Malformed, stored_sequence.unwrap_or(expected), error.to_string());
                self.advance(stored_sequence.unwrap_or(expected), bytes);
                return;
            }
        };
        if format != Some(1) {
            self.fault(FaultKind::Malformed, sequence, "its format is not 1".into());
        }
        if instance != self.instance || made_of != instance {
            self.fault(FaultKind::Malformed, sequence, "it belongs to another instance".into());
        }
        if stored_sequence.is_some_and(|stored| stored != sequence) {
            let stored = stored_sequence.unwrap_or_default();
            self.fault(
                FaultKind::Reordered,
                stored,
                format!("entry {sequence} is filed under {stored}"),
            );
            self.advance(stored, bytes);
            return;
        }
        if sequence > expected {
            self.fault(
                FaultKind::Missing,
                expected,
                format!("entries {expected} to {} are missing", sequence - 1),
            );
        } else if sequence < expected {
            self.fault(
                FaultKind::Reordered,
                sequence,
                format!("entry {sequence} comes after entry {}", self.sequence),
            );
        } else if previous != self.digest {
            // the entry before is not the one that this was chained to; for the first there is none
            let (at, detail) = match self.sequence {
                0 => (sequence, "it is not the first".to_string()),
                before => (before, format!("entry {sequence} was chained to other bytes")),
            };
            self.fault(FaultKind::Edited, at, detail);
        }
        self.advance(sequence, bytes);
    }

    /// The end: everything that was found wrong, the head included. Without a head a cut-off end cannot be seen.
    pub fn finish(mut self, head: Option<Head>) -> Vec<Fault> {
        if let Some(head) = head {
            if head.sequence > self.sequence {
                let detail = format!(
                    "the trail ends with entry {}, its head is entry {}",
                    self.sequence, head.sequence
                );
                self.fault(FaultKind::Truncated, self.sequence + 1, detail);
            } else if head.sequence < self.sequence {
                self.fault(
                    FaultKind::Malformed,
                    self.sequence,
                    format!("the head is entry {}", head.sequence),
                );
            } else if head.digest != self.digest {
                self.fault(FaultKind::Edited, self.sequence, "the head was made of other bytes".into());
            }
        }
        self.faults
    }

    fn advance(&mut self, sequence: u64, bytes: &str) {
        self.sequence = self.sequence.max(sequence);
        self.digest = entry_digest(bytes.as_bytes());
    }

    fn fault(&mut self, kind: FaultKind, sequence: u64, detail: String) {
        self.faults.push(Fault {
            kind,
            instance: self.instance,
            sequence,
            detail,
        });
    }
}

/// Follows all entries of one instance.
pub fn verify_entries<'e>(
    instance: InstanceId,
    entries: impl IntoIterator<Item = (u64, &'e str)>,
    head: Option<Head>,
) -> Vec<Fault> {
    let mut chain = ChainState::begin(instance);
    for (sequence, bytes) in entries {
        chain.follow(bytes, Some(sequence));
    }
    chain.finish(head)
}
