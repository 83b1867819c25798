//! The other side of the adapters: answers when and as often as it is said to, and is counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use statewright_core::diagnostic::Span;
use statewright_core::lang::{TEMPORARY, WHOLE};
use statewright_core::time::Duration;
use statewright_core::value::{Object, Value};

use super::chance;
use super::form::drawn;
use super::plan::{Behaviour, Simulation};
use crate::scenario::counterparts::{Effect, Replies};
use crate::scenario::plan::{Reply, Said};
use crate::scenario::written::{Written, WrittenKind};
use crate::testing::Chance;

/// How often each action was asked for, and how often it failed.
pub(super) type Calls = BTreeMap<Effect, Called>;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Called {
    pub attempts: u64,
    pub failures: u64,
}

/// What adapters say, and what they were asked so far.
pub(super) struct Behaving {
    seed: u64,
    behaviours: BTreeMap<Effect, Behaviour>,
    calls: Arc<Mutex<Calls>>,
}

impl Behaving {
    pub(super) fn of(simulation: &Simulation) -> (Behaving, Arc<Mutex<Calls>>) {
        let calls: Calls = simulation
            .behaviours
            .keys()
            .map(|effect| (effect.clone(), Called::default()))
            .collect();
        let calls = Arc::new(Mutex::new(calls));
        let behaving = Behaving {
            seed: simulation.seed,
            behaviours: simulation.behaviours.clone(),
            calls: calls.clone(),
        };
        (behaving, calls)
    }
}

/// What is counted, however whoever counted before ended.
pub(super) fn counted(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Replies for Behaving {
    fn reply(&mut self, effect: &Effect, turn: u64) -> Option<Reply> {
        let behaviour = self.behaviours.get(effect)?;
        let mut chance = chance(self.seed, &[&effect.0, &effect.1, &turn.to_string()]);
        let after = behaviour.after.draw(&mut || chance.draw());
        let failed = behaviour.failure(&mut chance);
        let mut calls = counted(&self.calls);
        let called = calls.entry(effect.clone()).or_default();
        called.attempts += 1;
        called.failures += u64::from(failed.is_some());
        Some(Reply {
            progress: Vec::new(),
            said: failed.unwrap_or_else(|| behaviour.answer(&mut chance)),
            after: Duration {
                microseconds: after,
                ..Duration::default()
            },
            times: None,
        })
    }
}

impl Behaviour {
    fn failure(&self, chance: &mut Chance) -> Option<Said> {
        let mut drawn = chance.below(u64::from(WHOLE));
        for (error, share) in &self.fails {
            let share = u64::from(*share);
            if drawn < share {
                return Some(failure(error.as_ref()));
            }
            drawn -= share;
        }
        None
    }

    /// What is said of it, and what else the contract wants, drawn.
    fn answer(&self, chance: &mut Chance) -> Said {
        let literal = |value: Value| Written {
            span: Span::default(),
            kind: WrittenKind::Literal(value),
        };
        let said = match &self.returns {
            None => Vec::new(),
            Some(Written {
                kind: WrittenKind::Fields(fields),
                ..
            }) => fields.clone(),
            Some(other) => return Said::Returns(Some(other.clone())),
        };
        let needed = self
            .output
            .list
            .iter()
            .filter(|field| !field.optional && field.default.is_none());
        let missing = needed.filter(|field| !said.iter().any(|(name, _)| *name == field.name));
        let missing: Vec<(Arc<str>, Written)> = missing
            .map(|field| (field.name.clone(), literal(drawn(&field.schema, chance))))
            .collect();
        let fields: Vec<(Arc<str>, Written)> = said.into_iter().chain(missing).collect();
        Said::Returns((!fields.is_empty()).then(|| Written {
            span: Span::default(),
            kind: WrittenKind::Fields(fields),
        }))
    }
}

/// By the name that the contract has for it; the type of a problem is how the other side says so.
fn failure(error: Option<&Arc<str>>) -> Said {
    let message: Arc<str> = "it failed in the simulation".into();
    match error {
        Some(name) if **name == *TEMPORARY => Said::Busy(message),
        Some(name) => Said::Refuses {
            message,
            detail: Some(Written {
                span: Span::default(),
                kind: WrittenKind::Literal(Value::from_fields(Object::from([("type".into(), Value::Text(name.clone()))]))),
            }),
        },
        None => Said::Refuses { message, detail: None },
    }
}
