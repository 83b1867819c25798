//! What can come to an instance.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Parent, TaskAct, TaskRef};
use crate::chart::Proof;
use crate::identity::InputKey;
use crate::value::{Object, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Recognises a repetition. None only for what cannot be repeated (timers are recognised by their arming).
    pub key: Option<InputKey>,
    pub actor: Actor,
    pub reason: Option<Arc<str>>,
    /// How the actor proved anew who they are, as the interface found: with it they sign.
    pub signed: Option<Proof>,
    pub kind: InputKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputKind {
    Start(Box<StartInput>),
    Event {
        name: Arc<str>,
        payload: Object,
        /// Finishes this task: it is offered to the task's state and outwards only.
        task: Option<TaskRef>,
    },
    /// Something else that a person does with a task.
    Task {
        task: TaskRef,
        act: TaskAct,
    },
    /// The timer armed under this name for this moment is due.
    Timer {
        name: Arc<str>,
        due: Timestamp,
    },
    /// An adapter ended the effect of an invoke or a call.
    AdapterAnswer {
        effect: Arc<str>,
        result: Result<Value, AdapterFailure>,
    },
    /// An adapter tells of an effect beside answering it.
    AdapterReport {
        effect: Arc<str>,
        report: Report,
    },
    /// What became of a send (`sequence:ordinal`).
    SendAnswer {
        send: Arc<str>,
        verdict: SendVerdict,
    },
    /// Takes back one's own signature of an event that not all have signed yet.
    Withdraw {
        event: Arc<str>,
    },
    /// Opens the instance to its actor, for a reason and a time. `reviewer`: the role that is asked to review it.
    Open {
        reviewer: Arc<str>,
    },
    /// A person knows that this clock runs out.
    Acknowledge {
        clock: Arc<str>,
    },
    /// A child of the invoke with this effect key came to its end.
    ChildEnded {
        invoke: Arc<str>,
        child: Arc<str>,
        output: Value,
    },
    /// Its parent left the state whose invoke started this instance.
    Stop {
        invoke: Arc<str>,
    },
    /// Its parent is on hold, and says why; None: not any more.
    Hold {
        invoke: Arc<str>,
        why: Option<Arc<str>>,
    },
    /// An instance that an `always` reads has changed.
    Wake,
    /// Put into states without having gone the way there. Only the scenario runner asks for it: no interface and no message does.
    Place(Box<Placement>),
}

/// Where an instance is put, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Of an instance that does not exist: its beginning. Of one that does, the payload alone counts. The payload is not the form of the
    /// start, but fields of the data.
    pub start: StartInput,
    /// Paths of the states; what they imply is entered too. Empty: where the chart begins.
    pub states: Vec<Arc<str>>,
    /// What is said to have been marked on the way there, in order.
    pub marks: Vec<PlacedMark>,
}

/// A mark that nobody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedMark {
    pub name: Arc<str>,
    pub values: Value,
    /// When it is said to have been written; None: now.
    pub at: Option<Timestamp>,
}

/// The key, and with it the instance's id, is settled before the step: see `resolve_key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartInput {
    pub key: Arc<str>,
    pub number: Option<u64>,
    pub payload: Object,
    pub parent: Option<Parent>,
    /// Of the deployment; used where the workflow names no zone.
    pub default_zone: Arc<str>,
    /// 32 random bytes, drawn by the shell if the chart has personal data; kept as the snapshot's secret.
    pub secret: Option<[u8; 32]>,
}

/// What an adapter tells of an effect beside answering it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A step on the way to the answer.
    Progress { fields: Object },
    /// The answer that was given does not stand any more.
    Undone { fields: Object },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterFailure {
    /// `refused`, `exhausted`, `interlock`, `expired`, `unknown`, `timeout`, `skipped`, …: what a guard compares.
    pub why: Arc<str>,
    /// For people.
    pub message: Arc<str>,
    /// What the other side said, if anything.
    pub detail: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendVerdict {
    Taken,
    Ignored { why: Arc<str> },
    Refused { why: Arc<str> },
}

impl Report {
    pub fn as_str(&self) -> &'static str {
        match self {
            Report::Progress { .. } => "progress",
            Report::Undone { .. } => "undone",
        }
    }

    /// What is told.
    pub fn fields(&self) -> &Object {
        match self {
            Report::Progress { fields } | Report::Undone { fields } => fields,
        }
    }
}

/// Who or what an input comes from; `actor` in expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    /// A person's user id, an instance's key, an adapter's name, or `engine`.
    pub id: Arc<str>,
    pub name: Option<Arc<str>>,
    pub roles: Vec<Arc<str>>,
    pub unit: Option<Arc<str>>,
    pub organisation: Option<Arc<str>>,
    pub skills: Vec<Arc<str>>,
    /// The record (a patient, say) that this user is.
    pub person: Option<Arc<str>>,
    /// The user whom they stand in for in this.
    pub on_behalf_of: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorKind {
    Person,
    /// An instance of this workflow; `id` is its key.
    Workflow {
        workflow: Arc<str>,
    },
    Adapter,
    Schedule,
    Engine,
}

impl Actor {
    /// An actor with nothing but a kind and an id.
    pub fn plain(kind: ActorKind, id: impl Into<Arc<str>>) -> Self {
        Actor {
            kind,
            id: id.into(),
            name: None,
            roles: Vec::new(),
            unit: None,
            organisation: None,
            skills: Vec::new(),
            person: None,
            on_behalf_of: None,
        }
    }

    /// By whom they are known where a user is named: themselves, and whom they stand in for.
    pub fn identities(&self) -> Vec<Arc<str>> {
        std::iter::once(&self.id).chain(&self.on_behalf_of).cloned().collect()
    }

    /// Whether this is the user's id, or that of whom they stand in for.
    pub fn is_known_as(&self, user: &str) -> bool {
        *self.id == *user || self.on_behalf_of.as_deref() == Some(user)
    }

    pub fn engine() -> Self {
        Actor::plain(ActorKind::Engine, "engine")
    }
}
