//! What ties an instance to whoever sees it, as far as an index tells that: `practice == actor.organisation`, `unit: "{{ ward }}"`.
//!
//! What has no such tie is not theirs, and need not be read to know it. What has one may still not be: only its own rules say that it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Actor;
use super::glass::attributes;
use super::index::index_text;
use crate::chart::{AUDITOR, Access, Attributes, Chart, Grant, Party, PersonPattern};
use crate::expression::ast::{Comparison, Node, Term};
use crate::expression::{Expression, Template};
use crate::value::Value;

/// An indexed field, and the text under which an instance stands in it.
pub type Tie = (Arc<str>, Arc<str>);

/// One of these stands in the index of every instance of the chart that the actor sees. None: they may see some without.
pub fn ties(chart: &Chart, actor: &Actor) -> Option<BTreeSet<Tie>> {
    if actor.roles.iter().any(|role| &**role == AUDITOR) {
        return None;
    }
    let own = attributes(actor);
    let shows = |access: &&Access| !matches!(access.grant, Grant::CountsOnly(_)) && access.might_be_for(&own);
    let tying = Tying { chart, actor, own: &own };
    let mut ties = BTreeSet::new();
    for access in chart.access.iter().filter(shows) {
        ties.extend(tying.of_access(access)?);
    }
    Some(ties)
}

struct Tying<'a> {
    chart: &'a Chart,
    actor: &'a Actor,
    own: &'a Attributes<'a>,
}

impl Tying<'_> {
    /// None: nothing ties what it shows.
    fn of_access(&self, access: &Access) -> Option<Vec<Tie>> {
        if let Some(ties) = access
            .condition
            .as_ref()
            .and_then(|condition| self.of_condition(condition.root()))
        {
            return Some(ties);
        }
        let mut ties = Vec::new();
        for party in &access.people.parties {
            match party {
                Party::Person(pattern) if pattern.might_be(self.own) => ties.extend(self.of_pattern(pattern)?),
                // an exclusion adds nobody, and none of the others is a person
                Party::Person(_) | Party::Not(_) | Party::Workflow(_) | Party::Adapter(_) | Party::Schedule(_) => {}
            }
        }
        Some(ties)
    }

    /// By a clause that compares a field with something of the actor's.
    fn of_condition(&self, node: &Node) -> Option<Vec<Tie>> {
        match &node.term {
            Term::And(clauses) => clauses.iter().find_map(|clause| self.of_condition(clause)),
            Term::Compare {
                comparison: Comparison::Equal,
                left,
                right,
            } => self.of_sides(left, right).or_else(|| self.of_sides(right, left)),
            _ => None,
        }
    }

    fn of_sides(&self, field: &Node, actors: &Node) -> Option<Vec<Tie>> {
        let Term::Field { base, name, .. } = &actors.term else {
            return None;
        };
        if !matches!(&base.term, Term::Variable(variable) if &**variable == "actor") {
            return None;
        }
        let has = match &**name {
            "id" => Some(&self.actor.id),
            "unit" => self.actor.unit.as_ref(),
            "organisation" => self.actor.organisation.as_ref(),
            "person" => self.actor.person.as_ref(),
            _ => return None,
        };
        // whoever has none is the same as an instance that has none, and no index finds that
        self.to_field(field, std::slice::from_ref(has?))
    }

    /// By a line that one field computes, whatever else the pattern asks.
    fn of_pattern(&self, pattern: &PersonPattern) -> Option<Vec<Tie>> {
        let actor = self.actor;
        let identities = actor.identities();
        let lines: [(&[Template], &[Arc<str>]); 5] = [
            (&pattern.user, &identities),
            (&pattern.unit, actor.unit.as_slice()),
            (&pattern.organisation, actor.organisation.as_slice()),
            (&pattern.skill, &actor.skills),
            (&pattern.role, &actor.roles),
        ];
        lines.iter().find_map(|(line, has)| self.of_line(line, has))
    }

    fn of_line(&self, line: &[Template], has: &[Arc<str>]) -> Option<Vec<Tie>> {
        if line.is_empty() {
            return None;
        }
        let mut ties = Vec::new();
        for template in line {
            let field = template.single().map(|(_, expression)| Expression::root(expression))?;
            ties.extend(self.to_field(field, has)?);
        }
        Some(ties)
    }

    /// None: it is none of the chart's indexed fields.
    fn to_field(&self, node: &Node, has: &[Arc<str>]) -> Option<Vec<Tie>> {
        let Term::Variable(name) = &node.term else { return None };
        let is_own = self.chart.indexed.contains(name) && self.chart.data.get(name).is_some_and(|field| !field.is_personal());
        let text = |text: &Arc<str>| Some((name.clone(), index_text(&Value::Text(text.clone()))?));
        is_own.then(|| has.iter().filter_map(text).collect())
    }
}
