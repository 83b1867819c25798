//! The last things that happened, for whoever has to understand a failure.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use super::clock::WorldTime;

/// Shared by everything that is simulated.
pub struct Trace {
    time: Arc<WorldTime>,
    started_us: i64,
    lines_max: usize,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    tick: u64,
    last: VecDeque<Line>,
}

struct Line {
    tick: u64,
    at_us: i64,
    who: Arc<str>,
    what: Cow<'static, str>,
}

impl Trace {
    /// Keeps so many lines, the last ones.
    pub fn new(time: Arc<WorldTime>, lines_max: usize) -> Self {
        Trace {
            started_us: time.now_us(),
            time,
            lines_max: lines_max.max(1),
            lines: Mutex::default(),
        }
    }

    /// A new tick begins; lines are counted by it.
    pub fn tick(&self) {
        self.lock().tick += 1;
    }

    pub fn note(&self, who: &Arc<str>, what: impl Into<Cow<'static, str>>) {
        let mut lines = self.lock();
        if lines.last.len() == self.lines_max {
            lines.last.pop_front();
        }
        let line = Line {
            tick: lines.tick,
            at_us: self.time.now_us() - self.started_us,
            who: who.clone(),
            what: what.into(),
        };
        lines.last.push_back(line);
    }

    /// One line for each thing, the oldest first: tick, seconds since the beginning, who, what.
    pub fn read(&self) -> String {
        let mut text = String::new();
        for Line { tick, at_us, who, what } in &self.lock().last {
            let seconds = *at_us as f64 / 1e6;
            // Writing to a text does not fail.
            let _ = writeln!(text, "{tick:>7} {seconds:>10.3}s  {who:<8} {what}");
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
