//! Whom a view is for, and what they are shown of a workflow.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::chart::{Access, Chart, Grant, Party, People};
use crate::yaml::{Kind, Mapping, Node, Scalar};

/// The roles that a list of people names.
#[derive(Default)]
pub(super) struct Roles {
    /// As they are written.
    pub named: Vec<Scalar>,
    /// Whether somebody may be meant who is named otherwise: by what is computed, by a user, a unit or an organisation alone.
    pub others: bool,
}

impl Roles {
    /// Those under `for`.
    pub fn of(mapping: &Mapping) -> Roles {
        let mut roles = Roles::default();
        for item in mapping.get("for").and_then(Node::as_sequence).unwrap_or_default() {
            match &item.kind {
                Kind::Scalar(scalar) => roles.note(scalar),
                Kind::Mapping(person) if person.get("not").is_some() => {}
                Kind::Mapping(person) => match person.get("role") {
                    Some(node) => match node.as_sequence() {
                        Some(items) => items.iter().filter_map(Node::as_scalar).for_each(|scalar| roles.note(scalar)),
                        None => node.as_scalar().into_iter().for_each(|scalar| roles.note(scalar)),
                    },
                    None => roles.others = true,
                },
                _ => {}
            }
        }
        roles
    }

    fn note(&mut self, scalar: &Scalar) {
        match scalar.text.contains("{{") {
            true => self.others = true,
            false => self.named.push(scalar.clone()),
        }
    }

    pub fn names(&self) -> BTreeSet<Arc<str>> {
        self.named.iter().map(|role| role.text.clone()).collect()
    }
}

/// The roles that people are named by; None where others may be meant.
pub(super) fn roles_of(people: &People) -> Option<BTreeSet<Arc<str>>> {
    let mut roles = BTreeSet::new();
    for party in &people.parties {
        let Party::Person(person) = party else { continue };
        if person.role.is_empty() {
            return None;
        }
        for role in &person.role {
            roles.insert(role.literal_text()?);
        }
    }
    Some(roles)
}

/// The roles to which a workflow shows its instances; None where it shows them to others, too.
pub(super) fn shown_to(chart: &Chart) -> Option<BTreeSet<Arc<str>>> {
    let mut roles = BTreeSet::new();
    for access in chart.access.iter().filter(|access| shows_instances(access)) {
        roles.extend(roles_of(&access.people)?);
    }
    Some(roles)
}

/// The roles for which instances are counted; None where others may be meant.
pub(super) fn counted_for(chart: &Chart) -> Option<BTreeSet<Arc<str>>> {
    let mut roles = BTreeSet::new();
    for access in chart.access.iter().filter(|access| !shows_instances(access)) {
        roles.extend(roles_of(&access.people)?);
    }
    Some(roles)
}

/// Whether a role may be shown a field: by a rule that shows all, or one that names it or what it stands in.
pub(super) fn may_see(chart: &Chart, role: &str, field: &str) -> bool {
    let first = field.split('.').next().unwrap_or_default();
    chart.access.iter().filter(|access| shows_instances(access)).any(|access| {
        let is_theirs = roles_of(&access.people).is_none_or(|roles| roles.contains(role));
        let shows = access.show.as_ref().is_none_or(|show| {
            let names = |shown: &Arc<str>| **shown == *field || **shown == *first || shown.split('.').next() == Some(first);
            show.iter().any(names)
        });
        is_theirs && shows
    })
}

/// Whoever is given counts alone is shown no instance; who may open one is, while it is open.
fn shows_instances(access: &Access) -> bool {
    !matches!(access.grant, Grant::CountsOnly(_))
}
