//! What the shell calls.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Actor, Facts, Failure, Input, Needs, Outcome, Refusal, Snapshot, system};
use crate::chart::Chart;
use crate::field::Fields;
use crate::identity::{Digest, InputKey};
use crate::value::{Object, Value};

/// A step is done, or cannot go on without more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    Done(Box<Outcome>),
    Needs(Needs),
}

/// Takes one input through one macrostep. `before` is None exactly for a start.
pub fn step(chart: &Chart, before: Option<&Snapshot>, input: &Input, facts: &Facts, now: Timestamp) -> Result<Stepped, Failure> {
    let _ = (chart, before, input, facts, now);
    Err(Failure { code: "SW-1000", message: "not built".into() })
}

/// Something to be kept in the trail that is no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The input with this key came again; entry `of` is what it did the first time. The new entry has no input key of its own.
    Duplicate { of: u64, key: InputKey },
    /// Refused for what only the commit could see (a value is held by another instance).
    Refused { input: Input, refusals: Vec<Refusal> },
    /// The personal data of the instance is deleted in this commit.
    Erasure,
}

/// Makes an entry without a transition (verdict `recorded`, or `refused`).
pub fn record(chart: &Chart, before: &Snapshot, what: &Record, actor: &Actor, now: Timestamp) -> Result<Outcome, Failure> {
    let _ = (chart, before, what, actor, now);
    Err(Failure { code: "SW-1000", message: "not built".into() })
}

/// The chart of the instance in whose trail the system's own acts stand: one state, which nobody may start, send to or see.
pub fn system_chart() -> Chart {
    system::chart()
}

/// The entry of one of the system's own acts (a deployment, a token, a settled incident). `before` is None for the first.
pub fn system_entry(before: Option<&Snapshot>, act: &Value, actor: &Actor, now: Timestamp) -> Result<Outcome, Failure> {
    let _ = (before, act, actor, now);
    Err(Failure { code: "SW-1000", message: "not built".into() })
}

/// Whether an input is the one that an entry records: same kind, event, payload and reason. Personal values are compared by
/// their commitments, and taken as equal once they are erased.
pub fn repeats(chart: &Chart, snapshot: &Snapshot, entry: &str, input: &Input) -> Result<bool, Failure> {
    let _ = (chart, snapshot, entry, input);
    Err(Failure { code: "SW-1000", message: "not built".into() })
}

/// Whether the chart says what happens when this effect fails (`onError`, `error.ID`, `error.call.ID`); if not, it is an incident.
pub fn handles_failure(chart: &Chart, snapshot: &Snapshot, effect: &str) -> bool {
    let _ = (chart, snapshot, effect);
    false
}

/// What people see an instance called: `title`, or the workflow's name and the key.
pub fn title(chart: &Chart, snapshot: &Snapshot, now: Timestamp) -> String {
    let _ = (chart, now);
    format!("{} {}", snapshot.workflow, snapshot.key)
}

/// What the key of a new instance is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyResolution {
    Key(Arc<str>),
    /// The key is made of the workflow's running number: draw one and ask again.
    NeedsNumber,
    Refused(Refusal),
}

/// Settles the key of a new instance from what the starter gave, the key template, and the running number if one was drawn.
pub fn resolve_key(chart: &Chart, payload: &Object, given: Option<&str>, number: Option<u64>, now: Timestamp) -> KeyResolution {
    let _ = (chart, payload, given, number, now);
    KeyResolution::NeedsNumber
}

/// What others see of an instance: `key id workflow label states tags done paused output data`, reduced to `paths` (all if none).
/// `data` holds the fields and those `let` values that need only own data and states. Personal fields are left out.
pub fn view(chart: &Chart, snapshot: &Snapshot, paths: Option<&[Vec<Arc<str>>]>, now: Timestamp) -> Value {
    let _ = (chart, snapshot, paths, now);
    Value::Null
}

/// Whether what an effect requires holds now (`Effect::require` names the place in the chart).
pub fn requirement(chart: &Chart, snapshot: &Snapshot, place: &str, facts: &Facts, now: Timestamp) -> Result<bool, Needs> {
    let _ = (chart, snapshot, place, facts, now);
    Ok(false)
}

/// An event that the active states name and a person could send, and whether this actor may now.
#[derive(Clone, Debug)]
pub struct Offer {
    pub event: Arc<str>,
    pub title: String,
    /// Empty: it would be taken. Guards that need the form's input are not tried: see `open`.
    pub refusals: Vec<Refusal>,
    /// Guards that can only be decided with the form filled in.
    pub open: Vec<String>,
    pub form: Fields,
    /// None: no reason is asked for.
    pub reason: Option<crate::chart::Reason>,
}

/// Which events there are, for this actor, and why not.
pub fn offers(chart: &Chart, snapshot: &Snapshot, actor: &Actor, facts: &Facts, now: Timestamp) -> Result<Vec<Offer>, Needs> {
    let _ = (chart, snapshot, actor, facts, now);
    Ok(Vec::new())
}

/// What an actor sees of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    Hidden,
    /// None: every field.
    Shown { fields: Option<Vec<Arc<str>>> },
}

/// By the workflow's `access`; nobody sees what it does not grant. A reader need not be able to do anything.
pub fn visibility(chart: &Chart, snapshot: &Snapshot, actor: &Actor, facts: &Facts, now: Timestamp) -> Result<Visibility, Needs> {
    let _ = (chart, snapshot, actor, facts, now);
    Ok(Visibility::Hidden)
}

/// A snapshot as it is stored: personal values replaced by commitments, and listed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub canonical: String,
    /// Reference → canonical value; the secret stands under the reference of 32 zero bytes, as a JSON string of hexadecimal digits.
    pub personal: Vec<(Digest, String)>,
}

/// Stored bytes that cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored snapshot: {0}")]
pub struct Unreadable(pub String);

impl Snapshot {
    pub fn store(&self, chart: &Chart) -> Stored {
        let _ = chart;
        Stored { canonical: String::new(), personal: Vec::new() }
    }

    /// `personal` as it was stored; values that were erased read as null.
    pub fn restore(chart: &Chart, canonical: &str, head: Digest, personal: &[(Digest, String)]) -> Result<Snapshot, Unreadable> {
        let _ = (chart, canonical, head, personal);
        Err(Unreadable("not built".into()))
    }

    /// Whether the canonical form names personal values, so that they must be loaded before it can be restored.
    pub fn names_personal(canonical: &str) -> bool {
        canonical.contains("\"$personal\"")
    }
}
