//! A person as they stand in their record, and what is wrong with one who is to be put there.

use std::sync::Arc;

use jiff::Timestamp;

use statewright_core::chart::RolesVersion;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, ActorKind, RECORD, Refusal, RefusalKind, Snapshot, lines_of};
use statewright_core::value::{Object, Value};

use super::absence::Absence;
use crate::body::{actor_of, actor_value};
use crate::error::{EngineError, EngineResult};
use crate::mail::MailAddress;
use crate::roles::{AUDITOR, OPERATOR};
use crate::store::IndexedValue;

/// Roles and skills of one person together: each is a row by which they are found.
const PERSON_NAMES_MAX: usize = 100;

/// Of an id, a role, a unit, an organisation or a skill, in bytes: it stands in an index.
const NAME_BYTES_MAX: usize = 200;

/// Of what somebody is called, in characters.
const CALLED_CHARACTERS_MAX: usize = 200;

/// The state that people are in, as far as it is looked for.
pub(super) const PERSON: &str = "person";

/// That of those who are in the directory no more.
pub(super) const REMOVED: &str = "person_removed";

/// What people are found by.
pub(super) const SUBJECT: &str = "subject";

/// What those who are away are found by: who stands in for them.
pub(super) const SUBSTITUTE: &str = "substitute";

const PREFIX: &str = "person/";

/// Where it stands in the record when they are away.
const AWAY: &str = "away";

/// Where it stands in the record where mail reaches them.
const MAIL: &str = "mail";

/// The key of the instance whose record somebody is.
pub(super) fn key_of(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// Somebody in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub actor: Actor,
    /// Where mail reaches them; None: they are told in their inbox alone.
    pub mail: Option<MailAddress>,
    /// When they are not there; None: they are.
    pub absence: Option<Absence>,
    /// Of their record, when it was looked at; 0 of one that is not kept yet.
    pub sequence: u64,
}

impl Person {
    /// The record that was looked at, for whoever's commit rests on it.
    pub fn seen(&self) -> (InstanceId, u64) {
        (super::instance_of(&key_of(&self.actor.id)), self.sequence)
    }

    pub fn is_away(&self, now: Timestamp) -> bool {
        self.absence.as_ref().is_some_and(|absence| absence.is_now(now))
    }
}

pub(super) fn value_of(person: &Person) -> Value {
    let actor = actor_value(&person.actor);
    let mut fields = actor.as_object().cloned().unwrap_or_default();
    if let Some(mail) = &person.mail {
        fields.insert(MAIL.into(), Value::from_text(mail.as_str()));
    }
    if let Some(absence) = &person.absence {
        fields.insert(AWAY.into(), absence.value());
    }
    Value::from_fields(fields)
}

/// The record of somebody who is there no more.
pub(super) fn removed() -> Value {
    Value::from_fields(Object::from([(REMOVED.into(), Value::Boolean(true))]))
}

/// Whose record this is; None: they were taken out.
pub(super) fn of(snapshot: &Snapshot) -> EngineResult<Option<Person>> {
    let damaged = |why: String| EngineError::DamagedInstance {
        workflow: snapshot.workflow.clone(),
        key: snapshot.key.clone(),
        why,
    };
    let record = snapshot.data.get(RECORD);
    let record = record.ok_or_else(|| damaged("it says nothing of a person".into()))?;
    if record.field(REMOVED).is_some() {
        return Ok(None);
    }
    let actor = actor_of(record).map_err(|error| damaged(error.to_string()))?;
    let absence = match record.field(AWAY) {
        Some(absence) => Some(Absence::of(absence).ok_or_else(|| damaged("when they are away cannot be read".into()))?),
        None => None,
    };
    let mail = match record.field(MAIL).and_then(Value::as_text) {
        Some(mail) => Some(
            mail.parse()
                .map_err(|_| damaged("their mail address cannot be read".into()))?,
        ),
        None => None,
    };
    Ok(Some(Person {
        actor,
        mail,
        absence,
        sequence: snapshot.sequence,
    }))
}

pub(super) fn states_of(person: Option<&Person>) -> Vec<Arc<str>> {
    vec![if person.is_some() { PERSON } else { REMOVED }.into()]
}

/// By whom they can be found.
pub(super) fn index_pairs(person: &Person) -> Vec<IndexedValue> {
    let subjects = lines_of(&person.actor).into_iter();
    let subjects = subjects.map(|subject| (SUBJECT.into(), subject));
    let substitute = person.absence.as_ref().and_then(|absence| absence.substitute.clone());
    subjects
        .chain(substitute.map(|substitute| (SUBSTITUTE.into(), substitute)))
        .collect()
}

/// Everything that is wrong with somebody who is to be put into the directory.
pub(super) fn person_refusals(person: &Actor, roles: Option<&RolesVersion>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut refuse = |field: &str, sentence: String| {
        refusals.push(Refusal::new(RefusalKind::Invalid, sentence).in_field(field));
    };
    if person.kind != ActorKind::Person {
        refuse("id", "only people are in the directory".into());
    }
    let single = [
        ("id", Some(&person.id)),
        ("unit", person.unit.as_ref()),
        ("organisation", person.organisation.as_ref()),
        ("person", person.person.as_ref()),
    ];
    let listed = [("roles", &person.roles), ("skills", &person.skills)];
    let several = listed
        .iter()
        .flat_map(|(field, names)| names.iter().map(|name| (*field, name)));
    for (field, name) in single
        .into_iter()
        .filter_map(|(field, name)| Some((field, name?)))
        .chain(several)
    {
        if let Some(why) = unusable(name) {
            refuse(field, why);
        }
    }
    if person
        .name
        .as_ref()
        .is_some_and(|name| name.chars().count() > CALLED_CHARACTERS_MAX)
    {
        refuse("name", format!("is longer than {CALLED_CHARACTERS_MAX} characters"));
    }
    if person.roles.len() + person.skills.len() > PERSON_NAMES_MAX {
        refuse("roles", format!("with the skills there are more than {PERSON_NAMES_MAX}"));
    }
    if let Some(RolesVersion { roles, .. }) = roles {
        for role in &person.roles {
            if !roles.roles.contains_key(role) && **role != *AUDITOR && **role != *OPERATOR {
                refuse("roles", format!("there is no role `{role}` in the file of roles"));
            }
        }
        if let Some((one, other)) = roles.apart(&person.roles) {
            refuse("roles", format!("nobody may have both `{one}` and `{other}`"));
        }
        if let Some(unit) = person
            .unit
            .as_ref()
            .filter(|unit| !roles.units.is_empty() && !roles.units.contains_key(*unit))
        {
            refuse("unit", format!("there is no unit `{unit}` in the file of roles"));
        }
    }
    refusals
}

fn unusable(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        Some("is empty".into())
    } else if name.len() > NAME_BYTES_MAX {
        Some(format!("is longer than {NAME_BYTES_MAX} bytes"))
    } else if name.chars().any(|character| character.is_control() || character == ',') || name != name.trim() {
        Some(format!(
            "`{}` holds a comma, a control character, or begins or ends with a space",
            name.escape_debug()
        ))
    } else {
        None
    }
}
