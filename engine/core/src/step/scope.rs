//! What an expression sees while a step is under way (reference, section 10).

use std::cell::RefCell;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::interrupt::NoValue;
use super::machine::Machine;
use super::{ActiveInvoke, Actor, ActorKind, ReadRequest};
use crate::chart::{Lets, Read, ReadOf, StateIndex, ValueTemplate};
use crate::expression::{Call, Expression, FaultKind, Function, Meter, Scope, Stop, Template};
use crate::identity::InstanceId;
use crate::time::Calendar;
use crate::value::{Object, Value};

/// How deep named values may rest on one another. Beyond this they go round in a circle.
pub const LETS_DEPTH_MAX: u32 = 32;

/// Names bound by `each`.
#[derive(Clone, Debug, Default)]
pub(super) struct Locals {
    names: Vec<(Arc<str>, Value)>,
}

impl Locals {
    pub fn item(name: Option<&Arc<str>>, item: &Value, index: usize) -> Self {
        let name = name.cloned().unwrap_or_else(|| "item".into());
        Locals {
            names: vec![(name, item.clone()), ("index".into(), Value::Integer(index as i64))],
        }
    }

    pub fn from_fields(fields: &Object) -> Self {
        Locals {
            names: fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    pub fn to_fields(&self) -> Object {
        self.names.iter().cloned().collect()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.names.iter().find(|(each, _)| **each == *name).map(|(_, value)| value)
    }
}

/// The machine, with what is bound in one place of the chart. Inner lets stand before outer ones. While there is a scope nothing
/// moves, so that it computes no named value twice.
pub(super) struct StepScope<'s, 'm> {
    pub(super) machine: &'s Machine<'m>,
    lets: &'s [&'s Lets],
    locals: &'s Locals,
    named: Named,
    /// That of the scope which this one is within.
    outer_named: Option<&'s Named>,
}

/// Named values that were computed: how many levels of lets they see, their names, and what came of them.
type Named = RefCell<Vec<(usize, Arc<str>, Result<Value, Stop>)>>;

impl<'m> Machine<'m> {
    pub(super) fn scope<'s>(&'s self, lets: &'s [&'s Lets], locals: &'s Locals) -> StepScope<'s, 'm> {
        StepScope {
            machine: self,
            lets,
            locals,
            named: Named::default(),
            outer_named: None,
        }
    }
}

impl StepScope<'_, '_> {
    pub fn value(&self, expression: &Expression) -> Result<Value, NoValue> {
        expression.evaluate(self).map_err(no_value)
    }

    pub fn template(&self, template: &Template) -> Result<Value, NoValue> {
        template.evaluate(self).map_err(no_value)
    }

    /// A free value: each of its parts computed.
    pub fn free(&self, value: &ValueTemplate) -> Result<Value, NoValue> {
        self.computed(value).map_err(no_value)
    }

    pub(super) fn computed(&self, value: &ValueTemplate) -> Result<Value, Stop> {
        match value {
            ValueTemplate::Literal(value) => Ok(value.clone()),
            ValueTemplate::Computed(template) => template.evaluate(self),
            ValueTemplate::List(items) => {
                let items: Result<Vec<Value>, Stop> = items.iter().map(|item| self.computed(item)).collect();
                items.map(Value::from_items)
            }
            ValueTemplate::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| Ok((name.clone(), self.computed(value)?)));
                fields.collect::<Result<Object, Stop>>().map(Value::from_fields)
            }
        }
    }

    /// A template where text is expected: a number or a date is written out; null is a fault.
    pub fn text(&self, template: &Template) -> Result<String, NoValue> {
        match self.template(template)? {
            Value::Text(text) => Ok(text.to_string()),
            Value::Null => Err(NoValue::Fault(format!("`{}` is empty", template.source()))),
            value => Ok(crate::value::text::to_text(&value, Some(self.machine.zone()))),
        }
    }

    fn let_value(&self, name: &str, lets: &[&Lets]) -> Result<Option<Value>, Stop> {
        for (position, each) in lets.iter().enumerate() {
            if let Some((name, expression)) = each.iter().find(|(let_name, _)| **let_name == *name) {
                // a let sees its own level and what is outside it
                return self.named_value(name, expression, &lets[position..]).map(Some);
            }
        }
        Ok(None)
    }

    /// A named value that sees these lets: computed when it is first asked for.
    fn named_value(&self, name: &Arc<str>, expression: &Expression, lets: &[&Lets]) -> Result<Value, Stop> {
        let named = self.outer_named.unwrap_or(&self.named);
        let is_it = |known: &&(usize, Arc<str>, Result<Value, Stop>)| known.0 == lets.len() && known.1 == *name;
        if let Some((.., value)) = named.borrow().iter().find(is_it) {
            return value.clone();
        }
        let outer = StepScope {
            machine: self.machine,
            lets,
            locals: self.locals,
            named: Named::default(),
            outer_named: Some(named),
        };
        let value = self.deeper(|| expression.evaluate(&outer));
        named.borrow_mut().push((lets.len(), name.clone(), value.clone()));
        value
    }

    fn deeper(&self, evaluate: impl FnOnce() -> Result<Value, Stop>) -> Result<Value, Stop> {
        let depth = {
            let mut seen = self.machine.seen.borrow_mut();
            seen.depth += 1;
            seen.depth
        };
        let result = if depth > LETS_DEPTH_MAX {
            Err(fault(format!(
                "named values rest on one another more than {LETS_DEPTH_MAX} deep"
            )))
        } else {
            evaluate()
        };
        self.machine.seen.borrow_mut().depth -= 1;
        result
    }

    /// What a read finds, or the need for it.
    fn read_value(&self, read: &Read) -> Result<Value, Stop> {
        match &read.of {
            ReadOf::Key(key) => self.keyed(read, key),
            ReadOf::Keys(keys) => self.several(read, keys),
            ReadOf::Found(find) => self.found(read, find),
            ReadOf::Children { state, position, each } => self.children(read, *state, *position, *each),
        }
    }

    /// One view for each key, in that order; null for who is missing.
    fn several(&self, read: &Read, keys: &ValueTemplate) -> Result<Value, Stop> {
        let keys = self.computed(keys)?;
        let mut views = Vec::new();
        let mut missing = None;
        for key in keys.as_list().unwrap_or(std::slice::from_ref(&keys)) {
            match super::index_text(key).map(|key| self.view_of(read, key)) {
                None => views.push(Value::Null),
                Some(Ok(view)) => views.push(view),
                Some(Err(stop)) => missing = Some(stop),
            }
        }
        match missing {
            Some(stop) => Err(stop),
            None => Ok(Value::from_items(views)),
        }
    }

    /// The views of those that an invoke started and that exist. A guard that would be taken by itself waits as long as one of them
    /// has something of this instance before it: it would see what no longer is.
    fn children(&self, read: &Read, state: StateIndex, position: usize, each: bool) -> Result<Value, Stop> {
        let is_meant = |active: &&ActiveInvoke| active.state == state && active.position == position;
        let active = self.machine.next.invokes.values().find(is_meant);
        // on the way out they are still seen as they were
        let active = active.or_else(|| self.machine.left.iter().rev().find(is_meant));
        let children = active.map_or(&[][..], |active| &active.children);
        let mut views = Vec::with_capacity(children.len());
        let mut missing = None;
        for child in children {
            match self.view_of(read, child.key.clone()) {
                Ok(Value::Null) => {}
                Ok(view) => views.push(view),
                // all that is missing is asked for at once
                Err(stop) => missing = Some(stop),
            }
        }
        if let Some(stop) = missing {
            return Err(stop);
        }
        let is_busy = |key: &Arc<str>| self.is_busy(&read.workflow, key);
        let mut seen = self.machine.seen.borrow_mut();
        let is_to_begin = self.machine.fresh.contains(state) && !self.machine.begun.contains(state);
        if seen.watching && (is_to_begin || children.iter().any(|child| is_busy(&child.key))) {
            seen.awaiting = true;
            return Err(fault(format!(
                "`{}` has not begun, or not taken all that it was sent",
                read.name
            )));
        }
        drop(seen);
        Ok(match each {
            true => Value::from_items(views),
            false => views.into_iter().next().unwrap_or(Value::Null),
        })
    }

    /// Whether something that this instance sent it has not been answered.
    fn is_busy(&self, workflow: &Arc<str>, key: &Arc<str>) -> bool {
        let mut sends = self.machine.next.sends.values();
        sends.any(|send| send.to == *key && send.workflow == *workflow)
    }

    fn keyed(&self, read: &Read, key: &Template) -> Result<Value, Stop> {
        let mut resolved = Value::Null;
        self.deeper(|| {
            resolved = key.evaluate(self)?;
            Ok(Value::Null)
        })?;
        let key: Arc<str> = match resolved {
            Value::Null => return Ok(Value::Null),
            Value::Text(text) => text,
            value => crate::value::text::to_text(&value, Some(self.machine.zone())).into(),
        };
        self.view_of(read, key)
    }

    fn view_of(&self, read: &Read, key: Arc<str>) -> Result<Value, Stop> {
        let place = (read.name.clone(), key.clone());
        let mut seen = self.machine.seen.borrow_mut();
        if seen.watching {
            seen.watched.insert(InstanceId::of(&read.workflow, &key));
        }
        match self.machine.facts.views.get(&place) {
            Some(fact) => {
                if !fact.view.is_null() {
                    seen.found.insert(format!("{}/{}", read.workflow, key));
                }
                let busy = fact.view.field("busy").is_some() && self.is_busy(&read.workflow, &place.1);
                seen.reads.insert(place, fact.clone());
                Ok(if busy { with_busy(&fact.view) } else { fact.view.clone() })
            }
            None => {
                seen.need(ReadRequest {
                    read: read.name.clone(),
                    workflow: read.workflow.clone(),
                    key,
                });
                Err(Stop::Needs(read.name.clone()))
            }
        }
    }

    /// About this instance; None if it is no such name.
    fn own(&self, name: &str) -> Option<Value> {
        let snapshot = &self.machine.next;
        Some(match name {
            "event" => self.machine.event_value().clone(),
            "actor" => actor_value(self.machine.actor),
            "now" => Value::from_instant(self.machine.now),
            "today" => Value::Date(self.machine.now.to_zoned(self.machine.zone().clone()).date()),
            "key" => Value::Text(snapshot.key.clone()),
            "id" => Value::from_text(&snapshot.instance.to_string()),
            "number" => snapshot
                .number
                .map_or(Value::Null, |number| crate::value::number::from_i64(number as i64)),
            "states" => super::view::states_value(self.machine.chart, snapshot),
            "tags" => super::view::tags_value(self.machine.chart, snapshot),
            "parent" => match &snapshot.parent {
                Some(parent) => Value::from_fields(Object::from([
                    ("key".into(), Value::Text(parent.key.clone())),
                    ("workflow".into(), Value::Text(parent.workflow.clone())),
                ])),
                None => Value::Null,
            },
            "settled" => Value::Boolean(snapshot.sends.is_empty()),
            "sla" => self.machine.clocks_value(),
            "history" => history_value(snapshot),
            "signatures" => super::signature::signatures_value(snapshot),
            _ => return None,
        })
    }
}

impl Scope for StepScope<'_, '_> {
    fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        if let Some(value) = self.locals.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = self.let_value(name, self.lets)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.machine.next.data.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = self.own(name) {
            return Ok(Some(value));
        }
        if let Some((name, expression)) = self.machine.chart.lets.iter().find(|(let_name, _)| **let_name == *name) {
            return self.named_value(name, expression, &[]).map(Some);
        }
        if let Some(read) = self.machine.chart.reads.get(name) {
            return self.read_value(read).map(Some);
        }
        // declared, and never set
        Ok(self.machine.chart.data.get(name).map(|_| Value::Null))
    }

    fn member(&self, variable: &str, field: &str) -> Option<Value> {
        let hidden = self.locals.get(variable).is_some()
            || self.lets.iter().any(|each| each.iter().any(|(name, _)| **name == *variable))
            || self.machine.next.data.contains_key(variable);
        match variable {
            "event" if !hidden => self.machine.event_field(field),
            _ => None,
        }
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, Stop> {
        match call.function {
            Function::Decide => self.decide(call),
            Function::Table => self.look_up(call),
            Function::RandomHex => self.random_hex(call.arguments),
            Function::HmacRef => self.commitment(call.arguments),
            function => Err(Stop::fault(
                FaultKind::NotYet,
                format!("`{}` is not available yet", function.name()),
            )),
        }
    }

    fn zone(&self) -> &TimeZone {
        self.machine.zone()
    }

    fn now(&self) -> Timestamp {
        self.machine.now
    }

    fn meter(&self) -> Option<&Meter> {
        Some(&self.machine.meter)
    }

    fn calendar(&self) -> Option<&dyn Calendar> {
        self.machine.chart.calendar.as_ref().map(|_| self.machine as &dyn Calendar)
    }
}

/// How many random bytes one call may draw: enough for any key.
pub const RANDOM_BYTES_MAX: i64 = 32;

impl StepScope<'_, '_> {
    /// Bytes derived from the entropy drawn for this step, different for every call in it.
    fn random_hex(&self, arguments: &[Value]) -> Result<Value, Stop> {
        let count = match arguments {
            [Value::Integer(count)] if (1..=RANDOM_BYTES_MAX).contains(count) => *count as usize,
            _ => {
                return Err(fault(format!(
                    "`random_hex` takes a number of bytes from 1 to {RANDOM_BYTES_MAX}"
                )));
            }
        };
        let mut seen = self.machine.seen.borrow_mut();
        let Some(entropy) = self.machine.facts.entropy else {
            seen.needs.entropy = true;
            return Err(Stop::Needs("entropy".into()));
        };
        seen.entropy_used = true;
        seen.random_drawn += 1;
        let drawn = super::personal::keyed_digest(&entropy, format!("random/{}", seen.random_drawn).as_bytes());
        Ok(Value::from_text(&drawn.to_string()[..count * 2]))
    }

    fn commitment(&self, arguments: &[Value]) -> Result<Value, Stop> {
        let [Value::Text(name)] = arguments else {
            return Err(fault("`hmac_ref` takes the name of one field".into()));
        };
        let Some(secret) = &self.machine.next.secret else {
            return Err(fault("`hmac_ref` needs a field marked `phi`".into()));
        };
        match self.machine.next.data.get(name) {
            None | Some(Value::Null) => Ok(Value::Null),
            Some(value) => Ok(Value::from_text(&super::personal::commitment(secret, value).to_string())),
        }
    }
}

/// The view as its reader sees it: others do not know what is on its way from here.
fn with_busy(view: &Value) -> Value {
    let mut fields = view.as_object().cloned().unwrap_or_default();
    fields.insert("busy".into(), Value::Boolean(true));
    Value::from_fields(fields)
}

pub(super) fn fault(sentence: String) -> Stop {
    Stop::fault(FaultKind::Scope, sentence)
}

fn no_value(stop: Stop) -> NoValue {
    match stop {
        Stop::Needs(_) => NoValue::Needs,
        Stop::Fault(fault) => NoValue::Fault(fault.message),
    }
}

pub(super) fn actor_value(actor: &Actor) -> Value {
    let text = |value: &Option<Arc<str>>| value.clone().map_or(Value::Null, Value::Text);
    let texts = |values: &[Arc<str>]| Value::from_items(values.iter().cloned().map(Value::Text).collect());
    let workflow = match &actor.kind {
        ActorKind::Workflow { workflow } => Value::Text(workflow.clone()),
        _ => Value::Null,
    };
    let adapter = match &actor.kind {
        ActorKind::Adapter => Value::Text(actor.id.clone()),
        _ => Value::Null,
    };
    Value::from_fields(Object::from([
        ("adapter".into(), adapter),
        ("id".into(), Value::Text(actor.id.clone())),
        ("name".into(), text(&actor.name)),
        ("on_behalf_of".into(), text(&actor.on_behalf_of)),
        ("organisation".into(), text(&actor.organisation)),
        ("person".into(), text(&actor.person)),
        ("roles".into(), texts(&actor.roles)),
        ("skills".into(), texts(&actor.skills)),
        ("unit".into(), text(&actor.unit)),
        ("workflow".into(), workflow),
    ]))
}

fn history_value(snapshot: &super::Snapshot) -> Value {
    let taken = snapshot.taken.iter().map(|(event, last)| {
        let fields = Object::from([
            ("actor".into(), Value::Text(last.actor.clone())),
            ("at".into(), Value::from_instant(last.at)),
        ]);
        (event.clone(), Value::from_fields(fields))
    });
    Value::from_fields(taken.collect())
}
