//! What became of an input, for whoever sent it.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::diagnostic::Code;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Refusal, RefusalKind, Snapshot, Status, Verdict, label};
use statewright_core::trail::{EntryError, EntryText};
use statewright_core::value::Value;

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
    /// Until when an instance is open to who opened it by this input.
    pub open_until: Option<Timestamp>,
    /// Who acted while this input was on its way, if it was ignored or refused: a race, and who won it.
    pub lost_to: Option<Arc<str>>,
}

impl Answer {
    pub(super) fn of(chart: &Chart, snapshot: &Snapshot, verdict: Verdict, now: Timestamp) -> Self {
        let label = label(chart, snapshot, now);
        Answer {
            instance: snapshot.instance,
            workflow: snapshot.workflow.clone(),
            key: snapshot.key.clone(),
            sequence: snapshot.sequence,
            verdict,
            states: resting_states(chart, snapshot),
            label: (!label.is_empty()).then(|| label.into()),
            done: snapshot.status == Status::Done,
            duplicate: false,
            open_until: None,
            lost_to: None,
        }
    }

    /// Where there is no instance, or none to speak of.
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
            open_until: None,
            lost_to: None,
        }
    }

    /// A start whose key cannot be made.
    pub(crate) fn refused(to: &Party, refusal: Refusal) -> Self {
        Answer::of_absent(to, Verdict::Refused(vec![refusal]))
    }

    /// What it says cannot be meant, whatever stands there.
    pub(crate) fn refused_all(to: &Party, refusals: Vec<Refusal>) -> Self {
        Answer::of_absent(to, Verdict::Refused(refusals))
    }

    /// The first answer, made again from the entry that the input left.
    pub(super) fn of_entry(instance: InstanceId, row: &TrailRow) -> EngineResult<Self> {
        Answer::read(instance, row)
            .map_err(|error| EngineError::Damaged(format!("entry {} of {instance}: {error}", row.sequence)))
    }

    fn read(instance: InstanceId, row: &TrailRow) -> Result<Self, EntryError> {
        let entry = EntryText::read(&row.bytes)?;
        let after = |name: &str| entry.member("after").and_then(|after| after.field(name));
        let states = after("states").and_then(Value::as_list).unwrap_or_default();
        Ok(Answer {
            instance,
            workflow: entry.workflow()?.into(),
            key: entry.key()?.into(),
            sequence: row.sequence,
            verdict: verdict_of(&entry)?,
            states: states.iter().filter_map(Value::as_text).map(Arc::from).collect(),
            label: after("label").and_then(Value::as_text).map(Arc::from),
            done: after("status").and_then(Value::as_text) == Some("done"),
            duplicate: true,
            open_until: entry.open_until()?,
            lost_to: None,
        })
    }
}

/// Paths of the active states without active children, in document order.
pub fn resting_states(chart: &Chart, snapshot: &Snapshot) -> Vec<Arc<str>> {
    chart
        .atomic_states(&snapshot.active)
        .map(|state| chart.state(state).path.clone())
        .collect()
}

/// Who acted, by an entry's own words.
pub(super) fn actor_of_entry(row: &TrailRow) -> Option<Arc<str>> {
    let actor = EntryText::read(&row.bytes).ok()?.actor().ok()?;
    Some(actor.name.unwrap_or(actor.id))
}

fn verdict_of(entry: &EntryText) -> Result<Verdict, EntryError> {
    match entry.verdict()? {
        // An act that is recorded was done.
        "taken" | "recorded" => Ok(Verdict::Taken),
        "ignored" => Ok(Verdict::Ignored),
        "refused" => Ok(Verdict::Refused(refusals_of(entry))),
        other => Err(EntryError(format!("`{other}` is no verdict"))),
    }
}

fn refusals_of(entry: &EntryText) -> Vec<Refusal> {
    let reasons = entry.member("reasons").and_then(Value::as_list).unwrap_or_default();
    let text = |reason: &Value, name: &str| reason.field(name).and_then(Value::as_text).map(str::to_owned);
    let refusal = |reason: &Value| Refusal {
        kind: refusal_kind(
            reason.field("kind").and_then(Value::as_text).unwrap_or_default(),
            reason.field("code").and_then(Value::as_text),
        ),
        sentence: text(reason, "sentence").unwrap_or_default(),
        field: text(reason, "field"),
        instances: {
            let instances = reason.field("instances").and_then(Value::as_list).unwrap_or_default();
            instances.iter().filter_map(Value::as_text).map(str::to_owned).collect()
        },
    };
    reasons.iter().map(refusal).collect()
}

fn refusal_kind(word: &str, code: Option<&str>) -> RefusalKind {
    match word {
        "failed" => RefusalKind::Failed(code.and_then(Code::parse).unwrap_or(Code::ActionFailed)),
        "forbidden" => RefusalKind::Forbidden,
        "invalid" => RefusalKind::Invalid,
        "paused" => RefusalKind::Paused,
        "reason" => RefusalKind::Reason,
        "conflict" => RefusalKind::Conflict,
        "held" => RefusalKind::Held,
        "signature" => RefusalKind::Signature,
        _ => RefusalKind::Guard,
    }
}
