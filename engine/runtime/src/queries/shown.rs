//! An instance as one actor sees it.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, Work};
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, ArmedTimer, Signer, Snapshot, Status, label, open_until, title, view};
use statewright_core::time::Duration;
use statewright_core::value::{Object, Value};

use crate::body::Party;
use crate::error::EngineResult;
use crate::guarded::guarded;
use crate::instances::Instance;
use crate::intake::resting_states;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// The revision: what `If-Match` compares.
    pub sequence: u64,
    pub definition: Digest,
    pub title: String,
    pub label: Option<Arc<str>>,
    /// Paths of the active states without active children.
    pub states: Vec<Arc<str>>,
    pub tags: Vec<Arc<str>>,
    pub done: bool,
    pub started_at: Timestamp,
    /// Fields and named values this actor may see.
    pub data: Object,
    /// The actor sees every field, and with it the trail.
    pub whole: bool,
    /// Those of its personal fields whose values stand in `data`.
    pub personal: Vec<Arc<str>>,
    /// Of a finished instance; null if the actor does not see every field.
    pub output: Value,
    /// Timers that run, with their moments.
    pub timers: Vec<(Arc<str>, Timestamp)>,
    /// Timers that stand still, with what is left of them.
    pub paused_timers: Vec<(Arc<str>, Duration)>,
    /// Paths of the active states that others pause, the outermost of each.
    pub paused: Vec<Arc<str>>,
    /// Names of the open tasks, in the order of their names.
    pub tasks: Vec<Arc<str>>,
    /// Signatures that others are still to join. Whoever does not see every field sees neither these nor the family.
    pub signatures: Vec<(Arc<str>, Vec<Signer>)>,
    /// The instances it started as its children and that it still waits for.
    pub children: Vec<ChildShown>,
    /// Whose child it is.
    pub parent: Option<Party>,
    /// Until when the actor sees it for having opened it.
    pub open_until: Option<Timestamp>,
}

/// What an instance is called and where it stands, to whoever sees it: nothing of its data, so that to be told so is no reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The definition it is pinned to.
    pub definition: Digest,
    pub sequence: u64,
    /// What people see it called; no personal field is in it.
    pub title: String,
    pub label: Option<Arc<str>>,
}

impl Heading {
    pub(super) fn of(instance: &Instance, now: Timestamp) -> EngineResult<Self> {
        let Instance { known, snapshot, .. } = instance;
        let label = guarded(|| Ok(label(&known.chart, snapshot, now)))?;
        Ok(Heading {
            definition: snapshot.definition,
            sequence: snapshot.sequence,
            title: guarded(|| Ok(title(&known.chart, snapshot, now)))?,
            label: (!label.is_empty()).then(|| label.into()),
        })
    }
}

/// A child of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildShown {
    /// The invoke that started it.
    pub invoke: Arc<str>,
    pub child: Party,
    /// `starting`, `running`, `ended` or `failed`.
    pub standing: &'static str,
}

impl Shown {
    /// `fields`: the only ones that are seen; None: all, personal ones too.
    pub(super) fn of(instance: &Instance, fields: Option<&[Arc<str>]>, actor: &Actor, now: Timestamp) -> EngineResult<Self> {
        let Instance { known, snapshot, .. } = instance;
        let view = guarded(|| Ok(view(&known.chart, snapshot, None, now)))?;
        let title = guarded(|| Ok(title(&known.chart, snapshot, now)))?;
        let seen = |name: &Arc<str>| fields.is_none_or(|fields| fields.contains(name));
        let computed = view.field("data").and_then(Value::as_object).cloned().unwrap_or_default();
        // The view leaves personal fields out; whoever sees them sees them from the snapshot.
        let own = snapshot.data.iter().map(|(name, value)| (name.clone(), value.clone()));
        let data: Object = computed.into_iter().chain(own).filter(|(name, _)| seen(name)).collect();
        // One that has fired for the last time is kept only until its state is left.
        let running = |timer: &ArmedTimer| timer.remaining_us.is_none() && !timer.spent;
        let timers = snapshot.timers.iter().filter(|(_, timer)| running(timer));
        let paused_timers = snapshot.timers.iter().filter_map(|(name, timer)| {
            let microseconds = timer.remaining_us?;
            let remaining = Duration {
                microseconds,
                ..Duration::default()
            };
            Some((name.clone(), remaining))
        });
        Ok(Shown {
            instance: snapshot.instance,
            workflow: snapshot.workflow.clone(),
            key: snapshot.key.clone(),
            sequence: snapshot.sequence,
            definition: snapshot.definition,
            title,
            label: view.field("label").and_then(Value::as_text).map(Arc::from),
            states: resting_states(&known.chart, snapshot),
            tags: texts(view.field("tags")),
            done: snapshot.status == Status::Done,
            started_at: snapshot.started_at,
            personal: personal(&known.chart, data.iter()),
            data,
            whole: fields.is_none(),
            output: if fields.is_none() {
                snapshot.output.clone()
            } else {
                Value::Null
            },
            timers: timers.map(|(name, timer)| (name.clone(), timer.due)).collect(),
            paused_timers: paused_timers.collect(),
            paused: paused(&known.chart, snapshot),
            tasks: snapshot.tasks.keys().cloned().collect(),
            signatures: match fields {
                None => pending(snapshot),
                Some(_) => Vec::new(),
            },
            children: match fields {
                None => children(&known.chart, snapshot),
                Some(_) => Vec::new(),
            },
            parent: snapshot.parent.as_ref().filter(|_| fields.is_none()).map(|parent| Party {
                workflow: parent.workflow.clone(),
                key: parent.key.clone(),
            }),
            open_until: open_until(snapshot, actor, now),
        })
    }
}

impl Shown {
    /// Leaves where it stands and not what stands in it.
    pub(crate) fn withhold_data(&mut self) {
        self.data = Object::default();
        self.personal.clear();
        self.output = Value::Null;
    }
}

/// Which of these are personal and have a value. What is computed of more than public data is told from what is personal by nobody, and
/// counts as such.
pub(super) fn personal<'a>(chart: &Chart, fields: impl Iterator<Item = (&'a Arc<str>, &'a Value)>) -> Vec<Arc<str>> {
    let is_personal = |name: &str| match chart.data.get(name) {
        Some(field) => field.is_personal(),
        None => chart.holds_personal_data && !chart.is_public_let(name),
    };
    let told = fields.filter(|(name, value)| !value.is_null() && is_personal(name));
    told.map(|(name, _)| name.clone()).collect()
}

fn pending(snapshot: &Snapshot) -> Vec<(Arc<str>, Vec<Signer>)> {
    let pending = snapshot.signatures.iter().filter(|(_, signatures)| !signatures.complete);
    pending
        .map(|(event, signatures)| (event.clone(), signatures.signers.clone()))
        .collect()
}

/// Invoke by invoke, in the order of their items.
fn children(chart: &Chart, snapshot: &Snapshot) -> Vec<ChildShown> {
    let mut children = Vec::new();
    for active in snapshot.invokes.values() {
        let state = chart.states.get(usize::from(active.state.0));
        let Some(invoke) = state.and_then(|state| state.invokes.get(active.position)) else {
            continue;
        };
        let Work::Children(declared) = &invoke.work else { continue };
        children.extend(active.children.iter().map(|child| ChildShown {
            invoke: invoke.id.clone(),
            child: Party {
                workflow: declared.workflow.clone(),
                key: child.key.clone(),
            },
            standing: child.standing.as_str(),
        }));
    }
    children
}

fn paused(chart: &Chart, snapshot: &Snapshot) -> Vec<Arc<str>> {
    let paused = snapshot.paused(chart);
    let found = paused.iter().filter_map(|state| chart.states.get(usize::from(state.0)));
    let outermost = found.filter(|state| state.parent.is_none_or(|parent| !paused.contains(parent)));
    outermost.map(|state| state.path.clone()).collect()
}

fn texts(value: Option<&Value>) -> Vec<Arc<str>> {
    let items = value.and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_text().map(Arc::from)).collect()
}
