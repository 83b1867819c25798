//! What would become of an event if it were sent now: all that a step does, and nothing of it kept.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::event_places::EventPlaces;
use super::interrupt::Interrupt;
use super::machine::Machine;
use super::offers::for_people;
use super::run::blank;
use super::sight::{Visibility, visibility};
use super::{Actor, Facts, Failure, Input, InputKind, Needs, Refusal, RefusalKind, Snapshot, StartInput, Stepped, TaskRef};
use super::{Verdict, step};
use crate::chart::{Admission, Chart, Form, Guard, Lets, Proof, Transition};
use crate::field::Field;
use crate::value::{Object, Value};

/// An event as far as its form is filled in. Who signs is taken to have proved who they are: what is tried is the rest.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub event: Arc<str>,
    pub payload: Object,
    pub reason: Option<Arc<str>>,
    pub task: Option<TaskRef>,
    pub actor: Actor,
}

/// What would become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Where fields do not fit or are still missing: with the guards that are false already, whatever is filled in there.
    pub verdict: Verdict,
    /// Paths of the states in which it would rest; empty unless it were taken.
    pub states: Vec<Arc<str>>,
    /// What people would see it called then; empty unless it were taken.
    pub label: String,
    /// Others are to sign it as well before it is taken.
    pub waits_for_others: bool,
    /// Fields of the record that have a label and would be written otherwise than they were entered, as its sender would see them
    /// then; without personal ones, of which every reading is kept.
    pub computed: Vec<(Arc<str>, Value)>,
}

/// Tries an event.
///
/// # Errors
/// As [`step`]: what can be done to no instance.
pub fn try_event(
    chart: &Chart,
    before: &Snapshot,
    attempt: &Attempt,
    facts: &Facts,
    now: Timestamp,
) -> Result<Result<Trial, Needs>, Failure> {
    let kind = InputKind::Event {
        name: attempt.event.clone(),
        payload: attempt.payload.clone(),
        task: attempt.task.clone(),
    };
    let signed = signature_of(chart, before, &attempt.event);
    let trial = tried(chart, Some(before), attempt, kind, signed, facts, now)?;
    Ok(trial.and_then(|trial| trial.with_guards(|| guards_so_far(chart, before, attempt, facts, now))))
}

/// Tries a start.
///
/// # Errors
/// As [`step`].
pub fn try_start(
    chart: &Chart,
    start: StartInput,
    attempt: &Attempt,
    facts: &Facts,
    now: Timestamp,
) -> Result<Result<Trial, Needs>, Failure> {
    let signed = chart.start.sign.as_deref().map(|sign| sign.with);
    let before = blank(chart, &start, now);
    let trial = tried(chart, None, attempt, InputKind::Start(Box::new(start)), signed, facts, now)?;
    Ok(trial.and_then(|trial| trial.with_guards(|| guards_of_start_so_far(chart, before, attempt, facts, now))))
}

impl Trial {
    /// Where the form does not fit yet, with the guards that are false already.
    fn with_guards(mut self, so_far: impl FnOnce() -> Result<Vec<Refusal>, Needs>) -> Result<Self, Needs> {
        if let Verdict::Refused(refusals) = &mut self.verdict
            && refusals.iter().any(|refusal| refusal.kind == RefusalKind::Invalid)
        {
            let more = so_far()?;
            refusals.extend(more.into_iter().filter(|more| !refusals.contains(more)).collect::<Vec<_>>());
        }
        Ok(self)
    }
}

fn tried(
    chart: &Chart,
    before: Option<&Snapshot>,
    attempt: &Attempt,
    kind: InputKind,
    signed: Option<Proof>,
    facts: &Facts,
    now: Timestamp,
) -> Result<Result<Trial, Needs>, Failure> {
    let input = Input {
        key: None,
        actor: attempt.actor.clone(),
        reason: attempt.reason.clone(),
        signed,
        kind,
    };
    let outcome = match step(chart, before, &input, facts, now)? {
        Stepped::Done(outcome) => outcome,
        Stepped::Needs(needs) => return Ok(Err(needs)),
    };
    let is_taken = outcome.verdict == Verdict::Taken;
    let next = is_taken.then_some(&outcome.next);
    let pending = next.and_then(|next| next.signatures.get(&attempt.event));
    let computed = match next.map(|next| computed(chart, before, next, attempt, facts, now)) {
        None => Vec::new(),
        Some(Ok(computed)) => computed,
        Some(Err(needs)) => return Ok(Err(needs)),
    };
    Ok(Ok(Trial {
        computed,
        states: next.map_or_else(Vec::new, |next| {
            let resting = chart.atomic_states(&next.active);
            resting.map(|state| chart.state(state).path.clone()).collect()
        }),
        label: next.map(|next| super::view::label(chart, next, now)).unwrap_or_default(),
        waits_for_others: pending.is_some_and(|pending| !pending.complete),
        verdict: outcome.verdict,
    }))
}

fn computed(
    chart: &Chart,
    before: Option<&Snapshot>,
    next: &Snapshot,
    attempt: &Attempt,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<(Arc<str>, Value)>, Needs> {
    let blank = before.is_none().then(|| chart.data.record(Object::new()));
    let known = before.map_or(blank.as_ref(), |before| Some(&before.data));
    let changed = chart.data.list.iter().filter_map(|field| {
        let value = next.data.get(&field.name).filter(|value| !value.is_null())?;
        let is_known = known.and_then(|known| known.get(&field.name)) == Some(value);
        let entered = attempt.payload.get(&field.name).and_then(|given| field.accept(given).ok());
        let is_told = field.label.is_some() && !field.is_personal();
        (is_told && !is_known && entered.as_ref() != Some(value)).then(|| (field.name.clone(), value.clone()))
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() {
        return Ok(changed);
    }
    Ok(match visibility(chart, next, &attempt.actor, facts, now)? {
        Visibility::Hidden => Vec::new(),
        Visibility::Shown { fields: None } => changed,
        Visibility::Shown { fields: Some(fields) } => changed.into_iter().filter(|(name, _)| fields.contains(name)).collect(),
    })
}

/// How the event is to be signed where the instance stands.
fn signature_of(chart: &Chart, before: &Snapshot, event: &str) -> Option<Proof> {
    let mut answering = answering(chart, before, event);
    answering.find_map(|(_, admission)| Some(admission.sign.as_deref()?.with))
}

/// The transitions that answer to an event that people send, inner states before outer ones.
fn answering<'c>(
    chart: &'c Chart,
    before: &'c Snapshot,
    event: &'c str,
) -> impl Iterator<Item = (&'c Transition, &'c Admission)> {
    let leaves = chart.atomic_states(&before.active);
    let states = leaves.flat_map(|leaf| std::iter::once(leaf).chain(chart.ancestors(leaf)));
    let transitions = states.flat_map(|state| chart.state(state).on.iter().map(|index| chart.transition(*index)));
    transitions.filter_map(move |transition| {
        let (name, admission) = for_people(transition)?;
        (**name == *event).then_some((transition, admission))
    })
}

/// The shared guards that are false whatever is still to be filled in: they rest on nothing of the form but what fits already.
fn guards_so_far(
    chart: &Chart,
    before: &Snapshot,
    attempt: &Attempt,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Refusal>, Needs> {
    let mut machine = Machine::new(chart, before.clone(), &attempt.actor, attempt.reason.as_ref(), facts, now);
    let Some((transition, admission)) = answering(chart, before, &attempt.event).next() else {
        return Ok(Vec::new());
    };
    let filled = what_fits(&admission.form, &attempt.payload);
    machine.set_event(attempt.event.clone(), Cow::Owned(filled.clone()));
    let lets = [&transition.lets];
    let is_filled = |name: &Arc<str>| filled.contains_key(name) || ["at", "from", "name"].contains(&&**name);
    let is_decided = |places: &EventPlaces| places.fields.iter().all(is_filled);
    false_guards(&machine, &transition.guards, &lets, is_decided)
}

/// The same of a start, whose guards ask the record as it would be. What is left open is as the workflow proposes it; without a proposal
/// it is still to come.
fn guards_of_start_so_far(
    chart: &Chart,
    before: Snapshot,
    attempt: &Attempt,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Refusal>, Needs> {
    let form = &chart.start.form;
    let mut machine = Machine::new(chart, before, &attempt.actor, attempt.reason.as_ref(), facts, now);
    let filled = what_fits(form, &attempt.payload);
    let written = filled.iter().filter(|(name, _)| form.writes.contains(name));
    let record = chart
        .data
        .record(written.map(|(name, value)| (name.clone(), value.clone())).collect());
    machine.next.data = Arc::new(record);
    machine.set_event(attempt.event.clone(), Cow::Owned(filled.clone()));
    match machine.compute_defaults(Some(form)) {
        Ok(()) => {}
        Err(Interrupt::Failure(_)) => return Ok(Vec::new()),
        Err(Interrupt::Needs) => return Err(machine.take_needs()),
    }
    let is_known = |name: &Arc<str>| {
        let proposed = |field: &Field| field.default.is_some() && attempt.payload.get(name).is_none_or(Value::is_null);
        filled.contains_key(name) || form.fields.get(name).is_none_or(proposed)
    };
    let is_decided = |places: &EventPlaces| {
        let mut names = places.names.iter();
        places.fields.iter().all(is_known) && names.all(|name| is_known(name) && !UNSETTLED.contains(&&**name))
    };
    false_guards(&machine, &chart.start.guards, &[], is_decided)
}

/// What the key of an instance is made of may still be missing.
const UNSETTLED: [&str; 3] = ["key", "id", "number"];

/// The fields of a form that are filled in as they must be.
fn what_fits(form: &Form, payload: &Object) -> Object {
    let accepted = form.fields.list.iter().filter_map(|field| {
        let given = payload.get(&field.name).filter(|given| !given.is_null())?;
        Some((field.name.clone(), field.accept(given).ok()?))
    });
    accepted.collect()
}

/// Those that are false, of the guards that rest on nothing but what is decided.
fn false_guards(
    machine: &Machine<'_>,
    guards: &[Guard],
    lets: &[&Lets],
    is_decided: impl Fn(&EventPlaces) -> bool,
) -> Result<Vec<Refusal>, Needs> {
    let mut refusals = Vec::new();
    for guard in guards {
        let places = machine.event_places(&guard.condition, lets);
        if places.whole || !is_decided(&places) {
            // who may not ask is not known yet
            if places.names.contains("actor") {
                break;
            }
            continue;
        }
        match machine.try_guard(guard, lets) {
            Ok(Some((refusal, None))) if machine.asks_who(guard, lets) => {
                refusals.push(refusal.naming_nobody());
                break;
            }
            Ok(Some((refusal, None))) => refusals.push(refusal),
            // of what cannot be computed yet nothing is said
            Ok(_) | Err(Interrupt::Failure(_)) => {}
            Err(Interrupt::Needs) => return Err(machine.take_needs()),
        }
    }
    match machine.lacks_facts() {
        true => Err(machine.take_needs()),
        false => Ok(refusals),
    }
}
