//! Taking back what was done: compensations, the latest first, one after another.
//!
//! What is to be asked of the adapter is settled when the invoke is done, since only then `event.result` is known; an instance that
//! has ended goes on undoing.

use std::borrow::Cow;
use std::sync::Arc;

use super::interrupt::{Interrupt, failure};
use super::machine::{Machine, Raised};
use super::select::Occasion;
use super::{AdapterFailure, Compensation, Effect, Status, Verdict};
use crate::chart::Undo;
use crate::value::{Object, Value};

/// How many invokes that were done an instance remembers how to undo: the snapshot must stay small.
pub const COMPENSATIONS_MAX: usize = 200;

/// What stands before the id in the name of a compensation's effect.
const UNDO_PREFIX: &str = "undo.";

impl Machine<'_> {
    /// Remembers how to undo the invoke whose result has just been taken: after the actions of its transition, which keep what of the result is
    /// needed, and before a state is entered that may undo it at once.
    pub(super) fn remember_compensation(&mut self) -> Result<(), Interrupt> {
        let Some(invoke) = self.done.take() else { return Ok(()) };
        let Some(call) = &invoke.compensate else { return Ok(()) };
        if self.next.compensations.len() >= COMPENSATIONS_MAX {
            let sentence = format!("more than {COMPENSATIONS_MAX} invokes wait to be undone or not");
            return Err(failure("SW-1012", sentence));
        }
        let input = match self.free_fields(&call.input, &[], &super::scope::Locals::default()) {
            Ok(input) => input,
            Err(super::interrupt::NoValue::Needs) => return Err(Interrupt::Needs),
            Err(super::interrupt::NoValue::Fault(sentence)) => return self.report_error(&sentence),
        };
        self.next.compensations.push(Compensation {
            id: invoke.id.clone(),
            adapter: call.adapter.clone(),
            action: call.action.clone(),
            input: Value::from_fields(input),
        });
        Ok(())
    }

    pub(super) fn undo(&mut self, undo: &Undo) -> Result<(), Interrupt> {
        let is_meant = |done: &Compensation| match undo {
            Undo::All => true,
            Undo::Of(ids) => ids.contains(&done.id),
        };
        let (mut meant, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.next.compensations).into_iter().partition(is_meant);
        self.next.compensations = kept;
        meant.reverse();
        let idle = self.next.undoing.is_empty();
        self.next.undoing.extend(meant);
        match idle {
            true => self.begin_undoing(),
            false => Ok(()),
        }
    }

    /// The first of what is to be undone; when nothing is left, `done.undo`.
    fn begin_undoing(&mut self) -> Result<(), Interrupt> {
        let Some(first) = self.next.undoing.first().cloned() else {
            self.queue.push_back(Raised::Event {
                name: "done.undo".into(),
                payload: Object::new(),
            });
            return Ok(());
        };
        self.count_intent()?;
        self.ordinal += 1;
        let name = format!("{UNDO_PREFIX}{}~{}", first.id, self.ordinal);
        let key: Arc<str> = format!("{}:{}:{name}", self.next.instance, self.next.sequence).into();
        self.effects.push(Effect {
            key: key.clone(),
            once: self.asks_once(&first.adapter, &first.action),
            adapter: first.adapter,
            action: first.action,
            input: first.input,
            retry: None,
            expires_at: None,
            require: None,
        });
        self.next.calls.insert(key, format!("{UNDO_PREFIX}{}", first.id).into());
        Ok(())
    }

    /// Whether a call, by the id it goes under, is a compensation.
    pub(super) fn is_compensation(id: &str) -> bool {
        id.starts_with(UNDO_PREFIX)
    }

    /// The answer to a compensation. One that failed waits for whoever answers to `error.undo.ID`; the rest goes on.
    pub(super) fn take_undone(&mut self, id: &str, result: &Result<Value, AdapterFailure>) -> Result<Verdict, Interrupt> {
        if !self.next.undoing.is_empty() {
            self.next.undoing.remove(0);
        }
        self.begin_undoing()?;
        let (outcome, payload) = super::answers::answer_payload(result);
        let name: Arc<str> = format!("{outcome}.{id}").into();
        self.set_event(name.clone(), Cow::Owned(payload));
        match result {
            Ok(_) => self.follow_unless_paused(Occasion::Event(&name)),
            Err(failed) if self.next.status == Status::Active => self.follow_failure(Occasion::Event(&name), id, failed),
            Err(failed) => {
                let AdapterFailure { why, message, .. } = failed;
                let sentence = format!("`{id}` failed ({why}: {message}), and the instance has ended: nothing answers to it");
                Err(failure("SW-1010", sentence))
            }
        }
    }
}
