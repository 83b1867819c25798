//! Whether an actor is among the people named (reference, section 5).

use std::sync::Arc;

use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind};
use crate::chart::{Lets, Party, People, PersonPattern};
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

/// Whether a text, or a list of texts, names this one.
fn names(value: &Value, text: &str) -> bool {
    match value {
        Value::Text(name) => **name == *text,
        Value::List(items) => items.iter().any(|item| names(item, text)),
        _ => false,
    }
}
