//! How many letters one person gets before what follows is gathered into one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Letters to one person within [`WINDOW_US`]; what comes after them waits for its end, and goes as one.
const LETTERS_MAX: usize = 5;

/// Short enough that what waits is still news, long enough that a storm becomes a handful of letters.
const WINDOW_US: i64 = 15 * 60 * 1_000_000;

/// What this node sent of late. Each node counts for itself, and anew when it starts: it is a courtesy, not a promise.
#[derive(Debug, Default)]
pub(super) struct Pace {
    sent: BTreeMap<Arc<str>, VecDeque<i64>>,
}

impl Pace {
    /// From when on this person may get another; None: at once.
    pub(super) fn not_before(&mut self, person: &str, now_us: i64) -> Option<i64> {
        let sent = self.sent.get_mut(person)?;
        while sent
            .front()
            .is_some_and(|sent_us| sent_us.saturating_add(WINDOW_US) <= now_us)
        {
            sent.pop_front();
        }
        let first = sent.front().copied()?;
        (sent.len() >= LETTERS_MAX).then(|| first.saturating_add(WINDOW_US))
    }

    pub(super) fn sent(&mut self, person: &Arc<str>, now_us: i64) {
        self.sent
            .retain(|_, sent| sent.back().is_some_and(|sent_us| sent_us.saturating_add(WINDOW_US) > now_us));
        self.sent.entry(person.clone()).or_default().push_back(now_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_letters_the_next_waits_for_the_end_of_the_window() {
        let mut pace = Pace::default();
        let ada: Arc<str> = "ada".into();
        for number in 0..5 {
            assert_eq!(pace.not_before("ada", number), None, "{number}");
            pace.sent(&ada, number);
        }
        assert_eq!(pace.not_before("ada", 5), Some(WINDOW_US));
        assert_eq!(pace.not_before("bob", 5), None);
        assert_eq!(pace.not_before("ada", WINDOW_US - 1), Some(WINDOW_US));
        assert_eq!(pace.not_before("ada", WINDOW_US), None);
        pace.sent(&ada, 3 * WINDOW_US);
        assert_eq!(pace.sent.get("ada").map(VecDeque::len), Some(1), "what is over is forgotten");
    }
}
