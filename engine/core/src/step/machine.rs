//! One step under way: what it works on and what it has decided so far.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::decision::Decision;
use super::event::Event;
use super::interrupt::{Interrupt, NoValue};
use super::log::Log;
use super::{
    ActiveInvoke, Actor, ClaimChange, Effect, Fact, Facts, Message, Needs, Notice, ReadRequest, Snapshot, SubscriptionChange,
};
use crate::chart::{Chart, Form, Invoke, Proof, StateIndex, StateSet, TransitionIndex};
use crate::expression::Meter;
use crate::expression::limits::STEP_FUEL_MAX;
use crate::field::Units;
use crate::identity::{Digest, InstanceId};
use crate::value::{Object, Value};

/// The interpreter (SCXML, appendix D) over a copy of the snapshot. Dropped without trace if it does not come to its end.
pub(super) struct Machine<'a> {
    pub chart: &'a Chart,
    pub facts: &'a Facts,
    pub now: Timestamp,
    pub zone: OnceCell<TimeZone>,
    pub actor: &'a Actor,
    pub reason: Option<&'a Arc<str>>,
    /// How the actor proved who they are for this input.
    pub signed: Option<Proof>,
    pub next: Snapshot,
    pub event: Event<'a>,
    /// What came from outside, as it came; or as others have signed it already; checked against a form by `admit`.
    pub payload: Option<Cow<'a, Object>>,
    /// Raised within this step (SCXML's internal queue).
    pub queue: VecDeque<Raised>,
    /// States entered in this step, whose timers and invokes are still to begin.
    pub fresh: StateSet,
    /// Those of them whose invokes have begun.
    pub begun: StateSet,
    /// The transition that admitted the event last, and its form, to be written into the data when it is taken.
    pub admitted: Option<(TransitionIndex, &'a Form)>,
    /// What tables answered to the guards of each transition that is enabled.
    pub decided: BTreeMap<TransitionIndex, Vec<Decision>>,
    /// Invokes whose state is being left: actions on the way still see their children.
    pub left: Vec<ActiveInvoke>,
    /// The invoke whose result is being taken, if how to undo it is still to be remembered.
    pub done: Option<&'a Invoke>,
    pub log: Log,
    pub effects: Vec<Effect>,
    pub abandoned: Vec<Arc<str>>,
    pub messages: Vec<Message>,
    pub claims: Vec<ClaimChange>,
    pub notices: Vec<Notice>,
    /// The state whose task the event finishes: only it and what is around it answers.
    pub finishing: Option<StateIndex>,
    pub subscriptions: Vec<SubscriptionChange>,
    /// Numbers sends and calls within this step.
    pub ordinal: u32,
    pub transitions_taken: usize,
    pub seen: RefCell<Seen>,
    /// What is left of the budget of all expressions together.
    pub meter: Meter,
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
    /// An invoke had nothing to wait for.
    InvokeDone {
        state: StateIndex,
        position: usize,
        payload: Object,
    },
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
    pub finds: BTreeMap<(Arc<str>, Arc<str>), Value>,
    pub needs: Needs,
    pub entropy_used: bool,
    pub calendar_used: bool,
    /// Live tables that were asked, with the version of each.
    pub tables_used: BTreeMap<Arc<str>, Digest>,
    /// Units that were given, and all that there are where one was given that is none.
    pub units: Units,
    pub random_drawn: u32,
    /// Instances that the guards of eventless transitions looked at since the last microstep, and topics under which they looked.
    pub watching: bool,
    pub watched: BTreeSet<InstanceId>,
    /// The guard tried last waits for others to take what they were sent: no fault, though it has no value.
    pub awaiting: bool,
    /// Instances found by reads while a guard was tried: they are shown with its sentence.
    pub found: BTreeSet<String>,
    /// What tables answered since the last time that it was known what for.
    pub decisions: Vec<Decision>,
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
        Machine {
            chart,
            facts,
            now,
            zone: OnceCell::new(),
            actor,
            reason,
            signed: None,
            next,
            event: Event::whole(Value::Null),
            payload: None,
            queue: VecDeque::new(),
            fresh: StateSet::default(),
            begun: StateSet::default(),
            admitted: None,
            decided: BTreeMap::new(),
            left: Vec::new(),
            done: None,
            log: Log::default(),
            effects: Vec::new(),
            abandoned: Vec::new(),
            messages: Vec::new(),
            claims: Vec::new(),
            notices: Vec::new(),
            finishing: None,
            subscriptions: Vec::new(),
            ordinal: 0,
            transitions_taken: 0,
            seen: RefCell::new(Seen::default()),
            meter: Meter::of(STEP_FUEL_MAX),
        }
    }

    /// Looked up for whoever asks: most steps never do.
    pub fn zone(&self) -> &TimeZone {
        self.zone
            .get_or_init(|| crate::time::zone(&self.next.zone).unwrap_or(TimeZone::UTC))
    }

    /// Whether the budget was overdrawn; what comes after has one of its own.
    pub fn ran_out(&mut self) -> bool {
        let used = std::mem::replace(&mut self.meter, Meter::of(STEP_FUEL_MAX));
        used.ran_out()
    }

    /// The next `sequence:ordinal`.
    pub fn next_ordinal(&mut self) -> Arc<str> {
        self.ordinal += 1;
        format!("{}:{}", self.next.sequence, self.ordinal).into()
    }

    /// Keeps for the entry what tables have answered since the last time.
    pub fn keep_decisions(&mut self) {
        let decisions = std::mem::take(&mut self.seen.get_mut().decisions);
        self.log.decided(decisions);
    }

    /// What was computed; None where it has no value: the step goes on, and the trail says why.
    pub fn value_or_note<T>(
        &mut self,
        value: Result<T, NoValue>,
        kind: &'static str,
        place: &str,
    ) -> Result<Option<T>, Interrupt> {
        match value {
            Ok(value) => Ok(Some(value)),
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => {
                self.log.note(kind, &sentence, place);
                Ok(None)
            }
        }
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

    pub fn need_table(&mut self, name: &Arc<str>) {
        if !self.needs.tables.contains(name) {
            self.needs.tables.push(name.clone());
        }
    }
}
