//! Who sees an instance, and how much of it. Whoever does not see one can do nothing to it.

use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::{Interrupt, NoValue};
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind, Facts, Needs, Refusal, RefusalKind, Snapshot};
use crate::chart::{AUDITOR, Access, Chart};
use crate::value::Value;

/// What an actor sees of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    Hidden,
    /// None: every field.
    Shown {
        fields: Option<Vec<Arc<str>>>,
    },
}

/// By the workflow's `access`; nobody sees what it does not grant.
pub fn visibility(chart: &Chart, snapshot: &Snapshot, actor: &Actor, facts: &Facts, now: Timestamp) -> Result<Visibility, Needs> {
    let machine = Machine::new(chart, snapshot.clone(), actor, None, facts, now);
    let mut seen: Option<Option<Vec<Arc<str>>>> = None;
    for access in &chart.access {
        let grants = machine.grants(access).map_err(|_| machine.take_needs())?;
        if machine.lacks_facts() {
            return Err(machine.take_needs());
        }
        if !grants {
            continue;
        }
        seen = Some(match (seen, &access.show) {
            (Some(None), _) | (_, None) => None,
            (None, Some(show)) => Some(show.clone()),
            (Some(Some(mut fields)), Some(show)) => {
                fields.extend(
                    show.iter()
                        .filter(|field| !fields.contains(field))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                Some(fields)
            }
        });
    }
    Ok(seen.map_or(Visibility::Hidden, |fields| Visibility::Shown { fields }))
}

/// Whether an actor sees anything of an instance: a person by `access`, or as an auditor. Instances, adapters and schedules look at
/// nothing; what they may do is said by `by` alone.
pub fn sees(chart: &Chart, snapshot: &Snapshot, actor: &Actor, facts: &Facts, now: Timestamp) -> Result<bool, Needs> {
    let machine = Machine::new(chart, snapshot.clone(), actor, None, facts, now);
    let seen = machine.is_seen().map_err(|_| machine.take_needs())?;
    if machine.lacks_facts() {
        return Err(machine.take_needs());
    }
    Ok(seen)
}

impl Machine<'_> {
    /// Whether the actor sees anything of the instance.
    pub(super) fn is_seen(&self) -> Result<bool, Interrupt> {
        if self.actor.kind != ActorKind::Person || self.actor.roles.iter().any(|role| &**role == AUDITOR) {
            return Ok(true);
        }
        // what tables answer to that is nothing that was done
        let decided = std::mem::take(&mut self.seen.borrow_mut().decisions);
        let granted = self.grants_any();
        self.seen.borrow_mut().decisions = decided;
        granted
    }

    fn grants_any(&self) -> Result<bool, Interrupt> {
        for access in &self.chart.access {
            if self.grants(access)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn grants(&self, access: &Access) -> Result<bool, Interrupt> {
        match self.fits_access(access) {
            Ok(granted) => Ok(granted),
            Err(NoValue::Needs) => Err(Interrupt::Needs),
            // what cannot be decided is not granted
            Err(NoValue::Fault(_)) => Ok(false),
        }
    }

    fn fits_access(&self, access: &Access) -> Result<bool, NoValue> {
        if !self.among(&access.people, self.actor, &[])? {
            return Ok(false);
        }
        match &access.condition {
            Some(condition) => Ok(self.scope(&[], &Locals::default()).value(condition)? == Value::Boolean(true)),
            None => Ok(true),
        }
    }
}

/// What whoever does not see an instance is told: what they would be told if there were none.
pub(super) fn hidden() -> Refusal {
    Refusal::new(RefusalKind::Hidden, "there is no such instance, or it is not yours to see")
}
