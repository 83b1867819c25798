//! What waits for the next batch: bounded, in order for each instance, people before the engine's own work but never alone.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use statewright_core::identity::InstanceId;
use tokio::sync::Notify;

use super::request::{Parcel, Reply};
use crate::error::EngineError;

/// A share of each batch that is kept for the engine's own work while any waits, so that a crowd does not stop the timers.
const BACKGROUND_SHARE: usize = 4;

/// The first and the longest wait that a refused sender is told: a batch or two, and no longer than a restart.
const RETRY_AFTER_MS: (u64, u64) = (50, 5_000);

pub struct Queue {
    lanes: Mutex<Lanes>,
    /// Something came, or an instance is free again.
    pub arrived: Notify,
    people_max: usize,
    background_max: usize,
    /// Microseconds that the last batches took, smoothed.
    batch_us: AtomicI64,
    batch_max: usize,
}

#[derive(Default)]
struct Lanes {
    /// Tried before: it goes first, so that nothing of its instance overtakes it.
    again: VecDeque<Parcel>,
    people: VecDeque<Parcel>,
    background: VecDeque<Parcel>,
    people_count: usize,
    background_count: usize,
    /// Instances in a batch that is under way: their next inputs wait for what it makes of them.
    under_way: HashSet<InstanceId>,
    closed: bool,
}

impl Queue {
    pub fn new(people_max: usize, background_max: usize, batch_max: usize) -> Self {
        Queue {
            lanes: Mutex::default(),
            arrived: Notify::new(),
            people_max,
            background_max,
            batch_us: AtomicI64::new(0),
            batch_max: batch_max.max(1),
        }
    }

    /// What a caller from outside sends. A refused parcel's senders are told here.
    pub fn offer(&self, parcel: Parcel) {
        let refused = {
            let mut lanes = self.lock();
            if lanes.closed {
                Some((parcel, EngineError::ShuttingDown))
            } else if lanes.people_count + parcel.requests.len() > self.people_max {
                Some((
                    parcel,
                    EngineError::Overloaded {
                        retry_after_ms: self.retry_after_ms(lanes.people_count),
                    },
                ))
            } else {
                lanes.people_count += parcel.requests.len();
                lanes.people.push_back(parcel);
                None
            }
        };
        match refused {
            None => self.arrived.notify_one(),
            Some((parcel, error)) => parcel
                .requests
                .into_iter()
                .for_each(|request| request.reply.fail(error.clone())),
        }
    }

    /// What an actor of this node hands over; given back if there is no room, since the store keeps it. One that is larger than
    /// all the room there is comes alone, or it would never come.
    pub fn hand_over(&self, parcel: Parcel) -> Result<(), Parcel> {
        {
            let mut lanes = self.lock();
            let fits = lanes.background_count + parcel.requests.len() <= self.background_max;
            if lanes.closed || !(fits || lanes.background_count == 0) {
                return Err(parcel);
            }
            lanes.background_count += parcel.requests.len();
            lanes.background.push_back(parcel);
        }
        self.arrived.notify_one();
        Ok(())
    }

    /// What has to be tried again; never refused.
    pub(super) fn put_back(&self, parcels: Vec<Parcel>) {
        if parcels.is_empty() {
            return;
        }
        self.lock().again.extend(parcels);
        self.arrived.notify_one();
    }

    /// The next batch. Its instances are under way until [`Queue::finish`].
    pub(super) fn take(&self) -> Vec<Parcel> {
        let mut lanes = self.lock();
        let mut taking = Taking {
            taken: Vec::new(),
            count: 0,
            blocked: lanes.under_way.clone(),
            max: self.batch_max,
        };
        taking.from(&mut lanes.again, self.batch_max);
        let background = if lanes.background.is_empty() {
            0
        } else {
            self.batch_max.div_ceil(BACKGROUND_SHARE)
        };
        let people = taking.from(&mut lanes.people, self.batch_max.saturating_sub(background).max(1));
        let background = taking.from(&mut lanes.background, self.batch_max);
        let more_people = taking.from(&mut lanes.people, self.batch_max);
        lanes.people_count -= people + more_people;
        lanes.background_count -= background;
        lanes.under_way.extend(taking.taken.iter().map(|parcel| parcel.instance));
        if !taking.taken.is_empty() && !lanes.is_empty() {
            // Another committer, if there is one, may go on with the rest.
            self.arrived.notify_one();
        }
        taking.taken
    }

    /// A batch is over.
    pub(super) fn finish(&self, instances: impl IntoIterator<Item = InstanceId>) {
        let waiting = {
            let mut lanes = self.lock();
            for instance in instances {
                lanes.under_way.remove(&instance);
            }
            !lanes.is_empty()
        };
        if waiting {
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
            lanes.people_count = 0;
            lanes.background_count = 0;
            let mut parcels = std::mem::take(&mut lanes.again);
            parcels.append(&mut lanes.people);
            parcels.append(&mut lanes.background);
            parcels.into()
        };
        let requests = parcels.into_iter().flat_map(|parcel| parcel.requests);
        requests.for_each(|request| match request.reply {
            Reply::Nobody => {}
            reply => reply.fail(EngineError::ShuttingDown),
        });
    }

    /// How long the last batch took, for what refused senders are told.
    pub fn measured(&self, batch_us: i64) {
        let before = self.batch_us.load(Ordering::Relaxed);
        self.batch_us.store((before * 7 + batch_us) / 8, Ordering::Relaxed);
    }

    /// Whether nothing waits and nothing is under way.
    pub fn is_idle(&self) -> bool {
        let lanes = self.lock();
        lanes.is_empty() && lanes.under_way.is_empty()
    }

    /// Inputs that wait: people's, and the engine's own.
    pub fn waiting(&self) -> (usize, usize) {
        let lanes = self.lock();
        (lanes.people_count, lanes.background_count)
    }

    /// About how long it takes until what waits has been worked off.
    fn retry_after_ms(&self, waiting: usize) -> u64 {
        let batches = waiting.div_ceil(self.batch_max) as u64;
        let batch_us = u64::try_from(self.batch_us.load(Ordering::Relaxed)).unwrap_or(0);
        (batches * batch_us / 1_000).clamp(RETRY_AFTER_MS.0, RETRY_AFTER_MS.1)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Lanes {
    fn is_empty(&self) -> bool {
        self.again.is_empty() && self.people.is_empty() && self.background.is_empty()
    }
}

/// A batch while it is put together.
struct Taking {
    taken: Vec<Parcel>,
    count: usize,
    /// Instances of which nothing may be taken: under way, or something of theirs was passed over.
    blocked: HashSet<InstanceId>,
    max: usize,
}

impl Taking {
    /// Takes from the front of a lane until the batch holds `limit` inputs; answers how many came. What is blocked keeps its place.
    fn from(&mut self, lane: &mut VecDeque<Parcel>, limit: usize) -> usize {
        let before = self.count;
        let mut passed_over = VecDeque::new();
        while let Some(parcel) = lane.pop_front() {
            let size = parcel.requests.len();
            // A parcel larger than a batch still goes, alone.
            let fits = self.count + size <= limit.min(self.max) || self.taken.is_empty();
            if !fits {
                lane.push_front(parcel);
                break;
            }
            if self.blocked.contains(&parcel.instance) {
                passed_over.push_back(parcel);
            } else {
                self.count += size;
                self.taken.push(parcel);
            }
        }
        passed_over.append(lane);
        *lane = passed_over;
        self.count - before
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use statewright_core::step::{Actor, Input, InputKind};

    use super::*;
    use crate::intake::{Mailbox, Origin, Request};

    fn parcel(workflow: &str, count: usize) -> Parcel {
        let mailbox: Arc<Mailbox> = Arc::default();
        let request = |ticket| {
            let input = Input {
                key: None,
                actor: Actor::engine(),
                reason: None,
                kind: InputKind::Wake,
            };
            let reply = Reply::Actor {
                mailbox: mailbox.clone(),
                ticket,
            };
            Request::new(InstanceId::of(workflow, ""), input, Origin::IfAbsent, reply)
        };
        Parcel::of((0..count as u64).map(request).collect()).expect("a parcel of something")
    }

    /// `p` people's, `b` background, with a number for the instance.
    fn queue(people: &[&str], background: &[&str]) -> Queue {
        let queue = Queue::new(100, 100, 4);
        people.iter().for_each(|name| queue.offer(parcel(name, 1)));
        for name in background {
            assert!(queue.hand_over(parcel(name, 1)).is_ok());
        }
        queue
    }

    fn taken(queue: &Queue) -> Vec<InstanceId> {
        queue.take().iter().map(|parcel| parcel.instance).collect()
    }

    fn ids(names: &[&str]) -> Vec<InstanceId> {
        names.iter().map(|name| InstanceId::of(name, "")).collect()
    }

    #[test]
    fn people_go_first_and_leave_a_share_to_the_engine() {
        let queue = queue(&["p1", "p2", "p3", "p4", "p5"], &["b1", "b2"]);
        assert_eq!(taken(&queue), ids(&["p1", "p2", "p3", "b1"]));
        assert_eq!(taken(&queue), ids(&["p4", "p5", "b2"]));
        assert_eq!(queue.waiting(), (0, 0));
    }

    #[test]
    fn an_instance_under_way_waits_and_does_not_hold_up_others() {
        let queue = queue(&["a", "b"], &[]);
        assert_eq!(taken(&queue), ids(&["a", "b"]));
        queue.offer(parcel("a", 1));
        queue.offer(parcel("c", 1));
        queue.offer(parcel("a", 1));
        assert_eq!(taken(&queue), ids(&["c"]));
        queue.finish(ids(&["a", "b"]));
        assert_eq!(taken(&queue), ids(&["a", "a"]));
        assert!(!queue.is_idle());
        queue.finish(ids(&["a", "c"]));
        assert!(queue.is_idle());
    }

    #[test]
    fn what_was_tried_before_goes_first() {
        let queue = queue(&["a", "b"], &[]);
        let tried = queue.take();
        queue.offer(parcel("a", 1));
        queue.put_back(tried);
        queue.finish(ids(&["a", "b"]));
        assert_eq!(taken(&queue), ids(&["a", "b", "a"]));
    }

    #[test]
    fn a_parcel_is_taken_whole_even_if_it_is_larger_than_a_batch() {
        let queue = queue(&["a"], &[]);
        queue.offer(parcel("b", 9));
        assert_eq!(taken(&queue), ids(&["a"]));
        assert_eq!(taken(&queue), ids(&["b"]));
        assert_eq!(queue.waiting(), (0, 0));
    }

    #[test]
    fn a_full_lane_gives_back_what_the_store_keeps() {
        let queue = Queue::new(1, 1, 4);
        assert!(queue.hand_over(parcel("b1", 1)).is_ok());
        assert!(queue.hand_over(parcel("b2", 1)).is_err());
        queue.close();
        assert_eq!(taken(&queue), ids(&["b1"]));
        let queue = Queue::new(1, 1, 4);
        assert!(queue.hand_over(parcel("large", 3)).is_ok(), "it would never fit");
        assert!(queue.hand_over(parcel("b1", 1)).is_err());
        assert!(queue.hand_over(parcel("b3", 1)).is_err());
    }
}
