//! The commit: deciding each write, and doing what it says.

use std::collections::{BTreeMap, BTreeSet};

use statewright_core::identity::InstanceId;

use super::contents::{Contents, Effect, Message, Timer};
use crate::store::check::repeated_key;
use crate::store::{Applied, InstanceRow, NewMessage, TrailRow, Write, wake_body, wake_key};

/// Leased for its own node by the commit that brought it.
const EPOCH_OF_COMMIT: u64 = 1;

impl Contents {
    pub(super) fn commit(&mut self, writes: &[Write]) -> Vec<Applied> {
        let mut answers = Vec::with_capacity(writes.len());
        for write in writes {
            let answer = self.decide(write);
            if answer == Applied::Committed {
                self.apply(write);
                self.changed.insert(write.instance);
            }
            answers.push(answer);
        }
        // What a release frees and whom a change wakes is the same wherever in the batch it stands.
        let decided = writes.iter().zip(&answers);
        let applied = decided.filter(|(_, answer)| **answer == Applied::Committed);
        let mut applied: Vec<&Write> = applied.map(|(write, _)| write).collect();
        applied.sort_by_key(|write| write.instance);
        for write in applied {
            self.release_claims(write);
            self.wake_watchers(write);
        }
        answers
    }

    pub(super) fn commit_one(&mut self, write: &Write) -> Applied {
        let mut answers = self.commit(std::slice::from_ref(write));
        answers.pop().unwrap_or(Applied::Moved)
    }

    fn decide(&self, write: &Write) -> Applied {
        if let Some(duplicate) = repeated_key(write) {
            return duplicate;
        }
        for entry in &write.entries {
            let earlier = entry
                .input_key
                .and_then(|key| Some((key, self.entry_of_input(write.instance, key)?)));
            if let Some((key, earlier)) = earlier {
                let sequence = earlier.sequence;
                return Applied::Duplicate { key, sequence };
            }
        }
        if let Some(id) = self.gone(write) {
            return Applied::MessageGone { id };
        }
        if self.sequence_of(write.instance) != write.expected {
            return Applied::Moved;
        }
        if write.reads.iter().any(|(read, seen)| self.sequence_of(*read) != *seen) {
            return Applied::ReadMoved;
        }
        if write.found.iter().any(|before| self.found_now(before) != before.found) {
            return Applied::ReadMoved;
        }
        let held = write.claims_held.iter().find_map(|claim| {
            let holder = self.claims.get(&claim.id).copied();
            holder
                .filter(|holder| *holder != write.instance)
                .map(|holder| (claim, holder))
        });
        match held {
            Some((claim, holder)) => Applied::ClaimHeld {
                name: claim.name.clone(),
                value: claim.value.clone(),
                holder,
            },
            None => Applied::Committed,
        }
    }

    /// The first message that is to be taken and is not there.
    fn gone(&self, write: &Write) -> Option<i64> {
        let is_there = |id: &i64| self.messages.get(id).is_some_and(|message| message.to == write.instance);
        write.messages_taken.iter().filter(|id| !is_there(id)).min().copied()
    }

    fn sequence_of(&self, instance: InstanceId) -> u64 {
        self.instances.get(&instance).map_or(0, |row| row.sequence)
    }

    fn apply(&mut self, write: &Write) {
        self.apply_state(write);
        self.apply_personal(write);
        self.apply_timers(write);
        self.apply_messages(write);
        self.apply_effects(write);
        self.apply_tasks(write);
        self.apply_notices(write);
        self.apply_marks(write);
        self.apply_index(write);
        self.apply_files(write);
        for claim in &write.claims_held {
            self.claims.insert(claim.id, write.instance);
        }
        for subject in &write.unwatched {
            self.watchers.entry(*subject).or_default().remove(&write.instance);
        }
        for subject in &write.watched {
            self.watchers.entry(*subject).or_default().insert(write.instance);
        }
    }

    fn apply_state(&mut self, write: &Write) {
        let instance = write.instance;
        if write.entries.is_empty() {
            return;
        }
        let next = &write.next;
        let row = self.instances.entry(instance).or_insert_with(|| InstanceRow {
            instance,
            workflow: next.workflow.clone(),
            key: next.key.clone(),
            definition: next.definition,
            sequence: next.sequence,
            done: next.done,
            snapshot: String::new(),
            head: next.head,
            started_at_us: next.started_at_us,
            last_entry: None,
            damage: None,
        });
        row.definition = next.definition;
        row.sequence = next.sequence;
        row.done = next.done;
        row.snapshot.clone_from(&next.snapshot);
        row.head = next.head;
        for entry in &write.entries {
            let row = TrailRow {
                sequence: entry.sequence,
                at_us: entry.at_us,
                input_key: entry.input_key,
                bytes: entry.bytes.clone(),
                damage: None,
            };
            self.trail.insert((instance, entry.sequence), row);
        }
    }

    fn apply_personal(&mut self, write: &Write) {
        if write.erase {
            self.personal.retain(|(owner, _), _| *owner != write.instance);
        }
        for (reference, value) in &write.personal {
            self.personal
                .entry((write.instance, *reference))
                .or_insert_with(|| value.clone());
        }
    }

    fn apply_timers(&mut self, write: &Write) {
        for name in &write.timers_gone {
            self.timers.remove(&(write.instance, name.clone()));
        }
        for (name, due_us) in &write.timers_armed {
            let timer = Timer {
                due_us: *due_us,
                trouble: None,
            };
            self.timers.insert((write.instance, name.clone()), timer);
        }
    }

    fn apply_messages(&mut self, write: &Write) {
        let mut own: BTreeMap<i64, &mut Message> = BTreeMap::new();
        for (id, message) in &mut self.messages {
            if message.to == write.instance {
                message.deferred &= !write.resumed;
                own.insert(*id, message);
            }
        }
        for id in &write.messages_deferred {
            if let Some(message) = own.get_mut(id) {
                message.deferred = true;
            }
        }
        let taken = |id: &i64, message: &Message| message.to == write.instance && write.messages_taken.contains(id);
        self.messages.retain(|id, message| !taken(id, message));
        for message in &write.messages {
            self.insert_message(message, write.at_us);
        }
    }

    fn apply_effects(&mut self, write: &Write) {
        for effect in &write.effects {
            let new = Effect {
                adapter: effect.adapter.clone(),
                body: effect.body.clone(),
                due_us: effect.due_us,
                attempts: 0,
                epoch: if write.lease.is_some() { EPOCH_OF_COMMIT } else { 0 },
                leased_until_us: write.lease.as_ref().map(|(_, until_us)| *until_us),
                abandoned: false,
                trouble: None,
            };
            self.effects.entry((write.instance, effect.key.clone())).or_insert(new);
        }
        for key in &write.effects_abandoned {
            let place = (write.instance, key.clone());
            let is_new = write.effects.iter().any(|effect| effect.key == *key);
            match self.effects.get_mut(&place) {
                Some(effect) if effect.is_leased() && !is_new => effect.abandoned = true,
                _ => _ = self.effects.remove(&place),
            }
        }
    }

    fn release_claims(&mut self, write: &Write) {
        for claim in &write.claims_released {
            let is_held_again = write.claims_held.iter().any(|held| held.id == claim.id);
            let is_ours = self.claims.get(&claim.id) == Some(&write.instance);
            if is_ours && !is_held_again {
                self.claims.remove(&claim.id);
            }
        }
    }

    fn wake_watchers(&mut self, write: &Write) {
        if write.entries.is_empty() {
            return;
        }
        let subjects = std::iter::once(&write.instance).chain(&write.topics);
        let watchers: BTreeSet<InstanceId> = subjects
            .filter_map(|subject| self.watchers.get(subject))
            .flatten()
            .copied()
            .collect();
        for watcher in watchers {
            let wake = NewMessage {
                to: watcher,
                key: wake_key(watcher, write.instance, write.next.sequence),
                body: wake_body(write.instance),
                due_us: write.at_us,
            };
            self.insert_message(&wake, write.at_us);
        }
    }

    pub(super) fn insert_message(&mut self, message: &NewMessage, inserted_at_us: i64) {
        self.last_message += 1;
        let row = Message {
            to: message.to,
            key: message.key,
            body: message.body.clone(),
            due_us: message.due_us,
            inserted_at_us,
            deferred: false,
            trouble: None,
        };
        self.messages.insert(self.last_message, row);
    }
}
