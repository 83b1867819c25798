//! Whether an actor is among the people named (reference, section 5).

use std::sync::Arc;

use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind};
use crate::chart::{Chart, Lets, Party, People, PersonPattern};
use crate::expression::Template;
use crate::value::Value;

impl Machine<'_> {
    /// Any entry may match; an exclusion holds whatever else matches. Nobody is among nobody.
    pub(super) fn among(&self, people: &People, actor: &Actor, lets: &[&Lets]) -> Result<bool, NoValue> {
        let mut matched = false;
        for party in &people.parties {
            match party {
                Party::Not(templates) => {
                    if self.any_names(templates, &actor.identities(), lets)? {
                        return Ok(false);
                    }
                }
                Party::Person(pattern) => {
                    matched = matched || (actor.kind == ActorKind::Person && self.fits(pattern, actor, lets)?);
                }
                Party::Workflow(name) => {
                    matched = matched || matches!(&actor.kind, ActorKind::Workflow { workflow } if workflow == name);
                }
                Party::Adapter(name) => matched = matched || (actor.kind == ActorKind::Adapter && actor.id == *name),
                Party::Schedule(name) => matched = matched || (actor.kind == ActorKind::Schedule && actor.id == *name),
            }
        }
        Ok(matched)
    }

    fn fits(&self, pattern: &PersonPattern, actor: &Actor, lets: &[&Lets]) -> Result<bool, NoValue> {
        Ok(self.line_fits(&pattern.role, &actor.roles, lets)?
            && self.line_fits(&pattern.user, &actor.identities(), lets)?
            && self.line_fits(&pattern.unit, actor.unit.as_slice(), lets)?
            && self.line_fits(&pattern.organisation, actor.organisation.as_slice(), lets)?
            && self.line_fits(&pattern.skill, &actor.skills, lets)?)
    }

    /// A line that is not there fits; one that computes to null fits nobody.
    fn line_fits(&self, line: &[Template], has: &[Arc<str>], lets: &[&Lets]) -> Result<bool, NoValue> {
        Ok(line.is_empty() || self.any_names(line, has, lets)?)
    }

    fn any_names(&self, templates: &[Template], has: &[Arc<str>], lets: &[&Lets]) -> Result<bool, NoValue> {
        for template in templates {
            let named = match template.literal() {
                Some(name) => has.iter().any(|each| **each == *name),
                None => {
                    let wanted = self.scope(lets, &Locals::default()).template(template)?;
                    has.iter().any(|each| names(&wanted, each))
                }
            };
            if named {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether somebody might start instances of this chart, as far as that can be said before a form is filled in: what is computed of the
/// form may name anybody.
pub fn may_start(chart: &Chart, actor: &Actor) -> bool {
    let named = |line: &[Template], has: &[Arc<str>]| {
        line.iter()
            .any(|template| template.literal().is_none_or(|name| has.iter().any(|each| **each == *name)))
    };
    let may_fit = |line: &[Template], has: &[Arc<str>]| line.is_empty() || named(line, has);
    let mut matched = false;
    for party in &chart.start.by.parties {
        match party {
            Party::Not(users) if users.iter().all(|user| user.literal().is_some()) && named(users, &actor.identities()) => {
                return false;
            }
            Party::Person(pattern) if actor.kind == ActorKind::Person => {
                matched |= may_fit(&pattern.role, &actor.roles)
                    && may_fit(&pattern.user, &actor.identities())
                    && may_fit(&pattern.unit, actor.unit.as_slice())
                    && may_fit(&pattern.organisation, actor.organisation.as_slice())
                    && may_fit(&pattern.skill, &actor.skills);
            }
            _ => {}
        }
    }
    matched
}

/// Whether a text, or a list of texts, names this one.
fn names(value: &Value, text: &str) -> bool {
    match value {
        Value::Text(name) => **name == *text,
        Value::List(items) => items.iter().any(|item| names(item, text)),
        _ => false,
    }
}
