//! What is asked of the engine.

use std::sync::Arc;

use statewright_core::chart::Proof;
use statewright_core::identity::InputKey;
use statewright_core::step::{Actor, TaskAct, TaskRef};
use statewright_core::value::Object;

/// A new instance is asked for.
#[derive(Clone, Debug)]
pub struct StartRequest {
    pub workflow: Arc<str>,
    /// None: the workflow's own key, made of the payload or a running number.
    pub key: Option<Arc<str>>,
    pub payload: Object,
    pub actor: Actor,
    /// Recognises a repetition. None: every request is a new one.
    pub input_key: Option<InputKey>,
    pub reason: Option<Arc<str>>,
    /// How the actor proved anew who they are: they sign with it.
    pub signed: Option<Proof>,
}

/// An event for an instance.
#[derive(Clone, Debug)]
pub struct SendRequest {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub event: Arc<str>,
    pub payload: Object,
    pub actor: Actor,
    /// Recognises a repetition. None: every request is a new one.
    pub input_key: Option<InputKey>,
    pub reason: Option<Arc<str>>,
    /// The sequence that the sender looked at (`If-Match`); None: whatever it is now.
    pub expected: Option<u64>,
    /// How the actor proved anew who they are: they sign with it.
    pub signed: Option<Proof>,
    /// The task that it finishes; None: it is offered to the whole instance.
    pub task: Option<TaskRef>,
}

/// Something that a person does with a task.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub task: TaskRef,
    pub act: TaskAct,
    pub actor: Actor,
    /// Recognises a repetition. None: every request is a new one.
    pub input_key: Option<InputKey>,
    /// The sequence that the sender looked at (`If-Match`); None: whatever it is now.
    pub expected: Option<u64>,
}

/// Takes back one's own signature of an event that others are still to sign.
#[derive(Clone, Debug)]
pub struct WithdrawRequest {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub event: Arc<str>,
    pub actor: Actor,
    /// Recognises a repetition. None: every request is a new one.
    pub input_key: Option<InputKey>,
    /// The sequence that the sender looked at (`If-Match`); None: whatever it is now.
    pub expected: Option<u64>,
}
