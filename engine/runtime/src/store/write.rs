//! What is written, in the store's own terms: rows, not charts.

use std::sync::Arc;

use statewright_core::identity::{Digest, FileId, InputKey, InstanceId};

use super::{FoundBefore, IndexedValue, MarkBack, NewAttachment, NewMark, NewNotice, TaskRow};

/// Everything one instance changes in one commit: one or several steps, already chained.
///
/// Where two parts name the same thing, the order is: personal values are erased, then given; timers go, then are armed; deferred
/// messages are resumed, others deferred, then taken; effects come, then are abandoned; claims are released, then held; watches
/// end, then begin; tasks go, then are put. A timer armed twice has the later due, and of a task put twice the later stands; of two
/// effects or personal values of one name the first does. Marks and those that are taken back stand in one order, by the sequence of
/// their entry and their ordinal, whatever their order in the write.
///
/// A write without entries (`next.sequence == expected`) leaves the instance's row as it is but is fenced all the same: it takes
/// or defers messages that changed nothing. Every write with entries also leaves a wake-up message for each instance that
/// watches this one or one of its topics (see [`wake_body`]).
#[derive(Clone, Debug)]
pub struct Write {
    pub instance: InstanceId,
    /// The sequence it was stepped from; 0: the instance must not exist.
    pub expected: u64,
    pub next: NextInstance,
    /// In order; the last one's sequence is `next.sequence`.
    pub entries: Vec<NewEntry>,
    /// Personal values by reference; one that is known already is left as it is.
    pub personal: Vec<(Digest, String)>,
    /// Name → due. A name that is armed already is moved.
    pub timers_armed: Vec<(Arc<str>, i64)>,
    pub timers_gone: Vec<Arc<str>>,
    pub messages: Vec<NewMessage>,
    /// Ids of this instance's own messages that were taken.
    pub messages_taken: Vec<i64>,
    /// Ids of this instance's own messages that wait for a pause to end.
    pub messages_deferred: Vec<i64>,
    /// A pause ended: deferred messages are ready again.
    pub resumed: bool,
    pub effects: Vec<NewEffect>,
    /// Keys of effects that must not begin any more. One that is under a lease is under way: it is never leased again, but how it
    /// ends may still be told until its lease has ended.
    pub effects_abandoned: Vec<Arc<str>>,
    /// One that this instance holds already is no conflict.
    pub claims_held: Vec<Claim>,
    pub claims_released: Vec<Claim>,
    /// Instances and topics that this one watches from now on, whether they exist yet or not.
    pub watched: Vec<InstanceId>,
    pub unwatched: Vec<InstanceId>,
    /// Tasks of this instance that are open from now on, or otherwise than before: each put whole, with its subjects.
    pub tasks: Vec<TaskRow>,
    /// By what reads find the tasks that are put: name of the task, field and value. What a task was found by before goes with it.
    pub task_fields: Vec<(Arc<str>, IndexedValue)>,
    /// Names of tasks that are open no more.
    pub tasks_gone: Vec<Arc<str>>,
    pub notices: Vec<NewNotice>,
    pub marks: Vec<NewMark>,
    pub marks_back: Vec<MarkBack>,
    /// By what this instance is found from now on, in place of what it was found by; None: as before. At most
    /// [`INDEXED_VALUES_MAX`](super::INDEXED_VALUES_MAX).
    pub index: Option<Vec<IndexedValue>>,
    /// Names and paths of the states that it is in from now on; None: as before. At most [`STATES_MAX`](super::STATES_MAX).
    pub states: Option<Vec<Arc<str>>>,
    /// Files that it names from now on, each once.
    pub files: Vec<NewAttachment>,
    /// Files that it names no more; one that no other instance names is forgotten with the next sweep.
    pub files_gone: Vec<FileId>,
    /// The personal values that this instance has had are deleted, for good.
    pub erase: bool,
    /// Instances read by key, with the sequence that was seen (0: absent); another one now means `Applied::ReadMoved`.
    pub reads: Vec<(InstanceId, u64)>,
    /// What was found, to be compared.
    pub found: Vec<FoundBefore>,
    /// Topics that the instance and its marks are found under, or were before: with an entry, whoever watches one of these is woken as
    /// by a watch of the instance, and once for all of them.
    pub topics: Vec<InstanceId>,
    /// Topics on which this write rests: those of what was found, and those that it begins to watch. What other writes are found
    /// under one of these comes wholly before it, and has been compared, or wholly after it, and wakes who watches by then.
    pub settled: Vec<InstanceId>,
    /// Node that performs new effects at once, and until when it holds them; None: anyone leases them.
    pub lease: Option<(Arc<str>, i64)>,
    /// Now, in microseconds.
    pub at_us: i64,
}

impl Write {
    /// A write of nothing but the row, to be filled in.
    pub fn new(instance: InstanceId, expected: u64, next: NextInstance, at_us: i64) -> Self {
        Write {
            instance,
            expected,
            next,
            entries: Vec::new(),
            personal: Vec::new(),
            timers_armed: Vec::new(),
            timers_gone: Vec::new(),
            messages: Vec::new(),
            messages_taken: Vec::new(),
            messages_deferred: Vec::new(),
            resumed: false,
            effects: Vec::new(),
            effects_abandoned: Vec::new(),
            claims_held: Vec::new(),
            claims_released: Vec::new(),
            watched: Vec::new(),
            unwatched: Vec::new(),
            tasks: Vec::new(),
            task_fields: Vec::new(),
            tasks_gone: Vec::new(),
            notices: Vec::new(),
            marks: Vec::new(),
            marks_back: Vec::new(),
            index: None,
            states: None,
            files: Vec::new(),
            files_gone: Vec::new(),
            erase: false,
            reads: Vec::new(),
            found: Vec::new(),
            topics: Vec::new(),
            settled: Vec::new(),
            lease: None,
            at_us,
        }
    }
}

/// `workflow`, `key` and `started_at_us` are fixed by the first write; later ones leave them as they are.
#[derive(Clone, Debug)]
pub struct NextInstance {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub definition: Digest,
    pub sequence: u64,
    /// Whether it has reached its end.
    pub done: bool,
    /// Canonical snapshot.
    pub snapshot: String,
    /// Digest of the last entry.
    pub head: Digest,
    pub started_at_us: i64,
}

#[derive(Clone, Debug)]
pub struct NewEntry {
    pub sequence: u64,
    pub at_us: i64,
    pub input_key: Option<InputKey>,
    pub bytes: String,
}

#[derive(Clone, Debug)]
pub struct NewMessage {
    pub to: InstanceId,
    /// Recognises a repetition; the input key of the step that takes it.
    pub key: InputKey,
    /// Canonical JSON that the runtime reads back (sender, kind, payload).
    pub body: String,
    /// Not before; `at_us` if at once.
    pub due_us: i64,
}

#[derive(Clone, Debug)]
pub struct NewEffect {
    /// `instance:sequence:name`.
    pub key: Arc<str>,
    pub adapter: Arc<str>,
    /// Canonical JSON that the outbox reads back (action, input, retry, expiry, requirement).
    pub body: String,
    pub due_us: i64,
}

/// What a wake-up says: an instance that the receiver watches has changed.
pub fn wake_body(changed: InstanceId) -> String {
    format!(r#"{{"changed":"{changed}","kind":"wake"}}"#)
}

/// The same change wakes the same watcher once.
pub fn wake_key(watcher: InstanceId, changed: InstanceId, sequence: u64) -> InputKey {
    InputKey::of(&["wake", &watcher.to_string(), &changed.to_string(), &sequence.to_string()])
}

/// A value that only one active instance may hold under a name within a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Digest over workflow, name and value: where the row stands.
    pub id: InstanceId,
    pub name: Arc<str>,
    pub value: Arc<str>,
}

/// What became of one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Committed,
    /// The instance has another sequence than expected (or exists, or does not).
    Moved,
    /// One of the entries' input keys is in the trail already: nothing was written.
    Duplicate {
        key: InputKey,
        sequence: u64,
    },
    /// A value is held by another instance.
    ClaimHeld {
        name: Arc<str>,
        value: Arc<str>,
        holder: InstanceId,
    },
    /// An instance that was read has changed, or what was found has.
    ReadMoved,
    /// A message that was to be taken is not there any more: another commit took it, or its sender was told that it is refused. Of
    /// several the one with the lowest id.
    MessageGone {
        id: i64,
    },
}

#[derive(Clone, Debug)]
pub struct Definition {
    pub hash: Digest,
    pub workflow: Arc<str>,
    /// The files it was made of, as canonical JSON (name → text).
    pub source: String,
    pub deployed_at_us: i64,
    /// The live tables that it asks.
    pub tables: Vec<Arc<str>>,
}

/// How an attempt at an effect ended.
#[derive(Clone, Debug)]
pub struct EffectResult {
    pub instance: InstanceId,
    pub key: Arc<str>,
    /// The lease under which it was tried.
    pub epoch: u64,
    pub attempts: u32,
    pub at_us: i64,
    pub end: EffectEnd,
}

#[derive(Clone, Debug)]
pub enum EffectEnd {
    /// It is over: the effect goes, and this message to its instance comes.
    Answered(NewMessage),
    /// It is tried again at this moment.
    Postponed { due_us: i64, error: String },
    /// It waits for a person.
    Incident { error: String },
    /// Nobody wants to know (it was abandoned): it only goes.
    Dropped,
}

/// What a person decided about an incident.
#[derive(Clone, Debug)]
pub enum Repair {
    /// Tried again, with its attempts counted anew.
    Retry { at_us: i64 },
    /// Given up. For an effect, this message (a failure, or the repaired result) goes to its instance.
    Settle { answer: Option<NewMessage> },
}

#[derive(Clone, Debug)]
pub struct NewToken {
    pub id: Arc<str>,
    /// Of the token's text, which is never stored.
    pub hash: Digest,
    /// Canonical JSON of the principal.
    pub principal: String,
    pub created_at_us: i64,
    pub expires_at_us: Option<i64>,
}
