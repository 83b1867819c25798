//! How many requests were answered, how and how fast.

use std::collections::BTreeMap;
use std::sync::Mutex;

use statewright_engine::figures::{Distributed, Distribution};

/// Answers by their first digit: 1xx to 5xx.
pub const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What stands for requests that came to no operation: there are ever so many names, whatever is asked for.
const NOWHERE: &str = "none";

#[derive(Default)]
pub struct Traffic(Mutex<BTreeMap<&'static str, Operation>>);

#[derive(Default)]
struct Operation {
    answers: [u64; CLASSES.len()],
    took: Distribution,
}

/// The requests of one operation until now.
#[derive(Clone, Debug)]
pub struct Answered {
    pub operation: &'static str,
    pub answers: [u64; CLASSES.len()],
    pub took: Distributed,
}

impl Traffic {
    pub fn add(&self, operation: &'static str, status: u16, took_us: i64) {
        let operation = if operation.is_empty() { NOWHERE } else { operation };
        let mut operations = self.lock();
        let operation = operations.entry(operation).or_default();
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        operation.answers[class] += 1;
        operation.took.add(took_us);
    }

    pub fn answered(&self) -> Vec<Answered> {
        let operations = self.lock();
        let answered = operations.iter().map(|(name, operation)| Answered {
            operation: name,
            answers: operation.answers,
            took: operation.took.get(),
        });
        answered.collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Operation>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
