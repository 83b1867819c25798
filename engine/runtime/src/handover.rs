//! What a commit of this node tells the other actors of this node, so that they need not wait for their polls.
//!
//! Nothing depends on it: what does not fit is dropped, and what a killed node leaves behind is found by polling.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, MutexGuard};

use statewright_core::identity::InstanceId;
use statewright_core::step::{OFFERED, SOUGHT};
use tokio::sync::{Notify, broadcast};

use crate::store::{EffectRow, Write};

/// Receivers remembered between two looks at them.
const RECEIVERS_MAX: usize = 16_384;
/// Effects handed over between two looks; more wait for their leases to end.
const EFFECTS_MAX: usize = 4_096;
/// Watched instances and topics whose watchers are remembered.
const WATCHED_MAX: usize = 65_536;
/// Watchers remembered of each.
const WATCHERS_MAX: usize = 1_024;

/// Changes that a slow listener may be behind; beyond it, it is told that it has missed some.
const CHANGES_MAX: usize = 1_024;

pub struct Handover {
    changes: broadcast::Sender<InstanceId>,
    receivers: Mutex<BTreeSet<InstanceId>>,
    effects: Mutex<VecDeque<EffectRow>>,
    abandoned: Mutex<Vec<Arc<str>>>,
    watchers: Mutex<HashMap<InstanceId, BTreeSet<InstanceId>>>,
    /// When the earliest timer or delayed message known to be armed since the last look is due; `i64::MAX`: none.
    earliest_us: AtomicI64,
    /// Something was committed since messages were polled for.
    busy: AtomicBool,
    messages_due: AtomicBool,
    /// Somebody may be given a task.
    assignments_due: AtomicBool,
    /// There are tasks that nobody could be given: whatever changes may change that.
    offered: AtomicBool,
    pub messages_arrived: Notify,
    pub effects_arrived: Notify,
    pub timers_arrived: Notify,
    pub assignments_arrived: Notify,
}

impl Handover {
    pub fn new() -> Self {
        Handover {
            changes: broadcast::channel(CHANGES_MAX).0,
            receivers: Mutex::default(),
            effects: Mutex::default(),
            abandoned: Mutex::default(),
            watchers: Mutex::default(),
            earliest_us: AtomicI64::new(i64::MAX),
            busy: AtomicBool::default(),
            messages_due: AtomicBool::default(),
            assignments_due: AtomicBool::default(),
            offered: AtomicBool::default(),
            messages_arrived: Notify::default(),
            effects_arrived: Notify::default(),
            timers_arrived: Notify::default(),
            assignments_arrived: Notify::default(),
        }
    }

    /// What this node commits from now on, or what of it is read, for pages that are open.
    pub fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.changes.subscribe()
    }

    /// Tells whoever listens that there is something new to see of an instance.
    pub fn has_changed(&self, instance: InstanceId) {
        // nobody may be listening
        let _ = self.changes.send(instance);
    }

    /// Tells of a write that was committed.
    pub fn committed(&self, write: &Write) {
        self.busy.store(true, Ordering::SeqCst);
        self.has_changed(write.instance);
        self.tell_timers(write);
        self.tell_messages(write);
        self.tell_outbox(write);
        self.tell_assignments(write);
    }

    /// Somebody may be given a task who could not before.
    pub fn look_for_assignments(&self) {
        self.assignments_due.store(true, Ordering::SeqCst);
        self.assignments_arrived.notify_one();
    }

    /// Whether somebody asked for a look since the last call.
    pub fn take_assignments(&self) -> bool {
        self.assignments_due.swap(false, Ordering::SeqCst)
    }

    /// Whether there are tasks that nobody could be given.
    pub fn watch_assignments(&self, offered: bool) {
        self.offered.store(offered, Ordering::SeqCst);
    }

    /// Messages may have come for these.
    pub fn expect_messages(&self, receivers: impl IntoIterator<Item = InstanceId>) {
        let told = {
            let mut kept = lock(&self.receivers);
            let before = kept.len();
            for receiver in receivers {
                if kept.len() < RECEIVERS_MAX {
                    kept.insert(receiver);
                }
            }
            kept.len() > before
        };
        if told {
            self.messages_arrived.notify_one();
        }
    }

    /// Something may be due that nobody is told of by name.
    pub fn look_for_messages(&self) {
        self.messages_due.store(true, Ordering::SeqCst);
        self.messages_arrived.notify_one();
    }

    /// Whether somebody asked for a look since the last call.
    pub fn take_messages_due(&self) -> bool {
        self.messages_due.swap(false, Ordering::SeqCst)
    }

    pub fn take_receivers(&self) -> BTreeSet<InstanceId> {
        std::mem::take(&mut *lock(&self.receivers))
    }

    /// Effects that this node holds from their commit on.
    pub fn take_effects(&self) -> Vec<EffectRow> {
        std::mem::take(&mut *lock(&self.effects)).into()
    }

    pub fn take_abandoned(&self) -> Vec<Arc<str>> {
        std::mem::take(&mut *lock(&self.abandoned))
    }

    /// The earliest moment anyone has asked to be woken at since the last call.
    pub fn take_earliest_us(&self) -> Option<i64> {
        let earliest_us = self.earliest_us.swap(i64::MAX, Ordering::SeqCst);
        (earliest_us != i64::MAX).then_some(earliest_us)
    }

    /// Something is due at this moment.
    pub fn wake_timers(&self, due_us: i64) {
        if self.earliest_us.fetch_min(due_us, Ordering::SeqCst) > due_us {
            self.timers_arrived.notify_one();
        }
    }

    /// Whether this node committed anything since the last call.
    pub fn take_busy(&self) -> bool {
        self.busy.swap(false, Ordering::SeqCst)
    }

    fn tell_timers(&self, write: &Write) {
        let delayed = write
            .messages
            .iter()
            .filter(|message| message.due_us > write.at_us)
            .map(|message| message.due_us);
        let Some(earliest_us) = write.timers_armed.iter().map(|(_, due_us)| *due_us).chain(delayed).min() else {
            return;
        };
        self.wake_timers(earliest_us);
    }

    /// A task is to be given, or somebody may be free, or on shift, for one that waits.
    fn tell_assignments(&self, write: &Write) {
        let is_under = |name: &str| {
            let mut subjects = write.tasks.iter().flat_map(|task| &task.subjects);
            subjects.any(|subject| **subject == *name)
        };
        if is_under(OFFERED) {
            self.offered.store(true, Ordering::SeqCst);
        }
        let moves_people = || write.states.is_some() || !write.tasks.is_empty() || !write.tasks_gone.is_empty();
        if is_under(SOUGHT) || (self.offered.load(Ordering::SeqCst) && moves_people()) {
            self.look_for_assignments();
        }
    }

    fn tell_messages(&self, write: &Write) {
        let due = write
            .messages
            .iter()
            .filter(|message| message.due_us <= write.at_us)
            .map(|message| message.to);
        let resumed = write.resumed.then_some(write.instance);
        let woken = if write.entries.is_empty() {
            BTreeSet::new()
        } else {
            self.watchers_after(write)
        };
        self.expect_messages(due.chain(resumed).chain(woken));
    }

    /// Who watches this instance, or what it is found under, as far as this node has seen it begin to.
    fn watchers_after(&self, write: &Write) -> BTreeSet<InstanceId> {
        let mut watchers = lock(&self.watchers);
        for watched in &write.watched {
            if watchers.len() < WATCHED_MAX || watchers.contains_key(watched) {
                let set = watchers.entry(*watched).or_default();
                if set.len() < WATCHERS_MAX {
                    set.insert(write.instance);
                }
            }
        }
        for watched in &write.unwatched {
            if let Some(set) = watchers.get_mut(watched) {
                set.remove(&write.instance);
                if set.is_empty() {
                    watchers.remove(watched);
                }
            }
        }
        let subjects = std::iter::once(&write.instance).chain(&write.topics);
        let sets = subjects.filter_map(|subject| watchers.get(subject));
        sets.flatten().copied().collect()
    }

    fn tell_outbox(&self, write: &Write) {
        if !write.effects_abandoned.is_empty() {
            lock(&self.abandoned).extend(write.effects_abandoned.iter().cloned());
        }
        if write.effects.is_empty() || write.lease.is_none() {
            return;
        }
        {
            let mut effects = lock(&self.effects);
            for effect in &write.effects {
                if effects.len() < EFFECTS_MAX {
                    effects.push_back(EffectRow {
                        instance: write.instance,
                        key: effect.key.clone(),
                        adapter: effect.adapter.clone(),
                        body: effect.body.clone(),
                        epoch: 1,
                        attempts: 0,
                    });
                }
            }
        }
        self.effects_arrived.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
