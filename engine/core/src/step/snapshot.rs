//! Everything an instance is between two inputs. Bounded by the chart, not by its history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::OpenTask;
use crate::chart::{Proof, StateIndex, StateSet};
use crate::identity::{Digest, InstanceId};
use crate::value::{Object, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// The workflow's running number, if its key asked for one.
    pub number: Option<u64>,
    /// The definition this instance is pinned to.
    pub definition: Digest,
    /// Of the last trail entry; also the revision that commits compare. The start is 1.
    pub sequence: u64,
    /// Digest of the last trail entry: the next one's `previous`. Stored beside the canonical form, which an entry digests.
    pub head: Digest,
    pub status: Status,
    /// IANA name, fixed at the start.
    pub zone: Arc<str>,
    pub started_at: Timestamp,
    /// Who started it as a child, and where answers to `to: parent` go.
    pub parent: Option<Parent>,
    /// Every active state, ancestors included.
    pub active: StateSet,
    /// History state → the states it would restore.
    pub history: BTreeMap<StateIndex, Vec<StateIndex>>,
    /// Shared between snapshots until one of its fields changes, as is `taken`.
    pub data: Arc<Object>,
    /// By name: `state.path/timer`, or `invoke/ID` for an invoke's timeout.
    pub timers: BTreeMap<Arc<str>, ArmedTimer>,
    /// By effect key (`instance:sequence:name`).
    pub invokes: BTreeMap<Arc<str>, ActiveInvoke>,
    /// Calls that did not end yet: effect key → the `ID` of `error.call.ID`.
    pub calls: BTreeMap<Arc<str>, Arc<str>>,
    /// People's work that is to be done, by the path of its state.
    pub tasks: BTreeMap<Arc<str>, OpenTask>,
    /// Who did a task last, by the path of its state, where that decides who does it next.
    pub doers: BTreeMap<Arc<str>, Arc<str>>,
    /// `sla` clocks that have run, by name.
    pub clocks: BTreeMap<Arc<str>, ClockState>,
    /// Event → who has signed it.
    pub signatures: BTreeMap<Arc<str>, Signatures>,
    /// What `undo` can undo, in the order in which it was done.
    pub compensations: Vec<Compensation>,
    /// What is being undone: one after another, the first is under way.
    pub undoing: Vec<Compensation>,
    /// Why its parent keeps it on hold, for people.
    pub held: Option<Arc<str>>,
    /// Sends that were not answered yet, by `sequence:ordinal`.
    pub sends: BTreeMap<Arc<str>, PendingSend>,
    /// Claim name → the value held (from `unique`).
    pub claims: BTreeMap<Arc<str>, Arc<str>>,
    /// Instances whose commits wake this one, and topics under which whoever is found does.
    pub subscriptions: BTreeSet<InstanceId>,
    /// Event → who caused it last, and when.
    pub taken: Arc<BTreeMap<Arc<str>, LastTaken>>,
    /// Who opened it with a reason → by which of the chart's `access` rules, and until when.
    pub openings: BTreeMap<Arc<str>, BTreeMap<u16, Timestamp>>,
    /// Of the final state it rests in; null while it runs.
    pub output: Value,
    /// Makes commitments to personal data meaningless once it is deleted. Stored apart, never part of the canonical form.
    pub secret: Option<[u8; 32]>,
}

impl Snapshot {
    /// What the next entry's snapshot begins as.
    pub(super) fn following(&self) -> Snapshot {
        Snapshot {
            sequence: self.sequence + 1,
            ..self.clone()
        }
    }

    pub(super) fn set_field(&mut self, name: &Arc<str>, value: Value) {
        let fields = Arc::make_mut(&mut self.data);
        match fields.get_mut(name) {
            Some(field) => *field = value,
            None => {
                fields.insert(name.clone(), value);
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// The effect key of the invoke that started it: what it tells its parent when it ends, and by what it knows its parent's word.
    pub invoke: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmedTimer {
    pub due: Timestamp,
    /// How many times it has fired since its state was entered.
    pub fired: u32,
    /// It has fired for the last time for this moment, and has no row in the store.
    pub spent: bool,
    /// Set while its state is paused: what was left, in microseconds. A paused timer has no row in the store.
    pub remaining_us: Option<i64>,
}

impl ArmedTimer {
    /// That has not fired yet.
    pub(crate) fn at(due: Timestamp) -> Self {
        ArmedTimer {
            due,
            fired: 0,
            spent: false,
            remaining_us: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveInvoke {
    pub state: StateIndex,
    /// The position in the state's `invokes`.
    pub position: usize,
    /// The instances it started, in the order of the items; none where its work is an adapter's.
    pub children: Vec<Child>,
    /// Its children were told that they are on hold.
    pub holds: bool,
}

/// An instance that an invoke started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    pub key: Arc<str>,
    pub standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Asked for; whether it exists is not known yet.
    Starting,
    Running,
    /// With this result.
    Ended(Value),
    /// It could not be started.
    Failed,
}

impl Standing {
    pub fn as_str(&self) -> &'static str {
        match self {
            Standing::Starting => "starting",
            Standing::Running => "running",
            Standing::Ended(_) => "ended",
            Standing::Failed => "failed",
        }
    }
}

/// A clock that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// When it began, or its last visit did.
    pub begun_at: Timestamp,
    /// What had passed on it when it last began to run, in microseconds: of business hours, if its target is.
    pub used_us: i64,
    /// Since when it runs; None: it stands still.
    pub since: Option<Timestamp>,
    /// One of its states is active, whether it runs or is paused.
    pub inside: bool,
    /// How long it may take, in the same microseconds; None: its target has no value.
    pub target_us: Option<i64>,
    /// It is counted in business hours.
    pub business: bool,
    pub breached: bool,
    /// Who acknowledged it.
    pub acknowledged: Option<Arc<str>>,
}

/// Who has signed an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures {
    /// Where the event is answered to: signatures that are not complete end with this state.
    pub state: StateIndex,
    /// The first signer's; nothing once all have signed.
    pub payload: Object,
    pub over: Value,
    pub signers: Vec<Signer>,
    pub complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    pub actor: Arc<str>,
    /// The user whom they stood in for in this.
    pub on_behalf_of: Option<Arc<str>>,
    /// For which of several roles.
    pub role: Option<Arc<str>>,
    pub with: Proof,
    pub at: Timestamp,
}

impl Signer {
    /// Whether it is their signature, or one for them.
    pub fn is_known_as(&self, user: &str) -> bool {
        *self.actor == *user || self.on_behalf_of.as_deref() == Some(user)
    }
}

/// What an adapter is to do when an invoke that was done is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compensation {
    /// The invoke's.
    pub id: Arc<str>,
    pub adapter: Arc<str>,
    pub action: Arc<str>,
    pub input: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSend {
    /// The addressee's workflow.
    pub workflow: Arc<str>,
    /// The `ID` of `sent.….ID`.
    pub id: Arc<str>,
    /// Key of the addressee, given back as `event.to`.
    pub to: Arc<str>,
    /// The invoke whose child is started by it.
    pub invoke: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastTaken {
    pub actor: Arc<str>,
    pub at: Timestamp,
}
