//! The staff, and whoever is needed beside it.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::chart::{Chart, Party, PersonPattern};
use statewright_core::diagnostic::{Code, Diagnostic, nearest};
use statewright_core::expression::Template;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::yaml::{Node, Scalar};

use super::{Reading, entries};
use crate::simulation::plan::Group;

/// People of one role: whoever simulates more of them asks about a city.
const PEOPLE_MAX: i64 = 1_000;

/// How many stand for a role of which there are as many as are needed: as many as may have to be different ones for one thing, where one
/// enters it, one checks it and two sign it. They are never busy.
const SPARES: usize = 5;

/// Roles that a workflow names for people, literally.
pub(super) fn roles_of(chart: &Chart) -> BTreeSet<Arc<str>> {
    let patterns = patterns_of(chart);
    let roles = patterns
        .iter()
        .flat_map(|pattern| &pattern.role)
        .filter_map(Template::literal_text);
    roles.collect()
}

fn patterns_of(chart: &Chart) -> Vec<&PersonPattern> {
    let people = chart.people();
    let parties = people.into_iter().flat_map(|(people, _)| &people.parties);
    let patterns = parties.filter_map(|party| match party {
        Party::Person(pattern) => Some(pattern),
        _ => None,
    });
    patterns.collect()
}

impl Reading<'_> {
    pub(super) fn groups(&mut self) -> Vec<Group> {
        let root = self.root;
        let mut groups = Vec::new();
        for entry in entries(root.get("staff")) {
            self.check_role(&entry.key);
            let nodes = entry.value.as_sequence().unwrap_or(std::slice::from_ref(&entry.value));
            groups.extend(nodes.iter().filter_map(|node| self.group(&entry.key.text, node)));
        }
        groups
    }

    fn group(&mut self, role: &Arc<str>, node: &Node) -> Option<Group> {
        let people = node.get("people").unwrap_or(node);
        let people = self.reader.integer(people, "`people`", PEOPLE_MAX)?;
        let text = |key: &str| node.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        Some(Group {
            role: role.clone(),
            people: u32::try_from(people).unwrap_or(0),
            hours: node.get("hours").and_then(|node| self.hours(node)),
            unit: text("unit"),
            organisation: text("organisation"),
            skills: node
                .get("skills")
                .map(|node| self.reader.texts(node, "`skills`"))
                .unwrap_or_default(),
            roles: self.expanded(std::slice::from_ref(role)),
        })
    }

    fn check_role(&mut self, role: &Scalar) {
        let known = self.known_roles();
        if known.contains(&role.text) {
            return;
        }
        let diagnostic = Diagnostic::error(Code::UnknownRole, role.span, format!("there is no role `{}`", role.text));
        self.tell(match nearest(&role.text, known.iter().map(|role| &**role)) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(role.span, meant),
            None => diagnostic.help("no workflow here names it"),
        });
    }

    /// For each role that nobody has: somebody, as the workflows ask for them.
    pub(super) fn spares(&self, groups: &[Group]) -> Vec<Actor> {
        let given = self.setting.given.people.values().flat_map(|person| &person.roles);
        let had: BTreeSet<&Arc<str>> = groups.iter().flat_map(|group| &group.roles).chain(given).collect();
        let mut kinds = BTreeSet::new();
        for chart in self.setting.charts() {
            for pattern in patterns_of(chart) {
                let roles = pattern.role.iter().filter_map(Template::literal_text);
                kinds.extend(roles.filter(|role| !had.contains(role)).map(|role| Wanted::of(role, pattern)));
            }
        }
        kinds.into_iter().flat_map(|wanted| self.spare(&wanted)).collect()
    }

    fn spare(&self, wanted: &Wanted) -> Vec<Actor> {
        let Wanted {
            role,
            unit,
            organisation,
            skills,
        } = wanted;
        let place = unit
            .iter()
            .chain(organisation)
            .chain(skills)
            .fold(String::new(), |name, part| format!("{name}-{part}"));
        let people = (1..=SPARES).map(|number| Actor {
            roles: self.expanded(std::slice::from_ref(role)),
            unit: unit.clone(),
            organisation: organisation.clone(),
            skills: skills.clone(),
            ..Actor::plain(ActorKind::Person, format!("any-{role}{place}-{number}"))
        });
        people.collect()
    }
}

/// Somebody as a workflow asks for them.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    role: Arc<str>,
    unit: Option<Arc<str>>,
    organisation: Option<Arc<str>>,
    skills: Vec<Arc<str>>,
}

impl Wanted {
    fn of(role: Arc<str>, pattern: &PersonPattern) -> Self {
        let first = |templates: &[Template]| templates.iter().find_map(Template::literal_text);
        Wanted {
            role,
            unit: first(&pattern.unit),
            organisation: first(&pattern.organisation),
            skills: first(&pattern.skill).into_iter().collect(),
        }
    }
}
