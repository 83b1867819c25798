//! What waits for the next batch: bounded in number, bytes and time, in order for each instance, fair between workflows, people
//! before the engine's own work but never alone.

mod lane;
mod pace;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use tokio::sync::Notify;

use self::lane::{Held, Lane, Next};
use self::pace::Pace;
use super::request::{Parcel, Reply};
use crate::configuration::EngineConfig;
use crate::error::EngineError;
use crate::figures::Count;

/// A share of each batch that is kept for the engine's own work while any waits, so that a crowd does not stop the timers. Timers
/// and messages halve it while both wait.
const BACKGROUND_SHARE: usize = 4;

/// How many times as much as is still free one workflow may have waiting: alone three quarters of the queue, so that whoever comes
/// second finds room; with others that flood it too, as much as each of them.
const WORKFLOW_PER_FREE: usize = 3;

/// The same of one instance: half of the queue at most, so that one that is stormed leaves room to others of its workflow.
const INSTANCE_PER_FREE: usize = 1;

pub struct Queue {
    lanes: Mutex<Lanes>,
    /// Something came, or an instance is free again.
    pub arrived: Notify,
    /// Parcels from outside for which there was no room.
    turned_away: Count,
    limits: Limits,
    /// Of parcels of whose workflow nothing is known.
    unknown: Arc<str>,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    people_max: usize,
    people_bytes_max: usize,
    background_max: usize,
    background_bytes_max: usize,
    batch_max: usize,
    batch_bytes_max: usize,
    committers: usize,
}

struct Lanes {
    /// Tried before: it goes first, so that nothing of its instance overtakes it.
    again: Lane,
    /// Of people, timers and messages.
    of: [Lane; KINDS.len()],
    /// Instances in a batch that is under way: their next inputs wait for what it makes of them.
    under_way: HashSet<InstanceId>,
    /// Batches in a row in which people, timers, messages had something free and no room.
    passed_over: [u32; KINDS.len()],
    /// Whether people's inputs were in the last batch.
    people_lately: bool,
    pace: Pace,
    closed: bool,
}

/// Whose inputs they are, in the order in which they are taken.
const KINDS: [usize; 3] = [PEOPLE, TIMERS, MESSAGES];
const PEOPLE: usize = 0;
const TIMERS: usize = 1;
const MESSAGES: usize = 2;

impl Queue {
    pub fn new(configuration: &EngineConfig) -> Self {
        let limits = Limits {
            people_max: configuration.queue_max,
            people_bytes_max: configuration.queue_bytes_max,
            background_max: configuration.background_queue_max,
            background_bytes_max: configuration.background_queue_bytes_max,
            batch_max: configuration.batch_max.max(1),
            batch_bytes_max: configuration.batch_bytes_max,
            committers: configuration.committers.max(1),
        };
        let lanes = Lanes {
            again: Lane::default(),
            of: Default::default(),
            under_way: HashSet::new(),
            passed_over: [0; KINDS.len()],
            people_lately: false,
            pace: Pace::new(&limits),
            closed: false,
        };
        Queue {
            lanes: Mutex::new(lanes),
            arrived: Notify::new(),
            turned_away: Count::default(),
            limits,
            unknown: "".into(),
        }
    }

    /// What a caller from outside sends. A refused parcel's senders are told here.
    pub fn offer(&self, parcel: Parcel) {
        let size = Held::of(&parcel);
        let workflow = self.workflow_of(&parcel);
        let refused = {
            let mut lanes = self.lock();
            if lanes.closed {
                Some((parcel, EngineError::ShuttingDown))
            } else if lanes.admits(&parcel.instance, &workflow, size, &self.limits) {
                lanes.of[PEOPLE].push(workflow, parcel, size);
                if lanes.are_worth_a_batch() {
                    self.arrived.notify_one();
                }
                None
            } else {
                self.turned_away.add(1);
                let waiting = lanes.of[PEOPLE].held().inputs;
                let retry_after_ms = lanes.pace.retry_after_ms(waiting, &self.limits);
                Some((parcel, EngineError::Overloaded { retry_after_ms }))
            }
        };
        match refused {
            None => {}
            Some((parcel, error)) => parcel
                .requests
                .into_iter()
                .for_each(|request| request.reply.fail(error.clone())),
        }
    }

    /// What an actor of this node hands over; given back if there is no room, since the store keeps it. One that is larger than
    /// all the room there is comes alone, or it would never come. Timers and messages have half of the room each, so that a flood of
    /// the ones does not keep the others out.
    pub fn hand_over(&self, parcel: Parcel) -> Result<(), Parcel> {
        self.let_in(&mut self.lock(), parcel)?;
        self.arrived.notify_one();
        Ok(())
    }

    /// The same of several that are to be taken in their order: nobody takes the first while the others are still on their way. Answers
    /// how many of them came in; the store keeps the rest.
    pub fn hand_over_together(&self, parcels: Vec<Parcel>) -> usize {
        let came_in = {
            let mut lanes = self.lock();
            let come_in = parcels.into_iter().map_while(|parcel| self.let_in(&mut lanes, parcel).ok());
            come_in.count()
        };
        if came_in > 0 {
            self.arrived.notify_one();
        }
        came_in
    }

    fn let_in(&self, lanes: &mut Lanes, parcel: Parcel) -> Result<(), Parcel> {
        let size = Held::of(&parcel);
        let workflow = self.workflow_of(&parcel);
        let closed = lanes.closed;
        let lane = &mut lanes.of[if parcel.is_timer() { TIMERS } else { MESSAGES }];
        let fits = lane.held().inputs + size.inputs <= self.limits.background_max.div_ceil(2)
            && lane.held().bytes + size.bytes <= self.limits.background_bytes_max.div_ceil(2);
        if closed || !(fits || lane.is_empty()) {
            return Err(parcel);
        }
        lane.push(workflow, parcel, size);
        Ok(())
    }

    /// What has to be tried again; never refused.
    pub(super) fn put_back(&self, parcels: Vec<Parcel>) {
        if parcels.is_empty() {
            return;
        }
        {
            let mut lanes = self.lock();
            for parcel in parcels {
                let size = Held::of(&parcel);
                // As one workflow's: they go in the order in which they come back.
                lanes.again.push(self.unknown.clone(), parcel, size);
            }
        }
        self.arrived.notify_one();
    }

    /// The next batch if it is worth one, and the moment at which it was taken: read while nobody else can take, so that of two batches
    /// the one that was taken first has the earlier moment, however long its taker is held up.
    ///
    /// Beside a batch that is under way what waits goes if it is at least as much: what dribbles in shares one flush, so that two
    /// committers have halves of what comes and not crumbs. Without this a batch has a third of the inputs, and the database a third
    /// more work with each.
    pub(super) fn take_if_worth(&self, clock: impl FnOnce() -> Timestamp) -> Option<(Vec<Parcel>, Timestamp)> {
        let mut lanes = self.lock();
        if !lanes.are_worth_a_batch() {
            return None;
        }
        let taken = self.take_what_waits(&mut lanes);
        (!taken.is_empty()).then(|| (taken, clock()))
    }

    fn take_what_waits(&self, lanes: &mut Lanes) -> Vec<Parcel> {
        let taken = lanes.take(&self.limits);
        if !taken.is_empty() && lanes.are_worth_a_batch() {
            // Another committer, if there is one, may go on with the rest.
            self.arrived.notify_one();
        }
        taken
    }

    /// A batch is over.
    pub(super) fn finish(&self, instances: impl IntoIterator<Item = InstanceId>) {
        let are_worth_it = {
            let mut lanes = self.lock();
            instances.into_iter().for_each(|instance| lanes.release(instance));
            lanes.are_worth_a_batch()
        };
        if are_worth_it {
            self.arrived.notify_one();
        }
    }

    /// From now on nothing new is taken; what waits is still worked off.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Gives up what still waits.
    pub fn abandon(&self) {
        let parcels: Vec<Parcel> = {
            let mut lanes = self.lock();
            lanes.closed = true;
            let mut parcels = lanes.again.drain();
            parcels.extend(lanes.of.iter_mut().flat_map(Lane::drain));
            parcels
        };
        let requests = parcels.into_iter().flat_map(|parcel| parcel.requests);
        requests.for_each(|request| match request.reply {
            Reply::Nobody => {}
            reply => reply.fail(EngineError::ShuttingDown),
        });
    }

    /// How long the last batch took: how much may wait, and what refused senders are told, depends on it.
    pub fn measured(&self, batch_us: i64) {
        self.lock().pace.measured(batch_us);
    }

    /// Whether nothing waits and nothing is under way.
    pub fn is_idle(&self) -> bool {
        let lanes = self.lock();
        lanes.is_empty() && lanes.under_way.is_empty()
    }

    /// Inputs that wait: people's, and the engine's own.
    pub fn waiting(&self) -> (usize, usize) {
        let lanes = self.lock();
        let [people, timers, messages] = &lanes.of;
        (people.held().inputs, timers.held().inputs + messages.held().inputs)
    }

    /// How many parcels from outside found no room.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.get()
    }

    fn workflow_of(&self, parcel: &Parcel) -> Arc<str> {
        parcel.workflow().unwrap_or(&self.unknown).clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Lanes {
    fn is_empty(&self) -> bool {
        self.again.is_empty() && self.of.iter().all(Lane::is_empty)
    }

    /// See [`Queue::take_if_worth`].
    fn are_worth_a_batch(&self) -> bool {
        let waiting = self.of.iter().map(|lane| lane.held().inputs).sum::<usize>() + self.again.held().inputs;
        waiting > 0 && waiting >= self.under_way.len()
    }

    /// Whether there is room for what somebody sends: for all, and for this workflow and this instance among them.
    fn admits(&self, instance: &InstanceId, workflow: &str, size: Held, limits: &Limits) -> bool {
        let all = self.of[PEOPLE].held();
        let of_workflow = self.of[PEOPLE].held_of(workflow);
        let of_instance = self.of[PEOPLE].inputs_of(instance);
        let free = self.pace.people_max(limits).saturating_sub(all.inputs);
        let free_bytes = limits.people_bytes_max.saturating_sub(all.bytes);
        size.inputs <= free
            && size.bytes <= free_bytes
            && of_instance + size.inputs <= free.saturating_mul(INSTANCE_PER_FREE)
            && of_workflow.inputs + size.inputs <= free.saturating_mul(WORKFLOW_PER_FREE)
            && of_workflow.bytes + size.bytes <= free_bytes.saturating_mul(WORKFLOW_PER_FREE)
    }

    fn take(&mut self, limits: &Limits) -> Vec<Parcel> {
        let mut taking = Taking {
            taken: Vec::new(),
            held: Held::default(),
            limits: *limits,
        };
        let under_way = &self.under_way;
        taking.from(&mut self.again, limits.batch_max, |instance| under_way.contains(instance));
        let mut order = KINDS;
        // Whoever found no room in the batch before comes first.
        order.sort_by_key(|kind| std::cmp::Reverse(self.passed_over[*kind]));
        let mut counts = [0; KINDS.len()];
        for kind in order {
            let limit = taking.held.inputs + self.share_of(kind, limits.batch_max);
            counts[kind] += self.take_from(kind, &mut taking, limit);
        }
        // A batch that the engine's own work fills takes longer, and people who come meanwhile wait for it: not while they come.
        let people = counts[PEOPLE] > 0;
        let rest: &[usize] = if people || self.people_lately { &[PEOPLE] } else { &KINDS };
        for kind in rest {
            counts[*kind] += self.take_from(*kind, &mut taking, limits.batch_max);
        }
        if !taking.taken.is_empty() {
            self.people_lately = people;
        }
        for kind in KINDS {
            let waits = self.of[kind].has_free();
            let passed_over = &mut self.passed_over[kind];
            *passed_over = if waits && counts[kind] == 0 { *passed_over + 1 } else { 0 };
        }
        if self.of[PEOPLE].has_free() {
            self.pace.cut(counts[PEOPLE]);
        }
        self.under_way.extend(taking.taken.iter().map(|parcel| parcel.instance));
        taking.taken
    }

    /// How many inputs of a batch are one kind's while the others wait too.
    fn share_of(&self, kind: usize, batch_max: usize) -> usize {
        let background = batch_max.div_ceil(BACKGROUND_SHARE);
        let share = match (kind, self.of[TIMERS].has_free(), self.of[MESSAGES].has_free()) {
            (PEOPLE, false, false) => batch_max,
            (PEOPLE, _, _) => batch_max - background,
            (_, true, true) => background / 2,
            (_, _, _) => background,
        };
        share.max(1)
    }

    /// Takes of one kind until the batch holds `limit` inputs; answers how many came.
    fn take_from(&mut self, kind: usize, taking: &mut Taking, limit: usize) -> usize {
        let (under_way, again) = (&self.under_way, &self.again);
        // Nothing overtakes what is to be tried again.
        taking.from(&mut self.of[kind], limit, |instance| {
            under_way.contains(instance) || again.inputs_of(instance) > 0
        })
    }

    fn release(&mut self, instance: InstanceId) {
        self.under_way.remove(&instance);
        self.again.release(instance);
        self.of.iter_mut().for_each(|lane| lane.release(instance));
    }
}

/// A batch while it is put together.
struct Taking {
    taken: Vec<Parcel>,
    held: Held,
    limits: Limits,
}

impl Taking {
    /// Takes what a lane gives until the batch holds `limit` inputs; answers how many came. What is blocked keeps its place.
    fn from(&mut self, lane: &mut Lane, limit: usize, blocked: impl Fn(&InstanceId) -> bool) -> usize {
        let before = self.held.inputs;
        let inputs_max = limit.min(self.limits.batch_max);
        loop {
            let (held, nothing, bytes_max) = (self.held, self.taken.is_empty(), self.limits.batch_bytes_max);
            // A parcel larger than a batch still goes, alone.
            let fits = |size: Held| nothing || (held.inputs + size.inputs <= inputs_max && held.bytes + size.bytes <= bytes_max);
            let Next::Parcel(parcel, size) = lane.next(&blocked, fits) else {
                return self.held.inputs - before;
            };
            self.held.add(size);
            self.taken.push(parcel);
        }
    }
}
