//! Who: people, workflows, adapters and schedules. (Reference, section 5.)

use super::value::Sink;
use super::{Lowering, head};
use crate::chart::{Party, People, PersonPattern};
use crate::diagnostic::Code;
use crate::expression::Template;
use crate::lang::scope::Scope;
use crate::yaml::{Kind, Mapping, Node};

/// Who may, or who sees, is decided from stored attributes.
const SINK: Sink<'static> = Sink::Public("the choice of who may");

const LINES: [&str; 5] = ["role", "user", "unit", "organisation", "skill"];

impl Lowering<'_> {
    /// A list of parties; nobody where nothing is written.
    pub(super) fn people(&mut self, node: Option<&Node>, scope: &Scope) -> People {
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        let parties = items.iter().filter_map(|item| self.party(item, scope)).collect();
        People { parties }
    }

    fn party(&mut self, node: &Node, scope: &Scope) -> Option<Party> {
        match &node.kind {
            Kind::Scalar(_) => {
                let role = self.template(node, scope, SINK)?;
                Some(Party::Person(PersonPattern {
                    role: vec![role],
                    ..PersonPattern::default()
                }))
            }
            Kind::Mapping(mapping) => self.party_of(mapping, node, scope),
            _ => None,
        }
    }

    fn party_of(&mut self, mapping: &Mapping, node: &Node, scope: &Scope) -> Option<Party> {
        let whole = ["not", "workflow", "adapter", "schedule"]
            .iter()
            .filter_map(|key| mapping.entry(key))
            .next();
        if let Some(entry) = whole {
            for other in mapping
                .iter()
                .filter(|other| other.name() != entry.name() && !crate::yaml::is_extension(other.name()))
            {
                let message = format!("`{}` stands alone in its entry", entry.name());
                let help = "make an entry of its own of it: any entry may match, and `not` excludes whatever else matches";
                self.error(Code::KeysExclude, other.key.span, message, help);
            }
            let name = entry.value.as_scalar();
            return match entry.name() {
                "not" => Some(Party::Not(self.texts(&entry.value, scope))),
                "workflow" => name.map(|name| Party::Workflow(name.text.clone())),
                "adapter" => name.map(|name| Party::Adapter(name.text.clone())),
                _ => name.map(|name| self.schedule_party(name)),
            };
        }
        if !LINES.iter().any(|line| mapping.get(line).is_some()) {
            self.error(
                Code::MissingKey,
                head(node),
                "nobody is named here",
                "name a role, user, unit, organisation or skill",
            );
            return None;
        }
        let mut line = |name: &str| mapping.get(name).map_or_else(Vec::new, |node| self.texts(node, scope));
        Some(Party::Person(PersonPattern {
            role: line("role"),
            user: line("user"),
            unit: line("unit"),
            organisation: line("organisation"),
            skill: line("skill"),
        }))
    }

    fn texts(&mut self, node: &Node, scope: &Scope) -> Vec<Template> {
        match node.as_sequence() {
            Some(items) => items.iter().filter_map(|item| self.template(item, scope, SINK)).collect(),
            None => self.template(node, scope, SINK).into_iter().collect(),
        }
    }
}
