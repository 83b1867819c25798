//! Executable content: actions in order, each seeing what earlier ones did.

use std::sync::Arc;

use super::agreed;
use super::interrupt::{Interrupt, NoValue, failure};
use super::log::Marked;
use super::machine::{Machine, Raised};
use super::scope::Locals;
use super::{Effect, Message, MessageKind, Notice, PendingSend};
use crate::chart::{Action, Addressee, Call, Children, Lets, Notify, Send, StartInstance, ValueTemplate, Verb};
use crate::identity::InputKey;
use crate::value::{Object, Value};

/// How many items one `each` may go through. Beyond this it is an operator's bulk command, not a step.
pub const EACH_ITEMS_MAX: usize = 1_000;

/// How many messages and effects one step may make; a transaction must stay small enough to be taken in milliseconds.
pub const INTENTS_MAX: usize = 2_000;

/// How many sends may wait for their answer at once: the snapshot must stay small.
pub const SENDS_PENDING_MAX: usize = 5_000;

/// An action that could not be run: the rest of its block is not run either.
enum Broken {
    Interrupt(Interrupt),
    Fault(String),
}

impl From<NoValue> for Broken {
    fn from(no_value: NoValue) -> Self {
        match no_value {
            NoValue::Needs => Broken::Interrupt(Interrupt::Needs),
            NoValue::Fault(sentence) => Broken::Fault(sentence),
        }
    }
}

impl From<Interrupt> for Broken {
    fn from(interrupt: Interrupt) -> Self {
        Broken::Interrupt(interrupt)
    }
}

impl Machine<'_> {
    /// Runs a block of actions. An action that fails raises `error.execution` if the chart answers to it; otherwise the whole
    /// step fails, so that nothing is half done.
    pub(super) fn run_block(&mut self, actions: &[Action], lets: &[&Lets]) -> Result<(), Interrupt> {
        for action in actions {
            match self.run_action(action, lets) {
                Ok(()) => {}
                Err(Broken::Interrupt(interrupt)) => return Err(interrupt),
                Err(Broken::Fault(sentence)) => return self.report_error(&sentence),
            }
        }
        Ok(())
    }

    /// `error.execution`, recorded and raised; a failure of the step where nobody answers to it.
    pub(super) fn report_error(&mut self, sentence: &str) -> Result<(), Interrupt> {
        if !self.answers_to_errors() {
            return Err(failure("SW-1002", sentence));
        }
        self.log.note("error.execution", sentence, "");
        self.raise_error(sentence);
        Ok(())
    }

    pub(super) fn raise_error(&mut self, sentence: &str) {
        let payload = Object::from([("error".into(), Value::from_text(sentence))]);
        self.queue.push_back(Raised::Event {
            name: "error.execution".into(),
            payload,
        });
    }

    fn answers_to_errors(&self) -> bool {
        self.next.active.iter().any(|state| {
            self.chart
                .state(state)
                .on
                .iter()
                .any(|index| match &self.chart.transition(*index).trigger {
                    crate::chart::Trigger::Event(pattern) => pattern.matches("error.execution"),
                    _ => false,
                })
        })
    }

    fn run_action(&mut self, action: &Action, lets: &[&Lets]) -> Result<(), Broken> {
        let Some(each) = &action.each else {
            return self.run_once(action, lets, &Locals::default());
        };
        let list = self.scope(lets, &Locals::default()).value(&each.list)?;
        let Some(items) = list.as_list() else {
            return Err(Broken::Fault(format!("`each: {}` is not a list", each.list.source())));
        };
        if items.len() > EACH_ITEMS_MAX {
            return Err(Broken::Fault(format!(
                "`each` has {} items; at most {EACH_ITEMS_MAX}",
                items.len()
            )));
        }
        for (index, item) in items.iter().enumerate() {
            let locals = Locals::item(each.name.as_ref(), item, index);
            self.run_once(action, lets, &locals)?;
        }
        Ok(())
    }

    fn run_once(&mut self, action: &Action, lets: &[&Lets], locals: &Locals) -> Result<(), Broken> {
        if let Some(condition) = &action.condition {
            match self.scope(lets, locals).value(condition)? {
                Value::Boolean(true) => {}
                Value::Boolean(false) => return Ok(()),
                _ => {
                    return Err(Broken::Fault(format!(
                        "`if: {}` is neither true nor false",
                        condition.source()
                    )));
                }
            }
        }
        match &action.verb {
            Verb::Assign(assignments) => {
                for assignment in assignments {
                    let value = self.free_value(&assignment.value, lets, locals)?;
                    self.assign(&assignment.path, value).map_err(Broken::Fault)?;
                }
                Ok(())
            }
            Verb::Put(items) => {
                for (list, item) in items {
                    let item = self.free_value(item, lets, locals)?;
                    self.put(list, &item).map_err(Broken::Fault)?;
                }
                Ok(())
            }
            Verb::Drop(keys) => {
                for (list, key) in keys {
                    let key = self.free_value(key, lets, locals)?;
                    self.drop_item(list, &key).map_err(Broken::Fault)?;
                }
                Ok(())
            }
            Verb::Raise { event, with } => {
                let payload = self.free_fields(with, lets, locals)?;
                self.queue.push_back(Raised::Event {
                    name: event.clone(),
                    payload,
                });
                Ok(())
            }
            Verb::Send(send) => self.run_send(send, lets, locals),
            Verb::Start(start) => self.run_start(start, lets, locals),
            Verb::Call(call) => self.run_call(call, lets, locals),
            Verb::Mark(marks) => {
                for (name, values) in marks {
                    let values = self.free_value(values, lets, locals)?;
                    let values = agreed::marked(self.chart, name, values).map_err(Broken::Fault)?;
                    self.log.marks.push(Marked::now(name.clone(), values));
                }
                Ok(())
            }
            Verb::Unmark(name) => {
                let before = self.log.marks.len();
                self.log.marks_back.push((name.clone(), before));
                Ok(())
            }
            Verb::Undo(undo) => Ok(self.undo(undo)?),
            Verb::Notify(notify) => self.run_notify(notify, lets, locals),
            Verb::Reoffer(reoffer) => {
                self.count_intent()?;
                Ok(self.reoffer(reoffer, lets, locals)?)
            }
        }
    }

    fn run_send(&mut self, send: &Send, lets: &[&Lets], locals: &Locals) -> Result<(), Broken> {
        let (workflow, to) = self.addressee(&send.to, lets, locals)?;
        let with = self.free_fields(&send.with, lets, locals)?;
        let due = match &send.delay {
            Some(delay) => Some(
                self.moment_after(&self.scope(lets, locals).template(delay)?)
                    .map_err(Broken::Fault)?,
            ),
            None => None,
        };
        let id = send.id.clone().unwrap_or_else(|| send.event.to_lowercase().into());
        let kind = MessageKind::Event {
            event: send.event.clone(),
            with,
            start: send.start,
        };
        self.post(workflow, to, id, due, kind)
    }

    /// Tells another instance something that is not answered.
    pub(super) fn tell(&mut self, workflow: Arc<str>, to: Arc<str>, kind: MessageKind) -> Result<(), Interrupt> {
        self.count_intent()?;
        let send = self.next_ordinal();
        let key = InputKey::of(&["send", &self.next.instance.to_string(), &send]);
        let due = None;
        self.messages.push(Message {
            workflow,
            to,
            key,
            send,
            due,
            kind,
        });
        Ok(())
    }

    fn run_start(&mut self, start: &StartInstance, lets: &[&Lets], locals: &Locals) -> Result<(), Broken> {
        let with = self.free_fields(&start.with, lets, locals)?;
        let key: Arc<str> = match &start.key {
            Some(key) => self.scope(lets, locals).text(key)?.into(),
            None => return Err(Broken::Fault(format!("`start: {}` needs a `key`", start.workflow))),
        };
        self.post(
            start.workflow.clone(),
            key,
            start.workflow.clone(),
            None,
            MessageKind::Start { with, invoke: None },
        )
    }

    fn run_notify(&mut self, notify: &Notify, lets: &[&Lets], locals: &Locals) -> Result<(), Broken> {
        self.count_intent()?;
        let audience = self.audience(&notify.to, lets, locals)?;
        let text = self.scope(lets, locals).text(&notify.text)?;
        self.notices.push(Notice {
            audience,
            text,
            via: notify.via.clone(),
            thread: notify.thread,
        });
        Ok(())
    }

    fn addressee(&self, to: &Addressee, lets: &[&Lets], locals: &Locals) -> Result<(Arc<str>, Arc<str>), Broken> {
        match to {
            Addressee::Parent => match &self.next.parent {
                Some(parent) => Ok((parent.workflow.clone(), parent.key.clone())),
                None => Err(Broken::Fault("`to: parent`: this instance has no parent".into())),
            },
            Addressee::Instance { workflow, key } => Ok((workflow.clone(), self.scope(lets, locals).text(key)?.into())),
            Addressee::View(template) => {
                let view = self.scope(lets, locals).template(template)?;
                let part = |name: &str| view.field(name).and_then(Value::as_text);
                // a mark says of whom it is in one text
                let of_mark = part("instance").and_then(|instance| instance.split_once('/'));
                match part("workflow").zip(part("key")).or(of_mark) {
                    Some((workflow, key)) => Ok((workflow.into(), key.into())),
                    None => Err(Broken::Fault(
                        "`to` names no instance: there is none, or it is neither a view nor a mark".into(),
                    )),
                }
            }
        }
    }

    /// One message, whose answer is waited for.
    fn post(
        &mut self,
        workflow: Arc<str>,
        to: Arc<str>,
        id: Arc<str>,
        due: Option<jiff::Timestamp>,
        kind: MessageKind,
    ) -> Result<(), Broken> {
        self.count_intent()?;
        if self.next.sends.len() >= SENDS_PENDING_MAX {
            return Err(failure(
                "SW-1003",
                format!("more than {SENDS_PENDING_MAX} sends wait for their answer"),
            )
            .into());
        }
        let send = self.next_ordinal();
        let key = InputKey::of(&["send", &self.next.instance.to_string(), &send]);
        let invoke = match &kind {
            MessageKind::Start { invoke, .. } => invoke.clone(),
            _ => None,
        };
        let pending = PendingSend {
            workflow: workflow.clone(),
            id,
            to: to.clone(),
            invoke,
        };
        self.next.sends.insert(send.clone(), pending);
        self.messages.push(Message {
            workflow,
            to,
            key,
            send,
            due,
            kind,
        });
        Ok(())
    }

    fn run_call(&mut self, call: &Call, lets: &[&Lets], locals: &Locals) -> Result<(), Broken> {
        let id = call.id.clone().unwrap_or_else(|| call.action.clone());
        self.ordinal += 1;
        let name = format!("{id}~{}", self.ordinal);
        let key = self.perform(call, &name, lets, locals)?;
        self.next.calls.insert(key, id);
        Ok(())
    }

    /// Records the intent to call an adapter; answers its effect key.
    fn perform(&mut self, call: &Call, name: &str, lets: &[&Lets], locals: &Locals) -> Result<Arc<str>, Broken> {
        self.count_intent()?;
        let input = self.free_fields(&call.input, lets, locals)?;
        let input = agreed::given(agreed::contract_of(self.chart, call), input).map_err(Broken::Fault)?;
        let expires_at = match &call.expires {
            Some(expires) => Some(
                self.moment_after(&self.scope(lets, locals).template(expires)?)
                    .map_err(Broken::Fault)?,
            ),
            None => None,
        };
        let key: Arc<str> = format!("{}:{}:{name}", self.next.instance, self.next.sequence).into();
        self.effects.push(Effect {
            key: key.clone(),
            adapter: call.adapter.clone(),
            action: call.action.clone(),
            input,
            retry: call.retry,
            expires_at,
            once: self.asks_once(&call.adapter, &call.action),
            require: call
                .require
                .as_ref()
                .map(|require| super::requirement::written(require, self.event_value(), locals)),
        });
        Ok(key)
    }

    /// Whether what is agreed on an action forbids to ask twice.
    pub(super) fn asks_once(&self, adapter: &str, action: &str) -> bool {
        self.chart.contract(adapter, action).is_some_and(|agreed| !agreed.repeat_safe)
    }

    /// Begins an invoke; a fault in its input is the invoke's own error.
    pub(super) fn perform_invoke(&mut self, call: &Call, name: &str) -> Result<Result<Arc<str>, String>, Interrupt> {
        match self.perform(call, name, &[], &Locals::default()) {
            Ok(key) => Ok(Ok(key)),
            Err(Broken::Fault(sentence)) => Ok(Err(sentence)),
            Err(Broken::Interrupt(interrupt)) => Err(interrupt),
        }
    }

    /// Asks one child for its start.
    pub(super) fn post_child(
        &mut self,
        children: &Children,
        invoke: &Arc<str>,
        key: Arc<str>,
        id: Arc<str>,
        locals: &Locals,
    ) -> Result<Result<(), String>, Interrupt> {
        let with = match self.free_fields(&children.input, &[], locals) {
            Ok(with) => with,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => return Ok(Err(sentence)),
        };
        let kind = MessageKind::Start {
            with,
            invoke: Some(invoke.clone()),
        };
        match self.post(children.workflow.clone(), key, id, None, kind) {
            Ok(()) => Ok(Ok(())),
            Err(Broken::Fault(sentence)) => Ok(Err(sentence)),
            Err(Broken::Interrupt(interrupt)) => Err(interrupt),
        }
    }

    pub(super) fn count_intent(&self) -> Result<(), Interrupt> {
        if self.messages.len() + self.effects.len() + self.notices.len() >= INTENTS_MAX {
            return Err(failure(
                "SW-1004",
                format!("one step makes more than {INTENTS_MAX} messages, effects and notices"),
            ));
        }
        Ok(())
    }

    pub(super) fn free_fields(
        &self,
        fields: &[(Arc<str>, ValueTemplate)],
        lets: &[&Lets],
        locals: &Locals,
    ) -> Result<Object, NoValue> {
        fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.free_value(value, lets, locals)?)))
            .collect()
    }

    pub(super) fn free_value(&self, value: &ValueTemplate, lets: &[&Lets], locals: &Locals) -> Result<Value, NoValue> {
        self.scope(lets, locals).free(value)
    }

    /// A value, or `error.execution` and nothing.
    pub(super) fn value_or_report(&mut self, value: &ValueTemplate, lets: &[&Lets]) -> Result<Option<Value>, Interrupt> {
        match self.free_value(value, lets, &Locals::default()) {
            Ok(value) => Ok(Some(value)),
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => self.report_error(&sentence).map(|()| None),
        }
    }
}
