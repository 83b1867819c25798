//! What the clients were told: each answered input, under its own stamp.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// An input that was answered. It was asked for until it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// `workflow/key`.
    pub instance: String,
    /// `start` or the event.
    pub what: String,
    /// Whether it was taken, or refused for a reason of the instance's.
    pub taken: bool,
    /// The trail entry in which it stands.
    pub sequence: u64,
}

/// By stamp: the `Idempotency-Key`, which stands in the input too.
#[derive(Default)]
pub struct Ledger {
    answers: Mutex<BTreeMap<String, Answered>>,
    count: AtomicU64,
    repeats: AtomicU64,
}

impl Ledger {
    /// # Panics
    /// If this input was answered before, and otherwise: a repeated key gets the first answer.
    pub fn note(&self, stamp: &str, answer: Answered) {
        let mut answers = self.answers.lock().expect("nobody panics while holding the ledger");
        match answers.get(stamp) {
            None => {
                answers.insert(stamp.to_owned(), answer);
                self.count.fetch_add(1, Ordering::Relaxed);
            }
            Some(first) => {
                let first = first.clone();
                // Let go first: a panic with the lock held would hide every other finding.
                drop(answers);
                assert_eq!(first, answer, "the input {stamp} was answered twice, each time otherwise");
                self.repeats.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Inputs answered so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Answers to inputs that had been answered before.
    pub fn repeats(&self) -> u64 {
        self.repeats.load(Ordering::Relaxed)
    }

    pub fn answers(&self) -> BTreeMap<String, Answered> {
        self.answers.lock().expect("nobody panics while holding the ledger").clone()
    }
}
