//! What became of an input, for whoever sent it.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, StateKind};
use statewright_core::identity::InstanceId;
use statewright_core::step::{Refusal, RefusalKind, Snapshot, Status, Verdict, view};
use statewright_core::value::Value;
use statewright_core::value::canonical::read_canonical;

use crate::body::Party;
use crate::error::{EngineError, EngineResult};
use crate::store::TrailRow;

/// The instance as it stood after the input, and the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// Of the entry that the input left; of the last one if it left none; 0 if there is no instance.
    pub sequence: u64,
    pub verdict: Verdict,
    /// Paths of the active states without active children.
    pub states: Vec<Arc<str>>,
    /// What the customer sees.
    pub label: Option<Arc<str>>,
    pub done: bool,
    /// The input came before; this is its first answer.
    pub duplicate: bool,
    /// Who acted while this input was on its way, if it was ignored or refused: a race, and who won it.
    pub lost_to: Option<Arc<str>>,
}

impl Answer {
    pub(super) fn of(chart: &Chart, snapshot: &Snapshot, verdict: Verdict, now: Timestamp) -> Self {
        Answer {
            instance: snapshot.instance,
            workflow: snapshot.workflow.clone(),
            key: snapshot.key.clone(),
            sequence: snapshot.sequence,
            verdict,
            states: resting_states(chart, snapshot),
            label: label(chart, snapshot, now),
            done: snapshot.status == Status::Done,
            duplicate: false,
            lost_to: None,
        }
    }

    /// Where there is no instance.
    pub(super) fn of_absent(to: &Party, verdict: Verdict) -> Self {
        Answer {
            instance: to.id(),
            workflow: to.workflow.clone(),
            key: to.key.clone(),
            sequence: 0,
            verdict,
            states: Vec::new(),
            label: None,
            done: false,
            duplicate: false,
            lost_to: None,
        }
    }

    /// The first answer, made again from the entry that the input left.
    pub(super) fn of_entry(instance: InstanceId, row: &TrailRow) -> EngineResult<Self> {
        let damaged = |what: &str| EngineError::Damaged(format!("entry {} of {instance}: {what}", row.sequence));
        let entry = read_canonical(&row.bytes).map_err(|error| damaged(&error.to_string()))?;
        let text = |value: Option<&Value>| value.and_then(Value::as_text).map(Arc::<str>::from);
        let after = entry.field("after");
        let states = after
            .and_then(|after| after.field("states"))
            .and_then(Value::as_list)
            .unwrap_or_default();
        Ok(Answer {
            instance,
            workflow: text(entry.field("workflow")).ok_or_else(|| damaged("no workflow"))?,
            key: text(entry.field("instance_key")).ok_or_else(|| damaged("no instance key"))?,
            sequence: row.sequence,
            verdict: verdict_of(&entry).ok_or_else(|| damaged("no verdict"))?,
            states: states.iter().filter_map(|state| text(Some(state))).collect(),
            label: text(after.and_then(|after| after.field("label"))),
            done: text(after.and_then(|after| after.field("status"))).as_deref() == Some("done"),
            duplicate: true,
            lost_to: None,
        })
    }
}

/// Paths of the active states without active children, in document order.
pub fn resting_states(chart: &Chart, snapshot: &Snapshot) -> Vec<Arc<str>> {
    let states = snapshot
        .active
        .iter()
        .filter_map(|index| chart.states.get(usize::from(index.0)));
    states
        .filter(|state| matches!(state.kind, StateKind::Atomic | StateKind::Final))
        .filter(|state| !state.children.iter().any(|child| snapshot.active.contains(*child)))
        .map(|state| state.path.clone())
        .collect()
}

fn label(chart: &Chart, snapshot: &Snapshot, now: Timestamp) -> Option<Arc<str>> {
    let path = [vec![Arc::from("label")]];
    let view = view(chart, snapshot, Some(&path), now);
    view.field("label").and_then(Value::as_text).map(Arc::from)
}

/// Who acted, by an entry's own words.
pub(super) fn actor_of_entry(row: &TrailRow) -> Option<Arc<str>> {
    let entry = read_canonical(&row.bytes).ok()?;
    let actor = entry.field("actor")?;
    actor
        .field("name")
        .or_else(|| actor.field("id"))
        .and_then(Value::as_text)
        .map(Arc::from)
}

fn verdict_of(entry: &Value) -> Option<Verdict> {
    match entry.field("verdict")?.as_text()? {
        "taken" => Some(Verdict::Taken),
        "ignored" => Some(Verdict::Ignored),
        "refused" => Some(Verdict::Refused(refusals_of(entry))),
        // An act that is recorded was done.
        "recorded" => Some(Verdict::Taken),
        _ => None,
    }
}

fn refusals_of(entry: &Value) -> Vec<Refusal> {
    let reasons = entry.field("reasons").and_then(Value::as_list).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_text).map(str::to_owned);
    let refusal = |reason: &Value| Refusal {
        kind: refusal_kind(reason.field("kind").and_then(Value::as_text).unwrap_or_default()),
        sentence: text(reason.field("sentence")).unwrap_or_default(),
        field: text(reason.field("field")),
        instances: {
            let instances = reason.field("instances").and_then(Value::as_list).unwrap_or_default();
            instances.iter().filter_map(|instance| text(Some(instance))).collect()
        },
    };
    reasons.iter().map(refusal).collect()
}

fn refusal_kind(word: &str) -> RefusalKind {
    match word {
        "forbidden" => RefusalKind::Forbidden,
        "invalid" => RefusalKind::Invalid,
        "paused" => RefusalKind::Paused,
        "reason" => RefusalKind::Reason,
        "conflict" => RefusalKind::Conflict,
        _ => RefusalKind::Guard,
    }
}
