//! One step under way: what it works on and what it has decided so far.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::log::Log;
use super::{Actor, Effect, Fact, Facts, Message, Needs, ReadRequest, Snapshot};
use crate::chart::{Chart, Form, StateIndex, StateSet};
use crate::identity::InstanceId;
use crate::value::{Object, Value};

/// The interpreter (SCXML, appendix D) over a copy of the snapshot. Dropped without trace if it does not come to its end.
pub(super) struct Machine<'a> {
    pub chart: &'a Chart,
    pub facts: &'a Facts,
    pub now: Timestamp,
    pub zone: TimeZone,
    pub actor: &'a Actor,
    pub reason: Option<&'a Arc<str>>,
    pub next: Snapshot,
    /// `event` of the transition being tried or taken.
    pub event: Value,
    pub event_name: Arc<str>,
    /// What came from outside, as it came; checked against a form by `admit`.
    pub payload: Object,
    /// Raised within this step (SCXML's internal queue).
    pub queue: VecDeque<Raised>,
    /// States entered in this step, whose timers and invokes are still to begin.
    pub fresh: StateSet,
    /// The form of the transition that admitted the event, to be written into the data when it is taken.
    pub admitted: Option<&'a Form>,
    pub log: Log,
    pub effects: Vec<Effect>,
    pub abandoned: Vec<Arc<str>>,
    pub messages: Vec<Message>,
    /// Numbers sends and calls within this step.
    pub ordinal: u32,
    pub transitions_taken: usize,
    pub seen: RefCell<Seen>,
}

/// An event within the step.
#[derive(Clone, Debug)]
pub(super) enum Raised {
    Event {
        name: Arc<str>,
        payload: Object,
    },
    /// A compound or parallel state reached its end.
    Done(StateIndex),
    /// An invoke could not begin.
    InvokeError {
        state: StateIndex,
        position: usize,
        payload: Object,
    },
}

/// What evaluating expressions touched. Behind a cell, because evaluation only reads the machine.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub reads: BTreeMap<(Arc<str>, Arc<str>), Fact>,
    pub needs: Needs,
    pub entropy_used: bool,
    pub random_drawn: u32,
    /// Instances that the guards of eventless transitions looked at since the last microstep.
    pub watching: bool,
    pub watched: BTreeSet<InstanceId>,
    /// Instances found by reads while a guard was tried: they are shown with its sentence.
    pub found: BTreeSet<String>,
    pub depth: u32,
}

impl<'a> Machine<'a> {
    pub fn new(
        chart: &'a Chart,
        next: Snapshot,
        actor: &'a Actor,
        reason: Option<&'a Arc<str>>,
        facts: &'a Facts,
        now: Timestamp,
    ) -> Self {
        let zone = crate::time::zone(&next.zone).unwrap_or(TimeZone::UTC);
        Machine {
            chart,
            facts,
            now,
            zone,
            actor,
            reason,
            next,
            event: Value::Null,
            event_name: Arc::from(""),
            payload: Object::new(),
            queue: VecDeque::new(),
            fresh: StateSet::default(),
            admitted: None,
            log: Log::default(),
            effects: Vec::new(),
            abandoned: Vec::new(),
            messages: Vec::new(),
            ordinal: 0,
            transitions_taken: 0,
            seen: RefCell::new(Seen::default()),
        }
    }

    /// Sets what `event` is: its name, its fields, who sent it.
    pub fn set_event(&mut self, name: &Arc<str>, payload: &Object) {
        let mut event = payload.clone();
        event.insert("name".into(), Value::Text(name.clone()));
        event.insert("at".into(), Value::from_instant(self.now));
        event.insert("from".into(), Value::Text(self.actor.id.clone()));
        event.insert(
            "reason".into(),
            self.reason.map_or(Value::Null, |reason| Value::Text(reason.clone())),
        );
        self.event_name = name.clone();
        self.event = Value::from_fields(event);
    }

    /// The next `sequence:ordinal`.
    pub fn next_ordinal(&mut self) -> Arc<str> {
        self.ordinal += 1;
        format!("{}:{}", self.next.sequence, self.ordinal).into()
    }

    pub fn take_needs(&self) -> Needs {
        std::mem::take(&mut self.seen.borrow_mut().needs)
    }
}

impl Seen {
    pub fn need(&mut self, request: ReadRequest) {
        if !self.needs.reads.contains(&request) {
            self.needs.reads.push(request);
        }
    }
}
