//! What an adapter reports of an effect beside its answer: a step on the way, and that an answer does not stand.
//! (Reference, section 3.5.)

use std::borrow::Cow;
use std::sync::Arc;

use super::admission::forbidden;
use super::interrupt::Interrupt;
use super::machine::Machine;
use super::select::Occasion;
use super::{ActorKind, Refusal, RefusalKind, Report, Verdict};
use crate::chart::{Invoke, StateIndex, accept_reported};
use crate::field::{FieldProblem, Fields};
use crate::value::{Object, Value};

impl<'a> Machine<'a> {
    pub(super) fn take_report(&mut self, effect: &Arc<str>, report: &'a Report) -> Result<Verdict, Interrupt> {
        match report {
            Report::Progress { fields } => self.take_progress(effect, fields),
            Report::Undone { fields } => self.take_retraction(effect, fields),
        }
    }

    /// A step on the way to an answer that is waited for.
    fn take_progress(&mut self, effect: &Arc<str>, fields: &'a Object) -> Result<Verdict, Interrupt> {
        let Some(active) = self.next.invokes.get(effect) else {
            self.log
                .note("ignored", "the report came when its answer was not waited for", effect);
            return Ok(Verdict::Ignored);
        };
        let (state, position) = (active.state, active.position);
        let Some(invoke) = self.chart.state(state).invokes.get(position) else {
            return Ok(Verdict::Stale);
        };
        if let Some(refusal) = self.refuse_stranger(invoke) {
            return Ok(Verdict::Refused(vec![refusal]));
        }
        if self.paused_states().contains(state) {
            return Ok(Verdict::Deferred);
        }
        let agreed = self.contract_of(invoke).map(|contract| contract.progress.as_ref());
        match reported(agreed, fields, "reports nothing on the way") {
            Ok(fields) => self.set_event(format!("progress.{}", invoke.id).into(), fields),
            Err(refusals) => return Ok(Verdict::Refused(refusals)),
        }
        self.follow(Occasion::InvokeProgress(state, position, &invoke.id))
    }

    /// An answer that was taken does not stand any more.
    fn take_retraction(&mut self, effect: &Arc<str>, fields: &'a Object) -> Result<Verdict, Interrupt> {
        if self.next.invokes.contains_key(effect) {
            // the answer that it takes back comes first
            return Ok(Verdict::Deferred);
        }
        let Some((_, _, invoke)) = self.invoke_of(effect) else {
            let sentence = "no invoke of this instance was performed under this key";
            return Ok(Verdict::Refused(vec![Refusal::new(RefusalKind::Invalid, sentence)]));
        };
        if let Some(refusal) = self.refuse_stranger(invoke) {
            return Ok(Verdict::Refused(vec![refusal]));
        }
        let agreed = self.contract_of(invoke).map(|contract| contract.undone.as_ref());
        let name: Arc<str> = format!("{}.undone", invoke.id).into();
        match reported(agreed, fields, "never takes its answer back") {
            Ok(fields) => self.set_event(name.clone(), fields),
            Err(refusals) => return Ok(Verdict::Refused(refusals)),
        }
        let selection = self.select(Occasion::Event(&name))?;
        if selection.choices.is_empty() {
            if selection.paused.is_some() {
                return Ok(Verdict::Deferred);
            }
            self.log
                .note("ignored", "nothing answers to it in the states it is in", &name);
            return Ok(Verdict::Ignored);
        }
        // what does not stand is not to be undone a second time
        if let Some(place) = self.next.compensations.iter().rposition(|done| done.id == invoke.id) {
            self.next.compensations.remove(place);
        }
        self.microstep(&selection.choices)?;
        Ok(Verdict::Taken)
    }

    /// The invoke that an effect's key names: `instance:sequence:ID`.
    fn invoke_of(&self, effect: &str) -> Option<(StateIndex, usize, &'a Invoke)> {
        let mut parts = effect.splitn(3, ':');
        let (instance, sequence, id) = (parts.next()?, parts.next()?, parts.next()?);
        let is_ours = instance == self.next.instance.to_string() && sequence.parse::<u64>().ok()? < self.next.sequence;
        let invokes = self.chart.states.iter().flat_map(|state| {
            let invokes = state.invokes.iter().enumerate();
            invokes.map(|(position, invoke)| (state.index, position, invoke))
        });
        let mut invokes = invokes.filter(|(_, _, invoke)| is_ours && *invoke.id == *id && invoke.call().is_some());
        invokes.next()
    }

    /// Only whoever was asked reports.
    fn refuse_stranger(&self, invoke: &Invoke) -> Option<Refusal> {
        let is_asked = |call: &crate::chart::Call| self.actor.kind == ActorKind::Adapter && call.adapter == self.actor.id;
        match invoke.call() {
            Some(call) if is_asked(call) => None,
            _ => Some(forbidden(&format!(
                "{} was not asked for it, and cannot report on it",
                self.actor.id
            ))),
        }
    }

    fn contract_of(&self, invoke: &Invoke) -> Option<&'a crate::chart::ActionContract> {
        let call = invoke.call()?;
        self.chart.contract(&call.adapter, &call.action)
    }
}

/// What is reported, as agreed. `agreed`: None without a contract, `Some(None)` where the contract says that it never comes.
fn reported<'f>(agreed: Option<Option<&Fields>>, fields: &'f Object, never: &str) -> Result<Cow<'f, Object>, Vec<Refusal>> {
    let Some(agreed) = agreed else {
        return Ok(Cow::Borrowed(fields));
    };
    let Some(agreed) = agreed else {
        let sentence = format!("by its contract the adapter {never}");
        return Err(vec![Refusal::new(RefusalKind::Invalid, sentence)]);
    };
    let taken = accept_reported(agreed, &Value::from_fields(fields.clone()));
    let problems = |problems: Vec<FieldProblem>| problems.into_iter().map(Refusal::of_field).collect::<Vec<_>>();
    let taken = taken.map_err(problems)?;
    Ok(Cow::Owned(taken.as_object().cloned().unwrap_or_default()))
}
