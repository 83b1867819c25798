//! Who may, as the file says it: read anew, with nothing of the engine's own reading.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use statewright_core::chart::{Access, Grant, Party, People, PersonPattern};
use statewright_core::expression::Template;
use statewright_core::step::{Actor, ActorKind, Snapshot};
use statewright_core::value::Value;

/// What every field is given that says whose an instance is, and what those have who are meant by it.
pub const OWN: &str = "own";
const OTHER: &str = "another";

/// What a field of the instance says that the file compares somebody with.
pub fn whose() -> Value {
    Value::from_text(OWN)
}

/// How somebody stands to an instance: what of what its fields name they are. Each is asked for only where the file asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    user: bool,
    unit: bool,
    organisation: bool,
    person: bool,
    skills: bool,
}

impl Relation {
    pub fn actor(&self, role: &Arc<str>) -> Actor {
        let named = |is_own: bool| Arc::from(if is_own { OWN } else { OTHER });
        Actor {
            roles: vec![role.clone()],
            unit: Some(named(self.unit)),
            organisation: Some(named(self.organisation)),
            person: Some(named(self.person)),
            skills: if self.skills {
                SKILLS.with_borrow(|skills| skills.iter().cloned().collect())
            } else {
                Vec::new()
            },
            ..Actor::plain(ActorKind::Person, named(self.user))
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |is_own: bool| if is_own { "own" } else { "another" };
        write!(
            formatter,
            "{} user, {} unit, {} organisation, {} person, {}",
            word(self.user),
            word(self.unit),
            word(self.organisation),
            word(self.person),
            if self.skills { "with every skill" } else { "without skills" }
        )
    }
}

thread_local! {
    /// Every skill that a file has named so far.
    static SKILLS: std::cell::RefCell<BTreeSet<Arc<str>>> = const { std::cell::RefCell::new(BTreeSet::new()) };
}

/// What can be said from the file alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Known(bool),
    /// It rests on what is computed.
    Unknown,
}

/// Every combination of what these ask for.
pub fn relations(by: &[People], access: &[Access]) -> Vec<Relation> {
    let all = by.iter().chain(access.iter().map(|access| &access.people));
    let parties: Vec<&Party> = all.flat_map(|people| &people.parties).collect();
    let patterns = || {
        parties.iter().filter_map(|party| match party {
            Party::Person(pattern) => Some(pattern),
            _ => None,
        })
    };
    for skill in patterns()
        .flat_map(|pattern| &pattern.skill)
        .filter_map(Template::literal_text)
    {
        SKILLS.with_borrow_mut(|skills| skills.insert(skill));
    }
    let asks = |line: fn(&PersonPattern) -> &Vec<Template>| patterns().any(|pattern| !line(pattern).is_empty());
    let excludes = parties.iter().any(|party| matches!(party, Party::Not(_)));
    let compares = |what: &str| {
        access
            .iter()
            .any(|rule| comparison(rule).is_some_and(|(_, with)| with == what))
    };
    let both = |asked: bool| if asked { vec![false, true] } else { vec![false] };
    let mut relations = Vec::new();
    for user in both(excludes || asks(|pattern| &pattern.user)) {
        for unit in both(asks(|pattern| &pattern.unit)) {
            for organisation in both(compares("organisation") || asks(|pattern| &pattern.organisation)) {
                for person in both(compares("person")) {
                    for skills in both(asks(|pattern| &pattern.skill)) {
                        relations.push(Relation {
                            user,
                            unit,
                            organisation,
                            person,
                            skills,
                        });
                    }
                }
            }
        }
    }
    relations
}

/// Whether any of these names them.
pub fn is_among(by: &[People], actor: &Actor, snapshot: &Snapshot) -> Judgement {
    any(by.iter().map(|people| one(people, actor, snapshot)))
}

/// Whether a rule lets them see it who have not opened it.
pub fn sees(access: &[Access], actor: &Actor, snapshot: &Snapshot) -> Judgement {
    any(access
        .iter()
        .map(|rule| match (rule.grant, one(&rule.people, actor, snapshot)) {
            (Grant::Sight, Judgement::Known(true)) if rule.condition.is_some() => match comparison(rule) {
                Some((field, "organisation")) => is(field, actor.organisation.as_ref(), snapshot),
                Some((field, "person")) => is(field, actor.person.as_ref(), snapshot),
                _ => Judgement::Unknown,
            },
            (Grant::Sight, judgement) => judgement,
            _ => Judgement::Known(false),
        }))
}

/// Of a rule that says `if: FIELD == actor.WHAT`, and nothing else: both.
pub fn comparison(rule: &Access) -> Option<(&str, &str)> {
    let (field, what) = rule.condition.as_ref()?.source().split_once(" == actor.")?;
    (is_name(field) && is_name(what)).then_some((field, what))
}

fn is(field: &str, name: Option<&Arc<str>>, snapshot: &Snapshot) -> Judgement {
    let value = match field {
        "key" => Some(&*snapshot.key),
        field => snapshot.data.get(field).and_then(Value::as_text),
    };
    value.map_or(Judgement::Unknown, |value| {
        Judgement::Known(name.is_some_and(|name| **name == *value))
    })
}

fn one(people: &People, actor: &Actor, snapshot: &Snapshot) -> Judgement {
    let excluded = people.parties.iter().filter_map(|party| match party {
        Party::Not(users) => Some(line(users, std::slice::from_ref(&actor.id), snapshot)),
        _ => None,
    });
    let named = people.parties.iter().filter_map(|party| match party {
        Party::Person(pattern) => Some(fits(pattern, actor, snapshot)),
        _ => None,
    });
    match (any(excluded), any(named)) {
        (Judgement::Known(true), _) | (_, Judgement::Known(false)) => Judgement::Known(false),
        (Judgement::Known(false), named) => named,
        _ => Judgement::Unknown,
    }
}

fn fits(pattern: &PersonPattern, actor: &Actor, snapshot: &Snapshot) -> Judgement {
    let lines = [
        (&pattern.role, &actor.roles[..]),
        (&pattern.user, std::slice::from_ref(&actor.id)),
        (&pattern.unit, actor.unit.as_slice()),
        (&pattern.organisation, actor.organisation.as_slice()),
        (&pattern.skill, &actor.skills),
    ];
    let mut judgement = Judgement::Known(true);
    for (asked, has) in lines.into_iter().filter(|(asked, _)| !asked.is_empty()) {
        match line(asked, has, snapshot) {
            Judgement::Known(true) => {}
            Judgement::Known(false) => return Judgement::Known(false),
            Judgement::Unknown => judgement = Judgement::Unknown,
        }
    }
    judgement
}

fn line(asked: &[Template], has: &[Arc<str>], snapshot: &Snapshot) -> Judgement {
    any(asked.iter().map(|template| match template.literal() {
        Some(name) => Judgement::Known(has.iter().any(|each| **each == *name)),
        None => match field_of(template).and_then(|field| snapshot.data.get(field)?.as_text()) {
            Some(name) => Judgement::Known(has.iter().any(|each| **each == *name)),
            None => Judgement::Unknown,
        },
    }))
}

/// The field that a template is, and nothing else: `{{ practice }}`.
pub fn field_of(template: &Template) -> Option<&str> {
    let name = template.source().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    is_name(name).then_some(name)
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn any(judgements: impl Iterator<Item = Judgement>) -> Judgement {
    let mut judgement = Judgement::Known(false);
    for next in judgements {
        match next {
            Judgement::Known(true) => return next,
            Judgement::Known(false) => {}
            Judgement::Unknown => judgement = next,
        }
    }
    judgement
}
