//! Fires what is due, in due order, through the intake.
//!
//! A timer is consumed by the commit of its instance alone: a node that dies between finding it and taking it loses nothing, and
//! two nodes that find the same one take it once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Input, InputKind};

use crate::configuration::{EngineConfig, POLL_MS};
use crate::error::EngineResult;
use crate::handover::Handover;
use crate::intake::{Mailbox, Origin, Parcel, Queue, Reply, Request};
use crate::outbox::shortened;
use crate::store::{DueTimer, Incident, IncidentKind, Store};

pub struct Timers {
    store: Arc<dyn Store>,
    queue: Arc<Queue>,
    handover: Arc<Handover>,
    mailbox: Arc<Mailbox>,
    in_flight_max: usize,
    in_flight: BTreeMap<u64, DueTimer>,
    offered: BTreeSet<(InstanceId, Arc<str>)>,
    next_ticket: u64,
    /// When the store is to be asked again.
    next_look_us: i64,
}

impl Timers {
    pub fn new(configuration: &EngineConfig, store: Arc<dyn Store>, queue: Arc<Queue>, handover: Arc<Handover>) -> Self {
        Timers {
            store,
            queue,
            handover,
            mailbox: Arc::default(),
            in_flight_max: configuration.timers_in_flight_max.max(1),
            in_flight: BTreeMap::new(),
            offered: BTreeSet::new(),
            next_ticket: 0,
            next_look_us: i64::MIN,
        }
    }

    /// Notified when something that was handed over has been settled.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        self.mailbox.clone()
    }

    /// When the next tick has something to do, unless it is woken before.
    pub fn next_look_us(&self) -> i64 {
        self.next_look_us
    }

    /// Whether anything handed over is not settled yet.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Takes back what was settled, and hands over what is due.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        self.settle(now_us).await?;
        if let Some(earliest_us) = self.handover.take_earliest_us() {
            self.next_look_us = self.next_look_us.min(earliest_us);
        }
        if now_us >= self.next_look_us && self.in_flight.len() <= self.in_flight_max / 2 {
            self.look(now_us).await?;
        }
        Ok(())
    }

    async fn look(&mut self, now_us: i64) -> EngineResult<()> {
        // If the store fails, it is asked again in a while, not at once.
        self.next_look_us = now_us + POLL_MS * 1_000;
        let limit = self.in_flight_max + self.in_flight.len();
        let due = self.store.due_timers(now_us, limit).await?;
        // A delayed message may be what is due.
        self.handover.look_for_messages();
        let more = due.len() >= limit;
        let new: Vec<DueTimer> = due
            .into_iter()
            .filter(|timer| !self.offered.contains(&(timer.instance, timer.name.clone())))
            .collect();
        let room = self.in_flight_max.saturating_sub(self.in_flight.len());
        if !self.hand_over(new.into_iter().take(room).collect()) {
            return Ok(());
        }
        self.next_look_us = match self.store.next_due().await? {
            _ if more => now_us,
            Some(due_us) if due_us > now_us => due_us.min(self.next_look_us),
            _ => self.next_look_us,
        };
        Ok(())
    }

    /// Together, so that they are taken in due order. False: the intake has no room; the store keeps what is left until it has.
    fn hand_over(&mut self, timers: Vec<DueTimer>) -> bool {
        let first = self.next_ticket;
        let parcels = timers
            .iter()
            .zip(first..)
            .filter_map(|(timer, ticket)| self.parcel(timer, ticket));
        let taken = self.queue.hand_over_together(parcels.collect());
        let is_all = taken == timers.len();
        for (timer, ticket) in timers.into_iter().zip(first..).take(taken) {
            self.offered.insert((timer.instance, timer.name.clone()));
            self.in_flight.insert(ticket, timer);
            self.next_ticket = ticket + 1;
        }
        is_all
    }

    fn parcel(&self, timer: &DueTimer, ticket: u64) -> Option<Parcel> {
        let due = Timestamp::from_microsecond(timer.due_us).unwrap_or(Timestamp::MIN);
        let kind = InputKind::Timer {
            name: timer.name.clone(),
            due,
        };
        let input = Input {
            signed: None,
            key: None,
            actor: Actor::engine(),
            reason: None,
            kind,
        };
        let origin = Origin::Timer {
            name: timer.name.clone(),
            due_us: timer.due_us,
        };
        let reply = Reply::Actor {
            mailbox: self.mailbox.clone(),
            ticket,
        };
        let request = Request::new(timer.instance, input, origin, reply);
        Parcel::of(vec![request])
    }

    async fn settle(&mut self, now_us: i64) -> EngineResult<()> {
        let settled = self.mailbox.take();
        let any = !settled.is_empty();
        let mut troubled = Vec::new();
        for (ticket, result) in settled {
            let Some(timer) = self.in_flight.remove(&ticket) else {
                continue;
            };
            self.offered.remove(&(timer.instance, timer.name.clone()));
            match result {
                Ok(_) => {}
                // It stays in the store and is found again.
                Err(error) if error.passes() => {
                    tracing::debug!(instance = %timer.instance, timer = %timer.name, error = error.logged(), "a timer waits")
                }
                Err(error) => troubled.push((timer, error)),
            }
        }
        if any && self.in_flight.is_empty() {
            self.next_look_us = self.next_look_us.min(now_us);
        }
        for (timer, error) in troubled {
            tracing::error!(instance = %timer.instance, timer = %timer.name, error = error.logged(), "a timer waits for a person");
            let incident = Incident {
                instance: timer.instance,
                kind: IncidentKind::Timer,
                name: timer.name,
                error: shortened(&error.to_string()),
                attempts: 1,
                since_us: now_us,
            };
            self.store.raise_incident(&incident).await?;
        }
        Ok(())
    }
}
