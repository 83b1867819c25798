//! What was asked for and what was done, by idempotency key.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Keys remembered. A hundred thousand small requests are some hundred megabytes, far beyond any test.
const KEYS_MAX: usize = 100_000;

/// Everything known of one key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogEntry {
    pub key: String,
    /// Requests under this key that arrived, whatever became of them.
    pub attempts: u32,
    /// How often the effect was really done. More than 1 would be a fault of the simulator.
    pub applied: u32,
    /// Requests answered from memory, since the effect was done already.
    pub duplicates: u32,
    /// Requests refused, since the key belongs to another request.
    pub conflicts: u32,
    /// The request that took effect.
    pub request: Option<Value>,
    /// Its answer.
    pub answer: Option<Answer>,
}

/// An answer: the HTTP status and the body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// What handing over a request comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Handed {
    /// The effect was done now.
    Applied(Answer),
    /// It had been done; this was the answer.
    Repeated(Answer),
    /// The key belongs to another request.
    Conflict,
    /// The request is not one; nothing was done and the key is still free.
    Refused(String),
}

/// The keys, in the order in which they were first seen.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<LogEntry>,
    places: BTreeMap<String, usize>,
}

/// No more keys are taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Ledger {
    pub fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    /// Notes that a request under this key arrived.
    ///
    /// # Errors
    /// [`Full`] if the key is new and [`KEYS_MAX`] are remembered.
    pub fn attempt(&mut self, key: &str) -> Result<(), Full> {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None if self.entries.len() >= KEYS_MAX => return Err(Full),
            None => self.add(key),
        };
        self.entries[place].attempts = self.entries[place].attempts.saturating_add(1);
        Ok(())
    }

    /// Hands a request over: `perform` does the effect, unless it was done under this key before.
    pub fn hand(&mut self, key: &str, request: &Value, perform: impl FnOnce() -> Result<Answer, String>) -> Handed {
        let place = self.places.get(key).copied().unwrap_or_else(|| self.add(key));
        let entry = &mut self.entries[place];
        match (&entry.request, &entry.answer) {
            (Some(known), Some(answer)) if known == request => {
                entry.duplicates = entry.duplicates.saturating_add(1);
                Handed::Repeated(answer.clone())
            }
            (Some(_), _) => {
                entry.conflicts = entry.conflicts.saturating_add(1);
                Handed::Conflict
            }
            (None, _) => match perform() {
                Ok(answer) => {
                    entry.applied = entry.applied.saturating_add(1);
                    entry.request = Some(request.clone());
                    entry.answer = Some(answer.clone());
                    Handed::Applied(answer)
                }
                Err(reason) => Handed::Refused(reason),
            },
        }
    }

    fn add(&mut self, key: &str) -> usize {
        let place = self.entries.len();
        let key = key.to_owned();
        self.places.insert(key.clone(), place);
        self.entries.push(LogEntry {
            key,
            attempts: 0,
            applied: 0,
            duplicates: 0,
            conflicts: 0,
            request: None,
            answer: None,
        });
        place
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_one_effect() {
        let mut ledger = Ledger::default();
        let mut done = 0;
        let mut hand = |key: &str, request: Value| {
            ledger.hand(key, &request, || {
                done += 1;
                Ok(Answer {
                    status: 201,
                    body: json!(done),
                })
            })
        };
        let answer = |body: Value| Answer { status: 201, body };
        assert_eq!(hand("a", json!({"order": 1})), Handed::Applied(answer(json!(1))));
        assert_eq!(hand("a", json!({"order": 1})), Handed::Repeated(answer(json!(1))));
        assert_eq!(hand("a", json!({"order": 2})), Handed::Conflict);
        assert_eq!(hand("b", json!({"order": 1})), Handed::Applied(answer(json!(2))));
        assert_eq!(done, 2);
        let counts: Vec<_> = ledger
            .entries()
            .iter()
            .map(|entry| (entry.key.as_str(), entry.applied, entry.duplicates, entry.conflicts))
            .collect();
        assert_eq!(counts, [("a", 1, 1, 1), ("b", 1, 0, 0)]);
    }

    #[test]
    fn a_refused_request_leaves_its_key_free() {
        let mut ledger = Ledger::default();
        assert_eq!(
            ledger.hand("a", &json!({}), || Err("no order".to_owned())),
            Handed::Refused("no order".to_owned())
        );
        let answer = Answer {
            status: 200,
            body: json!({}),
        };
        assert_eq!(
            ledger.hand("a", &json!({"order": 1}), || Ok(answer.clone())),
            Handed::Applied(answer)
        );
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut ledger = Ledger::default();
        for key in 0..KEYS_MAX {
            assert_eq!(ledger.attempt(&key.to_string()), Ok(()));
        }
        assert_eq!(ledger.attempt("one more"), Err(Full));
        assert_eq!(ledger.attempt("7"), Ok(()), "a known key still is");
    }
}
