//! Who is away, and who stands in for them.
//!
//! A substitute acts as themselves, on behalf of who is away: what is for that person by name is for them too, what that person is excluded
//! from they are excluded from, what that person holds they may go on with, and the trail says both. Roles are nobody's to lend: they have
//! their own. Whether the file of roles lets them stand in is asked whenever they do, of the roles that both have by then.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Refusal, RefusalKind};
use statewright_core::value::{Object, Value};

use super::person::{self, Person, SUBSTITUTE, key_of};
use super::{Directory, PEOPLE_MAX, instance_of};
use crate::error::{EngineError, EngineResult};
use crate::instances::Personal;

/// When somebody is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// None: already.
    pub from: Option<Timestamp>,
    /// None: until they are back.
    pub until: Option<Timestamp>,
    pub substitute: Option<Arc<str>>,
}

impl Absence {
    pub fn is_now(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }

    pub(super) fn value(&self) -> Value {
        let moment = |moment: Option<Timestamp>| moment.map(|at| Value::from_text(&at.to_string()));
        let members = [
            ("from", moment(self.from)),
            ("substitute", self.substitute.clone().map(Value::Text)),
            ("until", moment(self.until)),
        ];
        let said = members
            .into_iter()
            .filter_map(|(name, value)| Some((Arc::from(name), value?)));
        Value::from_fields(said.collect::<Object>())
    }

    /// None: it cannot be read.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value.field(name).and_then(Value::as_text);
        let moment = |name: &str| match text(name) {
            Some(text) => text.parse().ok().map(Some),
            None => Some(None),
        };
        Some(Absence {
            from: moment("from")?,
            until: moment("until")?,
            substitute: text("substitute").map(Arc::from),
        })
    }
}

impl Directory {
    /// Says when somebody is away and who stands in for them; None: they are back.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if there is no such person, [`EngineError::PersonRefused`] with every reason; those of the store.
    pub async fn absent(&self, id: &str, absence: Option<Absence>, by: &Actor, now: Timestamp) -> EngineResult<()> {
        self.refresh().await?;
        let person = self.held(id).await?.ok_or(EngineError::Hidden)?;
        if let Some(absence) = &absence {
            let refusals = self.absence_refusals(&person.actor, absence, now).await?;
            if !refusals.is_empty() {
                return Err(EngineError::PersonRefused(refusals));
            }
        }
        let act = if absence.is_some() { "person_away" } else { "person_back" };
        self.keep(act, id, by, now, |held| {
            let held = held.ok_or(EngineError::Hidden)?;
            Ok(Some(Person {
                absence: absence.clone(),
                ..held
            }))
        })
        .await
    }

    /// Somebody on behalf of who is away; None: they do not stand in for them now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn standing_in(&self, substitute: &Actor, away: &str, now: Timestamp) -> EngineResult<Option<Actor>> {
        Ok(self.stood_in(substitute, away, now).await?.map(|(actor, _)| actor))
    }

    /// The same, with the one who is away.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn stood_in(&self, substitute: &Actor, away: &str, now: Timestamp) -> EngineResult<Option<(Actor, Person)>> {
        let is_theirs = |absence: &Absence| absence.is_now(now) && absence.substitute.as_ref() == Some(&substitute.id);
        let held = self.held(away).await?;
        let held = held.filter(|person| person.absence.as_ref().is_some_and(is_theirs) && self.may_stand_in(substitute, person));
        Ok(held.map(|person| {
            let actor = Actor {
                on_behalf_of: Some(away.into()),
                ..substitute.clone()
            };
            (actor, person)
        }))
    }

    /// For whom somebody stands in now, by their ids.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn stood_in_for(&self, substitute: &Actor, now: Timestamp) -> EngineResult<Vec<Person>> {
        let named = vec![(SUBSTITUTE.into(), vec![substitute.id.clone()])];
        let away = self.found(named, PEOPLE_MAX).await?.into_iter();
        let is_stood_in_for = |person: &Person| person.is_away(now) && self.may_stand_in(substitute, person);
        Ok(away.filter(is_stood_in_for).collect())
    }

    /// Whether the file of roles lets somebody stand in for this person, as both are now.
    fn may_stand_in(&self, substitute: &Actor, away: &Person) -> bool {
        let roles = self.roles();
        let missing = roles.and_then(|version| version.roles.not_substituted(&away.actor.roles, &substitute.roles));
        missing.is_none()
    }

    /// Those of these people who are away now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn away_among(&self, mut people: Vec<Arc<str>>, now: Timestamp) -> EngineResult<BTreeSet<Arc<str>>> {
        people.sort();
        people.dedup();
        let ids: Vec<InstanceId> = people.iter().map(|user| instance_of(&key_of(user))).collect();
        let mut away = BTreeSet::new();
        for loaded in self.instances.load(&ids, Personal::Without).await? {
            if let Some(instance) = loaded?
                && let Some(person) = person::of(&instance.snapshot)?
                && person.is_away(now)
            {
                away.insert(person.actor.id);
            }
        }
        Ok(away)
    }

    async fn absence_refusals(&self, away: &Actor, absence: &Absence, now: Timestamp) -> EngineResult<Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut refuse = |field: &str, sentence: String| {
            refusals.push(Refusal::new(RefusalKind::Invalid, sentence).in_field(field));
        };
        let begins = absence.from.unwrap_or(now);
        if absence.until.is_some_and(|until| until <= begins) {
            refuse("until", "is not after the beginning".into());
        }
        let Some(id) = &absence.substitute else {
            return Ok(refusals);
        };
        if *id == away.id {
            refuse("substitute", "nobody stands in for themselves".into());
        }
        match self.held(id).await? {
            None => refuse("substitute", format!("there is no `{id}` in the directory")),
            Some(substitute) => {
                let roles = self.roles();
                let missing = roles.and_then(|version| version.roles.not_substituted(&away.roles, &substitute.actor.roles));
                if let Some(role) = missing {
                    refuse("substitute", format!("`{id}` may not stand in for a `{role}`"));
                }
            }
        }
        Ok(refusals)
    }
}
