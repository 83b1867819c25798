//! Forgets uploads that nobody named in time, and bytes that nobody needs.

use std::sync::Arc;

use jiff::Timestamp;

use crate::error::EngineResult;
use crate::store::Store;

/// Uploads forgotten in one transaction or turn, so that what is committed meanwhile does not wait for long.
pub(super) const SWEPT_MAX: usize = 32;

/// How often it looks, in microseconds: what is kept a minute longer harms nobody.
const LOOK_EVERY_US: i64 = 60 * 1_000_000;

pub struct Sweeper {
    store: Arc<dyn Store>,
    next_look_us: i64,
}

impl Sweeper {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Sweeper { store, next_look_us: 0 }
    }

    /// Forgets what has expired by now. Any number of nodes may do so at once.
    ///
    /// # Errors
    /// Those of the store; what was not forgotten is at the next turn.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<()> {
        let now_us = now.as_microsecond();
        if now_us < self.next_look_us {
            return Ok(());
        }
        let swept = self.store.files().sweep_files(now_us, SWEPT_MAX).await?;
        // where there was much, there is more
        if swept < SWEPT_MAX {
            self.next_look_us = now_us + LOOK_EVERY_US;
        }
        Ok(())
    }

    pub fn next_look_us(&self) -> i64 {
        self.next_look_us
    }
}
