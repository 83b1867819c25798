//! One input, from its arrival to its entry.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::admission::{accept_form, forbidden};
use super::interrupt::{Interrupt, NoValue, failure};
use super::machine::Machine;
use super::scope::Locals;
use super::select::{Occasion, Selection};
use super::sight::hidden;
use super::signature::Signed;
use super::{
    ActorKind, Facts, Failure, Input, InputKind, LastTaken, Needs, Outcome, Refusal, RefusalKind, Snapshot, StartInput, Status,
    TaskRef, TimerOf, Verdict,
};
use crate::chart::{Chart, Form, StateIndex, StateSet, Trigger};
use crate::diagnostic::Code;
use crate::expression::limits::STEP_FUEL_MAX;
use crate::field::{DefaultValue, Fields};
use crate::identity::{Digest, InstanceId};
use crate::value::{Object, Value};

/// A step is done, or cannot go on without more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    Done(Box<Outcome>),
    Needs(Needs),
}

/// Takes one input through one macrostep. `before` is None exactly for a start.
pub fn step(chart: &Chart, before: Option<&Snapshot>, input: &Input, facts: &Facts, now: Timestamp) -> Result<Stepped, Failure> {
    let next = match (before, &input.kind) {
        (None, InputKind::Start(start)) => blank(chart, start, now),
        (None, InputKind::Place(placement)) => blank(chart, &placement.start, now),
        (Some(before), InputKind::Start(_)) => return Ok(done(conflict(before))),
        (None, _) => {
            return Err(Failure {
                code: "SW-1006",
                message: "there is no such instance".into(),
            });
        }
        (Some(before), _) => before.following(),
    };
    let mut machine = Machine::new(chart, next, &input.actor, input.reason.as_ref(), facts, now);
    machine.signed = input.signed;
    let taken = machine.take(input);
    // whatever was counted along a calendar, or asked of a table, that is not here was not
    let taken = if machine.lacks_facts() { Err(Interrupt::Needs) } else { taken };
    // whatever came of it, guards that had no more fuel were no guards
    let taken = if machine.ran_out() { Err(out_of_fuel()) } else { taken };
    let taken = match taken {
        Err(Interrupt::Failure(failure)) => refused_for(failure, input),
        taken => taken,
    };
    match taken {
        Ok(Verdict::Taken) => Ok(done(machine.into_outcome(before))),
        Ok(verdict) => Ok(done(match (before, &input.kind) {
            (Some(before), _) => machine.not_taken(before, verdict),
            // a start that is refused leaves nothing: there is no instance to record it
            (None, InputKind::Start(start)) => without_trace(&blank(chart, start, now), verdict),
            (None, _) => without_trace(&machine.next, verdict),
        })),
        Err(Interrupt::Needs) => Ok(Stepped::Needs(machine.take_needs())),
        Err(Interrupt::Failure(failure)) => Err(failure),
    }
}

/// What a person sends and the chart fails at is refused, and the refusal kept. A timer, a message, an answer has nobody to be told: its
/// step fails, and it waits for a person.
fn refused_for(failure: Failure, input: &Input) -> Result<Verdict, Interrupt> {
    let asked = matches!(
        input.kind,
        InputKind::Event { .. }
            | InputKind::Task { .. }
            | InputKind::Withdraw { .. }
            | InputKind::Acknowledge { .. }
            | InputKind::Open { .. }
            | InputKind::Start(_)
    );
    match Code::parse(failure.code) {
        Some(code) if asked && input.actor.kind == ActorKind::Person => Ok(Verdict::Refused(vec![Refusal::new(
            RefusalKind::Failed(code),
            failure.message,
        )])),
        _ => Err(Interrupt::Failure(failure)),
    }
}

fn out_of_fuel() -> Interrupt {
    let message = format!("the expressions of this input take more than {STEP_FUEL_MAX} steps together");
    failure("SW-1009", message)
}

fn done(outcome: Outcome) -> Stepped {
    Stepped::Done(Box::new(outcome))
}

/// An instance before its first step.
pub(crate) fn blank(chart: &Chart, start: &StartInput, now: Timestamp) -> Snapshot {
    Snapshot {
        instance: InstanceId::of(&chart.workflow, &start.key),
        workflow: chart.workflow.clone(),
        key: start.key.clone(),
        number: start.number,
        definition: chart.definition,
        sequence: 1,
        head: Digest::ZERO,
        status: Status::Active,
        zone: start.default_zone.clone(),
        started_at: now,
        parent: start.parent.clone(),
        active: StateSet::default(),
        history: Default::default(),
        data: Default::default(),
        timers: Default::default(),
        invokes: Default::default(),
        calls: Default::default(),
        compensations: Vec::new(),
        undoing: Vec::new(),
        tasks: Default::default(),
        doers: Default::default(),
        signatures: Default::default(),
        clocks: Default::default(),
        held: None,
        sends: Default::default(),
        claims: Default::default(),
        subscriptions: Default::default(),
        taken: Default::default(),
        openings: Default::default(),
        output: Value::Null,
        secret: start.secret,
    }
}

/// A start where there is an instance already: refused without a trace in the other's trail.
fn conflict(before: &Snapshot) -> Outcome {
    let sentence = format!("{} {} exists already", before.workflow, before.key);
    without_trace(before, Verdict::Refused(vec![Refusal::new(RefusalKind::Conflict, sentence)]))
}

pub(super) fn without_trace(before: &Snapshot, verdict: Verdict) -> Outcome {
    Outcome {
        verdict,
        next: before.clone(),
        trace: None,
        timers: Vec::new(),
        effects: Vec::new(),
        abandoned: Vec::new(),
        messages: Vec::new(),
        claims: Vec::new(),
        subscriptions: Vec::new(),
        tasks: Vec::new(),
        notices: Vec::new(),
        marks: Vec::new(),
        resumed: false,
    }
}

impl<'a> Machine<'a> {
    fn take(&mut self, input: &'a Input) -> Result<Verdict, Interrupt> {
        let verdict = match &input.kind {
            InputKind::Start(start) => self.take_start(start)?,
            InputKind::Event { name, payload, task } => self.take_event(name, payload, task.as_ref())?,
            InputKind::Task { task, act } => self.take_task_act(task, act)?,
            InputKind::Timer { name, due } => self.take_timer(name, *due)?,
            InputKind::AdapterAnswer { effect, result } => self.take_adapter_answer(effect, result)?,
            InputKind::AdapterReport { effect, report } => self.take_report(effect, report)?,
            InputKind::SendAnswer { send, verdict } => self.take_send_answer(send, verdict)?,
            InputKind::Acknowledge { clock } => self.take_acknowledgement(clock)?,
            InputKind::Withdraw { event } => self.take_withdrawal(event)?,
            InputKind::Open { reviewer } => self.take_opening(reviewer)?,
            InputKind::ChildEnded { invoke, child, output } => self.take_child_end(invoke, child, output)?,
            InputKind::Stop { invoke } => self.take_stop(invoke)?,
            InputKind::Hold { invoke, why } => self.take_hold(invoke, why.as_ref())?,
            InputKind::Wake => self.take_wake()?,
            InputKind::Place(placement) => self.take_place(placement)?,
        };
        if verdict == Verdict::Taken {
            self.conclude()?;
        }
        Ok(verdict)
    }

    /// Of an input that was not taken, nothing remains but what was noted.
    fn not_taken(mut self, before: &Snapshot, verdict: Verdict) -> Outcome {
        // whoever does not see the instance leaves nothing in its trail
        if verdict.is_hidden() || matches!(verdict, Verdict::Deferred | Verdict::Stale) {
            return without_trace(before, verdict);
        }
        self.next = before.following();
        let notes = std::mem::take(&mut self.log);
        self.log.keep_notes(notes);
        Outcome {
            trace: Some(self.trace()),
            ..without_trace(&self.next, verdict)
        }
    }

    fn take_start(&mut self, start: &'a StartInput) -> Result<Verdict, Interrupt> {
        let chart = self.chart;
        let rule = &chart.start;
        self.set_event("start".into(), Cow::Borrowed(&start.payload));
        match self.among(&rule.by, self.actor, &[]) {
            Ok(true) => {}
            Ok(false) => {
                return Ok(Verdict::Refused(vec![forbidden(&format!(
                    "{} (start {})",
                    self.not_among(),
                    chart.workflow
                ))]));
            }
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => return Ok(Verdict::Refused(vec![forbidden(&sentence)])),
        }
        let mut refusals: Vec<Refusal> = self.refuse_reason(rule.reason.as_ref()).into_iter().collect();
        let fields = match accept_form(&rule.form, &start.payload) {
            Ok(fields) => fields,
            Err(problems) => {
                refusals.extend(problems);
                return Ok(Verdict::Refused(refusals));
            }
        };
        let fields = fields.map_or(Cow::Borrowed(&start.payload), Cow::Owned);
        refusals.extend(self.refuse_units(&rule.form.fields, &fields));
        if !refusals.is_empty() {
            return Ok(Verdict::Refused(refusals));
        }
        let written = fields
            .iter()
            .filter(|(name, _)| rule.form.writes.contains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        self.set_event("start".into(), fields);
        self.next.data = Arc::new(chart.data.record(written));
        if rule.form.writes.is_empty() {
            let unfilled = self.complete_form(&rule.form)?;
            if !unfilled.is_empty() {
                return Ok(Verdict::Refused(unfilled));
            }
        }
        self.compute_defaults(Some(&rule.form))?;
        self.settle_zone()?;
        let mut refusals = self.unmet(&rule.guards, &[])?.refusals;
        if let Some(sign) = rule.sign.as_deref().filter(|_| refusals.is_empty()) {
            refusals.extend(self.sign_start(sign)?);
        }
        if !refusals.is_empty() {
            return Ok(Verdict::Refused(refusals));
        }
        for (name, value) in self.next.data.iter().filter(|(_, value)| !value.is_null()) {
            self.log.change(name, Value::Null, value.clone());
        }
        self.enter_initial_states()?;
        Ok(Verdict::Taken)
    }

    /// Defaults of the record that are computed, in the order in which its fields are declared; where a form writes a field, with the
    /// default that it has there.
    pub(super) fn compute_defaults(&mut self, form: Option<&Form>) -> Result<(), Interrupt> {
        let chart = self.chart;
        for field in &chart.data.list {
            let asked = form.filter(|form| form.writes.contains(&field.name));
            let asked = asked.and_then(|form| form.fields.get(&field.name));
            let Some(DefaultValue::Computed(template)) = &asked.unwrap_or(field).default else {
                continue;
            };
            if self.next.data.get(&field.name).is_some_and(|value| !value.is_null()) {
                continue;
            }
            match self.scope(&[], &Locals::default()).template(template) {
                Ok(Value::Null) | Err(NoValue::Fault(_)) => {}
                Ok(value) => {
                    let accepted = asked.unwrap_or(field).accept(&value).map_err(|problems| {
                        failure(
                            "SW-1002",
                            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                        )
                    })?;
                    if asked.is_some() {
                        self.set_event_field(&field.name, accepted.clone());
                    }
                    self.next.set_field(&field.name, accepted);
                }
                Err(NoValue::Needs) => return Err(Interrupt::Needs),
            }
        }
        Ok(())
    }

    /// The zone is computed once, at the start.
    pub(super) fn settle_zone(&mut self) -> Result<(), Interrupt> {
        let name: Arc<str> = match &self.chart.zone {
            Some(template) => match self.scope(&[], &Locals::default()).text(template) {
                Ok(name) => name.into(),
                Err(NoValue::Needs) => return Err(Interrupt::Needs),
                Err(NoValue::Fault(sentence)) => return Err(failure("SW-1007", format!("`zone`: {sentence}"))),
            },
            None => self.next.zone.clone(),
        };
        let zone = crate::time::zone(&name).map_err(|error| failure("SW-1007", error.to_string()))?;
        self.zone = zone.into();
        self.next.zone = name;
        Ok(())
    }

    fn take_event(&mut self, name: &'a Arc<str>, payload: &'a Object, task: Option<&TaskRef>) -> Result<Verdict, Interrupt> {
        if !self.is_seen()? {
            return Ok(Verdict::Refused(vec![hidden()]));
        }
        if self.next.status == Status::Done {
            return Ok(Verdict::Ignored);
        }
        if let Some(reference) = task {
            let refusal = match self.open_task(reference) {
                Ok(open) => {
                    let state = open.state;
                    let refusal = self.refuse_finishing(open);
                    self.finishing = Some(state);
                    refusal
                }
                Err(refusal) => Some(refusal),
            };
            if let Some(refusal) = refusal {
                return Ok(Verdict::Refused(vec![refusal]));
            }
        }
        let payload = self.payload_to_sign(name, payload);
        self.payload = Some(payload.clone());
        self.set_event(name.clone(), payload);
        let selection = self.select(Occasion::Admitted(name))?;
        let Some(first) = selection.choices.first() else {
            return Ok(self.why_not(selection));
        };
        if self.admitted.is_none_or(|(index, _)| index != first.transition) {
            // another candidate's form was tried last
            self.admit(self.chart.transition(first.transition))?;
        }
        match self.sign_event(name, *first)? {
            Signed::Complete => {}
            Signed::Pending => return Ok(Verdict::Taken),
            Signed::Refused(refusal) => return Ok(Verdict::Refused(vec![refusal])),
        }
        self.write_form()?;
        let taken = LastTaken {
            actor: self.actor.id.clone(),
            at: self.now,
        };
        Arc::make_mut(&mut self.next.taken).insert(name.clone(), taken);
        self.microstep(&selection.choices)?;
        Ok(Verdict::Taken)
    }

    /// Why an event selected nothing.
    fn why_not(&mut self, selection: Selection) -> Verdict {
        if !selection.refusals.is_empty() {
            return Verdict::Refused(selection.refusals);
        }
        match selection.paused {
            Some(paused) if self.actor.kind == ActorKind::Person => Verdict::Refused(vec![self.paused_refusal(paused)]),
            Some(_) => Verdict::Deferred,
            None => Verdict::Ignored,
        }
    }

    pub(super) fn paused_refusal(&self, paused: StateIndex) -> Refusal {
        Refusal::new(RefusalKind::Paused, format!("On hold: {}", self.why_paused(paused)))
    }

    /// The label of the state on whose account it is paused, in this instance or in its parent.
    pub(super) fn why_paused(&self, paused: StateIndex) -> Arc<str> {
        if let Some(why) = &self.next.held {
            return why.clone();
        }
        let pausing = self.next.pausing(self.chart, paused).map(|state| self.chart.state(state));
        let label = pausing.and_then(|state| {
            let template = state.label.as_ref()?;
            self.scope(&[], &Locals::default()).text(template).ok()
        });
        label
            .unwrap_or_else(|| pausing.map(|state| super::view::in_words(&state.name)).unwrap_or_default())
            .into()
    }

    /// The fields that the form writes into the data, before any action.
    fn write_form(&mut self) -> Result<(), Interrupt> {
        let Some((_, form)) = self.admitted else { return Ok(()) };
        for name in &form.writes {
            let value = self.event_field(name).unwrap_or(Value::Null);
            // an optional field left empty is not a wish to empty it
            if value.is_null() {
                continue;
            }
            let before = self.next.data.get(name).cloned().unwrap_or(Value::Null);
            self.store_field(name, before, value);
        }
        Ok(())
    }

    fn take_timer(&mut self, name: &Arc<str>, due: Timestamp) -> Result<Verdict, Interrupt> {
        let Some(armed) = self.next.timers.get(name) else {
            return Ok(Verdict::Stale);
        };
        if armed.spent || armed.remaining_us.is_some() || armed.due != due || armed.due > self.now {
            return Ok(Verdict::Stale);
        }
        let (path, timer) = match TimerOf::read(name) {
            Some(TimerOf::Invoke { key }) => return self.time_out(&key.into()),
            Some(TimerOf::Clock { clock, rung }) => return self.take_clock(name, clock, rung),
            Some(TimerOf::Task { path, rung }) => return self.take_rung(name, path, rung),
            Some(TimerOf::State { path, name }) => (path, name),
            None => return Ok(Verdict::Stale),
        };
        let Some((state, position)) = self.timer_at(path, timer) else {
            return Ok(Verdict::Stale);
        };
        let timer = &self.chart.state(state).after[position];
        self.spend_timer(name, timer)?;
        self.set_event(format!("after.{}", timer.name).into(), Cow::Owned(Object::new()));
        let selection = self.select(Occasion::Timer(state, position))?;
        if selection.choices.is_empty() {
            let why = selection
                .refusals
                .iter()
                .map(|refusal| refusal.sentence.as_str())
                .collect::<Vec<_>>()
                .join("; ");
            self.log.note("guard", &why, name);
        } else {
            self.microstep(&selection.choices)?;
        }
        Ok(Verdict::Taken)
    }

    fn timer_at(&self, path: &str, name: &str) -> Option<(StateIndex, usize)> {
        let state = self
            .chart
            .state_at(path)
            .filter(|state| self.next.active.contains(state.index))?;
        let position = state.after.iter().position(|timer| *timer.name == *name)?;
        Some((state.index, position))
    }

    /// Only guards over reads can have changed; if none opens, nothing happened.
    fn take_wake(&mut self) -> Result<Verdict, Interrupt> {
        if self.next.status == Status::Done {
            return Ok(Verdict::Stale);
        }
        self.set_event("wake".into(), Cow::Owned(Object::new()));
        self.run_to_completion()?;
        let watched = self.seen.borrow().watched.clone();
        let moved = watched != self.next.subscriptions;
        Ok(if self.log.has_changes() || moved {
            Verdict::Taken
        } else {
            Verdict::Stale
        })
    }
}

/// The fields by which an input's payload is sealed: those of the first form that the chart has for it.
pub(super) fn form_of<'c>(chart: &'c Chart, input: &Input) -> Option<&'c Fields> {
    match &input.kind {
        InputKind::Start(_) => Some(&chart.start.form.fields),
        InputKind::Place(_) => Some(&chart.data),
        InputKind::Event { name, .. } => chart.transitions.iter().find_map(|transition| match &transition.trigger {
            Trigger::Event(pattern) if pattern.matches(name) => {
                transition.admission.as_ref().map(|admission| &admission.form.fields)
            }
            _ => None,
        }),
        _ => None,
    }
}
