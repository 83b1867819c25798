//! Whether a trail is whole: what is said in docs/trail-format.md, and nothing that needs this program's other parts.

use std::collections::BTreeMap;
use std::fmt;

use super::{EntryError, EntryText, entry_digest};
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
    /// It belongs to nothing that is there.
    Orphaned,
    /// Nothing says where the trail ends.
    Headless,
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
            FaultKind::Orphaned => "orphaned",
            FaultKind::Headless => "headless",
        })
    }
}

/// How far a chain has been followed. Entries may come in several portions, and in any order: each is compared with those before and
/// after it wherever they stand. What is kept grows with what is out of place, not with the trail.
#[derive(Clone, Debug)]
pub struct ChainState {
    instance: InstanceId,
    /// The highest number so far.
    sequence: u64,
    /// Of the entry that has it.
    digest: Digest,
    /// Numbers below the highest that no entry has had yet: first → last.
    gaps: BTreeMap<u64, u64>,
    /// Digests of entries whose successor has not come yet, the last one's apart.
    known: BTreeMap<u64, Digest>,
    /// What the successors of entries that have not come yet were chained to.
    awaited: BTreeMap<u64, Digest>,
    /// Entries that a store files under another number than their own.
    misfiled: Vec<Link>,
    faults: Vec<Fault>,
}

/// What the chain needs to know of an entry.
#[derive(Clone, Debug)]
struct Link {
    sequence: u64,
    /// None: it cannot be read.
    previous: Option<Digest>,
    digest: Digest,
}

impl ChainState {
    pub fn begin(instance: InstanceId) -> Self {
        ChainState {
            instance,
            sequence: 0,
            digest: Digest::ZERO,
            gaps: BTreeMap::new(),
            known: BTreeMap::new(),
            awaited: BTreeMap::new(),
            misfiled: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// The next entry, and what it says if it can be read. `stored_sequence` is what the store files it under, if it comes from one.
    pub fn follow(&mut self, bytes: &str, stored_sequence: Option<u64>) -> Option<EntryText> {
        let digest = entry_digest(bytes.as_bytes());
        let (entry, sequence, previous) = match read(bytes) {
            Ok(parts) => parts,
            Err(error) => {
                let sequence = stored_sequence.unwrap_or(self.sequence + 1);
                self.fault(FaultKind::Malformed, sequence, error.to_string());
                let previous = None;
                self.place(
                    Link {
                        sequence,
                        previous,
                        digest,
                    },
                    false,
                );
                return None;
            }
        };
        if entry.format() != Some(1) {
            self.fault(FaultKind::Malformed, sequence, "its format is not 1".into());
        } else if !belongs_to(&entry, self.instance) {
            self.fault(FaultKind::Malformed, sequence, "it belongs to another instance".into());
        }
        let link = Link {
            sequence,
            previous: Some(previous),
            digest,
        };
        match stored_sequence {
            Some(stored) if stored != sequence => {
                let detail = format!("entry {sequence} is filed under {stored}");
                self.fault(FaultKind::Reordered, stored, detail);
                self.misfiled.push(link);
            }
            // What is filed under its own number stands in order: the store gave it so.
            stored => self.place(link, stored.is_none()),
        }
        Some(entry)
    }

    /// The end: everything that was found wrong, by number, the head included. Without a head an end that was cut off cannot be seen,
    /// which is itself said.
    pub fn finish(mut self, head: Option<Head>) -> Vec<Fault> {
        let mut misfiled = std::mem::take(&mut self.misfiled);
        misfiled.sort_by_key(|link| link.sequence);
        for link in misfiled {
            self.place(link, false);
        }
        for (first, last) in std::mem::take(&mut self.gaps) {
            self.fault(FaultKind::Missing, first, format!("entries {first} to {last} are missing"));
        }
        self.compare_head(head);
        self.faults.sort_by_key(|fault| fault.sequence);
        self.faults
    }

    fn compare_head(&mut self, head: Option<Head>) {
        let reached = self.sequence;
        let Some(Head { sequence, digest }) = head else {
            let detail = "there is no head for it: entries cut off its end could not be seen".into();
            return self.fault(FaultKind::Headless, reached, detail);
        };
        if sequence > reached {
            let detail = format!("the trail ends with entry {reached}, its head is entry {sequence}");
            self.fault(FaultKind::Truncated, reached + 1, detail);
        } else if sequence < reached {
            self.fault(FaultKind::Malformed, reached, format!("the head is entry {sequence}"));
        } else if digest != self.digest {
            self.fault(FaultKind::Edited, reached, "the head was made of other bytes".into());
        }
    }

    /// Puts an entry where its own number says. `in_order`: they are to come so, and one that does not is at fault.
    fn place(&mut self, link: Link, in_order: bool) {
        let Link {
            sequence,
            previous,
            digest,
        } = link;
        let highest = self.sequence;
        if sequence > highest {
            if sequence == highest + 1 {
                self.compare(highest, self.digest, previous);
            } else {
                self.gaps.insert(highest + 1, sequence - 1);
                self.known.insert(highest, self.digest);
                self.awaited.extend(previous.map(|previous| (sequence - 1, previous)));
            }
            self.sequence = sequence;
            self.digest = digest;
            return;
        }
        let fills = self.fill(sequence);
        if in_order {
            let detail = if fills {
                format!("entry {sequence} comes after entry {highest}")
            } else {
                format!("entry {sequence} comes a second time")
            };
            self.fault(FaultKind::Reordered, sequence, detail);
        }
        if fills {
            self.join(sequence, previous, digest);
        }
    }

    /// Takes a number out of the gaps; false: it was in none.
    fn fill(&mut self, sequence: u64) -> bool {
        let gap = self.gaps.range(..=sequence).next_back().map(|(first, last)| (*first, *last));
        let Some((first, last)) = gap.filter(|(_, last)| sequence <= *last) else {
            return false;
        };
        self.gaps.remove(&first);
        if first < sequence {
            self.gaps.insert(first, sequence - 1);
        }
        if sequence < last {
            self.gaps.insert(sequence + 1, last);
        }
        true
    }

    /// Compares an entry that came late with its neighbours, or lets them wait for each other.
    fn join(&mut self, sequence: u64, previous: Option<Digest>, digest: Digest) {
        match self.known.remove(&(sequence - 1)) {
            Some(before) => self.compare(sequence - 1, before, previous),
            None => self.awaited.extend(previous.map(|previous| (sequence - 1, previous))),
        }
        match self.awaited.remove(&sequence) {
            Some(named) => self.compare(sequence, digest, Some(named)),
            None => _ = self.known.insert(sequence, digest),
        }
    }

    /// Whether the entry after `sequence` was chained to these bytes; before the first there are none.
    fn compare(&mut self, sequence: u64, digest: Digest, named: Option<Digest>) {
        if named.is_none_or(|named| named == digest) {
            return;
        }
        let (at, detail) = match sequence {
            0 => (1, "it is not the first".to_string()),
            _ => (sequence, format!("entry {} was chained to other bytes", sequence + 1)),
        };
        self.fault(FaultKind::Edited, at, detail);
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

/// An entry with its number and what it was chained to.
fn read(bytes: &str) -> Result<(EntryText, u64, Digest), EntryError> {
    let entry = EntryText::read_any(bytes)?;
    let sequence = entry.sequence()?;
    if sequence == 0 {
        return Err(EntryError("`sequence` is 0".into()));
    }
    let previous = entry.previous()?;
    Ok((entry, sequence, previous))
}

fn belongs_to(entry: &EntryText, instance: InstanceId) -> bool {
    let (Ok(named), Ok(workflow), Ok(key)) = (entry.instance(), entry.workflow(), entry.key()) else {
        return false;
    };
    named == instance && InstanceId::of(workflow, key) == instance
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

#[cfg(test)]
mod tests {
    use super::*;

    fn instance() -> InstanceId {
        InstanceId::of("w", "k")
    }

    /// A chain of this many entries, and its head.
    fn chain(length: u64) -> (Vec<(u64, String)>, Head) {
        let mut head = Head {
            sequence: 0,
            digest: Digest::ZERO,
        };
        let mut entries = Vec::new();
        for sequence in 1..=length {
            let (id, previous) = (instance(), head.digest);
            let bytes = format!(
                r#"{{"format":1,"instance":"{id}","instance_key":"k","previous":"{previous}","sequence":{sequence},"workflow":"w"}}"#
            );
            let digest = entry_digest(bytes.as_bytes());
            head = Head { sequence, digest };
            entries.push((sequence, bytes));
        }
        (entries, head)
    }

    fn words(faults: Vec<Fault>) -> String {
        let words: Vec<String> = faults
            .iter()
            .map(|fault| format!("{} {}", fault.sequence, fault.kind))
            .collect();
        words.join(", ")
    }

    /// Tampers with a chain of eight, and gives what a store's rows and what a file's lines show of it.
    fn check(tamper: impl Fn(&mut Vec<(u64, String)>), in_store: &str, in_file: &str) {
        let (mut entries, head) = chain(8);
        tamper(&mut entries);
        let stored = entries.iter().map(|(sequence, bytes)| (*sequence, bytes.as_str()));
        assert_eq!(words(verify_entries(instance(), stored, Some(head))), in_store, "in a store");
        let mut lines = ChainState::begin(instance());
        for (_, bytes) in &entries {
            lines.follow(bytes, None);
        }
        assert_eq!(words(lines.finish(Some(head))), in_file, "in a file");
    }

    /// Files the bytes of these two under each other's number.
    fn swap(entries: &mut [(u64, String)], left: usize, right: usize) {
        let bytes = entries[left].1.clone();
        entries[left].1 = std::mem::replace(&mut entries[right].1, bytes);
    }

    #[test]
    fn each_kind_of_tampering_is_found_where_it_was_done_and_nowhere_else() {
        check(|_| {}, "", "");
        check(
            |entries| entries[3].1 = entries[3].1.replace('{', "{ "),
            "4 edited",
            "4 edited",
        );
        check(|entries| entries[7].1.push('\r'), "8 edited", "8 edited");
        check(|entries| drop(entries.remove(3)), "4 missing", "4 missing");
        check(|entries| drop(entries.drain(0..2)), "1 missing", "1 missing");
        check(|entries| entries.truncate(5), "6 truncated", "6 truncated");
        check(|entries| entries.clear(), "1 truncated", "1 truncated");
        check(
            |entries| entries[3].1 = "{}".into(),
            "4 malformed, 4 edited",
            "4 malformed, 4 edited",
        );
        check(
            |entries| entries[3].1 = entries[3].1.replace("\"format\":1", "\"format\":2"),
            "4 malformed, 4 edited",
            "4 malformed, 4 edited",
        );
    }

    #[test]
    fn what_was_only_moved_is_not_said_to_be_edited() {
        check(|entries| swap(entries, 3, 4), "4 reordered, 5 reordered", "4 reordered");
        check(|entries| swap(entries, 6, 7), "7 reordered, 8 reordered", "7 reordered");
        check(
            |entries| swap(entries, 0, 7),
            "1 reordered, 8 reordered",
            "1 reordered, 2 reordered, 3 reordered, 4 reordered, 5 reordered, 6 reordered, 7 reordered",
        );
        check(
            |entries| {
                swap(entries, 3, 4);
                let last = &mut entries[3].1;
                *last = last.replace("\"w\"", "\"w\" ");
            },
            "4 reordered, 5 reordered, 5 edited",
            "4 reordered, 5 edited",
        );
        check(
            |entries| entries[4].1 = entries[3].1.clone(),
            "5 reordered, 5 missing",
            "4 reordered, 5 missing",
        );
    }

    #[test]
    fn an_end_that_nothing_names_is_said_to_be_open() {
        let (entries, _) = chain(2);
        let entries = entries.iter().map(|(sequence, bytes)| (*sequence, bytes.as_str()));
        assert_eq!(words(verify_entries(instance(), entries, None)), "2 headless");
    }
}
