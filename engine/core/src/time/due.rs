//! What of a schedule is to be run now, and what of it is let go: decided from the last moment that was dealt with, and from now.

use jiff::{SignedDuration, Timestamp};

use super::{Duration, Timing, add_to_instant};

/// How late a run may begin and still be on time, in seconds: a node that is restarted or a database that fails over is no downtime to a
/// workflow.
pub const PUNCTUAL_SECONDS: i64 = 60;

/// Missed runs that are made up for at most, the latest of them; what is older is let go. Whoever comes back to more than these has
/// more to see to than to wait for them.
pub const MISSED_MAX: usize = 1_000;

/// What becomes of runs that were missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    Skip,
    /// One run for all of them, at the last one's moment. A run that is on time stands for them, too.
    #[default]
    Once,
    /// Each of them, in order.
    All,
}

/// What becomes of runs that were missed, and how late they may still be made up for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CatchUp {
    pub missed: Missed,
    /// None: however late.
    pub within: Option<Duration>,
}

/// What is due of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Moments that are to be run, in order.
    pub runs: Vec<Timestamp>,
    /// What is let go; all of it is earlier than the runs.
    pub skipped: Option<Skipped>,
}

/// Moments that are not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub count: usize,
    /// There may be older ones that nobody counted: it is looked back [`LOOK_BACK_DAYS_MAX`](super::LOOK_BACK_DAYS_MAX) days.
    pub more: bool,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// What is due at `now` of what is planned after `last`.
pub fn due(timing: &Timing, catch_up: &CatchUp, last: Timestamp, now: Timestamp) -> Due {
    let past = timing.past(last, now, MISSED_MAX);
    let on_time = now.saturating_sub(SignedDuration::from_secs(PUNCTUAL_SECONDS));
    let on_time = on_time.unwrap_or(Timestamp::MIN);
    let first_punctual = past.moments.partition_point(|moment| *moment < on_time);
    let is_late = |moment: &Timestamp| match catch_up.within {
        None => false,
        Some(within) => add_to_instant(*moment, within, &timing.zone, None).is_ok_and(|latest| latest < now),
    };
    let first_within = past.moments.partition_point(is_late).min(first_punctual);
    let first_run = match catch_up.missed {
        Missed::Skip => first_punctual,
        Missed::Once if first_punctual < past.moments.len() => first_punctual,
        Missed::Once => past.moments.len().saturating_sub(1).max(first_within),
        Missed::All => first_within,
    };
    let (skipped, runs) = past.moments.split_at(first_run);
    let skipped = skipped.first().zip(skipped.last());
    let skipped = skipped.map(|(first, last)| (first_run, *first, *last));
    let skipped = match (past.older, skipped) {
        (Some((older, first, _)), Some((count, _, last))) => Some((older + count, first, last)),
        (older, skipped) => older.or(skipped),
    };
    Due {
        skipped: skipped.map(|(count, first, last)| Skipped {
            count,
            more: past.more,
            first,
            last,
        }),
        runs: runs.to_vec(),
    }
}
