//! Entries that take no transition: what the system did, and what only the commit could see.

use jiff::Timestamp;

use super::log::{Log, Trace};
use super::record::{EntryParts, InputRecord};
use super::run::{blank, form_of, without_trace};
use super::{Actor, Entry, Failure, Input, InputKind, Outcome, Refusal, Snapshot, StartInput, Verdict, system};
use crate::chart::Chart;
use crate::identity::{Digest, InputKey};
use crate::trail::EntryText;
use crate::value::{Object, Value};

/// Something to be kept in the trail that is no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The input with this key came again; entry `of` is what it did the first time. The new entry has no input key of its own.
    Duplicate { of: u64, key: InputKey },
    /// Refused for what only the commit could see (a value is held by another instance).
    Refused { input: Box<Input>, refusals: Vec<Refusal> },
    /// The personal data of the instance is deleted in this commit.
    Erasure,
}

/// Makes an entry without a transition (verdict `recorded`, or `refused`): it is committed in any case, so it is sealed at once.
pub fn record(
    chart: &Chart,
    before: &Snapshot,
    what: &Record,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Outcome, Entry), Failure> {
    let mut next = before.following();
    let (verdict, input): (&str, InputRecord<'_>) = match what {
        Record::Duplicate { of, .. } => ("recorded", InputRecord::Duplicate { of: *of }),
        Record::Refused { input, .. } => (
            "refused",
            InputRecord::Input {
                input,
                form: form_of(chart, input),
            },
        ),
        Record::Erasure => {
            erase(chart, &mut next);
            ("recorded", InputRecord::Erasure)
        }
    };
    let outcome = match what {
        Record::Refused { refusals, .. } => Verdict::Refused(refusals.clone()),
        _ => Verdict::Taken,
    };
    Ok(sealed(chart, &next, outcome, (input, actor, verdict), before.head, now))
}

/// Personal fields become null, and the secret goes: what is left of them are commitments that say nothing.
fn erase(chart: &Chart, next: &mut Snapshot) {
    for field in chart.data.list.iter().filter(|field| field.is_personal()) {
        next.set_field(&field.name, Value::Null);
    }
    // what some have signed and others not is made of what was given to it
    next.signatures.retain(|_, signatures| signatures.complete);
    next.secret = None;
}

/// The chart of the instance in whose trail the system's own acts stand: one state, which nobody may start, send to or see.
pub fn system_chart() -> Chart {
    system::chart()
}

/// The entry of one of the system's own acts (a deployment, a token, a settled incident, the run of a schedule) in the trail of its
/// instance of that key. `before` is None for the first.
pub fn system_entry(
    key: &str,
    before: Option<&Snapshot>,
    act: &Value,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Outcome, Entry), Failure> {
    let chart = system::chart();
    let mut next = match before {
        Some(before) => before.following(),
        None => {
            let start = StartInput {
                key: key.into(),
                number: None,
                payload: Object::new(),
                parent: None,
                default_zone: "UTC".into(),
                secret: None,
            };
            let mut first = blank(&chart, &start, now);
            first.active.insert(crate::chart::StateIndex::ROOT);
            first
        }
    };
    super::scheduled::keep_place(&mut next, act);
    keep_record(&mut next, act);
    let previous = before.map_or(Digest::ZERO, |before| before.head);
    Ok(sealed(
        &chart,
        &next,
        Verdict::Taken,
        (InputRecord::Act(act), actor, "recorded"),
        previous,
        now,
    ))
}

/// What an act says that somebody or something is from now on, under this name in the act and in the record.
pub const RECORD: &str = "record";

fn keep_record(next: &mut Snapshot, act: &Value) {
    if let Some(record) = act.field(RECORD) {
        next.set_field(&RECORD.into(), record.clone());
    }
}

/// The outcome of what changes nothing but the snapshot given, and its entry: what is recorded, of whom, as which verdict.
fn sealed(
    chart: &Chart,
    next: &Snapshot,
    verdict: Verdict,
    (input, actor, recorded): (InputRecord<'_>, &Actor, &'static str),
    previous: Digest,
    now: Timestamp,
) -> (Outcome, Entry) {
    let mut outcome = without_trace(next, verdict);
    let trace = Trace {
        at: now,
        log: Log::default(),
        reads: Vec::new(),
        finds: Vec::new(),
        entropy: None,
        calendar: None,
        tables: Default::default(),
        units: Default::default(),
        label: Some(super::view::label(chart, next, now).into()),
    };
    let entry = EntryParts {
        chart,
        outcome: &outcome,
        trace: &trace,
        previous,
        input,
        actor,
        verdict: recorded,
    }
    .write();
    outcome.next.head = entry.digest;
    outcome.trace = Some(trace);
    (outcome, entry)
}

/// Members of an input by which one that comes again is told from another under the same key.
const COMPARED: [&str; 20] = [
    "act", "at", "child", "clock", "effect", "event", "failure", "from", "invoke", "kind", "opened", "outcome", "output",
    "payload", "reason", "result", "send", "task", "text", "why",
];

/// Of these the person's own words remain as commitments only, once they are erased.
const PERSONAL_WHEN_GIVEN: [&str; 2] = ["payload", "text"];

/// Whether an input is the one that an entry records: same kind, event, payload and reason. Personal values are compared by
/// their commitments, and taken as equal once they are erased.
pub fn repeats(chart: &Chart, snapshot: &Snapshot, entry: &str, input: &Input) -> Result<bool, Failure> {
    let unreadable = |what: String| Failure {
        code: "SW-1008",
        message: format!("a trail entry cannot be read: {what}"),
    };
    let recorded = EntryText::read(entry).map_err(|error| unreadable(error.to_string()))?;
    let written = super::record::input_text(chart, input, snapshot.secret.as_ref());
    let again = EntryText::read_input(&written).map_err(|error| unreadable(error.to_string()))?;
    let first = recorded.input().ok_or_else(|| unreadable("it has no input".into()))?;
    // who sends it again under the same key is the same principal; the number of a start is drawn anew each time
    let comparable = match &input.kind {
        InputKind::Start(_) => &["kind", "payload", "reason"][..],
        _ => &COMPARED[..],
    };
    let erased = snapshot.secret.is_none() && Snapshot::names_personal(entry);
    // what is known of a person may have become more or less; who it is stays
    let receiver = |fields: &Object| fields.get("to").and_then(|to| to.field("id")).cloned();
    Ok(receiver(first) == receiver(&again)
        && comparable
            .iter()
            .all(|name| (erased && PERSONAL_WHEN_GIVEN.contains(name)) || first.get(*name) == again.get(*name)))
}
