//! Invokes begin when a step has come to rest in their state, and end with it.

use std::sync::Arc;

use super::interrupt::Interrupt;
use super::machine::{Machine, Raised};
use super::timer::later;
use super::{ActiveInvoke, ArmedTimer};
use crate::chart::{Invoke, StateIndex};
use crate::value::{Object, Value};

/// `invoke/KEY`: the name of the timer that ends the wait for an invoke.
pub(super) const INVOKE_TIMER_PREFIX: &str = "invoke/";

impl Machine<'_> {
    /// Begins the invokes of a state that was entered in this step and is still active.
    pub(super) fn begin_invokes_of(&mut self, state: StateIndex) -> Result<(), Interrupt> {
        for (position, invoke) in self.chart.state(state).invokes.iter().enumerate() {
            self.begin_invoke(state, position, invoke)?;
        }
        Ok(())
    }

    fn begin_invoke(&mut self, state: StateIndex, position: usize, invoke: &Invoke) -> Result<(), Interrupt> {
        match self.perform_invoke(&invoke.call, &invoke.id)? {
            Ok(key) => {
                self.next.invokes.insert(key.clone(), ActiveInvoke { state, position });
                self.arm_timeout(&key, invoke)
            }
            Err(sentence) => {
                let error = Object::from([
                    ("why".into(), Value::from_text("input")),
                    ("message".into(), Value::from_text(&sentence)),
                ]);
                let payload = Object::from([("error".into(), Value::from_fields(error))]);
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
                let name: Arc<str> = format!("{INVOKE_TIMER_PREFIX}{key}").into();
                self.next.timers.insert(
                    name,
                    ArmedTimer {
                        due,
                        fired: 0,
                        spent: false,
                        remaining_us: None,
                    },
                );
                Ok(())
            }
            Err(sentence) => self.report_error(&sentence),
        }
    }

    pub(super) fn abandon_invokes_of(&mut self, state: StateIndex) {
        let keys: Vec<Arc<str>> = self
            .next
            .invokes
            .iter()
            .filter(|(_, invoke)| invoke.state == state)
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.end_invoke(&key);
            self.abandoned.push(key);
        }
    }

    /// Forgets an invoke whose answer came, or whose state was left.
    pub(super) fn end_invoke(&mut self, key: &Arc<str>) {
        self.next.invokes.remove(key);
        self.next.timers.remove(&*format!("{INVOKE_TIMER_PREFIX}{key}"));
    }

    /// While a state is paused, the wait for its invokes stands still too.
    pub(super) fn pause_invokes(&mut self) {
        let paused = self.paused_states();
        let now = self.now;
        for (key, invoke) in &self.next.invokes {
            let Some(armed) = self.next.timers.get_mut(&*format!("{INVOKE_TIMER_PREFIX}{key}")) else {
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
