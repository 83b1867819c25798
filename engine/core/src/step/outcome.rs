//! What a step decided. All of it commits together, or none.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Audience, OpenTask, SendVerdict, Snapshot, Trace};
use crate::chart::{Channel, Retry};
use crate::diagnostic::Code;
use crate::field::FieldProblem;
use crate::identity::{Digest, InputKey, InstanceId};
use crate::value::{Object, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub next: Snapshot,
    /// What its entry will say when it is sealed; None for a verdict that leaves no trace (deferred, stale).
    pub trace: Option<Trace>,
    pub timers: Vec<TimerChange>,
    pub effects: Vec<Effect>,
    /// Effect keys of invokes whose state was left: not begun any more, a late answer is ignored.
    pub abandoned: Vec<Arc<str>>,
    pub messages: Vec<Message>,
    pub claims: Vec<ClaimChange>,
    pub subscriptions: Vec<SubscriptionChange>,
    /// What queues are to show from now on.
    pub tasks: Vec<TaskChange>,
    pub notices: Vec<Notice>,
    /// Lines for those who look for marks, in order.
    pub marks: Vec<MarkChange>,
    /// A pause ended: deferred messages are to be offered again, in order.
    pub resumed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Taken,
    /// No transition answers to it in this configuration.
    Ignored,
    /// Not allowed, not well-formed, or guarded: with every reason.
    Refused(Vec<Refusal>),
    /// The states it concerns are paused; it waits and is offered again.
    Deferred,
    /// It is about something that no longer is (a cancelled timer, an abandoned call that was already recorded).
    Stale,
}

impl Refusal {
    /// It is not this actor's to do, whatever else might be said of it.
    pub fn is_forbidden(&self) -> bool {
        self.kind == RefusalKind::Forbidden
    }

    /// About the input as a whole, with no instance behind it.
    pub fn new(kind: RefusalKind, sentence: impl Into<String>) -> Self {
        Refusal {
            kind,
            sentence: sentence.into(),
            field: None,
            instances: Vec::new(),
        }
    }

    /// About a field that does not fit.
    pub fn of_field(problem: FieldProblem) -> Self {
        Refusal::new(RefusalKind::Invalid, problem.sentence).in_field(problem.path)
    }

    /// Without what was looked at for it.
    #[must_use]
    pub fn naming_nobody(self) -> Self {
        Refusal {
            instances: Vec::new(),
            ..self
        }
    }

    #[must_use]
    pub fn in_field(self, field: impl Into<String>) -> Self {
        Refusal {
            field: Some(field.into()),
            ..self
        }
    }
}

impl Verdict {
    pub fn as_str(&self) -> &'static str {
        match self {
            Verdict::Taken => "taken",
            Verdict::Ignored => "ignored",
            Verdict::Refused(_) => "refused",
            Verdict::Deferred => "deferred",
            Verdict::Stale => "stale",
        }
    }

    /// Whether the actor does not see the instance, and so is to be told no more than that there is none.
    pub fn is_hidden(&self) -> bool {
        matches!(self, Verdict::Refused(refusals) if refusals.iter().any(|refusal| refusal.kind == RefusalKind::Hidden))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// For people.
    pub sentence: String,
    /// The field of the input, if it is about one.
    pub field: Option<String>,
    /// `workflow/key` of the instances that the false guard's reads found.
    pub instances: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The actor does not see the instance. Such an attempt leaves no trace.
    Hidden,
    /// The actor may not.
    Forbidden,
    /// The input does not fit its form.
    Invalid,
    /// A guard is false.
    Guard,
    /// The instance or the state is paused.
    Paused,
    /// It is to be signed.
    Signature,
    /// A reason is missing or not one of the choices.
    Reason,
    /// There is one already, or it has ended.
    Conflict,
    /// Somebody else holds the task, or it is not open any more.
    Held,
    /// It was begun and could not be done: what of the chart failed, by its code.
    Failed(Code),
}

/// A step that could not be taken at all; nothing changes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// `SW-1NNN`.
    pub code: &'static str,
    pub message: String,
}

/// A trail entry, chained to its predecessor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sequence: u64,
    pub at: Timestamp,
    pub input_key: Option<InputKey>,
    /// The canonical JSON object, as specified in docs/trail-format.md.
    pub bytes: String,
    /// RFC 6962 leaf hash of `bytes`; the next entry's `previous`.
    pub digest: Digest,
    /// The canonical snapshot after it, as it is stored.
    pub snapshot: String,
    /// Personal values named by commitments in `bytes` or in the snapshot: reference → canonical value.
    pub personal: Vec<(Digest, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimerChange {
    /// Armed, or moved to another moment.
    Arm {
        name: Arc<str>,
        due: Timestamp,
    },
    Cancel {
        name: Arc<str>,
    },
}

/// Something an adapter is to do after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// `instance:sequence:name`: the idempotency key on the wire.
    pub key: Arc<str>,
    pub adapter: Arc<str>,
    pub action: Arc<str>,
    pub input: Value,
    pub retry: Option<Retry>,
    pub expires_at: Option<Timestamp>,
    /// Where `require` stands in the chart: `state.path/invoke ID` or `call NAME`; None: nothing is required.
    pub require: Option<Arc<str>>,
    /// The contract forbids to ask twice: an attempt is counted before it is made, and one of which nobody knows how it ended is not repeated.
    pub once: bool,
}

/// Something for another instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub workflow: Arc<str>,
    pub to: Arc<str>,
    /// Recognises a repetition: made of the sender, its sequence and an ordinal.
    pub key: InputKey,
    /// `sequence:ordinal` of the sender: what an answer refers to.
    pub send: Arc<str>,
    /// Not before this moment.
    pub due: Option<Timestamp>,
    pub kind: MessageKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// `start`: make the instance if it is absent.
    Event {
        event: Arc<str>,
        with: Object,
        start: bool,
    },
    /// `invoke`: as a child of the sender's invoke with this effect key.
    Start {
        with: Object,
        invoke: Option<Arc<str>>,
    },
    /// Starts the review of an opening. Nobody waits for what becomes of it.
    Review {
        with: Object,
    },
    Answer {
        verdict: SendVerdict,
    },
    /// To the parent: the sender came to its end. Neither this nor what a parent tells its children is answered.
    Ended {
        invoke: Arc<str>,
        output: Value,
    },
    /// To a child: it is not waited for any more.
    Stop {
        invoke: Arc<str>,
    },
    /// To a child: it is on hold, and why; None: not any more.
    Hold {
        invoke: Arc<str>,
        why: Option<Arc<str>>,
    },
}

/// A task as queues are to show it from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskChange {
    Open {
        name: Arc<str>,
        task: Box<OpenTask>,
    },
    /// Closed, or on hold.
    Gone {
        name: Arc<str>,
    },
}

/// A line of the trail that is found again by its fields, or that is not to be found any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkChange {
    Put {
        name: Arc<str>,
        values: Value,
        /// Field → value, by which it is found.
        index: Vec<(Arc<str>, Arc<str>)>,
        /// When it is said to have been written, where that is not now.
        at: Option<Timestamp>,
    },
    /// The instance's latest of this name.
    Back { name: Arc<str> },
}

/// Something that people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub audience: Audience,
    pub text: String,
    pub via: Vec<Channel>,
    /// It stands in the instance's conversation.
    pub thread: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    Hold { name: Arc<str>, value: Arc<str> },
    Release { name: Arc<str>, value: Arc<str> },
}

/// Of an instance, or of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionChange {
    Watch(InstanceId),
    Unwatch(InstanceId),
}
