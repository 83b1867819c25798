//! Who works in the demo: one person for each role, and the practices that order.

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
}

const fn staff(user: &'static str, name: &'static str, roles: &'static [&'static str]) -> Person {
    Person {
        user,
        name,
        roles,
        organisation: None,
    }
}

const fn practice(user: &'static str, name: &'static str, organisation: &'static str) -> Person {
    Person {
        user,
        name,
        roles: &["ecp"],
        organisation: Some(organisation),
    }
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
    OPERATOR,
    AUDITOR,
];

impl Person {
    pub fn actor(&self) -> Actor {
        let mut actor = Actor::plain(ActorKind::Person, self.user);
        actor.name = Some(self.name.into());
        actor.roles = self.roles.iter().map(|role| Arc::from(*role)).collect();
        actor.organisation = self.organisation.map(Arc::from);
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
