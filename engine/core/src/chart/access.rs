//! Who sees an instance, and on which terms.

use std::sync::Arc;

use super::{Chart, Party, People, PersonPattern};
use crate::expression::{Expression, Template};
use crate::time::Duration;

/// Who sees an instance.
#[derive(Clone, Debug)]
pub struct Access {
    pub people: People,
    pub condition: Option<Expression>,
    /// None: all fields.
    pub show: Option<Vec<Arc<str>>>,
    pub grant: Grant,
}

/// On which terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// They see it.
    Sight,
    /// They see it for so long after they opened it with a reason.
    BreakGlass(Duration),
    /// They see nothing of it; it is among those that are counted for them, where there are at least so many.
    CountsOnly(u64),
}

impl Access {
    /// Whether there could be an instance that this entry is about for somebody with these, as far as that is said without one.
    pub(crate) fn might_be_for(&self, own: &Attributes<'_>) -> bool {
        let mut might = false;
        for party in &self.people.parties {
            match party {
                Party::Person(person) => might |= person.might_be(own),
                Party::Not(templates) => {
                    let named = |template: &Template| template.literal().is_some_and(|name| own.identities.contains(&name));
                    if templates.iter().any(named) {
                        return false;
                    }
                }
                Party::Workflow(_) | Party::Adapter(_) | Party::Schedule(_) => {}
            }
        }
        might
    }
}

impl PersonPattern {
    /// Whether somebody with these might match, as far as that is said without an instance.
    pub(crate) fn might_be(&self, own: &Attributes<'_>) -> bool {
        let fits = |line: &[Template], has: &[&str]| {
            line.is_empty()
                || line
                    .iter()
                    .any(|template| template.literal().map_or(!has.is_empty(), |name| has.contains(&name)))
        };
        fits(&self.role, &own.roles)
            && fits(&self.user, &own.identities)
            && fits(&self.unit, &own.units)
            && fits(&self.organisation, &own.organisations)
            && fits(&self.skill, &own.skills)
    }
}

/// What people are chosen by.
pub(crate) struct Attributes<'a> {
    pub identities: Vec<&'a str>,
    pub roles: Vec<&'a str>,
    pub units: Vec<&'a str>,
    pub organisations: Vec<&'a str>,
    pub skills: Vec<&'a str>,
}

impl Chart {
    /// Whether anybody may open instances with a reason.
    pub fn has_glass(&self) -> bool {
        self.access.iter().any(|access| matches!(access.grant, Grant::BreakGlass(_)))
    }

    /// The personal fields that somebody might be shown of an instance, of those by which instances are found; as far as that is said without
    /// an instance.
    pub(crate) fn blind_fields_to(&self, own: &Attributes<'_>) -> Vec<Arc<str>> {
        let theirs = self.access.iter().filter(|access| access.might_be_for(own));
        let showing: Vec<&Access> = theirs
            .filter(|access| !matches!(access.grant, Grant::CountsOnly(_)))
            .collect();
        let is_shown = |field: &&Arc<str>| {
            let shows = |access: &&Access| access.show.as_ref().is_none_or(|show| show.contains(field));
            showing.iter().any(shows)
        };
        self.blind.iter().filter(is_shown).cloned().collect()
    }

    /// The terms on which somebody might see an instance, or have it counted, as far as that is said without an instance.
    pub(crate) fn grants_to<'a>(&'a self, own: &'a Attributes<'a>) -> impl Iterator<Item = Grant> + 'a {
        let theirs = self.access.iter().filter(|access| access.might_be_for(own));
        theirs.map(|access| access.grant)
    }
}
