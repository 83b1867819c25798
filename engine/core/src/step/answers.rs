//! Answers: of adapters to invokes and calls, of instances to sends.

use std::borrow::Cow;
use std::sync::Arc;

use super::agreed;
use super::interrupt::{Interrupt, failure};
use super::machine::Machine;
use super::select::Occasion;
use super::{AdapterFailure, SendVerdict, Status, Verdict};
use crate::chart::{Invoke, StateIndex};
use crate::value::{Object, Value};

impl<'a> Machine<'a> {
    pub(super) fn take_adapter_answer(
        &mut self,
        effect: &Arc<str>,
        result: &Result<Value, AdapterFailure>,
    ) -> Result<Verdict, Interrupt> {
        if let Some(invoke) = self.next.invokes.get(effect).cloned() {
            if self.paused_states().contains(invoke.state) {
                return Ok(Verdict::Deferred);
            }
            let Some(declared) = self.chart.state(invoke.state).invokes.get(invoke.position) else {
                return Ok(Verdict::Stale);
            };
            self.end_invoke(effect);
            let contract = declared.call().and_then(|call| agreed::contract_of(self.chart, call));
            let result = agreed::heard(contract, result);
            let (prefix, payload) = answer_payload(&result);
            self.set_event(format!("{prefix}.{}", declared.id).into(), Cow::Owned(payload));
            return match &*result {
                Ok(_) => self.follow_done(invoke.state, invoke.position, declared),
                Err(failure) => {
                    let occasion = Occasion::InvokeError(invoke.state, invoke.position, &declared.id);
                    self.follow_failure(occasion, &declared.id, failure)
                }
            };
        }
        if let Some(id) = self.next.calls.remove(effect) {
            if Self::is_compensation(&id) {
                return self.take_undone(&id, result);
            }
            return match result {
                Ok(_) => Ok(Verdict::Taken),
                Err(_) => {
                    let contract = self.chart.call(&id).and_then(|call| agreed::contract_of(self.chart, call));
                    let payload = answer_payload(&agreed::heard(contract, result)).1;
                    let name: Arc<str> = format!("error.call.{id}").into();
                    self.set_event(name.clone(), Cow::Owned(payload));
                    self.follow_unless_paused(Occasion::Event(&name))
                }
            };
        }
        self.log.note("ignored", "the answer came after its state was left", effect);
        Ok(Verdict::Ignored)
    }

    pub(super) fn take_send_answer(&mut self, send: &Arc<str>, verdict: &SendVerdict) -> Result<Verdict, Interrupt> {
        let Some(pending) = self.next.sends.remove(send) else {
            return Ok(Verdict::Stale);
        };
        if let Some(invoke) = &pending.invoke {
            let refused = match verdict {
                SendVerdict::Taken => None,
                SendVerdict::Ignored { why } | SendVerdict::Refused { why } => Some(why),
            };
            return self.take_child_start(invoke, &pending.to, refused);
        }
        let (outcome, why) = match verdict {
            SendVerdict::Taken => ("taken", Value::Null),
            SendVerdict::Ignored { why } => ("ignored", Value::Text(why.clone())),
            SendVerdict::Refused { why } => ("refused", Value::Text(why.clone())),
        };
        let payload = Object::from([("to".into(), Value::Text(pending.to)), ("why".into(), why)]);
        let name: Arc<str> = format!("sent.{outcome}.{}", pending.id).into();
        self.set_event(name.clone(), Cow::Owned(payload));
        self.follow_unless_paused(Occasion::Event(&name))
    }

    /// What an answer selects, if anything: the answer itself is taken in any case.
    pub(super) fn follow(&mut self, occasion: Occasion<'_>) -> Result<Verdict, Interrupt> {
        if self.next.status == Status::Active {
            let selection = self.select(occasion)?;
            if !selection.choices.is_empty() {
                self.microstep(&selection.choices)?;
            }
        }
        Ok(Verdict::Taken)
    }

    /// The result of an invoke: what it selects, and how to undo it.
    pub(super) fn follow_done(&mut self, state: StateIndex, position: usize, declared: &'a Invoke) -> Result<Verdict, Interrupt> {
        self.done = Some(declared);
        let verdict = self.follow(Occasion::InvokeDone(state, position, &declared.id))?;
        // nothing was selected: the result is taken all the same
        self.remember_compensation()?;
        Ok(verdict)
    }

    /// The same, but like any event of another instance or an adapter it waits while whoever answers to it is paused.
    pub(super) fn follow_unless_paused(&mut self, occasion: Occasion<'_>) -> Result<Verdict, Interrupt> {
        if self.next.status == Status::Active {
            let selection = self.select(occasion)?;
            if !selection.choices.is_empty() {
                self.microstep(&selection.choices)?;
            } else if selection.paused.is_some() {
                return Ok(Verdict::Deferred);
            }
        }
        Ok(Verdict::Taken)
    }

    /// A failed invoke that nothing is selected for would be waited for without end: it cannot be taken, and a person must see to it.
    pub(super) fn follow_failure(
        &mut self,
        occasion: Occasion<'_>,
        id: &str,
        failed: &AdapterFailure,
    ) -> Result<Verdict, Interrupt> {
        let selection = self.select(occasion)?;
        if selection.choices.is_empty() && selection.paused.is_some() {
            return Ok(Verdict::Deferred);
        }
        if selection.choices.is_empty() {
            let AdapterFailure { why, message, .. } = failed;
            let sentence = format!("`{id}` failed ({why}: {message}), and nothing in the workflow answers to `error.{id}` now");
            return Err(failure("SW-1010", sentence));
        }
        self.microstep(&selection.choices)?;
        Ok(Verdict::Taken)
    }
}

pub(super) fn answer_payload(result: &Result<Value, AdapterFailure>) -> (&'static str, Object) {
    match result {
        Ok(value) => ("done", Object::from([("result".into(), value.clone())])),
        Err(failure) => {
            let error = Object::from([
                ("detail".into(), failure.detail.clone()),
                ("message".into(), Value::Text(failure.message.clone())),
                ("why".into(), Value::Text(failure.why.clone())),
            ]);
            ("error", Object::from([("error".into(), Value::from_fields(error))]))
        }
    }
}
