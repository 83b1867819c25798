//! Hands messages to the intake, in order for each receiver, and sees to it that every send is answered once.
//!
//! A node looks at once for what its own commits sent, and polls for what nobody told it of: messages that a killed node left,
//! delayed ones, and wake-ups. A message is consumed by a commit of its receiver alone, so that two nodes that find the same one
//! take it once. Messages of one receiver that are under way keep its later ones waiting.

mod delivery;
mod ending;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::Verdict;

use self::delivery::Delivery;
use crate::body::MessageBody;
use crate::configuration::{BUSY_POLL_MS, EngineConfig, MESSAGES_PER_RECEIVER_MAX, ORPHAN_MS, POLL_MS};
use crate::error::EngineResult;
use crate::handover::Handover;
use crate::intake::{Mailbox, Parcel, Queue};
use crate::starts::Starts;
use crate::store::{MessageRow, Store};

pub struct Messages {
    store: Arc<dyn Store>,
    queue: Arc<Queue>,
    handover: Arc<Handover>,
    starts: Arc<Starts>,
    mailbox: Arc<Mailbox>,
    receivers_in_flight_max: usize,
    in_flight: BTreeMap<u64, Delivery>,
    /// Receiver → how many of its messages are under way.
    receivers: BTreeMap<InstanceId, usize>,
    /// Receivers that may have more.
    waiting: BTreeSet<InstanceId>,
    /// Receivers of which an earlier message is not consumed: those under way with it must not overtake it.
    held_up: BTreeSet<InstanceId>,
    /// The last receiver whose turn it was: the next ones come first, or the lowest would always be served before the others.
    last_turn: Option<InstanceId>,
    next_ticket: u64,
    last_poll_us: i64,
}

/// Receivers remembered to have messages; the polls find those of the others.
const RECEIVERS_WAITING_MAX: usize = 65_536;

impl Messages {
    pub fn new(
        configuration: &EngineConfig,
        store: Arc<dyn Store>,
        queue: Arc<Queue>,
        handover: Arc<Handover>,
        starts: Arc<Starts>,
    ) -> Self {
        Messages {
            store,
            queue,
            handover,
            starts,
            mailbox: Arc::default(),
            receivers_in_flight_max: configuration.receivers_in_flight_max.max(1),
            in_flight: BTreeMap::new(),
            receivers: BTreeMap::new(),
            waiting: BTreeSet::new(),
            held_up: BTreeSet::new(),
            last_turn: None,
            next_ticket: 0,
            last_poll_us: i64::MIN,
        }
    }

    /// Notified when something that was handed over has been settled.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        self.mailbox.clone()
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Takes back what was settled, and hands over what has come.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        self.settle(now).await?;
        let room = RECEIVERS_WAITING_MAX.saturating_sub(self.waiting.len());
        self.waiting.extend(self.handover.take_receivers().into_iter().take(room));
        self.take_on_told(now).await?;
        self.poll(now).await
    }

    /// What this node knows to have come.
    async fn take_on_told(&mut self, now: Timestamp) -> EngineResult<()> {
        let room = self.receivers_in_flight_max.saturating_sub(self.receivers.len());
        let receivers = self.next_receivers(room);
        let Some(last) = receivers.last() else { return Ok(()) };
        self.last_turn = Some(*last);
        let limit = receivers.len().saturating_mul(MESSAGES_PER_RECEIVER_MAX);
        let rows = self.store.messages_of(&receivers, now.as_microsecond(), limit).await?;
        let whole = rows.len() < limit;
        for receiver in &receivers {
            // If the answer was cut off, whoever it left out is asked for again.
            if whole || rows.iter().any(|row| row.to == *receiver) {
                self.waiting.remove(receiver);
            }
        }
        self.take_on(rows, now).await
    }

    /// Receivers that have nothing under way, by turns.
    fn next_receivers(&self, room: usize) -> Vec<InstanceId> {
        let first = self.last_turn.map_or(Bound::Unbounded, Bound::Excluded);
        let after = self.waiting.range((first, Bound::Unbounded));
        let before = self.last_turn.map(|last| self.waiting.range(..=last));
        let by_turns = after.chain(before.into_iter().flatten());
        let free = by_turns.filter(|receiver| !self.receivers.contains_key(receiver));
        free.take(room).copied().collect()
    }

    /// What nobody told this node of.
    async fn poll(&mut self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        let since_ms = now_us.saturating_sub(self.last_poll_us) / 1_000;
        let asked = self.handover.take_messages_due();
        let busy = since_ms >= BUSY_POLL_MS && self.handover.take_busy();
        if !asked && !busy && since_ms < POLL_MS {
            return Ok(());
        }
        self.last_poll_us = now_us;
        let age_ms = if busy { BUSY_POLL_MS } else { ORPHAN_MS };
        let limit = self.receivers_in_flight_max + self.in_flight.len();
        let rows = self.store.ready_messages(now_us, now_us - age_ms * 1_000, limit).await?;
        if rows.is_empty() {
            return Ok(());
        }
        // How old a message is says the clock of the node that left it; in order they come only if all of a receiver's are asked for.
        self.waiting.extend(rows.iter().map(|row| row.to));
        self.take_on_told(now).await
    }

    /// Hands over rows, one parcel for each receiver that has nothing under way.
    async fn take_on(&mut self, rows: Vec<MessageRow>, now: Timestamp) -> EngineResult<()> {
        let mut order: Vec<InstanceId> = Vec::new();
        let mut by_receiver: BTreeMap<InstanceId, Vec<MessageRow>> = BTreeMap::new();
        for row in rows {
            if self.receivers.contains_key(&row.to) {
                self.waiting.insert(row.to);
                continue;
            }
            let rows = by_receiver.entry(row.to).or_default();
            if rows.is_empty() {
                order.push(row.to);
            }
            if rows.len() < MESSAGES_PER_RECEIVER_MAX {
                rows.push(row);
            } else {
                self.waiting.insert(row.to);
            }
        }
        for receiver in order {
            let rows = by_receiver.remove(&receiver).unwrap_or_default();
            if self.receivers.len() >= self.receivers_in_flight_max {
                self.waiting.insert(receiver);
            } else {
                self.deliver(receiver, rows, now).await?;
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, receiver: InstanceId, rows: Vec<MessageRow>, now: Timestamp) -> EngineResult<()> {
        let mut deliveries = Vec::with_capacity(rows.len());
        for row in rows {
            match MessageBody::read(&row.body) {
                Ok(body) => deliveries.push(Delivery::of(row, body)),
                Err(error) => self.trouble(&row, &error.to_string(), now).await?,
            }
        }
        // A start makes its own parcel: its key, and with it its instance, must be settled first. What comes after it, and what
        // comes before, must not be under way with it, or it could be overtaken.
        let place = deliveries.iter().position(|delivery| delivery.needs_start(receiver));
        match place {
            None => self.hand_over(deliveries),
            Some(0) => {
                let later = deliveries.split_off(1);
                if !later.is_empty() {
                    self.waiting.insert(receiver);
                }
                for delivery in deliveries {
                    self.start(delivery, now).await?;
                }
            }
            Some(place) => {
                deliveries.truncate(place);
                self.waiting.insert(receiver);
                self.hand_over(deliveries);
            }
        }
        Ok(())
    }

    /// Puts deliveries of one receiver on their way together.
    fn hand_over(&mut self, deliveries: Vec<Delivery>) {
        let first = self.next_ticket;
        let mailbox = self.mailbox.clone();
        let requests = (first..)
            .zip(&deliveries)
            .map(|(ticket, delivery)| delivery.request(&mailbox, ticket))
            .collect();
        let Some(parcel) = Parcel::of(requests) else { return };
        self.put_on_the_way(parcel, deliveries);
    }

    /// `deliveries` have tickets from `next_ticket` on. If there is no room they stay in the store and are found again.
    fn put_on_the_way(&mut self, parcel: Parcel, deliveries: Vec<Delivery>) {
        let handed_over = self.queue.hand_over(parcel).is_ok();
        for delivery in deliveries {
            if handed_over {
                *self.receivers.entry(delivery.row.to).or_default() += 1;
                self.in_flight.insert(self.next_ticket, delivery);
            } else {
                self.waiting.insert(delivery.row.to);
            }
            self.next_ticket += 1;
        }
    }

    /// Every delivery is ended, whatever becomes of the others: what could not be ended is still in the store.
    async fn settle(&mut self, now: Timestamp) -> EngineResult<()> {
        let mut outcome = Ok(());
        for (ticket, result) in self.mailbox.take() {
            let Some(delivery) = self.in_flight.remove(&ticket) else {
                continue;
            };
            let receiver = delivery.row.to;
            if let Some(open) = self.receivers.get_mut(&receiver) {
                *open -= 1;
            }
            if result.is_err() && self.held_up.contains(&receiver) {
                self.waiting.insert(receiver);
            } else {
                match self.end(delivery, result, now).await {
                    Ok(true) => {}
                    Ok(false) => _ = self.held_up.insert(receiver),
                    Err(error) => {
                        self.held_up.insert(receiver);
                        outcome = Err(error);
                    }
                }
            }
            if self.receivers.get(&receiver) == Some(&0) {
                self.receivers.remove(&receiver);
                self.held_up.remove(&receiver);
            }
        }
        outcome
    }
}

/// What the intake made of a delivery.
type Settled = EngineResult<Verdict>;
