//! Who works in the demo: the practices that order, who makes their lenses, who takes care of patients, and somebody for every other role.

use std::sync::Arc;

use statewright_core::chart::Roles;
use statewright_core::step::{Actor, ActorKind};

/// One person.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub user: &'static str,
    pub name: &'static str,
    pub roles: &'static [&'static str],
    pub organisation: Option<&'static str>,
    pub unit: Option<&'static str>,
    pub skills: &'static [&'static str],
    /// The patient that they are.
    pub person: Option<&'static str>,
}

const fn staff(user: &'static str, name: &'static str, roles: &'static [&'static str]) -> Person {
    Person {
        user,
        name,
        roles,
        organisation: None,
        unit: None,
        skills: &[],
        person: None,
    }
}

const fn practice(user: &'static str, name: &'static str, organisation: &'static str) -> Person {
    let mut person = staff(user, name, &["ecp"]);
    person.organisation = Some(organisation);
    person
}

const fn ward(user: &'static str, name: &'static str, roles: &'static [&'static str], unit: &'static str) -> Person {
    let mut person = staff(user, name, roles);
    person.unit = Some(unit);
    person
}

const fn skilled(mut person: Person, skills: &'static [&'static str]) -> Person {
    person.skills = skills;
    person
}

const fn patient(user: &'static str, name: &'static str, record: &'static str) -> Person {
    let mut person = staff(user, name, &["patient"]);
    person.person = Some(record);
    person
}

pub const ECP_NORTH: Person = practice("nora", "Nora North", "north");
pub const ECP_SOUTH: Person = practice("sven", "Sven South", "south");
pub const CUSTOMER_SERVICE: Person = staff("carla", "Carla Service", &["customer_service"]);
pub const LAB_MANAGER: Person = staff("max", "Max Manager", &["lab_manager"]);
pub const LAB_SUPERVISOR: Person = staff("sue", "Sue Supervisor", &["lab_supervisor"]);
pub const EDIT_DESK: Person = staff("edda", "Edda Desk", &["edit_desk"]);
pub const STOCK_ROOM: Person = staff("stan", "Stan Stock", &["stock_room"]);
pub const SURFACING: Person = staff("gero", "Gero Generator", &["surfacing"]);
pub const COATING: Person = staff("coco", "Coco Coating", &["coating"]);
pub const FINISHING: Person = staff("finn", "Finn Finish", &["finishing"]);
pub const INSPECTOR: Person = staff("ines", "Ines Inspector", &["inspector"]);
pub const SHIPPING: Person = staff("shia", "Shia Shipping", &["shipping"]);
pub const ENGINEER: Person = staff("enno", "Enno Engineer", &["engineer"]);
pub const REGISTRAR: Person = staff("rita", "Rita Registrar", &["registrar"]);
pub const NURSE: Person = skilled(ward("nia", "Nia Nurse", &["nurse"], "ED"), &["triage"]);
pub const CHARGE_NURSE: Person = ward("che", "Che Charge", &["charge_nurse"], "ED");
pub const CLINICIAN: Person = ward("doc", "Dora Doctor", &["clinician"], "ED");
pub const WARD_NURSE: Person = ward("wim", "Wim Ward", &["nurse"], "W3");
pub const PATIENT: Person = patient("ida", "Ida Patient", "P-1");
pub const OPERATOR: Person = staff("olga", "Olga Operator", &["operator"]);
pub const AUDITOR: Person = staff("aude", "Aude Auditor", &["auditor"]);

/// Everyone, in the order in which their tokens are shown.
pub const EVERYONE: &[Person] = &[
    ECP_NORTH,
    ECP_SOUTH,
    CUSTOMER_SERVICE,
    LAB_MANAGER,
    LAB_SUPERVISOR,
    EDIT_DESK,
    STOCK_ROOM,
    SURFACING,
    COATING,
    FINISHING,
    INSPECTOR,
    SHIPPING,
    ENGINEER,
    REGISTRAR,
    NURSE,
    CHARGE_NURSE,
    CLINICIAN,
    WARD_NURSE,
    PATIENT,
    OPERATOR,
    AUDITOR,
];

impl Person {
    pub fn actor(&self) -> Actor {
        let mut actor = Actor::plain(ActorKind::Person, self.user);
        actor.name = Some(self.name.into());
        actor.roles = self.roles.iter().map(|role| Arc::from(*role)).collect();
        actor.organisation = self.organisation.map(Arc::from);
        actor.unit = self.unit.map(Arc::from);
        actor.skills = self.skills.iter().map(|skill| Arc::from(*skill)).collect();
        actor.person = self.person.map(Arc::from);
        actor
    }
}

/// Somebody for each role that nobody of the story has: called after it.
pub fn everyone_else(roles: &Roles) -> Vec<Actor> {
    let held = |role: &Arc<str>| EVERYONE.iter().any(|person| person.roles.contains(&&**role));
    let missing = roles.roles.iter().filter(|(name, _)| !held(name));
    let people = missing.map(|(name, role)| {
        let mut person = Actor::plain(ActorKind::Person, name.clone());
        person.name = Some(role.title.clone().unwrap_or_else(|| name.clone()));
        person.roles = vec![name.clone()];
        person
    });
    people.collect()
}
