//! Who works here: people with their roles, units and skills, and what the file of roles says of these.
//!
//! # Invariants
//! - A person is the record of an instance of the system's own workflow, and so is the file of roles: each change is an entry of a trail
//!   that proves itself, by whom and when.
//! - People are found by what they hold, and by what that includes, as the file of roles has it now.
//! - Whom a step saw, and with which roles, stands in its entry: replay asks no directory.

mod absence;
mod person;
mod roles;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use statewright_core::chart::RolesVersion;
use statewright_core::field::Units;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Audience, RECORD, Refusal, RefusalKind, SYSTEM_WORKFLOW, Snapshot};
use statewright_core::value::{Object, Value};

pub use self::absence::Absence;
pub use self::person::Person;
use self::person::{PERSON, index_pairs, key_of, person_refusals, states_of};
pub use self::roles::DeployedRoles;
use crate::compiler::Compiler;
use crate::error::{EngineError, EngineResult};
use crate::handover::Handover;
use crate::instances::{Instances, Personal};
use crate::mail::{MailAddress, NotAnAddress};
use crate::store::{Applied, FindQuery, Store};
use crate::system::write_of;

/// People that are looked at for one task, or listed: more than hold one role in one house.
pub const PEOPLE_MAX: usize = 10_000;

/// How often a change is tried while others change the same person.
const CHANGES_MAX: u32 = 16;

/// Read at once.
const PAGE: usize = 500;

pub struct Directory {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
    compiler: Arc<dyn Compiler>,
    handover: Arc<Handover>,
    roles: RwLock<Option<LiveRoles>>,
}

/// The file of roles that holds, as far as this node knows.
struct LiveRoles {
    /// Of its record.
    sequence: u64,
    version: Arc<RolesVersion>,
    units: Arc<Units>,
}

impl Directory {
    pub fn new(store: Arc<dyn Store>, instances: Arc<Instances>, compiler: Arc<dyn Compiler>, handover: Arc<Handover>) -> Self {
        Directory {
            store,
            instances,
            compiler,
            handover,
            roles: RwLock::default(),
        }
    }

    /// Puts a person into the directory, or changes who they are.
    ///
    /// # Errors
    /// [`EngineError::PersonRefused`] with every reason; those of the store.
    pub async fn put(&self, person: &Actor, by: &Actor, now: Timestamp) -> EngineResult<()> {
        self.put_with_mail(person, None, by, now).await
    }

    /// The same of somebody whom mail reaches there.
    ///
    /// # Errors
    /// As of [`Directory::put`].
    pub async fn put_with_mail(&self, person: &Actor, mail: Option<&str>, by: &Actor, now: Timestamp) -> EngineResult<()> {
        self.refresh().await?;
        let mut refusals = person_refusals(person, self.roles().as_deref());
        let mail: Option<MailAddress> = mail.and_then(|mail| {
            let refused = |why: NotAnAddress| Refusal::new(RefusalKind::Invalid, why.to_string()).in_field("mail");
            mail.parse().map_err(|why| refusals.push(refused(why))).ok()
        });
        if !refusals.is_empty() {
            return Err(EngineError::PersonRefused(refusals));
        }
        self.keep("person_put", &person.id, by, now, |held| {
            Ok(Some(Person {
                actor: person.clone(),
                mail: mail.clone(),
                absence: held.and_then(|held| held.absence),
                sequence: 0,
            }))
        })
        .await
    }

    /// Takes somebody out of the directory: nobody gives them a task any more, and what they did stays as it is.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if there is no such person; those of the store.
    pub async fn remove(&self, id: &str, by: &Actor, now: Timestamp) -> EngineResult<()> {
        match self.held(id).await? {
            Some(_) => self.keep("person_removed", id, by, now, |_| Ok(None)).await,
            None => Err(EngineError::Hidden),
        }
    }

    /// Somebody of this id, with all roles that theirs include.
    pub async fn person(&self, id: &str) -> EngineResult<Option<Actor>> {
        Ok(self.held(id).await?.map(|person| self.with_included(person.actor)))
    }

    /// The same, with where mail reaches them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn reached(&self, id: &str) -> EngineResult<Option<Person>> {
        let held = self.held(id).await?;
        Ok(held.map(|person| Person {
            actor: self.with_included(person.actor),
            ..person
        }))
    }

    /// Everybody, by their ids, with the roles that they were given.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn people(&self) -> EngineResult<Vec<Person>> {
        self.found(Vec::new(), PEOPLE_MAX).await
    }

    /// Some of them, no more than these.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn some_people(&self, most: usize) -> EngineResult<Vec<Person>> {
        self.found(Vec::new(), most).await
    }

    /// Whether there is anybody.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn has_people(&self) -> EngineResult<bool> {
        Ok(!self.some_people(1).await?.is_empty())
    }

    /// Those whom something is for, by their ids, with all roles that theirs include.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn among(&self, audience: &Audience) -> EngineResult<Vec<Person>> {
        let subjects = audience.lines();
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let subjects = match self.roles() {
            Some(version) => roles::including(&version.roles, subjects),
            None => subjects,
        };
        let found = self.found(vec![(person::SUBJECT.into(), subjects)], PEOPLE_MAX).await?;
        let people = found.into_iter().map(|person| Person {
            actor: self.with_included(person.actor),
            ..person
        });
        Ok(people.filter(|person| audience.includes(&person.actor)).collect())
    }

    /// Somebody, with all roles that theirs include.
    pub fn with_included(&self, person: Actor) -> Actor {
        match self.roles() {
            Some(version) => Actor {
                roles: version.roles.expanded(&person.roles),
                ..person
            },
            None => person,
        }
    }

    /// What the file of roles says, as far as this node knows; None: there is none.
    pub fn roles(&self) -> Option<Arc<RolesVersion>> {
        let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
        roles.as_ref().map(|live| live.version.clone())
    }

    /// The units that there are, as far as this node knows. Empty: any name is one.
    pub fn units(&self) -> Arc<Units> {
        let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
        roles.as_ref().map(|live| live.units.clone()).unwrap_or_default()
    }

    /// Asks the store where one of these is no unit that this node knows: another node may have been told of it just now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn hear_of_units(&self, given: &[Arc<str>]) -> EngineResult<()> {
        let known = self.units();
        match known.is_empty() || given.iter().all(|unit| known.contains_key(unit)) {
            true => Ok(()),
            false => self.refresh().await,
        }
    }

    /// As it was given to this person.
    async fn held(&self, id: &str) -> EngineResult<Option<Person>> {
        let found = self.instances.load_one(instance_of(&key_of(id)), Personal::Without).await?;
        found.map_or(Ok(None), |instance| person::of(&instance.snapshot))
    }

    async fn found(&self, conditions: Vec<(Arc<str>, Vec<Arc<str>>)>, most: usize) -> EngineResult<Vec<Person>> {
        let mut people: BTreeMap<Arc<str>, Person> = BTreeMap::new();
        let mut after = None;
        loop {
            let query = FindQuery {
                workflow: SYSTEM_WORKFLOW.into(),
                conditions: conditions.clone(),
                states: vec![PERSON.into()],
                after,
                limit: PAGE.min(most),
            };
            let page = self.store.find(&query).await?;
            let ids: Vec<InstanceId> = page.rows.iter().map(|(id, _)| *id).collect();
            for loaded in self.instances.load(&ids, Personal::Without).await? {
                if let Some(instance) = loaded?
                    && let Some(person) = person::of(&instance.snapshot)?
                {
                    people.insert(person.actor.id.clone(), person);
                }
            }
            after = ids.last().copied();
            if !page.more || people.len() >= most {
                return Ok(people.into_values().take(most).collect());
            }
        }
    }

    /// Keeps in their trail who somebody is from now on, made of who they are. None: they are not there.
    async fn keep(
        &self,
        act: &str,
        id: &str,
        by: &Actor,
        now: Timestamp,
        change: impl Fn(Option<Person>) -> EngineResult<Option<Person>>,
    ) -> EngineResult<()> {
        let key = key_of(id);
        for _ in 0..CHANGES_MAX {
            let before = self.before(&key).await?;
            let held = before.as_deref().map_or(Ok(None), person::of)?;
            let person = change(held)?;
            let value = act_of(act, person.as_ref().map_or_else(person::removed, person::value_of));
            let mut write = write_of(&key, before.as_deref(), &value, by, now)?;
            write.index = Some(person.as_ref().map(index_pairs).unwrap_or_default());
            write.states = Some(states_of(person.as_ref()));
            let applied = self.store.commit(std::slice::from_ref(&write)).await?;
            if committed(applied.first())? {
                self.handover.look_for_assignments();
                return Ok(());
            }
        }
        Err(changed_meanwhile())
    }

    async fn before(&self, key: &str) -> EngineResult<Option<Arc<Snapshot>>> {
        let found = self.instances.load_one(instance_of(key), Personal::Without).await?;
        Ok(found.map(|instance| instance.snapshot))
    }
}

fn instance_of(key: &str) -> InstanceId {
    InstanceId::of(SYSTEM_WORKFLOW, key)
}

/// An act that says how somebody or something is from now on.
fn act_of(act: &str, record: Value) -> Value {
    Value::from_fields(Object::from([("act".into(), Value::from_text(act)), (RECORD.into(), record)]))
}

fn committed(applied: Option<&Applied>) -> EngineResult<bool> {
    match applied {
        Some(Applied::Committed) => Ok(true),
        Some(Applied::Moved) => Ok(false),
        other => Err(EngineError::Damaged(format!(
            "the store answered {other:?} to a change of the directory"
        ))),
    }
}

fn changed_meanwhile() -> EngineError {
    EngineError::Conflict {
        winner: "another change".into(),
        current: 0,
    }
}
