//! Waiting: for what is expected, under a deadline. The only place of these tests in which time passes.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// What is waited for comes within this on however busy a machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How often a condition is looked at: far more often than it costs, far less often than it would be noticed.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Looking again and again, under a deadline.
pub struct Looks {
    what: String,
    deadline: Duration,
    begun: Instant,
    pause: Interval,
}

impl Looks {
    pub fn for_what(what: &str, deadline: Duration) -> Looks {
        let mut pause = interval(LOOK_EVERY);
        pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Looks {
            what: what.to_owned(),
            deadline,
            begun: Instant::now(),
            pause,
        }
    }

    /// The next look; the first is at once.
    ///
    /// # Panics
    /// With what was waited for, when the deadline has passed.
    pub async fn next(&mut self) {
        let Looks {
            what,
            deadline,
            begun,
            pause,
        } = self;
        assert!(begun.elapsed() < *deadline, "waited {} s for {what}", deadline.as_secs());
        pause.tick().await;
    }
}

/// Looks again and again until there is an answer.
///
/// # Panics
/// With what was waited for, when `deadline` has passed.
pub async fn until<T>(what: &str, deadline: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut looks = Looks::for_what(what, deadline);
    loop {
        looks.next().await;
        if let Some(found) = look().await {
            return found;
        }
    }
}

/// The distance to a moment that nothing announces, such as that of a kill: part of what is tested, never a way to hope that something has
/// happened by then.
pub async fn distance(milliseconds: u64) {
    let mut pause = interval(Duration::from_millis(1));
    for _ in 0..=milliseconds {
        pause.tick().await;
    }
}
