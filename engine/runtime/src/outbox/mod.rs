//! Performs effects after their commit: at least once, always under the same key, with leases so that mostly one node tries.
//!
//! An effect made by this node's commit comes with a lease and is performed at once; others are leased by polling, so that what
//! a killed node held is performed when its leases have ended. However an attempt ends is told to the store under the epoch of
//! its lease: whoever has lost the lease has lost the say.

mod attempt;
mod backoff;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use statewright_core::value::Value;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

pub(crate) use self::attempt::Tools;
pub use self::attempt::effect_answer;
pub(crate) use self::attempt::shortened;
pub(crate) use self::backoff::Backoff;
use crate::adapter::{Adapter, AttemptFailure};
use crate::body::EffectBody;
use crate::configuration::{EngineConfig, POLL_MS};
use crate::error::EngineResult;
use crate::figures::Figures;
use crate::guarded::guarded;
use crate::handover::Handover;
use crate::store::{EffectEnd, EffectResult, EffectRow, Store, StoreError};

/// Adapters by name.
pub type Adapters = BTreeMap<Arc<str>, Arc<dyn Adapter>>;

pub struct Outbox {
    store: Arc<dyn Store>,
    handover: Arc<Handover>,
    figures: Arc<Figures>,
    adapters: Arc<Adapters>,
    tools: Arc<Tools>,
    configuration: EngineConfig,
    /// By adapter, in the order of arrival.
    waiting: BTreeMap<Arc<str>, VecDeque<Held>>,
    running: BTreeMap<Arc<str>, Running>,
    finished: Arc<Finished>,
    /// Ends that the store has not been told yet.
    ended: Vec<EffectResult>,
    last_poll_us: i64,
}

/// An effect that this node has leased.
struct Held {
    row: EffectRow,
    body: EffectBody,
    leased_until_us: i64,
}

struct Running {
    held: Held,
    until_us: i64,
    abandoned: bool,
    task: AbortHandle,
}

/// Where attempts leave their ends.
#[derive(Default)]
struct Finished {
    results: Mutex<Vec<EffectResult>>,
    arrived: Arc<Notify>,
}

impl Outbox {
    pub(crate) fn new(
        configuration: &EngineConfig,
        handover: Arc<Handover>,
        figures: Arc<Figures>,
        adapters: Arc<Adapters>,
        tools: Tools,
    ) -> Self {
        Outbox {
            store: tools.store.clone(),
            handover,
            figures,
            adapters,
            tools: Arc::new(tools),
            configuration: configuration.clone(),
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            finished: Arc::default(),
            ended: Vec::new(),
            last_poll_us: i64::MIN,
        }
    }

    /// Notified when an attempt has ended.
    pub fn finished(&self) -> Arc<Notify> {
        self.finished.arrived.clone()
    }

    /// The earliest moment at which an attempt has to be given up.
    pub fn next_deadline_us(&self) -> Option<i64> {
        self.running.values().map(|running| running.until_us).min()
    }

    /// Whether nothing is under way and everything has been told.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty() && self.ended.is_empty()
    }

    /// Tells the store what has ended, takes on what is new and begins what may begin.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        // What was given up again must not be begun: both may have been told of since the last tick.
        self.take_on_told(now);
        self.collect(now).await?;
        self.keep_leases(now).await?;
        self.poll(now).await?;
        self.begin(now);
        Ok(())
    }

    /// Tells the store what has ended, and begins nothing any more.
    pub async fn wind_down(&mut self, now: Timestamp) -> EngineResult<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.ended
            .extend(waiting.into_values().flatten().map(|held| let_go(&held.row, now)));
        self.ended
            .extend(self.handover.take_effects().iter().map(|row| let_go(row, now)));
        self.collect(now).await
    }

    /// Gives up what is still under way, so that another node may take it at once.
    pub async fn abort(&mut self, now: Timestamp) -> EngineResult<()> {
        // what has ended meanwhile has its answer
        let told = self.collect(now).await;
        for running in std::mem::take(&mut self.running).into_values() {
            running.task.abort();
            self.ended.push(cut_off(&running.held, now));
        }
        told.and(self.collect(now).await)
    }

    async fn collect(&mut self, now: Timestamp) -> EngineResult<()> {
        let finished = std::mem::take(&mut *lock(&self.finished.results));
        for result in finished {
            let Some(running) = self.running.remove(&result.key) else {
                continue;
            };
            let epoch = running.held.row.epoch;
            self.figures.attempt(&running.held.row.adapter, &result.end);
            self.ended.push(end_of(running.abandoned, EffectResult { epoch, ..result }));
        }
        self.give_up_late(now).await;
        self.drop_abandoned(now);
        if self.ended.is_empty() {
            return Ok(());
        }
        let told = self.tell_ends().await?;
        for (result, ours) in std::mem::take(&mut self.ended).into_iter().zip(told) {
            tell(&result, ours);
            if let EffectEnd::Answered(message) = &result.end
                && ours
            {
                self.handover.expect_messages([message.to]);
            }
        }
        Ok(())
    }

    /// Answers whether each was still ours. One that the store will never take must not keep the others waiting.
    async fn tell_ends(&self) -> EngineResult<Vec<bool>> {
        match self.store.end_attempts(&self.ended).await {
            Ok(told) => return Ok(told),
            Err(StoreError::Refused(_) | StoreError::Damaged(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let mut told = Vec::with_capacity(self.ended.len());
        for result in &self.ended {
            told.push(match self.store.end_attempts(std::slice::from_ref(result)).await {
                Ok(ours) => ours.first().copied().unwrap_or(false),
                Err(error @ (StoreError::Refused(_) | StoreError::Damaged(_))) => {
                    tracing::error!(effect = %result.key, %error, "the end of an attempt could not be stored; it is tried again when its lease has ended");
                    false
                }
                Err(error) => return Err(error.into()),
            });
        }
        Ok(told)
    }

    /// Attempts past their deadline are cut off: the other side may have acted, and the key tells it so next time.
    async fn give_up_late(&mut self, now: Timestamp) {
        let now_us = now.as_microsecond();
        let late: Vec<Arc<str>> = self
            .running
            .iter()
            .filter(|(_, running)| running.until_us <= now_us)
            .map(|(key, _)| key.clone())
            .collect();
        for key in late {
            let Some(Running {
                held, abandoned, task, ..
            }) = self.running.remove(&key)
            else {
                continue;
            };
            task.abort();
            let message = "there was no answer in time".to_owned();
            let outcome: Result<Value, AttemptFailure> = Err(AttemptFailure::Temporary {
                message,
                retry_after: None,
            });
            let result = self.tools.conclude(&held.row, &held.body, outcome).await;
            self.figures.attempt(&held.row.adapter, &result.end);
            self.ended.push(end_of(abandoned, result));
        }
    }

    /// What nobody waits for any more is not begun; what is under way may end, but is not tried again.
    fn drop_abandoned(&mut self, now: Timestamp) {
        for key in self.handover.take_abandoned() {
            if let Some(running) = self.running.get_mut(&key) {
                running.abandoned = true;
            }
            for waiting in self.waiting.values_mut() {
                if let Some(place) = waiting.iter().position(|held| held.row.key == key)
                    && let Some(held) = waiting.remove(place)
                {
                    self.ended.push(EffectResult {
                        end: EffectEnd::Dropped,
                        ..let_go(&held.row, now)
                    });
                }
            }
        }
    }

    /// Holds for longer what is waiting or under way. What was lost to another node is not begun.
    async fn keep_leases(&mut self, now: Timestamp) -> EngineResult<()> {
        let lease_us = self.configuration.outbox_lease_ms * 1_000;
        let soon_us = now.as_microsecond() + lease_us / 2;
        let until_us = now.as_microsecond() + lease_us;
        let waiting = self.waiting.values_mut().flatten();
        let running = self.running.values_mut().map(|running| &mut running.held);
        let mut ending: Vec<&mut Held> = waiting.chain(running).filter(|held| held.leased_until_us < soon_us).collect();
        if ending.is_empty() {
            return Ok(());
        }
        let leases: Vec<_> = ending
            .iter()
            .map(|held| (held.row.instance, held.row.key.clone(), held.row.epoch))
            .collect();
        let kept = self.store.extend_leases(&leases, until_us).await?;
        for (held, kept) in ending.iter_mut().zip(&kept) {
            held.leased_until_us = if *kept { until_us } else { i64::MIN };
        }
        for waiting in self.waiting.values_mut() {
            waiting.retain(|held| held.leased_until_us != i64::MIN);
        }
        for running in self
            .running
            .values_mut()
            .filter(|running| running.held.leased_until_us == i64::MIN)
        {
            // It is somebody else's now; what this attempt brings will not be heard, and is not asked for again.
            running.held.leased_until_us = i64::MAX;
        }
        Ok(())
    }

    /// Effects of this node's commits. They are leased already, so that there is no use in leaving them behind.
    fn take_on_told(&mut self, now: Timestamp) {
        let until_us = now.as_microsecond() + self.configuration.outbox_lease_ms * 1_000;
        let told = self.handover.take_effects();
        self.hold(told, until_us, now);
    }

    async fn poll(&mut self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        if now_us.saturating_sub(self.last_poll_us) < POLL_MS * 1_000 || self.room() == 0 {
            return Ok(());
        }
        self.last_poll_us = now_us;
        let until_us = now_us + self.configuration.outbox_lease_ms * 1_000;
        let leased = self
            .store
            .lease_effects(&self.configuration.node, now_us, until_us, self.room())
            .await?;
        self.hold(leased, until_us, now);
        Ok(())
    }

    fn room(&self) -> usize {
        let held = self.waiting.values().map(VecDeque::len).sum::<usize>() + self.running.len();
        self.configuration.effects_held_max.saturating_sub(held)
    }

    fn hold(&mut self, rows: Vec<EffectRow>, leased_until_us: i64, now: Timestamp) {
        for row in rows {
            if self.renew(&row, leased_until_us) {
                continue;
            }
            match EffectBody::read(&row.body) {
                Ok(body) => self.waiting.entry(row.adapter.clone()).or_default().push_back(Held {
                    row,
                    body,
                    leased_until_us,
                }),
                Err(error) => {
                    let end = EffectEnd::Incident {
                        error: shortened(&error.to_string()),
                    };
                    self.ended.push(EffectResult {
                        end,
                        ..let_go(&row, now)
                    });
                }
            }
        }
    }

    /// A lease that ended before it was extended, and came to this node again: what goes on here goes on under the new one.
    fn renew(&mut self, row: &EffectRow, leased_until_us: i64) -> bool {
        if let Some(ended) = self.ended.iter_mut().find(|ended| ended.key == row.key) {
            ended.epoch = row.epoch;
            return true;
        }
        let running = self.running.get_mut(&row.key).map(|running| &mut running.held);
        let waiting = self
            .waiting
            .get_mut(&row.adapter)
            .and_then(|waiting| waiting.iter_mut().find(|held| held.row.key == row.key));
        match running.or(waiting) {
            Some(held) => {
                held.row.epoch = row.epoch;
                held.row.attempts = held.row.attempts.max(row.attempts);
                held.leased_until_us = leased_until_us;
                true
            }
            None => false,
        }
    }

    fn begin(&mut self, now: Timestamp) {
        let mut under_way: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for running in self.running.values() {
            *under_way.entry(running.held.row.adapter.clone()).or_default() += 1;
        }
        for (name, waiting) in &mut self.waiting {
            let adapter = self.adapters.get(name);
            let under_way = under_way.get(name).copied().unwrap_or(0);
            let room = self.configuration.attempts_per_adapter_max.saturating_sub(under_way);
            for held in waiting.drain(..room.min(waiting.len())) {
                let attempt_ms = adapter.and_then(|adapter| guarded(|| Ok(adapter.attempt_ms(&held.body.action))).ok().flatten());
                let until_us = now.as_microsecond() + attempt_ms.unwrap_or(self.configuration.attempt_ms) * 1_000;
                let task = spawn(self.tools.clone(), self.finished.clone(), adapter.cloned(), &held, until_us);
                let running = Running {
                    held,
                    until_us,
                    abandoned: false,
                    task,
                };
                self.running.insert(running.held.row.key.clone(), running);
            }
        }
        self.waiting.retain(|_, waiting| !waiting.is_empty());
    }
}

fn spawn(
    tools: Arc<Tools>,
    finished: Arc<Finished>,
    adapter: Option<Arc<dyn Adapter>>,
    held: &Held,
    until_us: i64,
) -> AbortHandle {
    let row = held.row.clone();
    let body = held.body.clone();
    let until = Timestamp::from_microsecond(until_us).unwrap_or(Timestamp::MAX);
    let attempt = async move {
        let result = tools.attempt(&row, &body, adapter, until).await;
        lock(&finished.results).push(result);
        finished.arrived.notify_one();
    };
    tokio::spawn(attempt).abort_handle()
}

/// An end under this lease that leaves the effect as it is, free for anyone.
fn let_go(row: &EffectRow, now: Timestamp) -> EffectResult {
    let now_us = now.as_microsecond();
    EffectResult {
        instance: row.instance,
        key: row.key.clone(),
        epoch: row.epoch,
        attempts: row.attempts,
        at_us: now_us,
        end: EffectEnd::Postponed {
            due_us: now_us,
            error: "the node that held it was stopped".into(),
        },
    }
}

/// The same of one that was under way. What must not be asked twice was counted when it was begun, and stays counted.
fn cut_off(held: &Held, now: Timestamp) -> EffectResult {
    EffectResult {
        attempts: held.row.attempts + u32::from(held.body.once),
        ..let_go(&held.row, now)
    }
}

/// An abandoned effect is told of if it succeeded, and never tried again.
fn end_of(abandoned: bool, result: EffectResult) -> EffectResult {
    match result.end {
        EffectEnd::Postponed { .. } | EffectEnd::Incident { .. } if abandoned => EffectResult {
            end: EffectEnd::Dropped,
            ..result
        },
        _ => result,
    }
}

fn tell(result: &EffectResult, ours: bool) {
    let end = match &result.end {
        EffectEnd::Answered(_) => "answered",
        EffectEnd::Postponed { .. } => "postponed",
        EffectEnd::Incident { .. } => "incident",
        EffectEnd::Dropped => "dropped",
    };
    tracing::debug!(effect = %result.key, attempts = result.attempts, end, ours, "an attempt has ended");
    if matches!(result.end, EffectEnd::Incident { .. }) && ours {
        tracing::error!(effect = %result.key, attempts = result.attempts, "an effect waits for a person");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
