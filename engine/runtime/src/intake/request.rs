//! What waits to be taken: inputs of one instance, in order, and who waits for what becomes of them.

use std::sync::{Arc, Mutex};

use statewright_core::identity::InstanceId;
use statewright_core::step::{Input, InputKind, Refusal, Verdict};
use tokio::sync::{Notify, oneshot};

use super::answer::Answer;
use crate::body::Party;
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;
use crate::store::TrailRow;

/// Inputs of one instance, in order. A batch takes all of them or none, so that none overtakes another.
pub struct Parcel {
    pub instance: InstanceId,
    pub requests: Vec<Request>,
    /// How often it was stepped on something that had moved.
    pub(super) moves: u32,
    /// How often the database was away when it was to be committed.
    pub(super) stumbles: u32,
    /// Whether the snapshot in memory must not be used.
    pub(super) fresh: bool,
}

/// One input.
pub struct Request {
    pub instance: InstanceId,
    /// The name of the instance, where whoever asks knows it.
    pub to: Option<Party>,
    pub input: Input,
    /// Of a start: the chart it begins with.
    pub chart: Option<Arc<Known>>,
    /// Whether its key is the sender's own name for it, by which it must not be mistaken for another. One that this node drew is
    /// known to nobody else: only this node can send it again.
    pub named: bool,
    /// The sequence that the sender looked at.
    pub expected: Option<u64>,
    pub origin: Origin,
    pub reply: Reply,
    /// Another instance at the sequence at which it was looked at, where the input rests on it: compared in the commit.
    pub rests_on: Option<(InstanceId, u64)>,
    pub(super) found: Found,
}

/// Where an input comes from, and with it what its commit consumes.
#[derive(Clone, Debug)]
pub enum Origin {
    /// From outside.
    Caller,
    /// From an actor of this node that consumes nothing by it: a choice, or what follows from an effect.
    Engine,
    /// A start on the way to the event that follows it in the parcel; nothing if the instance exists.
    IfAbsent,
    Timer {
        name: Arc<str>,
        due_us: i64,
    },
    /// `sender`: the instance and the send that wait for an answer.
    Message {
        id: i64,
        sender: Option<(Party, Arc<str>)>,
    },
}

/// What was found out about an input while it was tried.
#[derive(Default)]
pub(super) struct Found {
    /// The entry that an input with the same key caused.
    pub repeated: Option<TrailRow>,
    /// The trail was asked for its key, and did not know it.
    pub unrepeated: bool,
    /// What only the commit could see.
    pub refusals: Vec<Refusal>,
    /// The lowest sequence of an entry that it left in a commit of which nobody knows whether it happened, or will yet.
    pub tried: Option<u64>,
}

/// Who is told.
pub enum Reply {
    Caller(oneshot::Sender<EngineResult<Answer>>),
    Actor { mailbox: Arc<Mailbox>, ticket: u64 },
    Nobody,
}

/// What an actor of this node gets back for what it handed to the intake.
#[derive(Default)]
pub struct Mailbox {
    settled: Mutex<Vec<(u64, EngineResult<Verdict>)>>,
    pub arrived: Notify,
}

impl Parcel {
    pub fn of(requests: Vec<Request>) -> Option<Self> {
        let instance = requests.first()?.instance;
        Some(Parcel {
            instance,
            requests,
            moves: 0,
            stumbles: 0,
            fresh: false,
        })
    }

    /// The workflow of its instance, where whoever asks knows it.
    pub(super) fn workflow(&self) -> Option<&Arc<str>> {
        self.requests.iter().find_map(|request| Some(&request.to.as_ref()?.workflow))
    }

    /// Whether a timer is among its inputs.
    pub(super) fn is_timer(&self) -> bool {
        let mut requests = self.requests.iter();
        requests.any(|request| matches!(request.origin, Origin::Timer { .. }))
    }
}

impl Request {
    pub fn new(instance: InstanceId, input: Input, origin: Origin, reply: Reply) -> Self {
        Request {
            instance,
            to: None,
            input,
            chart: None,
            named: false,
            expected: None,
            origin,
            reply,
            rests_on: None,
            found: Found::default(),
        }
    }

    /// To an instance that is known by name.
    pub fn to(to: Party, input: Input, origin: Origin, reply: Reply) -> Self {
        let mut request = Request::new(to.id(), input, origin, reply);
        request.to = Some(to);
        request
    }

    /// It is refused for this, whatever the chart says.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.found.refusals.push(refusal);
    }

    /// The instance's name, or what is known of it.
    pub(super) fn party(&self) -> Party {
        let unnamed = || Party {
            workflow: "instance".into(),
            key: self.instance.to_string().into(),
        };
        self.to.clone().unwrap_or_else(unnamed)
    }

    /// Whether it is recognised by the place in the trail where it was tried, and not by a key that is looked up.
    pub(super) fn is_unnamed(&self) -> bool {
        let draws_its_key = matches!(&self.input.kind, InputKind::Start(start) if start.number.is_some());
        matches!(self.origin, Origin::Caller) && !self.named && !draws_its_key
    }

    /// Whether somebody from outside wants a new instance.
    pub(super) fn begins(&self) -> bool {
        matches!((&self.origin, &self.input.kind), (Origin::Caller, InputKind::Start(_)))
    }

    /// Whether somebody is told of a refusal. A timer or an adapter's answer that cannot be taken waits for a person instead.
    pub(super) fn may_be_refused(&self) -> bool {
        let asked = matches!(
            self.input.kind,
            InputKind::Event { .. }
                | InputKind::Task { .. }
                | InputKind::Withdraw { .. }
                | InputKind::Open { .. }
                | InputKind::Acknowledge { .. }
                | InputKind::AdapterReport { .. }
                | InputKind::Start(_)
        );
        asked && !matches!(self.origin, Origin::Timer { .. })
    }
}

impl Mailbox {
    pub fn take(&self) -> Vec<(u64, EngineResult<Verdict>)> {
        std::mem::take(&mut *self.settled.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    fn put(&self, ticket: u64, result: EngineResult<Verdict>) {
        self.settled
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .push((ticket, result));
        self.arrived.notify_one();
    }
}

impl Reply {
    /// Whether a whole answer is wanted, and not the verdict alone.
    pub(super) fn wants_answer(&self) -> bool {
        matches!(self, Reply::Caller(_))
    }

    pub(super) fn fail(self, error: EngineError) {
        match self {
            Reply::Caller(sender) => drop(sender.send(Err(error))),
            Reply::Actor { mailbox, ticket } => mailbox.put(ticket, Err(error)),
            Reply::Nobody => {}
        }
    }

    pub(super) fn answer(self, answer: Answer) {
        match self {
            // A caller that has gone away is no error: what it asked for is done all the same.
            Reply::Caller(sender) => drop(sender.send(Ok(answer))),
            Reply::Actor { mailbox, ticket } => mailbox.put(ticket, Ok(answer.verdict)),
            Reply::Nobody => {}
        }
    }

    pub(super) fn verdict(self, verdict: Verdict) {
        match self {
            // Whoever wants an answer is given one: see `wants_answer`.
            Reply::Caller(sender) => drop(sender),
            Reply::Actor { mailbox, ticket } => mailbox.put(ticket, Ok(verdict)),
            Reply::Nobody => {}
        }
    }
}
