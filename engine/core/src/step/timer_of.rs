//! What a timer is of, and its name: stores and the trail know a timer by its name only.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

const INVOKE: &str = "invoke/";
const TASK: &str = "task/";
const CLOCK: &str = "sla/";
/// Stands where the number of a clock's rung would.
const BREACH: &str = "breach";

/// A timer is of a state, of something that is waited for, or of a ladder. Its name is what it is written as here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerOf<'n> {
    /// `STATE/NAME`: written under `after`.
    State { path: &'n str, name: &'n str },
    /// `invoke/KEY`: ends the wait for an invoke.
    Invoke { key: &'n str },
    /// `task/STATE/1`: a rung of a task's ladder; counted from 1 in the name, as people do.
    Task { path: &'n str, rung: usize },
    /// `sla/NAME/1`: a rung of a clock's ladder; `sla/NAME/breach`, and None here: its target.
    Clock { clock: &'n str, rung: Option<usize> },
}

impl<'n> TimerOf<'n> {
    /// None: no timer is called so. States may be called `invoke`, `task` and `sla` too: a state's timer has one slash in its name and no
    /// colon, a rung has two slashes, the key of an invoke has colons.
    pub fn read(timer: &'n str) -> Option<Self> {
        let rung = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
        if let Some((path, number)) = timer.strip_prefix(TASK).and_then(|rest| rest.rsplit_once('/')) {
            let rung = rung(number)?;
            return Some(TimerOf::Task { path, rung });
        }
        if let Some((clock, number)) = timer.strip_prefix(CLOCK).and_then(|rest| rest.rsplit_once('/')) {
            let rung = match number {
                BREACH => None,
                number => Some(rung(number)?),
            };
            return Some(TimerOf::Clock { clock, rung });
        }
        if let Some(key) = timer.strip_prefix(INVOKE).filter(|key| key.contains(':')) {
            return Some(TimerOf::Invoke { key });
        }
        let (path, name) = timer.rsplit_once('/')?;
        Some(TimerOf::State { path, name })
    }

    pub fn name(&self) -> Arc<str> {
        self.to_string().into()
    }

    /// Whether it is a rung, or the target that rungs are of.
    pub fn is_of_a_ladder(&self) -> bool {
        matches!(self, TimerOf::Task { .. } | TimerOf::Clock { .. })
    }
}

impl Display for TimerOf<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            TimerOf::State { path, name } => write!(formatter, "{path}/{name}"),
            TimerOf::Invoke { key } => write!(formatter, "{INVOKE}{key}"),
            TimerOf::Task { path, rung } => write!(formatter, "{TASK}{path}/{}", rung + 1),
            TimerOf::Clock { clock, rung: Some(rung) } => write!(formatter, "{CLOCK}{clock}/{}", rung + 1),
            TimerOf::Clock { clock, rung: None } => write!(formatter, "{CLOCK}{clock}/{BREACH}"),
        }
    }
}
