//! `event`: what an expression sees of what is being taken.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use super::machine::Machine;
use crate::value::{Object, Value};

/// The event of the transition being tried or taken. As a value it is made only for whoever wants all of it: nearly always its
/// fields are asked for one by one.
pub(super) struct Event<'a> {
    pub name: Arc<str>,
    fields: Cow<'a, Object>,
    whole: OnceCell<Value>,
}

impl<'a> Event<'a> {
    pub fn of(name: Arc<str>, fields: Cow<'a, Object>) -> Self {
        Event {
            name,
            fields,
            whole: OnceCell::new(),
        }
    }

    /// One that stands for itself.
    pub fn whole(value: Value) -> Self {
        Event {
            name: Arc::default(),
            fields: Cow::Owned(Object::new()),
            whole: OnceCell::from(value),
        }
    }
}

impl<'a> Machine<'a> {
    /// Sets what `event` is: its name, its fields; who sent it, when and why is the same in all of the step.
    pub fn set_event(&mut self, name: Arc<str>, fields: Cow<'a, Object>) {
        self.event = Event::of(name, fields);
    }

    /// Of the event that is being taken; the rest of it stays as it is.
    pub fn set_event_field(&mut self, name: &Arc<str>, value: Value) {
        let mut fields = self.event_fields();
        fields.insert(name.clone(), value);
        self.set_event(self.event.name.clone(), Cow::Owned(fields));
    }

    pub fn event_value(&self) -> &Value {
        self.event.whole.get_or_init(|| {
            let mut event: Object = (*self.event.fields).clone();
            for name in ["at", "from", "name", "reason"] {
                event.insert(name.into(), self.of_event(name).unwrap_or(Value::Null));
            }
            Value::from_fields(event)
        })
    }

    /// What came with it, without what every event has.
    pub fn event_fields(&self) -> Object {
        (*self.event.fields).clone()
    }

    /// The same as that field of the whole.
    pub fn event_field(&self, name: &str) -> Option<Value> {
        match self.event.whole.get() {
            Some(whole) => whole.field(name).cloned(),
            None => self.of_event(name).or_else(|| self.event.fields.get(name).cloned()),
        }
    }

    /// What every event has.
    fn of_event(&self, name: &str) -> Option<Value> {
        Some(match name {
            "at" => Value::from_instant(self.now),
            "from" => Value::Text(self.actor.id.clone()),
            "name" => Value::Text(self.event.name.clone()),
            "reason" => self.reason.map_or(Value::Null, |reason| Value::Text(reason.clone())),
            _ => return None,
        })
    }
}
