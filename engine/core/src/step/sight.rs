//! Who sees an instance, and how much of it. Whoever does not see one can do nothing to it.

use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::{Interrupt, NoValue};
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind, Facts, Needs, Refusal, RefusalKind, Snapshot};
use crate::chart::{AUDITOR, Access, Chart, Grant};
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
    let mut seen = Shows::Nothing;
    for (rule, access) in (0..).zip(&chart.access) {
        let grants = machine.grants(rule, access).map_err(|_| machine.take_needs())?;
        if machine.lacks_facts() {
            return Err(machine.take_needs());
        }
        if grants {
            seen = seen.and(access.show.as_deref());
        }
    }
    Ok(match seen {
        Shows::Nothing => Visibility::Hidden,
        shows => Visibility::Shown { fields: shows.fields() },
    })
}

/// What several rules show together.
pub(super) enum Shows {
    Nothing,
    Fields(Vec<Arc<str>>),
    Everything,
}

impl Shows {
    /// `show`: what one more rule shows; None: all.
    pub fn and(self, show: Option<&[Arc<str>]>) -> Shows {
        match (self, show) {
            (Shows::Everything, _) | (_, None) => Shows::Everything,
            (Shows::Nothing, Some(show)) => Shows::Fields(show.to_vec()),
            (Shows::Fields(mut fields), Some(show)) => {
                let more: Vec<_> = show.iter().filter(|field| !fields.contains(field)).cloned().collect();
                fields.extend(more);
                Shows::Fields(fields)
            }
        }
    }

    /// None: all.
    pub fn fields(self) -> Option<Vec<Arc<str>>> {
        match self {
            Shows::Nothing => Some(Vec::new()),
            Shows::Fields(fields) => Some(fields),
            Shows::Everything => None,
        }
    }
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
        for (rule, access) in (0..).zip(&self.chart.access) {
            if self.grants(rule, access)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the actor sees all of it by rules that need no opening.
    pub(super) fn sees_all_without_opening(&self) -> Result<bool, Interrupt> {
        for access in &self.chart.access {
            if access.grant == Grant::Sight && access.show.is_none() && self.is_meant(access)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a rule, by its place in the chart, shows the instance to the actor now.
    fn grants(&self, rule: u16, access: &Access) -> Result<bool, Interrupt> {
        match access.grant {
            Grant::Sight => self.is_meant(access),
            Grant::BreakGlass(_) => Ok(self.has_opened(rule) && self.is_meant(access)?),
            Grant::CountsOnly(_) => Ok(false),
        }
    }

    fn has_opened(&self, rule: u16) -> bool {
        let rules = self.next.openings.get(&self.actor.id);
        rules
            .and_then(|rules| rules.get(&rule))
            .is_some_and(|until| *until > self.now)
    }

    /// Whether a rule is about the actor and the instance, on whatever terms.
    pub(super) fn is_meant(&self, access: &Access) -> Result<bool, Interrupt> {
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
