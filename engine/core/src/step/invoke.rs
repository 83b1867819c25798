//! Invokes begin when a step has come to rest in their state, and end with it.

use std::sync::Arc;

use super::agreed;
use super::answers::answer_payload;
use super::interrupt::Interrupt;
use super::machine::{Machine, Raised};
use super::timer::later;
use super::{ActiveInvoke, AdapterFailure, ArmedTimer, TimerOf, Verdict};
use crate::chart::{Invoke, StateIndex, Work};
use crate::value::Value;

/// The name of the timer that ends the wait for an invoke.
fn timer_of(key: &str) -> Arc<str> {
    TimerOf::Invoke { key }.name()
}

impl Machine<'_> {
    /// Begins the invokes of a state that was entered in this step and is still active.
    pub(super) fn begin_invokes_of(&mut self, state: StateIndex) -> Result<(), Interrupt> {
        for (position, invoke) in self.chart.state(state).invokes.iter().enumerate() {
            self.begin_invoke(state, position, invoke)?;
        }
        Ok(())
    }

    fn begin_invoke(&mut self, state: StateIndex, position: usize, invoke: &Invoke) -> Result<(), Interrupt> {
        let begun = match &invoke.work {
            Work::Call(call) => self.perform_invoke(call, &invoke.id)?,
            Work::Children(children) => self.begin_children(state, position, invoke, children)?,
        };
        match begun {
            Ok(key) => {
                let active = || ActiveInvoke {
                    state,
                    position,
                    children: Vec::new(),
                    holds: false,
                };
                if let Work::Call(_) = invoke.work {
                    self.next.invokes.insert(key.clone(), active());
                }
                match self.next.invokes.contains_key(&key) {
                    true => self.arm_timeout(&key, invoke),
                    false => Ok(()),
                }
            }
            Err(sentence) => {
                let failure = AdapterFailure {
                    why: "input".into(),
                    message: sentence.as_str().into(),
                    detail: Value::Null,
                };
                let contract = invoke.call().and_then(|call| agreed::contract_of(self.chart, call));
                let (_, payload) = answer_payload(&agreed::heard(contract, &Err(failure)));
                self.log.note("error.execution", &sentence, &invoke.id);
                self.queue.push_back(Raised::InvokeError {
                    state,
                    position,
                    payload,
                });
                Ok(())
            }
        }
    }

    fn arm_timeout(&mut self, key: &Arc<str>, invoke: &Invoke) -> Result<(), Interrupt> {
        let Some(timeout) = &invoke.timeout else { return Ok(()) };
        let value = match self.scope(&[], &super::scope::Locals::default()).template(timeout) {
            Ok(value) => value,
            Err(super::interrupt::NoValue::Needs) => return Err(Interrupt::Needs),
            Err(super::interrupt::NoValue::Fault(sentence)) => return self.report_error(&sentence),
        };
        match self.moment_after(&value) {
            Ok(due) => {
                self.next.timers.insert(timer_of(key), ArmedTimer::at(due));
                Ok(())
            }
            Err(sentence) => self.report_error(&sentence),
        }
    }

    pub(super) fn abandon_invokes_of(&mut self, state: StateIndex) -> Result<(), Interrupt> {
        let keys: Vec<Arc<str>> = self
            .next
            .invokes
            .iter()
            .filter(|(_, invoke)| invoke.state == state)
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            let of_children = self
                .next
                .invokes
                .get(&key)
                .filter(|invoke| !invoke.children.is_empty())
                .cloned();
            if let Some(invoke) = of_children {
                self.stop_children(&key)?;
                self.left.push(invoke);
            } else {
                self.abandoned.push(key.clone());
            }
            self.end_invoke(&key);
        }
        Ok(())
    }

    /// Nobody answered in time: it is not waited for any more, and failed.
    pub(super) fn time_out(&mut self, key: &Arc<str>) -> Result<Verdict, Interrupt> {
        let failure = AdapterFailure {
            why: "timeout".into(),
            message: "no answer in time".into(),
            detail: Value::Null,
        };
        match self.next.invokes.get(key) {
            Some(invoke) if !invoke.children.is_empty() => self.stop_children(key)?,
            _ => self.abandoned.push(key.clone()),
        }
        self.take_adapter_answer(key, &Err(failure))
    }

    /// Forgets an invoke whose answer came, or whose state was left.
    pub(super) fn end_invoke(&mut self, key: &Arc<str>) {
        self.next.invokes.remove(key);
        self.end_wait(key);
    }

    pub(super) fn end_wait(&mut self, key: &Arc<str>) {
        self.next.timers.remove(&timer_of(key));
    }

    /// While a state is paused, the wait for its invokes stands still too.
    pub(super) fn pause_invokes(&mut self) {
        let paused = self.paused_states();
        let now = self.now;
        for (key, invoke) in &self.next.invokes {
            let Some(armed) = self.next.timers.get_mut(&timer_of(key)) else {
                continue;
            };
            match (paused.contains(invoke.state), armed.remaining_us) {
                (true, None) => armed.remaining_us = Some((armed.due.as_microsecond() - now.as_microsecond()).max(0)),
                (false, Some(remaining_us)) => {
                    armed.remaining_us = None;
                    armed.due = later(now, remaining_us);
                }
                _ => {}
            }
        }
    }
}
