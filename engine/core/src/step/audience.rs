//! People as they were meant at one moment: what `for`, `to` and the like come to once everything computed is known.
//!
//! Queues and inboxes are looked up by it, long after the step and without the chart.

use std::sync::Arc;

use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind};
use crate::chart::{Lets, Party, People, PersonPattern};
use crate::expression::Template;
use crate::value::{Object, Value};

/// How many names a task or a notice may be for: each is a row of an index, and whoever is meant beyond that has a role in common.
pub const SUBJECTS_MAX: usize = 256;

/// How long one of them may be, in bytes: it stands in an index.
const NAME_BYTES_MAX: usize = 480;

/// How long a subject of two lines may be, in bytes: what would be longer is found by its first line alone.
const NARROWED_BYTES_MAX: usize = 512;

/// Into how many subjects of two lines one pattern is parted: each is a row of an index, and a pattern of more is found by its first line
/// alone.
const NARROWED_MAX: usize = 16;

/// Lines that tell who somebody is or what they can, the narrowest first.
const HEADS: [&str; 5] = ["user", "role", "skill", "organisation", "unit"];

/// Lines that tell where somebody belongs, the narrowest first.
const PLACES: [&str; 2] = ["unit", "organisation"];

/// Any pattern may match; who is excluded is so whatever else matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    pub any_of: Vec<AudiencePattern>,
    pub never: Vec<Arc<str>>,
}

/// Each line holds what may match; None: not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudiencePattern {
    pub role: Option<Vec<Arc<str>>>,
    pub user: Option<Vec<Arc<str>>>,
    pub unit: Option<Vec<Arc<str>>>,
    pub organisation: Option<Vec<Arc<str>>>,
    pub skill: Option<Vec<Arc<str>>>,
}

impl Audience {
    /// Only this person.
    pub fn of_user(user: Arc<str>) -> Self {
        Audience {
            any_of: vec![AudiencePattern {
                user: Some(vec![user]),
                ..AudiencePattern::default()
            }],
            never: Vec::new(),
        }
    }

    /// Those who are named without anything computed.
    pub fn as_written(people: &People) -> Self {
        let names = |line: &[Template]| -> Option<Vec<Arc<str>>> {
            (!line.is_empty()).then(|| line.iter().filter_map(Template::literal_text).collect())
        };
        let mut audience = Audience::default();
        for party in &people.parties {
            match party {
                Party::Person(pattern) => audience.any_of.push(AudiencePattern {
                    role: names(&pattern.role),
                    user: names(&pattern.user),
                    unit: names(&pattern.unit),
                    organisation: names(&pattern.organisation),
                    skill: names(&pattern.skill),
                }),
                Party::Not(templates) => audience.never.extend(names(templates).unwrap_or_default()),
                Party::Workflow(_) | Party::Adapter(_) | Party::Schedule(_) => {}
            }
        }
        audience
    }

    pub fn includes(&self, actor: &Actor) -> bool {
        actor.kind == ActorKind::Person
            && !actor.identities().iter().any(|id| self.never.contains(id))
            && self.any_of.iter().any(|pattern| pattern.fits(actor))
    }

    /// The texts under which it is found, the narrowest line of each pattern, and where its people belong: `user:ada`, `role:inspector`,
    /// `role:nurse unit:icu`. So the nurses of one ward do not walk through the tasks of all. Whoever looks asks for all of their own
    /// ([`subjects_of`]) and compares the rest.
    pub fn subjects(&self) -> Vec<Arc<str>> {
        sorted(self.any_of.iter().flat_map(AudiencePattern::subjects).collect())
    }

    /// The texts under which its people are found, the narrowest line of each pattern: each person is found under theirs
    /// ([`lines_of`]).
    pub fn lines(&self) -> Vec<Arc<str>> {
        sorted(self.any_of.iter().flat_map(|pattern| pattern.head().1).collect())
    }

    pub fn value(&self) -> Value {
        let texts = |names: &[Arc<str>]| Value::from_items(names.iter().cloned().map(Value::Text).collect());
        let pattern = |pattern: &AudiencePattern| {
            let lines = pattern.lines();
            let lines = lines
                .into_iter()
                .filter_map(|(name, line)| Some((Arc::from(name), texts(line.as_deref()?))));
            Value::from_fields(lines.collect())
        };
        let any_of = Value::from_items(self.any_of.iter().map(pattern).collect());
        let mut fields = Object::from([("any_of".into(), any_of)]);
        if !self.never.is_empty() {
            fields.insert("never".into(), texts(&self.never));
        }
        Value::from_fields(fields)
    }

    /// What [`Audience::value`] wrote; None if it is nothing of the kind.
    pub fn read(value: &Value) -> Option<Self> {
        let texts = |value: &Value| -> Option<Vec<Arc<str>>> {
            let items = value.as_list()?.iter();
            items.map(|item| item.as_text().map(Arc::from)).collect()
        };
        let pattern = |value: &Value| {
            let line = |name: &str| match value.field(name) {
                Some(names) => texts(names).map(Some),
                None => Some(None),
            };
            Some(AudiencePattern {
                role: line("role")?,
                user: line("user")?,
                unit: line("unit")?,
                organisation: line("organisation")?,
                skill: line("skill")?,
            })
        };
        let any_of: Option<Vec<AudiencePattern>> = value.field("any_of")?.as_list()?.iter().map(pattern).collect();
        let never = match value.field("never") {
            Some(names) => texts(names)?,
            None => Vec::new(),
        };
        Some(Audience { any_of: any_of?, never })
    }
}

impl AudiencePattern {
    pub(super) fn lines(&self) -> [(&'static str, &Option<Vec<Arc<str>>>); 5] {
        [
            ("organisation", &self.organisation),
            ("role", &self.role),
            ("skill", &self.skill),
            ("unit", &self.unit),
            ("user", &self.user),
        ]
    }

    fn fits(&self, actor: &Actor) -> bool {
        let has = |line: &Option<Vec<Arc<str>>>, own: &[Arc<str>]| {
            line.as_ref().is_none_or(|names| own.iter().any(|each| names.contains(each)))
        };
        has(&self.role, &actor.roles)
            && has(&self.user, &actor.identities())
            && has(&self.unit, actor.unit.as_slice())
            && has(&self.organisation, actor.organisation.as_slice())
            && has(&self.skill, &actor.skills)
    }

    fn line(&self, name: &str) -> &[Arc<str>] {
        let lines = self.lines();
        let found = lines.into_iter().find(|(line, _)| *line == name);
        found.and_then(|(_, names)| names.as_deref()).unwrap_or_default()
    }

    /// The narrowest of its lines, by its name and as subjects.
    fn head(&self) -> (&'static str, Vec<Arc<str>>) {
        let narrowest = HEADS.into_iter().find(|name| !self.line(name).is_empty());
        let name = narrowest.unwrap_or_default();
        (name, self.line(name).iter().map(|each| subject(name, each)).collect())
    }

    fn subjects(&self) -> Vec<Arc<str>> {
        let (head, heads) = self.head();
        let place = PLACES.into_iter().find(|name| *name != head && !self.line(name).is_empty());
        // a person is one, wherever they belong
        let Some(place) = place.filter(|_| head != "user") else {
            return heads;
        };
        let places: Vec<Arc<str>> = self.line(place).iter().map(|each| subject(place, each)).collect();
        match heads.len() * places.len() > NARROWED_MAX {
            true => heads,
            false => heads
                .iter()
                .flat_map(|head| {
                    places
                        .iter()
                        .map(|place| narrowed(head, place).unwrap_or_else(|| head.clone()))
                })
                .collect(),
        }
    }
}

fn subject(line: &str, name: &str) -> Arc<str> {
    format!("{line}:{name}").into()
}

/// None: it would be too long.
fn narrowed(head: &str, place: &str) -> Option<Arc<str>> {
    let narrowed = format!("{head} {place}");
    (narrowed.len() <= NARROWED_BYTES_MAX).then(|| narrowed.into())
}

fn sorted(mut subjects: Vec<Arc<str>>) -> Vec<Arc<str>> {
    subjects.sort();
    subjects.dedup();
    subjects
}

/// Under which texts a person is found: each line of theirs.
pub fn lines_of(actor: &Actor) -> Vec<Arc<str>> {
    let identities = actor.identities();
    let lines = HEADS.into_iter().flat_map(|line| {
        let names: &[Arc<str>] = match line {
            "user" => &identities,
            "role" => &actor.roles,
            "skill" => &actor.skills,
            "organisation" => actor.organisation.as_slice(),
            _ => actor.unit.as_slice(),
        };
        names.iter().map(move |name| subject(line, name)).collect::<Vec<_>>()
    });
    sorted(lines.collect())
}

/// Under which texts what concerns a person may be found: each line of theirs, alone and with where they belong.
pub fn subjects_of(actor: &Actor) -> Vec<Arc<str>> {
    let mut subjects = lines_of(actor);
    let unit = actor.unit.iter().map(|unit| subject("unit", unit));
    let organisation = actor
        .organisation
        .iter()
        .map(|organisation| subject("organisation", organisation));
    let places: Vec<Arc<str>> = unit.chain(organisation).collect();
    let belonging = subjects
        .iter()
        .filter(|line| !line.starts_with("user:") && !line.starts_with("unit:"))
        .flat_map(|line| {
            places
                .iter()
                .filter(move |place| *place != line)
                .filter_map(move |place| narrowed(line, place))
        });
    let belonging: Vec<Arc<str>> = belonging.collect();
    subjects.extend(belonging);
    sorted(subjects)
}

impl Machine<'_> {
    /// Who is meant now. A line that computes to null means nobody.
    pub(super) fn audience(&self, people: &People, lets: &[&Lets], locals: &Locals) -> Result<Audience, NoValue> {
        let mut audience = Audience::default();
        for party in &people.parties {
            match party {
                Party::Person(pattern) => audience.any_of.extend(self.audience_pattern(pattern, lets, locals)?),
                Party::Not(templates) => audience.never.extend(self.names(templates, lets, locals)?),
                Party::Workflow(_) | Party::Adapter(_) | Party::Schedule(_) => {}
            }
        }
        if audience.subjects().len() > SUBJECTS_MAX {
            return Err(NoValue::Fault(format!(
                "these people are more than {SUBJECTS_MAX} names: let them have a role in common"
            )));
        }
        Ok(audience)
    }

    fn audience_pattern(
        &self,
        pattern: &PersonPattern,
        lets: &[&Lets],
        locals: &Locals,
    ) -> Result<Option<AudiencePattern>, NoValue> {
        let line = |templates: &[Template]| -> Result<Option<Vec<Arc<str>>>, NoValue> {
            match templates.is_empty() {
                true => Ok(None),
                false => self.names(templates, lets, locals).map(Some),
            }
        };
        let found = AudiencePattern {
            role: line(&pattern.role)?,
            user: line(&pattern.user)?,
            unit: line(&pattern.unit)?,
            organisation: line(&pattern.organisation)?,
            skill: line(&pattern.skill)?,
        };
        let means_nobody = found
            .lines()
            .into_iter()
            .any(|(_, line)| line.as_ref().is_some_and(Vec::is_empty));
        Ok((!means_nobody).then_some(found))
    }

    fn names(&self, templates: &[Template], lets: &[&Lets], locals: &Locals) -> Result<Vec<Arc<str>>, NoValue> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for template in templates {
            match template.literal_text() {
                Some(name) => names.push(name),
                None => gather(&self.scope(lets, locals).template(template)?, &mut names),
            }
            if names.len() > SUBJECTS_MAX || names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
                let sentence = format!(
                    "`{}` names more than {SUBJECTS_MAX}, or one of more than {NAME_BYTES_MAX} bytes",
                    template.source()
                );
                return Err(NoValue::Fault(sentence));
            }
        }
        Ok(names)
    }
}

/// A text, or the texts of a list.
fn gather(value: &Value, names: &mut Vec<Arc<str>>) {
    match value {
        Value::Text(name) => names.push(name.clone()),
        Value::List(items) => items.iter().for_each(|item| gather(item, names)),
        _ => {}
    }
}
