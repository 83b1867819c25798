//! A node says every few seconds that it is there, so that an operator sees all of them from any of them.
//!
//! Nothing rests on it: who holds what is known by leases and fences alone. A node that is silent is shown as silent.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;

use crate::error::EngineResult;
use crate::figures::Figures;
use crate::intake::Queue;
use crate::store::{NodeRow, Store};

/// How often a node says so, in microseconds: often enough that somebody who looks after a failure sees it, seldom enough that a database
/// at rest stays at rest.
pub const BEAT_EVERY_US: i64 = 10 * 1_000_000;

/// A node that was not heard of for so long has a reason: three beats, so that one that is late is not called silent.
pub const SILENT_AFTER_US: i64 = 3 * BEAT_EVERY_US + BEAT_EVERY_US / 2;

/// How long a node that ended or fell silent is remembered, in microseconds: a day, for whoever asks in the morning what was at night.
const REMEMBERED_US: i64 = 24 * 3_600 * 1_000_000;

/// What "lately" is: six beats, a minute.
const LATELY_BEATS: usize = 6;

pub struct Presence {
    store: Arc<dyn Store>,
    figures: Arc<Figures>,
    queue: Arc<Queue>,
    node: Arc<str>,
    started_at_us: Option<i64>,
    next_beat_us: i64,
    /// What was taken since the node began, as it stood at each of the last beats.
    taken: VecDeque<u64>,
}

impl Presence {
    pub(crate) fn new(store: Arc<dyn Store>, figures: Arc<Figures>, queue: Arc<Queue>, node: Arc<str>) -> Self {
        Presence {
            store,
            figures,
            queue,
            node,
            started_at_us: None,
            next_beat_us: i64::MIN,
            taken: VecDeque::with_capacity(LATELY_BEATS + 1),
        }
    }

    /// Says that the node is there, if it is time to.
    ///
    /// # Errors
    /// Those of the store; it is said at the next turn.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        if now_us < self.next_beat_us {
            return Ok(());
        }
        self.next_beat_us = now_us + BEAT_EVERY_US;
        self.taken.push_back(self.figures.taken());
        if self.taken.len() > LATELY_BEATS + 1 {
            self.taken.pop_front();
        }
        self.beat(now_us, false).await
    }

    /// Says that it ends.
    ///
    /// # Errors
    /// Those of the store; then it falls silent.
    pub async fn leave(&mut self, now: Timestamp) -> EngineResult<()> {
        self.beat(now.as_microsecond(), true).await
    }

    pub fn next_look_us(&self) -> i64 {
        self.next_beat_us
    }

    async fn beat(&mut self, now_us: i64, left: bool) -> EngineResult<()> {
        let (people, background) = self.queue.waiting();
        let lately = self.taken.back().zip(self.taken.front());
        let row = NodeRow {
            node: self.node.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            started_at_us: *self.started_at_us.get_or_insert(now_us),
            seen_at_us: now_us,
            left,
            taken_lately: lately.map_or(0, |(last, first)| last - first),
            waiting: (people + background) as u64,
            memory_bytes: resident_bytes(),
        };
        Ok(self.store.operations().beat(&row, now_us - REMEMBERED_US).await?)
    }
}

/// Memory of this process that is in use, where the system says so.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}
