//! What an event from outside must be: sent by whom, with which form, for which reason, and with guards that hold.

use std::borrow::Cow;

use super::interrupt::{Interrupt, NoValue};
use super::machine::Machine;
use super::scope::Locals;
use super::{ActorKind, Refusal, RefusalKind};
use crate::chart::{Admission, Form, Guard, Lets, Reason, Transition};
use crate::expression::Expression;
use crate::field::DefaultValue;
use crate::value::{Object, Value};

/// Of an event that comes without any.
static NO_FIELDS: Object = Object::new();

/// What stands behind a clause that nobody put into words.
const IS_FALSE: &str = " is false";

/// Guards of one way that do not hold.
pub(super) struct Unmet {
    /// Empty: all hold.
    pub refusals: Vec<Refusal>,
    /// One of them is false, so the way is closed whatever the others would say. Else it is not known whether they hold.
    pub is_false: bool,
}

impl<'a> Machine<'a> {
    /// Every reason why this actor may not send this event so. If there is none, the event's fields are those of the form.
    pub(super) fn admit(&mut self, transition: &'a Transition) -> Result<Vec<Refusal>, Interrupt> {
        let Some(admission) = &transition.admission else {
            return Ok(vec![forbidden("this event comes only from inside the instance")]);
        };
        if let Some(refusal) = self.refuse_actor(admission, &[&transition.lets])? {
            return Ok(vec![refusal]);
        }
        let mut refusals: Vec<Refusal> = self.refuse_reason(admission.reason.as_ref()).into_iter().collect();
        if let Some(sign) = admission.sign.as_deref() {
            refusals.extend(self.refuse_unsigned(sign, &[&transition.lets]));
        }
        let payload = self.payload.clone().unwrap_or(Cow::Borrowed(&NO_FIELDS));
        match accept_form(&admission.form, &payload) {
            Ok(fields) => {
                let fields = fields.map_or(payload, Cow::Owned);
                refusals.extend(self.refuse_units(&admission.form.fields, &fields));
                self.set_event(self.event.name.clone(), fields);
                self.admitted = Some((transition.index, &admission.form));
                refusals.extend(self.complete_form(&admission.form)?);
            }
            Err(problems) => refusals.extend(problems),
        }
        Ok(refusals)
    }

    /// Fields that were left empty and whose default is computed, one after another: a later one may rest on an earlier.
    pub(super) fn complete_form(&mut self, form: &Form) -> Result<Vec<Refusal>, Interrupt> {
        let mut refusals = Vec::new();
        for field in &form.fields.list {
            let Some(DefaultValue::Computed(template)) = &field.default else {
                continue;
            };
            let is_meant = self.event_field(&field.name).is_some_and(|value| !value.is_null());
            // an optional field that is set to null is meant to be empty
            let is_emptied = field.optional && self.payload.as_ref().is_some_and(|payload| payload.contains_key(&field.name));
            if is_meant || is_emptied {
                continue;
            }
            let refuse = |sentence: String| Refusal::new(RefusalKind::Invalid, sentence).in_field(&*field.name);
            match self.scope(&[], &Locals::default()).template(template) {
                Err(NoValue::Needs) => return Err(Interrupt::Needs),
                Ok(Value::Null) | Err(NoValue::Fault(_)) if field.optional => {}
                Err(NoValue::Fault(sentence)) => refusals.push(refuse(format!("has no default: {sentence}"))),
                Ok(value) => match field.accept(&value) {
                    Ok(accepted) => self.set_event_field(&field.name, accepted),
                    Err(problems) => refusals.extend(problems.into_iter().map(Refusal::of_field)),
                },
            }
        }
        Ok(refusals)
    }

    pub(super) fn refuse_actor(&self, admission: &Admission, lets: &[&Lets]) -> Result<Option<Refusal>, Interrupt> {
        match self.among(&admission.by, self.actor, lets) {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(forbidden(&self.not_among()))),
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => Ok(Some(forbidden(&sentence))),
        }
    }

    pub(super) fn not_among(&self) -> String {
        match &self.actor.kind {
            ActorKind::Person => format!("{} may not do this", self.actor.id),
            ActorKind::Workflow { workflow } => format!("an instance of {workflow} may not do this"),
            ActorKind::Adapter => format!("adapter {} may not do this", self.actor.id),
            ActorKind::Schedule => format!("schedule {} may not do this", self.actor.id),
            ActorKind::Engine => "the engine may not do this".into(),
        }
    }

    pub(super) fn refuse_reason(&self, rule: Option<&Reason>) -> Option<Refusal> {
        // machines and other instances give no reasons
        if self.actor.kind != ActorKind::Person {
            return None;
        }
        let given = self.reason.map(|reason| reason.trim()).filter(|reason| !reason.is_empty());
        let sentence = match (rule?, given) {
            (Reason::Optional, _) => return None,
            (Reason::Required, Some(_)) => return None,
            (Reason::Required, None) => "a reason is needed".to_string(),
            (Reason::Choices(choices), given) => {
                if given.is_some_and(|given| choices.iter().any(|choice| **choice == *given)) {
                    return None;
                }
                format!(
                    "the reason must be one of: {}",
                    choices.iter().map(|choice| &**choice).collect::<Vec<_>>().join(", ")
                )
            }
        };
        Some(Refusal::new(RefusalKind::Reason, sentence))
    }

    /// Every guard that does not hold, with its sentence and the instances that its reads found, up to one that asks who is asking.
    pub(super) fn unmet(&mut self, guards: &[Guard], lets: &[&Lets]) -> Result<Unmet, Interrupt> {
        let mut refusals = Vec::new();
        let mut is_false = false;
        for guard in guards {
            let Some((refusal, fault)) = self.try_guard(guard, lets)? else {
                continue;
            };
            is_false |= fault.is_none();
            // what could not be asked after a guard before it failed says nothing
            if fault.is_some() && !refusals.is_empty() {
                continue;
            }
            if let Some(fault) = fault.filter(|_| !self.seen.borrow().awaiting) {
                self.log.note("error.execution", &fault, guard.condition.source());
            }
            let ends = self.asks_who(guard, lets);
            refusals.push(if ends { refusal.naming_nobody() } else { refusal });
            if ends {
                break;
            }
        }
        Ok(Unmet { refusals, is_false })
    }

    /// Whether a guard is about who is asking. Whoever fails it is told neither what it has looked at nor what the guards behind it have: that
    /// there is such an order, say, and whether it was shipped.
    pub(super) fn asks_who(&self, guard: &Guard, lets: &[&Lets]) -> bool {
        self.event_places(&guard.condition, lets).names.contains("actor")
    }

    /// None: it holds. Else why not, and the fault of the expression if it has no value.
    pub(super) fn try_guard(&self, guard: &Guard, lets: &[&Lets]) -> Result<Option<(Refusal, Option<String>)>, Interrupt> {
        {
            let mut seen = self.seen.borrow_mut();
            seen.found.clear();
            seen.awaiting = false;
        }
        let fault = match self.scope(lets, &Locals::default()).value(&guard.condition) {
            Ok(Value::Boolean(true)) => return Ok(None),
            Ok(Value::Boolean(false)) => None,
            Ok(other) => Some(format!(
                "`{}` is {}, neither true nor false",
                guard.condition.source(),
                other.kind().described()
            )),
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => Some(sentence),
        };
        let sentence = self.guard_sentence(guard, lets, fault.as_deref())?;
        let instances = self.seen.borrow().found.iter().cloned().collect();
        Ok(Some((
            Refusal {
                kind: RefusalKind::Guard,
                sentence,
                field: None,
                instances,
            },
            fault,
        )))
    }

    /// What is missing, if it cannot be said whether the guard holds: the owner's sentence would claim that it does not. Else that sentence,
    /// else the clause that was false, with what was seen.
    fn guard_sentence(&self, guard: &Guard, lets: &[&Lets], fault: Option<&str>) -> Result<String, Interrupt> {
        if let Some(fault) = fault {
            return Ok(fault.to_owned());
        }
        if let Some(otherwise) = &guard.otherwise {
            match self.scope(lets, &Locals::default()).text(otherwise) {
                Ok(sentence) => return Ok(sentence),
                Err(NoValue::Needs) => return Err(Interrupt::Needs),
                Err(NoValue::Fault(_)) => {}
            }
        }
        self.false_clauses(&guard.condition, lets)
    }

    fn false_clauses(&self, condition: &Expression, lets: &[&Lets]) -> Result<String, Interrupt> {
        let locals = Locals::default();
        let Ok(explained) = condition.explain(&self.scope(lets, &locals)) else {
            return Ok(format!("`{}`{IS_FALSE}", condition.source()));
        };
        let clauses = explained.false_clauses.iter().map(|clause| {
            let seen = clause.seen.iter().filter(|seen| !self.may_be_personal(&seen.path));
            let seen: Vec<String> = seen.map(|seen| format!("{} is {}", seen.path, seen.text)).collect();
            if seen.is_empty() {
                format!("`{}`{IS_FALSE}", clause.text)
            } else {
                format!("`{}`{IS_FALSE}: {}", clause.text, seen.join(", "))
            }
        });
        Ok(clauses.collect::<Vec<_>>().join("; "))
    }

    /// Refusals are recorded: nothing that may be personal is repeated in them.
    fn may_be_personal(&self, path: &str) -> bool {
        let root = path.split(['.', '[']).next().unwrap_or_default();
        match self.chart.data.get(root) {
            Some(field) => field.is_personal(),
            None => self.next.secret.is_some(),
        }
    }
}

impl Refusal {
    /// The clauses that were false, as they are written, of a guard whose owner did not say in words why; None: the sentence is in words.
    pub fn conditions(&self) -> Option<Vec<&str>> {
        if self.kind != RefusalKind::Guard || !self.sentence.starts_with('`') {
            return None;
        }
        let mut clauses = Vec::new();
        let mut rest = self.sentence.as_str();
        while let Some(begun) = rest.strip_prefix('`') {
            let (clause, behind) = begun.split_once(&format!("`{IS_FALSE}"))?;
            clauses.push(clause);
            // what was seen stands behind it, and then the next
            rest = behind.find("; `").map_or("", |next| &behind[next + 2..]);
        }
        Some(clauses)
    }
}

/// The form's typed fields (None: they are as they came), or every problem with them.
pub(super) fn accept_form(form: &Form, payload: &Object) -> Result<Option<Object>, Vec<Refusal>> {
    let accepted = form.fields.accept_object(payload);
    accepted.map_err(|problems| problems.into_iter().map(Refusal::of_field).collect())
}

pub(super) fn forbidden(sentence: &str) -> Refusal {
    Refusal::new(RefusalKind::Forbidden, sentence)
}
